package tools

import (
	"bytes"
	"encoding/json"
)

// undo says how to take the call back, empty where that is not known.
func (w *aboutWrite) undo(call Call, found target) string {
	if w.review.undo == nil {
		return ""
	}
	return w.review.undo(call, w, found)
}

// again is the same tool with the former values.
func (w *aboutWrite) again(call Call, found target, id string) string {
	former, whole := restorable(found.record, w.written(call, found))
	if former == nil {
		return ""
	}
	b := appendMember([]byte{'{'}, id, member(call.Arguments, id))
	b = append(append(b, ','), former[1:]...)
	return w.sayUndo(call.Tool+" "+escaped(b), whole)
}

func (w *aboutWrite) sayUndo(said string, whole bool) string {
	if len(said) > maxPlanPart {
		w.note("The former values are too long to be shown whole, so how to undo it is not.")
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
	for name, value := range members(written) {
		old := formerly(record, name)
		switch {
		case old == nil:
			whole = false
			continue
		case bytes.Equal(compact(old), compact(value)) && !bytes.Equal(record, written):
			continue
		case kindOf(old) == '{' && kindOf(value) == '{' && !bytes.Equal(old, value):
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
		out = appendNamed(out, name, compact(old))
	}
	if len(out) == 1 {
		return nil, whole
	}
	return append(out, '}'), whole
}

// holdsSecret tells whether a value would be blanked.
func holdsSecret(name string, v json.RawMessage) bool {
	if bytes.Contains(v, []byte(redacted)) {
		return true
	}
	_, blanked := forPerson(append(appendNamed([]byte("{"), name, v), '}'))
	return blanked
}

// cannotBeUndone is the undo of what is lost.
func cannotBeUndone(Call, *aboutWrite, target) string { return "Cannot be undone." }
