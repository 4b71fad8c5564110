package schemas

import (
	"bytes"
	"encoding/json"
	"iter"
	"strconv"
	"strings"
	"unicode/utf8"

	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/schemas/safetext"
)

// maxNesting bounds how deep arguments may nest, the contents of free objects
// included: whoever reads them next may recurse.
const maxNesting = 64

// maxWraps is how many strings around JSON are taken off: clients are known to
// encode once too often, and twice.
const maxWraps = 2

// coercer brings the arguments of one call into the shape of a schema. What its
// methods return beside a problem is of no use.
type coercer struct{ problems }

// arguments does so with all of them.
func (c *coercer) arguments(root *shape, args json.RawMessage) json.RawMessage {
	args = bytes.TrimSpace(args)
	if len(args) == 0 {
		return c.object(root, place{}, json.RawMessage("{}"))
	}
	if traits, err := rawjson.Check(args); err != nil && !utf8.Valid(args) || traits.Has(rawjson.HasInvalidUTF8) {
		c.add(place{}, "the arguments are not UTF-8")
		return nil
	} else if err != nil {
		if err := wellFormed(args); err != nil {
			c.add(place{}, "the arguments are not JSON: %v", err)
			return nil
		}
	}
	args = unwrap(args, rawjson.Object)
	if rawjson.KindOf(args) == rawjson.Null || isBlank(args) {
		args = json.RawMessage("{}")
	}
	if rawjson.KindOf(args) != rawjson.Object {
		c.add(place{}, "want one JSON object with all arguments, got %s", kindName(args))
		return nil
	}
	out := c.object(root, place{}, args)
	if len(c.list) == 0 && rawjson.Depth(out) > maxNesting {
		c.add(place{}, "nested more than %d levels deep", maxNesting)
	}
	return out
}

// wellFormed returns nil for JSON of any depth that encoding/json takes, and
// otherwise its error, whose words say what is wrong.
func wellFormed(raw json.RawMessage) error {
	if rawjson.Valid(raw) {
		return nil
	}
	return json.Unmarshal(raw, new(json.RawMessage))
}

// unwrap takes off the strings around a JSON value of the kind. Anything else is
// returned as it is.
func unwrap(raw json.RawMessage, kind rawjson.Kind) json.RawMessage {
	inner := raw
	for range maxWraps {
		if rawjson.KindOf(inner) != rawjson.String {
			break
		}
		inner = bytes.TrimSpace([]byte(rawjson.Text(inner)))
		if wellFormed(inner) != nil {
			return raw
		}
	}
	if rawjson.KindOf(inner) == kind {
		return inner
	}
	return raw
}

// value makes raw fit n.
func (c *coercer) value(n *shape, at place, raw json.RawMessage) json.RawMessage {
	switch n.kind {
	case "object":
		raw = unwrap(raw, rawjson.Object)
		switch {
		case rawjson.KindOf(raw) != rawjson.Object:
			c.mismatch(at, n.wanted(), raw)
		case !n.free:
			return c.object(n, at, raw)
		case n.items != nil:
			return c.dictionary(n, at, raw)
		}
	case "array":
		return c.array(n, at, unwrap(raw, rawjson.Array))
	case "string":
		return coerceString(n, at, raw, &c.problems)
	case "integer", "number":
		return coerceNumber(n, at, raw, &c.problems)
	case "boolean":
		return coerceBoolean(n, at, raw, &c.problems)
	}
	return raw
}

// object puts each member where it belongs and writes them in the order of the
// schema.
func (c *coercer) object(n *shape, at place, raw json.RawMessage) json.RawMessage {
	got := make([]json.RawMessage, len(n.fields))
	var unknown []string
	for key, value := range rawjson.Members(raw) {
		name := key.String()
		switch i := n.find(name); {
		case i < 0:
			unknown = append(unknown, name)
		case got[i] != nil:
			c.add(at.key(n.fields[i].key), "given more than once: send it once")
		default:
			got[i] = value
		}
	}
	out := []byte{'{'}
	for i, f := range n.fields {
		if value := c.field(f, at.key(f.key), got[i]); value != nil {
			out = rawjson.AppendMember(out, f.key, value)
		}
	}
	c.unknown(n, at, unknown, got)
	return append(out, '}')
}

// field returns nil for what is absent.
func (c *coercer) field(f property, at place, raw json.RawMessage) json.RawMessage {
	missing := ""
	switch {
	case raw == nil:
		missing = "missing"
	case rawjson.KindOf(raw) == rawjson.Null:
		missing = "null"
	case isBlank(raw) && (f.required || !f.takesAnyString()):
		missing = "empty"
	default:
		return c.value(f.shape, at, raw)
	}
	if f.required {
		c.add(at, "%s", strings.TrimSpace("required, but "+missing+". "+firstSentence(f.description)))
	}
	return nil
}

// unknown adds the problem of keys that no field has: each with the nearest
// field that was not given, and once the whole list.
func (c *coercer) unknown(n *shape, at place, keys []string, got []json.RawMessage) {
	for i, key := range keys {
		if c.full() { // no hints for what will not be reported
			c.more += len(keys) - i
			return
		}
		var absent, hints []string
		for j, f := range n.fields {
			if got[j] == nil {
				absent = append(absent, f.key)
			}
		}
		if near := safetext.Nearest(key, absent); near != "" {
			hints = append(hints, "did you mean "+strconv.Quote(near)+"?")
		}
		switch {
		case len(n.fields) == 0:
			hints = append(hints, "none is taken here")
		case i == 0:
			hints = append(hints, "valid: "+strings.Join(n.keys(), ", "))
		}
		message := "unknown argument " + strconv.Quote(clip(key))
		if len(hints) > 0 {
			message += ": " + strings.Join(hints, " ")
		}
		c.add(at, "%s", message)
	}
}

// dictionary coerces a free object whose values all have one type. Keys pass
// through.
func (c *coercer) dictionary(n *shape, at place, raw json.RawMessage) json.RawMessage {
	seen := map[string]bool{}
	out := []byte{'{'}
	for key, value := range rawjson.Members(raw) {
		name := key.String()
		inner := at.entry(name)
		if seen[name] {
			c.add(inner, "given more than once: send it once")
			continue
		}
		seen[name] = true
		out = rawjson.AppendMember(out, name, c.value(n.items, inner, value))
	}
	return append(out, '}')
}

// array coerces the elements of an array, and takes anything else for its only
// element.
func (c *coercer) array(n *shape, at place, raw json.RawMessage) json.RawMessage {
	var each iter.Seq[json.RawMessage] = func(yield func(json.RawMessage) bool) { yield(raw) }
	if rawjson.KindOf(raw) == rawjson.Array {
		each = rawjson.Elements(raw)
	}
	out, i := []byte{'['}, 0
	for value := range each {
		out = rawjson.AppendElement(out, c.value(n.items, at.index(i), value))
		i++
	}
	return append(out, ']')
}
