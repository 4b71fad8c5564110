package tools

import (
	"bytes"
	"encoding/json"
)

// appender is an answer that knows a cheaper way to its JSON than encoding/json,
// which scans raw values over again.
type appender interface {
	appendJSON([]byte) ([]byte, error)
}

// encode makes JSON on one line. Characters that only HTML minds stay as they
// are: models read them.
func encode(v any) (json.RawMessage, error) {
	if a, ok := v.(appender); ok {
		return a.appendJSON(nil)
	}
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
