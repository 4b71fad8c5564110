package server

import (
	"bytes"
	"context"
	"io"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"airbyte-agent-mcp/server/transport"
)

const ping = `{"jsonrpc":"2.0","id":"p","method":"ping"}`

func TestEveryLineIsAnsweredAsItDeserves(t *testing.T) {
	t.Parallel()
	c := newBench(t, settings{clients: noAccount}).stdio(t)
	for _, row := range []struct {
		line string
		id   string // "" for no answer
		code int    // 0 for a result
	}{
		{``, "", 0},
		{`   `, "", 0},
		{"\t\r", "", 0},
		{`nonsense`, "null", mcp.PARSE_ERROR},
		{`{"jsonrpc":"2.0","id":1,"method":"ping"`, "null", mcp.PARSE_ERROR},
		{`{"jsonrpc":"2.0","id":1,"method":"ping"}{"jsonrpc":"2.0","id":2,"method":"ping"}`, "null", mcp.PARSE_ERROR},
		{`[{"jsonrpc":"2.0","id":1,"method":"ping"}]`, "null", mcp.PARSE_ERROR},
		{`"ping"`, "null", mcp.PARSE_ERROR},
		{strings.Repeat("[", 100_000), "null", mcp.PARSE_ERROR},
		{`{"jsonrpc":"2.0","id":1,"method":"ping"}` + "\r", "1", 0},
		{`  {"jsonrpc":"2.0","id":1,"method":"ping"}  `, "1", 0},
		{`{"jsonrpc":"1.0","id":1,"method":"ping"}`, "1", mcp.INVALID_REQUEST},
		{`{"id":1,"method":"ping"}`, "1", mcp.INVALID_REQUEST},
		{`{"jsonrpc":"2.0","id":1}`, "1", mcp.METHOD_NOT_FOUND},
		{`{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}`, "1", mcp.INVALID_REQUEST},
		{`{"jsonrpc":"2.0","id":1,"method":"nothing/known"}`, "1", mcp.METHOD_NOT_FOUND},
		{`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"no_tool"}}`, "1", mcp.INVALID_PARAMS},
		{`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":5}}`, "1", mcp.INVALID_REQUEST},
		{`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":[]}`, "1", mcp.INVALID_REQUEST},
		{`{"jsonrpc":"2.0","id":1,"method":"tools/call"}`, "1", mcp.INVALID_PARAMS},
		{`{"jsonrpc":"2.0","id":99,"result":{}}`, "", 0},
		{`{"jsonrpc":"2.0","id":99,"error":{"code":1,"message":"x"}}`, "", 0},
		{`{"jsonrpc":"2.0","method":"ping"}`, "", 0},
		{`{"jsonrpc":"2.0","id":null,"method":"ping"}`, "", 0},
		{`{"jsonrpc":"2.0","method":"notifications/unknown","params":{"a":[]}}`, "", 0},
		{`{"jsonrpc":"2.0","method":"notifications/cancelled"}`, "", 0},
		{canceled(`"nobody"`), "", 0},
		{canceled(`{}`), "", 0},
		{`{}`, "", 0},
	} {
		c.send(row.line)
		if row.id != "" {
			m := c.next()
			code := 0
			if m.Error != nil {
				code = m.Error.Code
			}
			if string(m.ID) != row.id || code != row.code {
				t.Errorf("%.80q is answered with %.200s", row.line, m.raw)
			}
		}
		// Whatever it was, the session lives on, and nothing else was said.
		if m := c.ask(ping); m.Result == nil {
			t.Fatalf("after %.80q: %s", row.line, m.raw)
		}
	}
}

func TestIDsComeBackByteForByte(t *testing.T) {
	t.Parallel()
	b := newBench(t, settings{clients: noAccount})
	for name, c := range map[string]*stream{"stdio": &b.stdio(t).stream, "sse": &b.web(t).sse().stream} {
		for _, id := range []string{
			`0`, `-1`, `9007199254740993`, `-9007199254740993`, `123456789012345678901234567890`, `1.5`, `1e3`, `1.0`,
			`"a"`, `""`, `"9007199254740993"`, `"é\u00e9\n\"\\"`, `"` + strings.Repeat("x", 10_000) + `"`,
		} {
			if m := c.ask(`{"jsonrpc":"2.0","id":` + id + `,"method":"ping"}`); m.Result == nil || string(m.ID) != id {
				t.Errorf("%s: %.40s is answered with %.80s", name, id, m.raw)
			}
		}
	}
}

func TestLineThatIsTooLongIsAnsweredAndTheSessionLivesOn(t *testing.T) {
	t.Parallel()
	c := newBench(t, settings{clients: noAccount, config: func(c *Config) { c.MaxRequestBytes = 200_000 }}).stdio(t)
	big := `"` + strings.Repeat("x", 300_000) + `"`
	for _, row := range []struct{ line, id string }{
		{`{"jsonrpc":"2.0","id":7,"method":"ping","params":{"x":` + big + `}}`, "7"},
		{`{"id":"a\"b","jsonrpc":"2.0","method":"ping","params":{"x":` + big + `}}`, `"a\"b"`},
		{`{"method":"ping","params":{"x":` + big + `},"jsonrpc":"2.0","id":9007199254740993}`, "9007199254740993"},
		{`{"method":"ping","params":{"x":` + big + `}, "id" : "z" , "jsonrpc":"2.0"}` + "\r", `"z"`},
		{`{"jsonrpc":"2.0","method":"notifications/x","params":{"x":` + big + `,"id":5}}`, "null"},
		{strings.Repeat("[", 300_000), "null"},
		{strings.Repeat("x", 5_000_000), "null"},
	} {
		c.send(row.line)
		m := c.next()
		if m.Error == nil || string(m.ID) != row.id || !strings.Contains(m.Error.Message, "--max-request-bytes") {
			t.Errorf("%.60q is answered with %.200s", row.line, m.raw)
		}
		if m := c.ask(ping); m.Result == nil {
			t.Fatalf("afterwards: %s", m.raw)
		}
	}
	// The longest that is allowed.
	start := `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"`
	if m := c.ask(start + strings.Repeat("x", 200_000-len(start)-3) + `"}}`); m.Result == nil {
		t.Errorf("200,000 bytes: %.200s", m.raw)
	}
}

func TestLastLineNeedsNoEnd(t *testing.T) {
	t.Parallel()
	b := newBench(t, settings{})
	var out bytes.Buffer
	in := initializeMessage(1, "2025-11-25", "{}") + "\n" + initialized + "\n" + callMessage(2, "execute_operation", listCustomers)
	if err := b.ServeStdio(t.Context(), strings.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != 2 || !strings.Contains(out.String(), `"id":2`) || !strings.Contains(out.String(), `"structuredContent"`) {
		t.Errorf("got %.500s", out.String())
	}
}

func TestSecondRequestWithAnIDUnderWayIsRefused(t *testing.T) {
	t.Parallel()
	g := newGate()
	c := newBench(t, settings{fixtures: g.tool}).stdio(t)
	c.send(callMessage(1, "wait", `{}`))
	g.await(t, g.entered)
	if m := c.ask(`{"jsonrpc":"2.0","id":1,"method":"ping"}`); m.Error == nil || !strings.Contains(m.Error.Message, "under way") {
		t.Errorf("second: %s", m.raw)
	}
	close(g.open)
	if m := c.next(); string(m.ID) != "1" || m.toolResult(t).text() != "waited" {
		t.Errorf("first: %s", m.raw)
	}
	if m := c.ask(`{"jsonrpc":"2.0","id":1,"method":"ping"}`); m.Result == nil {
		t.Errorf("afterwards: %s", m.raw)
	}
}

func TestSlowCallsDelayNobody(t *testing.T) {
	t.Parallel()
	g := newGate()
	b := newBench(t, settings{fixtures: g.tool})
	for name, open := range map[string]func() *stream{
		"stdio": func() *stream { return &b.stdio(t).stream },
		"sse":   func() *stream { return &b.web(t).sse().stream },
	} {
		t.Run(name, func(t *testing.T) {
			c := open()
			c.greet("2024-11-05", "{}")
			for i := range transport.MaxInFlight {
				c.send(callMessage(i, "wait", `{}`))
			}
			for range transport.MaxInFlight { // all of them run, side by side
				g.await(t, g.entered)
			}
			if m := c.ask(ping); m.Result == nil {
				t.Errorf("ping: %s", m.raw)
			}
			if m := c.ask(callMessage(5000, "wait", `{}`)); m.Error == nil || !strings.Contains(m.Error.Message, strconv.Itoa(transport.MaxInFlight)) {
				t.Errorf("one more: %s", m.raw)
			}
			c.send(canceled(0))
			g.await(t, g.canceled)
			if m := c.next(); string(m.ID) != "0" {
				t.Errorf("canceled: %s", m.raw)
			}
			if m := c.ask(callMessage(5000, "list_workspaces", `{}`)); m.toolResult(t).IsError {
				t.Errorf("another call: %s", m.raw)
			}
			for range transport.MaxInFlight - 1 {
				g.open <- struct{}{}
			}
			answered := map[string]bool{}
			for range transport.MaxInFlight - 1 {
				m := c.next()
				if m.toolResult(t).text() != "waited" {
					t.Errorf("got %s", m.raw)
				}
				answered[string(m.ID)] = true
			}
			if len(answered) != transport.MaxInFlight-1 {
				t.Errorf("%d calls were answered", len(answered))
			}
		})
	}
}

func TestCallCanceledBeforeItStartsIsCanceled(t *testing.T) {
	t.Parallel()
	g := newGate()
	c := newBench(t, settings{fixtures: g.tool}).stdio(t)
	for i := range 200 {
		c.send(callMessage(i, "wait", `{}`) + "\n" + canceled(i)) // in one write
		g.await(t, g.canceled)
		if m := c.next(); string(m.ID) != strconv.Itoa(i) {
			t.Fatalf("got %s", m.raw)
		}
	}
}

func TestClosedOutputEndsTheServer(t *testing.T) {
	t.Parallel()
	g := newGate()
	b := newBench(t, settings{fixtures: g.tool})
	in, toServer := io.Pipe()
	fromServer, out := io.Pipe()
	c := b.stdioOn(t, in, toServer, out, fromServer)
	c.send(callMessage(1, "wait", `{}`))
	g.await(t, g.entered)
	_ = fromServer.Close()
	c.send(ping)
	g.await(t, g.canceled)
	c.ends() // although the input is open and no signal came
}

// drained runs a call on stdio whose tool ends after takes, ends the session
// by end as soon as it runs, and returns the answer and the time it took.
func drained(t *testing.T, takes time.Duration, ignoresCancel bool, end func(*pipe)) (answer message, took time.Duration) {
	entered := make(chan struct{})
	gone := make(chan struct{})
	b := newBench(t, settings{clients: noAccount, fixtures: func(s *mcpserver.MCPServer) {
		fixture(s, "slow", "Takes its time.", func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			close(entered)
			done := ctx.Done()
			if ignoresCancel {
				done = nil
			}
			select {
			case <-time.After(takes):
				return mcp.NewToolResultText("finished"), nil
			case <-done:
				return transport.ErrorResult("canceled"), nil
			case <-gone:
				return transport.ErrorResult("too late"), nil
			}
		})
	}})
	c := b.stdio(t)
	c.send(callMessage(1, "slow", `{}`))
	<-entered
	start := time.Now()
	end(c)
	answer = c.next()
	<-c.done
	took = time.Since(start)
	close(gone)
	return answer, took
}

func TestCallsUnderWayAreAnsweredOrToldAtTheEnd(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		end     func(*pipe)
		takes   time.Duration
		ignores bool
		answer  string
	}{
		{"signal, short call", func(c *pipe) { c.stop() }, time.Second, false, "finished"},
		{"signal, long call", func(c *pipe) { c.stop() }, time.Hour, false, "canceled"},
		{"signal, deaf call", func(c *pipe) { c.stop() }, time.Hour, true, "the server is stopping; the call may have run"},
		{"end of input, short call", func(c *pipe) { _ = c.in.Close() }, 5 * time.Second, false, "finished"},
		{"end of input, long call", func(c *pipe) { _ = c.in.Close() }, time.Hour, false, "canceled"},
		{"end of input, deaf call", func(c *pipe) { _ = c.in.Close() }, time.Hour, true, "the server is stopping; the call may have run"},
		{"end of input, then signal", func(c *pipe) { _ = c.in.Close(); synctest.Wait(); c.stop() }, time.Hour, false, "canceled"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m, took := drained(t, row.takes, row.ignores, row.end)
				if !strings.Contains(string(m.raw), row.answer) || string(m.ID) != "1" {
					t.Errorf("answer: %s", m.raw)
				}
				if took > 9*time.Second {
					t.Errorf("it took %v to return", took)
				}
			})
		})
	}
}

func TestUnreadOutputDoesNotKeepTheServer(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*pipe){
		"signal":       func(c *pipe) { c.stop() },
		"end of input": func(c *pipe) { _ = c.in.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, settings{clients: noAccount})
				in, toServer := io.Pipe()
				_, unread := io.Pipe()
				nobody, _ := io.Pipe()
				c := b.stdioOn(t, in, toServer, unread, nobody)
				c.send(ping + "\nnonsense") // the second is answered where lines are read
				synctest.Wait()
				start := time.Now()
				end(c)
				<-c.done
				if took := time.Since(start); took > 10*time.Second {
					t.Errorf("it took %v to return", took)
				}
			})
		})
	}
}

// What the SDK itself tells a client goes another way than our notifications.
func TestNotificationsOfTheSDKComeBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	c := newBench(t, settings{fixtures: burstBySDK}).stdio(t)
	c.greet("2025-11-25", "{}")
	for i := range 50 {
		token := strconv.Itoa(i)
		c.send(callMessage(i, "burst_by_sdk", `{"token":"`+token+`","n":20}`))
		var told []message
		m := c.next()
		for ; m.Method != ""; m = c.next() {
			told = append(told, m)
		}
		if err := progress(told, token, 20); err != nil || string(m.ID) != token {
			t.Fatalf("%v before %s", err, m.raw)
		}
	}
}

func TestReadAheadIsBounded(t *testing.T) {
	t.Parallel()
	b := newBench(t, settings{clients: noAccount, config: func(c *Config) { c.MaxRequestBytes = 4096 }})
	in := strings.NewReader(strings.Repeat(ping+"\n", 100_000))
	unread, out := io.Pipe()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = b.ServeStdio(ctx, in, out) }()
	// Pings are never refused, but no more than fit wait for a reader.
	one := make([]byte, 1)
	if _, err := unread.Read(one); err != nil {
		t.Fatal(err)
	}
	stop()
	_ = unread.Close()
	<-done
	t.Logf("%d of %d bytes of input were left", in.Len(), 100_000*(len(ping)+1))
}

func FuzzStdioLine(f *testing.F) {
	for _, line := range []string{
		``, ping, `{"jsonrpc":"2.0","id":"\ud800","method":"ping"}`, "{\"jsonrpc\":\"2.0\",\"id\":\"\xff\",\"method\":\"ping\"}", "{\"jsonrpc\":\"\",\"id\":\"\xff\xfe\",\"method\":\"ping\"}",
		`{"jsonrpc":"2.0","id":{"a":[1]},"method":"tools/list"}`, `{"jsonrpc":"2.0","id":[],"method":"ping"}`, `{"jsonrpc":"2.0","id":true,"method":"ping"}`,
		initializeMessage(1, "2025-11-25", "{}"), callMessage(1, "list_workspaces", `{"limit":2}`), callMessage(`"x"`, "execute_operation", `{}`),
		`{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}`, `{"jsonrpc":"2.0","ID":1,"Method":"ping"}`, `{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}`,
		`{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true}}}`,
		`{"jsonrpc":"2.0","id":1,"method":"logging/setLevel","params":{"level":"debug"}}`, `{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{},"argument":{}}}`,
		canceled(1), `[]`, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_workspaces","arguments":"{}","_meta":{"progressToken":1}}}`,
	} {
		f.Add([]byte(line))
	}
	body, _ := modernCall(1, "list_workspaces", `{}`)
	f.Add([]byte(body))
	b := newBench(f, settings{clients: noAccount, config: func(c *Config) { c.MaxRequestBytes = 4096 }})
	f.Fuzz(func(t *testing.T, line []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		var out bytes.Buffer
		if err := b.ServeStdio(ctx, bytes.NewReader(append(bytes.Clone(line), "\n"+ping...)), &out); err != nil {
			t.Fatal(err)
		}
		if ctx.Err() != nil {
			t.Fatal("it hung")
		}
		wanted := map[string]int{`"p"`: 1}
		null := 0
		for raw := range bytes.SplitSeq(line, []byte("\n")) {
			switch id, kind := expectation(raw, 4096); kind {
			case "request":
				wanted[id]++
			case "fault":
				null++
			}
		}
		for raw := range bytes.Lines(out.Bytes()) {
			m, err := parse(raw)
			if err != nil || !bytes.HasSuffix(raw, []byte("\n")) {
				t.Fatalf("standard output has %q: %v", raw, err)
			}
			switch {
			case m.Method != "" && len(m.ID) == 0: // a notification
			case string(m.ID) == "null":
				null--
			default:
				wanted[compact(m.ID)]--
			}
		}
		for id, n := range wanted {
			if n != 0 {
				t.Errorf("id %s: %d answers are missing of %s", id, n, out.String())
			}
		}
		if null != 0 {
			t.Errorf("%d answers without an id are missing of %s", null, out.String())
		}
	})
}
