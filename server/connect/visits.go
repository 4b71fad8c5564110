package connect

import (
	"context"
	"errors"
	"sync"
	"time"
)

// maxVisits bounds how many links are remembered. Used ones are not forgotten
// early, or they could be used again: new ones are refused instead.
const maxVisits = 4096

var errTooManyVisits = errors.New("too many links to pages are open; try again when some have been used or have expired")

// visits remembers the links of this process until they expire.
type visits struct {
	mu   sync.Mutex // guards byID
	byID map[string]*visit
}

// visit is one link's way from being made to its outcome.
type visit struct {
	id    string
	until time.Time
	// turn is held by whoever acts on the link, so that it is done only once.
	turn chan struct{}
	done chan struct{} // closed when there is an outcome

	mu      sync.Mutex // guards the fields below
	form    *form
	service string // whose form it is
	why     string // what the service said last
	outcome Outcome
	ended   bool
	current *signIn // at Airbyte
}

// open finds the visit of a link, or begins it.
func (all *visits) open(id string, until, now time.Time) (*visit, error) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if v := all.byID[id]; v != nil {
		return v, nil
	}
	for id, v := range all.byID {
		// Whoever waits for the outcome gets a while to hear of it.
		if now.After(v.until.Add(keepVisit)) {
			delete(all.byID, id)
		}
	}
	if len(all.byID) >= maxVisits {
		return nil, errTooManyVisits
	}
	v := &visit{id: id, until: until, turn: make(chan struct{}, 1), done: make(chan struct{})}
	all.byID[id] = v
	return v, nil
}

func (all *visits) find(id string) *visit {
	all.mu.Lock()
	defer all.mu.Unlock()
	return all.byID[id]
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

func (v *visit) end(o Outcome) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.ended {
		return
	}
	if o.Why == "" && (o.State == StateExpired || o.State == StateAbandoned) {
		o.Why = v.why
	}
	v.outcome, v.ended, v.form = o, true, nil
	close(v.done)
}

func (v *visit) result() (Outcome, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.outcome, v.ended
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

func (v *visit) cached() *form {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.form
}

func (v *visit) cache(f *form) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.service = f.service; !v.ended {
		v.form = f
	}
}

// wait returns the outcome. At the end of the link's time it lets a submission
// that is under way finish first.
func (v *visit) wait(ctx context.Context, left time.Duration) Outcome {
	if o, ended := v.result(); ended {
		return o // whatever has become of ctx
	}
	timer := time.NewTimer(max(left, 0))
	defer timer.Stop()
	select {
	case <-v.done:
	case <-ctx.Done():
		return Outcome{State: StateWaiting}
	case <-timer.C:
		release, err := v.take(ctx)
		if err != nil {
			return Outcome{State: StateWaiting}
		}
		v.end(Outcome{State: StateExpired})
		release()
	}
	o, _ := v.result()
	return o
}
