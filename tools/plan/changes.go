package plan

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/secrets"
	"airbyte-agent-mcp/tools/toolcall"
)

// written are the fields that the call sets.
func (w *Write) written(call toolcall.Call, found Target) json.RawMessage {
	fields := call.Arguments
	not := []string{"connector_id", "workspace_id", "template_id", "workspace_name", "propagate"}
	if w.review.operation {
		fields, not = call.Params(), found.named
	}
	out := []byte{'{'}
	for name, value := range rawjson.Named(fields) {
		if !slices.Contains(not, name) {
			out = rawjson.AppendMember(out, name, rawjson.Compact(value))
		}
	}
	return append(out, '}')
}

// changes are the fields that an update sets, beside what they are now.
func (w *Write) changes(call toolcall.Call, found Target) []Change {
	if w.Action != "update" {
		return nil
	}
	var out []Change
	// What is shown of a new value is beside it: secrets are blanked there.
	var walk func(path, name string, secret bool, old, new, shown json.RawMessage, depth int)
	walk = func(path, name string, secret bool, old, new, shown json.RawMessage, depth int) {
		secret = secret && !secrets.PlainKey.MatchString(name) || secrets.Redactor{}.IsSecret(name)
		if rawjson.FirstByte(new) == '{' && rawjson.FirstByte(old) == '{' && rawjson.FirstByte(shown) == '{' && depth < 6 {
			for key, value := range rawjson.Named(new) {
				walk(rawjson.JoinPath(path, key), key, secret, formerly(old, key), value, rawjson.Member(shown, key), depth+1)
			}
			return
		}
		if old == nil || !bytes.Equal(rawjson.Compact(old), rawjson.Compact(new)) {
			out = append(out, Change{safetext.Line(path, len(path)), inShort(old, secret), inFull(shown, name, secret)})
		}
	}
	seen := call
	seen.Arguments = call.Shown()
	walk("", "", false, rawjson.OrEmpty(found.Record), w.written(call, found), w.written(seen, found), 0)
	if len(out) == 0 && found.Record != nil {
		w.Note("As far as can be seen everything is so already.")
	}
	return out
}

// formerly is the field of a record that a parameter sets: the one of its name,
// or what a stateId or state_id refers to.
func formerly(record json.RawMessage, name string) json.RawMessage {
	if v := rawjson.Member(record, name); v != nil {
		return v
	}
	for _, suffix := range []string{"Id", "_id"} {
		if base, ok := strings.CutSuffix(name, suffix); ok && base != "" {
			return rawjson.Member(rawjson.Member(record, base), "id")
		}
	}
	return nil
}
