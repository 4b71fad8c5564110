package schemas

import (
	"airbyte-agent-mcp/schemas/rawjson"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/invopop/jsonschema"
)

// shape is one node of a schema. It can hold the dialect and nothing else, so
// whatever it writes is inside the dialect, whatever the generator thought of.
type shape struct {
	kind        string // as in the schema's "type"; "" takes anything
	description string

	enum    []string // of a string
	moment  bool     // the string is a time.Time
	minimum json.Number
	maximum json.Number
	size    int  // bits of the Go number it decodes into
	natural bool // the Go number has no sign

	items  *shape     // of a list; of a free object whose values all have one type
	fields []property // of an object we wrote
	free   bool       // an object whose keys are not ours
}

// property is one key of an object we wrote.
type property struct {
	*shape
	key      string
	required bool
}

// readShape takes from the generator's schema what the dialect has, and from
// the Go type what a schema does not say but decoding needs.
func readShape(s *jsonschema.Schema, t reflect.Type) (*shape, error) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	kind := jsonType(t)
	if s == nil || s.Type != kind {
		return nil, fmt.Errorf("%s: the generator gives no schema of type %q", t, kind)
	}
	out := &shape{
		kind: kind, description: s.Description,
		moment:  t == timeType,
		minimum: s.Minimum, maximum: s.Maximum,
	}
	for _, v := range s.Enum {
		out.enum = append(out.enum, fmt.Sprint(v))
	}
	switch {
	case t == objectType:
		out.free = true
	case t == valueType, out.moment:
	case kind == "integer" || kind == "number":
		out.size = t.Bits()
		out.natural = t.Kind() >= reflect.Uint && t.Kind() <= reflect.Uint64
	case kind == "array":
		return out, out.readItems(s.Items, t.Elem())
	case t.Kind() == reflect.Map:
		out.free = true
		return out, out.readItems(s.AdditionalProperties, t.Elem())
	case kind == "object":
		return out, out.readFields(s, t)
	}
	return out, nil
}

func (n *shape) readItems(s *jsonschema.Schema, t reflect.Type) (err error) {
	n.items, err = readShape(s, t)
	return err
}

func (n *shape) readFields(s *jsonschema.Schema, t reflect.Type) error {
	fields, _ := goFields(t, t.String())
	for _, f := range fields {
		inner, err := readShape(s.Properties.Value(f.key), f.Type)
		if err != nil {
			return err
		}
		if f.Type.Kind() == reflect.Pointer && !f.optional {
			inner.kind = "" // an answer's null
		}
		n.fields = append(n.fields, property{shape: inner, key: f.key, required: !f.optional})
	}
	return nil
}

// style is whom a schema is written for.
type style int

const (
	plain   style = iota // arguments, as MCP and most providers take them
	answer               // what a tool gives back
	strict               // arguments, for decoders that are bound to the schema
	openAPI              // arguments, for readers of OpenAPI's subset of JSON Schema
)

// appendSchema writes the schema of n. A free object says nothing of its keys:
// additionalProperties is refused by Gemini and its absence means the same.
// That of an answer tells its own properties and not theirs, since it is paid
// for on each request and read by few, and requires none of them: an answer may
// also say that the work goes on.
func (n *shape) appendSchema(dst []byte, as style) []byte {
	return n.append(dst, as, true, false)
}

// append writes a node that is the root or not, and may be null or not.
func (n *shape) append(dst []byte, as style, root, nullable bool) []byte {
	if as == strict && n.free {
		n = n.asText()
	}
	dst = append(dst, '{')
	start := len(dst)
	member := func(key string) {
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, '"'), key...), `":`...)
	}
	switch {
	case nullable:
		member("type")
		dst = appendStrings(dst, []string{n.kind, "null"})
	case n.kind != "":
		member("type")
		dst = append(dst, rawjson.Quote(n.kind)...)
	}
	if description := n.describe(as); description != "" {
		member("description")
		dst = append(dst, rawjson.Quote(description)...)
	}
	if len(n.enum) > 0 {
		member("enum")
		dst = appendStrings(dst, n.enum)
		if nullable {
			dst = append(dst[:len(dst)-1], `,null]`...)
		}
	}
	if n.minimum != "" && as != strict {
		member("minimum")
		dst = append(dst, n.minimum...)
	}
	if n.maximum != "" && as != strict {
		member("maximum")
		dst = append(dst, n.maximum...)
	}
	if n.moment {
		member("format")
		dst = append(dst, `"date-time"`...)
	}
	if n.kind == "array" {
		member("items")
		dst = n.items.append(dst, as, false, false)
	}
	if n.kind == "object" && !n.free && (root || as != answer) {
		member("properties")
		dst = n.appendProperties(dst, as)
		required := n.required()
		if as == strict {
			required = n.keys()
		}
		if len(required) > 0 && as != answer {
			member("required")
			dst = appendStrings(dst, required)
		}
		if as == plain || as == strict {
			member("additionalProperties")
			dst = append(dst, "false"...)
		}
	}
	return append(dst, '}')
}

func (n *shape) appendProperties(dst []byte, as style) []byte {
	dst = append(dst, '{')
	first := true
	for _, p := range n.fields {
		if as == answer && p.description == "" {
			continue // its name says all that there is to say
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(append(dst, rawjson.Quote(p.key)...), ':')
		dst = p.append(dst, as, false, as == strict && !p.required)
	}
	return append(dst, '}')
}

// asText is a free object as a decoder that knows closed objects only can write
// it. Mend reads it back.
func (n *shape) asText() *shape {
	description := "A JSON object, written as a string."
	if n.description != "" {
		description = n.description + " " + description
	}
	return &shape{kind: "string", description: description}
}

// describe is the description, with the limits in words where the style has no
// keywords for them and the description does not tell them.
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

func (n *shape) required() []string {
	var keys []string
	for _, p := range n.fields {
		if p.required {
			keys = append(keys, p.key)
		}
	}
	return keys
}

func (n *shape) keys() []string {
	keys := make([]string, len(n.fields))
	for i, p := range n.fields {
		keys[i] = p.key
	}
	return keys
}

func appendStrings(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, s := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, rawjson.Quote(s)...)
	}
	return append(dst, ']')
}
