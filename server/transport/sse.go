package transport

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

// The transport of protocol version 2024-11-05: one stream of events a
// session, and a second address that takes its messages. It is our own, like
// stdio and for more reasons: the SDK's loses the answers under way when the
// server stops, never cancels, cannot ask the client, bounds neither calls nor
// a stalled reader, and allows every origin.

func (tr *Transport) SSE() (events, messages http.Handler) {
	var open sync.Map // session id → func(envelope, []byte)
	var sessions limiter
	events = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method != http.MethodGet:
			notAllowed(w, http.MethodGet)
			return
		case !sessions.enter(MaxSessions):
			tooManySessions(w)
			return
		}
		defer sessions.leave()
		id, stream := newSecret(), steady{w}
		t, calls, err := tr.Converse(r.Context(), id, stream.event)
		if err != nil {
			WriteRPCError(w, http.StatusInternalServerError, mcp.INTERNAL_ERROR, "internal error")
			return
		}
		defer t.hangUp()
		defer t.Close(calls)
		open.Store(id, func(m Envelope, message []byte) { t.Receive(calls, m, message) })
		defer open.Delete(id)
		beginEvents(w.Header())
		// Its reader may answer before the write has returned.
		t.write(func() error {
			return stream.write(fmt.Appendf(nil, "event: endpoint\ndata: /message?sessionId=%s\n\n", id))
		})
		beats := time.NewTicker(keepAlive)
		defer beats.Stop()
		for {
			select {
			case <-beats.C:
				t.beat(stream)
			case <-calls.Done(): // nobody reads the stream
				t.Drain(r.Context(), 0)
				return
			case <-tr.stopping.Done():
				open.Delete(id)
				t.Drain(r.Context(), DrainHTTP)
				return
			}
		}
	})
	messages = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			notAllowed(w, http.MethodPost)
			return
		}
		receive, ok := open.Load(r.URL.Query().Get("sessionId"))
		if !ok {
			http.Error(w, "unknown session: open /sse and use the address it sends", http.StatusNotFound)
			return
		}
		message := tr.readBody(w, r)
		if message == nil {
			return
		}
		var m Envelope
		if json.Unmarshal(message, &m) != nil {
			WriteRPCError(w, http.StatusBadRequest, mcp.PARSE_ERROR, "the body is not a JSON-RPC object")
			return
		}
		w.WriteHeader(http.StatusAccepted)
		_ = http.NewResponseController(w).Flush()
		receive.(func(Envelope, []byte))(m, message)
	})
	return events, messages
}

var errHungUp = errors.New("the stream has ended")

// hangUp keeps calls that outlive their stream from writing to it.
func (t *conversation) hangUp() {
	t.turn <- struct{}{}
	defer func() { <-t.turn }()
	t.out = func(*Outlet, []byte) error { return errHungUp }
}

// beat writes a comment, which clients ignore and proxies count, unless
// something else is being written.
func (t *conversation) beat(stream steady) {
	select {
	case t.turn <- struct{}{}:
	default:
		return
	}
	defer func() { <-t.turn }()
	if stream.write([]byte(": keep-alive\n\n")) != nil {
		t.stop()
	}
}

// beginEvents sets the header of an event stream.
func beginEvents(h http.Header) {
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Accel-Buffering", "no")
}

// steady writes to a client for as long as it goes on reading, however long
// that takes in all, and gives up one that stalls.
type steady struct{ http.ResponseWriter }

const (
	// WriteTimeout is how long a client may read nothing.
	WriteTimeout = 30 * time.Second
	// WriteSize is how much of a write counts as reading something.
	WriteSize = 256 << 10
)

func (w steady) Write(b []byte) (int, error) {
	control := http.NewResponseController(w.ResponseWriter)
	defer func() { _ = control.SetWriteDeadline(time.Time{}) }()
	written := 0
	for written < len(b) {
		_ = control.SetWriteDeadline(time.Now().Add(WriteTimeout))
		n, err := w.ResponseWriter.Write(b[written:min(len(b), written+WriteSize)])
		written += n
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

func (w steady) flush() error {
	control := http.NewResponseController(w.ResponseWriter)
	defer func() { _ = control.SetWriteDeadline(time.Time{}) }()
	_ = control.SetWriteDeadline(time.Now().Add(WriteTimeout))
	return control.Flush()
}

// write writes whole events or comments, and flushes.
func (w steady) write(events []byte) error {
	if _, err := w.Write(events); err != nil {
		return err
	}
	return w.flush()
}

// event writes an encoded message as one event, and flushes.
func (w steady) event(o *Outlet, message []byte) error {
	if err := o.splice(w, frameEvent(message)); err != nil {
		return err
	}
	return w.flush()
}

// Unwrap lets http.ResponseController reach the connection.
func (w steady) Unwrap() http.ResponseWriter { return w.ResponseWriter }
