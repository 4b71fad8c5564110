package connect

import (
	"cmp"
	"net/http"
)

// message is a page that only tells something.
type message struct {
	Title    string
	Tone     string // of the sign: good, bad, or neither
	Lines    []string
	Facts    [][2]string
	Link     string
	LinkText string
}

type messageView struct {
	page
	Message message
}

func (p *Pages) message(w http.ResponseWriter, status int, m message) {
	view := messageView{newPage(m.Title, m.Title), m}
	view.Tone = m.Tone
	if status >= 400 && m.Tone == "" {
		view.Tone = "bad"
	}
	view.Tile = map[string]string{"good": "✓", "bad": "!"}[view.Tone]
	view.Tile = cmp.Or(view.Tile, "i")
	p.render(w, status, "message.html", view)
}

var (
	notValid = message{Title: "This link is not valid", Lines: []string{
		"It may have been cut off when it was copied, changed on the way, made too long ago, or made before this server was started.",
		"Nothing was done. Ask your assistant for a new link.",
	}}
	expiredMessage = message{Title: "This link has expired", Lines: []string{
		"Links are good for 15 minutes, so that an old one cannot be misused.",
		"Nothing was done with it. Ask your assistant for a new one.",
	}}
)

const mayClose = "You may close this window and go back to your assistant."

// usedMessage is for a link that has served its purpose.
func usedMessage(purpose string, o Outcome) message {
	m := message{Title: "This link has been used", Lines: []string{"A link works once.", mayClose}}
	switch o.State {
	case StateExpired:
		return expiredMessage
	case StateCreated:
		m.Lines = []string{"The account was connected with it" + asName(o.Name) + ". A link works once, so that nobody can use it again.", mayClose}
	case StateAbandoned:
		m.Lines = []string{"You canceled here, and nothing was connected. Ask your assistant for a new link if you want to.", mayClose}
	case StateRefused:
		m.Lines = []string{"Airbyte refused what was asked with it, and nothing was done. Ask your assistant for a new link.", mayClose}
	case StateUnclear:
		return doneMessage(done{Purpose: purpose, State: o.State, Why: o.Why})
	case StateApproved:
		m.Lines = []string{"You have approved the change.", mayClose}
	case StateDeclined:
		m.Lines = []string{"You have declined the change; nothing was changed.", mayClose}
	}
	return m
}

func asName(name string) string {
	if name == "" {
		return ""
	}
	return " as “" + name + "”"
}

// doneMessage is the last page of a visit.
func doneMessage(d done) message {
	m := message{}
	fact := func(name, value string) {
		if value != "" {
			m.Facts = append(m.Facts, [2]string{name, value})
		}
	}
	switch d.State {
	case StateCreated:
		m.Title, m.Tone = cmp.Or(d.Service, d.Name, "The account")+" is connected", "good"
		fact("Name", d.Name)
		fact("Service", d.Service)
		fact("Workspace", d.Workspace)
		fact("Account", d.Account)
		fact("Note", d.Why)
		m.Lines = []string{mayClose}
	case StateAbandoned:
		m.Title, m.Lines = "Nothing was connected", []string{"You canceled. What you entered was not kept.", mayClose}
	case StateUnclear:
		m.Title, m.Tone = "It is not certain whether this worked", "bad"
		m.Lines = []string{
			"Airbyte was asked to connect the account and did not answer properly, so it may or may not be connected.",
			"Do not enter your credentials again yet. Ask your assistant to list the connectors first.",
		}
		fact("What we heard", d.Why)
	case StateApproved:
		m.Title, m.Tone, m.Lines = "Approved", "good", []string{"Your assistant may now go on.", mayClose}
		fact("Change", d.Title)
	case StateDeclined:
		m.Title, m.Lines = "Declined", []string{"Nothing was changed.", mayClose}
		fact("Change", d.Title)
	default:
		m.Title, m.Tone, m.Lines = "Airbyte refused this", "bad", []string{"Nothing was connected. Your assistant can give you a new link to try again. If that is refused as well, whoever looks after Airbyte for you has to mend it.", mayClose}
		if d.Purpose == forApprove {
			m.Title, m.Lines = "This could not be decided", []string{"Nothing was changed. Ask your assistant how things stand.", mayClose}
		}
		fact("What it says", d.Why)
	}
	return m
}
