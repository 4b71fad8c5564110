package connect

import (
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// Approval is what a person is asked to approve. Texts may come from records:
// they are shown as data, without characters that cannot be seen.
type Approval struct {
	Code    string      `json:"code"`              // for Options.Decide
	Title   string      `json:"title"`             // such as: Delete a ticket
	Summary string      `json:"summary"`           // what will happen, in one sentence
	Facts   [][2]string `json:"facts,omitempty"`   // name and value
	Changes []Change    `json:"changes,omitempty"` // field by field
	Target  string      `json:"target,omitempty"`  // the record as it is now
	Notes   []string    `json:"notes,omitempty"`
	Undo    string      `json:"undo,omitempty"` // how, or that there is no way
	Expires time.Time   `json:"-"`
	Danger  bool        `json:"danger,omitempty"` // it destroys, or cannot be undone
	// Left tells how many changes did not fit on the page.
	Left int `json:"left,omitempty"`
}

// Change is one field before and after; an empty side means that it was or
// will be absent.
type Change struct {
	Path   string `json:"path"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// Approve makes a link to an approval page.
func (p *Pages) Approve(caller string, a Approval) (*Visit, error) {
	if p.options.Decide == nil {
		return nil, errors.New("approvals are not set up")
	}
	until := a.Expires
	if now := p.options.Now(); until.IsZero() || until.After(now.Add(linkTime)) {
		until = now.Add(linkTime)
	}
	// A link must not grow with the records that it tells of.
	for _, size := range []struct{ text, changes int }{{4000, 60}, {1000, 40}, {300, 30}, {80, 20}} {
		short := a.shortened(size.text, size.changes)
		sealed, err := p.options.Seal.Close(forApprove, "", until, link{Approval: &short})
		if err != nil {
			return nil, err
		}
		if len(sealed) <= maxSealed {
			return p.newLink(forApprove, link{Caller: caller, Approval: &short}, until)
		}
	}
	return nil, errors.New("what is to be approved is too much for a page")
}

func (a Approval) shortened(text, changes int) Approval {
	a.Title, a.Summary, a.Undo = plain(a.Title, 120), plain(a.Summary, 600), plain(a.Undo, 300)
	a.Target = counted(a.Target, text)
	var facts [][2]string
	for _, f := range a.Facts[:min(len(a.Facts), 40)] {
		facts = append(facts, [2]string{plain(f[0], 80), plainLines(f[1], min(text, 1000))})
	}
	a.Facts = facts
	var notes []string
	for _, n := range a.Notes[:min(len(a.Notes), 10)] {
		notes = append(notes, plain(n, 500))
	}
	a.Notes = notes
	all := a.Changes
	a.Changes = nil
	for _, c := range all[:min(len(all), changes)] {
		a.Changes = append(a.Changes, Change{plain(c.Path, 200), counted(c.Before, text), counted(c.After, text)})
	}
	a.Left = len(all) - len(a.Changes)
	return a
}

// counted cuts a text and says how much of it is not shown.
func counted(s string, limit int) string {
	s = plainLines(s, maxBody)
	if n := utf8.RuneCountInString(s) - limit; n > 0 {
		return fmt.Sprintf("%s (%d more characters)", cut(s, limit), n)
	}
	return s
}

// LeftOut says what a page does not show.
func (a Approval) LeftOut() string {
	if a.Left == 0 {
		return ""
	}
	return fmt.Sprintf("%d more changes do not fit on this page.", a.Left)
}
