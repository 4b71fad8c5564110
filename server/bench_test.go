package server_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/server"
	"airbyte-agent-mcp/server/telemetry"
	"airbyte-agent-mcp/tools"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/dispatch"
)

// What the way through MCP costs, beside the direct call of the same API by a
// keep-alive client: the ratios are what to look at. "whole" passes all of the
// answer on, the others cut it to the default budget.
func BenchmarkCall(b *testing.B) {
	for _, size := range []struct {
		name  string
		bytes int
	}{{"2KB", 2 << 10}, {"200KB", 200 << 10}, {"5MB", 5 << 20}} {
		api := upstream(b, size.bytes)
		b.Run(size.name, func(b *testing.B) {
			b.Run("direct", func(b *testing.B) { direct(b, api) })
			for _, call := range benchCalls {
				b.Run(call.name+"/stdio", func(b *testing.B) { overStdio(b, api, call) })
				b.Run(call.name+"/http", func(b *testing.B) { overHTTP(b, api, call) })
			}
		})
	}
}

type benchCall struct {
	name, tool, arguments string
	tokens                int // budget; the default one if 0
}

const benchConnector = `{"connector_id":"c0000001-0000-4000-8000-000000000001","entity":"issues","action":"list"`

var benchCalls = []benchCall{
	{"execute", "execute_operation", benchConnector + `}`, 0},
	{"execute whole", "execute_operation", benchConnector + `}`, 4 << 20},
	{"read", "read_records", benchConnector + `,"limit":1000}`, 0},
	{"read whole", "read_records", benchConnector + `,"limit":1000}`, 4 << 20},
}

func (c benchCall) message(meta string) string {
	return `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{` + meta + `"name":"` + c.tool + `","arguments":` + c.arguments + `}}`
}

const executePath = "/api/v1/integrations/connectors/c0000001-0000-4000-8000-000000000001/execute"

// upstream answers every execute with records of about n bytes, with text as
// people write it: dashes, curly quotes, accents, escapes and emoji.
func upstream(b *testing.B, n int) string {
	b.Helper()
	record := `{"id":12345,"name":"Acmé \"Ltd\"","email":"a@example.com","amount":12.5,"note":"` +
		strings.Repeat(`Called about the “renewal” – wants a démonstration… \nthanks 🚀 `, 2) + `"}`
	records := strings.TrimSuffix(strings.Repeat(record+",", n/len(record)), ",")
	body := []byte(`{"status":"success","result":[` + records + `],"connector_metadata":{"has_more":false},"execution_metadata":{"connector_instance_id":"x","execution_time_ms":5},"warning":null}`)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		if strings.HasSuffix(r.URL.Path, "/token") {
			_, _ = io.WriteString(w, `{"access_token":"t","token_type":"bearer","expires_in":900}`)
			return
		}
		if r.Method == http.MethodGet { // a connector of which there is little to learn
			_, _ = io.WriteString(w, `{"connector_id":"c0000001-0000-4000-8000-000000000001","id":"c0000001-0000-4000-8000-000000000001","name":"GitHub"}`)
			return
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		_, _ = w.Write(body)
	}))
	b.Cleanup(srv.Close)
	return srv.URL
}

func direct(b *testing.B, api string) {
	var client http.Client
	for b.Loop() {
		resp, err := client.Post(api+executePath, "application/json", strings.NewReader(`{"entity":"issues","action":"list"}`))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadAll(resp.Body); err != nil { // who calls wants to have it
			b.Fatal(err)
		}
		resp.Body.Close()
	}
}

func benchServer(b *testing.B, api, transport string, call benchCall) *server.Server {
	b.Helper()
	client, err := airbyteclient.New(airbyteclient.Config{APIHost: api, ClientID: "x", ClientSecret: airbyteclient.NewSecret("y")},
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

func overStdio(b *testing.B, api string, call benchCall) {
	s := benchServer(b, api, "stdio", call)
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

func overHTTP(b *testing.B, api string, call benchCall) {
	srv := httptest.NewServer(benchServer(b, api, "streamable-http", call).Handler())
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
