package records

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/answer"
	"airbyte-agent-mcp/tools/paging"
	"airbyte-agent-mcp/tools/refusal"
)

type Query struct {
	ConnectorID   string           `json:"connector_id,omitempty" jsonschema_description:"ID, name or slug."`
	WorkspaceName string           `json:"workspace_name,omitempty" jsonschema_description:"Where to look up names."`
	Connectors    []string         `json:"connectors,omitempty" jsonschema_description:"Instead of connector_id: up to 10, read alike."`
	Entity        string           `json:"entity" jsonschema_description:"Such as contacts."`
	Action        string           `json:"action,omitempty" jsonschema_description:"list, get, api_search (live), context_store_search or context_store_sql_query (indexed); the recommended one if absent."`
	Params        schemas.Object   `json:"params,omitempty" jsonschema_description:"The action's own parameters."`
	Filter        schemas.Object   `json:"filter,omitempty" jsonschema_description:"For context_store_search: {\"eq\":{\"status\":\"open\"}}; also gt, gte, lt, lte, in, fuzzy, and, or, not."`
	Sort          []schemas.Object `json:"sort,omitempty" jsonschema_description:"With filter: [{\"created\":\"desc\"}]."`
	Query         string           `json:"query,omitempty" jsonschema_description:"Text: semantic prompt, api_search in the service's syntax, or SQL."`
	Fields        []string         `json:"fields,omitempty" jsonschema_description:"Dotted paths to return; nearly always worth giving."`
	Limit         int              `json:"limit,omitempty" jsonschema:"minimum=1,maximum=1000" jsonschema_description:"Records; 25 if absent."`
	MaxPages      int              `json:"max_pages,omitempty" jsonschema:"minimum=1,maximum=50" jsonschema_description:"3 if absent, 20 with reduce."`
	Cursor        string           `json:"cursor,omitempty" jsonschema_description:"page.next_cursor; repeat the other arguments."`
	Reduce        schemas.Object   `json:"reduce,omitempty" jsonschema_description:"Instead of records: {\"count\":true}, {\"group_by\":\"status\",\"sum\":\"amount\"} (min, max, avg), {\"top\":5,\"by\":\"amount\"} or {\"distinct\":\"email\"}."`
	MergeLive     bool             `json:"merge_live,omitempty" jsonschema_description:"Search and live list (with params) merged by id: for dates up to today."`
	answer.Budget
}

type Result struct {
	Reading
	Results []oneRead `json:"results,omitempty"`
}

// Reading is what came of one connector.
type Reading struct {
	Records json.RawMessage `json:"records,omitempty" jsonschema_description:"As they came."`
	Reduced json.RawMessage `json:"reduced,omitempty"`
	Page    *paging.Page    `json:"page,omitempty" jsonschema_description:"has_more, next_cursor."`
	Seen    *seen           `json:"seen,omitempty" jsonschema_description:"pages, records, all."`
	Source  *source         `json:"source,omitempty" jsonschema_description:"from, action, updated_at, warning."`
	Note    string          `json:"note,omitempty"`
}

// seen is how far a read went.
type seen struct {
	Pages   int  `json:"pages"`
	Records int  `json:"records"`
	All     bool `json:"all"`
}

// source is where records come from, and how fresh they are.
type source struct {
	From      string                 `json:"from"` // live, context_store, or both
	Action    string                 `json:"action"`
	UpdatedAt string                 `json:"updated_at,omitempty"` // of the Context Store
	Warning   *airbyteclient.Warning `json:"warning,omitempty"`
}

// oneRead is the read of one connector among several.
type oneRead struct {
	Connector   string `json:"connector"` // as it was asked for
	ConnectorID string `json:"connector_id,omitempty"`
	Error       string `json:"error,omitempty"`
	Reading
}

// AppendJSON appends the result as encoding/json would write it, with the
// records as the bytes that they came in: they are known to be valid, and are
// most of it.
func (r Result) AppendJSON(dst []byte) ([]byte, error) {
	if len(r.Results) > 0 {
		raw, err := rawjson.Marshal(r)
		return append(dst, raw...), err
	}
	rest := r
	rest.Records, rest.Reduced = nil, nil
	raw, err := rawjson.Marshal(rest)
	if err != nil {
		return nil, err
	}
	dst = slices.Grow(dst, len(r.Records)+len(r.Reduced)+len(raw)+32)
	dst = append(dst, '{')
	if len(r.Records) > 0 {
		dst = rawjson.AppendMember(dst, "records", r.Records)
	}
	if len(r.Reduced) > 0 {
		dst = rawjson.AppendMember(dst, "reduced", r.Reduced)
	}
	if len(raw) > 2 && len(dst) > 1 {
		dst = append(dst, ',')
	}
	return append(dst, raw[1:]...), nil
}

const (
	maxLimit        = 1000
	maxConnectors   = 10
	connectorsAlike = 4 // read at the same time
	plainPages      = 3
	reducePages     = 20
	mostPages       = 50
)

// ReadOne reads one connector.
func ReadOne(ctx context.Context, api *account.Account, in Query, ref string) (out Reading, err error) {
	reduction, err := parseReduction(in)
	if err != nil {
		return out, err
	}
	if in.Limit == 0 {
		in.Limit = defaultLimit
	}
	wanted := in.Limit
	if reduction != nil {
		wanted = 0
		in.Fields = reduction.fields(in.Fields)
	}
	if in.MergeLive {
		return readMerged(ctx, api, in, ref)
	}
	r, from, err := plan(ctx, api, in, ref, wanted)
	if err != nil {
		return out, err
	}
	w := &walk{reading: r, maxRecords: wanted, maxPages: in.MaxPages}
	if reduction != nil {
		w.take, w.maxPages = reduction.add, cmp.Or(in.MaxPages, reducePages)
		if err := w.run(ctx, from); err != nil {
			return out, err
		}
		out.Reduced = reduction.result()
		for _, note := range reduction.notes() {
			w.note("%s", note)
		}
	} else {
		list := recordList{}
		w.take, w.maxPages = list.add, cmp.Or(in.MaxPages, plainPages)
		if err := w.run(ctx, from); err != nil {
			return out, err
		}
		out.Records = list.json()
	}
	w.tell(&out)
	return out, nil
}

// tell says how far the walk went, and what of.
func (w *walk) tell(out *Reading) {
	out.Page = &paging.Page{HasMore: w.more}
	if w.next != nil {
		out.Page.NextCursor = w.next.String()
	}
	out.Seen = &seen{Pages: w.pages, Records: w.records, All: !w.more}
	out.Source = &source{From: w.from(), Action: w.action, Warning: w.warning}
	if store := w.store(); store != nil && w.from() == "context_store" {
		out.Source.UpdatedAt = store.UpdatedAt
	}
	switch {
	case w.records == 0:
		w.tellNothing()
	case w.more && out.Reduced != nil:
		w.note("There are at least %d, and the figures are of these alone: raise max_pages (up to %d) or narrow the read.", w.records, mostPages)
	case w.more && w.next != nil:
		w.note("There are at least %d: more follow.", w.records)
	case w.more:
		w.note("There are at least %d.", w.records)
	}
	if w.again > 0 {
		w.note("%d records came twice and are here once.", w.again)
	}
	if w.bytes > maxReadBytes {
		w.note("Stopped after %d MiB; ask for fewer fields.", maxReadBytes>>20)
	}
	if a := w.knownAction(w.action); w.from() == "live" && (a == nil || !a.Known) {
		w.note("The parameters of %s could not be learned; paging goes by what is known of the service.", w.action)
	}
	out.Note = strings.Join(w.notes, " ")
}

// tellNothing says what it means that there is nothing.
func (w *walk) tellNothing() {
	store := w.store()
	switch {
	case w.from() == "live":
		if names := w.narrowing(); len(names) > 0 {
			w.note("Nothing came back: there is none, or a parameter did not match (sent: %s). Some want an ID, not a name or key; describe_connector with entity tells.", strings.Join(names, ", "))
		}
	case store == nil || !store.ReadyForSearch:
		w.note("No proof of absence: the Context Store is not known to have indexed %s. Check live with %s.", safetext.Short(w.entity), w.liveAction())
	case w.warning != nil:
		w.note("No proof of absence: the Context Store is stale. Check live with %s.", w.liveAction())
	default:
		w.note("Nothing in the Context Store as of %s; what is newer is not in it. Check live with %s.", cmp.Or(store.UpdatedAt, "an unknown time"), w.liveAction())
	}
}

// narrowing are the names of the parameters that say which records to read.
func (r *reading) narrowing() []string {
	var names []string
	for name := range r.params {
		if name != r.dialect.Size && name != r.dialect.Next {
			names = append(names, safetext.Short(name))
		}
	}
	slices.Sort(names)
	return names
}

// recordList is a list of records in the making.
type recordList struct{ raw []byte }

func (l *recordList) add(record json.RawMessage) {
	l.raw = append(append(l.raw, ','), record...)
}

func (l *recordList) json() json.RawMessage {
	if len(l.raw) == 0 {
		return json.RawMessage("[]")
	}
	l.raw[0] = '['
	return append(l.raw, ']')
}

// ReadSeveral makes the same read on several connectors. One that fails tells
// why, in the words of a call of its own, and keeps no other from answering.
func ReadSeveral(ctx context.Context, api *account.Account, in Query, explain func(error) string) (Result, error) {
	switch {
	case in.ConnectorID != "":
		return Result{}, refusal.New("connector_id and connectors are both given.").Next("Nothing was read. Give one of them.")
	case len(in.Connectors) > maxConnectors:
		return Result{}, refusal.New("%d connectors are more than can be read at once.", len(in.Connectors)).Next("Nothing was read. Name up to %d.", maxConnectors)
	case in.Cursor != "":
		return Result{}, refusal.New("A cursor belongs to one connector.").Next("Nothing was read. Read on with connector_id and that connector's cursor.")
	}
	if err := admit(in.Action); err != nil {
		return Result{}, err
	}
	if _, err := parseReduction(in); err != nil {
		return Result{}, err
	}
	results := make([]oneRead, len(in.Connectors))
	var g errgroup.Group
	g.SetLimit(connectorsAlike)
	for i, ref := range in.Connectors {
		results[i].Connector = ref
		id, err := account.ConnectorRef{ConnectorID: ref, WorkspaceName: in.WorkspaceName}.Resolve(ctx, api)
		if err != nil {
			results[i].Error = explain(err)
			continue
		}
		results[i].ConnectorID = id
		g.Go(func() error {
			out, err := ReadOne(ctx, api, in, id)
			if err != nil {
				results[i].Error = explain(err)
				return nil
			}
			results[i].Reading = out
			return nil
		})
	}
	_ = g.Wait() // failures stand in the results
	failed := 0
	for _, r := range results {
		if r.Error != "" {
			failed++
		}
	}
	out := Result{Results: results}
	if failed > 0 {
		out.Note = fmt.Sprintf("%d of %d connectors could not be read.", failed, len(results))
	}
	return out, ctx.Err()
}
