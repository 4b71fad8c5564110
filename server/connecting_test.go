package server

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// signIn goes from a page of ours to the web app, as a person does, and chooses
// there.
func (b *browser) signIn(link, choice string) {
	_, page := b.press(link, "signin")
	address := regexp.MustCompile(`href="([^"]+/widget-bridge[^"]+)"`).FindStringSubmatch(page)
	if address == nil {
		b.T.Fatalf("it leads nowhere:\n%.3000s", page)
	}
	webApp, err := url.Parse(html.UnescapeString(address[1]))
	if err != nil {
		b.T.Fatal(err)
	}
	form := webApp.Query()
	form.Set("do", choice)
	webApp.RawQuery = ""
	newBrowser(b.T, nil).load(http.MethodPost, webApp.String(), form)
}

// Gmail has nothing to fill in: a person must sign in, and the tool hears of it.
func TestServiceIsConnectedBySigningIn(t *testing.T) {
	t.Parallel()
	for choice, want := range map[string]struct {
		text    string
		created int
	}{"approve": {`"connector_id"`, 1}, "deny": {"did not allow access to Gmail", 0}} {
		t.Run(choice, func(t *testing.T) {
			t.Parallel()
			c := newCaller(t, "mcp", false, "none")
			const gmail = `{"connector_type":"Gmail","name":"Post"}`
			first := c.call("create_connector", gmail, nil)
			link := pageLink.FindString(first.toolResult(t).text())
			if link == "" {
				t.Fatalf("no link: %s", first.raw)
			}
			newBrowser(t, c.web.client.Transport).signIn(link, choice)
			got := c.call("create_connector", gmail, nil)
			if r := got.toolResult(t); r.IsError != (choice == "deny") || !strings.Contains(r.text(), want.text) {
				t.Errorf("%s", got.raw)
			}
			if n := c.sent("connect"); n != want.created {
				t.Errorf("%d connectors", n)
			}
			for _, secret := range []string{"sandbox-refresh_token", "widget_token"} {
				if strings.Contains(c.log.String(), secret) || strings.Contains(string(first.raw)+string(got.raw), secret) {
					t.Errorf("%s is in the log or in an answer", secret)
				}
			}
		})
	}
}
