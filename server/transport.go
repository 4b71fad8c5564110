package server

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"
)

const (
	// keepAlive is how often a silent event stream says that it lives, below
	// the idle timeouts of proxies.
	keepAlive = 15 * time.Second
	// maxSessions bounds the sessions of each HTTP transport.
	maxSessions = 10_000
)

// streamable serves /mcp: the initialize lifecycle in sessions, and the
// stateless 2026-07-28 beside it.
func (s *Server) streamable() http.Handler {
	ids := newSessionIDs()
	sdk := mcpserver.NewStreamableHTTPServer(s.mcp,
		mcpserver.WithSessionIdManager(ids),
		mcpserver.WithSessionIdleTTL(s.config.sessionIdle()),
		mcpserver.WithDisableStreaming(true),
		mcpserver.WithDisableLocalhostProtection(true), // sameSite does it, and knows --allowed-hosts
		mcpserver.WithStreamableHTTPLogger(slog.New(slog.DiscardHandler)),
	)
	context.AfterFunc(s.stopped, func() { _ = sdk.Shutdown(context.Background()) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodPost:
			s.post(w, r, sdk, ids)
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

// post answers one message on /mcp.
func (s *Server) post(w http.ResponseWriter, r *http.Request, sdk http.Handler, ids *sessionIDs) {
	body := s.readBody(w, r)
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
		writeRPCError(w, http.StatusBadRequest, mcp.INVALID_PARAMS, "initialize needs an id, and params with a protocolVersion")
		return
	case m.Method == string(mcp.MethodInitialize) && ids.count() >= maxSessions:
		tooManySessions(w)
		return
	}
	size := int64(len(body))
	if !s.arriving.take(size) {
		w.Header().Set("Retry-After", "1")
		writeRPCError(w, http.StatusServiceUnavailable, mcp.INTERNAL_ERROR, busy)
		return
	}
	defer s.arriving.give(size)
	answer := newAnswerWriter(w, newOutlet(s.stopped, s.secret), m.ID)
	if strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
		answer.keepAlive()
	}
	defer answer.close()
	defer func() {
		if p := recover(); p != nil {
			s.logPanic("message", p)
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
