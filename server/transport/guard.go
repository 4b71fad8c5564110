package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"airbyte-agent-mcp/server/telemetry"
)

// This file holds the work-arounds for mcp-go v1.2.1 on /mcp; tests show for
// each what happens without it. The SDK's stdio and SSE transports are replaced
// whole: stdio.go, sse.go and conversation.go say why. The SDK
//
//   - loses a notification sent just before the answer, gives it to another
//     call of the same session or to whoever holds the session's GET stream,
//     and drops all beyond a hundred at a time
//     (https://github.com/mark3labs/mcp-go/pull/969): see answerWriter;
//   - lets any 2026-07-28 client cancel any other's call: see foreignCancel;
//   - keeps sessions for ever, accepts invented ids, and lets an anonymous GET
//     take a session (https://github.com/mark3labs/mcp-go/issues/723): see
//     sessionIDs, and WithDisableStreaming in transport.go;
//   - checks no Origin and bounds no body: see sameSite and readBody;
//   - asks a client that cannot be asked, and waits for ever: see answerable,
//     and put in question.go for one that does not answer;
//   - reads ids as floats: see rewritten;
//   - makes an internal error of whatever error a handler returns: see protocolError;
//   - sends the text of a panic to the client: see recovered and handle;
//   - loses the acknowledgement of a subscription to nothing: see acknowledged;
//   - loses the whole list by one bad tool: see encodeTools in handle.go.

// Recovered keeps a panic outside of a tool from cutting the connection
// without a word; the client never sees its text.
func (tr *Transport) Recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
					panic(p)
				}
				telemetry.LogPanic(tr.log, "http", p)
				WriteRPCError(w, http.StatusInternalServerError, mcp.INTERNAL_ERROR, "internal error")
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// SameSite refuses requests that a web page made a browser send: a Host that
// is not ours (DNS rebinding) and an Origin that is neither ours nor allowed.
func (tr *Transport) SameSite(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !tr.access.hostAllowed(r.Host) {
			WriteRPCError(w, http.StatusForbidden, mcp.INVALID_REQUEST, "host not allowed; the operator can name it with --allowed-hosts")
			return
		}
		origin := r.Header.Get("Origin")
		if origin == "" {
			next.ServeHTTP(w, r)
			return
		}
		if !tr.access.originAllowed(origin, r.Host) {
			WriteRPCError(w, http.StatusForbidden, mcp.INVALID_REQUEST, "origin not allowed; the operator can name it with --allowed-origins")
			return
		}
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", origin)
		h.Add("Vary", "Origin")
		h.Set("Access-Control-Expose-Headers", "Mcp-Session-Id, Mcp-Protocol-Version")
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			h.Set("Access-Control-Allow-Methods", "GET, POST, DELETE, OPTIONS")
			h.Set("Access-Control-Allow-Headers", "Content-Type, Accept, Authorization, Mcp-Session-Id, Mcp-Protocol-Version, Mcp-Method, Mcp-Name, Last-Event-ID")
			h.Set("Access-Control-Max-Age", "600")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func hostname(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return strings.Trim(hostport, "[]")
}

func IsLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || (ip != nil && ip.IsLoopback())
}

// Bounded gives a body a time to arrive; net/http lifts the limit once it has.
// It stands above every handler, since net/http reads what a handler leaves.
func Bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(BodyTimeout))
		}
		next.ServeHTTP(w, r)
	})
}

// readBody reads a body of limited size, or answers why not and returns nil.
func (tr *Transport) readBody(w http.ResponseWriter, r *http.Request) []byte {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, tr.maxRequestBytes))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		WriteRPCError(w, http.StatusRequestEntityTooLarge, mcp.INVALID_REQUEST,
			fmt.Sprintf("message larger than %d bytes (--max-request-bytes)", tr.maxRequestBytes))
		return nil
	case err != nil:
		WriteRPCError(w, http.StatusBadRequest, mcp.PARSE_ERROR, "the body could not be read")
		return nil
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	return body
}

// handle runs one message through the SDK. It keeps a panic there from ending
// the process, and its text from the client.
func (tr *Transport) handle(ctx context.Context, message []byte) (response mcp.JSONRPCMessage) {
	defer func() {
		if p := recover(); p != nil {
			telemetry.LogPanic(tr.log, "message", p)
			response = mcp.JSONRPCError{
				JSONRPC: mcp.JSONRPC_VERSION,
				Error:   mcp.NewJSONRPCErrorDetails(mcp.INTERNAL_ERROR, "internal error", nil),
			}
		}
	}()
	var refused protocolError
	return refused.instead(tr.mcp.HandleMessage(context.WithValue(ctx, refusalKey{}, &refused), message))
}
