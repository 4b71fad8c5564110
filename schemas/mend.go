package schemas

import (
	"airbyte-agent-mcp/schemas/rawjson"
	"bytes"
	"encoding/json"
	"iter"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxNesting bounds how deep arguments may nest, the contents of free objects
// included: whoever reads them next may recurse.
const maxNesting = 64

// Mend brings what a language model sent as arguments into the shape of the
// schema. What it returns decodes into the schema's Go type, fits the schema,
// and mends to itself.
//
// It forgives what models and clients are known to do: numbers, booleans, lists
// and objects inside strings (the whole arguments, too), a number where a
// string belongs, one value for a list, an enum value or a key in other
// letters ("List ", "connectorId"), null or "" for what may be absent, null or
// nothing for no arguments. It does not guess further. The contents of an
// Object are not looked into; they keep their bytes.
//
// When something remains that does not fit, the error is a *Faults that tells
// all of it. A required string must not be blank. Size is the caller's to bound.
func (s *Schema) Mend(args json.RawMessage) (json.RawMessage, error) {
	var m mender
	out := m.arguments(s.root, args)
	if len(m.faults) == 0 && rawjson.Depth(out) > maxNesting {
		m.fault(place{}, "nested more than %d levels deep", maxNesting)
	}
	if err := m.err(); err != nil {
		return nil, err
	}
	return out, nil
}

// mender collects the faults met on the way.
type mender struct {
	faults []Fault
	more   int // faults beyond maxFaults
}

// place is where in the arguments a value stands.
type place struct {
	path   string
	secret bool // the value must not appear in an error
}

func (at place) key(key string) place {
	path := key
	if at.path != "" {
		path = at.path + "." + key
	}
	return place{path: path, secret: at.secret || namesSecret(key)}
}

// entry is the place of a key that came from outside, and so is clipped and
// quoted.
func (at place) entry(key string) place {
	return place{path: at.path + "[" + strconv.Quote(clip(key)) + "]", secret: at.secret || namesSecret(key)}
}

func (at place) index(i int) place {
	return place{path: at.path + "[" + strconv.Itoa(i) + "]", secret: at.secret}
}

// maxWraps is how many strings around JSON are taken off: clients are known to
// encode once too often, and twice.
const maxWraps = 2

// unwrap takes off strings around a JSON value that begins with open. Anything
// else is returned as it is.
func unwrap(raw json.RawMessage, open byte) json.RawMessage {
	inner := raw
	for range maxWraps {
		if inner[0] != '"' {
			break
		}
		inner = bytes.TrimSpace([]byte(rawjson.Text(inner)))
		if !json.Valid(inner) {
			return raw
		}
	}
	if inner[0] == open {
		return inner
	}
	return raw
}

func (m *mender) arguments(root *shape, args json.RawMessage) json.RawMessage {
	args = bytes.TrimSpace(args)
	if len(args) == 0 {
		return m.object(root, place{}, json.RawMessage("{}"))
	}
	if !utf8.Valid(args) {
		m.fault(place{}, "the arguments are not UTF-8")
		return nil
	}
	if err := json.Unmarshal(args, new(json.RawMessage)); err != nil {
		m.fault(place{}, "the arguments are not JSON: %v", err)
		return nil
	}
	args = unwrap(args, '{')
	if isNull(args) || isBlank(args) {
		args = json.RawMessage("{}")
	}
	if args[0] != '{' {
		m.fault(place{}, "want one JSON object with all arguments, got %s", kindOf(args))
		return nil
	}
	return m.object(root, place{}, args)
}

// value mends raw to fit n. What it returns after a fault is of no use.
func (m *mender) value(n *shape, at place, raw json.RawMessage) json.RawMessage {
	switch n.kind {
	case "object":
		raw = unwrap(raw, '{')
		switch {
		case raw[0] != '{':
			m.unfit(n, at, raw)
		case !n.free:
			return m.object(n, at, raw)
		case n.items != nil:
			return m.dictionary(n, at, raw)
		}
	case "array":
		return m.list(n, at, unwrap(raw, '['))
	case "string":
		return m.text(n, at, raw)
	case "integer", "number":
		return m.number(n, at, raw)
	case "boolean":
		return m.boolean(n, at, raw)
	}
	return raw
}

// object puts each member where it belongs and writes them in the order of the
// schema.
func (m *mender) object(n *shape, at place, raw json.RawMessage) json.RawMessage {
	got := make([]json.RawMessage, len(n.fields))
	var unknown []string
	for key, value := range rawjson.Members(raw) {
		switch i := n.find(key); {
		case i < 0:
			unknown = append(unknown, key)
		case got[i] != nil:
			m.fault(at.key(n.fields[i].key), "given more than once: send it once")
		default:
			got[i] = value
		}
	}
	out := []byte{'{'}
	for i, p := range n.fields {
		value := m.field(p, at.key(p.key), got[i])
		if value == nil {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(out, rawjson.Quote(p.key)...), ':')
		out = append(out, value...)
	}
	m.unknown(n, at, unknown, got)
	return append(out, '}')
}

// field gives nil for what is absent.
func (m *mender) field(p property, at place, raw json.RawMessage) json.RawMessage {
	missing := ""
	switch {
	case raw == nil:
		missing = "missing"
	case isNull(raw):
		missing = "null"
	case isBlank(raw) && (p.required || !p.plain()):
		missing = "empty"
	default:
		return m.value(p.shape, at, raw)
	}
	if p.required {
		m.fault(at, "%s", strings.TrimSpace("required, but "+missing+". "+firstSentence(p.description)))
	}
	return nil
}

// plain says whether any string fits n, so that an empty one means something.
func (n *shape) plain() bool {
	return n.kind == "" || n.kind == "string" && len(n.enum) == 0 && !n.moment
}

// dictionary mends a free object whose values all have one type. Keys pass
// through.
func (m *mender) dictionary(n *shape, at place, raw json.RawMessage) json.RawMessage {
	seen := map[string]bool{}
	out := []byte{'{'}
	for key, value := range rawjson.Members(raw) {
		inner := at.entry(key)
		if seen[key] {
			m.fault(inner, "given more than once: send it once")
			continue
		}
		if len(seen) > 0 {
			out = append(out, ',')
		}
		seen[key] = true
		out = append(append(out, rawjson.Quote(key)...), ':')
		out = append(out, m.value(n.items, inner, value)...)
	}
	return append(out, '}')
}

// list mends the elements of an array, and takes anything else for its only
// element.
func (m *mender) list(n *shape, at place, raw json.RawMessage) json.RawMessage {
	var each iter.Seq[json.RawMessage] = func(yield func(json.RawMessage) bool) { yield(raw) }
	if raw[0] == '[' {
		each = rawjson.Elements(raw)
	}
	out, i := []byte{'['}, 0
	for value := range each {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, m.value(n.items, at.index(i), value)...)
		i++
	}
	return append(out, ']')
}

func (m *mender) boolean(n *shape, at place, raw json.RawMessage) json.RawMessage {
	literal := strings.ToLower(string(raw))
	if raw[0] == '"' {
		literal = strings.ToLower(strings.TrimSpace(rawjson.Text(raw)))
	}
	if literal != "true" && literal != "false" {
		m.unfit(n, at, raw)
	}
	return json.RawMessage(literal)
}

// text keeps a string's bytes unless it is one of few words or a time.
func (m *mender) text(n *shape, at place, raw json.RawMessage) json.RawMessage {
	switch raw[0] {
	case '"':
	case '{', '[', 'n':
		m.unfit(n, at, raw)
		return raw
	default: // a number, true or false: what it looks like is what was meant
		raw = rawjson.Quote(string(raw))
	}
	if n.plain() {
		return raw
	}
	word := strings.TrimSpace(rawjson.Text(raw))
	if n.moment {
		return m.moment(n, at, rawjson.Quote(word), raw)
	}
	chosen, ok := choose(n.enum, word)
	if !ok {
		m.unfit(n, at, raw)
	}
	return rawjson.Quote(chosen)
}

// choose finds word among the values of an enum: exactly, or else in other
// letters when that means one of them only.
func choose(enum []string, word string) (string, bool) {
	found, n := "", 0
	for _, v := range enum {
		if v == word {
			return v, true
		}
		if strings.EqualFold(v, word) {
			found = v
			n++
		}
	}
	return found, n == 1
}
