package dispatch

import (
	"context"
	"errors"
	"runtime/debug"
	"sync"
	"time"

	"airbyte-agent-mcp/tools/answer"
)

// errPending is for a call that is still running when it must be answered.
var errPending = errors.New("still running")

const (
	// maxJobs bounds the calls that go on after they were answered.
	maxJobs = 256
	// handingOver is what a caller's deadline must leave for the answer.
	handingOver = 500 * time.Millisecond
	// jobWindow is how long the outcome of such a call waits to be asked for.
	jobWindow = 10 * time.Minute
)

// jobs are the calls that go on after they were answered, by what was called
// by whom. The same call is not made again while one runs, and gets its
// outcome: so a write that outlasts its call happens once.
type jobs struct {
	stopped context.Context
	mu      sync.Mutex // guards byKey
	byKey   map[string]*job
}

type job struct {
	done   chan struct{} // closed when got and err are set
	since  time.Time
	cancel context.CancelFunc
	got    answer.Result
	err    error
	panic  *Panic
}

// Panic is what a tool panicked with, where it did.
type Panic struct {
	Value any
	Stack []byte
}

// Panic returns what the tool panicked with, and the stack where it did.
func (p *Panic) Panic() (value any, stack []byte) { return p.Value, p.Stack }

func newJobs(stopped context.Context) *jobs {
	return &jobs{stopped: stopped, byKey: map[string]*job{}}
}

// find is the job of that key that was handed over, nil if there is none.
func (js *jobs) find(key string) *job {
	js.mu.Lock()
	defer js.mu.Unlock()
	return js.byKey[key]
}

// await runs a call, or joins the one of the same key that was handed over,
// and waits for its outcome. After patience it is handed over: it goes on, and
// the error is errPending.
func (js *jobs) await(ctx context.Context, key string, patience time.Duration, run func(context.Context) (answer.Result, error)) (answer.Result, time.Time, error) {
	j := js.find(key)
	if j == nil {
		j = js.start(ctx, run)
	}
	if end, ok := ctx.Deadline(); ok { // the caller has waited before
		patience = min(patience, time.Until(end)-handingOver)
	}
	enough := time.NewTimer(patience)
	defer enough.Stop()
	select {
	case <-j.done:
	case <-ctx.Done():
		if js.find(key) == j { // it has been handed over: others may want it
			return nil, j.since, ctx.Err()
		}
		j.cancel()
		<-j.done // soon: its requests are canceled
	case <-enough.C:
		if js.handOver(key, j) {
			return nil, j.since, errPending
		}
		<-j.done
	}
	return js.outcome(key, j)
}

func (js *jobs) start(ctx context.Context, run func(context.Context) (answer.Result, error)) *job {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	release := context.AfterFunc(js.stopped, cancel)
	j := &job{done: make(chan struct{}), since: time.Now(), cancel: cancel}
	go func() {
		defer close(j.done)
		defer cancel()
		defer release()
		defer func() {
			if p := recover(); p != nil {
				j.panic = &Panic{p, debug.Stack()}
			}
		}()
		j.got, j.err = run(ctx)
	}()
	return j
}

// handOver lets a job go on by itself. It is false when too many do already.
func (js *jobs) handOver(key string, j *job) bool {
	js.mu.Lock()
	defer js.mu.Unlock()
	if js.byKey[key] == j {
		return true
	}
	if len(js.byKey) >= maxJobs {
		return false
	}
	js.byKey[key] = j
	go func() {
		<-j.done
		time.AfterFunc(jobWindow, func() { js.drop(key, j) })
	}()
	return true
}

// outcome hands out what came of a job that has ended. A call that is made
// after that is a new one.
func (js *jobs) outcome(key string, j *job) (answer.Result, time.Time, error) {
	js.drop(key, j)
	if j.panic != nil {
		panic(j.panic)
	}
	return j.got, j.since, j.err
}

func (js *jobs) drop(key string, j *job) {
	js.mu.Lock()
	defer js.mu.Unlock()
	if js.byKey[key] == j {
		delete(js.byKey, key)
	}
}
