package server

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"airbyte-agent-mcp/server/consent"
	"airbyte-agent-mcp/server/transport"
)

// readyAge is how long /readyz repeats what it found, so that probing it
// does not mint tokens.
const readyAge = 2 * time.Second

// readyTimeout is how long the API may take to say that it can be used.
const readyTimeout = 10 * time.Second

// Handler serves the HTTP transports that the configuration names, with
// /healthz and /readyz.
func (s *Server) Handler() http.Handler {
	// Probes come by address and name no Host of ours; what they read tells a
	// web page nothing, and no page can read it: no Origin is allowed here.
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		transport.WriteJSON(w, http.StatusOK, map[string]string{"status": "ok", "version": s.config.Version})
	})
	mux.HandleFunc("GET /readyz", s.readyz)
	for _, path := range consent.Paths {
		mux.Handle(path, s.consent.Handler())
	}
	guarded := http.NewServeMux()
	mux.Handle("/", s.transport.SameSite(guarded))
	if s.config.serves("streamable-http") {
		guarded.Handle("/mcp", s.transport.Streamable())
	}
	if s.config.serves("sse") {
		events, messages := s.transport.SSE()
		guarded.Handle("/sse", events)
		guarded.Handle("/message", messages)
	}
	guarded.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "nothing here: MCP is served at "+s.config.endpoints(), http.StatusNotFound)
	})
	return s.transport.Recovered(transport.Bounded(mux))
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
		ReadHeaderTimeout: transport.HeaderTimeout,
		IdleTimeout:       transport.IdleTimeout,
		MaxHeaderBytes:    transport.MaxHeader,
		ErrorLog:          s.errorLog(),
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	if s.config.access().OnLoopback() {
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
	late := time.AfterFunc(transport.DrainHTTP, stop)
	defer late.Stop()
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), transport.DrainHTTP+2*transport.DrainCanceled)
	defer cancel()
	if err := srv.Shutdown(drain); err != nil {
		return srv.Close()
	}
	return nil
}

func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	if err := s.ready.check(r.Context(), s.clients); err != nil {
		transport.WriteJSON(w, http.StatusServiceUnavailable, map[string]string{"status": "not ready", "reason": err.Error()})
		return
	}
	transport.WriteJSON(w, http.StatusOK, map[string]string{"status": "ready"})
}
