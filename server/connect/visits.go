package connect

import (
	"context"
	"errors"
	"sync"
	"time"

	"airbyte-agent-mcp/server/connect/form"
)

// maxVisits bounds how many links this process has at hand. New ones are
// refused, or who fills the memory would push out the others.
const maxVisits = 4096

// pollOutcome is how often it is looked whether somebody has ended a link: it
// may have been another process.
const pollOutcome = 250 * time.Millisecond

var errTooManyVisits = errors.New("too many links to pages are open; try again when some have been used or have expired")

// Ledger remembers what became of links, for as long as it says and for all who
// share it. Of all who add a record of one name, one is first.
type Ledger interface {
	// ID is what sets it apart from others: links are good where it is known.
	ID() string
	Add(name string, v any, until, now time.Time) (first bool, err error)
	Put(name string, v any, until, now time.Time) error
	Get(name string, v any, now time.Time) (found bool, err error)
	Drop(name string) error
}

// visits are the links that this process has at hand, until they expire.
type visits struct {
	mu   sync.Mutex // guards byID
	byID map[string]*visit
}

// visit is what a process knows of a link.
type visit struct {
	id string
	issued
	// turn is held by whoever acts on the link, so that a second click waits for
	// the first. That it is done only once is up to the ledger.
	turn chan struct{}
	// done is closed when this process ends the link.
	done chan struct{}

	mu      sync.Mutex // guards the fields below
	over    bool
	form    *form.Form
	service string  // whose form it is
	why     string  // what the service said last
	current *signIn // at Airbyte
}

// open finds the visit of a link, or begins it.
func (all *visits) open(id string, known issued, now time.Time) (*visit, error) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if v := all.byID[id]; v != nil {
		return v, nil
	}
	for id, v := range all.byID {
		// Whoever waits for the outcome gets a while to hear of it.
		if now.After(v.Until.Add(keepVisit)) {
			delete(all.byID, id)
		}
	}
	if len(all.byID) >= maxVisits {
		return nil, errTooManyVisits
	}
	v := &visit{id: id, issued: known, turn: make(chan struct{}, 1), done: make(chan struct{})}
	all.byID[id] = v
	return v, nil
}

// take waits for the turn to act on the link; release must follow.
func (v *visit) take(ctx context.Context) (release func(), err error) {
	select {
	case v.turn <- struct{}{}:
		return func() { <-v.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// about is the name of the service, once it is known.
func (v *visit) about() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.service
}

func (v *visit) heard(why string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.why = why
}

func (v *visit) cached() *form.Form {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.form
}

func (v *visit) cache(f *form.Form) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.form, v.service = f, f.Service
}

// forget lets go of what was needed while the link was open, and gives what the
// service said last.
func (v *visit) forget() (why string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.form = nil
	return v.why
}

// wake tells those who wait in this process that there is an outcome.
func (v *visit) wake() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.over {
		v.over = true
		close(v.done)
	}
}

// known is how long a link's records are kept.
func (v *visit) known() time.Time { return v.Until.Add(keepVisit + submitTime) }

// claim makes the caller the one who ends a link, if it is the first of all who
// try: before anything is done that must not be done twice.
func (p *Pages) claim(v *visit) (first bool, err error) {
	return p.options.Ledger.Add("end of link "+v.id, true, v.known(), p.options.Now())
}

// unclaim leaves the link open after all.
func (p *Pages) unclaim(v *visit) error { return p.options.Ledger.Drop("end of link " + v.id) }

// end writes down and remembers the outcome of a link that was claimed.
func (p *Pages) end(v *visit, o Outcome) {
	why := v.forget()
	if o.State == StateAbandoned || o.State == StateExpired || o.State == StateRefused {
		p.note(v, Event{Kind: EventEnded, Outcome: o.State})
	}
	if o.Why == "" && (o.State == StateExpired || o.State == StateAbandoned) {
		o.Why = why
	}
	if err := p.options.Ledger.Put("outcome of link "+v.id, o, v.known(), p.options.Now()); err != nil {
		p.options.Log.Error("page", "visit", v.id, "state", o.State, "not remembered", err.Error())
	}
	v.wake()
}

// record writes down what is done with a form.
func (p *Pages) record(v *visit, e Event) error {
	if p.options.Record == nil || !v.Form {
		return nil
	}
	e.Visit, e.Caller = v.id, v.Caller
	return p.options.Record(e)
}

// note records what can be helped no more.
func (p *Pages) note(v *visit, e Event) {
	if err := p.record(v, e); err != nil {
		p.options.Log.Error("page", "visit", v.id, "state", e.Outcome, "not written down", err.Error())
	}
}

// result is the outcome of a link that has one.
func (p *Pages) result(v *visit) (o Outcome, ended bool) {
	found, err := p.options.Ledger.Get("outcome of link "+v.id, &o, p.options.Now())
	if err != nil {
		p.options.Log.Error("page", "visit", v.id, "not known", err.Error())
	}
	return o, found
}

// wait returns the outcome. At the end of the link's time it ends it, unless
// somebody is about to: that one may finish first.
func (p *Pages) wait(ctx context.Context, v *visit) Outcome {
	tick := time.NewTicker(pollOutcome)
	defer tick.Stop()
	done := v.done
	for {
		o, ended := p.result(v)
		if ended {
			return o // whatever has become of ctx
		}
		now := p.options.Now()
		if over := !now.Before(v.Until); over && p.expire(ctx, v) {
			continue
		} else if over && now.After(v.Until.Add(submitTime)) {
			return Outcome{State: StateUnclear, Why: "Whoever was at it did not finish."}
		}
		select {
		case <-ctx.Done():
			if o, ended = p.result(v); ended { // since the last look
				return o
			}
			return Outcome{State: StateWaiting}
		case <-done:
			done = nil // it may not have been remembered
		case <-tick.C:
		}
	}
}

// expire ends a link whose time is over and that nobody is ending.
func (p *Pages) expire(ctx context.Context, v *visit) bool {
	if ctx.Err() != nil {
		return false
	}
	first, err := p.claim(v)
	if err != nil || !first {
		return false
	}
	p.end(v, Outcome{State: StateExpired})
	return true
}
