package connect

import (
	"cmp"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"airbyte-agent-mcp/server/connect/pagetext"
)

// Approval is what a person is asked to approve. Texts may come from records:
// they are shown as data, without characters that cannot be seen.
type Approval struct {
	Title   string      // such as: Delete a ticket
	Summary string      // what will happen, in one sentence
	Facts   [][2]string // name and value
	Changes []Change    // field by field
	Sends   string      // all that is sent, as JSON to be read
	Target  string      // the record as it is now
	Notes   []string
	Undo    string // how, or that there is no way
	Danger  bool   // it destroys, or cannot be undone
	Deletes bool   // Target will be gone

	// Unshown is what of all that is sent the page cannot show, so that nobody
	// can approve it there; empty where it shows all.
	Unshown string
}

// Change is one field before and after; an empty side means that it was or
// will be absent.
type Change struct{ Path, Before, After string }

// Approve makes a link to the page of a plan that Options.Plan knows by its
// code. What is to be approved is not in the link: a model that passes it on
// would pay for every byte.
func (p *Pages) Approve(caller, code string, until time.Time) (*Visit, error) {
	if p.options.Decide == nil || p.options.Plan == nil {
		return nil, errors.New("approvals are not set up")
	}
	if latest := p.options.Now().Add(linkTime); until.IsZero() || until.After(latest) {
		until = latest
	}
	return p.newLink(forApprove, link{Caller: caller, Code: code}, until)
}

// What a page shows of a plan, in characters. What is sent is shown whole or
// cannot be approved; what only helps to judge it may be cut, with a mark.
const (
	maxChanges = 1000
	maxPath    = 1000
	maxAfter   = 64 << 10
	// maxSends is for 64 KiB of arguments with the space that makes them readable.
	maxSends = 512 << 10

	maxAsIs             = 4000 // each Before, and Target
	maxUndo             = 16 << 10
	maxNotes, maxNote   = 20, 600
	maxFacts, maxFact   = 40, 1000
	maxTitle, maxLead   = 120, 600
	maxFactName, maxWhy = 80, 300
)

// shown makes the texts of strangers fit for a page.
func (a Approval) shown() Approval {
	out := Approval{
		Title: cmp.Or(pagetext.OneLine(a.Title, maxTitle), "Approve a change"), Summary: pagetext.OneLine(a.Summary, maxLead),
		Target: counted(a.Target, maxAsIs), Undo: counted(a.Undo, maxUndo), Danger: a.Danger, Deletes: a.Deletes,
	}
	for _, f := range a.Facts[:min(len(a.Facts), maxFacts)] {
		out.Facts = append(out.Facts, [2]string{pagetext.OneLine(f[0], maxFactName), counted(f[1], maxFact)})
	}
	for _, n := range a.Notes[:min(len(a.Notes), maxNotes)] {
		out.Notes = append(out.Notes, counted(pagetext.OneLine(n, len(n)), maxNote))
	}
	if left := len(a.Notes) - maxNotes; left > 0 {
		out.Notes = append(out.Notes, fmt.Sprintf("There are %d more notes.", left))
	}
	out.Sends, out.Unshown = counted(pagetext.Escaped(a.Sends), maxSends), a.unshown()
	for _, c := range a.Changes[:min(len(a.Changes), maxChanges)] {
		out.Changes = append(out.Changes, Change{counted(c.Path, maxPath), counted(c.Before, maxAsIs), counted(c.After, maxAfter)})
	}
	return out
}

// unshown says what of all that is sent would be cut.
func (a Approval) unshown() string {
	if utf8.RuneCountInString(pagetext.Escaped(a.Sends)) > maxSends {
		return "What is sent is too long for this page."
	}
	if left := len(a.Changes) - maxChanges; left > 0 {
		return fmt.Sprintf("%d more changes do not fit on this page.", left)
	}
	for _, c := range a.Changes {
		if utf8.RuneCountInString(c.After) > maxAfter || utf8.RuneCountInString(c.Path) > maxPath {
			return "A value that is sent is too long for this page."
		}
	}
	return ""
}

// counted cuts a text and says how much of it is not shown.
func counted(s string, limit int) string {
	s = pagetext.Lines(s, len(s))
	if n := utf8.RuneCountInString(s) - limit; n > 0 {
		return fmt.Sprintf("%s (%d more characters)", pagetext.Cut(s, limit), n)
	}
	return s
}
