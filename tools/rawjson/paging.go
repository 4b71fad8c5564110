package rawjson

import (
	"encoding/json"
)

// Scalar is the text of a string or number, empty for anything else.
func Scalar(raw json.RawMessage) string {
	switch kind := Kind(raw); {
	case kind == '"':
		return Text(raw)
	case kind == '-' || '0' <= kind && kind <= '9':
		return string(raw)
	}
	return ""
}
