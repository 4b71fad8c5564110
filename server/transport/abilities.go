package transport

import (
	"context"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"
)

// Abilities are the ways in which a client can ask its person: by a form of
// its own, by sending them to a page.
func Abilities(ctx context.Context) (form, page bool) {
	caps := &mcp.ClientCapabilities{}
	if info := mcpserver.RequestProtocolInfoFromContext(ctx); info != nil && info.Modern {
		caps = info.ClientCapabilities
	} else if session := mcpserver.ClientSessionFromContext(ctx); canAsk(session, mcp.MethodElicitationCreate) {
		known := session.(mcpserver.SessionWithClientInfo).GetClientCapabilities()
		caps = &known
	}
	if caps == nil {
		return false, false
	}
	e := caps.Elicitation
	return e != nil && (e.Form != nil || e.URL == nil), e != nil && e.URL != nil
}

func SessionOf(ctx context.Context) string {
	session := mcpserver.ClientSessionFromContext(ctx)
	if session == nil {
		return ""
	}
	return session.SessionID()
}
