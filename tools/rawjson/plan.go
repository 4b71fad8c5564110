package rawjson

import (
	"bytes"
	"encoding/json"
)

// Compact is a value without the space in it.
func Compact(v json.RawMessage) json.RawMessage {
	var b bytes.Buffer
	if json.Compact(&b, v) != nil {
		return v
	}
	return b.Bytes()
}
