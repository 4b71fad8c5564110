package server

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"airbyte-agent-mcp/tools"
)

const (
	stripeKey     = "sk_live_4eC39HqLyjWDarjtT1zdp7dc"
	connectStripe = `{"definition_id":"e094cb9a-26de-4645-8761-65c0c425d1de","name":"Stripe by form"}`
)

// fillIn goes to a form as a person does, and enters a key.
func fillIn(t *testing.T, c *http.Client, link string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	person := &http.Client{Transport: c.Transport, Jar: jar}
	done := read(t, person, http.MethodPost, link, filledIn(read(t, person, http.MethodGet, link, "")).Encode())
	if strings.Contains(done, stripeKey) {
		t.Error("the page shows the key")
	}
	if !strings.Contains(done, "close this window") {
		t.Fatalf("it is not connected:\n%.3000s", done)
	}
}

// filledIn are the inputs of a form as a person leaves them.
func filledIn(page string) url.Values {
	values := url.Values{}
	for _, input := range regexp.MustCompile(`<(?:input|select|textarea)[^>]*name="([^"]+)"[^>]*>`).FindAllStringSubmatch(page, -1) {
		name := html.UnescapeString(input[1])
		switch value := regexp.MustCompile(`value="([^"]*)"`).FindStringSubmatch(input[0]); {
		case strings.Contains(input[0], `type="password"`):
			values.Set(name, stripeKey)
		case strings.Contains(input[0], `type="radio"`) && values.Has(name), strings.Contains(input[0], `type="submit"`):
		case value != nil:
			values.Set(name, html.UnescapeString(value[1]))
		}
	}
	for name := range values {
		if strings.Contains(name, "account_id") {
			values.Set(name, "acct_1Lw")
		}
		if strings.Contains(name, "start_date") {
			values.Set(name, "2026-01-01T00:00:00Z")
		}
	}
	return values
}

// signIn goes to a page as a person does, from there to the web app, and chooses
// there. It returns the pages that were seen.
func signIn(t *testing.T, c *http.Client, link, choice string) string {
	t.Helper()
	page := read(t, c, http.MethodGet, link, "")
	token := regexp.MustCompile(`name="token" value="([^"]+)"`).FindStringSubmatch(page)
	if token == nil {
		t.Fatalf("no form:\n%.3000s", page)
	}
	page = read(t, c, http.MethodPost, link, url.Values{"token": {html.UnescapeString(token[1])}, "do": {"signin"}}.Encode())
	address := regexp.MustCompile(`href="([^"]+/widget-bridge[^"]+)"`).FindStringSubmatch(page)
	if address == nil {
		t.Fatalf("it leads nowhere:\n%.3000s", page)
	}
	webApp, err := url.Parse(html.UnescapeString(address[1]))
	if err != nil {
		t.Fatal(err)
	}
	form := webApp.Query()
	form.Set("do", choice)
	webApp.RawQuery = ""
	return page + read(t, http.DefaultClient, http.MethodPost, webApp.String(), form.Encode())
}

// Gmail has nothing to fill in: a person must sign in, and the tool hears of it.
func TestServiceIsConnectedBySigningIn(t *testing.T) {
	t.Parallel()
	for choice, want := range map[string]string{"approve": `"connector_id"`, "deny": "did not allow access to Gmail"} {
		t.Run(choice, func(t *testing.T) {
			t.Parallel()
			b := askingBench(t)
			web := b.listen(t)
			session := web.greet("2025-11-25", "{}")
			call := callMessage(1, "create_connector", `{"connector_type":"Gmail","name":"Post"}`)
			first := session.post(call).last(t)
			link := formLink.FindString(first.toolResult(t).text())
			if link == "" {
				t.Fatalf("no link: %s", first.raw)
			}
			pages := signIn(t, web.client, link, choice)
			got := session.post(call).last(t)
			if r := got.toolResult(t); r.IsError != (choice == "deny") || !strings.Contains(r.text(), want) {
				t.Errorf("%s\n%.2000s", got.raw, pages)
			}
			created := 0
			for _, r := range b.sandbox.Requests() {
				if r.Method == http.MethodPost && strings.HasSuffix(r.Path, "/integrations/connectors") {
					created++
				}
			}
			if created != map[string]int{"approve": 1, "deny": 0}[choice] {
				t.Errorf("%d connectors", created)
			}
			for _, secret := range []string{"sandbox-refresh_token", "widget_token"} {
				if strings.Contains(b.log.String(), secret) || strings.Contains(string(first.raw)+string(got.raw), secret) {
					t.Errorf("%s is in the log or in an answer", secret)
				}
			}
		})
	}
}

var formLink = regexp.MustCompile(`http://127\.0\.0\.1[:0-9]*/connect/[A-Za-z0-9_-]+`)

// "Connect my Stripe" ends in a connector that works, with the key typed into a
// page alone: the client sees it in no message, the log in no line.
func TestServiceIsConnectedOnAPage(t *testing.T) {
	t.Parallel()
	call := callMessage(1, "create_connector", connectStripe)
	created := func(t *testing.T, b *bench, m message) {
		t.Helper()
		if r := m.toolResult(t); r.IsError || !strings.Contains(r.text(), "connector_id") || strings.Contains(r.text(), stripeKey) {
			t.Errorf("%s", m.raw)
		}
		if strings.Contains(b.log.String(), stripeKey) {
			t.Error("the log has the key")
		}
	}
	t.Run("a client that cannot ask", func(t *testing.T) {
		t.Parallel()
		b := askingBench(t)
		web := b.listen(t)
		session := web.greet("2025-11-25", "{}")
		got := session.post(call).last(t)
		link := formLink.FindString(got.toolResult(t).text())
		if link == "" {
			t.Fatalf("no link: %s", got.raw)
		}
		fillIn(t, web.client, link)
		created(t, b, session.post(call).last(t))
	})
	t.Run("a client that opens pages", func(t *testing.T) {
		t.Parallel()
		b := askingBench(t)
		web := b.listen(t)
		session := web.greet("2025-11-25", `{"elicitation":{"url":{}}}`)
		events := session.answering(call)
		question := <-events
		link := formLink.FindString(string(question.Params))
		if question.Method != "elicitation/create" || link == "" || !strings.Contains(string(question.Params), `"mode":"url"`) {
			t.Fatalf("no question: %s", question.raw)
		}
		session.post(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"action":"accept"}}`, question.ID))
		fillIn(t, web.client, link)
		created(t, b, <-events)
	})
	t.Run("a client of 2026-07-28", func(t *testing.T) {
		t.Parallel()
		b := askingBench(t)
		web := b.listen(t)
		params := `"name":"create_connector","arguments":` + connectStripe
		const able = `{"elicitation":{"url":{}}}`
		body, header := modern(1, "tools/call", "create_connector", params, able)
		question := web.post(body, header...).last(t)
		link := formLink.FindString(string(question.raw))
		if link == "" || !strings.Contains(string(question.raw), `"mode":"url"`) {
			t.Fatalf("no question: %s", question.raw)
		}
		fillIn(t, web.client, link)
		body, header = modern(2, "tools/call", "create_connector", params+`,"inputResponses":{"connect":{"action":"accept"}}`, able)
		created(t, b, web.post(body, header...).last(t))
	})
	t.Run("on stdio, with the page opened in the browser", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, settings{config: func(c *Config) {
			c.Writes, c.Transport, c.NoBrowser = tools.Writes{Writes: "confirm"}, "stdio", true
		}})
		shown := make(chan string, 1)
		b.pages.open = func(page string) error { shown <- page; return nil }
		c := b.stdio(t)
		c.greet("2025-11-25", "{}")
		c.send(call)
		fillIn(t, http.DefaultClient, <-shown)
		created(t, b, c.next())
		http.DefaultClient.CloseIdleConnections()
	})
	t.Run("on stdio, decided in a terminal", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, settings{config: func(c *Config) {
			c.Writes, c.Transport, c.NoBrowser = tools.Writes{Writes: "confirm"}, "stdio", true
		}})
		c := b.stdio(t)
		c.greet("2025-11-25", "{}")
		write := callMessage(2, "execute_operation", renameCustomer)
		code := regexp.MustCompile(`approve ([0-9]+-[A-Z0-9-]+)`).FindStringSubmatch(c.ask(write).toolResult(t).text())
		if code == nil {
			t.Fatal("no code")
		}
		plan, err := Approval(t.Context(), code[1], "")
		if err != nil || !strings.Contains(plan, stripeCustomer) || b.written() != 0 {
			t.Fatalf("%v: %s", err, plan)
		}
		if _, err := Approval(context.Background(), code[1], "yes"); err != nil {
			t.Fatal(err)
		}
		if _, err := Approval(context.Background(), code[1], "yes"); err == nil {
			t.Error("a code is good twice")
		}
		if got := c.ask(write); got.toolResult(t).IsError || b.written() != 1 {
			t.Errorf("%d were written: %s", b.written(), got.raw)
		}
		http.DefaultClient.CloseIdleConnections()
	})
}
