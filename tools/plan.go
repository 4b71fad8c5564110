package tools

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Plan is a write that waits for a person's yes. Its texts may be those of
// strangers: they are bounded, and without what could hide or turn others.
type Plan struct {
	Tool   string `json:"tool"`
	Action string `json:"action,omitempty"`
	Entity string `json:"entity,omitempty"`
	// Whose it is, by names that a person knows; empty where they are unknown.
	ConnectorID string `json:"connector_id,omitempty"`
	Connector   string `json:"connector,omitempty"`
	Service     string `json:"service,omitempty"`
	Workspace   string `json:"workspace,omitempty"`
	Account     string `json:"account,omitempty"`
	// Summary is one sentence of ours; what it quotes may be a stranger's.
	Summary string          `json:"summary"`
	Record  string          `json:"record,omitempty"` // which one is meant, such as id="cus_1"; empty where there is none
	Sends   json.RawMessage `json:"sends"`            // the whole arguments, secrets blanked
	Target  json.RawMessage `json:"target,omitempty"` // the record as it is now; nil where Notes say why
	Changes []Change        `json:"changes,omitempty"`
	// Affected is how many records or things it changes, as far as it is known.
	Affected int       `json:"affected"`
	Undo     string    `json:"undo,omitempty"` // how to take it back; empty where nothing is known
	Notes    []string  `json:"notes,omitempty"`
	Expires  time.Time `json:"expires"`
	// Code is the plan's handle for a person, Sealed what Decide takes. Whoever
	// has one can say yes: no tool takes them, and a model is shown the code only
	// where nothing else gets it to a person.
	Code   string `json:"-"`
	Sealed string `json:"-"`
}

// Change is one field that an update changes.
type Change struct {
	Path   string `json:"path"`
	Before string `json:"before"` // empty where it is not known
	After  string `json:"after"`
}

const (
	// maxPlanPart bounds each part of a plan, in bytes.
	maxPlanPart = 8 << 10
	// maxFormer bounds each value of a record that an update changes, in bytes.
	maxFormer = 1000
	// maxPlanned is the longest arguments that a person can be asked about, in
	// bytes: they are shown whole, or something could hide in what is not.
	maxPlanned = 64 << 10
	// maxLookedAt is the longest record that is shown in part, in bytes.
	maxLookedAt = 1 << 20
)

// sealedPlan is what Plan.Sealed holds: what a yes is good for.
type sealedPlan struct {
	Key    string `json:"k"`           // of the call: its caller, tool and arguments
	Sum    string `json:"s,omitempty"` // of the target; empty where there was none
	Nonce  string `json:"n"`
	Tool   string `json:"t"`
	ID     string `json:"c,omitempty"` // of the connector
	Entity string `json:"e,omitempty"`
	Action string `json:"a,omitempty"`
	// From identifies the connectors whose data it may carry, Names the secrets
	// that its references named, as it was told.
	From  string `json:"f,omitempty"`
	Names string `json:"r,omitempty"`
}

// name returns what a plan goes by where its code must not stand.
func (p sealedPlan) name() string {
	sum := sha256.Sum256([]byte("plan " + p.Nonce))
	return hex.EncodeToString(sum[:8])
}

// plan returns what a person is shown of a call, without the handles by which
// they answer.
func (w *aboutWrite) plan(call Call, found target) Plan {
	p := Plan{
		Tool: call.Tool, Action: harmless(w.Action, 100), Entity: harmless(w.Entity, 200),
		ConnectorID: w.ConnectorID, Connector: harmless(w.Connector, 200), Service: harmless(w.Service, 200),
		Workspace: harmless(w.Workspace, 200), Account: harmless(w.Account, 200),
		Affected: max(found.affected, 1),
	}
	shown := call.shown()
	p.Sends, p.Record = inWhole(shown, "", false), w.which
	if !bytes.Equal(p.Sends, inWhole(call.Arguments, "", false)) || bytes.Contains(p.Sends, []byte(redacted)) {
		w.note("Values that are secret, or whose names look so, are sent but not shown.")
	}
	if found.record != nil {
		p.Target, _ = forPerson(found.record)
	}
	w.warnOfName(call)
	for _, f := range w.flows {
		w.note("Before it, data of " + namesOf(f.from) + " was read in this session: see that it is not what goes out here.")
	}
	p.Changes = w.changes(call, found)
	p.Summary = w.summary(call, found, p.Changes)
	p.Undo = w.undo(call, found)
	p.Notes = bounded(w.notes)
	return p
}

func bounded(notes []string) []string {
	const most = 20
	var out []string
	for _, note := range notes[:min(len(notes), most)] {
		out = append(out, harmless(note, 600))
	}
	return out
}

// forPerson makes JSON fit to be shown to a person: without secrets, its texts
// harmless, and short. The second result tells whether a secret was blanked.
func forPerson(raw json.RawMessage, secret ...string) (json.RawMessage, bool) {
	if len(raw) > maxLookedAt {
		return encoded(fmt.Sprintf("(%d bytes, too long to be shown)", len(raw))), false
	}
	v, err := decode(raw)
	if err != nil {
		return encoded("(not JSON)"), false
	}
	before, err := encode(v)
	if err != nil {
		return encoded("(not JSON)"), false
	}
	r := redactor{marked: map[string]bool{}}
	for _, name := range secret {
		r.marked[name] = true
	}
	v = r.blank("", false, v)
	after, _ := encode(v)
	blanked := !bytes.Equal(before, after)
	for _, most := range []struct{ text, list int }{{1000, 50}, {300, 20}, {100, 10}, {40, 5}} {
		short, err := encode(shortened(v, most.text, most.list, 0))
		if err == nil && len(short) <= maxPlanPart {
			return short, blanked
		}
	}
	return encoded(fmt.Sprintf("(%d bytes, too long to be shown)", len(raw))), blanked
}

// shortened bounds every text and list of a decoded value.
func shortened(v any, text, list, depth int) any {
	if depth > 12 {
		return "…"
	}
	switch v := v.(type) {
	case string:
		return harmless(v, text)
	case json.Number:
		return json.RawMessage(clip(v.String(), 400))
	case []any:
		out := []any{}
		for _, inner := range v[:min(len(v), list)] {
			out = append(out, shortened(inner, text, list, depth+1))
		}
		if rest := len(v) - list; rest > 0 {
			out = append(out, fmt.Sprintf("… %d more", rest))
		}
		return out
	case map[string]any:
		return shortObject(v, text, list, depth)
	}
	return v
}

// shortObject keeps the members of an object that fit a list, in their order by
// name: maps have no other.
func shortObject(v map[string]any, text, list, depth int) any {
	names := sortedKeys(v)
	most := 4 * list
	out := map[string]any{}
	for _, name := range names[:min(len(names), most)] {
		out[harmless(name, 100)] = shortened(v[name], text, list, depth+1)
	}
	if rest := len(names) - most; rest > 0 {
		out["…"] = fmt.Sprintf("%d more", rest)
	}
	return out
}

// inShort is a former value for a line of a plan.
func inShort(v json.RawMessage, secret bool) string {
	if v != nil && secret && string(v) != "null" || unsafe(text(v)) {
		return redacted
	}
	if kindOf(v) == '"' {
		return harmless(text(v), maxFormer)
	}
	if kindOf(v) == '{' || kindOf(v) == '[' {
		v, _ = forPerson(v)
	}
	return harmless(string(v), maxFormer)
}

// inFull is a new value for a line of a plan.
func inFull(v json.RawMessage, name string, secret bool) string {
	v = inWhole(v, name, secret)
	if kindOf(v) == '"' {
		return text(v)
	}
	return string(v)
}

// inWhole makes what is to be sent fit to be shown to a person: all of it and in
// its order, without what is secret by its name, and without what hides.
func inWhole(v json.RawMessage, name string, secret bool) json.RawMessage {
	secret = secret && !plainKey.MatchString(name) || redactor{}.isSecret(name)
	switch kindOf(v) {
	case '{':
		out := []byte{'{'}
		for name, value := range members(v) {
			out = appendNamed(out, harmless(name, len(name)), inWhole(value, name, secret))
		}
		return append(out, '}')
	case '[':
		out := []byte{'['}
		for value := range elements(v) {
			if len(out) > 1 {
				out = append(out, ',')
			}
			out = append(out, inWhole(value, name, secret)...)
		}
		return append(out, ']')
	case '"':
		s := text(v)
		if s != "" && secret || unsafe(s) {
			return encoded(redacted)
		}
		return encoded(harmless(s, len(s)))
	case 0, 't', 'f', 'n':
		return v
	}
	if secret {
		return encoded(redacted)
	}
	return v
}

// quoted puts text of a stranger into a sentence of ours.
func quoted(text string) string {
	return `"` + strings.ReplaceAll(harmless(text, 80), `"`, `'`) + `"`
}

// compact is a value without the space in it.
func compact(v json.RawMessage) json.RawMessage {
	var b bytes.Buffer
	if json.Compact(&b, v) != nil {
		return v
	}
	return b.Bytes()
}

// escaped writes what is invisible in JSON as escapes: it means the same, and
// can be seen.
func escaped(v json.RawMessage) string {
	var b strings.Builder
	for _, r := range string(v) {
		if r < 0x80 || !hidden(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16Of(r) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}
