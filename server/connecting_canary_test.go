package server

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"airbyte-agent-mcp/tools"
	"airbyte-agent-mcp/tools/plan"
)

// keyLooks are the ways in which the key could be seen: whole in any encoding,
// or in part.
func keyLooks() []string {
	looks := []string{
		stripeKey, url.QueryEscape(stripeKey), html.EscapeString(stripeKey), fmt.Sprintf("%x", stripeKey),
		base64.RawStdEncoding.EncodeToString([]byte(stripeKey)), base64.RawURLEncoding.EncodeToString([]byte(stripeKey)),
	}
	for at := 8; at+8 <= len(stripeKey); at += 8 {
		looks = append(looks, stripeKey[at:at+8])
	}
	return looks
}

// gossip is a service that tells everybody what it was sent.
type gossip struct {
	next http.Handler
	mu   sync.Mutex // guards all below
	told int        // answers with the key in them
}

func (g *gossip) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.Header.Del("Accept-Encoding")
	got := httptest.NewRecorder()
	g.next.ServeHTTP(got, r)
	var answer map[string]any
	fine := json.Unmarshal(got.Body.Bytes(), &answer) == nil
	if strings.HasSuffix(r.URL.Path, "/token") || !fine {
		maps.Copy(w.Header(), got.Header())
		w.WriteHeader(got.Code)
		_, _ = w.Write(got.Body.Bytes())
		return
	}
	dump := string(body) + " " + url.QueryEscape(string(body)) + fmt.Sprintf(" %+q", body)
	if bytes.Contains(body, []byte(stripeKey)) { // in front, where nothing cuts it off
		dump = "not with " + stripeKey + ": " + dump
	}
	status := got.Code
	switch {
	case bytes.Contains(body, []byte("acct_wrong")):
		status = http.StatusBadRequest
		answer = map[string]any{"message": dump, "errors": []any{map[string]any{"field": "replication_config.account_id", "message": dump}}}
	case strings.HasSuffix(r.URL.Path, "/check"):
		answer["error_message"] = dump
	case strings.Contains(r.URL.Path, "/connectors"):
		if len(body) > 0 {
			answer["name"] = dump
		} else {
			dump = "made with " + stripeKey
		}
		if _, one := answer["replication_config"]; one {
			answer["replication_config"] = map[string]any{"account_name": dump, "note": dump, "client_secret": stripeKey}
		}
	}
	raw, _ := json.Marshal(answer)
	if bytes.Contains(raw, []byte(stripeKey)) {
		g.mu.Lock()
		g.told++
		g.mu.Unlock()
	}
	if bytes.Contains(body, []byte(stripeKey)) {
		w.Header().Set("X-Request-Id", stripeKey)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(raw)
}

// tap keeps all that goes over a wire, but for what a person enters in a form.
type tap struct {
	next http.RoundTripper
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (p *tap) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *tap) all() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return bytes.Clone(p.text.Bytes())
}

type tapped struct {
	io.Reader
	io.Closer
}

func (p *tap) RoundTrip(r *http.Request) (*http.Response, error) {
	fmt.Fprintf(p, "%s %s\n", r.Method, r.URL)
	_ = r.Header.Write(p)
	if r.Body != nil && r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		r.Body = tapped{Reader: io.TeeReader(r.Body, p), Closer: r.Body}
	}
	resp, err := p.next.RoundTrip(r)
	if err == nil {
		_ = resp.Header.Write(p)
		resp.Body = tapped{Reader: io.TeeReader(resp.Body, p), Closer: resp.Body}
	}
	return resp, err
}

// connects fills in a form as a person does: first with a wrong account, then
// with the right one. Then it opens the link once more.
func connects(t *testing.T, over http.RoundTripper, link string) {
	t.Helper()
	person := newBrowser(t, over)
	_, page := person.load(http.MethodGet, link, nil)
	values := filledIn(page, stripeKey)
	for name := range values {
		if strings.Contains(name, "account_id") {
			values.Set(name, "acct_wrong")
		}
	}
	status, page := person.load(http.MethodPost, link, values)
	if status != http.StatusUnprocessableEntity {
		t.Fatalf("HTTP %d:\n%s", status, page)
	}
	if _, done := person.load(http.MethodPost, link, filledIn(page, stripeKey)); !strings.Contains(done, "close this window") {
		t.Fatalf("it is not connected:\n%.3000s", done)
	}
	if status, _ := person.load(http.MethodGet, link, nil); status != http.StatusGone {
		t.Fatalf("the used link gives HTTP %d", status)
	}
}

// "Connect my Stripe": the key is typed into a page, and seen nowhere else,
// though the service tells it wherever it can.
func TestKeyIsSeenNowhere(t *testing.T) {
	t.Parallel()
	const opensPages = `{"elicitation":{"url":{}}}`
	call := callMessage(1, "create_connector", connectStripe)
	look := func(id string) string {
		return callMessage(2, "get_connector", `{"connector_id":"`+id+`"}`)
	}
	accept := func(question message) string {
		return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"action":"accept"}}`, question.ID)
	}
	linkIn := func(t *testing.T, m message) string {
		t.Helper()
		link := pageLink.FindString(string(m.raw))
		if link == "" {
			t.Fatalf("no link: %s", m.raw)
		}
		return link
	}
	idIn := func(t *testing.T, m message) string {
		t.Helper()
		var created struct {
			ConnectorID string `json:"connector_id"`
		}
		if r := m.toolResult(t); json.Unmarshal([]byte(r.text()), &created) != nil || created.ConnectorID == "" {
			t.Fatalf("%s", m.raw)
		}
		return created.ConnectorID
	}
	for transport, connect := range map[string]func(t *testing.T, b *bench, p *tap){
		"stdio": func(t *testing.T, b *bench, p *tap) {
			links := make(chan string, 1)
			b.consent.Pages.Open = func(page string) error { links <- page; return nil }
			c := b.stdio(t)
			c.greet("2025-11-25", "{}")
			c.send(call)
			local := &http.Transport{}
			defer local.CloseIdleConnections()
			p.next = local
			connects(t, p, <-links)
			m := c.next()
			_, _ = p.Write(m.raw)
			_, _ = p.Write(c.ask(look(idIn(t, m))).raw)
		},
		"sse": func(t *testing.T, b *bench, p *tap) {
			web := b.listen(t)
			p.next, web.client.Transport = web.client.Transport, p
			c := web.sse()
			c.greet("2025-11-25", opensPages)
			c.send(call)
			question := c.next()
			c.send(accept(question))
			connects(t, p, linkIn(t, question))
			c.send(look(idIn(t, c.answer())))
			c.answer()
		},
		"/mcp 2025-11-25": func(t *testing.T, b *bench, p *tap) {
			web := b.listen(t)
			p.next, web.client.Transport = web.client.Transport, p
			session := web.greet("2025-11-25", opensPages)
			events := session.answering(call)
			question := <-events
			session.post(accept(question))
			connects(t, p, linkIn(t, question))
			answer := <-events
			for answer.Method != "" { // that the person is done
				answer = <-events
			}
			session.post(look(idIn(t, answer)))
		},
		"/mcp 2025-11-25, by a link": func(t *testing.T, b *bench, p *tap) {
			web := b.listen(t)
			p.next, web.client.Transport = web.client.Transport, p
			session := web.greet("2025-11-25", "{}")
			connects(t, p, linkIn(t, session.post(call).last(t)))
			session.post(look(idIn(t, session.post(call).last(t))))
		},
		"/mcp 2026-07-28": func(t *testing.T, b *bench, p *tap) {
			web := b.listen(t)
			p.next, web.client.Transport = web.client.Transport, p
			params := `"name":"create_connector","arguments":` + connectStripe
			body, header := modern(1, "tools/call", "create_connector", params, opensPages)
			connects(t, p, linkIn(t, web.post(body, header...).last(t)))
			body, header = modern(2, "tools/call", "create_connector", params+`,"inputResponses":{"connect":{"action":"accept"}}`, opensPages)
			id := idIn(t, web.post(body, header...).last(t))
			body, header = modernCall(3, "get_connector", `{"connector_id":"`+id+`"}`)
			web.post(body, header...)
		},
	} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			journal := filepath.Join(t.TempDir(), "writes.jsonl")
			var told *gossip
			b := newBench(t, settings{
				choice:   tools.Choice{Toolsets: []string{"all"}},
				upstream: func(next http.Handler) http.Handler { told = &gossip{next: next}; return told },
				config: func(c *Config) {
					c.Writes = plan.Policy{Mode: "confirm", Audit: journal}
					c.NoBrowser, c.PublicURL = true, "http://127.0.0.1"
					if transport == "stdio" {
						c.Transport, c.PublicURL = "stdio", ""
					}
				},
			})
			p := &tap{}
			connect(t, b, p)
			b.Close() // what came of it is written down now
			lines, err := os.ReadFile(journal)
			if err != nil {
				t.Fatal(err)
			}
			for where, text := range map[string][]byte{"wire": p.all(), "log": []byte(b.log.String()), "journal": lines} {
				for _, look := range keyLooks() {
					if at := bytes.Index(text, []byte(look)); at >= 0 {
						t.Errorf("the %s shows %q:\n%s", where, look, text[max(0, at-600):min(len(text), at+200)])
					}
				}
			}
			for where, has := range map[string]bool{
				"the service told nothing":    told.told >= 3,
				"the log tells nothing":       len(b.log.lines("request")) > 2,
				"the journal tells nothing":   bytes.Contains(lines, []byte(`"step":"outcome"`)),
				"the wire was not looked at":  bytes.Contains(p.all(), []byte("connector_id")) && bytes.Contains(p.all(), []byte("[redacted]")),
				"the pages were not seen":     bytes.Contains(p.all(), []byte("close this window")),
				"the form was not posted":     bytes.Contains(p.all(), []byte("POST http://127.0.0.1")),
				"where it led to is not seen": bytes.Contains(p.all(), []byte("Location: ")),
			} {
				if !has {
					t.Errorf("%s", where)
				}
			}
		})
	}
}

// A program that is started is seen by everybody on the machine, with its
// arguments: it is given a link, which is good once, and nothing else.
func TestBrowserIsGivenTheLinkAlone(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("its browser is started otherwise")
	}
	folder := t.TempDir()
	seen := filepath.Join(folder, "seen")
	script := "#!/bin/sh\ntr '\\0' ' ' < /proc/$$/cmdline > " + seen + ".part && mv " + seen + ".part " + seen + "\n"
	if err := os.WriteFile(filepath.Join(folder, "xdg-open"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder+":"+os.Getenv("PATH"))
	b := newBench(t, settings{config: func(c *Config) { c.Transport = "stdio" }})
	c := b.stdio(t)
	c.greet("2025-11-25", "{}")
	c.send(callMessage(1, "create_connector", connectStripe))
	var line []byte
	eventually(t, "the browser is started", func() bool {
		line, _ = os.ReadFile(seen)
		return len(line) > 0
	})
	link := pageLink.FindString(string(line))
	if want := "/bin/sh " + filepath.Join(folder, "xdg-open") + " " + link + " "; link == "" || string(line) != want {
		t.Errorf("it was started as %q", line)
	}
	newBrowser(t, nil).finish("connect", link, "")
	c.next()
}
