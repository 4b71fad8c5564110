package knowledge

import (
	"cmp"
	"encoding/json"
	"strings"

	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/schemas/safetext"
)

// This file reads lists of entities, actions and parameters that the service
// gives as JSON: the legacy describe action, whose shape is not published, and
// the list that inspect may come to have.

// listedAction reads one of inspect's actions.
func listedAction(v json.RawMessage) (entity string, a Action) {
	entity = firstText(v, "entity", "entity_name")
	a = Action{Name: firstText(v, "action", "name"), Summary: safetext.Clip(firstText(v, "description", "summary"), MaxWords)}
	required, optional := rawjson.Member(v, "required_params"), rawjson.Member(v, "optional_params")
	if rawjson.FirstByte(required) == '[' || rawjson.FirstByte(optional) == '[' {
		a.take(append(listedParams(required, true), listedParams(optional, false)...))
	}
	if !IsName(entity) || !IsName(a.Name) {
		return "", Action{}
	}
	return entity, a
}

// readDescribed takes in what the describe action gave back: a list of
// entities, perhaps with words around it.
func (k *Connector) readDescribed(v json.RawMessage) {
	for _, name := range []string{"schema", "data", "result"} {
		if inner := rawjson.Member(v, name); rawjson.FirstByte(inner) == '{' || rawjson.FirstByte(inner) == '[' {
			v = inner
			break
		}
	}
	if k.Guidance == "" {
		k.Guidance = safetext.Clip(firstText(v, "rules", "guidance", "instructions"), MaxGuidance)
	}
	if rawjson.FirstByte(v) == '"' && k.Guidance == "" {
		k.Guidance = safetext.Clip(rawjson.Text(v), MaxGuidance)
	}
	list := v
	if rawjson.FirstByte(v) == '{' {
		list = rawjson.Member(v, "entities")
	}
	for e := range rawjson.Elements(list) {
		k.readDescribedEntity(firstText(e, "entity_name", "entity", "name"), e)
	}
	for name, e := range rawjson.Named(list) {
		k.readDescribedEntity(name, e)
	}
}

func (k *Connector) readDescribedEntity(entity string, e json.RawMessage) {
	if !IsName(entity) {
		return
	}
	params := rawjson.Member(e, "parameters")
	actions := rawjson.Member(e, "available_actions")
	if actions == nil {
		actions = rawjson.Member(e, "actions")
	}
	for a := range rawjson.Elements(actions) {
		name := rawjson.Text(a)
		told := rawjson.Member(params, name)
		summary := ""
		if rawjson.FirstByte(a) == '{' {
			name, summary = firstText(a, "action", "name"), firstText(a, "description", "summary")
			told = rawjson.Member(a, "parameters")
		}
		k.addDescribed(entity, name, summary, told)
	}
	for name, told := range rawjson.Named(actions) {
		k.addDescribed(entity, name, firstText(told, "description", "summary"), rawjson.Member(told, "parameters"))
	}
	if actions == nil {
		for name, told := range rawjson.Named(params) {
			k.addDescribed(entity, name, "", told)
		}
	}
	k.describe(entity, firstText(e, "description", "about", "summary"))
}

func (k *Connector) addDescribed(entity, action, summary string, params json.RawMessage) {
	if !IsName(action) {
		return
	}
	a := Action{Name: action, Summary: safetext.Clip(summary, MaxWords)}
	switch rawjson.FirstByte(params) {
	case '[':
		a.take(listedParams(params, false))
	case '{':
		a.take(schemaParams(params))
	}
	k.Add(entity, a)
}

// listedParams reads parameters given as names or as objects.
func listedParams(list json.RawMessage, required bool) []Param {
	var params []Param
	for v := range rawjson.Elements(list) {
		p := paramFrom(v)
		if rawjson.FirstByte(v) == '"' {
			p.Name = rawjson.Text(v)
		} else {
			p.Name = firstText(v, "name", "param", "parameter")
		}
		p.Required = required || string(rawjson.Member(v, "required")) == "true"
		if p.named(p.Name) {
			params = append(params, p)
		}
	}
	return params
}

// schemaParams reads parameters given as a JSON Schema, or by name.
func schemaParams(v json.RawMessage) []Param {
	required := map[string]bool{}
	for name := range rawjson.Elements(rawjson.Member(v, "required")) {
		required[rawjson.Text(name)] = true
	}
	properties := v
	if inner := rawjson.Member(v, "properties"); rawjson.FirstByte(inner) == '{' {
		properties = inner
	}
	var params []Param
	for name, told := range rawjson.Named(properties) {
		if rawjson.FirstByte(told) != '{' {
			continue
		}
		p := paramFrom(told)
		p.Required = required[name] || string(rawjson.Member(told, "required")) == "true"
		if p.named(name) {
			params = append(params, p)
		}
	}
	return params
}

func paramFrom(v json.RawMessage) Param {
	p := Param{
		Type: firstText(v, "type"), In: firstText(v, "in", "location"),
		Description: firstText(v, "description", "title"),
	}
	enum := rawjson.Member(v, "enum")
	if enum == nil {
		enum = rawjson.Member(rawjson.Member(v, "items"), "enum")
	}
	for value := range rawjson.Elements(enum) {
		if len(p.Enum) < MaxEnum {
			p.Enum = append(p.Enum, safetext.Clip(cmp.Or(rawjson.Text(value), strings.Trim(string(value), `"`)), maxName))
		}
	}
	return p
}

// firstText is the first of some members that is a text.
func firstText(v json.RawMessage, names ...string) string {
	for _, name := range names {
		if s := rawjson.Text(rawjson.Member(v, name)); s != "" {
			return s
		}
	}
	return ""
}
