package schemas

import (
	"airbyte-agent-mcp/schemas/safetext"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/invopop/jsonschema"
)

// shape is one node of a schema. It can hold the dialect and nothing else, so
// whatever is written from it is inside the dialect, whatever the generator does.
type shape struct {
	kind        string // as in the schema's "type"; "" takes anything
	description string

	enum     []string // of a string
	isTime   bool     // the string is a time.Time
	minimum  json.Number
	maximum  json.Number
	bits     int  // of the Go number it decodes into
	unsigned bool // the Go number has no sign

	items  *shape     // of an array; of a free object whose values all have one type
	fields []property // of an object that is described by a struct
	free   bool       // an object whose keys are not known beforehand
}

// property is one key of an object that is described by a struct.
type property struct {
	*shape
	key      string
	required bool
}

// readShape takes from the generator's schema what the dialect has, and from the
// Go type what decoding needs and no schema says.
func readShape(s *jsonschema.Schema, t reflect.Type) (*shape, error) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	kind := jsonType(t)
	if s == nil || s.Type != kind {
		return nil, fmt.Errorf("%s: the generator returned no schema of type %q", t, kind)
	}
	out := &shape{
		kind: kind, description: s.Description,
		isTime:  t == timeType,
		minimum: s.Minimum, maximum: s.Maximum,
	}
	for _, v := range s.Enum {
		out.enum = append(out.enum, fmt.Sprint(v))
	}
	switch {
	case t == objectType:
		out.free = true
	case t == valueType, out.isTime:
	case kind == "integer" || kind == "number":
		out.bits = t.Bits()
		out.unsigned = t.Kind() >= reflect.Uint && t.Kind() <= reflect.Uint64
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

// required returns the keys that must be given.
func (n *shape) required() []string {
	var keys []string
	for _, p := range n.fields {
		if p.required {
			keys = append(keys, p.key)
		}
	}
	return keys
}

// keys returns all keys, in the order of the fields.
func (n *shape) keys() []string {
	keys := make([]string, len(n.fields))
	for i, p := range n.fields {
		keys[i] = p.key
	}
	return keys
}

// find returns the index of the field that a key names, exactly or in another
// spelling that fits one field only, and -1 when there is none.
func (n *shape) find(key string) int {
	if i := slices.IndexFunc(n.fields, func(f property) bool { return f.key == key }); i >= 0 {
		return i
	}
	if len(key) > 2*maxKey {
		return -1
	}
	found, folded := -1, safetext.Fold(key)
	for i, f := range n.fields {
		if safetext.Fold(f.key) == folded {
			if found >= 0 {
				return -1
			}
			found = i
		}
	}
	return found
}

// takesAnyString reports whether any string fits n, so that an empty one has a
// meaning.
func (n *shape) takesAnyString() bool {
	return n.kind == "" || n.kind == "string" && len(n.enum) == 0 && !n.isTime
}

// wanted says in words what fits n.
func (n *shape) wanted() string {
	switch {
	case len(n.enum) > 0:
		words := make([]string, len(n.enum))
		for i, v := range n.enum {
			words[i] = strconv.Quote(v)
		}
		return "one of " + strings.Join(words, ", ")
	case n.isTime:
		return "a date and time such as 2026-01-31T12:00:00Z"
	case n.kind == "integer":
		return "a whole number" + n.limits()
	case n.kind == "number":
		return "a number" + n.limits()
	case n.kind == "boolean":
		return "true or false"
	case n.kind == "object":
		return "a JSON object"
	}
	return "a string"
}

// limits says in words which numbers fit n, to stand behind "a number".
func (n *shape) limits() string {
	switch {
	case n.minimum != "" && n.maximum != "":
		return fmt.Sprintf(" from %s to %s", n.minimum, n.maximum)
	case n.minimum != "":
		return fmt.Sprintf(" of at least %s", n.minimum)
	case n.maximum != "":
		return fmt.Sprintf(" of at most %s", n.maximum)
	case n.unsigned:
		return " of at least 0"
	}
	return ""
}
