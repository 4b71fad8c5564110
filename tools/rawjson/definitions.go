package rawjson

import (
	"encoding/json"
)

// OrEmpty keeps an absent value from becoming null.
func OrEmpty(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 || string(raw) == "null" {
		return json.RawMessage("{}")
	}
	return raw
}
