package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas"
)

// The actions that read_records runs, and what stands in for the rest.
const (
	listAction   = "list"
	getAction    = "get"
	apiSearch    = "api_search"
	storeSearch  = "context_store_search"
	storeSQL     = "context_store_sql_query"
	defaultLimit = 25
)

var readActions = []string{listAction, getAction, apiSearch, storeSearch, storeSQL}

// reading is one read of one connector, worked out: which action, with what.
type reading struct {
	api      *Account
	id       string
	slug     string
	known    *knowledge // empty where nothing could be learned, never nil
	declared *knownAction
	entity   string
	action   string
	params   map[string]json.RawMessage
	fields   []string
	semantic bool
	dialect  dialect
	size     int // records asked for in a page; 0 leaves it to the service
	notes    []string
}

func (r *reading) note(format string, args ...any) {
	if note := fmt.Sprintf(format, args...); !slices.Contains(r.notes, note) {
		r.notes = append(r.notes, note)
	}
}

// plan works out a read of the connector that goes by ref. limit is how many
// records are wanted, 0 for all.
func plan(ctx context.Context, api *Account, in readRecordsIn, ref string, limit int) (*reading, position, error) {
	from, err := openPosition(in.Cursor)
	if err != nil {
		return nil, from, err
	}
	if in.Action == "" {
		in.Action = from.Action
	}
	if err := admit(in.Action); err != nil {
		return nil, from, err
	}
	id, err := connectorRef{ConnectorID: ref, WorkspaceName: in.WorkspaceName}.id(ctx, api)
	if err != nil {
		return nil, from, err
	}
	r := &reading{api: api, id: id, entity: in.Entity, fields: slices.Clone(in.Fields)}
	if err := r.learn(ctx, ref, in.Action); err != nil {
		return nil, from, err
	}
	if r.action, err = r.choose(in); err != nil {
		return nil, from, err
	}
	if err := r.exists(); err != nil {
		return nil, from, err
	}
	if r.from() == "live" {
		r.declared = learnAction(ctx, api, r.known, r.entity, r.action)
	}
	r.dialect = learnedDialect(r.slug, r.entity, r.action, r.knownAction(r.action))
	if err := r.compose(in); err != nil {
		return nil, from, err
	}
	r.size = r.pageSize(limit)
	if in.Cursor != "" {
		if from.Of != r.fingerprint() {
			return nil, from, refuse("The cursor belongs to another read: the connector, entity, action, params, filter, sort or query differ.").
				next("Nothing was read. Call again with the arguments of the read that gave it, or without cursor to start over.")
		}
		r.size = from.Size
	}
	if r.dialect.lastID && len(r.fields) > 0 && !slices.Contains(r.fields, "id") {
		r.fields = append(r.fields, "id")
		r.note("id was added to fields: the next page starts after the last one.")
	}
	return r, from, nil
}

// admit refuses the actions that are not for this tool, and says which is.
func admit(action string) error {
	switch {
	case action == "" || slices.Contains(readActions, action):
		return nil
	case action == "describe":
		return refuse("describe is not for read_records.").next("Nothing was sent. describe_connector tells what a connector has.")
	case action == "search":
		return refuse("search means different things to different services.").
			next("Nothing was sent. Use context_store_search for the Context Store, or api_search for the service's own search.")
	case airbyteclient.ReadingAction(action): // download, sql_select
		return refuse("read_records reads records; %s does not give any that it knows.", action).next("Nothing was sent. Use execute_operation.")
	}
	if near := schemas.Nearest(action, readActions); near != "" {
		return refuse("There is no reading action %q; did you mean %q?", shown(action), near).next("Nothing was sent.")
	}
	return refuse("The action %q is not one of reading: it may change data.", shown(action)).
		next("Nothing was sent. Use execute_operation for it; read_records runs %s.", strings.Join(readActions, ", "))
}

// learn finds out about the connector. Where that fails, a read whose action is
// given goes on with what is known of the service in general.
func (r *reading) learn(ctx context.Context, ref, action string) error {
	known, err := learnOutline(ctx, r.api, r.id)
	if err == nil {
		r.known, r.slug = known, known.Slug
		return nil
	}
	if action == "" || ctx.Err() != nil {
		return err
	}
	r.known = &knowledge{ConnectorID: r.id}
	if slug := strings.ToLower(ref); dialects[slug] != nil {
		r.slug = slug
	}
	return nil
}

// exists refuses an entity or action that a connector is known not to have.
func (r *reading) exists() error {
	if len(r.known.Unknown) > 0 || len(r.known.Entities) == 0 {
		return nil
	}
	e := r.known.entity(r.entity)
	if e == nil {
		var names []string
		for _, e := range r.known.Entities {
			names = append(names, e.Name)
		}
		return refuse("%s has no entity %q%s", shown(r.known.Name), shown(r.entity), suggestion(r.entity, names)).
			next("Nothing was read. describe_connector has what can be read.")
	}
	var actions []string
	for _, a := range e.Actions {
		if slices.Contains(readActions, a.Name) {
			actions = append(actions, a.Name)
		}
	}
	if len(actions) == 0 || slices.Contains(actions, r.action) {
		return nil
	}
	return refuse("%s of %s cannot be read with %s.", shown(r.entity), shown(r.known.Name), r.action).
		next("Nothing was read. It has %s.", strings.Join(actions, ", "))
}

// suggestion ends a sentence with the nearest of the names, or with them all.
func suggestion(name string, names []string) string {
	if near := schemas.Nearest(name, names); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	const most = 40
	if rest := len(names) - most; rest > 0 {
		return fmt.Sprintf("; there are %s and %d more.", strings.Join(names[:most], ", "), rest)
	}
	return "; there are " + strings.Join(names, ", ") + "."
}

func (r *reading) knownAction(name string) *knownAction {
	if r.declared != nil && r.declared.Name == name {
		return r.declared
	}
	if e := r.known.entity(r.entity); e != nil {
		return e.action(name)
	}
	return nil
}

// store is how the Context Store stands with the entity, nil where that is not
// known or it does not hold it.
func (r *reading) store() *airbyteclient.CacheEntity {
	if e := r.known.entity(r.entity); e != nil {
		return e.Store
	}
	return nil
}

// liveAction is what reads the entity past the Context Store.
func (r *reading) liveAction() string {
	for _, name := range []string{listAction, apiSearch, getAction} {
		if r.knownAction(name) != nil {
			return name
		}
	}
	return listAction
}

// semanticReady says whether texts of the entity can be searched by meaning.
func (r *reading) semanticReady() bool {
	store := r.store()
	return store != nil && slices.ContainsFunc(store.SemanticSearchStatus, func(s airbyteclient.SemanticStatus) bool { return s.Status == "READY" })
}

// choose is the action: the one asked for, or the one that takes what was given,
// or the recommended one.
func (r *reading) choose(in readRecordsIn) (string, error) {
	switch {
	case in.Action != "":
		return in.Action, nil
	case len(in.Filter) > 0 || len(in.Sort) > 0 || in.MergeLive:
		return storeSearch, nil
	case in.Query != "" && r.semanticReady():
		return storeSearch, nil
	case in.Query != "" && r.knownAction(apiSearch) != nil:
		return apiSearch, nil
	case in.Query != "":
		return "", r.noQuery("")
	case hasOwnParams(in.Params):
		return r.liveAction(), nil
	}
	switch action := r.known.recommended(r.entity); action {
	case listAction, apiSearch, storeSearch:
		return action, nil
	}
	if store := r.store(); store != nil && store.ReadyForSearch {
		return storeSearch, nil
	}
	return r.liveAction(), nil
}

// hasOwnParams says whether there are parameters that a search of the Context
// Store does not take.
func hasOwnParams(params schemas.Object) bool {
	for name := range members(params) {
		if !slices.Contains([]string{"query", "semantic", "limit", "cursor", "fields"}, name) {
			return true
		}
	}
	return false
}

// noQuery refuses a text where nothing takes one, naming what does.
func (r *reading) noQuery(action string) error {
	instead := []string{`filter, such as {"fuzzy":{"title":"words"}}, with context_store_search`}
	if r.knownAction(apiSearch) != nil && action != apiSearch {
		instead = append(instead, "query with api_search")
	}
	if action != "" {
		instead = append(instead, "params, under the service's own name")
	}
	what := "No search by meaning is ready for " + shown(r.entity)
	if action != "" {
		what = action + " of " + shown(r.entity) + " takes no query that is known"
	}
	return refuse("%s.", what).next("Nothing was read. Use %s.", strings.Join(instead, ", or "))
}

// pageSize spreads the records wanted over as few pages as they need, so that
// none is fetched in vain.
func (r *reading) pageSize(limit int) int {
	most := r.dialect.max
	if most == 0 {
		most = maxPageSize
	}
	if r.semantic {
		most = min(most, maxPageSize)
	}
	if limit <= 0 {
		return most
	}
	pages := (limit + most - 1) / most
	return (limit + pages - 1) / pages
}

// from says where records come from.
func (r *reading) from() string {
	if strings.HasPrefix(r.action, "context_store") {
		return "context_store"
	}
	return "live"
}
