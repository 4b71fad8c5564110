package menu

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/server/telemetry"
	"airbyte-agent-mcp/server/transport"
	"airbyte-agent-mcp/tools/refusal"
)

const (
	// CompletionTime is how long a person who types waits for names.
	CompletionTime = 2 * time.Second
	// namesTime is how long finding names may take; who types on gets them then.
	namesTime = 15 * time.Second
	// NamesAge is how long names are taken for true.
	NamesAge = time.Minute
	// maxNames bounds the lists of names that are kept, of all accounts, and
	// maxNamesOne each of them.
	maxNames, maxNamesOne = 256, 1000
	// maxCompletions is what the protocol allows in one answer.
	maxCompletions = 100
	// maxName is the longest name that is offered, in characters.
	maxName = 200
)

// nameKind says of what kind the names are that complete an argument.
type nameKind string

const (
	definitionNames nameKind = "definition"
	workspaceNames  nameKind = "workspace"
	connectorNames  nameKind = "connector"    // names, then IDs
	connectorList   nameKind = "connectors"   // the same, several with commas between them
	connectorIDs    nameKind = "connector_id" // found by name as well
	entityNames     nameKind = "entity"
	actionNames     nameKind = "action"
	sectionNames    nameKind = "section"
)

// nameTools are the tools that tell the names; without them nobody is told.
var nameTools = map[nameKind]string{
	definitionNames: "list_definitions", workspaceNames: "list_workspaces",
	connectorNames: "list_connectors", connectorList: "list_connectors", connectorIDs: "list_connectors",
	entityNames: "describe_connector", actionNames: "describe_connector", sectionNames: "describe_connector",
}

// resourceNames says what completes the variables of a template.
var resourceNames = map[int]map[string]nameKind{
	definitionsKind: {"name": definitionNames},
	workspaceKind:   {"name": workspaceNames},
	connectorKind:   {"id": connectorIDs},
	docsKind:        {"id": connectorIDs, "section": sectionNames},
}

// completer completes arguments for a person who types. Whatever fails, there
// is nothing to choose from, and no error.
type completer struct{ *Menu }

// CompletePromptArgument implements the SDK's PromptCompletionProvider.
func (c completer) CompletePromptArgument(ctx context.Context, name string, argument mcp.CompleteArgument, given mcp.CompleteContext) (*mcp.Completion, error) {
	for _, p := range prompts {
		for _, a := range p.arguments {
			if p.name == name && a.name == argument.Name && a.names != "" {
				return c.choices(ctx, a.names, argument.Value, given.Arguments), nil
			}
		}
	}
	return &mcp.Completion{}, nil
}

// CompleteResourceArgument implements the SDK's ResourceCompletionProvider.
func (c completer) CompleteResourceArgument(ctx context.Context, uri string, argument mcp.CompleteArgument, given mcp.CompleteContext) (*mcp.Completion, error) {
	for i, k := range ResourceKinds {
		if kind := resourceNames[i][argument.Name]; k.template == uri && kind != "" {
			return c.choices(ctx, kind, argument.Value, given.Arguments), nil
		}
	}
	return &mcp.Completion{}, nil
}

// choices are the names that fit what was typed.
func (c completer) choices(ctx context.Context, kind nameKind, typed string, given map[string]string) *mcp.Completion {
	if len(typed) > maxPromptArgument || !c.serves(nameTools[kind]) {
		return &mcp.Completion{}
	}
	before := ""
	if kind == connectorList {
		if at := strings.LastIndexByte(typed, ','); at >= 0 {
			before, typed = strings.TrimSpace(typed[:at+1])+" ", typed[at+1:]
		}
		kind = connectorNames
	}
	ctx, release := transport.OutletFrom(ctx).Bind(ctx)
	defer release()
	ctx, cancel := context.WithTimeout(ctx, CompletionTime)
	defer cancel()
	names, err := c.find(ctx, kind, given)
	if err != nil {
		c.log.LogAttrs(ctx, slog.LevelDebug, "names not found", slog.String("kind", string(kind)), slog.String("outcome", refusal.KindOf(err)))
		return &mcp.Completion{}
	}
	fitting := fit(names, strings.TrimSpace(typed))
	out := &mcp.Completion{Values: []string{}, Total: len(fitting), HasMore: len(fitting) > maxCompletions}
	for _, n := range fitting[:min(len(fitting), maxCompletions)] {
		out.Values = append(out.Values, before+n.value)
	}
	return out
}

// choice is a value, and other words by which it is found.
type choice struct {
	value string
	also  string
}

// fit are the choices that begin with what was typed, then those that contain
// it, in any case.
func fit(all []choice, typed string) []choice {
	typed = strings.ToLower(typed)
	var begin, contain []choice
	for _, c := range all {
		value, also := strings.ToLower(c.value), strings.ToLower(c.also)
		switch {
		case strings.HasPrefix(value, typed) || also != "" && strings.HasPrefix(also, typed):
			begin = append(begin, c)
		case strings.Contains(value, typed) || strings.Contains(also, typed):
			contain = append(contain, c)
		}
	}
	return append(begin, contain...)
}

// find are the names of a kind that the caller's account has.
func (c completer) find(ctx context.Context, kind nameKind, given map[string]string) ([]choice, error) {
	api, err := c.clients(ctx)
	if err != nil {
		return nil, err
	}
	// The account's identity says nothing of the secret: who does not have it
	// must not be told what others of the same name have learned.
	if err := api.Ready(ctx); err != nil {
		return nil, err
	}
	connector, entity := strings.TrimSpace(cmp.Or(given["connector"], given["id"])), strings.TrimSpace(given["entity"])
	key := string(kind)
	switch kind {
	case entityNames, actionNames, sectionNames:
		if connector == "" || len(connector) > maxElement || len(entity) > maxElement {
			return nil, nil
		}
		key = fmt.Sprintf("%s %q %q", kind, connector, entity)
	}
	return c.names.get(ctx, api.Identity()+" "+key, func(ctx context.Context) (found []choice, err error) {
		defer func() {
			if p := recover(); p != nil {
				telemetry.LogPanic(c.log, "completion", p)
				found, err = nil, errors.New("panic")
			}
		}()
		found, err = c.learn(ctx, api, kind, connector, entity)
		return presentable(found), err
	})
}

// learn asks the API for names.
func (c completer) learn(ctx context.Context, api *airbyteclient.Client, kind nameKind, connector, entity string) (found []choice, err error) {
	switch kind {
	case definitionNames:
		definitions, err := api.ListSourceDefinitions(ctx, "")
		for _, d := range definitions {
			found = append(found, choice{value: d.Name})
		}
		return byValue(found), err
	case workspaceNames:
		for w, err := range api.Workspaces(ctx, airbyteclient.ListWorkspacesOptions{Limit: 100}) {
			if err != nil {
				return nil, err
			}
			if found = append(found, choice{value: w.Name}); len(found) >= maxNamesOne {
				break
			}
		}
		return byValue(found), nil
	case connectorNames, connectorIDs:
		connectors, err := api.ListConnectors(ctx, airbyteclient.ListConnectorsOptions{WorkspaceName: api.Workspace()})
		var ids []choice
		for _, c := range connectors {
			found = append(found, choice{value: c.Name, also: c.SourceTemplate.Name})
			ids = append(ids, choice{value: c.ID, also: c.Name})
		}
		if kind == connectorIDs {
			return ids, err
		}
		return append(byValue(found), ids...), err
	case sectionNames:
		sections, err := c.runner.ConnectorSections(ctx, api, connector)
		return choicesOf(sections), err
	}
	actions, err := c.runner.ConnectorActions(ctx, api, connector)
	if kind == actionNames && entity != "" {
		return choicesOf(actions[entity]), err
	}
	if kind == entityNames {
		return choicesOf(slices.Sorted(maps.Keys(actions))), err
	}
	for _, some := range actions { // those of any entity
		found = append(found, choicesOf(some)...)
	}
	return byValue(found), err
}

func choicesOf(values []string) []choice {
	var found []choice
	for _, v := range values {
		found = append(found, choice{value: v})
	}
	return found
}

func byValue(all []choice) []choice {
	slices.SortStableFunc(all, func(a, b choice) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.value), strings.ToLower(b.value)), cmp.Compare(a.value, b.value))
	})
	return all
}

// presentable leaves out what comes twice, and what could not be shown as it is.
func presentable(all []choice) []choice {
	seen := map[string]bool{}
	all = slices.DeleteFunc(all, func(c choice) bool {
		unfit := c.value == "" || seen[c.value] || c.value != plain(c.value, maxName)
		seen[c.value] = true
		return unfit
	})
	return slices.Clip(all[:min(len(all), maxNamesOne)])
}

// foundNames keeps lists of names for a moment: a person who types asks for the
// same one with every letter. Its zero value is ready for use.
type foundNames struct {
	mu    sync.Mutex // guards lists, and of each list when
	lists map[string]*nameList
}

type nameList struct {
	when time.Time     // it was asked for
	done chan struct{} // closed when the rest is set
	all  []choice
	err  error
}

// get returns the names kept under key, or finds them: once for all who wait.
// What goes on after the last has gone is kept for the next.
func (f *foundNames) get(ctx context.Context, key string, find func(context.Context) ([]choice, error)) ([]choice, error) {
	f.mu.Lock()
	list, ok := f.lists[key]
	if !ok || time.Since(list.when) > NamesAge {
		list = &nameList{when: time.Now(), done: make(chan struct{})}
		f.keep(key, list)
		go func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), namesTime)
			defer cancel()
			all, err := find(ctx)
			f.mu.Lock()
			if err != nil && f.lists[key] == list {
				delete(f.lists, key)
			}
			f.mu.Unlock()
			list.all, list.err = all, err
			close(list.done)
		}()
	}
	f.mu.Unlock()
	select {
	case <-list.done:
		return list.all, list.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// keep puts a list in place of the oldest when there are too many.
func (f *foundNames) keep(key string, list *nameList) {
	if f.lists == nil {
		f.lists = map[string]*nameList{}
	}
	if _, known := f.lists[key]; !known && len(f.lists) >= maxNames {
		oldest := ""
		for k, l := range f.lists {
			if oldest == "" || l.when.Before(f.lists[oldest].when) {
				oldest = k
			}
		}
		delete(f.lists, oldest)
	}
	f.lists[key] = list
}
