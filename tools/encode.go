package tools

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"unicode/utf16"
)

// encode makes JSON on one line. Characters that only HTML minds stay as they
// are: models read them.
func encode(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// appendMember adds one member of an object; its value is valid JSON.
func appendMember(b []byte, key string, value []byte) []byte {
	if len(b) > 1 {
		b = append(b, ',')
	}
	b = append(b, '"')
	b = append(b, key...)
	b = append(b, '"', ':')
	return append(b, value...)
}

// appendNamed is appendMember for a name that may need escapes.
func appendNamed(b []byte, name string, value []byte) []byte {
	quotes := encoded(name)
	return appendMember(b, string(quotes[1:len(quotes)-1]), value)
}

// encoded is v as JSON; for values that always encode.
func encoded(v any) json.RawMessage {
	raw, err := encode(v)
	if err != nil {
		return json.RawMessage("null")
	}
	return raw
}

func empty(object json.RawMessage) bool {
	for range members(object) {
		return false
	}
	return true
}

func sortedKeys(v map[string]any) []string { return slices.Sorted(maps.Keys(v)) }

func utf16Of(r rune) []uint16 { return utf16.Encode([]rune{r}) }
