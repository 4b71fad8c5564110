package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

const (
	headerTimeout = 10 * time.Second
	bodyTimeout   = 30 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 64 << 10
	// drainHTTP is how long calls may still run once we were told to stop.
	drainHTTP = 6 * time.Second
	// readyAge is how long /readyz repeats what it found, so that probing it
	// does not mint tokens.
	readyAge = 2 * time.Second
	// readyTimeout is how long the API may take to say that it can be used.
	readyTimeout = 10 * time.Second
)

// Handler serves the HTTP transports that the configuration names, with
// /healthz and /readyz.
func (s *Server) Handler() http.Handler {
	// Probes come by address and name no Host of ours; what they read tells a
	// web page nothing, and no page can read it: no Origin is allowed here.
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "ok", "version": s.config.Version})
	})
	mux.HandleFunc("GET /readyz", s.readyz)
	for _, path := range Paths {
		mux.Handle(path, s.consent.Handler())
	}
	guarded := http.NewServeMux()
	mux.Handle("/", s.transport.sameSite(guarded))
	if s.config.serves("streamable-http") {
		guarded.Handle("/mcp", s.transport.streamable())
	}
	if s.config.serves("sse") {
		events, messages := s.transport.sse()
		guarded.Handle("/sse", events)
		guarded.Handle("/message", messages)
	}
	guarded.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "nothing here: MCP is served at "+s.config.endpoints(), http.StatusNotFound)
	})
	return s.transport.recovered(bounded(mux))
}

// serveHTTP listens until ctx is done, then lets answers under way finish.
func (s *Server) serveHTTP(ctx context.Context) error {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", s.config.Address)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", s.config.Address, err)
	}
	return s.serve(ctx, listener)
}

func (s *Server) serve(ctx context.Context, listener net.Listener) error {
	stopped, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	s.transport.Until(ctx, stopped)
	srv := &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          s.errorLog(),
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	if s.config.access().onLoopback() {
		s.consent.ServedAt("http://" + listener.Addr().String())
	}
	s.log.Info("listening", "address", listener.Addr().String(), "endpoints", s.config.endpoints())
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	// Sessions of legacy SSE end by themselves, see sse. The other calls are
	// canceled when their time is over, and still get to say so.
	late := time.AfterFunc(drainHTTP, stop)
	defer late.Stop()
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainHTTP+2*drainCanceled)
	defer cancel()
	if err := srv.Shutdown(drain); err != nil {
		return srv.Close()
	}
	return nil
}

func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	if err := s.ready.check(r.Context(), s.clients); err != nil {
		writeJSON(w, http.StatusServiceUnavailable, map[string]string{"status": "not ready", "reason": err.Error()})
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"status": "ready"})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// writeRPCError answers a message that is refused before the SDK sees it.
func writeRPCError(w http.ResponseWriter, status, code int, why string) {
	writeJSON(w, status, mcp.JSONRPCError{
		JSONRPC: mcp.JSONRPC_VERSION,
		Error:   mcp.NewJSONRPCErrorDetails(code, why, nil),
	})
}
