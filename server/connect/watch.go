package connect

import (
	"airbyte-agent-mcp/airbyteclient"
	"cmp"
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// watchers are the goroutines that look after sign-ins.
type watchers struct {
	mu      sync.Mutex // guards closed, so that none begins when Close waits
	closed  bool
	running sync.WaitGroup
	closing context.Context // ends with Close
	close   context.CancelFunc
}

// Close ends the looking after sign-ins and waits for it. A creation that has
// begun may end, but for a few seconds only.
func (p *Pages) Close() {
	p.watchers.mu.Lock()
	p.watchers.closed = true
	p.watchers.mu.Unlock()
	p.watchers.close()
	p.watchers.running.Wait()
}

// watch looks after a sign-in until the visit has an outcome, and tells whether
// it could begin to.
func (p *Pages) watch(l link, v *visit, s *signIn) bool {
	p.watchers.mu.Lock()
	defer p.watchers.mu.Unlock()
	if p.watchers.closed {
		return false
	}
	v.signIn(s)
	p.watchers.running.Go(func() {
		defer v.signIn(nil)
		defer p.survive(l)
		for p.await(l, v) && !p.look(p.watchers.closing, l, v, s) {
		}
	})
	return true
}

// survive keeps a bug met in one sign-in from ending the process: its visit
// expires. What was thrown may hold values, so only its type is told.
func (p *Pages) survive(l link) {
	if thrown := recover(); thrown != nil {
		p.options.Log.Error("page", "visit", l.ID, "panic in", "sign-in", "type", fmt.Sprintf("%T", thrown), "stack", string(debug.Stack()))
	}
}

// await waits for the time of the next look. There is none when the visit has
// ended, which it does here at the end of the link's time.
func (p *Pages) await(l link, v *visit) bool {
	ctx := p.watchers.closing
	timer := time.NewTimer(cmp.Or(p.options.Poll, signInPoll))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
	}
	if _, ended := p.result(v); ended {
		return false
	}
	if p.options.Now().Before(l.Until) {
		return true
	}
	p.expire(ctx, v)
	return false
}

// look asks how a sign-in stands, acts on it, and tells whether that was all.
func (p *Pages) look(ctx context.Context, l link, v *visit, s *signIn) (over bool) {
	got, err := s.client.GetSignInSession(ctx, s.session)
	switch kind := airbyteclient.KindOf(err); {
	case kind == airbyteclient.KindNotFound, kind == airbyteclient.KindForbidden:
		p.log(l, "look after sign-in", err)
		v.heard("Airbyte does not know the sign-in any more.")
		return true // and another can be begun
	case err != nil:
		return false
	}
	switch got.Status {
	case airbyteclient.SignInCompleted, airbyteclient.SignInFailed, airbyteclient.SignInError:
	default:
		return false
	}
	release, err := v.take(ctx)
	if err != nil {
		return true
	}
	defer release()
	if _, ended := p.result(v); ended { // by the form
		return true
	}
	ctx, cancel := outlast(ctx)
	defer cancel()
	ours := false
	o := p.decided(ctx, l, v, func(ctx context.Context) Outcome {
		o, final := p.signedIn(ctx, l, v, s, got)
		if ours = final; !final {
			v.heard(o.Why)
			return Outcome{State: StateWaiting}
		}
		return o
	})
	if o.State == StateWaiting {
		return false
	}
	p.options.Log.Info("page", "visit", l.ID, "sign-in", got.Status, "state", o.State)
	if ours && o.State == StateCreated && got.SourceID == "" {
		if err := s.client.UpdateSignInSession(ctx, s.session, airbyteclient.UpdateSignInSessionRequest{SourceID: o.ConnectorID}); err != nil {
			p.log(l, "mark sign-in", err) // which only tidies up
		}
	}
	return true
}

// outlast gives a creation its own time: what ends the waiting leaves it a little.
func outlast(ctx context.Context) (context.Context, context.CancelFunc) {
	work, cancel := context.WithTimeout(context.WithoutCancel(ctx), submitTime)
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(closeTime, cancel) })
	return work, func() { stop(); cancel() }
}
