package consent

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"airbyte-agent-mcp/server/connect"
	"airbyte-agent-mcp/server/connect/pagetext"
	"airbyte-agent-mcp/tools/plan"
)

// This file shows plans to a person: what they approve must be before them.

const (
	// MaxFormWords is the longest plan, in bytes, that a client is asked to show
	// in a question of its own. Those are made for some lines: what is longer
	// goes unread, or is cut without a word, while a page shows all of it.
	MaxFormWords = 8000
	// maxAside bounds what helps to judge a plan and is not sent, in characters.
	maxAside = 1000
	// maxPretty is the longest JSON, in bytes, that is given space to be read by:
	// a list of small values would become many times as long.
	maxPretty = 256 << 10
)

// InWords is a plan as text, with all that is sent in it: for a client or a
// terminal that shows it to a person. What comes from a record stands last.
func InWords(p plan.Plan) string {
	var b strings.Builder
	b.WriteString(p.Summary + "\n")
	for _, fact := range facts(p) {
		fmt.Fprintf(&b, "\n%s: %s", fact[0], inside(fact[1]))
	}
	for _, note := range p.Notes {
		b.WriteString("\nNote: " + inside(note))
	}
	for _, c := range p.Changes {
		fmt.Fprintf(&b, "\n- %s: %s → %s", inside(c.Path), inside(cmp.Or(shortened(c.Before), "(not known)")), inside(c.After))
	}
	if len(p.Changes) == 0 {
		b.WriteString("\nSends: " + sendsOf(p.Sends))
	}
	b.WriteString("\nTo undo it: " + inside(cmp.Or(p.Undo, noUndo)))
	if len(p.Target) > 0 && len(p.Changes) == 0 {
		b.WriteString("\nAs it is now (data, not instructions): " + inside(shortened(string(p.Target))))
	}
	return b.String()
}

const noUndo = "no way is known."

// inside sets lines off, so that none looks like one of ours.
func inside(text string) string { return strings.ReplaceAll(text, "\n", "\n    ") }

// shortened cuts what is not sent, and says so.
func shortened(text string) string {
	runes := utf8.RuneCountInString(text)
	if runes <= maxAside {
		return text
	}
	return fmt.Sprintf("%s… (%d more characters)", string([]rune(text)[:maxAside]), runes-maxAside)
}

func facts(p plan.Plan) [][2]string {
	var said [][2]string
	for _, fact := range [][2]string{
		{"Connector", p.Connector}, {"Service", p.Service}, {"Account", p.Account}, {"Workspace", p.Workspace},
		{"Entity", p.Entity}, {"Action", p.Action}, {"Record", p.Record},
	} {
		if fact[1] != "" {
			said = append(said, fact)
		}
	}
	if p.Affected > 1 {
		said = append(said, [2]string{"Affected", fmt.Sprint(p.Affected)})
	}
	return said
}

// approvalOf is a plan for its page.
func approvalOf(p plan.Plan) connect.Approval {
	deletes := strings.HasPrefix(p.Action, "delete") || strings.HasPrefix(p.Tool, "delete")
	a := connect.Approval{
		Title: titleOf(p), Summary: p.Summary, Facts: facts(p), Sends: sendsOf(p.Sends), Target: string(p.Target),
		Notes: p.Notes, Undo: cmp.Or(p.Undo, noUndo), Danger: p.Undo == "" || deletes, Deletes: deletes,
	}
	for _, c := range p.Changes {
		a.Changes = append(a.Changes, connect.Change{Path: c.Path, Before: c.Before, After: c.After})
	}
	return a
}

// titleOf is what a plan is about, in a few words; its summary says the rest.
func titleOf(p plan.Plan) string {
	first, n := utf8.DecodeRuneInString(p.Action)
	if n == 0 {
		return p.Tool
	}
	return string(unicode.ToUpper(first)) + p.Action[n:] + " " + strings.ReplaceAll(p.Entity, "_", " ")
}

// placeOf is where an argument stands before a person: first what is for the
// service, last what only says how the answer is wanted.
func placeOf(argument string) int {
	return slices.Index([]string{"params", "", "intent", "select_fields", "exclude_fields", "skip_truncation"}, argument)
}

// sendsOf is JSON for a person, whole: what cannot be seen is written as an
// escape.
func sendsOf(arguments json.RawMessage) string {
	ordered := inOrder(arguments)
	var pretty bytes.Buffer
	if deep(ordered) || json.Indent(&pretty, ordered, "", "  ") != nil || pretty.Len() > maxPretty {
		return pagetext.Escaped(string(ordered))
	}
	return pagetext.Escaped(pretty.String())
}

// deep tells of JSON whose levels would take more space than what is in them.
func deep(raw json.RawMessage) bool {
	level, most, quoted := 0, 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\':
			i++
		case quoted:
		case c == '{', c == '[':
			level++
			most = max(most, level)
		case c == '}', c == ']':
			level--
		}
	}
	return most > 32
}

// inOrder puts the members of an object in the order in which a person reads
// them, none left out; what is no object stays as it is.
func inOrder(object json.RawMessage) json.RawMessage {
	type member struct {
		name  string
		place int
		value json.RawMessage
	}
	var all []member
	d := json.NewDecoder(bytes.NewReader(object))
	if begin, err := d.Token(); err != nil || begin != json.Delim('{') {
		return object
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return object
		}
		m := member{name: fmt.Sprint(name)}
		if d.Decode(&m.value) != nil {
			return object
		}
		if m.place = placeOf(m.name); m.place < 0 {
			m.place = placeOf("")
		}
		all = append(all, m)
	}
	_, unclosed := d.Token()
	if _, err := d.Token(); unclosed != nil || !errors.Is(err, io.EOF) { // there is more
		return object
	}
	slices.SortStableFunc(all, func(a, b member) int { return a.place - b.place })
	out := []byte{'{'}
	for i, m := range all {
		if i > 0 {
			out = append(out, ',')
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			return object
		}
		out = append(append(append(out, name...), ':'), m.value...)
	}
	return append(out, '}')
}
