package transport

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/mark3labs/mcp-go/mcp"
)

// Session is the client of a conversation, as the SDK wants to see it.
type Session struct {
	id            string
	notifications chan mcp.JSONRPCNotification
	flushes       chan chan struct{}
	send          func(message any)
	ended         <-chan struct{} // closed when nobody reads any more; nil for never
	initialized   atomic.Bool

	mu       sync.Mutex // guards the fields below
	level    mcp.LoggingLevel
	info     mcp.Implementation
	caps     mcp.ClientCapabilities
	version  string
	asked    int                      // number of the last request to the client
	awaiting map[string]chan Envelope // our requests to the client, by id
}

func newSession(id string, send func(any)) *Session {
	return &Session{
		id:            id,
		notifications: make(chan mcp.JSONRPCNotification, 100),
		flushes:       make(chan chan struct{}),
		send:          send,
		level:         mcp.LoggingLevelError,
		awaiting:      map[string]chan Envelope{},
	}
}

// flush returns once everything notified so far is written.
func (s *Session) flush(ctx context.Context) {
	flushed := make(chan struct{})
	select {
	case s.flushes <- flushed:
		<-flushed
	case <-ctx.Done():
	}
}

// ask sends a request to the client and waits for its result.
func (s *Session) ask(ctx context.Context, method mcp.MCPMethod, params, result any) error {
	answer := make(chan Envelope, 1)
	s.mu.Lock()
	s.asked++
	id := strconv.Itoa(s.asked)
	s.awaiting[id] = answer
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.awaiting, id)
		s.mu.Unlock()
	}()
	s.send(struct {
		JSONRPC string          `json:"jsonrpc"`
		ID      json.RawMessage `json:"id"`
		Method  mcp.MCPMethod   `json:"method"`
		Params  any             `json:"params,omitempty"`
	}{mcp.JSONRPC_VERSION, json.RawMessage(id), method, params})
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-s.ended:
		return errHungUp
	case m := <-answer:
		if m.Error != nil {
			var e struct{ Message string }
			_ = json.Unmarshal(m.Error, &e)
			return fmt.Errorf("client refused %s: %s", method, e.Message)
		}
		return json.Unmarshal(m.Result, result)
	}
}

// answer hands a response to whoever asked; others are dropped.
func (s *Session) answer(m Envelope) {
	s.mu.Lock()
	waiting := s.awaiting[string(m.ID)]
	delete(s.awaiting, string(m.ID))
	s.mu.Unlock()
	if waiting != nil {
		waiting <- m
	}
}

// RequestElicitation implements the SDK's SessionWithElicitation.
func (s *Session) RequestElicitation(ctx context.Context, r mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	var result mcp.ElicitationResult
	return &result, s.ask(ctx, mcp.MethodElicitationCreate, r.Params, &result)
}

func (s *Session) SessionID() string { return s.id }
func (s *Session) Initialize()       { s.initialized.Store(true) }
func (s *Session) Initialized() bool { return s.initialized.Load() }
func (s *Session) NotificationChannel() chan<- mcp.JSONRPCNotification {
	return s.notifications
}

func (s *Session) SetLogLevel(level mcp.LoggingLevel) { set(s, &s.level, level) }
func (s *Session) GetLogLevel() mcp.LoggingLevel      { return get(s, &s.level) }

func (s *Session) SetClientInfo(info mcp.Implementation) { set(s, &s.info, info) }
func (s *Session) GetClientInfo() mcp.Implementation     { return get(s, &s.info) }

func (s *Session) SetClientCapabilities(caps mcp.ClientCapabilities) { set(s, &s.caps, caps) }
func (s *Session) GetClientCapabilities() mcp.ClientCapabilities     { return get(s, &s.caps) }

func (s *Session) SetProtocolVersion(version string) { set(s, &s.version, version) }
func (s *Session) ProtocolVersion() string           { return get(s, &s.version) }

func set[T any](s *Session, field *T, value T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*field = value
}

func get[T any](s *Session, field *T) T {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *field
}
