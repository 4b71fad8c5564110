package tools

import (
	"bytes"
	"encoding/json"
	"slices"
)

// undo says how to take the call back, empty where that is not known.
func (w *aboutWrite) undo(call request, found target) string {
	switch call.Tool {
	case "execute_operation":
		return w.undoOperation(call, found)
	case "update_connector":
		return w.again(call, found, "connector_id")
	case "update_workspace":
		return w.again(call, found, "workspace_id")
	case "update_template", "update_conn_template":
		return w.again(call, found, "template_id")
	case "create_connector":
		return "delete_connector with the connector_id that the answer gives."
	case "create_template":
		return "delete_template with the id that the answer gives."
	case "create_conn_template":
		return "delete_conn_template with the id that the answer gives."
	case "set_oauth_config":
		return "delete_oauth_config takes it back to Airbyte's own; a former one of yours is lost."
	case "create_scoped_token":
		return "The token cannot be taken back; it ends by itself after about 20 minutes. A workspace that it creates goes with delete_workspace."
	case "create_widget_token":
		return "The token cannot be taken back; it ends by itself."
	case "delete_connector":
		return "Cannot be undone: its credentials go with it, so the service would have to be connected anew."
	case "delete_workspace", "delete_template", "delete_conn_template", "delete_oauth_config":
		return "Cannot be undone."
	}
	return ""
}

func (w *aboutWrite) undoOperation(call request, found target) string {
	var e *knownEntity
	if w.known != nil {
		e = w.known.entity(w.Entity)
	}
	can := func(action string) bool { return e != nil && e.can(action) }
	switch w.Action {
	case "create":
		if can("delete") {
			return "execute_operation " + w.operationCall("delete", []byte("{}")) + ", with the ID that the answer gives in params."
		}
		return ""
	case "update":
		former, whole := restorable(found.record, w.written(call, found))
		if former == nil {
			return ""
		}
		p := []byte{'{'}
		for name, value := range members(params(call.Arguments)) {
			if slices.Contains(found.named, name) {
				p = appendNamed(p, name, compact(value))
			}
		}
		if len(p) > 1 {
			p = append(p, ',')
		}
		p = append(p, former[1:]...)
		return w.sayUndo("execute_operation "+w.operationCall("update", p), whole)
	case "delete":
		if found.record == nil || !can("create") {
			return "Cannot be undone."
		}
		former, whole := restorable(found.record, found.record)
		if former == nil {
			return "Cannot be undone."
		}
		if said := w.sayUndo("execute_operation "+w.operationCall("create", former), whole); said != "" {
			return "Cannot be undone; a record like it can be created, with a new ID and as far as the service takes its fields: " + said
		}
		return "Cannot be undone."
	}
	return ""
}

func (w *aboutWrite) operationCall(action string, params json.RawMessage) string {
	b := appendMember([]byte{'{'}, "connector_id", encoded(w.ConnectorID))
	b = appendMember(b, "entity", encoded(w.Entity))
	b = appendMember(b, "action", encoded(action))
	return escaped(append(appendMember(b, "params", params), '}'))
}

// again is the same tool with the former values.
func (w *aboutWrite) again(call request, found target, id string) string {
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
