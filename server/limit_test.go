package server

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"airbyte-agent-mcp/server/transport"
)

func TestServerSaysThatItIsBusy(t *testing.T) {
	t.Parallel()
	b := newBench(t, settings{})
	b.transport.Arriving.Take(transport.MaxArriving)
	c := b.web(t)
	got := c.do(http.MethodPost, "/mcp", `{"jsonrpc":"2.0","id":1,"method":"ping"}`)
	if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" || !strings.Contains(got.body, "nothing was done") {
		t.Errorf("HTTP %d %s", got.status, got.body)
	}
	if r := b.stdio(t).ask(`{"jsonrpc":"2.0","id":1,"method":"ping"}`); !strings.Contains(string(r.raw), "nothing was done") {
		t.Errorf("stdio: %s", r.raw)
	}
}

// The SDK opens a session for an initialize before it sees that it cannot serve
// it; ten thousand of those would lock everybody out.
func TestFailedInitializeOpensNoSession(t *testing.T) {
	t.Parallel()
	s := newBench(t, settings{})
	web := httptest.NewServer(s.Handler())
	defer web.Close()
	for _, body := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":[]}`,
		`{"jsonrpc":"2.0","id":1,"method":"initialize"}`,
		`{"jsonrpc":"2.0","method":"initialize","params":{"protocolVersion":"2025-11-25"}}`,
		`{"jsonrpc":"2.0","id":null,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}`,
	} {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, web.URL+"/mcp", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := web.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest || resp.Header.Get("Mcp-Session-Id") != "" {
			t.Errorf("%s: HTTP %d, session %q", body, resp.StatusCode, resp.Header.Get("Mcp-Session-Id"))
		}
	}
}

func TestProtocolErrorsNameNoGoTypes(t *testing.T) {
	t.Parallel()
	c := newBench(t, settings{}).stdio(t)
	c.greet("2025-11-25", "{}")
	for _, message := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":"x"}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":5}}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":5}}`,
	} {
		raw := string(c.ask(message).raw)
		if strings.Contains(raw, "json:") || strings.Contains(raw, "mcp.") || !strings.Contains(raw, `"error"`) {
			t.Errorf("%s is answered with %s", message, raw)
		}
	}
}
