package connect_test

import (
	"context"
	"encoding/base64"
	"errors"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/server/connect"
	"airbyte-agent-mcp/server/connect/form"
	"airbyte-agent-mcp/tools/ledger"
)

var tokenOf = regexp.MustCompile(`name="token" value="([^"]+)"`)

// FuzzLink posts to pages by links and with tokens that are of one another, of
// something else, changed or made up: a plan is decided on its own page alone.
func FuzzLink(f *testing.F) {
	seal, err := ledger.NewSeal()
	if err != nil {
		f.Fatal(err)
	}
	const own, other, form1, made = 0, 1, 2, 3 // whose link or token it is
	f.Add("/approve/", own, own, 0, byte(0), "", "approve", "same-origin")
	f.Add("/approve/", own, own, 0, byte(0), "", "decline", "same-origin")
	f.Add("/approve/", own, own, 0, byte(0), "", "approve", "cross-site")
	f.Add("/approve/", own, own, 0, byte(0), "", "", "same-origin")
	f.Add("/approve/", own, own, 20, byte(1), "", "approve", "same-origin")
	f.Add("/approve/", own, own, -1, byte(1), "", "approve", "same-origin")
	f.Add("/approve/", own, other, 0, byte(0), "", "approve", "same-origin")
	f.Add("/approve/", own, form1, 0, byte(0), "", "approve", "same-origin")
	f.Add("/approve/", own, made, 0, byte(0), "x", "approve", "same-origin")
	f.Add("/approve/", form1, form1, 0, byte(0), "", "approve", "same-origin")
	f.Add("/approve/", made, made, 0, byte(0), "..%2F", "approve", "same-origin")
	f.Add("/approve/done/", own, own, 0, byte(0), "", "approve", "same-origin")
	f.Add("/connect/", own, own, 0, byte(0), "", "approve", "same-origin")
	f.Add("/connect/", form1, form1, 0, byte(0), "", "cancel", "same-origin")
	f.Add("//approve/", own, own, 0, byte(0), "?", "approve", "same-origin")
	f.Fuzz(func(t *testing.T, path string, whoseLink, whoseToken, at int, flip byte, text, do, site string) {
		var decided []string
		ledger, err := ledger.OpenLedger("", seal)
		if err != nil {
			t.Fatal(err)
		}
		pages := connect.New(connect.Options{
			Seal: seal, Ledger: ledger, Base: func() string { return "http://127.0.0.1" },
			Client: func(context.Context, string) (*airbyteclient.Client, error) { return nil, errors.New("nobody") },
			Plan:   func(string) (connect.Approval, error) { return connect.Approval{Title: "t", Summary: "s"}, nil },
			Decide: func(code string, _ bool) error { decided = append(decided, code); return nil },
		})
		var links, tokens [4]string
		for whose, code := range []string{"own", "other"} {
			v, err := pages.Approve("caller", code, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			links[whose] = v.URL[strings.LastIndex(v.URL, "/")+1:]
			w := httptest.NewRecorder()
			pages.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, v.URL, nil))
			tokens[whose] = html.UnescapeString(tokenOf.FindStringSubmatch(w.Body.String())[1])
		}
		v, err := pages.Connect(t.Context(), "caller", form.Request{DefinitionID: "d"})
		if err != nil {
			t.Fatal(err)
		}
		links[form1], tokens[form1] = v.URL[strings.LastIndex(v.URL, "/")+1:], links[own]
		links[made], tokens[made] = text, text
		whoseLink, whoseToken = whoseLink&3, whoseToken&3

		raw, err := base64.RawURLEncoding.DecodeString(links[whoseLink])
		link := links[whoseLink]
		if err == nil && len(raw) > 0 && whoseLink != made {
			raw[(at%len(raw)+len(raw))%len(raw)] ^= flip
			link = base64.RawURLEncoding.EncodeToString(raw)
		}
		body := url.Values{"token": {tokens[whoseToken]}, "do": {do}}.Encode()
		post := func() *httptest.ResponseRecorder {
			r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/", strings.NewReader(body))
			r.URL.Path = path + link
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", site)
			w := httptest.NewRecorder()
			pages.Handler().ServeHTTP(w, r)
			return w
		}
		w := post()
		good := path == "/approve/" && whoseLink <= other && whoseToken == whoseLink && flip == 0 && site == "same-origin" && (do == "approve" || do == "decline")
		want := []string{"own", "other"}
		if good && (len(decided) != 1 || decided[0] != want[whoseLink]) || !good && len(decided) > 0 {
			t.Errorf("POST %s decided %q (HTTP %d)", path+link, decided, w.Code)
		}
		if w.Code >= http.StatusInternalServerError && w.Code != http.StatusBadGateway {
			t.Errorf("HTTP %d: %s", w.Code, w.Body)
		}
		if post(); len(decided) > 1 {
			t.Errorf("decided twice: %q", decided)
		}
	})
}
