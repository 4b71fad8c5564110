package tools

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// written are the fields that the call sets.
func (w *aboutWrite) written(call Call, found target) json.RawMessage {
	fields := call.Arguments
	not := []string{"connector_id", "workspace_id", "template_id", "workspace_name", "propagate"}
	if w.review.operation {
		fields, not = call.params(), found.named
	}
	out := []byte{'{'}
	for name, value := range members(fields) {
		if !slices.Contains(not, name) {
			out = appendNamed(out, name, compact(value))
		}
	}
	return append(out, '}')
}

// changes are the fields that an update sets, beside what they are now.
func (w *aboutWrite) changes(call Call, found target) []Change {
	if w.Action != "update" {
		return nil
	}
	var out []Change
	// What is shown of a new value is beside it: secrets are blanked there.
	var walk func(path, name string, secret bool, old, new, shown json.RawMessage, depth int)
	walk = func(path, name string, secret bool, old, new, shown json.RawMessage, depth int) {
		secret = secret && !plainKey.MatchString(name) || redactor{}.isSecret(name)
		if kindOf(new) == '{' && kindOf(old) == '{' && kindOf(shown) == '{' && depth < 6 {
			for key, value := range members(new) {
				walk(joined(path, key), key, secret, formerly(old, key), value, member(shown, key), depth+1)
			}
			return
		}
		if old == nil || !bytes.Equal(compact(old), compact(new)) {
			out = append(out, Change{harmless(path, len(path)), inShort(old, secret), inFull(shown, name, secret)})
		}
	}
	seen := call
	seen.Arguments = call.shown()
	walk("", "", false, orEmpty(found.record), w.written(call, found), w.written(seen, found), 0)
	if len(out) == 0 && found.record != nil {
		w.note("As far as can be seen everything is so already.")
	}
	return out
}

// formerly is the field of a record that a parameter sets: the one of its name,
// or what a stateId or state_id refers to.
func formerly(record json.RawMessage, name string) json.RawMessage {
	if v := member(record, name); v != nil {
		return v
	}
	for _, suffix := range []string{"Id", "_id"} {
		if base, ok := strings.CutSuffix(name, suffix); ok && base != "" {
			return member(member(record, base), "id")
		}
	}
	return nil
}
