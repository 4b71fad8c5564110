package airbyteclient

import (
	"airbyte-agent-mcp/schemas/rawjson"
	"encoding/json"
)

// Member is one member of an object that is known to be valid JSON, such as
// Execution.Result; nil when there is none of that name. Of several, the last.
func Member(object json.RawMessage, name string) json.RawMessage {
	var found json.RawMessage
	err := rawjson.ScanObject(object, func(m rawjson.ScannedMember) {
		if m.Name() == name {
			found = m.Line()
		}
	})
	if err != nil {
		return nil
	}
	return found
}
