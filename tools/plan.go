package tools

import (
	"bytes"
	"crypto/rand"
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
	Sends   json.RawMessage `json:"sends"`            // the arguments, secrets blanked
	Target  json.RawMessage `json:"target,omitempty"` // the record as it is now; nil where Notes say why
	Changes []Change        `json:"changes,omitempty"`
	Record  string          `json:"record,omitempty"` // which one is meant, such as id="cus_1"
	// Affected is how many records or things it changes, as far as it is known.
	Affected int       `json:"affected"`
	Undo     string    `json:"undo,omitempty"` // how to take it back; empty where nothing is known
	Notes    []string  `json:"notes,omitempty"`
	Expires  time.Time `json:"expires"`
	// Code is the plan's handle for a person, Sealed what Decide takes.
	// Whoever has one can say yes: neither may reach a model.
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
	// maxChanges and maxChanged bound what is told of an update.
	maxChanges, maxChanged = 50, 300
	// maxLookedAt is the longest record that is shown in part, in bytes.
	maxLookedAt = 1 << 20
)

// plan makes a plan of a call, seals it and keeps it until it is answered.
func (r *Runner) plan(api *Account, call request, w *aboutWrite, found target) (Plan, error) {
	now := r.now()
	p := Plan{
		Tool: call.Tool, Action: harmless(w.Action, 100), Entity: harmless(w.Entity, 200),
		ConnectorID: w.ConnectorID, Connector: harmless(w.Connector, 200), Service: harmless(w.Service, 200),
		Workspace: harmless(w.Workspace, 200), Account: harmless(w.Account, 200),
		Affected: max(found.affected, 1), Expires: now.Add(planLife), Code: newCode(),
	}
	blanked := false
	p.Sends, blanked = forPerson(call.shown(), "configuration")
	if blanked || call.secrets != nil {
		w.note("Values that are secret, or whose names look so, are sent but not shown.")
	}
	if found.record != nil {
		p.Target, _ = forPerson(found.record)
	}
	w.lookAtName(call)
	for _, f := range w.flows {
		w.note("Before it, data of " + namesOf(f.from) + " was read in this session: see that it is not what goes out here.")
	}
	p.Changes = w.changes(call, found)
	p.Summary = w.summary(call, found, p.Changes)
	p.Undo = w.undo(call, found)
	p.Notes = bounded(w.notes)

	id := sealedPlan{
		Key: call.key(api), Sum: found.sum, Nonce: rand.Text(),
		Tool: call.Tool, ID: w.ConnectorID, Entity: p.Entity, Action: p.Action, From: sourcesOf(w.flows),
	}
	var err error
	if p.Sealed, err = r.seal.Close(planPurpose(r.ledger), api.Identity(), p.Expires, id); err != nil {
		return Plan{}, err
	}
	entry := r.entry(api, call, w, "planned", decision{confirm, ""})
	entry.Plan = id.name()
	if err := r.journal.write(entry); err != nil {
		return Plan{}, journalDown(err)
	}
	if p, err = r.keepPlan(p, id, api.Identity()); err != nil {
		return Plan{}, refuse("The plan of this cannot be kept until it is answered (%s).", harmless(err.Error(), 200)).
			next("Nothing was sent. Call again in a while.")
	}
	return p, nil
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

// inShort is a value for a line of a plan.
func inShort(v json.RawMessage, secret bool) string {
	if v != nil && secret && string(v) != "null" || unsafe(text(v)) {
		return redacted
	}
	if kindOf(v) == '"' {
		return harmless(text(v), maxChanged)
	}
	if kindOf(v) == '{' || kindOf(v) == '[' {
		v, _ = forPerson(v)
	}
	return harmless(string(v), maxChanged)
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
