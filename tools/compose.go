package tools

import (
	"encoding/json"
	"maps"
	"slices"

	"airbyte-agent-mcp/schemas"
)

// queryNames are the parameters in which services take the text of a search, in
// the order of trust.
var queryNames = []string{"query", "q", "jql", "cql", "search", "search_query", "searchTerm", "text", "term", "keyword", "keywords"}

// queryParams are those of services whose parameters could not be learned.
var queryParams = map[string]string{
	"github": "query", "stripe": "query", "slack": "query", "zendesk-support": "query",
	"jira": "jql", "salesforce": "q", "google-drive": "q", "notion": "query", "intercom": "query",
}

// compose puts what was asked into the parameters of the action.
func (r *reading) compose(in readRecordsIn) error {
	r.params = map[string]json.RawMessage{}
	for name, value := range members(in.Params) {
		r.params[name] = value
	}
	if r.action != storeSearch && (len(in.Filter) > 0 || len(in.Sort) > 0) {
		return refuse("filter and sort are for context_store_search; %s does not take them.", r.action).
			next("Nothing was read. Give its own parameters in params (describe_connector with entity has them), or use context_store_search.")
	}
	switch {
	case r.action == storeSearch:
		return r.composeSearch(in)
	case r.action == storeSQL:
		return r.composeText("sql", in.Query)
	case r.dialect.soql:
		return r.composeSOQL(in.Query)
	case in.Query == "":
		return nil
	case r.action == apiSearch:
		name := queryParams[r.slug]
		if a := r.knownAction(apiSearch); a != nil && len(a.Params) > 0 {
			name = declared(name, queryNames, a.Params)
		}
		if name != "" {
			return r.composeText(name, in.Query)
		}
	}
	return r.noQuery(r.action)
}

// composeText sets a parameter that the action cannot do without.
func (r *reading) composeText(name, given string) error {
	switch has := r.params[name] != nil; {
	case given != "" && has:
		return refuse("query and params.%s are the same thing.", name).next("Nothing was read. Give one of them.")
	case given != "":
		r.params[name] = encoded(given)
	case !has:
		return refuse("%s needs query: the %s.", r.action, name).next("Nothing was read. describe_connector has the names that can stand in it.")
	}
	return nil
}

// composeSearch makes the query or the semantic object of a search.
func (r *reading) composeSearch(in readRecordsIn) error {
	asked := len(in.Filter) > 0 || len(in.Sort) > 0 || in.Query != ""
	if asked && (r.params["query"] != nil || r.params["semantic"] != nil) {
		return refuse("filter, sort and query go into params.query or params.semantic, which are given too.").
			next("Nothing was read. Use either these arguments or params.")
	}
	r.semantic = in.Query != "" || r.params["semantic"] != nil
	switch {
	case in.Query != "" && len(in.Sort) > 0:
		return refuse("A search by meaning (query) has its own order: sort cannot go with it.").next("Nothing was read. Leave one of them out.")
	case in.Query != "" && r.store() != nil && !r.semanticReady():
		return r.noQuery("")
	case in.Query != "":
		semantic := map[string]json.RawMessage{"prompt": encoded(in.Query)}
		if len(in.Filter) > 0 {
			semantic["filter"] = json.RawMessage(in.Filter)
		}
		r.params["semantic"] = encoded(semantic)
	case asked:
		query := map[string]json.RawMessage{}
		if len(in.Filter) > 0 {
			query["filter"] = json.RawMessage(in.Filter)
		}
		if len(in.Sort) > 0 {
			query["sort"] = encoded(in.Sort)
		}
		r.params["query"] = encoded(query)
	}
	return nil
}

// requestParams are the parameters for one page.
func (r *reading) requestParams(at position) json.RawMessage {
	params := maps.Clone(r.params)
	d := r.dialect
	if d.soql {
		params[d.next] = encoded(pageSOQL(text(params[d.next]), r.size, at.offset()))
		return encoded(params)
	}
	if d.size != "" && params[d.size] == nil && r.size > 0 {
		params[d.size] = encoded(r.size)
	}
	if d.next != "" && at.Native != "" {
		params[d.next] = encoded(d.value(at.Native))
	}
	if len(params) == 0 {
		return nil
	}
	return encoded(params)
}

// sortKeys reads sort: the fields, and which of them go down.
func sortKeys(sort []schemas.Object) (fields []string, down []bool) {
	for _, key := range sort {
		for field, direction := range members(key) {
			fields = append(fields, field)
			down = append(down, text(direction) == "desc")
		}
	}
	return slices.Clip(fields), down
}
