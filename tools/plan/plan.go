package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/refusal"
	"airbyte-agent-mcp/tools/secrets"
	"airbyte-agent-mcp/tools/toolcall"
)

// ErrApprovalUnknown is the refusal of a call where the ledger could not be read.
func ErrApprovalUnknown(err error) error {
	return refusal.New("Whether a person has agreed to this cannot be found out (%s).", safetext.Line(err.Error(), 200)).
		Next("Nothing was sent. Call again in a while; if that does not help, the person who runs this server must look after --state-dir.")
}

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
	// MaxArguments is the longest arguments that a person can be asked about, in
	// bytes: they are shown whole, or something could hide in what is not.
	MaxArguments = 64 << 10
	// maxLookedAt is the longest record that is shown in part, in bytes.
	maxLookedAt = 1 << 20
)

// Subject is what Plan.Sealed holds: what a yes is good for.
type Subject struct {
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

// Name returns what a plan goes by where its code must not stand.
func (p Subject) Name() string {
	sum := sha256.Sum256([]byte("plan " + p.Nonce))
	return hex.EncodeToString(sum[:8])
}

// Plan returns what a person is shown of a call, without the handles by which
// they answer.
func (w *Write) Plan(call toolcall.Call, found Target) Plan {
	p := Plan{
		Tool: call.Tool, Action: safetext.Line(w.Action, 100), Entity: safetext.Line(w.Entity, 200),
		ConnectorID: w.ConnectorID, Connector: safetext.Line(w.Connector, 200), Service: safetext.Line(w.Service, 200),
		Workspace: safetext.Line(w.Workspace, 200), Account: safetext.Line(w.Account, 200),
		Affected: max(found.Affected, 1),
	}
	shown := call.Shown()
	p.Sends, p.Record = inWhole(shown, "", false), w.which
	if !bytes.Equal(p.Sends, inWhole(call.Arguments, "", false)) || bytes.Contains(p.Sends, []byte(secrets.Redacted)) {
		w.Note("Values that are secret, or whose names look so, are sent but not shown.")
	}
	if found.Record != nil {
		p.Target, _ = forPerson(found.Record)
	}
	w.warnOfName(call)
	for _, f := range w.Flows {
		w.Note("Before it, data of " + namesOf(f.from) + " was read in this session: see that it is not what goes out here.")
	}
	p.Changes = w.changes(call, found)
	p.Summary = w.summary(call, found, p.Changes)
	p.Undo = w.undo(call, found)
	p.Notes = bounded(w.notes)
	return p
}

// forPerson makes JSON fit to be shown to a person: without secrets, its texts
// harmless, and short. The second result tells whether a secret was blanked.
func forPerson(raw json.RawMessage, secret ...string) (json.RawMessage, bool) {
	if len(raw) > maxLookedAt {
		return rawjson.Of(fmt.Sprintf("(%d bytes, too long to be shown)", len(raw))), false
	}
	v, err := rawjson.Decode(raw)
	if err != nil {
		return rawjson.Of("(not JSON)"), false
	}
	before, err := rawjson.Marshal(v)
	if err != nil {
		return rawjson.Of("(not JSON)"), false
	}
	r := secrets.Redactor{Marked: map[string]bool{}}
	for _, name := range secret {
		r.Marked[name] = true
	}
	v = r.Blank("", false, v)
	after, _ := rawjson.Marshal(v)
	blanked := !bytes.Equal(before, after)
	for _, most := range []struct{ text, list int }{{1000, 50}, {300, 20}, {100, 10}, {40, 5}} {
		short, err := rawjson.Marshal(shortened(v, most.text, most.list, 0))
		if err == nil && len(short) <= maxPlanPart {
			return short, blanked
		}
	}
	return rawjson.Of(fmt.Sprintf("(%d bytes, too long to be shown)", len(raw))), blanked
}

// shortened bounds every text and list of a decoded value.
func shortened(v any, text, list, depth int) any {
	if depth > 12 {
		return "…"
	}
	switch v := v.(type) {
	case string:
		return safetext.Line(v, text)
	case json.Number:
		return json.RawMessage(safetext.Clip(v.String(), 400))
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
	names := slices.Sorted(maps.Keys(v))
	most := 4 * list
	out := map[string]any{}
	for _, name := range names[:min(len(names), most)] {
		out[safetext.Line(name, 100)] = shortened(v[name], text, list, depth+1)
	}
	if rest := len(names) - most; rest > 0 {
		out["…"] = fmt.Sprintf("%d more", rest)
	}
	return out
}

// inShort is a former value for a line of a plan.
func inShort(v json.RawMessage, secret bool) string {
	if v != nil && secret && string(v) != "null" || secrets.LooksSecret(rawjson.Text(v)) {
		return secrets.Redacted
	}
	if rawjson.FirstByte(v) == '"' {
		return safetext.Line(rawjson.Text(v), maxFormer)
	}
	if rawjson.FirstByte(v) == '{' || rawjson.FirstByte(v) == '[' {
		v, _ = forPerson(v)
	}
	return safetext.Line(string(v), maxFormer)
}

// inFull is a new value for a line of a plan.
func inFull(v json.RawMessage, name string, secret bool) string {
	v = inWhole(v, name, secret)
	if rawjson.FirstByte(v) == '"' {
		return rawjson.Text(v)
	}
	return string(v)
}

// inWhole makes what is to be sent fit to be shown to a person: all of it and in
// its order, without what is secret by its name, and without what hides.
func inWhole(v json.RawMessage, name string, secret bool) json.RawMessage {
	secret = secret && !secrets.PlainKey.MatchString(name) || secrets.Redactor{}.IsSecret(name)
	switch rawjson.FirstByte(v) {
	case '{':
		out := []byte{'{'}
		for name, value := range rawjson.Named(v) {
			out = rawjson.AppendMember(out, safetext.Line(name, len(name)), inWhole(value, name, secret))
		}
		return append(out, '}')
	case '[':
		out := []byte{'['}
		for value := range rawjson.Elements(v) {
			if len(out) > 1 {
				out = append(out, ',')
			}
			out = append(out, inWhole(value, name, secret)...)
		}
		return append(out, ']')
	case '"':
		s := rawjson.Text(v)
		if s != "" && secret || secrets.LooksSecret(s) {
			return rawjson.Of(secrets.Redacted)
		}
		return rawjson.Of(safetext.Line(s, len(s)))
	case 0, 't', 'f', 'n':
		return v
	}
	if secret {
		return rawjson.Of(secrets.Redacted)
	}
	return v
}

// bounded returns the first 20 notes, each made harmless and at most 600 bytes
// long.
func bounded(notes []string) []string {
	const most = 20
	var out []string
	for _, note := range notes[:min(len(notes), most)] {
		out = append(out, safetext.Line(note, 600))
	}
	return out
}
