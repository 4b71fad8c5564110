package sandbox

import "strings"

// describe answers the legacy describe action: every entity with its actions and
// their parameters, in the shape of the vendor's own introspection.
func (d *definition) describe() object {
	entities := []any{}
	for i := range d.entities {
		e := &d.entities[i]
		parameters := object{}
		for _, a := range e.actions {
			parameters[a.name] = wireParams(a.params)
		}
		names := d.actionNames(e)
		if e.indexed && !d.directOnly {
			parameters[contextStoreSearch] = wireParams(searchParams(e))
		}
		entities = append(entities, object{"entity_name": e.name, "description": e.about, "available_actions": names, "parameters": parameters})
	}
	return object{
		"connector": d.slug, "entities": entities,
		"rules": "Send select_fields or exclude_fields with every call. Read one page at a time and stop when the metadata says there is no more.",
	}
}

func wireParams(params []param) []any {
	out := []any{}
	for _, p := range params {
		o := object{"name": p.name, "in": p.in, "required": p.required, "type": p.kind, "description": p.describe()}
		if len(p.enum) > 0 {
			o["enum"] = p.enum
		}
		if p.kind == "array" {
			o["items"] = object{"type": "string"}
		}
		out = append(out, o)
	}
	return out
}

func (p param) describe() string {
	if p.about != "" {
		return p.about
	}
	spaced := strings.Builder{}
	for i, r := range p.name {
		switch {
		case r == '_' || r == '-':
			spaced.WriteByte(' ')
		case r >= 'A' && r <= 'Z' && i > 0:
			spaced.WriteByte(' ')
			spaced.WriteRune(r + 'a' - 'A')
		default:
			spaced.WriteRune(r)
		}
	}
	name := spaced.String()
	if strings.HasSuffix(name, " id") || name == "id" {
		return "ID of the record: " + name + "."
	}
	return strings.ToUpper(name[:1]) + name[1:] + "."
}

// searchParams are those of the Context Store's search, the same for every entity.
func searchParams(e *entity) []param {
	params := []param{
		obj("query", nil).says(`{"filter": {"eq": {"field": value}}, "sort": [{"field": "desc"}]}. Operators: ` + strings.Join(operators(), ", ") + "."),
		integer("limit", nil).says("Most records to return, 10 unless given, at most 1000."),
		str("cursor", nil).says("From result.meta.cursor of the last answer."),
		list("fields", nil).says("Field paths to return."),
	}
	if e.semantic != "" {
		params = append(params, obj("semantic", nil).says(`{"prompt": "…"} searches `+e.semantic+" by meaning; excludes query."))
	}
	return params
}
