// Command bench is what the benchmarks measure the server against, each part in
// a process of its own:
//
//	bench api                        the Agent API, see package api
//	bench encoder TRANSPORT API      an MCP server over mcp-go that answers through its encoder
//	bench passthrough TRANSPORT API  the same, but the answer passes as bytes
//
// TRANSPORT is stdio or http. What listens prints its address on standard error.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"airbyte-agent-mcp/testdata/bench/api"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 1 && args[0] == "api":
		return listen(api.Handler())
	case len(args) != 3:
		return fmt.Errorf("want: bench api | encoder TRANSPORT API | passthrough TRANSPORT API")
	}
	s := newServer(args[2], args[0] == "encoder")
	switch args[0] + " " + args[1] {
	case "encoder stdio":
		stdio := mcpserver.NewStdioServer(s)
		mcpserver.WithWorkerPoolSize(16)(stdio)
		return stdio.Listen(context.Background(), os.Stdin, os.Stdout)
	case "encoder http":
		return listen(mcpserver.NewStreamableHTTPServer(s, mcpserver.WithDisableStreaming(true)))
	case "passthrough stdio":
		return passStdio(s, os.Stdin, os.Stdout)
	case "passthrough http":
		return listen(passHTTP(s))
	}
	return fmt.Errorf("unknown: %s", strings.Join(args, " "))
}

func listen(h http.Handler) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "address=%s\n", listener.Addr())
	return http.Serve(listener, h)
}

// newServer serves one tool, which makes the request of execute_operation and
// returns the whole of its answer as structure and, for the encoder, as text.
func newServer(base string, asText bool) *mcpserver.MCPServer {
	client := &http.Client{Transport: &http.Transport{MaxIdleConns: 64, MaxIdleConnsPerHost: 64}}
	s := mcpserver.NewMCPServer("bench", "1", mcpserver.WithToolCapabilities(false))
	tool := mcp.NewToolWithRawSchema("execute_operation", "Runs one action.",
		json.RawMessage(`{"type":"object","properties":{"connector_id":{"type":"string"},"entity":{"type":"string"},"action":{"type":"string"}}}`))
	s.AddTool(tool, func(ctx context.Context, req mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		answer, err := execute(ctx, client, base, req)
		if err != nil {
			return nil, err
		}
		result := &mcp.CallToolResult{RawStructuredContent: answer}
		if asText {
			result.Content = []mcp.Content{mcp.TextContent{Type: "text", Text: string(answer)}}
		}
		return result, nil
	})
	return s
}

func execute(ctx context.Context, client *http.Client, base string, call mcp.CallToolRequest) (json.RawMessage, error) {
	body := fmt.Sprintf(`{"entity":%q,"action":%q}`, call.GetString("entity", ""), call.GetString("action", ""))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+api.ExecutePath, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer := make([]byte, resp.ContentLength)
	_, err = io.ReadFull(resp.Body, answer)
	return answer, err
}
