package answer

import (
	"encoding/json"
	"fmt"
	"strings"

	"airbyte-agent-mcp/schemas/rawjson"
)

// Budget is the argument that every tool takes and these tools show.
type Budget struct {
	MaxTokens int `json:"max_tokens,omitempty" jsonschema_description:"Longest answer wanted."`
}

// FindMark looks for a text that was cut for an answer, by us or by the
// service, and names where it stands; empty if there is none.
func FindMark(arguments json.RawMessage) string {
	for name, value := range rawjson.Named(arguments) {
		if at := markIn(value, name); at != "" {
			return at
		}
	}
	return ""
}

func markIn(v json.RawMessage, at string) string {
	switch rawjson.FirstByte(v) {
	case '"':
		if s := rawjson.Text(v); strings.Contains(s, CutMark) || strings.Contains(s, "... [truncated — use `") {
			return at
		}
	case '{':
		for name, value := range rawjson.Named(v) {
			if strings.Contains(name, CutMark[:len(CutMark)-1]) {
				return at
			}
			if found := markIn(value, at+"."+name); found != "" {
				return found
			}
		}
	case '[':
		n := 0
		for value := range rawjson.Elements(v) {
			if found := markIn(value, fmt.Sprintf("%s.%d", at, n)); found != "" {
				return found
			}
			n++
		}
	}
	return ""
}
