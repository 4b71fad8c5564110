package server

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"airbyte-agent-mcp/server/transport"
)

func TestSSEMessagesAreAnsweredOnTheirStream(t *testing.T) {
	t.Parallel()
	b := newBench(t, settings{clients: noAccount})
	c := b.web(t)
	one, two := c.sse(), c.sse()
	if one.address == two.address {
		t.Fatalf("two sessions share %s", one.address)
	}
	one.greet("2024-11-05", "{}")
	two.greet("2024-11-05", "{}")
	for i := range 50 {
		for _, l := range []*legacy{one, two} {
			if m := l.ask(callMessage(i, "list_workspaces", `{}`)); !m.toolResult(t).IsError {
				t.Errorf("answer: %s", m.raw)
			}
		}
	}
	for _, row := range []struct {
		path, body string
		status     int
	}{
		{one.address, `nonsense`, http.StatusBadRequest},
		{one.address, `[]`, http.StatusBadRequest},
		{one.address, `{} {}`, http.StatusBadRequest},
		{one.address, initialized, http.StatusAccepted},
		{one.address + "0", ping, http.StatusNotFound},
		{"/message", ping, http.StatusNotFound},
		{"/message?sessionId=", ping, http.StatusNotFound},
	} {
		if got := c.do(http.MethodPost, row.path, row.body); got.status != row.status {
			t.Errorf("%s to %s: HTTP %d %s", row.body, row.path, got.status, got.body)
		}
	}
	for path, allow := range map[string]string{"/sse": "GET", "/message": "POST"} {
		if got := c.do(http.MethodDelete, path, ""); got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") != allow {
			t.Errorf("DELETE %s: HTTP %d, Allow %q", path, got.status, got.header.Get("Allow"))
		}
	}
	if m := one.ask(ping); m.Result == nil {
		t.Errorf("afterwards: %s", m.raw)
	}
}

func TestClosedStreamCancelsItsCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		server := newBench(t, settings{clients: noAccount, fixtures: g.tool}).listen(t)
		gone, stays := server.sse(), server.sse()
		gone.send(callMessage(1, "wait", `{"who":"gone"}`))
		gone.send(callMessage(2, "wait", `{"who":"gone"}`))
		stays.send(callMessage(1, "wait", `{"who":"stays"}`))
		synctest.Wait()
		gone.close()
		synctest.Wait()
		if len(g.canceled) != 2 || <-g.canceled != "gone" || <-g.canceled != "gone" {
			t.Error("the calls of the closed stream were not canceled, or others were")
		}
		if got := server.do(http.MethodPost, gone.address, ping); got.status != http.StatusNotFound {
			t.Errorf("its session: HTTP %d", got.status)
		}
		close(g.open)
		if m := stays.next(); m.toolResult(t).text() != "waited" {
			t.Errorf("the other stream: %s", m.raw)
		}
	})
}

func TestStreamIsNotForEveryOrigin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newBench(t, settings{clients: noAccount}).listen(t)
		for _, origin := range []string{"", "http://localhost:6274"} {
			req, err := server.request(t.Context(), http.MethodGet, "/sse", "", "Origin", origin)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := server.client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			if got := resp.Header.Get("Access-Control-Allow-Origin"); got != origin {
				t.Errorf("with Origin %q: Access-Control-Allow-Origin %q", origin, got)
			}
			_ = resp.Body.Close()
		}
	})
}

func TestRequestThatComesTooLateIsTold(t *testing.T) {
	t.Parallel()
	b := newBench(t, settings{clients: noAccount})
	var told []string
	c, calls, err := b.transport.Converse(t.Context(), "late", func(_ *transport.Outlet, message []byte) error {
		told = append(told, string(message))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(calls)
	c.Drain(t.Context(), 0)
	c.Receive(calls, transport.Envelope{ID: json.RawMessage("1"), Method: "ping"}, []byte(ping))
	if len(told) != 1 || !strings.Contains(told[0], `"id":1`) || !strings.Contains(told[0], "stopping") {
		t.Errorf("told %s", told)
	}
}
