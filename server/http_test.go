package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/client"
	sdktransport "github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/server/transport"
	"airbyte-agent-mcp/tools"
	"airbyte-agent-mcp/tools/account"
)

var legacyVersions = []string{"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"}

// listed checks an answer of tools/list.
func (b *bench) listed(t testing.TB, m message) {
	t.Helper()
	var result struct{ Tools []mcp.Tool }
	if err := json.Unmarshal(m.Result, &result); err != nil || len(result.Tools) != len(b.runner.Tools()) {
		t.Errorf("%d tools are listed, want %d (%v)", len(result.Tools), len(b.runner.Tools()), err)
	}
}

func TestEveryProtocolVersionIsServedOnEveryTransport(t *testing.T) {
	t.Parallel()
	b := newBench(t, settings{})
	c := b.web(t)
	list := `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
	call := callMessage(2, "execute_operation", listCustomers)
	greeted := func(t *testing.T, m message, version string) {
		t.Helper()
		var hello mcp.InitializeResult
		if err := json.Unmarshal(m.Result, &hello); err != nil {
			t.Fatalf("%v in %s", err, m.raw)
		}
		if hello.ProtocolVersion != version || hello.ServerInfo.Name != "airbyte" || hello.ServerInfo.Version != "1.2.3" || !strings.HasPrefix(hello.Instructions, "Airbyte connects you") {
			t.Errorf("initialize: %s", m.raw)
		}
	}
	for _, version := range legacyVersions {
		t.Run(version+"/http", func(t *testing.T) {
			t.Parallel()
			greeted(t, c.post(initializeMessage(1, version, "{}")).last(t), version)
			session := c.greet(version, "{}")
			b.listed(t, session.post(list).last(t))
			got := session.post(call)
			if r := got.last(t).toolResult(t); r.IsError || got.header.Get("Content-Type") != "application/json" {
				t.Errorf("call: %v %s", got.header, got.body)
			}
		})
		for name, open := range map[string]func(t *testing.T) *stream{
			"stdio": func(t *testing.T) *stream { return &b.stdio(t).stream },
			"sse": func(t *testing.T) *stream {
				mine := *c
				mine.t = t
				return &mine.sse().stream
			},
		} {
			t.Run(version+"/"+name, func(t *testing.T) {
				t.Parallel()
				c := open(t)
				greeted(t, c.greet(version, "{}"), version)
				b.listed(t, c.ask(list))
				if r := c.ask(call).toolResult(t); r.IsError {
					t.Errorf("call: %s", r.text())
				}
			})
		}
	}
	t.Run("2026-07-28/http", func(t *testing.T) {
		t.Parallel()
		body, header := modern(1, "server/discover", "", "", "{}")
		if got := c.post(body, header...); got.status != http.StatusOK || !strings.Contains(got.body, "2026-07-28") || !strings.Contains(got.body, "2024-11-05") {
			t.Errorf("server/discover: HTTP %d %s", got.status, got.body)
		}
		body, header = modern(1, "tools/list", "", "", "{}")
		got := c.post(body, header...)
		b.listed(t, got.last(t))
		if got.header.Get(mcpserver.HeaderKeySessionID) != "" {
			t.Error("a session was opened")
		}
		body, header = modernCall(2, "execute_operation", listCustomers)
		if r := c.post(body, header...).last(t).toolResult(t); r.IsError {
			t.Errorf("call: %s", r.text())
		}
		body, header = modernCall(2, "execute_operation", listCustomers)
		header[len(header)-1] = "list_workspaces"
		if got := c.post(body, header...); got.status != http.StatusBadRequest {
			t.Errorf("a call whose header names another tool: HTTP %d %s", got.status, got.body)
		}
	})
	t.Run("2026-07-28/stdio", func(t *testing.T) {
		t.Parallel()
		c := b.stdio(t)
		body, _ := modern(1, "tools/list", "", "", "{}")
		b.listed(t, c.ask(body))
		body, _ = modernCall(2, "execute_operation", listCustomers)
		if r := c.ask(body).toolResult(t); r.IsError {
			t.Errorf("call: %s", r.text())
		}
	})
	t.Run("unknown version", func(t *testing.T) {
		t.Parallel()
		greeted(t, c.post(initializeMessage(1, "1999-01-01", "{}")).last(t), "2025-11-25")
		session := c.greet("2025-11-25", "{}")
		if got := session.post(list, mcp.HeaderProtocolVersion, "1999-01-01"); got.status != http.StatusBadRequest {
			t.Errorf("HTTP %d %s", got.status, got.body)
		}
	})
}

// The SDK's client, as agents in Go use it.
func TestSDKClientIsServedInEveryVersionOnEveryTransport(t *testing.T) {
	t.Parallel()
	b := newBench(t, settings{})
	url := b.web(t).url
	for _, version := range append(legacyVersions, "2026-07-28") {
		for name, open := range map[string]func(t *testing.T) sdktransport.Interface{
			"http": func(t *testing.T) sdktransport.Interface {
				tr, err := sdktransport.NewStreamableHTTP(url + "/mcp")
				if err != nil {
					t.Fatal(err)
				}
				return tr
			},
			"sse": func(t *testing.T) sdktransport.Interface {
				tr, err := sdktransport.NewSSE(url + "/sse")
				if err != nil {
					t.Fatal(err)
				}
				return tr
			},
			"stdio": func(t *testing.T) sdktransport.Interface {
				in, toServer := io.Pipe()
				fromServer, out := io.Pipe()
				done := make(chan struct{})
				go func() {
					defer close(done)
					_ = b.ServeStdio(context.Background(), in, out)
					_ = out.Close()
				}()
				t.Cleanup(func() { _ = toServer.Close(); <-done })
				return sdktransport.NewIO(fromServer, toServer, io.NopCloser(strings.NewReader("")))
			},
		} {
			if name == "sse" && version == "2026-07-28" {
				continue // has no such transport
			}
			t.Run(version+"/"+name, func(t *testing.T) {
				t.Parallel()
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				c := client.NewClient(open(t), client.WithProtocolVersion(version))
				if err := c.Start(ctx); err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				hello := mcp.InitializeRequest{}
				hello.Params.ProtocolVersion = version
				hello.Params.ClientInfo = mcp.Implementation{Name: "test", Version: "1"}
				if _, err := c.Initialize(ctx, hello); err != nil {
					t.Fatal(err)
				}
				if got := c.ProtocolVersion(); got != version {
					t.Errorf("version %s was agreed", got)
				}
				list, err := c.ListTools(ctx, mcp.ListToolsRequest{})
				if err != nil || len(list.Tools) != len(b.runner.Tools()) {
					t.Fatalf("list: %v", err)
				}
				call := mcp.CallToolRequest{}
				call.Params.Name = "execute_operation"
				call.Params.Arguments = json.RawMessage(listCustomers)
				got, err := c.CallTool(ctx, call)
				if err != nil || got.IsError || got.StructuredContent == nil {
					t.Errorf("call: %+v, %v", got, err)
				}
			})
		}
	}
}

func TestOnlyTheConfiguredTransportsAreServed(t *testing.T) {
	t.Parallel()
	for transport, served := range map[string]map[string]bool{
		"streamable-http": {"/mcp": true},
		"sse":             {"/sse": true, "/message": true},
		"http":            {"/mcp": true, "/sse": true, "/message": true},
	} {
		b := newBench(t, settings{clients: noAccount, config: func(c *Config) { c.Transport = transport }})
		c := b.web(t)
		for _, path := range []string{"/mcp", "/sse", "/message", "/", "/other"} {
			got := c.do(http.MethodPut, path, "") // which none of them takes
			if found := got.status == http.StatusMethodNotAllowed; found != served[path] {
				t.Errorf("%s on --transport %s: HTTP %d", path, transport, got.status)
			}
			if got.status == http.StatusNotFound && !strings.Contains(got.body, b.config.endpoints()) {
				t.Errorf("%s says %q", path, got.body)
			}
		}
	}
}

func TestOpenAddressWithoutAuthenticationIsRefused(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		address   string
		transport string
		allow     bool
		fault     string
	}{
		{"127.0.0.1:8080", "http", false, ""},
		{"127.8.9.1:0", "sse", false, ""},
		{"localhost:8080", "http", false, ""},
		{"[::1]:8080", "streamable-http", false, ""},
		{"0.0.0.0:8080", "http", false, "--allow-unauthenticated"},
		{":8080", "http", false, "--allow-unauthenticated"},
		{"[::]:8080", "sse", false, "--allow-unauthenticated"},
		{"192.168.1.4:8080", "streamable-http", false, "--allow-unauthenticated"},
		{"mcp.example.com:8080", "http", false, "--allow-unauthenticated"},
		{"0.0.0.0:8080", "http", true, ""},
		{"0.0.0.0:8080", "stdio", false, ""},
		{"8080", "http", false, "host:port"},
		{"", "http", false, "host:port"},
	} {
		config := Config{Transport: row.transport, Address: row.address, AllowUnauthenticated: row.allow, MaxRequestBytes: 4 << 20}
		s, err := New(nil, noAccount, config, discarded)
		if err == nil {
			s.Close()
		}
		if (err == nil) != (row.fault == "") || err != nil && !strings.Contains(err.Error(), row.fault) {
			t.Errorf("%s on %q: %v", row.transport, row.address, err)
		}
	}
	for _, config := range []Config{
		{Transport: "stdio", MaxRequestBytes: 10},
		{Transport: "http", Address: "127.0.0.1:0", MaxRequestBytes: 4 << 20, SessionIdle: -time.Second},
	} {
		if _, err := New(nil, noAccount, config, discarded); err == nil || !strings.Contains(err.Error(), "--") {
			t.Errorf("%+v: %v", config, err)
		}
	}
}

func TestHealthAndReadiness(t *testing.T) {
	t.Parallel()
	b := newBench(t, settings{})
	c := b.web(t)
	if got := c.do(http.MethodGet, "/healthz", ""); got.status != http.StatusOK || !strings.Contains(got.body, `"1.2.3"`) {
		t.Errorf("/healthz: HTTP %d %s", got.status, got.body)
	}
	for range 20 {
		if got := c.do(http.MethodGet, "/readyz", ""); got.status != http.StatusOK || !strings.Contains(got.body, `"ready"`) {
			t.Errorf("/readyz: HTTP %d %s", got.status, got.body)
		}
	}
	if n := len(b.sandbox.Requests()); n != 1 {
		t.Errorf("%d requests were sent", n)
	}
	for name, row := range map[string]struct {
		clients account.Clients
		reason  string
	}{
		"no account":     {noAccount, "no account"},
		"no credentials": {account.OneClient(clientFor(t, airbyteclient.Config{})), "AIRBYTE_CLIENT_ID"},
		"API is down": {account.OneClient(clientFor(t, airbyteclient.Config{
			APIHost: "http://127.0.0.1:1", ClientID: sandbox.ClientID, ClientSecret: airbyteclient.NewSecret("very-secret"), Timeout: time.Second,
		})), "refused"},
	} {
		c := newBench(t, settings{clients: row.clients}).web(t)
		got := c.do(http.MethodGet, "/readyz", "")
		var why struct{ Status, Reason string }
		if err := json.Unmarshal([]byte(got.body), &why); err != nil || got.status != http.StatusServiceUnavailable || why.Status != "not ready" || !strings.Contains(why.Reason, row.reason) {
			t.Errorf("%s: HTTP %d %s", name, got.status, got.body)
		}
		if strings.Contains(got.body, "very-secret") {
			t.Errorf("%s tells the secret", name)
		}
		if got := c.do(http.MethodGet, "/healthz", ""); got.status != http.StatusOK {
			t.Errorf("%s: /healthz: HTTP %d", name, got.status)
		}
	}
}

func clientFor(t testing.TB, config airbyteclient.Config) *airbyteclient.Client {
	t.Helper()
	api, err := airbyteclient.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(api.CloseIdleConnections)
	return api
}

// A probe that gives up must not make the next one see its own impatience.
func TestImpatientProbeDoesNotCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, settings{clients: func(ctx context.Context) (*airbyteclient.Client, error) {
			select {
			case <-time.After(time.Second):
				return nil, errors.New("slow, and no account")
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}})
		server := b.listen(t)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := server.try(ctx, http.MethodGet, "/readyz", ""); err == nil {
			t.Error("the impatient probe got an answer")
		}
		if got := server.do(http.MethodGet, "/readyz", ""); !strings.Contains(got.body, "slow, and no account") {
			t.Errorf("HTTP %d %s", got.status, got.body)
		}
	})
}

func TestInstructionsNameOnlyToolsThatAreServed(t *testing.T) {
	t.Parallel()
	for name, choice := range map[string]tools.Choice{
		"core": {}, "all": {Toolsets: []string{"all"}}, "read-only": {ReadOnly: true}, "skills": {Toolsets: []string{"skills"}},
	} {
		list, err := tools.Choose(tools.Catalog(), choice)
		if err != nil {
			t.Fatal(err)
		}
		text := instructions(list)
		if len(text) > 1900 || len(text) < 100 {
			t.Errorf("%s: the instructions have %d characters", name, len(text))
		}
		for _, set := range tools.Catalog() {
			for _, tool := range set.Tools {
				served := slices.ContainsFunc(list, func(t tools.Tool) bool { return t.Name == tool.Name })
				if strings.Contains(text, tool.Name) && !served {
					t.Errorf("%s: the instructions name %s, which is not served", name, tool.Name)
				}
			}
		}
	}
}

func TestServerStartsAndListsWithoutTheAPI(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		config airbyteclient.Config
		says   []string
	}{
		"credentials absent": {airbyteclient.Config{}, []string{"AIRBYTE_CLIENT_ID", "AIRBYTE_CLIENT_SECRET", "will not help"}},
		"API down": {airbyteclient.Config{
			APIHost: "http://127.0.0.1:1", ClientID: sandbox.ClientID, ClientSecret: airbyteclient.NewSecret("s"), Timeout: time.Second,
		}, []string{"AIRBYTE_API_HOST"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, settings{clients: account.OneClient(clientFor(t, row.config))})
			c := b.stdio(t)
			c.greet("2025-11-25", "{}")
			b.listed(t, c.ask(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`))
			r := c.ask(callMessage(1, "list_workspaces", `{}`)).toolResult(t)
			for _, word := range row.says {
				if !r.IsError || !strings.Contains(r.text(), word) {
					t.Errorf("the call does not say %s: %s", word, r.text())
				}
			}
			b.listed(t, b.web(t).greet("2025-11-25", "{}").post(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`).last(t))
		})
	}
}

func TestClientsNeverSeeEachOther(t *testing.T) {
	t.Parallel()
	b := newBench(t, settings{fixtures: burst})
	c := b.web(t)
	var wait sync.WaitGroup
	for n := range 16 {
		wait.Go(func() {
			session := c.greet("2025-11-25", "{}")
			if n%2 == 1 {
				session = nil
			}
			for i := range 20 {
				token := fmt.Sprintf("client-%d-%d", n, i)
				arguments := fmt.Sprintf(`{"token":%q,"n":3}`, token)
				if session != nil { // the same ids in every client
					answeredInOrder(t, token, 3, session.post(callMessage(i, "burst", arguments)), nil)
					continue
				}
				body, header := modernCall(i, "burst", arguments)
				answeredInOrder(t, token, 3, c.post(body, header...), nil)
			}
		})
	}
	wait.Wait()
}

func TestSlowCallsOverHTTPAreStoppedByTheirClient(t *testing.T) {
	t.Parallel()
	g := newGate()
	b := newBench(t, settings{fixtures: g.tool})
	c := b.web(t)
	session := c.greet("2025-11-25", "{}")
	done := make(chan error, 3)
	call := func(ctx context.Context, c *web, body string, header ...string) {
		_, err := c.try(ctx, http.MethodPost, "/mcp", body, header...)
		done <- err
	}
	// By closing the request, in either era.
	ctx, cancel := context.WithCancel(t.Context())
	go call(ctx, session, callMessage(1, "wait", `{"who":"legacy"}`))
	body, header := modernCall(1, "wait", `{"who":"modern"}`)
	go call(ctx, c, body, header...)
	g.await(t, g.entered)
	g.await(t, g.entered)
	cancel()
	g.await(t, g.canceled)
	g.await(t, g.canceled)
	<-done
	<-done
	// By a notification, in its own session and no other.
	go call(t.Context(), session, callMessage(7, "wait", `{"who":"mine"}`))
	g.await(t, g.entered)
	c.greet("2025-11-25", "{}").post(canceled(7))
	select {
	case <-g.canceled:
		t.Error("another session canceled the call")
	default:
	}
	session.post(canceled(7))
	if who := g.await(t, g.canceled); who != "mine" {
		t.Errorf("%s was canceled", who)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestIDsComeBackOverHTTP(t *testing.T) {
	t.Parallel()
	c := newBench(t, settings{fixtures: burst}).web(t)
	session := c.greet("2025-11-25", "{}")
	for _, id := range []string{`0`, `-1`, `9007199254740993`, `-9007199254740993`, `1.5`, `1e3`, `"a"`, `""`, `"9007199254740993"`} {
		for _, got := range []reply{
			session.post(`{"jsonrpc":"2.0","id":` + id + `,"method":"ping"}`),
			session.post(callMessage(id, "burst", `{"n":2}`)), // as a stream
		} {
			if m := got.last(t); m.Result == nil || string(m.ID) != id {
				t.Errorf("%s is answered with %s", id, m.raw)
			}
		}
	}
}

// served by the process: every one of these tests ends with serve returned
// and, as the bubble checks, no goroutine left.

func TestAnswersUnderWayAreGivenAtTheSignal(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		takes   time.Duration
		ignores bool
		says    string
	}{
		{"short call", 3 * time.Second, false, "finished"},
		{"long call", time.Hour, false, "canceled"},
		{"deaf call", time.Hour, true, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				gone := make(chan struct{})
				b := newBench(t, settings{clients: noAccount, fixtures: func(s *mcpserver.MCPServer) {
					fixture(s, "slow", "Takes its time.", func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
						ctx, release := transport.OutletFrom(ctx).Bind(ctx)
						defer release()
						done := ctx.Done()
						if row.ignores {
							done = nil
						}
						select {
						case <-time.After(row.takes):
							return mcp.NewToolResultText("finished"), nil
						case <-done:
							return transport.ErrorResult("canceled"), nil
						case <-gone:
							return transport.ErrorResult("too late"), nil
						}
					})
				}})
				server := b.listen(t)
				session, l := server.greet("2025-11-25", "{}"), server.sse()
				l.greet("2024-11-05", "{}")
				call := callMessage(1, "slow", `{}`)
				answered := make(chan reply, 1)
				go func() {
					got, err := session.try(context.Background(), http.MethodPost, "/mcp", call)
					if err != nil && row.says != "" {
						t.Error(err)
					}
					answered <- got
				}()
				l.send(call)
				synctest.Wait()
				start := time.Now()
				server.signal()
				overHTTP := <-answered
				overSSE := l.next()
				<-l.ended
				<-server.done
				if took := time.Since(start); took > 9*time.Second {
					t.Errorf("it took %v to return", took)
				}
				if row.says == "" {
					if overSSE.Error == nil || !strings.Contains(overSSE.Error.Message, "stopping") {
						t.Errorf("over SSE: %s", overSSE.raw)
					}
				} else if !strings.Contains(overHTTP.body, row.says) || !strings.Contains(string(overSSE.raw), row.says) {
					t.Errorf("over HTTP: %s\nover SSE: %s", overHTTP.body, overSSE.raw)
				}
				close(gone)
				if _, err := server.try(t.Context(), http.MethodGet, "/healthz", ""); err == nil {
					t.Error("the server still answers")
				}
			})
		})
	}
}

func TestSilentCallsAndStreamsAreKeptAlive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		b := newBench(t, settings{clients: noAccount, fixtures: g.tool, config: func(c *Config) { c.SessionIdle = time.Hour }})
		server := b.listen(t)
		session := server.greet("2025-11-25", "{}")
		for accept, streams := range map[string]bool{"application/json, text/event-stream": true, "application/json": false} {
			answered := make(chan reply, 1)
			go func() {
				got, err := session.try(context.Background(), http.MethodPost, "/mcp", callMessage(9007199254740993, "wait", `{}`), "Accept", accept)
				if err != nil {
					t.Error(err)
				}
				answered <- got
			}()
			<-time.After(5 * time.Minute) // no write timeout either
			close(g.open)
			got := <-answered
			g.open = make(chan struct{})
			if m := got.last(t); m.toolResult(t).text() != "waited" || string(m.ID) != "9007199254740993" {
				t.Errorf("answer: %s", got.body)
			}
			if n := strings.Count(got.body, ": keep-alive\n\n"); streams && n < 15 || !streams && n > 0 {
				t.Errorf("%d signs of life with Accept: %s", n, accept)
			}
		}

		req, err := server.request(t.Context(), http.MethodGet, "/sse", "")
		if err != nil {
			t.Fatal(err)
		}
		resp, err := server.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		heard := make(chan []byte, 1)
		go func() { all, _ := io.ReadAll(resp.Body); heard <- all }()
		<-time.After(5 * time.Minute)
		server.signal()
		if n := strings.Count(string(<-heard), ": keep-alive\n\n"); n < 15 {
			t.Errorf("%d signs of life on /sse", n)
		}
	})
}

// raw sends bytes on a connection of its own and returns what comes back until
// it is closed.
func (l *listening) raw(sent string) (received string, took time.Duration) {
	l.t.Helper()
	start := time.Now()
	conn, err := l.listener.dial(l.t.Context(), "", "")
	if err != nil {
		l.t.Fatal(err)
	}
	defer conn.Close()
	go func() { _, _ = io.WriteString(conn, sent) }()
	all, _ := io.ReadAll(conn)
	return string(all), time.Since(start)
}

func TestSlowSendersAreGivenUp(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, sent string
		within     time.Duration
	}{
		{"header", "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\n", transport.HeaderTimeout},
		{"body", "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{", 2 * transport.BodyTimeout},
		{"chunked body", "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{", 2 * transport.BodyTimeout},
		{"body to nowhere", "POST /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{", 2 * transport.BodyTimeout},
		{"body from elsewhere", "POST /mcp HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 100\r\n\r\n{", 2 * transport.BodyTimeout},
		{"message", "POST /message?sessionId=x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{", 2 * transport.BodyTimeout},
		{"nothing", "", transport.HeaderTimeout},
		{"nothing more", "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", transport.IdleTimeout},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := newBench(t, settings{clients: noAccount}).listen(t)
				if got, took := server.raw(row.sent); took > row.within+time.Second {
					t.Errorf("held for %v: %q", took, got)
				}
			})
		})
	}
}

func TestHeaderIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newBench(t, settings{clients: noAccount}).listen(t)
		if got, _ := server.raw("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + strings.Repeat("x", 200_000) + "\r\n\r\n"); !strings.Contains(got, " 431 ") {
			t.Errorf("got %.200q", got)
		}
	})
}

func TestBodyMayComeSlowlyAndTheCallTakeLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		server := newBench(t, settings{clients: noAccount, fixtures: g.tool}).listen(t)
		session := server.greet("2025-11-25", "{}")
		body := callMessage(1, "wait", `{}`)
		reader, writer := io.Pipe()
		go func() {
			for part := range strings.SplitAfterSeq(body, ",") {
				<-time.After(3 * time.Second)
				_, _ = io.WriteString(writer, part)
			}
			_ = writer.Close()
		}()
		req, err := session.request(t.Context(), http.MethodPost, "/mcp", "x")
		if err != nil {
			t.Fatal(err)
		}
		req.Body, req.ContentLength = reader, -1
		go func() { <-time.After(4 * time.Minute); close(g.open) }()
		resp, err := server.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if all, err := io.ReadAll(resp.Body); err != nil || !strings.Contains(string(all), "waited") {
			t.Errorf("HTTP %d %q %v", resp.StatusCode, all, err)
		}
	})
}

func TestReaderThatStallsIsGivenUp(t *testing.T) {
	t.Parallel()
	answer := strings.Repeat("x", 8<<20)
	long := func(s *mcpserver.MCPServer) {
		fixture(s, "long", "Has much to say.", func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return mcp.NewToolResultText(answer), nil
		})
	}
	t.Run("http", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			server := newBench(t, settings{clients: noAccount, fixtures: long}).listen(t)
			body, header := modernCall(1, "long", `{}`)
			conn := server.unread(body, header)
			defer conn.Close()
			<-time.After(transport.WriteTimeout + time.Second)
			if all, err := io.ReadAll(conn); len(all) > transport.WriteSize || err != nil {
				t.Errorf("%d bytes after a stall (%v)", len(all), err)
			}
		})
	})
	t.Run("slow is not stalled", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			server := newBench(t, settings{clients: noAccount, fixtures: long}).listen(t)
			body, header := modernCall(1, "long", `{}`)
			conn := server.unread(body, append(header, "Connection", "close"))
			defer conn.Close()
			var all int
			for {
				<-time.After(20 * time.Second)
				n, err := io.CopyN(io.Discard, conn, 1<<20)
				all += int(n)
				if err != nil {
					break
				}
			}
			if all < len(answer) {
				t.Errorf("%d bytes of %d came", all, len(answer))
			}
		})
	})
	t.Run("sse", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			server := newBench(t, settings{clients: noAccount, fixtures: long}).listen(t)
			conn, err := server.listener.dial(t.Context(), "", "")
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := io.WriteString(conn, "GET /sse HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			start := make([]byte, 4096)
			var head string
			for !strings.Contains(head, "sessionId=") || !strings.HasSuffix(head, "\n\n\r\n") {
				n, err := conn.Read(start)
				if err != nil {
					t.Fatal(err)
				}
				head += string(start[:n])
			}
			_, address, _ := strings.Cut(head, "data: ")
			address, _, _ = strings.Cut(address, "\n")
			for i := range 100 {
				if got := server.do(http.MethodPost, address, callMessage(i, "long", `{}`)); got.status != http.StatusAccepted {
					t.Fatalf("HTTP %d %s", got.status, got.body)
				}
			}
			<-time.After(transport.WriteTimeout + 2*time.Second)
			if got := server.do(http.MethodPost, address, ping); got.status != http.StatusNotFound {
				t.Errorf("the session of a stalled reader: HTTP %d", got.status)
			}
		})
	})
}

// unread sends a POST and does not read the answer.
func (l *listening) unread(body string, header []string) net.Conn {
	l.t.Helper()
	conn, err := l.listener.dial(l.t.Context(), "", "")
	if err != nil {
		l.t.Fatal(err)
	}
	req, err := l.request(l.t.Context(), http.MethodPost, "/mcp", body, header...)
	if err != nil {
		l.t.Fatal(err)
	}
	if err := req.Write(conn); err != nil {
		l.t.Fatal(err)
	}
	return conn
}

func TestRunListensAndReturnsAtTheSignal(t *testing.T) {
	t.Parallel()
	b := newBench(t, settings{clients: noAccount})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx, nil, nil) }()
	eventually(t, "listening", func() bool { return len(b.log.lines("listening")) == 1 })
	address := fmt.Sprint(b.log.lines("listening")[0]["address"])
	c := &web{t: t, url: "http://" + address, client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	b.listed(t, c.greet("2025-11-25", "{}").post(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`).last(t))
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}

	taken := newBench(t, settings{clients: noAccount, config: func(c *Config) { c.Address = address }})
	holder, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	if err := taken.Run(t.Context(), nil, nil); err == nil || !strings.Contains(err.Error(), address) {
		t.Errorf("on an address that is taken: %v", err)
	}
}
