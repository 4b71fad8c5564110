// Package server turns a list of tools into a running MCP server: it reads the
// configuration, wires transport, consent and menu around the SDK, and takes one
// call in and its answer out.
//
// What comes in are tools, clients of the API and a Config; what goes out is a
// Server to run. Only the command line imports it.
package server

import (
	"context"
	"io"
	"log"
	"log/slog"
	"time"

	mcpserver "github.com/mark3labs/mcp-go/server"

	"airbyte-agent-mcp/server/consent"
	"airbyte-agent-mcp/server/menu"
	"airbyte-agent-mcp/server/telemetry"
	"airbyte-agent-mcp/server/transport"
	"airbyte-agent-mcp/tools"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/dispatch"
)

// name is short: clients put it before every tool's name and cut the sum.
const name = "airbyte"

// Server is an MCP server over a fixed list of tools. Make one with New.
type Server struct {
	config    Config
	clients   account.Clients
	log       *slog.Logger
	mcp       *mcpserver.MCPServer
	runner    *dispatch.Runner
	transport *transport.Transport
	consent   *consent.Consent
	patience  func() time.Duration // with people
	ready     readiness
}

// New makes a server for tools, which must have been chosen and checked
// (tools.Choose). The error names every tool that cannot be served.
func New(list []tools.Tool, clients account.Clients, config Config, log *slog.Logger) (*Server, error) {
	return newServer(list, clients, config, log)
}

func newServer(list []tools.Tool, clients account.Clients, config Config, log *slog.Logger, extra ...mcpserver.ServerOption) (*Server, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	encoded, err := encodeTools(list)
	if err != nil {
		return nil, err
	}
	config.Writes.RequestID = telemetry.RequestID
	runner, err := dispatch.NewRunner(list, config.Limits, dispatch.WithWrites(config.Writes), dispatch.WithCredentials(config.Credentials))
	if err != nil {
		return nil, err
	}
	s := &Server{
		config: config, clients: clients, log: log, runner: runner,
		transport: transport.New(log, config.MaxRequestBytes, config.sessionIdle(), config.access()),
		consent: consent.New(consent.Options{
			Runner: runner, Clients: clients, Log: log,
			Transport: config.Transport, PublicURL: config.PublicURL, NoBrowser: config.NoBrowser,
		}),
		patience: func() time.Duration { return patienceOf(config.Limits) },
		ready:    readiness{turn: make(chan struct{}, 1)},
	}
	menu := menu.New(runner, clients, log)
	hooks := &mcpserver.Hooks{}
	options := []mcpserver.ServerOption{
		mcpserver.WithToolCapabilities(false),
		mcpserver.WithPromptCapabilities(false),
		mcpserver.WithResourceCapabilities(false, false),
		mcpserver.WithInstructions(instructions(list)),
		mcpserver.WithTitle("Airbyte"),
	}
	options = append(options, menu.Options()...)
	options = append(options, s.transport.Options(hooks)...)
	s.mcp = mcpserver.NewMCPServer(name, config.Version, append(options, extra...)...)
	hooks.AddAfterListTools(listEncoded(encoded, len(list)))
	for _, t := range list {
		s.mcp.AddTool(declare(t), s.handler(t))
	}
	s.transport.Attach(s.mcp)
	s.consent.Attach(s.mcp)
	menu.Attach(s.mcp, hooks)
	return s, nil
}

// Run serves the configured transports until ctx is done or, on stdio, the
// client closes in. The HTTP transports use neither in nor out.
func (s *Server) Run(ctx context.Context, in io.Reader, out io.Writer) error {
	defer s.Close()
	if s.config.Transport == "stdio" {
		return s.ServeStdio(ctx, in, out)
	}
	return s.serveHTTP(ctx)
}

// Close ends what still runs of calls that were answered before they ended.
func (s *Server) Close() {
	s.consent.Close()
	s.runner.Close()
}

func (s *Server) errorLog() *log.Logger {
	return slog.NewLogLogger(s.log.Handler(), slog.LevelWarn)
}

// ServeStdio serves one client on in and out until in ends or ctx is done.
func (s *Server) ServeStdio(ctx context.Context, in io.Reader, out io.Writer) error {
	return s.transport.ServeStdio(ctx, in, out)
}
