package sandbox

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// dataset holds the records of one connector type, by table.
type dataset map[string][]*record

// record is one object of the third party. It never changes once made: keys are what
// it is found by without being part of it, content its bytes.
type record struct {
	fields  object
	keys    map[string]string
	content *file

	once  sync.Once // guards ready
	ready []byte
}

func newRecord(fields object, keys map[string]string) *record {
	return &record{fields: fields, keys: keys}
}

// raw is the record's JSON, made once and only for records that are read: most tests
// of a whole world read a handful.
func (r *record) raw() []byte {
	r.once.Do(func() { r.ready = encode(r.fields) })
	return r.ready
}

func (d dataset) add(table string, keys map[string]string, fields object) *record {
	r := newRecord(fields, keys)
	d[table] = append(d[table], r)
	return r
}

// with returns the record with other fields.
func (r *record) with(fields object) *record {
	changed := newRecord(fields, r.keys)
	changed.content = r.content
	return changed
}

func (r *record) lookup(field string) any {
	if key, hidden := strings.CutPrefix(field, "@"); hidden {
		if v, found := r.keys[key]; found {
			return v
		}
		return nil
	}
	v, _ := dig(r.fields, field)
	return v
}

// dig follows a path. A key that holds the dots itself wins over the nested path.
func dig(o object, path string) (any, bool) {
	if v, found := o[path]; found {
		return v, true
	}
	head, rest, nested := strings.Cut(path, ".")
	if !nested {
		return nil, false
	}
	inner, isObject := o[head].(object)
	if !isObject {
		return nil, false
	}
	return dig(inner, rest)
}

// put sets a path, copying the objects on its way: they may be shared.
func put(o object, path string, value any) {
	head, rest, nested := strings.Cut(path, ".")
	if !nested {
		o[path] = value
		return
	}
	inner, _ := o[head].(object)
	inner = maps.Clone(inner)
	if inner == nil {
		inner = object{}
	}
	put(inner, rest, value)
	o[head] = inner
}

// plain is a value as text, the same for 7, "7" and json.Number("7").
func plain(v any) string {
	switch x := v.(type) {
	case nil:
		return ""
	case string:
		return x
	case json.Number:
		return x.String()
	case int:
		return strconv.Itoa(x)
	case int64:
		return strconv.FormatInt(x, 10)
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(x)
	}
	return fmt.Sprint(v)
}

func same(a, b any) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	if plain(a) == plain(b) {
		return true
	}
	x, isX := number(a)
	y, isY := number(b)
	return isX && isY && x == y && !isLong(a) && !isLong(b)
}

// isLong tells integers that a float would round: they are compared as written.
func isLong(v any) bool { return len(plain(v)) > 15 }

// compare orders numbers as numbers and all else as text; nothing comes first.
func compare(a, b any) int {
	x, isX := asNumber(a)
	y, isY := asNumber(b)
	if isX && isY {
		return cmp.Compare(x, y)
	}
	return strings.Compare(plain(a), plain(b))
}

func asNumber(v any) (float64, bool) {
	if s, isText := v.(string); isText {
		f, err := strconv.ParseFloat(s, 64)
		return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
	}
	return number(v)
}

// selection is what of each record the caller asked for.
type selection struct {
	only, without []string
	truncate      bool
}

func (s selection) all() bool { return len(s.only) == 0 && len(s.without) == 0 && !s.truncate }

// apply follows the rules of the service: an allowlist wins over a blocklist, an
// empty allowlist counts as none, missing paths are dropped without a word.
func (s selection) apply(o object) object {
	switch {
	case len(s.only) > 0:
		kept := object{}
		for _, path := range s.only {
			if v, found := dig(o, path); found {
				if _, literal := o[path]; literal {
					kept[path] = v
				} else {
					put(kept, path, v)
				}
			}
		}
		o = kept
	case len(s.without) > 0:
		o = maps.Clone(o)
		for _, path := range s.without {
			remove(o, path)
		}
	}
	if s.truncate {
		o, _ = shorten(o).(object)
	}
	return o
}

func remove(o object, path string) {
	if _, literal := o[path]; literal {
		delete(o, path)
		return
	}
	head, rest, nested := strings.Cut(path, ".")
	if !nested {
		return
	}
	if inner, isObject := o[head].(object); isObject {
		inner = maps.Clone(inner)
		remove(inner, rest)
		o[head] = inner
	}
}

const (
	longText = 200
	// truncated is the suffix by which a caller knows that a text was cut.
	truncated = "... [truncated — use `get` action with the record id to retrieve the full value]"
)

func shorten(v any) any {
	switch x := v.(type) {
	case string:
		if len(x) <= longText || utf8.RuneCountInString(x) <= longText {
			return x
		}
		return string([]rune(x)[:longText]) + truncated
	case object:
		short := make(object, len(x))
		for k, v := range x {
			short[k] = shorten(v)
		}
		return short
	case []any:
		short := make([]any, len(x))
		for i, v := range x {
			short[i] = shorten(v)
		}
		return short
	}
	return v
}

// join writes records as one array, from their ready JSON where nothing is left out.
func (s selection) join(rows []*record) json.RawMessage {
	var b bytes.Buffer
	size := 2
	for _, r := range rows {
		size += len(r.raw()) + 1
	}
	b.Grow(size)
	b.WriteByte('[')
	for i, r := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		if s.all() {
			b.Write(r.raw())
		} else {
			b.Write(encode(s.apply(r.fields)))
		}
	}
	b.WriteByte(']')
	return b.Bytes()
}
