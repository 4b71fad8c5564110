package records

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/knowledge"
	"airbyte-agent-mcp/tools/paging"
	"airbyte-agent-mcp/tools/refusal"
)

const defaultLimit = 25

// reading is one read of one connector, worked out: which action, with what.
type reading struct {
	api      *account.Account
	id       string
	slug     string
	known    *knowledge.Connector // empty where nothing could be learned, never nil
	declared *knowledge.Action
	entity   string
	action   string
	params   map[string]json.RawMessage
	fields   []string
	semantic bool
	dialect  paging.Dialect
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
func plan(ctx context.Context, api *account.Account, in Query, ref string, limit int) (*reading, Position, error) {
	from, err := OpenPosition(in.Cursor)
	if err != nil {
		return nil, from, err
	}
	if in.Action == "" {
		in.Action = from.Action
	}
	if err := admit(in.Action); err != nil {
		return nil, from, err
	}
	id, err := account.ConnectorRef{ConnectorID: ref, WorkspaceName: in.WorkspaceName}.Resolve(ctx, api)
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
		r.declared = knowledge.LearnAction(ctx, api, r.known, r.entity, r.action)
	}
	r.dialect = paging.LearnedDialect(r.slug, r.entity, r.action, r.knownAction(r.action))
	if err := r.compose(in); err != nil {
		return nil, from, err
	}
	r.size = r.pageSize(limit)
	if in.Cursor != "" {
		if from.Of != r.fingerprint() {
			return nil, from, refusal.New("The cursor belongs to another read: the connector, entity, action, params, filter, sort or query differ.").
				Next("Nothing was read. Call again with the arguments of the read that gave it, or without cursor to start over.")
		}
		r.size = from.Size
	}
	if r.dialect.LastID && len(r.fields) > 0 && !slices.Contains(r.fields, "id") {
		r.fields = append(r.fields, "id")
		r.note("id was added to fields: the next page starts after the last one.")
	}
	return r, from, nil
}

// admit refuses the actions that are not for this tool, and says which is.
func admit(action string) error {
	switch {
	case action == "" || slices.Contains(knowledge.ReadActions, action):
		return nil
	case action == "describe":
		return refusal.New("describe is not for read_records.").Next("Nothing was sent. describe_connector tells what a connector has.")
	case action == "search":
		return refusal.New("search means different things to different services.").
			Next("Nothing was sent. Use context_store_search for the Context Store, or api_search for the service's own search.")
	case airbyteclient.ReadingAction(action): // download, sql_select
		return refusal.New("read_records reads records; %s does not give any that it knows.", action).Next("Nothing was sent. Use execute_operation.")
	}
	if near := safetext.Nearest(action, knowledge.ReadActions); near != "" {
		return refusal.New("There is no reading action %q; did you mean %q?", safetext.Short(action), near).Next("Nothing was sent.")
	}
	return refusal.New("The action %q is not one of reading: it may change data.", safetext.Short(action)).
		Next("Nothing was sent. Use execute_operation for it; read_records runs %s.", strings.Join(knowledge.ReadActions, ", "))
}

// learn finds out about the connector. Where that fails, a read whose action is
// given goes on with what is known of the service in general.
func (r *reading) learn(ctx context.Context, ref, action string) error {
	known, err := knowledge.LearnOutline(ctx, r.api, r.id)
	if err == nil {
		r.known, r.slug = known, known.Slug
		return nil
	}
	if action == "" || ctx.Err() != nil {
		return err
	}
	r.known = &knowledge.Connector{ConnectorID: r.id}
	if slug := strings.ToLower(ref); paging.Dialects[slug] != nil {
		r.slug = slug
	}
	return nil
}

// exists refuses an entity or action that a connector is known not to have.
func (r *reading) exists() error {
	if len(r.known.Unknown) > 0 || len(r.known.Entities) == 0 {
		return nil
	}
	e := r.known.Entity(r.entity)
	if e == nil {
		var names []string
		for _, e := range r.known.Entities {
			names = append(names, e.Name)
		}
		return refusal.New("%s has no entity %q%s", safetext.Short(r.known.Name), safetext.Short(r.entity), safetext.Suggest(r.entity, names)).
			Next("Nothing was read. describe_connector has what can be read.")
	}
	var actions []string
	for _, a := range e.Actions {
		if slices.Contains(knowledge.ReadActions, a.Name) {
			actions = append(actions, a.Name)
		}
	}
	if len(actions) == 0 || slices.Contains(actions, r.action) {
		return nil
	}
	return refusal.New("%s of %s cannot be read with %s.", safetext.Short(r.entity), safetext.Short(r.known.Name), r.action).
		Next("Nothing was read. It has %s.", strings.Join(actions, ", "))
}

func (r *reading) knownAction(name string) *knowledge.Action {
	if r.declared != nil && r.declared.Name == name {
		return r.declared
	}
	if e := r.known.Entity(r.entity); e != nil {
		return e.Action(name)
	}
	return nil
}

// store is how the Context Store stands with the entity, nil where that is not
// known or it does not hold it.
func (r *reading) store() *airbyteclient.CacheEntity {
	if e := r.known.Entity(r.entity); e != nil {
		return e.Store
	}
	return nil
}

// liveAction is what reads the entity past the Context Store.
func (r *reading) liveAction() string {
	for _, name := range []string{knowledge.ListAction, knowledge.ApiSearch, knowledge.GetAction} {
		if r.knownAction(name) != nil {
			return name
		}
	}
	return knowledge.ListAction
}

// semanticReady says whether texts of the entity can be searched by meaning.
func (r *reading) semanticReady() bool {
	store := r.store()
	return store != nil && slices.ContainsFunc(store.SemanticSearchStatus, func(s airbyteclient.SemanticStatus) bool { return s.Status == "READY" })
}

// choose is the action: the one asked for, or the one that takes what was given,
// or the recommended one.
func (r *reading) choose(in Query) (string, error) {
	switch {
	case in.Action != "":
		return in.Action, nil
	case len(in.Filter) > 0 || len(in.Sort) > 0 || in.MergeLive:
		return knowledge.StoreSearch, nil
	case in.Query != "" && r.semanticReady():
		return knowledge.StoreSearch, nil
	case in.Query != "" && r.knownAction(knowledge.ApiSearch) != nil:
		return knowledge.ApiSearch, nil
	case in.Query != "":
		return "", r.noQuery("")
	case hasOwnParams(in.Params):
		return r.liveAction(), nil
	}
	switch action := r.known.Recommended(r.entity); action {
	case knowledge.ListAction, knowledge.ApiSearch, knowledge.StoreSearch:
		return action, nil
	}
	if store := r.store(); store != nil && store.ReadyForSearch {
		return knowledge.StoreSearch, nil
	}
	return r.liveAction(), nil
}

// hasOwnParams says whether there are parameters that a search of the Context
// Store does not take.
func hasOwnParams(params schemas.Object) bool {
	for name := range rawjson.Named(params) {
		if !slices.Contains([]string{"query", "semantic", "limit", "cursor", "fields"}, name) {
			return true
		}
	}
	return false
}

// noQuery refuses a text where nothing takes one, naming what does.
func (r *reading) noQuery(action string) error {
	instead := []string{`filter, such as {"fuzzy":{"title":"words"}}, with context_store_search`}
	if r.knownAction(knowledge.ApiSearch) != nil && action != knowledge.ApiSearch {
		instead = append(instead, "query with api_search")
	}
	if action != "" {
		instead = append(instead, "params, under the service's own name")
	}
	what := "No search by meaning is ready for " + safetext.Short(r.entity)
	if action != "" {
		what = action + " of " + safetext.Short(r.entity) + " takes no query that is known"
	}
	return refusal.New("%s.", what).Next("Nothing was read. Use %s.", strings.Join(instead, ", or "))
}

// pageSize spreads the records wanted over as few pages as they need, so that
// none is fetched in vain.
func (r *reading) pageSize(limit int) int {
	most := r.dialect.Max
	if most == 0 {
		most = paging.MaxPageSize
	}
	if r.semantic {
		most = min(most, paging.MaxPageSize)
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
