package server_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/server"
	"airbyte-agent-mcp/server/telemetry"
	"airbyte-agent-mcp/testdata/bench/api"
	"airbyte-agent-mcp/tools"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/dispatch"
)

// BenchmarkCall is for looking into a call, with profiles and allocations: the
// server runs in this process. How it compares is measured by BenchmarkProcess
// at the top. "whole" passes all of the answer on, the others cut it to the
// default budget.
func BenchmarkCall(b *testing.B) {
	for _, size := range []struct {
		name  string
		bytes int
	}{{"2KB", 2 << 10}, {"200KB", 200 << 10}, {"5MB", 5 << 20}} {
		srv := httptest.NewServer(api.Handler())
		b.Cleanup(srv.Close)
		b.Run(size.name, func(b *testing.B) {
			b.Run("direct", func(b *testing.B) { direct(b, srv.URL, size.bytes) })
			for _, call := range benchCalls {
				arguments := api.Arguments(size.bytes)
				call.arguments = arguments[:len(arguments)-1] + call.arguments + "}"
				b.Run(call.name+"/stdio", func(b *testing.B) { overStdio(b, srv.URL, call) })
				b.Run(call.name+"/http", func(b *testing.B) { overHTTP(b, srv.URL, call) })
			}
		})
	}
}

type benchCall struct {
	name, tool, arguments string
	tokens                int // budget; the default one if 0
}

var benchCalls = []benchCall{
	{"execute", "execute_operation", "", 0},
	{"execute whole", "execute_operation", "", 4 << 20},
	{"read", "read_records", `,"limit":1000`, 0},
	{"read whole", "read_records", `,"limit":1000`, 4 << 20},
}

func (c benchCall) message(meta string) string {
	return `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{` + meta + `"name":"` + c.tool + `","arguments":` + c.arguments + `}}`
}

func direct(b *testing.B, base string, size int) {
	b.ReportAllocs()
	var client http.Client
	for b.Loop() {
		resp, err := client.Post(base+api.ExecutePath, "application/json", strings.NewReader(api.Body(size)))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			b.Fatal(err)
		}
		resp.Body.Close()
	}
}

func benchServer(b *testing.B, base, transport string, call benchCall) *server.Server {
	b.Helper()
	client, err := airbyteclient.New(airbyteclient.Config{APIHost: base, ClientID: "x", ClientSecret: airbyteclient.NewSecret("y")},
		airbyteclient.WithObserver(telemetry.Observe))
	if err != nil {
		b.Fatal(err)
	}
	list, err := tools.Choose(tools.Catalog(), tools.Choice{})
	if err != nil {
		b.Fatal(err)
	}
	s, err := server.New(list, account.OneClient(client),
		server.Config{Transport: transport, Address: "127.0.0.1:0", MaxRequestBytes: 4 << 20, Limits: dispatch.Limits{MaxAnswerTokens: call.tokens}}, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.Close)
	return s
}

func overStdio(b *testing.B, base string, call benchCall) {
	b.ReportAllocs()
	s := benchServer(b, base, "stdio", call)
	inReader, in := io.Pipe()
	out, outWriter := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- s.ServeStdio(context.Background(), inReader, outWriter) }()
	r := bufio.NewReaderSize(out, 1<<20)
	for b.Loop() {
		if _, err := io.WriteString(in, call.message("")+"\n"); err != nil {
			b.Fatal(err)
		}
		for {
			_, err := r.ReadSlice('\n')
			if err == nil {
				break
			}
			if err != bufio.ErrBufferFull {
				b.Fatal(err)
			}
		}
	}
	in.Close()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}

func overHTTP(b *testing.B, base string, call benchCall) {
	b.ReportAllocs()
	srv := httptest.NewServer(benchServer(b, base, "streamable-http", call).Handler())
	defer srv.Close()
	body := call.message(`"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"b","version":"1"}},`)
	var client http.Client
	for b.Loop() {
		req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, srv.URL+"/mcp", strings.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Accept", "application/json, text/event-stream")
		req.Header.Set("Mcp-Protocol-Version", "2026-07-28")
		req.Header.Set("Mcp-Method", "tools/call")
		req.Header.Set("Mcp-Name", call.tool)
		resp, err := client.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		var start bytes.Buffer
		n, err := io.Copy(io.Discard, io.TeeReader(resp.Body, limited{&start}))
		if err != nil {
			b.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK || n < 1000 {
			b.Fatalf("status %d, %d bytes: %s", resp.StatusCode, n, start.String())
		}
	}
}

// limited keeps the beginning of what is written.
type limited struct{ b *bytes.Buffer }

func (l limited) Write(p []byte) (int, error) {
	l.b.Write(p[:min(len(p), max(0, 300-l.b.Len()))])
	return len(p), nil
}
