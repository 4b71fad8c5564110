package paging

import (
	"slices"
	"strconv"

	"airbyte-agent-mcp/tools/knowledge"
)

// Dialect is how one action of a service pages: under which parameter it takes
// the next page and the size of one.
type Dialect struct {
	Next  string // empty where there is no next page to ask for
	whole bool   // next is an integer
	Size  string // empty where the size is fixed
	Max   int    // of a page; 0 if it is not known
	// LastID says that the next page starts after the ID of the last record, and
	// that the service gives no cursor of its own.
	LastID bool
	// Soql says that the page stands in the text of a query.
	Soql bool
}

// MaxPageSize is asked for where a service's own bound is not known. What takes
// pages takes this many.
const MaxPageSize = 100

// The Context Store pages alike for every connector.
var (
	searchDialect = Dialect{Next: "cursor", Size: "limit", Max: 1000}
	sqlDialect    = Dialect{Size: "limit", Max: 1000} // the next page is OFFSET in the statement
)

// Dialects is what is known of each service without asking: by slug, and within
// it by "entity:action", ":action", "entity:" or "", the first that is there. It
// is the second source: what describe_connector learns of an action's parameters
// goes first.
var Dialects = map[string]map[string]Dialect{
	"github": {
		"":                        {Next: "after", Size: "per_page", Max: 100},
		"repositories:api_search": {Next: "after", Size: "limit", Max: 100},
		"users:api_search":        {Next: "after", Size: "limit", Max: 100},
	},
	"hubspot": {
		"":            {Next: "after", Size: "limit", Max: 100},
		":api_search": {Next: "after", Size: "limit", Max: 200},
	},
	"salesforce": {
		"":            {Next: "q", Soql: true, Max: 2000},
		":api_search": {}, // SOSL has no next page
	},
	"stripe": {
		"":            {Next: "starting_after", Size: "limit", Max: 100, LastID: true},
		":api_search": {Next: "page", Size: "limit", Max: 100},
	},
	"slack":           {"": {Next: "cursor", Size: "limit", Max: 999}},
	"zendesk-support": {"": {Next: "page", whole: true, Size: "per_page", Max: 100}},
	"jira": {
		"":                  {Next: "startAt", whole: true, Size: "maxResults", Max: 50},
		"issues:":           {Next: "nextPageToken", Size: "maxResults", Max: 100},
		"issues:api_search": {Next: "nextPageToken", Size: "maxResults", Max: 100},
	},
	"notion":       {"": {Next: "start_cursor", Size: "page_size", Max: 100}},
	"linear":       {"": {Next: "after", Size: "first", Max: 250}},
	"google-drive": {"": {Next: "pageToken", Size: "pageSize", Max: 1000}},
	"gong":         {"": {Next: "cursor"}},
	"intercom":     {"": {Next: "starting_after", Size: "per_page", Max: 150}},
}

// The names that services give to these parameters, in the order of trust. They
// count only for an action that declares them.
var (
	nextNames = []string{
		"cursor", "after", "starting_after", "start_cursor", "next_cursor", "nextCursor", "page[after]", "page[cursor]",
		"nextPageToken", "next_page_token", "pageToken", "page_token", "NextToken", "next_token", "page_info",
		"continuation_token", "bookmark", "marker", "startAt", "start_at", "offset", "$skip", "skip", "page[number]", "page", "page_number",
	}
	sizeNames = []string{
		"limit", "per_page", "perPage", "page_size", "pageSize", "maxResults", "max_results", "first",
		"page[size]", "count", "$top", "top", "results_per_page",
	}
)

// dialectOf is the dialect of an action, as the table has it.
func dialectOf(slug, entity, action string) Dialect {
	switch action {
	case "context_store_search":
		return searchDialect
	case "context_store_sql_query":
		return sqlDialect
	case "list", "api_search":
	default:
		return Dialect{} // one record, or one answer
	}
	table := Dialects[slug]
	for _, key := range []string{entity + ":" + action, ":" + action, entity + ":", ""} {
		if d, ok := table[key]; ok {
			return d
		}
	}
	return Dialect{}
}

// LearnedDialect is the dialect of an action of which perhaps more is known: what
// it declares goes before the table, and nothing is sent that it is known not
// to have.
func LearnedDialect(slug, entity string, action string, known *knowledge.Action) Dialect {
	d := dialectOf(slug, entity, action)
	if known == nil || !known.Known && len(known.Params) == 0 || action == "context_store_search" || action == "get" {
		return d
	}
	next, size := Declared(d.Next, nextNames, known.Params), Declared(d.Size, sizeNames, known.Params)
	if known.Known || next != "" {
		if next != d.Next {
			d.LastID, d.Soql, d.whole = false, false, false
		}
		d.Next = next
	}
	if known.Known || size != "" {
		d.Size = size
	}
	for _, p := range known.Params {
		if p.Name == d.Next && p.Type != "" {
			d.whole = p.Type == "integer" || p.Type == "number"
		}
	}
	return d
}

// Declared picks the parameter: the one of the table if the action has it, or
// the first that goes by a usual name.
func Declared(name string, usual []string, params []knowledge.Param) string {
	has := func(name string) bool {
		return slices.ContainsFunc(params, func(p knowledge.Param) bool { return p.Name == name })
	}
	if name != "" && has(name) {
		return name
	}
	if at := slices.IndexFunc(usual, has); at >= 0 {
		return usual[at]
	}
	return ""
}

// pageParam is the parameter that takes the next page of an action, among its
// params or, where none are known, from the table. Empty: it takes none.
func pageParam(slug, entity, action string, params []knowledge.Param) string {
	return LearnedDialect(slug, entity, action, &knowledge.Action{Params: params, Known: len(params) > 0}).Next
}

// sizeParam is the parameter that takes the number of records in a page, in the
// same way.
func sizeParam(slug, entity, action string, params []knowledge.Param) string {
	return LearnedDialect(slug, entity, action, &knowledge.Action{Params: params, Known: len(params) > 0}).Size
}

// Value is a cursor in the type that the parameter takes.
func (d Dialect) Value(cursor string) any {
	if n, err := strconv.ParseInt(cursor, 10, 64); err == nil && d.whole {
		return n
	}
	return cursor
}
