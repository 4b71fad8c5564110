package airbyteclient

import "encoding/json"

// Member is one member of an object that is known to be valid JSON, such as
// Execution.Result; nil when there is none of that name. Of several, the last.
func Member(object json.RawMessage, name string) json.RawMessage {
	var found json.RawMessage
	err := scanObject(object, func(m member) {
		if m.name() == name {
			found = m.line()
		}
	})
	if err != nil {
		return nil
	}
	return found
}
