package connect

import (
	"cmp"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// Approval is what a person is asked to approve. Texts may come from records:
// they are shown as data, without characters that cannot be seen.
type Approval struct {
	Title   string      // such as: Delete a ticket
	Summary string      // what will happen, in one sentence
	Facts   [][2]string // name and value
	Changes []Change    // field by field
	Target  string      // the record as it is now
	Notes   []string
	Undo    string // how, or that there is no way
	Danger  bool   // it destroys, or cannot be undone

	left int // how many changes do not fit on the page
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

const (
	// maxShown and maxShownChanges bound what a page shows of a plan.
	maxShown, maxShownChanges = 4000, 60
)

// shortened makes the texts of strangers fit for a page.
func (a Approval) shortened() Approval {
	a.Title, a.Summary, a.Undo = cmp.Or(plain(a.Title, 120), "Approve a change"), plain(a.Summary, 600), plain(a.Undo, 300)
	a.Target = counted(a.Target, maxShown)
	var facts [][2]string
	for _, f := range a.Facts[:min(len(a.Facts), 40)] {
		facts = append(facts, [2]string{plain(f[0], 80), plainLines(f[1], 1000)})
	}
	a.Facts = facts
	var notes []string
	for _, n := range a.Notes[:min(len(a.Notes), 10)] {
		notes = append(notes, plain(n, 500))
	}
	a.Notes = notes
	all := a.Changes
	a.Changes = nil
	for _, c := range all[:min(len(all), maxShownChanges)] {
		a.Changes = append(a.Changes, Change{plain(c.Path, 200), counted(c.Before, maxShown), counted(c.After, maxShown)})
	}
	a.left = len(all) - len(a.Changes)
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
	if a.left == 0 {
		return ""
	}
	return fmt.Sprintf("%d more changes do not fit on this page.", a.left)
}
