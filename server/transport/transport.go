package transport

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"airbyte-agent-mcp/server/telemetry"
)

const (
	// keepAlive is how often a silent event stream says that it lives, below
	// the idle timeouts of proxies.
	keepAlive = 15 * time.Second
	// MaxSessions bounds the sessions of each HTTP transport.
	MaxSessions = 10_000
)

// Transport carries messages between clients and the SDK's server. Make one with
// NewTransport.
type Transport struct {
	mcp             *mcpserver.MCPServer
	log             *slog.Logger
	secret          string // of the answer markers, see wire.go
	maxRequestBytes int64
	sessionIdle     time.Duration
	access          Access
	// Arriving is spent on messages while they are worked on.
	Arriving budget

	stopping context.Context // ends when no more is taken and what runs may finish
	stopped  context.Context // ends when what still runs must end
}

// New returns a transport for messages of at most maxRequestBytes and
// sessions on /mcp that end after sessionIdle without a message.
func New(log *slog.Logger, maxRequestBytes int64, sessionIdle time.Duration, access Access) *Transport {
	return &Transport{
		log: log, secret: newSecret(), maxRequestBytes: maxRequestBytes, sessionIdle: sessionIdle, access: access,
		Arriving: budget{most: MaxArriving}, stopping: context.Background(), stopped: context.Background(),
	}
}

// Attach sets the SDK's server that messages go to. It must be called before any
// is carried.
func (tr *Transport) Attach(mcp *mcpserver.MCPServer) { tr.mcp = mcp }

// Options returns what the SDK's server must be made with for this transport.
func (tr *Transport) Options(hooks *mcpserver.Hooks) []mcpserver.ServerOption {
	hooks.AddAfterSubscriptionsListen(acknowledged)
	return []mcpserver.ServerOption{mcpserver.WithHooks(hooks), mcpserver.WithToolHandlerMiddleware(answerable)}
}

// Until sets when the HTTP transports stop: with stopping they take no more and
// let what runs finish, with stopped that must end too.
func (tr *Transport) Until(stopping, stopped context.Context) {
	tr.stopping, tr.stopped = stopping, stopped
}

// Streamable serves /mcp: the initialize lifecycle in sessions, and the
// stateless 2026-07-28 beside it.
func (tr *Transport) Streamable() http.Handler {
	ids := NewSessionIDs()
	sdk := mcpserver.NewStreamableHTTPServer(tr.mcp,
		mcpserver.WithSessionIdManager(ids),
		mcpserver.WithSessionIdleTTL(tr.sessionIdle),
		mcpserver.WithDisableStreaming(true),
		mcpserver.WithDisableLocalhostProtection(true), // sameSite does it, and knows --allowed-hosts
		mcpserver.WithStreamableHTTPLogger(slog.New(slog.DiscardHandler)),
	)
	context.AfterFunc(tr.stopped, func() { _ = sdk.Shutdown(context.Background()) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodPost:
			tr.Post(w, r, sdk, ids)
		case http.MethodDelete:
			if mcp.IsModernProtocol(r.Header.Get(mcp.HeaderProtocolVersion)) {
				notAllowed(w, http.MethodPost)
				return
			}
			if ended, err := ids.Validate(r.Header.Get(mcpserver.HeaderKeySessionID)); ended || err != nil {
				http.Error(w, errNoSession.Error(), http.StatusNotFound)
				return
			}
			sdk.ServeHTTP(w, r)
		default:
			notAllowed(w, http.MethodPost, http.MethodDelete)
		}
	})
}

// Post answers one message on /mcp.
func (tr *Transport) Post(w http.ResponseWriter, r *http.Request, sdk http.Handler, ids *sessionIDs) {
	body := tr.readBody(w, r)
	if body == nil {
		return
	}
	var m arriving
	_ = json.Unmarshal(body, &m) // the SDK says what is wrong with it
	switch {
	case m.foreignCancel(r.Header):
		w.WriteHeader(http.StatusAccepted)
		return
	case m.Method == string(mcp.MethodInitialize) && !m.modern(r.Header) && !m.initializes(body):
		// The SDK would open a session all the same, before it says what is wrong.
		WriteRPCError(w, http.StatusBadRequest, mcp.INVALID_PARAMS, "initialize needs an id, and params with a protocolVersion")
		return
	case m.Method == string(mcp.MethodInitialize) && ids.Count() >= MaxSessions:
		tooManySessions(w)
		return
	}
	size := int64(len(body))
	if !tr.Arriving.Take(size) {
		w.Header().Set("Retry-After", "1")
		WriteRPCError(w, http.StatusServiceUnavailable, mcp.INTERNAL_ERROR, busy)
		return
	}
	defer tr.Arriving.give(size)
	answer := newAnswerWriter(w, newOutlet(tr.stopped, tr.secret), m.ID)
	if strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
		answer.keepAlive()
	}
	defer answer.close()
	defer func() {
		if p := recover(); p != nil {
			telemetry.LogPanic(tr.log, "message", p)
			answer.fail(m.ID)
		}
	}()
	ctx := context.WithValue(withOutlet(r.Context(), answer.outlet), refusalKey{}, &answer.refused)
	sdk.ServeHTTP(answer, r.WithContext(ctx))
}

func notAllowed(w http.ResponseWriter, methods ...string) {
	w.Header().Set("Allow", strings.Join(methods, ", "))
	http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
}

func tooManySessions(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "30")
	http.Error(w, "too many sessions", http.StatusServiceUnavailable)
}
