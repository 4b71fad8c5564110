package tools

import (
	"slices"
	"strconv"
)

// dialect is how one action of a service pages: under which parameter it takes
// the next page and the size of one.
type dialect struct {
	next  string // empty where there is no next page to ask for
	whole bool   // next is an integer
	size  string // empty where the size is fixed
	max   int    // of a page; 0 if it is not known
	// lastID says that the next page starts after the ID of the last record, and
	// that the service gives no cursor of its own.
	lastID bool
	// soql says that the page stands in the text of a query.
	soql bool
}

// maxPageSize is asked for where a service's own bound is not known. What takes
// pages takes this many.
const maxPageSize = 100

// The Context Store pages alike for every connector.
var (
	searchDialect = dialect{next: "cursor", size: "limit", max: 1000}
	sqlDialect    = dialect{size: "limit", max: 1000} // the next page is OFFSET in the statement
)

// dialects is what is known of each service without asking: by slug, and within
// it by "entity:action", ":action", "entity:" or "", the first that is there. It
// is the second source: what describe_connector learns of an action's parameters
// goes first.
var dialects = map[string]map[string]dialect{
	"github": {
		"":                        {next: "after", size: "per_page", max: 100},
		"repositories:api_search": {next: "after", size: "limit", max: 100},
		"users:api_search":        {next: "after", size: "limit", max: 100},
	},
	"hubspot": {
		"":            {next: "after", size: "limit", max: 100},
		":api_search": {next: "after", size: "limit", max: 200},
	},
	"salesforce": {
		"":            {next: "q", soql: true, max: 2000},
		":api_search": {}, // SOSL has no next page
	},
	"stripe": {
		"":            {next: "starting_after", size: "limit", max: 100, lastID: true},
		":api_search": {next: "page", size: "limit", max: 100},
	},
	"slack":           {"": {next: "cursor", size: "limit", max: 999}},
	"zendesk-support": {"": {next: "page", whole: true, size: "per_page", max: 100}},
	"jira": {
		"":                  {next: "startAt", whole: true, size: "maxResults", max: 50},
		"issues:":           {next: "nextPageToken", size: "maxResults", max: 100},
		"issues:api_search": {next: "nextPageToken", size: "maxResults", max: 100},
	},
	"notion":       {"": {next: "start_cursor", size: "page_size", max: 100}},
	"linear":       {"": {next: "after", size: "first", max: 250}},
	"google-drive": {"": {next: "pageToken", size: "pageSize", max: 1000}},
	"gong":         {"": {next: "cursor"}},
	"intercom":     {"": {next: "starting_after", size: "per_page", max: 150}},
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
func dialectOf(slug, entity, action string) dialect {
	switch action {
	case "context_store_search":
		return searchDialect
	case "context_store_sql_query":
		return sqlDialect
	case "list", "api_search":
	default:
		return dialect{} // one record, or one answer
	}
	table := dialects[slug]
	for _, key := range []string{entity + ":" + action, ":" + action, entity + ":", ""} {
		if d, ok := table[key]; ok {
			return d
		}
	}
	return dialect{}
}

// learnedDialect is the dialect of an action of which perhaps more is known: what
// it declares goes before the table, and nothing is sent that it is known not
// to have.
func learnedDialect(slug, entity string, action string, known *knownAction) dialect {
	d := dialectOf(slug, entity, action)
	if known == nil || !known.Known && len(known.Params) == 0 || action == "context_store_search" || action == "get" {
		return d
	}
	next, size := declared(d.next, nextNames, known.Params), declared(d.size, sizeNames, known.Params)
	if known.Known || next != "" {
		if next != d.next {
			d.lastID, d.soql, d.whole = false, false, false
		}
		d.next = next
	}
	if known.Known || size != "" {
		d.size = size
	}
	for _, p := range known.Params {
		if p.Name == d.next && p.Type != "" {
			d.whole = p.Type == "integer" || p.Type == "number"
		}
	}
	return d
}

// declared picks the parameter: the one of the table if the action has it, or
// the first that goes by a usual name.
func declared(name string, usual []string, params []knownParam) string {
	has := func(name string) bool {
		return slices.ContainsFunc(params, func(p knownParam) bool { return p.Name == name })
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
func pageParam(slug, entity, action string, params []knownParam) string {
	return learnedDialect(slug, entity, action, &knownAction{Params: params, Known: len(params) > 0}).next
}

// sizeParam is the parameter that takes the number of records in a page, in the
// same way.
func sizeParam(slug, entity, action string, params []knownParam) string {
	return learnedDialect(slug, entity, action, &knownAction{Params: params, Known: len(params) > 0}).size
}

// value is a cursor in the type that the parameter takes.
func (d dialect) value(cursor string) any {
	if n, err := strconv.ParseInt(cursor, 10, 64); err == nil && d.whole {
		return n
	}
	return cursor
}
