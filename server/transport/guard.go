package transport

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"airbyte-agent-mcp/server/telemetry"
)

// This file holds the work-arounds for mcp-go v1.2.1 on /mcp; tests show for
// each what happens without it. The SDK's stdio and SSE transports are replaced
// whole: stdio.go, sse.go and conversation.go say why. The SDK
//
//   - loses a notification sent just before the answer, gives it to another
//     call of the same session or to whoever holds the session's GET stream,
//     and drops all beyond a hundred at a time
//     (https://github.com/mark3labs/mcp-go/pull/969): see answerWriter;
//   - lets any 2026-07-28 client cancel any other's call: see foreignCancel;
//   - keeps sessions for ever, accepts invented ids, and lets an anonymous GET
//     take a session (https://github.com/mark3labs/mcp-go/issues/723): see
//     sessionIDs, and WithDisableStreaming in transport.go;
//   - checks no Origin and bounds no body: see sameSite and readBody;
//   - asks a client that cannot be asked, and waits for ever: see answerable,
//     and put in question.go for one that does not answer;
//   - reads ids as floats: see rewritten;
//   - makes an internal error of whatever error a handler returns: see protocolError;
//   - sends the text of a panic to the client: see recovered and handle;
//   - loses the acknowledgement of a subscription to nothing: see acknowledged;
//   - loses the whole list by one bad tool: see encodeTools in handle.go.

// Recovered keeps a panic outside of a tool from cutting the connection
// without a word; the client never sees its text.
func (tr *Transport) Recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
					panic(p)
				}
				telemetry.LogPanic(tr.log, "http", p)
				WriteRPCError(w, http.StatusInternalServerError, mcp.INTERNAL_ERROR, "internal error")
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// SameSite refuses requests that a web page made a browser send: a Host that
// is not ours (DNS rebinding) and an Origin that is neither ours nor allowed.
func (tr *Transport) SameSite(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !tr.access.hostAllowed(r.Host) {
			WriteRPCError(w, http.StatusForbidden, mcp.INVALID_REQUEST, "host not allowed; the operator can name it with --allowed-hosts")
			return
		}
		origin := r.Header.Get("Origin")
		if origin == "" {
			next.ServeHTTP(w, r)
			return
		}
		if !tr.access.originAllowed(origin, r.Host) {
			WriteRPCError(w, http.StatusForbidden, mcp.INVALID_REQUEST, "origin not allowed; the operator can name it with --allowed-origins")
			return
		}
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", origin)
		h.Add("Vary", "Origin")
		h.Set("Access-Control-Expose-Headers", "Mcp-Session-Id, Mcp-Protocol-Version")
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			h.Set("Access-Control-Allow-Methods", "GET, POST, DELETE, OPTIONS")
			h.Set("Access-Control-Allow-Headers", "Content-Type, Accept, Authorization, Mcp-Session-Id, Mcp-Protocol-Version, Mcp-Method, Mcp-Name, Last-Event-ID")
			h.Set("Access-Control-Max-Age", "600")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func hostname(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return strings.Trim(hostport, "[]")
}

func IsLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || (ip != nil && ip.IsLoopback())
}

// Bounded gives a body a time to arrive; net/http lifts the limit once it has.
// It stands above every handler, since net/http reads what a handler leaves.
func Bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(BodyTimeout))
		}
		next.ServeHTTP(w, r)
	})
}

// readBody reads a body of limited size, or answers why not and returns nil.
func (tr *Transport) readBody(w http.ResponseWriter, r *http.Request) []byte {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, tr.maxRequestBytes))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		WriteRPCError(w, http.StatusRequestEntityTooLarge, mcp.INVALID_REQUEST,
			fmt.Sprintf("message larger than %d bytes (--max-request-bytes)", tr.maxRequestBytes))
		return nil
	case err != nil:
		WriteRPCError(w, http.StatusBadRequest, mcp.PARSE_ERROR, "the body could not be read")
		return nil
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	return body
}

// arriving is what we must know of a message before the SDK sees it.
type arriving struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params struct {
		Meta *mcp.Meta `json:"_meta"`
	} `json:"params"`
}

// foreignCancel reports whether a message is a cancellation in an era that has
// no sessions. There the SDK finds the call by its id alone, which any other
// client may use too; a client of that era cancels by closing its stream.
func (m arriving) foreignCancel(h http.Header) bool {
	return m.Method == "notifications/cancelled" && (m.modern(h) || h.Get(mcpserver.HeaderKeySessionID) == "")
}

// modern reports whether the message belongs to the era without sessions.
func (m arriving) modern(h http.Header) bool {
	return mcp.IsModernProtocol(h.Get(mcp.HeaderProtocolVersion)) || mcp.IsModernProtocol(m.Params.Meta.ProtocolVersion())
}

// initializes reports whether the message is an initialize that can succeed.
func (m arriving) initializes(body []byte) bool {
	var request struct {
		Params mcp.InitializeParams `json:"params"`
	}
	return len(m.ID) > 0 && string(m.ID) != "null" &&
		json.Unmarshal(body, &request) == nil && request.Params.ProtocolVersion != ""
}

// sessionIDs issues session ids that carry their own proof: nothing is kept
// for a session that is open, and of an ended one only its id until it would
// have expired.
type sessionIDs struct {
	key []byte
	now func() time.Time

	mu    sync.Mutex           // guards the fields below
	open  int                  // sessions that have not ended
	ended map[string]time.Time // id → when it may be forgotten
}

const (
	sessionLife = 24 * time.Hour
	maxEnded    = 100_000
)

var errNoSession = errors.New("unknown session: initialize again")

func NewSessionIDs() *sessionIDs {
	return &sessionIDs{key: []byte(newSecret()), now: time.Now, ended: map[string]time.Time{}}
}

// Generate implements the SDK's SessionIdManager.
func (s *sessionIDs) Generate() string {
	s.mu.Lock()
	s.open++
	s.mu.Unlock()
	id := fmt.Sprintf("%x-%s", s.now().Unix(), newSecret())
	return id + "-" + s.sign(id)
}

// Count is the number of open sessions. Those that idle too long the SDK
// terminates.
func (s *sessionIDs) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

func (s *sessionIDs) sign(id string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(id))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// Validate implements the SDK's SessionIdManager.
func (s *sessionIDs) Validate(id string) (ended bool, err error) {
	expires, err := s.expiry(id)
	if err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ended = s.ended[id]
	return ended || s.now().After(expires), nil
}

// expiry is when an id of ours ends by itself.
func (s *sessionIDs) expiry(id string) (time.Time, error) {
	cut := strings.LastIndexByte(id, '-')
	if cut < 0 || len(id) > 128 || !hmac.Equal([]byte(id[cut+1:]), []byte(s.sign(id[:cut]))) {
		return time.Time{}, errNoSession
	}
	var issued int64
	if _, err := fmt.Sscanf(id, "%x-", &issued); err != nil {
		return time.Time{}, errNoSession
	}
	return time.Unix(issued, 0).Add(sessionLife), nil
}

// Terminate implements the SDK's SessionIdManager.
func (s *sessionIDs) Terminate(id string) (notAllowed bool, err error) {
	expires, err := s.expiry(id)
	if err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, twice := s.ended[id]; twice {
		return false, nil
	}
	s.open = max(0, s.open-1)
	if len(s.ended) >= maxEnded {
		for old, until := range s.ended {
			if s.now().After(until) || len(s.ended) >= maxEnded {
				delete(s.ended, old)
			}
		}
	}
	s.ended[id] = expires
	return false, nil
}

// answerable keeps a tool from asking what the client cannot answer; the SDK
// would ask all the same and, in the initialize era, wait. There the call ends
// with a result that says so; since 2026-07-28 with the error that names what
// the client would have to declare.
func answerable(next mcpserver.ToolHandlerFunc) mcpserver.ToolHandlerFunc {
	return func(ctx context.Context, req mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		result, err := next(ctx, req)
		if err != nil || result == nil || !result.NeedsInput() {
			return result, err
		}
		if info := mcpserver.RequestProtocolInfoFromContext(ctx); info != nil && info.Modern {
			if missing := undeclared(info.ClientCapabilities, result.InputRequests); len(missing) > 0 {
				return nil, refuse(ctx, missing)
			}
			return result, nil
		}
		for _, input := range result.InputRequests {
			if !canAsk(mcpserver.ClientSessionFromContext(ctx), input.Method) {
				return ErrorResult(fmt.Sprintf("This call needs an answer from the client, "+
					"which cannot be asked for %s here. Calling again will not help.", input.Method)), nil
			}
		}
		return result, nil
	}
}

// canAsk reports whether a session of the initialize era takes a request of
// that method. The SDK sends only elicitation on the stream of the call that
// asks; the others would wait for a GET stream, which /mcp does not offer.
func canAsk(session mcpserver.ClientSession, method mcp.MCPMethod) bool {
	client, known := session.(mcpserver.SessionWithClientInfo)
	_, able := session.(mcpserver.SessionWithElicitation)
	return known && able && method == mcp.MethodElicitationCreate && client.GetClientCapabilities().Elicitation != nil
}

// undeclared lists the capabilities that the requests need and the client has
// not declared.
func undeclared(caps *mcp.ClientCapabilities, requests mcp.InputRequests) map[string]struct{} {
	missing := map[string]struct{}{}
	for _, input := range requests {
		switch {
		case input.Method == mcp.MethodElicitationCreate && caps.Elicitation == nil:
			missing["elicitation"] = struct{}{}
		case input.Method == mcp.MethodSamplingCreateMessage && caps.Sampling == nil:
			missing["sampling"] = struct{}{}
		case input.Method == mcp.MethodListRoots && caps.Roots == nil:
			missing["roots"] = struct{}{}
		}
	}
	return missing
}

// acknowledged waits until a subscription is acknowledged on the wire. Where
// nothing can be subscribed to, the SDK answers at once and may lose the
// acknowledgement, as it does any notification right before an answer.
func acknowledged(ctx context.Context, _ any, _ *mcp.SubscriptionsListenRequest, _ *mcp.SubscriptionsListenResult) {
	out := OutletFrom(ctx)
	if out == nil || out.begun == nil {
		return
	}
	select {
	case <-out.begun:
	case <-ctx.Done():
	}
}

// protocolError is the error that takes the place of a call's answer; the
// SDK makes an internal error of whatever a handler returns.
type protocolError struct {
	atomic.Pointer[mcp.JSONRPCErrorDetails]
	badRequest atomic.Bool // which its HTTP status must say as well
}

type refusalKey struct{}

// refuse ends the call of ctx with the error for missing client capabilities.
func refuse(ctx context.Context, missing map[string]struct{}) error {
	names := slices.Sorted(maps.Keys(missing))
	return RefuseWith(ctx, mcp.MISSING_REQUIRED_CLIENT_CAPABILITY,
		"this call needs a client with "+strings.Join(names, " and "), map[string]any{"requiredCapabilities": missing})
}

// RefuseWith ends the request of ctx with an error of our own. Since 2026-07-28
// what is wrong with a request has an HTTP status of its own.
func RefuseWith(ctx context.Context, code int, message string, data any) error {
	details := mcp.NewJSONRPCErrorDetails(code, message, data)
	if r, ok := ctx.Value(refusalKey{}).(*protocolError); ok {
		r.Store(&details)
		r.badRequest.Store(mcpserver.IsModernRequest(ctx) && code != mcp.INTERNAL_ERROR)
	}
	return errors.New(message)
}

// instead is the SDK's answer, or the refusal with its id.
func (r *protocolError) instead(answer mcp.JSONRPCMessage) mcp.JSONRPCMessage {
	failed, ok := answer.(mcp.JSONRPCError)
	if details := r.Load(); ok && details != nil {
		failed.Error = *details
		return failed
	}
	if ok && strings.Contains(failed.Error.Message, goWords) {
		failed.Error.Message = "the message does not have the shape that MCP gives it"
		return failed
	}
	return answer
}

// goWords begins what encoding/json says of Go's types, which the SDK passes on.
const goWords = "json: "

// insteadEncoded is instead for an answer that is encoded already.
func (r *protocolError) insteadEncoded(answer []byte) []byte {
	var failed mcp.JSONRPCError
	if r.Load() == nil && !bytes.Contains(answer, []byte(goWords)) || json.Unmarshal(answer, &failed) != nil || failed.Error.Code == 0 {
		return answer
	}
	encoded, err := json.Marshal(r.instead(failed))
	if err != nil {
		return answer
	}
	return encoded
}

// handle runs one message through the SDK. It keeps a panic there from ending
// the process, and its text from the client.
func (tr *Transport) handle(ctx context.Context, message []byte) (response mcp.JSONRPCMessage) {
	defer func() {
		if p := recover(); p != nil {
			telemetry.LogPanic(tr.log, "message", p)
			response = mcp.JSONRPCError{
				JSONRPC: mcp.JSONRPC_VERSION,
				Error:   mcp.NewJSONRPCErrorDetails(mcp.INTERNAL_ERROR, "internal error", nil),
			}
		}
	}()
	var refused protocolError
	return refused.instead(tr.mcp.HandleMessage(context.WithValue(ctx, refusalKey{}, &refused), message))
}

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
