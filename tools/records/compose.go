package records

import (
	"encoding/json"
	"maps"
	"slices"

	"airbyte-agent-mcp/schemas"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/tools/knowledge"
	"airbyte-agent-mcp/tools/paging"
	"airbyte-agent-mcp/tools/refusal"
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
func (r *reading) compose(in Query) error {
	r.params = map[string]json.RawMessage{}
	for name, value := range rawjson.Named(in.Params) {
		r.params[name] = value
	}
	if r.action != knowledge.StoreSearch && (len(in.Filter) > 0 || len(in.Sort) > 0) {
		return refusal.New("filter and sort are for context_store_search; %s does not take them.", r.action).
			Next("Nothing was read. Give its own parameters in params (describe_connector with entity has them), or use context_store_search.")
	}
	switch {
	case r.action == knowledge.StoreSearch:
		return r.composeSearch(in)
	case r.action == knowledge.StoreSQL:
		return r.composeText("sql", in.Query)
	case r.dialect.Soql:
		return r.composeSOQL(in.Query)
	case in.Query == "":
		return nil
	case r.action == knowledge.ApiSearch:
		name := queryParams[r.slug]
		if a := r.knownAction(knowledge.ApiSearch); a != nil && len(a.Params) > 0 {
			name = paging.Declared(name, queryNames, a.Params)
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
		return refusal.New("query and params.%s are the same thing.", name).Next("Nothing was read. Give one of them.")
	case given != "":
		r.params[name] = rawjson.Of(given)
	case !has:
		return refusal.New("%s needs query: the %s.", r.action, name).Next("Nothing was read. describe_connector has the names that can stand in it.")
	}
	return nil
}

// composeSearch makes the query or the semantic object of a search.
func (r *reading) composeSearch(in Query) error {
	asked := len(in.Filter) > 0 || len(in.Sort) > 0 || in.Query != ""
	if asked && (r.params["query"] != nil || r.params["semantic"] != nil) {
		return refusal.New("filter, sort and query go into params.query or params.semantic, which are given too.").
			Next("Nothing was read. Use either these arguments or params.")
	}
	r.semantic = in.Query != "" || r.params["semantic"] != nil
	switch {
	case in.Query != "" && len(in.Sort) > 0:
		return refusal.New("A search by meaning (query) has its own order: sort cannot go with it.").Next("Nothing was read. Leave one of them out.")
	case in.Query != "" && r.store() != nil && !r.semanticReady():
		return r.noQuery("")
	case in.Query != "":
		semantic := map[string]json.RawMessage{"prompt": rawjson.Of(in.Query)}
		if len(in.Filter) > 0 {
			semantic["filter"] = json.RawMessage(in.Filter)
		}
		r.params["semantic"] = rawjson.Of(semantic)
	case asked:
		query := map[string]json.RawMessage{}
		if len(in.Filter) > 0 {
			query["filter"] = json.RawMessage(in.Filter)
		}
		if len(in.Sort) > 0 {
			query["sort"] = rawjson.Of(in.Sort)
		}
		r.params["query"] = rawjson.Of(query)
	}
	return nil
}

// requestParams are the parameters for one page.
func (r *reading) requestParams(at Position) json.RawMessage {
	params := maps.Clone(r.params)
	d := r.dialect
	if d.Soql {
		params[d.Next] = rawjson.Of(pageSOQL(rawjson.Text(params[d.Next]), r.size, at.offset()))
		return rawjson.Of(params)
	}
	if d.Size != "" && params[d.Size] == nil && r.size > 0 {
		params[d.Size] = rawjson.Of(r.size)
	}
	if d.Next != "" && at.Native != "" {
		params[d.Next] = rawjson.Of(d.Value(at.Native))
	}
	if len(params) == 0 {
		return nil
	}
	return rawjson.Of(params)
}

// sortKeys reads sort: the fields, and which of them go down.
func sortKeys(sort []schemas.Object) (fields []string, down []bool) {
	for _, key := range sort {
		for field, direction := range rawjson.Named(key) {
			fields = append(fields, field)
			down = append(down, rawjson.Text(direction) == "desc")
		}
	}
	return slices.Clip(fields), down
}
