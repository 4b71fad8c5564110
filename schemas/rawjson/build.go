package rawjson

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
)

// Encode returns v as JSON on one line. Characters that only HTML minds stay as they
// are: models read them.
func Encode(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// AppendMember adds one member of an object; its value is valid JSON.
func AppendMember(b []byte, key string, value []byte) []byte {
	if len(b) > 1 {
		b = append(b, ',')
	}
	b = append(b, '"')
	b = append(b, key...)
	b = append(b, '"', ':')
	return append(b, value...)
}

// AppendNamed is AppendMember for a name that may need escapes.
func AppendNamed(b []byte, name string, value []byte) []byte {
	if isPlain(name) {
		return AppendMember(b, name, value)
	}
	quotes := Encoded(name)
	return AppendMember(b, string(quotes[1:len(quotes)-1]), value)
}

// isPlain reports whether a text stands in JSON as it is.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// Quote returns text as a JSON string. Characters that only HTML minds stay as
// they are.
func Quote(text string) json.RawMessage {
	if isPlain(text) {
		return json.RawMessage(`"` + text + `"`)
	}
	return Encoded(text)
}

// Encoded returns v as JSON; for values that always encode.
func Encoded(v any) json.RawMessage {
	raw, err := Encode(v)
	if err != nil {
		return json.RawMessage("null")
	}
	return raw
}

// IsEmpty reports whether an object has no member, or is none.
func IsEmpty(object json.RawMessage) bool {
	for range Members(object) {
		return false
	}
	return true
}

// SortedKeys returns the names of a decoded object in their order.
func SortedKeys(v map[string]any) []string { return slices.Sorted(maps.Keys(v)) }

// OrEmpty returns an object, or the empty object where it is absent or null.
func OrEmpty(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 || string(raw) == "null" {
		return json.RawMessage("{}")
	}
	return raw
}

// JoinPath returns a dotted path with a name added.
func JoinPath(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// Scalar returns the text of a string or number, empty for anything else.
func Scalar(raw json.RawMessage) string {
	switch kind := Kind(raw); {
	case kind == '"':
		return Text(raw)
	case kind == '-' || '0' <= kind && kind <= '9':
		return string(raw)
	}
	return ""
}

// Compact returns a value without the space in it; as it is if it is not JSON.
func Compact(v json.RawMessage) json.RawMessage {
	var b bytes.Buffer
	if json.Compact(&b, v) != nil {
		return v
	}
	return b.Bytes()
}

// Decode returns the decoded value, its numbers as json.Number.
func Decode(raw json.RawMessage) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}

// Overlaid returns an object with the members of another in place of its own.
func Overlaid(object, with json.RawMessage) json.RawMessage {
	out := []byte{'{'}
	for name, value := range Members(object) {
		if Member(with, name) == nil {
			out = AppendNamed(out, name, value)
		}
	}
	for name, value := range Members(with) {
		out = AppendNamed(out, name, value)
	}
	return append(out, '}')
}
