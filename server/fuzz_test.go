package server

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	mcpserver "github.com/mark3labs/mcp-go/server"

	"airbyte-agent-mcp/server/transport"
)

// expectation says how a message must be answered: "request" with its id,
// "fault" with an error that has none, or "" with nothing.
func expectation(raw []byte, limit int) (id, kind string) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return "", ""
	}
	var m transport.Envelope
	if len(raw) > limit || json.Unmarshal(raw, &m) != nil {
		return "", "fault"
	}
	response := m.Method == "" && (m.Result != nil || m.Error != nil)
	if len(m.ID) == 0 || string(m.ID) == "null" || response {
		return "", ""
	}
	return compact(m.ID), "request"
}

// compact is an id in one of the ways to write it: quotes, spaces and escapes
// may differ, digits may not.
func compact(raw []byte) string {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var value any
	if d.Decode(&value) != nil {
		return string(raw)
	}
	same, err := json.Marshal(value)
	if err != nil {
		return string(raw)
	}
	return string(same)
}

// sameID leaves out the ids of kinds that JSON-RPC does not know.
func sameID(got json.RawMessage, want string) bool {
	return compact(got) == want || want[0] == '{' || want[0] == '['
}

func seedBodies(f *testing.F) {
	for _, body := range []string{
		``, ping, `{"jsonrpc":"2.0","id":{"a":1},"method":"ping"}`, `{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}`,
		initializeMessage(1, "2025-11-25", "{}"), initialized, callMessage(1, "list_workspaces", `{}`), callMessage(1, "nothing", `[]`),
		`{"jsonrpc":"2.0","id":1,"result":{"a":1}}`, `{"jsonrpc":"2.0","id":1,"error":null}`, `{"jsonrpc":"2.0","id":1,"method":"ping","result":{"a":1}}`,
		`[]`, `nonsense`, `{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true}}}`,
		canceled(1), `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_workspaces","_meta":5}}`,
	} {
		f.Add([]byte(body), false)
	}
	body, _ := modernCall(1, "list_workspaces", `{}`)
	f.Add([]byte(body), true)
	body, _ = modern(1, "server/discover", "", "", "{}")
	f.Add([]byte(body), true)
	body, _ = modern(1, "subscriptions/listen", "", `"notifications":{"toolsListChanged":true}`, "{}")
	f.Add([]byte(body), true)
}

func FuzzHTTPBody(f *testing.F) {
	seedBodies(f)
	b := newBench(f, settings{clients: noAccount, config: func(c *Config) { c.MaxRequestBytes = 4096 }})
	h := b.Handler()
	session := served(f, h, "", initializeMessage(0, "2025-11-25", "{}")).header.Get(mcpserver.HeaderKeySessionID)
	f.Fuzz(func(t *testing.T, body []byte, isModern bool) {
		header := []string{}
		if isModern {
			var m struct {
				Method string
				Params struct{ Name string }
			}
			_ = json.Unmarshal(body, &m)
			header = append(header, "Mcp-Protocol-Version", "2026-07-28", "Mcp-Method", m.Method, "Mcp-Name", m.Params.Name)
		}
		got := served(t, h, session, string(body), header...)
		kind := got.header.Get("Content-Type")
		id, want := expectation(body, 4096)
		switch {
		case got.status == http.StatusAccepted:
			if got.body != "" {
				t.Errorf("HTTP 202 with %q", got.body)
			}
			var m transport.Envelope
			if want == "request" && json.Unmarshal(body, &m) == nil && m.Method != "" && m.Result == nil {
				t.Errorf("the request %q is accepted and not answered", body)
			}
		case got.status >= 400:
			if got.body == "" {
				t.Errorf("HTTP %d without a word", got.status)
			}
		case strings.HasPrefix(kind, "text/event-stream"):
			messages, err := events([]byte(got.body))
			if err != nil || len(messages) == 0 {
				t.Errorf("stream %q: %v", got.body, err)
			}
		default:
			m, err := parse([]byte(got.body))
			if err != nil || want == "request" && !sameID(m.ID, id) {
				t.Errorf("HTTP %d %q to %q: %v", got.status, got.body, body, err)
			}
		}
	})
}

func FuzzSSEMessage(f *testing.F) {
	seedBodies(f)
	b := newBench(f, settings{clients: noAccount, config: func(c *Config) { c.MaxRequestBytes = 4096 }})
	c := b.web(f)
	l := c.sse()
	f.Fuzz(func(t *testing.T, body []byte, _ bool) {
		l.stream.t, c.t = t, t
		got := c.do(http.MethodPost, l.address, string(body))
		id, want := expectation(body, 4096)
		if accepted := got.status == http.StatusAccepted; accepted != (want != "fault") && len(bytes.TrimSpace(body)) > 0 {
			t.Fatalf("HTTP %d %q to %q", got.status, got.body, body)
		}
		if got.status == http.StatusAccepted && want == "request" {
			if m := l.answer(); compact(m.ID) != id {
				t.Fatalf("%q is answered with %s", body, m.raw)
			}
		}
		l.send(ping)
		if m := l.answer(); string(m.ID) != `"p"` || m.Result == nil {
			t.Fatalf("afterwards: %s", m.raw)
		}
	})
}
