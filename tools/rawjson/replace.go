package rawjson

import (
	"encoding/json"
)

// Overlaid is an object with the members of another in place of its own.
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
