package transport

import (
	"context"
	"fmt"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"
)

// answerable keeps a tool from asking what the client cannot answer; the SDK
// would ask all the same and, in the initialize era, wait. There the call ends
// with a result that says so; since 2026-07-28 with the error that names what
// the client would have to declare.
func answerable(next mcpserver.ToolHandlerFunc) mcpserver.ToolHandlerFunc {
	return func(ctx context.Context, req mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		result, err := next(ctx, req)
		if err != nil || result == nil || !result.NeedsInput() {
			return result, err
		}
		if info := mcpserver.RequestProtocolInfoFromContext(ctx); info != nil && info.Modern {
			if missing := undeclared(info.ClientCapabilities, result.InputRequests); len(missing) > 0 {
				return nil, refuse(ctx, missing)
			}
			return result, nil
		}
		for _, input := range result.InputRequests {
			if !canAsk(mcpserver.ClientSessionFromContext(ctx), input.Method) {
				return ErrorResult(fmt.Sprintf("This call needs an answer from the client, "+
					"which cannot be asked for %s here. Calling again will not help.", input.Method)), nil
			}
		}
		return result, nil
	}
}

// canAsk reports whether a session of the initialize era takes a request of
// that method. The SDK sends only elicitation on the stream of the call that
// asks; the others would wait for a GET stream, which /mcp does not offer.
func canAsk(session mcpserver.ClientSession, method mcp.MCPMethod) bool {
	client, known := session.(mcpserver.SessionWithClientInfo)
	_, able := session.(mcpserver.SessionWithElicitation)
	return known && able && method == mcp.MethodElicitationCreate && client.GetClientCapabilities().Elicitation != nil
}

// undeclared lists the capabilities that the requests need and the client has
// not declared.
func undeclared(caps *mcp.ClientCapabilities, requests mcp.InputRequests) map[string]struct{} {
	missing := map[string]struct{}{}
	for _, input := range requests {
		switch {
		case input.Method == mcp.MethodElicitationCreate && caps.Elicitation == nil:
			missing["elicitation"] = struct{}{}
		case input.Method == mcp.MethodSamplingCreateMessage && caps.Sampling == nil:
			missing["sampling"] = struct{}{}
		case input.Method == mcp.MethodListRoots && caps.Roots == nil:
			missing["roots"] = struct{}{}
		}
	}
	return missing
}

// acknowledged waits until a subscription is acknowledged on the wire. Where
// nothing can be subscribed to, the SDK answers at once and may lose the
// acknowledgement, as it does any notification right before an answer.
func acknowledged(ctx context.Context, _ any, _ *mcp.SubscriptionsListenRequest, _ *mcp.SubscriptionsListenResult) {
	out := OutletFrom(ctx)
	if out == nil || out.begun == nil {
		return
	}
	select {
	case <-out.begun:
	case <-ctx.Done():
	}
}
