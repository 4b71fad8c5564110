package menu

import (
	"log/slog"

	mcpserver "github.com/mark3labs/mcp-go/server"

	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/dispatch"
)

// Menu offers what people pick from lists of their client: prompts, resources,
// and completions of their arguments. Make one with NewMenu.
type Menu struct {
	mcp     *mcpserver.MCPServer
	runner  *dispatch.Runner
	clients account.Clients
	log     *slog.Logger
	names   foundNames // for completions
}

// New returns a menu over the tools of runner.
func New(runner *dispatch.Runner, clients account.Clients, log *slog.Logger) *Menu {
	return &Menu{runner: runner, clients: clients, log: log}
}

// Options returns what the SDK's server must be made with to complete arguments.
func (m *Menu) Options() []mcpserver.ServerOption {
	return []mcpserver.ServerOption{
		mcpserver.WithCompletions(),
		mcpserver.WithPromptCompletionProvider(completer{m}),
		mcpserver.WithResourceCompletionProvider(completer{m}),
	}
}

// Attach adds prompts and resources to the SDK's server.
func (m *Menu) Attach(mcp *mcpserver.MCPServer, hooks *mcpserver.Hooks) {
	m.mcp = mcp
	m.addPrompts()
	m.addResources(hooks)
}
