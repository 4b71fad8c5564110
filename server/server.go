// Package server turns a list of tools into a running MCP server. It and its
// demo are the only packages that know the MCP SDK.
package server

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"runtime/debug"
	"time"

	mcpserver "github.com/mark3labs/mcp-go/server"

	"airbyte-agent-mcp/tools"
	"airbyte-agent-mcp/tools/dispatch"
)

// name is short: clients put it before every tool's name and cut the sum.
const name = "airbyte"

// Server is an MCP server over a fixed list of tools. Make one with New.
type Server struct {
	config  Config
	clients Clients
	log     *slog.Logger
	mcp     *mcpserver.MCPServer
	runner  *dispatch.Runner
	pages   *pages
	visits  visits
	// questions are those that clients put to their people now.
	questions questions
	now       func() time.Time
	patience  func() time.Duration // with people
	secret    string               // of the answer markers, see wire.go
	ready     readiness
	names     foundNames // for completions
	// arriving is spent on messages while they are worked on.
	arriving budget

	stopping context.Context // ends when no more is taken and what runs may finish
	stopped  context.Context // ends when what still runs must end
}

// New makes a server for tools, which must have been chosen and checked
// (tools.Choose). The error names every tool that cannot be served.
func New(list []tools.Tool, clients Clients, config Config, log *slog.Logger) (*Server, error) {
	return newServer(list, clients, config, log)
}

func newServer(list []tools.Tool, clients Clients, config Config, log *slog.Logger, extra ...mcpserver.ServerOption) (*Server, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	encoded, err := encodeTools(list)
	if err != nil {
		return nil, err
	}
	config.Writes.RequestID = requestID
	runner, err := dispatch.NewRunner(list, config.Limits, dispatch.WithWrites(config.Writes), dispatch.WithCredentials(config.Credentials))
	if err != nil {
		return nil, err
	}
	s := &Server{
		config: config, clients: clients, log: log,
		runner: runner, visits: visits{ledger: runner.Ledger()}, now: time.Now, secret: newSecret(), arriving: budget{most: maxArriving},
		patience: func() time.Duration { return patienceOf(config.Limits) },
		ready:    readiness{turn: make(chan struct{}, 1)},
		stopping: context.Background(), stopped: context.Background(),
	}
	hooks := &mcpserver.Hooks{}
	options := append([]mcpserver.ServerOption{
		mcpserver.WithToolCapabilities(false),
		mcpserver.WithPromptCapabilities(false),
		mcpserver.WithResourceCapabilities(false, false),
		mcpserver.WithCompletions(),
		mcpserver.WithPromptCompletionProvider(completer{s}),
		mcpserver.WithResourceCompletionProvider(completer{s}),
		mcpserver.WithInstructions(instructions(list)),
		mcpserver.WithTitle("Airbyte"),
		mcpserver.WithHooks(hooks),
		mcpserver.WithToolHandlerMiddleware(answerable),
	}, extra...)
	s.mcp = mcpserver.NewMCPServer(name, config.Version, options...)
	hooks.AddAfterListTools(listEncoded(encoded, len(list)))
	hooks.AddAfterSubscriptionsListen(acknowledged)
	for _, t := range list {
		s.mcp.AddTool(declare(t), s.handler(t))
	}
	s.newPages()
	s.addPrompts()
	s.addResources(hooks)
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
	s.pages.close()
	s.runner.Close()
}

func (s *Server) errorLog() *log.Logger {
	return slog.NewLogLogger(s.log.Handler(), slog.LevelWarn)
}

func (s *Server) logPanic(where string, p any) {
	stack := debug.Stack()
	if inner, ok := p.(*dispatch.Panic); ok {
		p, stack = inner.Value, inner.Stack
	}
	s.log.Error("panic", "in", where, "panic", fmt.Sprint(p), "stack", string(stack))
}
