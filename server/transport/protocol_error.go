package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"
)

// protocolError is the error that takes the place of a call's answer; the
// SDK makes an internal error of whatever a handler returns.
type protocolError struct {
	atomic.Pointer[mcp.JSONRPCErrorDetails]
	badRequest atomic.Bool // which its HTTP status must say as well
}

type refusalKey struct{}

// refuse ends the call of ctx with the error for missing client capabilities.
func refuse(ctx context.Context, missing map[string]struct{}) error {
	names := slices.Sorted(maps.Keys(missing))
	return RefuseWith(ctx, mcp.MISSING_REQUIRED_CLIENT_CAPABILITY,
		"this call needs a client with "+strings.Join(names, " and "), map[string]any{"requiredCapabilities": missing})
}

// RefuseWith ends the request of ctx with an error of our own. Since 2026-07-28
// what is wrong with a request has an HTTP status of its own.
func RefuseWith(ctx context.Context, code int, message string, data any) error {
	details := mcp.NewJSONRPCErrorDetails(code, message, data)
	if r, ok := ctx.Value(refusalKey{}).(*protocolError); ok {
		r.Store(&details)
		r.badRequest.Store(mcpserver.IsModernRequest(ctx) && code != mcp.INTERNAL_ERROR)
	}
	return errors.New(message)
}

// instead is the SDK's answer, or the refusal with its id.
func (r *protocolError) instead(answer mcp.JSONRPCMessage) mcp.JSONRPCMessage {
	failed, ok := answer.(mcp.JSONRPCError)
	if details := r.Load(); ok && details != nil {
		failed.Error = *details
		return failed
	}
	if ok && strings.Contains(failed.Error.Message, goWords) {
		failed.Error.Message = "the message does not have the shape that MCP gives it"
		return failed
	}
	return answer
}

// goWords begins what encoding/json says of Go's types, which the SDK passes on.
const goWords = "json: "

// insteadEncoded is instead for an answer that is encoded already.
func (r *protocolError) insteadEncoded(answer []byte) []byte {
	var failed mcp.JSONRPCError
	if r.Load() == nil && !bytes.Contains(answer, []byte(goWords)) || json.Unmarshal(answer, &failed) != nil || failed.Error.Code == 0 {
		return answer
	}
	encoded, err := json.Marshal(r.instead(failed))
	if err != nil {
		return answer
	}
	return encoded
}
