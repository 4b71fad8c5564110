package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

// answerWriter is the answer to one POST. Notifications of the call go out on
// it directly: the answer then becomes an event stream, and what the SDK
// writes as plain JSON its last event. A call that stays silent makes it one
// as well, so that nobody on the way takes the connection for dead.
type answerWriter struct {
	out     steady
	outlet  *Outlet
	refused protocolError
	header  http.Header // the SDK's; ours may be sent before it
	id      rewritten
	first   func() // closes outlet.begun

	mu      sync.Mutex // guards the fields below and the writing itself
	started bool       // the header is sent
	events  bool       // as that of an event stream
	frame   bool       // which the SDK does not know, and writes plain JSON
	ended   bool       // the answer is written
	beats   *time.Timer
}

var errAnswered = errors.New("the call is already answered")

func newAnswerWriter(w http.ResponseWriter, o *Outlet, id json.RawMessage) *answerWriter {
	a := &answerWriter{out: steady{w}, outlet: o, header: http.Header{}, id: rewrite(id)}
	o.Notify, o.begun = a.notify, make(chan struct{})
	a.first = sync.OnceFunc(func() { close(o.begun) })
	return a
}

// keepAlive says now and then that the call is still under way.
func (w *answerWriter) keepAlive() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.beats = time.AfterFunc(keepAlive, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.begin() == nil && w.out.write([]byte(": keep-alive\n\n")) == nil {
			w.beats.Reset(keepAlive)
		}
	})
}

// close ends the writing; the connection then belongs to net/http again.
func (w *answerWriter) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	if w.beats != nil {
		w.beats.Stop()
	}
}

// begin makes sure that an event can be written.
func (w *answerWriter) begin() error {
	if w.ended || (w.started && !w.events) {
		return errAnswered
	}
	if !w.started {
		beginEvents(w.out.Header())
		w.out.WriteHeader(http.StatusOK)
		w.started, w.events, w.frame = true, true, true
	}
	return nil
}

func (w *answerWriter) notify(method string, params any) error {
	encoded, err := encodeNotification(method, params)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.begin(); err != nil {
		return err
	}
	defer w.silence()()
	return w.out.event(w.outlet, encoded)
}

// silence begins when a write ends: until then nothing else need be said.
func (w *answerWriter) silence() (begins func()) {
	if w.beats == nil {
		return func() {}
	}
	w.beats.Stop()
	return func() {
		if !w.ended {
			w.beats.Reset(keepAlive)
		}
	}
}

// Header implements http.ResponseWriter.
func (w *answerWriter) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter.
func (w *answerWriter) WriteHeader(status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writeHeader(status)
}

func (w *answerWriter) writeHeader(status int) {
	events := strings.HasPrefix(w.header.Get("Content-Type"), "text/event-stream")
	if w.started {
		w.frame = w.frame && !events
		return
	}
	w.started, w.events = true, events
	if w.refused.badRequest.Load() {
		status = http.StatusBadRequest
	}
	maps.Copy(w.out.Header(), w.header)
	w.out.WriteHeader(status)
}

// Write implements http.ResponseWriter. The SDK writes a message in one piece.
func (w *answerWriter) Write(message []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.started {
		w.writeHeader(http.StatusOK)
	}
	defer w.first()
	defer w.silence()()
	answer := w.id.restore(w.refused.insteadEncoded(message))
	if w.frame {
		w.ended = true
		return len(message), w.out.event(w.outlet, answer)
	}
	return len(message), w.outlet.splice(w.out, answer)
}

// fail is the answer when the SDK has none.
func (w *answerWriter) fail(id json.RawMessage) {
	encoded, err := json.Marshal(mcp.JSONRPCError{
		JSONRPC: mcp.JSONRPC_VERSION,
		ID:      rawID(id),
		Error:   mcp.NewJSONRPCErrorDetails(mcp.INTERNAL_ERROR, "internal error", nil),
	})
	if err != nil {
		return // it can be encoded
	}
	w.mu.Lock()
	answered := w.ended || (w.started && !w.events)
	w.mu.Unlock()
	if answered {
		return
	}
	w.header.Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusInternalServerError)
	_, _ = w.Write(encoded)
}

// rewritten is an id before and after the SDK has read it as a float; both are
// nil if that made no difference.
type rewritten struct{ from, to []byte }

func rewrite(id json.RawMessage) rewritten {
	var float float64
	if len(id) == 0 || id[0] == '"' || json.Unmarshal(id, &float) != nil {
		return rewritten{}
	}
	to, err := json.Marshal(float)
	if err != nil || bytes.Equal(id, to) {
		return rewritten{}
	}
	return rewritten{id, to}
}

// restore puts the id back into an encoded answer. It stands near the
// beginning, behind the protocol's version and perhaps the event's name.
func (r rewritten) restore(answer []byte) []byte {
	if r.from == nil {
		return answer
	}
	before, after, found := bytes.Cut(answer, append([]byte(`{"jsonrpc":"2.0","id":`), r.to...))
	if !found || len(before) > len("event: message\ndata: ") || len(after) == 0 || after[0] != ',' {
		return answer
	}
	return slices.Concat(before, []byte(`{"jsonrpc":"2.0","id":`), r.from, after)
}

// Flush implements http.Flusher, which the SDK asks for.
func (w *answerWriter) Flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.started {
		_ = w.out.flush()
	}
}

// Unwrap lets http.ResponseController reach the connection.
func (w *answerWriter) Unwrap() http.ResponseWriter { return w.out }
