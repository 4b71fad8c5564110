package telemetry

import (
	"cmp"
	"context"
	"log/slog"
	"sync"

	"airbyte-agent-mcp/airbyteclient"
)

// Trace gathers what the API requests of one call left behind. Make one with
// WithTrace.
type Trace struct {
	log       *slog.Logger
	mu        sync.Mutex // guards requestID
	requestID string
}

type traceKey struct{}

// WithTrace returns a context whose API requests are logged and traced.
func WithTrace(ctx context.Context, log *slog.Logger) (context.Context, *Trace) {
	t := &Trace{log: log}
	return context.WithValue(ctx, traceKey{}, t), t
}

// RequestID returns the service's name for the last request; empty where there
// was none.
func (t *Trace) RequestID() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.requestID
}

// RequestID returns the service's name for the last request of the call that ctx
// belongs to; empty where there was none.
func RequestID(ctx context.Context) string {
	t, ok := ctx.Value(traceKey{}).(*Trace)
	if !ok {
		return ""
	}
	return t.RequestID()
}

// Observe is the API client's observer: it logs each request for those who look
// closely, and keeps the last one's ID for the line that the call logs.
func Observe(ctx context.Context, a airbyteclient.Attempt) {
	t, ok := ctx.Value(traceKey{}).(*Trace)
	if !ok {
		return
	}
	t.log.LogAttrs(ctx, slog.LevelDebug, "request",
		slog.String("method", a.Method),
		slog.String("path", a.Path),
		slog.Int("try", a.Try),
		slog.Int("status", a.Status),
		slog.Duration("duration", a.Duration),
		slog.String("outcome", cmp.Or(string(a.Kind), "ok")),
		slog.String("request_id", a.RequestID))
	if a.RequestID != "" {
		t.mu.Lock()
		t.requestID = a.RequestID
		t.mu.Unlock()
	}
}
