package server

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"airbyte-agent-mcp/tools"
)

const (
	stripeCustomer = "cus_Lw10000000Qx"
	renameCustomer = `{"connector_id":"stripe","entity":"customers","action":"update","params":{"id":"` + stripeCustomer + `","description":"asked for"}}`
)

// askingBench serves every tool and sends nothing without a person's yes.
func askingBench(t *testing.T) *bench {
	t.Helper()
	return newBench(t, settings{config: func(c *Config) {
		c.Writes = tools.Writes{Writes: "confirm"}
		c.NoBrowser = true
		c.PublicURL = "http://127.0.0.1"
	}})
}

// written counts the writes that reached the service.
func (b *bench) written() int {
	n := 0
	for _, r := range b.sandbox.Requests() {
		if strings.HasSuffix(r.Path, "/execute") && strings.Contains(string(r.Body), `"action":"update"`) {
			n++
		}
	}
	return n
}

// a question is answered in each of the ways that a person has.
var personSays = []struct {
	name, answer string
	written      int
	model        string // what it reads
}{
	{"yes", `{"action":"accept","content":{"approve":true}}`, 1, `"description":"asked for"`},
	{"no", `{"action":"decline"}`, 0, "said no"},
	{"accepts without approving", `{"action":"accept","content":{"approve":false}}`, 0, "said no"},
	{"closes it", `{"action":"cancel"}`, 0, "without an answer"},
	{"approves by a text", `{"action":"accept","content":{"approve":"true"}}`, 0, "said no"},
}

func TestPersonIsAskedBeforeAWrite(t *testing.T) {
	t.Parallel()
	const able = `{"elicitation":{}}`
	call := callMessage(1, "execute_operation", renameCustomer)
	for _, says := range personSays {
		check := func(t *testing.T, b *bench, question, answer message) {
			t.Helper()
			for _, told := range []string{"description", "asked for", stripeCustomer, "Stripe"} {
				if !strings.Contains(string(question.raw), told) {
					t.Errorf("the person is not told of %q: %s", told, question.raw)
				}
			}
			if !strings.Contains(answer.toolResult(t).text(), says.model) || b.written() != says.written {
				t.Errorf("%d were written, the model reads %s", b.written(), answer.raw)
			}
		}
		for _, transport := range []string{"stdio", "sse"} {
			t.Run(transport+"/"+says.name, func(t *testing.T) {
				t.Parallel()
				b := askingBench(t)
				c := &b.stdio(t).stream
				if transport == "sse" {
					c = &b.web(t).sse().stream
				}
				c.greet("2025-11-25", able)
				c.send(call)
				question := c.next()
				if question.Method != "elicitation/create" || b.written() != 0 {
					t.Fatalf("got %s after %d writes", question.raw, b.written())
				}
				c.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, question.ID, says.answer))
				check(t, b, question, c.next())
			})
		}
		t.Run("http/"+says.name, func(t *testing.T) {
			t.Parallel()
			b := askingBench(t)
			session := b.web(t).greet("2025-11-25", able)
			read := session.answering(call)
			question := <-read
			session.post(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, question.ID, says.answer))
			check(t, b, question, <-read)
		})
		t.Run("modern/"+says.name, func(t *testing.T) {
			t.Parallel()
			b := askingBench(t)
			c := b.web(t)
			params := `"name":"execute_operation","arguments":` + renameCustomer
			body, header := modern(1, "tools/call", "execute_operation", params, able)
			question := c.post(body, header...).last(t)
			state := inputState(t, question)
			body, header = modern(2, "tools/call", "execute_operation",
				params+fmt.Sprintf(`,"requestState":%q,"inputResponses":{"approve":%s}`, state, says.answer), able)
			check(t, b, question, c.post(body, header...).last(t))
			// The same answer again is worth nothing.
			again := c.post(body, header...).last(t)
			if b.written() != says.written {
				t.Errorf("a replay wrote: %s", again.raw)
			}
		})
	}
}

// inputState is what a client of 2026-07-28 hands back with the answers.
func inputState(t *testing.T, m message) string {
	t.Helper()
	var got struct {
		ResultType    string
		RequestState  string
		InputRequests map[string]struct{ Method string }
	}
	if err := json.Unmarshal(m.Result, &got); err != nil || got.InputRequests["approve"].Method != "elicitation/create" || got.RequestState == "" {
		t.Fatalf("no question: %s", m.raw)
	}
	return got.RequestState
}

// An answer that nobody gave to this plan is none.
func TestAnswersCannotBeMadeUp(t *testing.T) {
	t.Parallel()
	b := askingBench(t)
	c := b.web(t)
	params := `"name":"execute_operation","arguments":` + renameCustomer
	body, header := modern(1, "tools/call", "execute_operation", params, `{"elicitation":{}}`)
	state := inputState(t, c.post(body, header...).last(t))
	other := strings.Replace(params, "asked for", "something else", 1)
	for name, sent := range map[string]string{
		"no state":        params + `,"inputResponses":{"approve":{"action":"accept","content":{"approve":true}}}`,
		"made up":         params + `,"requestState":"yes","inputResponses":{"approve":{"action":"accept","content":{"approve":true}}}`,
		"changed":         params + `,"requestState":"` + state[:len(state)-2] + `AA","inputResponses":{"approve":{"action":"accept","content":{"approve":true}}}`,
		"other arguments": other + `,"requestState":"` + state + `","inputResponses":{"approve":{"action":"accept","content":{"approve":true}}}`,
	} {
		body, header := modern(2, "tools/call", "execute_operation", sent, `{"elicitation":{}}`)
		if got := c.post(body, header...).last(t); b.written() != 0 {
			t.Fatalf("%s: it was written: %s", name, got.raw)
		}
	}
}

// A client that cannot ask gets a link for its person: they decide on a page,
// and the same call then goes through once.
func TestPersonDecidesOnAPage(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		button  string
		written int
		model   string
	}{{"approve", 1, `"description":"asked for"`}, {"decline", 0, "said no"}} {
		t.Run(row.button, func(t *testing.T) {
			t.Parallel()
			b := askingBench(t)
			web := b.listen(t)
			session := web.greet("2025-11-25", "{}")
			call := callMessage(1, "execute_operation", renameCustomer)
			got := session.post(call).last(t).toolResult(t)
			link := regexp.MustCompile(`http://127\.0\.0\.1/approve/\S+`).FindString(got.text())
			if !got.IsError || link == "" || b.written() != 0 {
				t.Fatalf("%d were written: %s", b.written(), got.text())
			}
			jar, _ := cookiejar.New(nil)
			person := &http.Client{Transport: web.client.Transport, Jar: jar}
			page := read(t, person, http.MethodGet, link, "")
			for _, told := range []string{stripeCustomer, "asked for", "Stripe"} {
				if !strings.Contains(page, told) {
					t.Errorf("the page does not tell of %q", told)
				}
			}
			token := html.UnescapeString(regexp.MustCompile(`name="token" value="([^"]+)"`).FindStringSubmatch(page)[1])
			read(t, person, http.MethodPost, link, url.Values{"token": {token}, "do": {row.button}}.Encode())
			if got = session.post(call).last(t).toolResult(t); !strings.Contains(got.text(), row.model) {
				t.Errorf("the model reads %s", got.text())
			}
			// The same call once more is a new wish.
			if got = session.post(call).last(t).toolResult(t); !got.IsError {
				t.Errorf("it was written again: %s", got.text())
			}
			if b.written() != row.written {
				t.Errorf("%d were written: %s", b.written(), got.text())
			}
		})
	}
}

func read(t *testing.T, c *http.Client, method, address, form string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	if form != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", "http://"+req.URL.Host)
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 400 {
		t.Fatalf("%s %s: HTTP %d %v\n%s", method, address, resp.StatusCode, err, body)
	}
	return string(body)
}
