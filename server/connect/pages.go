// Package connect serves the pages on which a person connects an account or
// approves a change. What is entered there goes to Airbyte and nowhere else:
// not to the model, not into a log, not into an address.
package connect

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/server/connect/form"
)

const (
	// linkTime is how long a link is good for.
	linkTime = 15 * time.Minute
	// sealTime is how much longer it can be told from a forged one.
	sealTime = 24 * time.Hour
	// keepVisit is how long an outcome is remembered after the link's time.
	keepVisit = 15 * time.Minute
	// submitTime bounds one check and creation; closing the page does not end it.
	submitTime = 2 * time.Minute
	maxBody    = 64 << 10
	// maxSealed bounds a link's sealed text, in bytes. A proxy that takes less, as
	// many do, does not let the longest through.
	maxSealed = 24 << 10
)

// What can become of a visit.
const (
	StateWaiting   = "waiting"   // the person has not finished
	StateCreated   = "created"   // the connector is there
	StateRefused   = "refused"   // by the service, and not for a reason that a person can mend in a form
	StateUnclear   = "unclear"   // the connector may be there: the service was asked and did not answer
	StateAbandoned = "abandoned" // by the person
	StateExpired   = "expired"
	StateApproved  = "approved"
	StateDeclined  = "declined"
)

// Pages serves the pages on which a person connects an account or approves a
// change. The zero value is not usable: call New, and Close in the end.
type Pages struct {
	options  Options
	visits   visits
	handler  http.Handler
	watchers watchers
}

// Sealer makes texts that only this server can read or make.
type Sealer interface {
	Close(purpose, caller string, until time.Time, v any) (string, error)
	Open(purpose, caller string, now time.Time, sealed string, v any) error
}

// Options says what Pages works with. Seal, Ledger, Base and Client are
// required, and Plan and Decide for approvals.
type Options struct {
	Seal   Sealer
	Ledger Ledger
	// Base is the public URL of the pages, without a slash at its end.
	Base func() string
	// Client gives the client of the caller that a link was made for.
	Client func(ctx context.Context, caller string) (*airbyteclient.Client, error)
	Now    func() time.Time // nil means time.Now
	Log    *slog.Logger     // gets no values; nil means none
	// Record writes down what is done with forms. Where it cannot write that a
	// connector is about to be created, none is. nil means none.
	Record func(Event) error
	// Plan is what the plan of a code asks a person to approve; an error where it
	// does not wait any more.
	Plan func(code string) (Approval, error)
	// Decide carries out what was chosen on an approval page.
	Decide func(code string, yes bool) error
	// Poll is the time between two looks at a sign-in; 0 means 3 seconds.
	Poll time.Duration
}

// Event is what happens to the form of a link.
type Event struct {
	Kind          EventKind
	Visit, Caller string
	ConnectorID   string
	Outcome       string // a state, or invalid where the person may mend it; empty when sent
}

// EventKind is one of those below.
type EventKind int

const (
	EventSent     EventKind = iota // a connector is about to be created
	EventAnswered                  // the creation has come to its outcome, which follows every EventSent
	EventEnded                     // the link has ended without one: with an ID where the web app made the connector
)

// Visit is a link to a page, and the ID to ask for its Outcome with.
type Visit struct{ URL, ID string }

// Outcome is what became of a visit: one of the states, with the connector
// where there is one and the service's own words where it refused.
type Outcome struct {
	State       string
	ConnectorID string
	ReplacedID  string // the connector whose name it has got
	Name        string // of the connector, or what was approved
	Why         string
	Account     string
}

// New makes the pages. It opens nothing: Handler must be served at Base.
func New(o Options) *Pages {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	p := &Pages{options: o, visits: visits{byID: map[string]*visit{}}}
	p.watchers.closing, p.watchers.close = context.WithCancel(context.Background())
	p.handler = p.routes()
	return p
}

// Handler serves everything under /connect/ and /approve/.
func (p *Pages) Handler() http.Handler { return p.handler }

// Connect makes a link to a form. It asks the service nothing yet.
func (p *Pages) Connect(_ context.Context, caller string, r form.Request) (*Visit, error) {
	if r.DefinitionID == "" && r.SourceTemplateID == "" {
		return nil, errors.New("a form needs the definition or the template of the service to connect")
	}
	return p.newLink(forConnect, link{Caller: caller, Request: r}, p.options.Now().Add(linkTime))
}

// Outcome waits until the person has finished, the link expires, or ctx ends:
// then the state is waiting. An error means that the ID is not known here.
func (p *Pages) Outcome(ctx context.Context, id string) (Outcome, error) {
	var known issued
	if found, err := p.options.Ledger.Get("link "+id, &known, p.options.Now()); err != nil {
		return Outcome{}, err
	} else if !found {
		return Outcome{}, errors.New("no page was opened here under this ID, or too long ago")
	}
	v, err := p.visits.open(id, known, p.options.Now())
	if err != nil {
		return Outcome{}, err
	}
	return p.wait(ctx, v), nil
}

// purposes of what is sealed.
const (
	forConnect = "connect"
	forApprove = "approve"
	forDone    = "done"
	forToken   = "form token"
)

// link is what is sealed into an address. The browser that opens it is nobody
// yet, so the caller is inside.
type link struct {
	ID      string       `json:"id"`
	Caller  string       `json:"caller,omitempty"`
	Until   time.Time    `json:"until"`
	Request form.Request `json:"request,omitzero"`
	Code    string       `json:"code,omitempty"` // of the plan to approve
}

// issued is what must be known of a link to wait for its outcome.
type issued struct {
	Until  time.Time `json:"until"`
	Caller string    `json:"caller"`
	Form   bool      `json:"form"`
}

func (l link) issued() issued { return issued{l.Until, l.Caller, l.Code == ""} }

func (p *Pages) newLink(purpose string, l link, until time.Time) (*Visit, error) {
	l.ID, l.Until = rand.Text(), until.UTC().Truncate(time.Second)
	sealed, err := p.options.Seal.Close(p.here(purpose), "", l.Until.Add(sealTime), l)
	if err != nil {
		return nil, err
	}
	if len(sealed) > maxSealed {
		return nil, errors.New("what is given is too much for a link; give fewer settings")
	}
	v, err := p.visits.open(l.ID, l.issued(), p.options.Now())
	if err != nil {
		return nil, err
	}
	if err := p.options.Ledger.Put("link "+l.ID, l.issued(), v.known(), p.options.Now()); err != nil {
		return nil, err
	}
	return &Visit{URL: strings.TrimSuffix(p.options.Base(), "/") + "/" + purpose + "/" + sealed, ID: l.ID}, nil
}

// here makes a purpose that of those who share the ledger: elsewhere it is not
// known whether a link was used.
func (p *Pages) here(purpose string) string { return purpose + " " + p.options.Ledger.ID() }
