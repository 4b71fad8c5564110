package description

import (
	"slices"
	"strconv"
	"strings"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/tools/knowledge"
)

// exampleCall is a call of a tool as it can be sent. Where a value is not
// known it has the parameter's name in <>, which no service takes for real.
type exampleCall struct {
	Tool      string           `json:"tool"`
	Arguments exampleArguments `json:"arguments"`
}

type exampleArguments struct {
	ConnectorID  string         `json:"connector_id"`
	Entity       string         `json:"entity"`
	Action       string         `json:"action,omitempty"`
	Params       schemas.Object `json:"params,omitempty"`
	Fields       []string       `json:"fields,omitempty"`
	SelectFields []string       `json:"select_fields,omitempty"`
	Limit        int            `json:"limit,omitempty"`
}

// exampleCalls are a read and a write of the connector's main entity, or of
// the next that can be written. Without writes the second gets one record.
func exampleCalls(k *knowledge.Connector, writes bool) []exampleCall {
	order := slices.Clone(k.Entities)
	slices.SortStableFunc(order, func(a, b knowledge.Entity) int { return weight(k, &b) - weight(k, &a) })
	calls := []exampleCall{}
	add := func(example func(*knowledge.Connector, *knowledge.Entity) *exampleCall) bool {
		for i := range order {
			if call := example(k, &order[i]); call != nil {
				calls = append(calls, *call)
				return true
			}
		}
		return false
	}
	add(readCall)
	if !writes || !add(writeCall) {
		add(getCall)
	}
	return calls
}

// weight tells the entities that matter from the rest: much can be done with
// them, and they can be read without knowing anything before.
func weight(k *knowledge.Connector, e *knowledge.Entity) int {
	w := len(e.Actions)
	if a := e.Action(k.Recommended(e.Name)); a != nil && a.Known && !a.Requires() {
		w += 2
	}
	return w
}

// readCall reads a few records the recommended way.
func readCall(k *knowledge.Connector, e *knowledge.Entity) *exampleCall {
	name := k.Recommended(e.Name)
	if name == "" {
		return nil
	}
	return readingCall(k, e, e.Action(name))
}

// getCall reads one record.
func getCall(k *knowledge.Connector, e *knowledge.Entity) *exampleCall {
	a := e.Action("get")
	if a == nil || !a.Known {
		return nil
	}
	return readingCall(k, e, a)
}

func readingCall(k *knowledge.Connector, e *knowledge.Entity, a *knowledge.Action) *exampleCall {
	arguments := exampleArguments{ConnectorID: k.ConnectorID, Entity: e.Name, Fields: someFields(e), Params: placeholders(a, false)}
	if a.Name != k.Recommended(e.Name) {
		arguments.Action = a.Name
	}
	if a.Name != "get" {
		arguments.Limit = 10
	}
	return &exampleCall{"read_records", arguments}
}

// writeCall creates a record, or else updates one. It never deletes.
func writeCall(k *knowledge.Connector, e *knowledge.Entity) *exampleCall {
	for _, name := range []string{"create", "update"} {
		if a := e.Action(name); a != nil && a.Known && !a.Unavailable {
			return operationCall(k, e, a)
		}
	}
	return nil
}

func operationCall(k *knowledge.Connector, e *knowledge.Entity, a *knowledge.Action) *exampleCall {
	changes := !airbyteclient.ReadingAction(a.Name) && a.Name != "delete"
	arguments := exampleArguments{ConnectorID: k.ConnectorID, Entity: e.Name, Action: a.Name, Params: placeholders(a, changes)}
	if a.Name != "delete" && a.Name != "download" {
		arguments.SelectFields = []string{"id"}
	}
	return &exampleCall{"execute_operation", arguments}
}

// callOf is an example of one action, by the tool that runs it best.
func callOf(k *knowledge.Connector, e *knowledge.Entity, a *knowledge.Action) *exampleCall {
	switch a.Name {
	case "list", "get", "api_search", "context_store_search":
		return readingCall(k, e, a)
	}
	return operationCall(k, e, a)
}

// someFields are the first that the documentation names, those that it asks for in
// an example, or else those that records of the entity are likely to have: what is
// not there is left out of an answer without a word.
func someFields(e *knowledge.Entity) []string {
	var fields []string
	for _, f := range e.ReadFields() {
		if len(fields) < 4 && f.Type != "array" && f.Type != "object" {
			fields = append(fields, f.Path)
		}
	}
	for _, name := range []string{knowledge.ListAction, knowledge.GetAction, knowledge.ApiSearch} {
		if a := e.Action(name); a != nil && len(fields) == 0 {
			for f := range rawjson.Elements(rawjson.Member([]byte(a.Example), "select_fields")) {
				if knowledge.IsName(rawjson.Text(f)) && len(fields) < 4 {
					fields = append(fields, rawjson.Text(f))
				}
			}
		}
	}
	if len(fields) > 0 {
		return fields
	}
	fields = []string{"id"}
	for _, name := range []string{"create", "update"} {
		a := e.Action(name)
		if a == nil {
			continue
		}
		for _, p := range a.Params {
			reference := strings.HasSuffix(knowledge.Letters(p.Name), "id")
			if p.In == "body" && !reference && len(fields) < 3 && !slices.Contains(fields, p.Name) {
				fields = append(fields, p.Name)
			}
		}
	}
	return fields
}

// placeholders are the required parameters of an action; of one that changes
// something at least one that says what.
func placeholders(a *knowledge.Action, changes bool) schemas.Object {
	params := map[string]any{}
	for _, p := range a.Params {
		if p.Required {
			params[p.Name] = placeholder(&p)
			changes = changes && p.In == "path"
		}
	}
	for _, p := range a.Params {
		if changes && !p.Required && p.Type != "object" {
			params[p.Name] = placeholder(&p)
			break
		}
	}
	if len(params) == 0 {
		return nil
	}
	object, err := rawjson.Marshal(params)
	if err != nil {
		return nil // it holds texts, numbers and lists of them
	}
	return schemas.Object(object)
}

// placeholder is a legal value where these are listed, and otherwise one that
// nobody takes for real.
func placeholder(p *knowledge.Param) any {
	var value any = "<" + p.Name + ">"
	switch {
	case len(p.Enum) > 0 && p.Type == "integer":
		if n, err := strconv.Atoi(p.Enum[0]); err == nil {
			value = n
		}
	case len(p.Enum) > 0:
		value = p.Enum[0]
	case p.Type == "integer" || p.Type == "number" || p.Type == "boolean":
		value = "<" + p.Name + ": " + p.Type + ">"
	}
	switch p.Type {
	case "array":
		return []any{value}
	case "object":
		return map[string]any{"<key>": "<value>"}
	}
	return value
}
