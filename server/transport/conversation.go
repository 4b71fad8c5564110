package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

const (
	// MaxInFlight bounds the requests under way in one conversation.
	MaxInFlight = 1024
	// DrainCanceled is how long a canceled call may take to say so.
	DrainCanceled = time.Second
)

// conversation is one client that sends its messages one by one and reads all
// of ours from one stream: standard input and output, or legacy SSE.
type conversation struct {
	transport *Transport
	outlet    *Outlet
	session   *Session
	stop      context.CancelFunc // ends every call
	stopped   <-chan struct{}    // closed by stop
	forwarded chan struct{}      // closed when forward has ended

	turn chan struct{} // full while someone uses out, so that messages do not mix
	out  func(o *Outlet, message []byte) error

	wait     sync.WaitGroup
	mu       sync.Mutex                    // guards the fields below
	closing  bool                          // no more requests are taken
	requests map[string]context.CancelFunc // by raw JSON-RPC id; gone once answered
}

// Converse makes a client known to the SDK, until close. out writes one
// message; when it fails there is nobody to serve, so every call ends. The
// context is that of the calls.
func (tr *Transport) Converse(ctx context.Context, id string, out func(*Outlet, []byte) error) (*conversation, context.Context, error) {
	ctx, stop := context.WithCancel(ctx)
	t := &conversation{
		transport: tr, out: out, turn: make(chan struct{}, 1), stop: stop, stopped: ctx.Done(),
		forwarded: make(chan struct{}), requests: map[string]context.CancelFunc{},
	}
	t.outlet = newOutlet(context.Background(), tr.secret)
	t.outlet.Notify = t.notify
	t.session = newSession(id, func(message any) { _ = t.send(message) })
	t.session.ended = t.stopped
	ctx = tr.mcp.WithContext(withOutlet(ctx, t.outlet), t.session)
	if err := tr.mcp.RegisterSession(ctx, t.session); err != nil {
		stop()
		return nil, nil, fmt.Errorf("register session: %w", err)
	}
	go func() { defer close(t.forwarded); t.forward(ctx) }()
	return t, ctx, nil
}

// Close ends every call that still runs. drain comes first.
func (t *conversation) Close(ctx context.Context) {
	t.stop()
	<-t.forwarded
	t.transport.mcp.UnregisterSession(ctx, t.session.SessionID())
}

// Envelope is what routing needs of a message.
type Envelope struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Result json.RawMessage `json:"result"`
	Error  json.RawMessage `json:"error"`
	Params json.RawMessage `json:"params"`
}

// Receive routes one message. It never waits for a call.
func (t *conversation) Receive(ctx context.Context, m Envelope, message []byte) {
	switch hasID := len(m.ID) > 0 && !bytes.Equal(m.ID, []byte("null")); {
	case m.Method == "" && hasID && (m.Result != nil || m.Error != nil):
		t.session.answer(m)
	case !hasID:
		if m.Method == "notifications/cancelled" {
			t.cancel(m.Params)
		}
		t.transport.handle(ctx, message)
	default:
		t.request(ctx, m, message)
	}
}

// request runs one request beside the others.
func (t *conversation) request(ctx context.Context, m Envelope, message []byte) {
	id := string(m.ID)
	size := int64(len(message))
	if !t.transport.Arriving.Take(size) {
		t.fail(m.ID, mcp.INVALID_REQUEST, busy)
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	if why := t.admit(id, m.Method, cancel); why != "" {
		t.transport.Arriving.give(size)
		cancel()
		t.fail(m.ID, mcp.INVALID_REQUEST, why)
		return
	}
	go func() {
		defer t.transport.Arriving.give(size)
		defer t.wait.Done()
		defer cancel()
		response := t.transport.handle(ctx, message)
		if !t.answered(id) {
			return
		}
		t.session.flush(ctx)
		if response == nil {
			t.fail(m.ID, mcp.INVALID_REQUEST, "the message is neither a request nor a response")
		} else if err := t.send(withRawID(response, m.ID)); err != nil {
			t.transport.log.Error("answer not encoded", "method", m.Method, "error", err)
			t.fail(m.ID, mcp.INTERNAL_ERROR, "internal error")
		}
	}()
}

// admit puts a request on the list, or says why not.
func (t *conversation) admit(id, method string, cancel context.CancelFunc) (refusal string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch _, twice := t.requests[id]; {
	case t.closing:
		return "the server is stopping"
	case twice:
		return "a request with this id is still under way"
	case len(t.requests) >= MaxInFlight && method != "ping":
		return fmt.Sprintf("%d requests are under way; send more once some are answered", MaxInFlight)
	}
	t.requests[id] = cancel
	t.wait.Add(1)
	return ""
}

// answered takes a request off the list, once.
func (t *conversation) answered(id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, open := t.requests[id]
	delete(t.requests, id)
	return open
}

// cancel ends a request as soon as it was received, even before the SDK has
// heard of it.
func (t *conversation) cancel(params json.RawMessage) {
	var p struct {
		RequestID json.RawMessage `json:"requestId"`
	}
	if json.Unmarshal(params, &p) != nil {
		return
	}
	t.mu.Lock()
	cancel := t.requests[string(p.RequestID)]
	t.mu.Unlock()
	if cancel != nil {
		cancel()
	}
}

// Drain takes no more requests, lets those under way finish, cancels those
// that take too long, and tells the client of those that do not even end then.
// If ctx has not ended yet, its end cuts the wait short.
func (t *conversation) Drain(ctx context.Context, grace time.Duration) {
	t.mu.Lock()
	t.closing = true
	t.mu.Unlock()
	done := make(chan struct{})
	go func() { t.wait.Wait(); close(done) }()
	signal := ctx.Done()
	if ctx.Err() != nil {
		signal = nil
	}
	select {
	case <-done:
		return
	case <-signal:
	case <-time.After(grace):
	}
	t.mu.Lock()
	for _, cancel := range t.requests {
		cancel()
	}
	t.mu.Unlock()
	select {
	case <-done:
		return
	case <-time.After(DrainCanceled):
	}
	t.mu.Lock()
	left := t.requests
	t.requests = map[string]context.CancelFunc{}
	t.mu.Unlock()
	for id := range left {
		t.fail(json.RawMessage(id), mcp.INTERNAL_ERROR, "the server is stopping; the call may have run")
	}
}

func (t *conversation) fail(id json.RawMessage, code int, why string) {
	_ = t.send(mcp.JSONRPCError{ // which can be encoded
		JSONRPC: mcp.JSONRPC_VERSION,
		ID:      rawID(id),
		Error:   mcp.NewJSONRPCErrorDetails(code, why, nil),
	})
}

// send writes one message. The error is for one that cannot be encoded.
func (t *conversation) send(message any) error {
	encoded, err := json.Marshal(message)
	if err != nil {
		return err
	}
	t.write(func() error { return t.out(t.outlet, encoded) })
	return nil
}

// write calls out in turn, unless nobody reads any more.
func (t *conversation) write(out func() error) {
	select {
	case t.turn <- struct{}{}:
	case <-t.stopped:
		return
	}
	defer func() { <-t.turn }()
	if out() != nil {
		t.stop()
	}
}

func (t *conversation) notify(method string, params any) error {
	return t.send(notification{JSONRPC: mcp.JSONRPC_VERSION, Method: method, Params: params})
}

// forward writes what the SDK itself wants the client to know.
func (t *conversation) forward(ctx context.Context) {
	for {
		select {
		case n := <-t.session.notifications:
			_ = t.send(n)
		case flushed := <-t.session.flushes:
			for pending := true; pending; {
				select {
				case n := <-t.session.notifications:
					_ = t.send(n)
				default:
					pending = false
				}
			}
			close(flushed)
		case <-ctx.Done():
			return
		}
	}
}

// rawID keeps an id byte for byte; the SDK would read a number as a float and
// lose integers above 2^53. Bytes that are not UTF-8 become U+FFFD one by one,
// as in every decoded string.
func rawID(id json.RawMessage) mcp.RequestId {
	if len(id) == 0 {
		return mcp.NewRequestId(nil)
	}
	return mcp.NewRequestId(json.RawMessage(string([]rune(string(id)))))
}

func withRawID(response mcp.JSONRPCMessage, id json.RawMessage) any {
	switch r := response.(type) {
	case mcp.JSONRPCResponse:
		r.ID = rawID(id)
		return r
	case mcp.JSONRPCError:
		r.ID = rawID(id)
		return r
	}
	return response
}
