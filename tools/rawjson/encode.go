package rawjson

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
)

// Encode makes JSON on one line. Characters that only HTML minds stay as they
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

// AppendNamed is appendMember for a name that may need escapes.
func AppendNamed(b []byte, name string, value []byte) []byte {
	quotes := Encoded(name)
	return AppendMember(b, string(quotes[1:len(quotes)-1]), value)
}

// Encoded is v as JSON; for values that always encode.
func Encoded(v any) json.RawMessage {
	raw, err := Encode(v)
	if err != nil {
		return json.RawMessage("null")
	}
	return raw
}

func IsEmpty(object json.RawMessage) bool {
	for range Members(object) {
		return false
	}
	return true
}

func SortedKeys(v map[string]any) []string { return slices.Sorted(maps.Keys(v)) }
