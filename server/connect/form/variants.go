package form

import (
	"airbyte-agent-mcp/server/connect/pagetext"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
)

// shape finds out how x is filled in.
func (r *specReader) shape(x *Field, m members, depth int) {
	variants := Member[[]json.RawMessage](m, "oneOf")
	if variants == nil {
		variants = Member[[]json.RawMessage](m, "anyOf")
	}
	enum := m.enum()
	switch {
	case m.has("const"):
		x.Kind, x.initial = KindConstant, m.value("const")
	case len(enum) == 1 && m.kindOf() == "string" && !x.secret:
		x.Kind, x.initial = KindConstant, enum[0].value
	case len(enum) > 0:
		x.Kind, x.choices = kindChoice, enum
	case len(variants) > 0:
		r.variants(x, variants, depth)
	default:
		r.shapeByType(x, m, depth)
	}
}

func (r *specReader) shapeByType(x *Field, m members, depth int) {
	switch m.kindOf() {
	case "integer":
		x.Kind = kindInteger
	case "number":
		x.Kind = kindNumber
	case "boolean":
		x.Kind = kindBoolean
	case "array":
		items := DecodeMembers(m["items"])
		x.Kind, x.items = kindList, kind(items.kindOf())
		switch of := items.kindOf(); {
		case len(items.enum()) > 0:
			x.Kind, x.choices = kindChoices, items.enum()
		case of == "string":
			x.items = kindText
		case of == "object" || of == "array" || of == "boolean":
			x.Kind = kindJSON
		}
	case "object":
		if x.Kind = kindJSON; m.has("properties") && depth < maxDepth && !x.secret {
			x.Kind, x.fields = kindGroup, r.properties(x.path, x.name, m, depth+1)
		}
	case "string":
		x.Kind = kindText
		switch Member[string](m, "format") {
		case "date":
			x.date = true
		case "date-time":
			x.moment = true
		}
	default:
		x.Kind = kindJSON
	}
}

// variants reads oneOf: objects are options, other types are left to JSON or,
// if one is a text, to a text.
func (r *specReader) variants(x *Field, list []json.RawMessage, depth int) {
	if len(list) > maxOptions || depth >= maxDepth {
		x.Kind = kindJSON
		return
	}
	x.Kind = kindOneOf
	for i, raw := range list {
		m := DecodeMembers(raw)
		if m.kindOf() != "object" {
			x.Kind, x.options = kindJSON, nil
			if m.kindOf() == "string" {
				x.Kind = kindText
			}
			return
		}
		o := &option{key: fmt.Sprint(i), title: cmp.Or(pagetext.OneLine(Member[string](m, "title"), 120), fmt.Sprintf("Option %d", i+1)), help: pagetext.Runs(Member[string](m, "description"), 600)}
		name, value := m.discriminator()
		if name != "" {
			o.key = escaped(value)
		}
		if slices.ContainsFunc(x.options, func(other *option) bool { return other.key == o.key }) {
			o.key = fmt.Sprintf("%s~%d", o.key, i)
		}
		o.oauth = r.oauthName != "" && name == r.oauthName && value == r.oauthValue
		if help := r.optionsHelp[value]; help != "" && len(o.help) == 0 {
			o.help = pagetext.Runs(help, 600)
		}
		o.fields = r.properties(x.path, x.name+"."+o.key, m, depth+1)
		x.options = append(x.options, o)
	}
}
