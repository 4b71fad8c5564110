package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"
)

// The pass-through runs a message through mcp-go and writes the result of a
// tool by appending its bytes. It checks nothing, keeps no session and bounds
// nothing: no server over mcp-go can be expected to be faster.

func passStdio(s *mcpserver.MCPServer, in io.Reader, out io.Writer) error {
	var mu sync.Mutex // guards out
	r := bufio.NewReaderSize(in, 64<<10)
	for {
		line, err := r.ReadBytes('\n')
		if err != nil {
			return nil
		}
		go func() {
			answer := handle(context.Background(), s, line)
			if answer == nil {
				return
			}
			defer buffers.Put(answer)
			*answer = append(*answer, '\n')
			mu.Lock()
			defer mu.Unlock()
			_, _ = out.Write(*answer)
		}()
	}
}

func passHTTP(s *mcpserver.MCPServer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		message, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		answer := handle(r.Context(), s, message)
		if answer == nil {
			w.WriteHeader(http.StatusAccepted)
			return
		}
		defer buffers.Put(answer)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(*answer)
	})
}

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// handle returns the encoded answer to one message, nil for a notification.
// It goes back to buffers.
func handle(ctx context.Context, s *mcpserver.MCPServer, message []byte) *[]byte {
	response := s.HandleMessage(ctx, message)
	if response == nil {
		return nil
	}
	b := buffers.Get().(*[]byte)
	*b = (*b)[:0]
	if r, ok := response.(mcp.JSONRPCResponse); ok {
		if result, ok := r.Result.(*mcp.CallToolResult); ok && result.RawStructuredContent != nil {
			id, _ := json.Marshal(r.ID)
			*b = append(append(append(*b, `{"jsonrpc":"2.0","id":`...), id...), `,"result":{"content":[{"type":"text","text":"`...)
			*b = append(appendEscaped(*b, result.RawStructuredContent), `"}],"structuredContent":`...)
			*b = append(append(*b, result.RawStructuredContent...), "}}"...)
			return b
		}
	}
	encoded, _ := json.Marshal(response)
	*b = append(*b, encoded...)
	return b
}

// appendEscaped appends one line of JSON as the inside of a JSON string.
func appendEscaped(b, text []byte) []byte {
	start := 0
	for i, c := range text {
		if c == '"' || c == '\\' {
			b = append(append(b, text[start:i]...), '\\')
			start = i
		}
	}
	return append(b, text[start:]...)
}
