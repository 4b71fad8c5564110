package schemas

import (
	"strings"

	"airbyte-agent-mcp/schemas/rawjson"
)

// style is the kind of reader that a schema is written for.
type style int

const (
	plain   style = iota // arguments, as MCP and most providers take them
	answer               // what a tool returns
	strict               // arguments, for decoders that are bound to the schema
	openAPI              // arguments, for readers of OpenAPI's subset of JSON Schema
)

// appendSchema writes the schema of n. A free object says nothing about its
// keys: Gemini refuses additionalProperties, and leaving it out means the same.
// The schema of an answer lists its own properties and not those of inner
// objects, because it is paid for with each request and read by few. It requires
// none of them: an answer may also say that the work goes on.
func (n *shape) appendSchema(dst []byte, as style) []byte {
	return n.append(dst, as, true, false)
}

// append writes a node that is the root or not, and may be null or not.
func (n *shape) append(dst []byte, as style, root, nullable bool) []byte {
	if as == strict && n.free {
		n = n.asString()
	}
	dst = append(dst, '{')
	switch {
	case nullable:
		dst = appendStrings(rawjson.AppendKey(dst, "type"), []string{n.kind, "null"})
	case n.kind != "":
		dst = rawjson.AppendString(rawjson.AppendKey(dst, "type"), n.kind)
	}
	if description := n.describe(as); description != "" {
		dst = rawjson.AppendString(rawjson.AppendKey(dst, "description"), description)
	}
	if len(n.enum) > 0 {
		dst = appendStrings(rawjson.AppendKey(dst, "enum"), n.enum)
		if nullable {
			dst = append(dst[:len(dst)-1], `,null]`...)
		}
	}
	if n.minimum != "" && as != strict {
		dst = rawjson.AppendMember(dst, "minimum", []byte(n.minimum))
	}
	if n.maximum != "" && as != strict {
		dst = rawjson.AppendMember(dst, "maximum", []byte(n.maximum))
	}
	if n.isTime {
		dst = rawjson.AppendMember(dst, "format", []byte(`"date-time"`))
	}
	switch {
	case n.kind == "array":
		dst = n.items.append(rawjson.AppendKey(dst, "items"), as, false, false)
	case n.kind == "object" && !n.free && (root || as != answer):
		dst = n.appendObject(dst, as)
	}
	return append(dst, '}')
}

// appendObject writes the keywords of an object that is described by a struct.
func (n *shape) appendObject(dst []byte, as style) []byte {
	dst = n.appendProperties(rawjson.AppendKey(dst, "properties"), as)
	required := n.required()
	if as == strict {
		required = n.keys()
	}
	if len(required) > 0 && as != answer {
		dst = appendStrings(rawjson.AppendKey(dst, "required"), required)
	}
	if as == plain || as == strict {
		dst = rawjson.AppendMember(dst, "additionalProperties", []byte("false"))
	}
	return dst
}

func (n *shape) appendProperties(dst []byte, as style) []byte {
	dst = append(dst, '{')
	for _, f := range n.fields {
		if as == answer && f.description == "" {
			continue // its name says all that there is to say
		}
		dst = f.append(rawjson.AppendKey(dst, f.key), as, false, as == strict && !f.required)
	}
	return append(dst, '}')
}

// asString returns a free object as a decoder that knows only closed objects can
// write it. Coerce reads it back.
func (n *shape) asString() *shape {
	description := "A JSON object, written as a string."
	if n.description != "" {
		description = n.description + " " + description
	}
	return &shape{kind: "string", description: description}
}

// describe returns the description, with the limits in words where the style has
// no keywords for them and the description does not name them.
func (n *shape) describe(as style) string {
	if as != strict || n.minimum == "" && n.maximum == "" {
		return n.description
	}
	words := strings.TrimPrefix(strings.TrimPrefix(n.limits(), " from "), " of ")
	if strings.Contains(n.description, words) {
		return n.description
	}
	return strings.TrimSpace(n.description + " " + strings.ToUpper(words[:1]) + words[1:] + ".")
}

func appendStrings(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for _, s := range list {
		dst = rawjson.AppendElement(dst, rawjson.Quote(s))
	}
	return append(dst, ']')
}
