package server

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/tools"
	"airbyte-agent-mcp/tools/account"
)

// TestConformance runs the official suite, @modelcontextprotocol/conformance,
// against /mcp in both protocol eras: once as the server is, which leaves out
// the scenarios that call the suite's own tools, and once with those tools
// added. .ci/run installs the suite and names its command in CONFORMANCE.
func TestConformance(t *testing.T) {
	suite := os.Getenv("CONFORMANCE")
	if suite == "" {
		t.Skip("CONFORMANCE does not name the command of the conformance suite; .ci/run installs it")
	}
	list, err := tools.Choose(tools.Catalog(), tools.Choice{Toolsets: []string{"all"}})
	if err != nil {
		t.Fatal(err)
	}
	product, err := New(list, account.OneClient(sandboxClient(t, sandbox.New(sandbox.Options{}), nil)), conformanceConfig, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer product.Close()
	fixtures, err := withFixtures(list, conformanceConfig)
	if err != nil {
		t.Fatal(err)
	}
	defer fixtures.Close()
	for _, server := range []struct {
		name string
		*Server
	}{{"product", product}, {"fixtures", fixtures}} {
		for _, version := range []string{"2025-11-25", "2026-07-28"} {
			t.Run(server.name+"/"+version, func(t *testing.T) {
				listening := httptest.NewServer(server.Handler())
				defer listening.Close()
				args := []string{"server", "--url", listening.URL + "/mcp", "--requirements", version}
				expected, err := filepath.Abs("testdata/conformance/expected-failures-" + server.name + "-" + version + ".yaml")
				if err != nil {
					t.Fatal(err)
				}
				if _, err := os.Stat(expected); err == nil {
					args = append(args, "--expected-failures", expected)
				}
				command := exec.CommandContext(t.Context(), suite, args...)
				command.Dir = t.TempDir() // the suite may leave files
				output, err := command.CombinedOutput()
				if err != nil {
					t.Errorf("%v\n%s", err, output)
					return
				}
				t.Logf("%s", output)
			})
		}
	}
}

var conformanceConfig = Config{
	Transport: "streamable-http", Address: "127.0.0.1:0",
	MaxRequestBytes: 4 << 20, SessionIdle: time.Minute, Version: "1.0.0",
}

// noAccount is for servers whose tools are never called.
func noAccount(context.Context) (*airbyteclient.Client, error) {
	return nil, errors.New("this test has no account")
}

// The tests below hold what the suite found, without the suite.

func TestCallThatNeedsWhatTheClientDoesNotDeclareIsRefused(t *testing.T) {
	t.Parallel()
	s := fixtureServer(t)
	call := statelessMessage("tools/call", `"name":"test_missing_capability","arguments":{}`)
	want := `{"jsonrpc":"2.0","id":1,"error":{"code":-32021,"message":"this call needs a client with sampling","data":{"requiredCapabilities":{"sampling":{}}}}}`

	listening := httptest.NewServer(s.Handler())
	defer listening.Close()
	resp := sendMessage(t, listening.URL, call, "Mcp-Protocol-Version", "2026-07-28", "Mcp-Method", "tools/call", "Mcp-Name", "test_missing_capability")
	if got := bodyOf(t, resp); resp.StatusCode != http.StatusBadRequest || got != want {
		t.Errorf("HTTP answered %s\n%s\nwant 400\n%s", resp.Status, got, want)
	}

	var out strings.Builder
	if err := s.ServeStdio(t.Context(), strings.NewReader(call+"\n"), &out); err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(out.String()); got != want {
		t.Errorf("stdio answered\n%s\nwant\n%s", got, want)
	}
}

func TestCallThatCannotAskEndsAtOnce(t *testing.T) {
	t.Parallel()
	listening := httptest.NewServer(fixtureServer(t).Handler())
	defer listening.Close()
	begun := sendMessage(t, listening.URL, `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",`+
		`"capabilities":{"sampling":{}},"clientInfo":{"name":"test","version":"1"}}}`)
	bodyOf(t, begun)
	answer := sendMessage(t, listening.URL, `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"test_sampling","arguments":{}}}`,
		"Mcp-Session-Id", begun.Header.Get("Mcp-Session-Id"))
	if got := bodyOf(t, answer); !strings.Contains(got, `"isError":true`) || !strings.Contains(got, "cannot be asked for sampling/createMessage") {
		t.Errorf("got %s", got)
	}
}

// Without acknowledged in guard.go, many of these come without.
func TestSubscriptionToNothingIsAcknowledged(t *testing.T) {
	t.Parallel()
	s, err := New(nil, noAccount, conformanceConfig, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	listening := httptest.NewServer(s.Handler())
	defer listening.Close()
	for range 200 {
		resp := sendMessage(t, listening.URL, statelessMessage("subscriptions/listen", `"notifications":{"toolsListChanged":true}`),
			"Mcp-Protocol-Version", "2026-07-28", "Mcp-Method", "subscriptions/listen")
		if got := bodyOf(t, resp); !strings.Contains(got, "notifications/subscriptions/acknowledged") {
			t.Fatalf("got %s", got)
		}
	}
}

func fixtureServer(t *testing.T) *Server {
	t.Helper()
	s, err := withFixtures(nil, conformanceConfig)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	return s
}

// statelessMessage is a request of 2026-07-28 by a client without any capability.
func statelessMessage(method, params string) string {
	return `{"jsonrpc":"2.0","id":1,"method":"` + method + `","params":{` + params +
		`,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`
}

func sendMessage(t *testing.T, address, message string, headers ...string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+"/mcp", strings.NewReader(message))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func bodyOf(t *testing.T, resp *http.Response) string {
	t.Helper()
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}
