package tools

import (
	"cmp"
	"encoding/json"
	"strings"
)

// This file reads lists of entities, actions and parameters that the service
// gives as JSON: the legacy describe action, whose shape is not published, and
// the list that inspect may come to have.

// listedAction reads one of inspect's actions.
func listedAction(v json.RawMessage) (entity string, a knownAction) {
	entity = firstText(v, "entity", "entity_name")
	a = knownAction{Name: firstText(v, "action", "name"), Summary: clip(firstText(v, "description", "summary"), maxWords)}
	required, optional := member(v, "required_params"), member(v, "optional_params")
	if kindOf(required) == '[' || kindOf(optional) == '[' {
		a.take(append(listedParams(required, true), listedParams(optional, false)...))
	}
	if !isName(entity) || !isName(a.Name) {
		return "", knownAction{}
	}
	return entity, a
}

// readDescribed takes in what the describe action gave back: a list of
// entities, perhaps with words around it.
func (k *knowledge) readDescribed(v json.RawMessage) {
	for _, name := range []string{"schema", "data", "result"} {
		if inner := member(v, name); kindOf(inner) == '{' || kindOf(inner) == '[' {
			v = inner
			break
		}
	}
	if k.Guidance == "" {
		k.Guidance = clip(firstText(v, "rules", "guidance", "instructions"), maxGuidance)
	}
	if kindOf(v) == '"' && k.Guidance == "" {
		k.Guidance = clip(text(v), maxGuidance)
	}
	list := v
	if kindOf(v) == '{' {
		list = member(v, "entities")
	}
	for e := range elements(list) {
		k.readDescribedEntity(firstText(e, "entity_name", "entity", "name"), e)
	}
	for name, e := range members(list) {
		k.readDescribedEntity(name, e)
	}
}

func (k *knowledge) readDescribedEntity(entity string, e json.RawMessage) {
	if !isName(entity) {
		return
	}
	params := member(e, "parameters")
	actions := member(e, "available_actions")
	if actions == nil {
		actions = member(e, "actions")
	}
	for a := range elements(actions) {
		name := text(a)
		told := member(params, name)
		summary := ""
		if kindOf(a) == '{' {
			name, summary = firstText(a, "action", "name"), firstText(a, "description", "summary")
			told = member(a, "parameters")
		}
		k.addDescribed(entity, name, summary, told)
	}
	for name, told := range members(actions) {
		k.addDescribed(entity, name, firstText(told, "description", "summary"), member(told, "parameters"))
	}
	if actions == nil {
		for name, told := range members(params) {
			k.addDescribed(entity, name, "", told)
		}
	}
	k.describe(entity, firstText(e, "description", "about", "summary"))
}

func (k *knowledge) addDescribed(entity, action, summary string, params json.RawMessage) {
	if !isName(action) {
		return
	}
	a := knownAction{Name: action, Summary: clip(summary, maxWords)}
	switch kindOf(params) {
	case '[':
		a.take(listedParams(params, false))
	case '{':
		a.take(schemaParams(params))
	}
	k.add(entity, a)
}

// listedParams reads parameters given as names or as objects.
func listedParams(list json.RawMessage, required bool) []knownParam {
	var params []knownParam
	for v := range elements(list) {
		p := paramFrom(v)
		if kindOf(v) == '"' {
			p.Name = text(v)
		} else {
			p.Name = firstText(v, "name", "param", "parameter")
		}
		p.Required = required || string(member(v, "required")) == "true"
		if p.named(p.Name) {
			params = append(params, p)
		}
	}
	return params
}

// schemaParams reads parameters given as a JSON Schema, or by name.
func schemaParams(v json.RawMessage) []knownParam {
	required := map[string]bool{}
	for name := range elements(member(v, "required")) {
		required[text(name)] = true
	}
	properties := v
	if inner := member(v, "properties"); kindOf(inner) == '{' {
		properties = inner
	}
	var params []knownParam
	for name, told := range members(properties) {
		if kindOf(told) != '{' {
			continue
		}
		p := paramFrom(told)
		p.Required = required[name] || string(member(told, "required")) == "true"
		if p.named(name) {
			params = append(params, p)
		}
	}
	return params
}

func paramFrom(v json.RawMessage) knownParam {
	p := knownParam{
		Type: firstText(v, "type"), In: firstText(v, "in", "location"),
		Description: firstText(v, "description", "title"),
	}
	enum := member(v, "enum")
	if enum == nil {
		enum = member(member(v, "items"), "enum")
	}
	for value := range elements(enum) {
		if len(p.Enum) < maxEnum {
			p.Enum = append(p.Enum, clip(cmp.Or(text(value), strings.Trim(string(value), `"`)), maxName))
		}
	}
	return p
}

// firstText is the first of some members that is a text.
func firstText(v json.RawMessage, names ...string) string {
	for _, name := range names {
		if s := text(member(v, name)); s != "" {
			return s
		}
	}
	return ""
}
