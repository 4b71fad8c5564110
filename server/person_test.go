package server

import (
	"cmp"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"airbyte-agent-mcp/tools/plan"
)

const (
	stripeCustomer = "cus_Lw10000000Qx"
	renameCustomer = `{"connector_id":"stripe","entity":"customers","action":"update","params":{"id":"` + stripeCustomer + `","description":"asked for"}}`
	stripeKey      = "sk_live_4eC39HqLyjWDarjtT1zdp7dc"
	connectStripe  = `{"definition_id":"e094cb9a-26de-4645-8761-65c0c425d1de","name":"Stripe by form"}`
)

// pageLink is the link of a page of ours.
var pageLink = regexp.MustCompile(`http://127\.0\.0\.1[:0-9]*/(?:connect|approve)/[A-Za-z0-9_-]+`)

// inquiry is what reaches a person.
type inquiry struct {
	way  string // form, url or browser
	id   json.RawMessage
	said string // the whole of it
	page string
	// elicitation is its ID, where the page has one.
	elicitation string
}

// person answers what they are asked by what their client hands back, nothing
// where it does not, "error" where it cannot ask; and then does something.
type person func(inquiry) (answer string, then func())

// caller is a client: of one transport, era and ability.
type caller struct {
	*bench
	t          *testing.T
	web        *web
	capability string
	modern     bool
	calls      int
	ask        func(body string, header []string) <-chan message
	post       func(body string)
	shown      chan string  // the pages that were opened in the person's browser
	messages   chan message // what comes outside of calls; nil on /mcp
	ahead      atomic.Int64 // of the clock
	waits      atomic.Int64 // how long calls do for a person
	elicited   []string     // the pages that the client was told to open, by their IDs
	completed  []string     // and those of which it heard that they are done
	*browser
}

// confirming serves every tool, and sends nothing without a person's yes.
func confirming(c *Config) {
	c.Writes, c.NoBrowser = plan.Policy{Mode: "confirm"}, true
}

func newCaller(t *testing.T, transport string, modern bool, ability string) *caller {
	t.Helper()
	c := &caller{t: t, modern: modern, capability: able[ability], shown: make(chan string, 16)}
	c.bench = newBench(t, settings{config: func(config *Config) {
		confirming(config)
		if transport == "stdio" {
			config.Transport = "stdio"
		}
	}})
	c.patient()
	c.Server.patience = func() time.Duration { return time.Duration(c.waits.Load()) }
	c.consent.Now = func() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }
	var s *stream
	switch transport {
	case "stdio":
		c.consent.Pages.Open = func(page string) error { c.shown <- page; return nil }
		c.browser = newBrowser(t, nil)
		s = &c.stdio(t).stream
	case "sse":
		c.web = c.listen(t).web
		s = &c.web.sse().stream
	default:
		c.web = c.listen(t).web
	}
	if c.web != nil {
		c.browser = newBrowser(t, c.web.client.Transport)
	}
	if s != nil {
		if !modern {
			s.greet("2025-11-25", c.capability)
		}
		c.messages = s.messages
		c.ask = func(body string, _ []string) <-chan message { s.send(body); return s.messages }
		c.post = s.send
		return c
	}
	if !modern {
		c.web = c.web.greet("2025-11-25", c.capability)
	}
	c.ask = func(body string, header []string) <-chan message { return c.web.answering(body, header...) }
	c.post = func(body string) { c.web.post(body) }
	return c
}

// impatient has the next calls wait a moment, for where nobody answers.
func (c *caller) impatient() { c.waits.Store(int64(2 * time.Second)) }

// patient undoes that.
func (c *caller) patient() { c.waits.Store(int64(patience)) }

// call calls a tool, and again where the client of 2026-07-28 has to.
func (c *caller) call(tool, arguments string, does person) message {
	c.t.Helper()
	params := fmt.Sprintf(`"name":%q,"arguments":%s`, tool, arguments)
	answers := ""
	for {
		c.calls++
		body, header := fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{%s}}`, c.calls, params), []string(nil)
		if c.modern {
			body, header = modern(c.calls, "tools/call", tool, params+answers, c.capability)
		}
		m := c.answered(c.ask(body, header), does)
		q, name, state := inputRequired(m)
		if name == "" {
			return m
		}
		answer, then := does(q)
		if then != nil {
			then()
		}
		answers = fmt.Sprintf(`,"inputResponses":{%q:%s}`, name, answer)
		if state != "" {
			answers += fmt.Sprintf(`,"requestState":%q`, state)
		}
	}
}

// answered is the answer to the last call. What else comes goes to the person.
func (c *caller) answered(messages <-chan message, does person) message {
	c.t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case m, open := <-messages:
			if !open {
				c.t.Fatal("no answer")
			}
			switch {
			case m.Method == "elicitation/create":
				c.asked(m, does)
			case m.Method != "":
				c.notified(m)
			default:
				return m
			}
		case page := <-c.shown:
			if _, then := does(inquiry{way: "browser", page: page}); then != nil {
				then()
			}
		case <-timeout:
			c.t.Fatal("no answer came in time")
		}
	}
}

func (c *caller) asked(m message, does person) {
	q := inquiryOf(m.Params)
	q.id = m.ID
	if q.elicitation != "" {
		c.elicited = append(c.elicited, q.elicitation)
	}
	answer, then := does(q)
	switch answer {
	case "":
	case "error":
		c.post(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"no such method"}}`, m.ID))
	default:
		c.respond(m.ID, answer)
	}
	if then != nil {
		then()
	}
}

func (c *caller) respond(id json.RawMessage, answer string) {
	c.post(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, id, answer))
}

func (c *caller) notified(m message) {
	var p struct{ ElicitationID string }
	if m.Method == "notifications/elicitation/complete" && json.Unmarshal(m.Params, &p) == nil {
		c.completed = append(c.completed, p.ElicitationID)
	}
}

// hearsCompletion waits until the client knows that its person is done on every
// page that it was told to open.
func (c *caller) hearsCompletion() {
	c.t.Helper()
	for len(c.completed) < len(c.elicited) {
		select {
		case m := <-c.messages: // on /mcp it came with the answer
			c.notified(m)
		case <-time.After(patience):
			c.t.Fatalf("the client was told to open %q and heard of %q", c.elicited, c.completed)
		}
	}
	if len(c.elicited) == 0 || fmt.Sprint(c.elicited) != fmt.Sprint(c.completed) {
		c.t.Errorf("the client was told to open %q and heard of %q", c.elicited, c.completed)
	}
}

func inquiryOf(params json.RawMessage) inquiry {
	var p struct{ Mode, URL, ElicitationID, Message string }
	_ = json.Unmarshal(params, &p)
	return inquiry{way: cmp.Or(p.Mode, "form"), said: string(params), page: p.URL, elicitation: p.ElicitationID}
}

// inputRequired is what a client of 2026-07-28 must ask; its name is empty
// where the call was answered.
func inputRequired(m message) (q inquiry, name, state string) {
	var got struct {
		RequestState  string
		InputRequests map[string]struct {
			Method string
			Params json.RawMessage
		}
	}
	_ = json.Unmarshal(m.Result, &got)
	for name, r := range got.InputRequests {
		return inquiryOf(r.Params), name, got.RequestState
	}
	return inquiry{}, "", ""
}

// sent counts what reached the service.
func (b *bench) sent(moment string) int {
	n := 0
	for _, r := range b.sandbox.Requests() {
		switch moment {
		case "write":
			if strings.HasSuffix(r.Path, "/execute") && strings.Contains(string(r.Body), `"action":"update"`) {
				n++
			}
		case "connect":
			if r.Method == http.MethodPost && strings.HasSuffix(r.Path, "/integrations/connectors") {
				n++
			}
		}
	}
	return n
}

// browser is that of a person, who goes to pages.
type browser struct {
	T testing.TB
	*http.Client
}

func newBrowser(t testing.TB, through http.RoundTripper) *browser {
	if through == nil {
		own := &http.Transport{}
		t.Cleanup(own.CloseIdleConnections)
		through = own
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{T: t, Client: &http.Client{Transport: through, Jar: jar}}
}

// load gets a page, or posts a form.
func (b *browser) load(method, address string, form url.Values) (status int, page string) {
	req, err := http.NewRequestWithContext(b.T.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		b.T.Error(err)
		return 0, ""
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", "http://"+req.URL.Host)
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	resp, err := b.Do(req)
	if err != nil {
		b.T.Error(err)
		return 0, ""
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.T.Error(err)
	}
	return resp.StatusCode, string(body)
}

var (
	input      = regexp.MustCompile(`<(?:input|select|textarea)[^>]*name="([^"]+)"[^>]*>`)
	inputValue = regexp.MustCompile(`value="([^"]*)"`)
)

// enter fills a key into a form, as a person does, and sends it.
func (b *browser) enter(link, key string) (status int, page string) {
	_, page = b.load(http.MethodGet, link, nil)
	return b.load(http.MethodPost, link, filledIn(page, key))
}

// filledIn are the inputs of a form as a person leaves them.
func filledIn(page, key string) url.Values {
	values := url.Values{}
	for _, found := range input.FindAllStringSubmatch(page, -1) {
		name, value := html.UnescapeString(found[1]), inputValue.FindStringSubmatch(found[0])
		switch {
		case strings.Contains(found[0], `type="password"`):
			values.Set(name, key)
		case strings.Contains(name, "account_id"):
			values.Set(name, "acct_1Lw")
		case strings.Contains(name, "start_date"):
			values.Set(name, "2026-01-01T00:00:00Z")
		case strings.Contains(found[0], `type="radio"`) && values.Has(name), strings.Contains(found[0], `type="submit"`):
		case value != nil:
			values.Set(name, html.UnescapeString(value[1]))
		}
	}
	return values
}

// press presses a button of a page, and nothing else.
func (b *browser) press(link, button string) (status int, page string) {
	_, page = b.load(http.MethodGet, link, nil)
	token := regexp.MustCompile(`name="token" value="([^"]+)"`).FindStringSubmatch(page)
	if token == nil {
		b.T.Errorf("there is no form:\n%.2000s", page)
		return 0, page
	}
	return b.load(http.MethodPost, link, url.Values{"token": {html.UnescapeString(token[1])}, "do": {button}})
}

// finish does on a page what a call waits for: what the button says, or else
// what the call wants.
func (b *browser) finish(moment, link, button string) {
	var page string
	switch {
	case button != "":
		_, page = b.press(link, button)
	case moment == "write":
		_, page = b.press(link, "approve")
	default:
		_, page = b.enter(link, stripeKey)
	}
	if !strings.Contains(page, "close this window") || strings.Contains(page, stripeKey) {
		b.T.Errorf("the page does not end:\n%.3000s", page)
	}
}
