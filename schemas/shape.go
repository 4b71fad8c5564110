package schemas

import (
	"encoding/json"
	"fmt"
	"reflect"

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

// appendSchema writes the schema of n. A free object says nothing of its keys:
// additionalProperties is refused by Gemini and its absence means the same.
// An open one tells its own properties and not theirs: the schema of an answer
// is paid for on each request and read by few.
func (n *shape) appendSchema(dst []byte, open bool) []byte {
	return n.append(dst, open, true)
}

func (n *shape) append(dst []byte, open, top bool) []byte {
	dst = append(dst, '{')
	start := len(dst)
	member := func(key string) {
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, '"'), key...), `":`...)
	}
	if n.kind != "" {
		member("type")
		dst = append(dst, quote(n.kind)...)
	}
	if n.description != "" {
		member("description")
		dst = append(dst, quote(n.description)...)
	}
	if len(n.enum) > 0 {
		member("enum")
		dst = appendStrings(dst, n.enum)
	}
	if n.minimum != "" {
		member("minimum")
		dst = append(dst, n.minimum...)
	}
	if n.maximum != "" {
		member("maximum")
		dst = append(dst, n.maximum...)
	}
	if n.moment {
		member("format")
		dst = append(dst, `"date-time"`...)
	}
	if n.kind == "array" {
		member("items")
		dst = n.items.append(dst, open, false)
	}
	if n.kind == "object" && !n.free && (top || !open) {
		member("properties")
		dst = n.appendProperties(dst, open)
		if required := n.required(); len(required) > 0 {
			member("required")
			dst = appendStrings(dst, required)
		}
		if !open {
			member("additionalProperties")
			dst = append(dst, "false"...)
		}
	}
	return append(dst, '}')
}

func (n *shape) appendProperties(dst []byte, open bool) []byte {
	dst = append(dst, '{')
	for i, p := range n.fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(dst, quote(p.key)...), ':')
		dst = p.append(dst, open, false)
	}
	return append(dst, '}')
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
		dst = append(dst, quote(s)...)
	}
	return append(dst, ']')
}
