package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"airbyte-agent-mcp/server/transport"
	"airbyte-agent-mcp/tools"
)

// Each of these tests first shows what mcp-go v1.2.1 does by itself. When one
// of those parts fails, or logs that nothing went wrong, the SDK has mended the
// defect and the work-around can go.

// sdkAlone serves the same tools on /mcp by the SDK, as its users would.
func sdkAlone(t *testing.T, b *bench, options ...mcpserver.StreamableHTTPOption) *web {
	t.Helper()
	mux := http.NewServeMux()
	sdk := mcpserver.NewStreamableHTTPServer(b.mcp, append(options, mcpserver.WithStreamableHTTPLogger(discarded))...)
	mux.Handle("/mcp", sdk)
	return webOf(t, mux, func() { _ = sdk.Shutdown(context.Background()) })
}

// burstBySDK is burst by the SDK's own way of notifying.
func burstBySDK(s *mcpserver.MCPServer) {
	fixture(s, "burst_by_sdk", "Notifies.", func(ctx context.Context, req mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		for i := range req.GetInt("n", 1) {
			_ = s.SendNotificationToClient(ctx, "notifications/progress", map[string]any{"progressToken": req.GetString("token", ""), "progress": i})
		}
		return mcp.NewToolResultText("done"), nil
	})
}

// many runs calls of a tool 32 at a time and gives each reply to check.
func many(t *testing.T, c *web, tool string, calls, notifications int, check func(token string, r reply, err error)) {
	t.Helper()
	var wait sync.WaitGroup
	slots := make(chan struct{}, 32)
	for i := range calls {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			token := fmt.Sprintf("call-%d", i)
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			got, err := c.try(ctx, http.MethodPost, "/mcp", callMessage(i+1, tool, fmt.Sprintf(`{"token":%q,"n":%d}`, token, notifications)))
			check(token, got, err)
		})
	}
	wait.Wait()
}

func answeredInOrder(t *testing.T, token string, n int, r reply, err error) {
	if err == nil && len(r.messages) == 0 {
		err = fmt.Errorf("HTTP %d %.200q", r.status, r.body)
	}
	if err != nil {
		t.Errorf("%s: %v", token, err)
		return
	}
	if err := progress(r.messages[:len(r.messages)-1], token, n); err != nil {
		t.Error(err)
	}
	if answer := r.last(t); !strings.Contains(string(answer.Result), token) {
		t.Errorf("answer of %s is %.200s", token, answer.raw)
	}
}

func TestNotificationsArriveBeforeTheAnswerOfTheirCall(t *testing.T) {
	t.Parallel()
	g := newGate()
	b := newBench(t, settings{fixtures: func(s *mcpserver.MCPServer) { burst(s); burstBySDK(s); g.tool(s) }})

	// A silent call of the same session gets what is meant for the others.
	var arrived atomic.Int64
	alone := sdkAlone(t, b).greet("2025-11-25", "{}")
	silent := make(chan reply, 1)
	go func() {
		got, _ := alone.try(context.Background(), http.MethodPost, "/mcp", callMessage(0, "wait", `{}`))
		silent <- got
	}()
	g.await(t, g.entered)
	many(t, alone, "burst_by_sdk", 200, 1, func(token string, r reply, _ error) {
		for _, m := range r.messages {
			if strings.Contains(string(m.Params), `"`+token+`"`) {
				arrived.Add(1)
			}
		}
	})
	close(g.open)
	t.Logf("the SDK alone: of 200 notifications %d came on the stream of their call, %d on that of a silent one", arrived.Load(), max(0, len((<-silent).messages)-1))

	c := b.web(t)
	session := c.greet("2025-11-25", "{}")
	many(t, session, "burst", 200, 1, func(token string, r reply, err error) { answeredInOrder(t, token, 1, r, err) })
	t.Run("in the era without sessions", func(t *testing.T) {
		for i := range 20 {
			body, header := modernCall(i+1, "burst", `{"token":"m","n":3}`)
			answeredInOrder(t, "m", 3, c.post(body, header...), nil)
		}
	})
}

func TestBurstOfNotificationsArrivesWhole(t *testing.T) {
	t.Parallel()
	b := newBench(t, settings{fixtures: func(s *mcpserver.MCPServer) { burst(s); burstBySDK(s) }})

	got := sdkAlone(t, b).greet("2025-11-25", "{}").post(callMessage(1, "burst_by_sdk", `{"token":"t","n":2000}`))
	t.Logf("the SDK alone: of 2000 notifications %d arrived", len(got.messages)-1)

	for name, ask := range map[string]func() []message{
		"http": func() []message {
			return b.web(t).greet("2025-11-25", "{}").post(callMessage(1, "burst", `{"token":"t","n":2000}`)).messages
		},
		"stdio": func() []message { return collect(&b.stdio(t).stream, 2001) },
		"sse":   func() []message { return collect(&b.web(t).sse().stream, 2001) },
	} {
		t.Run(name, func(t *testing.T) {
			messages := ask()
			if err := progress(messages[:len(messages)-1], "t", 2000); err != nil {
				t.Error(err)
			}
			if last := messages[len(messages)-1]; last.Result == nil {
				t.Errorf("the last message is no answer: %.200s", last.raw)
			}
		})
	}
}

// collect sends one call of burst and returns the n messages that follow.
func collect(c *stream, n int) []message {
	c.t.Helper()
	c.greet("2024-11-05", "{}")
	c.send(callMessage(1, "burst", fmt.Sprintf(`{"token":"t","n":%d}`, n-1)))
	messages := make([]message, n)
	for i := range messages {
		messages[i] = c.next()
	}
	return messages
}

func TestNotificationsOfOneStreamComeBeforeTheirAnswers(t *testing.T) {
	t.Parallel()
	b := newBench(t, settings{fixtures: burst})
	for name, open := range map[string]func() *stream{
		"stdio": func() *stream { return &b.stdio(t).stream },
		"sse":   func() *stream { return &b.web(t).sse().stream },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const calls = 200
			c := open()
			c.greet("2024-11-05", "{}")
			var wait sync.WaitGroup
			for lane := range 32 {
				wait.Go(func() {
					for i := lane; i < calls; i += 32 {
						c.send(callMessage(i, "burst", fmt.Sprintf(`{"token":"%d"}`, i)))
					}
				})
			}
			notified := map[string]bool{}
			for range 2 * calls {
				m := c.next()
				var p struct{ ProgressToken string }
				switch {
				case m.Method != "" && json.Unmarshal(m.Params, &p) == nil:
					notified[p.ProgressToken] = true
				case !notified[string(m.ID)]:
					t.Errorf("call %s was answered before its notification", m.ID)
				}
			}
			wait.Wait()
			if len(notified) != calls {
				t.Errorf("%d calls notified, want %d", len(notified), calls)
			}
		})
	}
}

func TestClientCannotCancelAnothersCall(t *testing.T) {
	t.Parallel()
	g := newGate()
	b := newBench(t, settings{fixtures: g.tool})
	ours := b.web(t)
	attack, header := modern(0, "notifications/cancelled", "", `"requestId":7`, "{}")
	attack = strings.Replace(attack, `"id":0,`, "", 1)
	call := func(c *web) chan reply {
		answered := make(chan reply, 1)
		go func() {
			body, header := modernCall(7, "wait", `{"who":"victim"}`)
			got, err := c.try(context.Background(), http.MethodPost, "/mcp", body, header...)
			if err != nil {
				t.Error(err)
			}
			answered <- got
		}()
		g.await(t, g.entered)
		return answered
	}

	alone := sdkAlone(t, b, mcpserver.WithStateLess(true))
	victim := call(alone)
	alone.post(attack, header...)
	g.await(t, g.canceled)
	<-victim

	victim = call(ours)
	for _, c := range []*web{ours, ours.greet("2025-11-25", "{}")} {
		if got := c.post(attack, header...); got.status != http.StatusAccepted {
			t.Errorf("HTTP %d %s", got.status, got.body)
		}
		if got := c.post(canceled(7)); got.status != http.StatusAccepted {
			t.Errorf("HTTP %d %s", got.status, got.body)
		}
	}
	close(g.open)
	if text := (<-victim).last(t).toolResult(t).text(); text != "waited" {
		t.Errorf("the call ended with %q", text)
	}
}

func TestNobodyTakesASessionByGET(t *testing.T) {
	t.Parallel()
	b := newBench(t, settings{})
	alone := sdkAlone(t, b, mcpserver.WithStateLess(true))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := alone.request(ctx, http.MethodGet, "/mcp", "")
	if err != nil {
		t.Fatal(err)
	}
	resp, err := alone.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("the SDK alone answers an anonymous GET with HTTP %d", resp.StatusCode)
	}

	c := b.web(t)
	for _, c := range []*web{c, c.greet("2025-11-25", "{}")} {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPatch} {
			got := c.do(method, "/mcp", "", "Accept", "text/event-stream")
			if got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") != "POST, DELETE" {
				t.Errorf("%s: HTTP %d, Allow %q", method, got.status, got.header.Get("Allow"))
			}
		}
	}
}

func TestSessionsAreOursAndEnd(t *testing.T) {
	t.Parallel()
	b := newBench(t, settings{})
	list := `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
	const invented = "mcp-session-00000000-0000-4000-8000-000000000000"

	alone := sdkAlone(t, b)
	if got := alone.post(list, mcpserver.HeaderKeySessionID, invented); got.status != http.StatusOK {
		t.Errorf("the SDK alone answers an invented session with HTTP %d", got.status)
	}
	gone := alone.greet("2025-11-25", "{}")
	gone.do(http.MethodDelete, "/mcp", "")
	if got := gone.post(list); got.status != http.StatusOK {
		t.Errorf("the SDK alone answers an ended session with HTTP %d", got.status)
	}

	c := b.web(t)
	session := c.greet("2025-11-25", "{}")
	for _, id := range append([]string{"", invented, "x", strings.Repeat("a", 4000)}, tampered(session.session)...) {
		for _, method := range []string{http.MethodPost, http.MethodDelete} {
			if got := c.do(method, "/mcp", list, mcpserver.HeaderKeySessionID, id); got.status != http.StatusNotFound {
				t.Errorf("%s in session %.100q: HTTP %d %s", method, id, got.status, got.body)
			}
		}
	}
	if got := session.post(list); got.status != http.StatusOK {
		t.Fatalf("HTTP %d %s", got.status, got.body)
	}
	if got := session.do(http.MethodDelete, "/mcp", ""); got.status != http.StatusOK {
		t.Errorf("DELETE: HTTP %d %s", got.status, got.body)
	}
	for _, method := range []string{http.MethodPost, http.MethodDelete} {
		if got := session.do(method, "/mcp", list); got.status != http.StatusNotFound {
			t.Errorf("%s in an ended session: HTTP %d", method, got.status)
		}
	}
	body, header := modern(1, "tools/list", "", "", "{}")
	if got := session.do(http.MethodDelete, "/mcp", body, header...); got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") != "POST" {
		t.Errorf("DELETE without sessions: HTTP %d", got.status)
	}
}

// tampered changes each part of a session id.
func tampered(id string) []string {
	var ids []string
	for at := 0; at < len(id); at += 7 {
		other := "0"
		if id[at] == '0' {
			other = "1"
		}
		ids = append(ids, id[:at]+other+id[at+1:])
	}
	return append(ids, id+"0", id[:len(id)-1], "f"+id, strings.ToUpper(id))
}

func TestIdleSessionsAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, settings{clients: noAccount, config: func(c *Config) { c.SessionIdle = 10 * time.Minute }})
		server := b.listen(t)
		idle, busy := server.greet("2025-11-25", "{}"), server.greet("2025-11-25", "{}")
		list := `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
		for range 5 {
			<-time.After(4 * time.Minute)
			if got := busy.post(list); got.status != http.StatusOK {
				t.Fatalf("busy session: HTTP %d %s", got.status, got.body)
			}
		}
		if got := idle.post(list); got.status != http.StatusNotFound {
			t.Errorf("idle session: HTTP %d", got.status)
		}
		<-time.After(25 * time.Hour)
		if got := busy.post(list); got.status != http.StatusNotFound {
			t.Errorf("session of yesterday: HTTP %d", got.status)
		}
	})
}

func TestSessionsAreBounded(t *testing.T) {
	t.Parallel()
	b := newBench(t, settings{clients: noAccount})
	ids := transport.NewSessionIDs()
	accepts := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { b.transport.Post(w, r, accepts, ids) })
	last := ""
	for range transport.MaxSessions {
		last = ids.Generate()
	}
	hello := initializeMessage(1, "2025-11-25", "{}")
	if got := served(t, h, "", hello); got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
		t.Errorf("one session more: HTTP %d %s", got.status, got.body)
	}
	if got := served(t, h, last, ping); got.status != http.StatusAccepted {
		t.Errorf("in an open session: HTTP %d %s", got.status, got.body)
	}
	for range 2 { // which counts once
		if _, err := ids.Terminate(last); err != nil {
			t.Fatal(err)
		}
	}
	if got := served(t, h, "", hello); got.status != http.StatusAccepted {
		t.Errorf("after one has ended: HTTP %d %s", got.status, got.body)
	}
	if ids.Count() != transport.MaxSessions-1 {
		t.Errorf("%d sessions are open", ids.Count())
	}
}

func TestForeignPagesAreRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, settings{config: func(c *Config) {
		c.AllowedHosts = []string{"mcp.example.com"}
		c.AllowedOrigins = []string{"https://app.example.com"}
	}})
	body, modernHeader := modern(1, "tools/list", "", "", "{}")
	if got := sdkAlone(t, b).post(body, append(modernHeader, "Origin", "https://evil.example")...); got.status != http.StatusOK {
		t.Errorf("the SDK alone answers a foreign origin with HTTP %d", got.status)
	}

	c := b.web(t)
	for _, row := range []struct {
		host, origin string
		allowed      bool
	}{
		{"", "", true},
		{"", "https://app.example.com", true},
		{"", "http://localhost:6274", true},
		{"", "http://127.0.0.1", true},
		{"", "http://[::1]:80", true},
		{"localhost:8080", "", true},
		{"LOCALHOST", "", true},
		{"[::1]:8080", "", true},
		{"mcp.example.com", "", true},
		{"mcp.example.com:8443", "", true},
		{"mcp.example.com", "https://mcp.example.com", true},
		{"", "https://evil.example", false},
		{"", "http://app.example.com", false},
		{"", "https://app.example.com.evil.example", false},
		{"", "https://app.example.com:444", false},
		{"", "http://localhost.evil.example", false},
		{"", "http://127.0.0.1.evil.example", false},
		{"", "null", false},
		{"", "file://", false},
		{"", "chrome-extension://abc", false},
		{"", "::", false},
		{"evil.example", "", false},
		{"evil.example", "http://evil.example", false},
		{"127.0.0.1.evil.example", "", false},
		{"localhost.evil.example:8080", "", false},
		{"mcp.example.com.evil.example", "", false},
		{"mcp.example.com", "http://localhost", false},
	} {
		for _, path := range []string{"/mcp", "/message?sessionId=x", "/sse"} {
			header := []string{"Origin", row.origin}
			if row.host != "" {
				header = append(header, "Host", row.host)
			}
			got := c.do(http.MethodPost, path, body, append(header, modernHeader...)...)
			if refused := got.status == http.StatusForbidden; refused == row.allowed {
				t.Errorf("%s with Host %q and Origin %q: HTTP %d %s", path, row.host, row.origin, got.status, got.body)
			}
			if allow := got.header.Get("Access-Control-Allow-Origin"); row.allowed && allow != row.origin || !row.allowed && allow != "" {
				t.Errorf("%s with Host %q and Origin %q: Access-Control-Allow-Origin %q", path, row.host, row.origin, allow)
			}
		}
	}
}

func TestAllowedPageMayAskFirst(t *testing.T) {
	t.Parallel()
	c := newBench(t, settings{}).web(t)
	got := c.do(http.MethodOptions, "/mcp", "", "Origin", "http://localhost:6274", "Access-Control-Request-Method", "POST")
	if got.status != http.StatusNoContent {
		t.Fatalf("HTTP %d %s", got.status, got.body)
	}
	for _, name := range []string{"Mcp-Session-Id", "Mcp-Protocol-Version", "Mcp-Method", "Mcp-Name", "Content-Type", "Authorization"} {
		if !strings.Contains(got.header.Get("Access-Control-Allow-Headers"), name) {
			t.Errorf("header %s is not allowed", name)
		}
	}
	got = c.post(initializeMessage(1, "2025-11-25", "{}"), "Origin", "http://localhost:6274")
	if !strings.Contains(got.header.Get("Access-Control-Expose-Headers"), "Mcp-Session-Id") || got.header.Get("Vary") != "Origin" {
		t.Errorf("header %v", got.header)
	}
}

// On an address that others reach, a name can be made to lead here by anyone:
// the page served under it is not ours.
func TestReboundNameIsRefusedOnAnOpenAddress(t *testing.T) {
	t.Parallel()
	c := newBench(t, settings{config: func(c *Config) { c.Address, c.AllowUnauthenticated = "0.0.0.0:8080", true }}).web(t)
	list, header := modern(1, "tools/list", "", "", "{}")
	if got := c.post(list, append(header, "Host", "evil.example", "Origin", "http://evil.example")...); got.status != http.StatusForbidden {
		t.Errorf("HTTP %d", got.status)
	}
	if got := c.post(list, append(header, "Host", "mcp.example.com")...); got.status != http.StatusOK {
		t.Errorf("a client that is no page: HTTP %d %s", got.status, got.body)
	}
}

func TestBodiesAreBounded(t *testing.T) {
	t.Parallel()
	b := newBench(t, settings{config: func(c *Config) { c.MaxRequestBytes = 100_000 }})
	message := func(n int) string {
		start := `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"`
		return start + strings.Repeat("x", n-len(start)-3) + `"}}`
	}
	if got := sdkAlone(t, b).greet("2025-11-25", "{}").post(message(8 << 20)); got.status != http.StatusOK {
		t.Errorf("the SDK alone answers 8 MiB with HTTP %d", got.status)
	}

	c := b.web(t)
	session := c.greet("2025-11-25", "{}")
	if got := session.post(message(100_000)); got.status != http.StatusOK || got.last(t).Result == nil {
		t.Errorf("100,000 bytes: HTTP %d %s", got.status, got.body)
	}
	l := c.sse()
	for _, path := range []string{"/mcp", l.address} {
		got := session.do(http.MethodPost, path, message(100_001))
		if got.status != http.StatusRequestEntityTooLarge || !strings.Contains(got.body, "--max-request-bytes") {
			t.Errorf("%s with 100,001 bytes: HTTP %d %s", path, got.status, got.body)
		}
	}
}

func TestClientThatCannotAnswerIsNotAsked(t *testing.T) {
	t.Parallel()
	b := newBench(t, settings{fixtures: addAskingTools})
	call := callMessage(1, "test_elicitation", `{}`)

	// Without a capability, and without a session: the SDK asks and waits.
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	plain := mcpserver.NewMCPServer("plain", "1", mcpserver.WithElicitation())
	addAskingTools(plain)
	alone := sdkAlone(t, &bench{Server: &Server{mcp: plain}}).greet("2025-11-25", "{}")
	if got, err := alone.try(ctx, http.MethodPost, "/mcp", call); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the SDK alone answers: %v %s", err, got.body)
	}

	refused := func(t *testing.T, m message) {
		t.Helper()
		if r := m.toolResult(t); !r.IsError || !strings.Contains(r.text(), "elicitation/create") || !strings.Contains(r.text(), "will not help") {
			t.Errorf("answer: %s", m.raw)
		}
	}
	c := b.web(t)
	refused(t, c.greet("2025-11-25", "{}").post(call).last(t))
	std := b.stdio(t)
	std.greet("2025-11-25", "{}")
	refused(t, std.ask(call))
	l := c.sse()
	l.greet("2024-11-05", "{}")
	refused(t, l.ask(call))
	body, header := modernCall(1, "test_elicitation", `{}`)
	if got := c.post(body, header...); got.status != http.StatusBadRequest || got.last(t).Error.Code != mcp.MISSING_REQUIRED_CLIENT_CAPABILITY {
		t.Errorf("without sessions: HTTP %d %s", got.status, got.body)
	}
}

func TestClientThatCanAnswerIsAsked(t *testing.T) {
	t.Parallel()
	b := newBench(t, settings{fixtures: addAskingTools})
	call := callMessage(1, "test_elicitation", `{}`)
	const able = `{"elicitation":{}}`
	answer := func(id json.RawMessage) string {
		return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"action":"accept","content":{"username":"Ada"}}}`, id)
	}
	for name, open := range map[string]func() *stream{
		"stdio": func() *stream { return &b.stdio(t).stream },
		"sse":   func() *stream { return &b.web(t).sse().stream },
	} {
		t.Run(name, func(t *testing.T) {
			c := open()
			c.greet("2025-11-25", able)
			c.send(call)
			question := c.next()
			if question.Method != "elicitation/create" {
				t.Fatalf("got %s", question.raw)
			}
			c.send(`{"jsonrpc":"2.0","id":4711,"result":{}}`) // of nobody's request
			c.send(answer(question.ID))
			if m := c.next(); string(m.ID) != "1" || !strings.Contains(m.toolResult(t).text(), "Ada") {
				t.Errorf("got %s", m.raw)
			}
			c.send(call)
			question = c.next()
			c.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"error":{"code":-1,"message":"nobody is here"}}`, question.ID))
			if m := c.next(); m.Error == nil {
				t.Errorf("after a refusal: %s", m.raw)
			}
		})
	}
	t.Run("http", func(t *testing.T) {
		session := b.web(t).greet("2025-11-25", able)
		read := session.answering(call)
		question := <-read
		if question.Method != "elicitation/create" {
			t.Fatalf("got %s", question.raw)
		}
		if got := session.post(answer(question.ID)); got.status != http.StatusAccepted {
			t.Errorf("HTTP %d %s", got.status, got.body)
		}
		if m := <-read; !strings.Contains(m.toolResult(t).text(), "Ada") {
			t.Errorf("got %s", m.raw)
		}
	})
}

func TestPanicStaysInside(t *testing.T) {
	t.Parallel()
	b := newBench(t, settings{clients: panics, fixtures: func(s *mcpserver.MCPServer) {
		fixture(s, "bug", "Panics outside of our tools.", func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			_ = transport.OutletFrom(ctx).Notify("notifications/message", map[string]any{"level": "info", "data": "on its way"})
			panic("secret of the stack")
		})
	}})
	plain := mcpserver.NewMCPServer("plain", "1", mcpserver.WithRecovery())
	fixture(plain, "bug", "Panics.", func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		panic("secret of the stack")
	})
	call := callMessage(1, "bug", `{}`)
	if got := sdkAlone(t, &bench{Server: &Server{mcp: plain}}).greet("2025-11-25", "{}").post(call); !strings.Contains(got.body, "secret of the stack") {
		t.Errorf("the SDK alone keeps the text of a panic inside: %s", got.body)
	}

	c := b.web(t)
	session, l, std := c.greet("2025-11-25", "{}"), c.sse(), b.stdio(t)
	l.greet("2024-11-05", "{}")
	std.greet("2025-11-25", "{}")
	inside := func(m message) {
		t.Helper()
		if strings.Contains(string(m.raw), "secret") || strings.Contains(string(m.raw), "goroutine") {
			t.Errorf("the panic got out: %s", m.raw)
		}
	}
	ours := callMessage(1, "list_workspaces", `{}`)
	for _, m := range []message{session.post(ours).last(t), l.ask(ours), std.ask(ours)} {
		inside(m)
		if r := m.toolResult(t); !r.IsError || !strings.Contains(r.text(), "operator's log") {
			t.Errorf("answer: %s", m.raw)
		}
	}
	if n := len(b.log.lines("panic")); n != 3 {
		t.Errorf("%d panics are logged, want 3:\n%s", n, b.log)
	}
	for _, line := range b.log.lines("panic") {
		if !strings.Contains(fmt.Sprint(line["stack"]), "harness_test.go") {
			t.Errorf("the log line has no stack: %v", line)
		}
	}
	for _, line := range b.log.lines("call") {
		if line["outcome"] != "panic" {
			t.Errorf("the call is logged as %v", line["outcome"])
		}
	}
	// In the SDK or a handler that is not ours: an error, and its id.
	got := session.post(call)
	inside(got.last(t))
	if m := got.last(t); m.Error == nil || string(m.ID) != "1" {
		t.Errorf("answer: %s", got.body)
	}
	for _, c := range []*stream{&l.stream, &std.stream} {
		c.send(call)
		c.next() // the notification
		m := c.next()
		inside(m)
		if m.Error == nil || string(m.ID) != "1" {
			t.Errorf("answer: %s", m.raw)
		}
	}
}

// badTool cannot be encoded: it has a schema of either kind.
func badTool(name string) mcp.Tool {
	return mcp.NewTool(name, mcp.WithRawInputSchema(json.RawMessage(`{"type":"object"}`)))
}

func TestBadToolDoesNotLoseTheList(t *testing.T) {
	t.Parallel()
	list := `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
	nothing := func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultText("ok"), nil
	}
	plain := mcpserver.NewMCPServer("plain", "1")
	plain.AddTool(badTool("bad"), nothing)
	fixture(plain, "good", "Is fine.", nothing)
	if got := sdkAlone(t, &bench{Server: &Server{mcp: plain}}).greet("2025-11-25", "{}").post(list); got.body != "" {
		t.Errorf("the SDK alone answers %q", got.body)
	}

	b := newBench(t, settings{clients: noAccount})
	b.mcp.AddTool(badTool("list_workspaces"), nothing) // takes the place of a good one
	got := b.web(t).greet("2025-11-25", "{}").post(list)
	var result struct{ Tools []struct{ Name string } }
	if err := json.Unmarshal(got.last(t).Result, &result); err != nil || len(result.Tools) != len(b.runner.Tools()) {
		t.Errorf("%d tools, want %d: %.200s (%v)", len(result.Tools), len(b.runner.Tools()), got.body, err)
	}
}

// Answers that cannot be encoded are the SDK's third way to say nothing.
func TestAnswerThatCannotBeEncodedIsAnError(t *testing.T) {
	t.Parallel()
	b := newBench(t, settings{fixtures: func(s *mcpserver.MCPServer) {
		fixture(s, "odd", "Answers with what is no JSON.", func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return &mcp.CallToolResult{StructuredContent: func() {}}, nil
		})
	}})
	std := b.stdio(t)
	if m := std.ask(callMessage(1, "odd", `{}`)); m.Error == nil {
		t.Errorf("answer: %s", m.raw)
	}
	l := b.web(t).sse()
	if m := l.ask(callMessage(1, "odd", `{}`)); m.Error == nil {
		t.Errorf("answer: %s", m.raw)
	}
}

func TestReadOnlyHoldsAtTheCall(t *testing.T) {
	t.Parallel()
	// As if the list had let one through.
	b := newBench(t, settings{choice: tools.Choice{Toolsets: []string{"all"}}, config: func(c *Config) { c.ReadOnly = true }})
	session := b.web(t).greet("2025-11-25", "{}")
	refused := 0
	for name, tool := range b.runner.Tools() {
		if tool.Effect == tools.Read {
			continue
		}
		refused++
		r := session.post(callMessage(1, name, `{}`)).last(t).toolResult(t)
		if !r.IsError || !strings.Contains(r.text(), "--read-only") {
			t.Errorf("%s: %s", name, r.text())
		}
	}
	if refused < 10 {
		t.Errorf("only %d tools change something", refused)
	}
	if n := len(b.sandbox.Requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}
