package dispatch

import (
	"encoding/json"
	"strconv"

	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/secrets"
)

// repeated is the path of a name that an object has twice, empty if none has. A
// service may take the one that a person was not shown.
func repeated(v json.RawMessage, at string) string {
	switch rawjson.FirstByte(v) {
	case '{':
		seen := map[string]bool{}
		for name, value := range rawjson.Named(v) {
			path := rawjson.JoinPath(at, safetext.Line(secrets.WithoutTokens(name), 100))
			if seen[name] {
				return path
			}
			seen[name] = true
			if inner := repeated(value, path); inner != "" {
				return inner
			}
		}
	case '[':
		n := 0
		for value := range rawjson.Elements(v) {
			if inner := repeated(value, rawjson.JoinPath(at, strconv.Itoa(n))); inner != "" {
				return inner
			}
			n++
		}
	}
	return ""
}
