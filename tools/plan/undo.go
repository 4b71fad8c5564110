package plan

import (
	"bytes"
	"encoding/json"

	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/secrets"
	"airbyte-agent-mcp/tools/toolcall"
)

// undo says how to take the call back, empty where that is not known.
func (w *Write) undo(call toolcall.Call, found Target) string {
	if w.review.Undo == nil {
		return ""
	}
	return w.review.Undo(call, w, found)
}

// UndoByRepeating is the same tool with the former values.
func (w *Write) UndoByRepeating(call toolcall.Call, found Target, id string) string {
	former, whole := restorable(found.Record, w.written(call, found))
	if former == nil {
		return ""
	}
	b := rawjson.AppendMember([]byte{'{'}, id, rawjson.Member(call.Arguments, id))
	b = append(append(b, ','), former[1:]...)
	return w.sayUndo(call.Tool+" "+safetext.EscapeHidden(b), whole)
}

func (w *Write) sayUndo(said string, whole bool) string {
	if len(said) > maxPlanPart {
		w.Note("The former values are too long to be shown whole, so how to undo it is not.")
		return ""
	}
	if !whole {
		said += " (fields that are secret, or whose former value is not known, are left out)"
	}
	return said
}

// restorable are the values that a record has where others are to be written;
// nil if there are none. It is not whole where some are secret or unknown.
func restorable(record, written json.RawMessage) (former json.RawMessage, whole bool) {
	if record == nil || len(record) > maxLookedAt {
		return nil, false
	}
	whole = true
	out := []byte{'{'}
	for name, value := range rawjson.Named(written) {
		old := formerly(record, name)
		switch {
		case old == nil:
			whole = false
			continue
		case bytes.Equal(rawjson.Compact(old), rawjson.Compact(value)) && !bytes.Equal(record, written):
			continue
		case rawjson.FirstByte(old) == '{' && rawjson.FirstByte(value) == '{' && !bytes.Equal(old, value):
			inner, all := restorable(old, value)
			if whole = whole && all; inner == nil {
				continue
			}
			old = inner
		}
		if holdsSecret(name, old) {
			whole = false
			continue
		}
		out = rawjson.AppendMember(out, name, rawjson.Compact(old))
	}
	if len(out) == 1 {
		return nil, whole
	}
	return append(out, '}'), whole
}

// holdsSecret tells whether a value would be blanked.
func holdsSecret(name string, v json.RawMessage) bool {
	if bytes.Contains(v, []byte(secrets.Redacted)) {
		return true
	}
	_, blanked := forPerson(append(rawjson.AppendMember([]byte("{"), name, v), '}'))
	return blanked
}

// CannotBeUndone is the undo of what is lost.
func CannotBeUndone(toolcall.Call, *Write, Target) string { return "Cannot be undone." }
