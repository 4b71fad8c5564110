package connect_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/server/connect"
	"airbyte-agent-mcp/server/connect/form"
	"airbyte-agent-mcp/tools/ledger"
)

// zendeskForm is a form of Zendesk that is filled in as it should be.
func zendeskForm(a *answer, secret string) url.Values {
	return a.form(map[string]string{
		"f.credentials.api_token.email": "ines@lanternworks.example", "f.credentials.api_token.api_token": secret, "f.subdomain": "lanternworks", "name": "Desk",
	})
}

// sent is the body of the last request whose path ends so.
func (b *bench) sent(path string) map[string]any {
	b.t.Helper()
	all := b.sandbox.Requests()
	for i := len(all) - 1; i >= 0; i-- {
		if strings.HasSuffix(all[i].Path, path) {
			var body map[string]any
			if err := json.Unmarshal([]byte(all[i].Body), &body); err != nil {
				b.t.Fatal(err)
			}
			return body
		}
	}
	b.t.Fatalf("nothing was sent to %s", path)
	return nil
}

func TestFormIsTriedThenCreated(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.connect(form.Request{DefinitionID: zendesk})
	page := b.get(v.URL)
	if page.status != http.StatusOK || page.title() != "Connect Zendesk Support" {
		t.Fatalf("got %d %q", page.status, page.title())
	}
	if o := b.outcome(v); o.State != connect.StateWaiting {
		t.Errorf("before anything the state is %q", o.State)
	}

	done := b.post(v.URL, zendeskForm(page, canary))
	if done.status != http.StatusOK || !strings.Contains(done.url, "/connect/done/") || done.title() != "Zendesk Support is connected" {
		t.Fatalf("got %d %q at %s: %s", done.status, done.title(), done.url, done.Find("main").Text())
	}
	facts := map[string]string{}
	done.Find(".facts > div").Each(func(_ int, s *goquery.Selection) { facts[s.Find("dt").Text()] = s.Find("dd").Text() })
	want := map[string]string{"Name": "Desk", "Service": "Zendesk Support", "Workspace": "default", "Account": "lanternworks"}
	if diff := cmp.Diff(want, facts); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
	if !strings.Contains(done.text, "You may close this window") {
		t.Error("the page does not say that the window may be closed")
	}

	body := b.sent("/integrations/connectors")
	wantBody := map[string]any{
		"name": "Desk", "workspace_name": "default", "definition_id": zendesk,
		"credentials": map[string]any{"credentials": "api_token", "email": "ines@lanternworks.example", "api_token": canary},
		"environment": map[string]any{"subdomain": "lanternworks"},
	}
	if diff := cmp.Diff(wantBody, body); diff != "" {
		t.Errorf("create (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(wantBody, b.sent("/connectors/check")); diff != "" {
		t.Errorf("check (-want +got):\n%s", diff)
	}
	o := b.outcome(v)
	if o.State != connect.StateCreated || o.Name != "Desk" || o.ConnectorID == "" || o.Account != "lanternworks" {
		t.Errorf("outcome %+v", o)
	}
	if b.callers[0] != "caller-1" {
		t.Errorf("the client was asked for %q", b.callers[0])
	}

	if again := b.get(done.url); again.status != http.StatusOK {
		t.Errorf("reloading the last page gives %d", again.status)
	}
	used := b.get(v.URL)
	if used.status != http.StatusGone || used.title() != "This link has been used" || !strings.Contains(used.text, "Desk") {
		t.Errorf("opening the link again gives %d %q", used.status, used.title())
	}
	if replay := b.post(v.URL, zendeskForm(page, canary)); replay.title() != "Zendesk Support is connected" || b.created() != 1 {
		t.Errorf("posting again gives %q and %d connectors", replay.title(), b.created())
	}
}

func TestServicesOfEveryKindCanBeConnected(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		definition  string
		fill        map[string]string
		config      map[string]any
		credentials map[string]any
	}{
		"a choice of ways, one key": {github, map[string]string{"f.credentials.PAT~20Credentials.personal_access_token": canary, "f.repositories": "lanternworks/platform\r\n\r\n lanternworks/web \r\n"},
			map[string]any{"repositories": []any{"lanternworks/platform", "lanternworks/web"}}, map[string]any{"option_title": "PAT Credentials", "personal_access_token": canary}},
		"one way, only one option":   {drive, map[string]string{"f.credentials.Client.refresh_token": canary}, nil, map[string]any{"auth_type": "Client", "refresh_token": canary}},
		"one way, flat":              {stripe, map[string]string{"f.client_secret": canary, "f.account_id": "acct_1"}, map[string]any{"account_id": "acct_1"}, map[string]any{"client_secret": canary}},
		"one way, flat, with a name": {jira, map[string]string{"f.email": "ines@lanternworks.example", "f.api_token": canary, "f.subdomain": "lanternworks"}, nil, map[string]any{"email": "ines@lanternworks.example", "api_token": canary}},
		"one way, flat, with a URL":  {salesforce, map[string]string{"f.refresh_token": canary, "f.instance_url": "https://login.salesforce.com"}, nil, map[string]any{"refresh_token": canary}},
		"settings of other types": {slack, map[string]string{"f.credentials.API~20Token~20Credentials.api_token": canary, "f.lookback_window": "7", "f.join_channels": "on", "f.start_date": "2026-01-31"},
			map[string]any{"lookback_window": 7.0, "join_channels": true, "start_date": "2026-01-31T00:00:00Z"}, map[string]any{"option_title": "API Token Credentials", "api_token": canary}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			v := b.connect(form.Request{DefinitionID: c.definition})
			done := b.post(v.URL, b.get(v.URL).form(c.fill))
			if b.outcome(v).State != connect.StateCreated {
				t.Fatalf("not created: %s", done.Find("main").Text())
			}
			body := b.sent("/integrations/connectors")
			config, _ := body["replication_config"].(map[string]any)
			if diff := cmp.Diff(c.config, config); diff != "" {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
			credentials, _ := body["credentials"].(map[string]any)
			if diff := cmp.Diff(c.credentials, credentials); diff != "" {
				t.Errorf("credentials (-want +got):\n%s", diff)
			}
		})
	}
}

// What goes along and is no field is shown, and sent in either way.
func TestEntitiesAndTagsGoAlong(t *testing.T) {
	t.Parallel()
	wish := form.Request{
		DefinitionID: zendesk, Environment: []byte(`{"subdomain":"lanternworks"}`),
		Entities: []airbyteclient.RequestedEntity{{Entity: "tickets", Modes: []string{"read", "write"}}, {Entity: "users"}}, Tags: []string{"warehouse"}, TagsMode: "all",
	}
	for way, connectIt := range map[string]func(*bench, *connect.Visit){
		"form":    func(b *bench, v *connect.Visit) { b.post(v.URL, zendeskForm(b.get(v.URL), canary)) },
		"sign-in": func(b *bench, v *connect.Visit) { b.choose(b.signIn(v, nil).webApp(), "approve"); b.end(v) },
	} {
		b := newBench(t)
		v := b.connect(wish)
		for _, told := range []string{"tickets (read, write)\nusers", "warehouse", "all"} {
			if dd := b.get(v.URL).Find("dd").FilterFunction(func(_ int, s *goquery.Selection) bool { return s.Text() == told }); dd.Length() != 1 {
				t.Errorf("%s: the person is not told of %q", way, told)
			}
		}
		connectIt(b, v)
		sent := b.sent("/integrations/connectors")
		want := map[string]any{
			"entities":                          []any{map[string]any{"entity": "tickets", "modes": []any{"read", "write"}}, map[string]any{"entity": "users"}},
			"selected_connection_template_tags": []any{"warehouse"}, "selected_connection_template_tags_mode": "all",
		}
		got := map[string]any{}
		for name := range want {
			got[name] = sent[name]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", way, diff)
		}
	}
}

func TestRefusedCredentialsKeepAllButSecrets(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.connect(form.Request{DefinitionID: zendesk})
	page := b.post(v.URL, zendeskForm(b.get(v.URL), "invalid-"+canary))
	if page.status != http.StatusUnprocessableEntity || !strings.HasPrefix(page.title(), "Error: ") {
		t.Fatalf("got %d %q", page.status, page.title())
	}
	summary := page.Find("#summary")
	if !strings.Contains(summary.Text(), "401 Unauthorized") || !summary.Is("[role=alert][tabindex='-1'][autofocus]") {
		t.Errorf("summary: %s", summary.Text())
	}
	if got := page.Find("[name='f.credentials.api_token.email']").AttrOr("value", ""); got != "ines@lanternworks.example" {
		t.Errorf("the email was not kept: %q", got)
	}
	if got, found := page.Find("[name='f.credentials.api_token.api_token']").Attr("value"); found {
		t.Errorf("the secret came back as %q", got)
	}
	if b.created() != 0 {
		t.Error("a connector was created")
	}
	b.post(v.URL, zendeskForm(page, canary))
	if o := b.outcome(v); o.State != connect.StateCreated || b.created() != 1 {
		t.Errorf("after mending it: %+v, %d connectors", o, b.created())
	}
}

func TestMistakesAreToldByField(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.connect(form.Request{DefinitionID: slack})
	page := b.post(v.URL, b.get(v.URL).form(map[string]string{"f.start_date": "yesterday", "f.lookback_window": "1.5"}))
	want := map[string]string{
		"f.credentials.API~20Token~20Credentials.api_token": "Fill in Api token.",
		"f.lookback_window": "Lookback window must be a whole number, such as 10.",
		"f.start_date":      "Start date must be a date and time, such as 2026-01-31T00:00:00Z.",
	}
	got := map[string]string{}
	page.Find("#summary a").Each(func(_ int, s *goquery.Selection) {
		got[strings.TrimPrefix(s.AttrOr("href", ""), "#")] = s.Text()
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	for name, why := range want {
		input := page.Find("[name='" + name + "']")
		about := page.Find("[id='" + strings.Fields(input.AttrOr("aria-describedby", "none"))[0] + "']").Text()
		if !input.Is("[aria-invalid=true]") || !strings.HasSuffix(about, why) {
			t.Errorf("%s is described by %q", name, about)
		}
	}
	if page.Find("details[open]").Length() != 1 {
		t.Error("the settings with mistakes are folded")
	}
	if got := page.Find("[name='f.start_date']").AttrOr("value", ""); got != "yesterday" {
		t.Errorf("what was entered is not kept: %q", got)
	}
}

func TestComplaintsOfTheServiceGoToTheirField(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.api = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnprocessableEntity)
			fmt.Fprintf(w, `{"message":"no","errors":[{"field":"body.environment","message":"required property 'subdomain' not found"},{"field":"body.credentials.email","message":"is not of this account"},{"field":"body","message":"and %s is odd"}]}`, canary)
			return
		}
		b.sandbox.ServeHTTP(w, r)
	})
	v := b.connect(form.Request{DefinitionID: zendesk})
	page := b.post(v.URL, zendeskForm(b.get(v.URL), canary))
	for id, want := range map[string]string{"f.subdomain": "required property 'subdomain' not found", "f.credentials.api_token.email": "is not of this account"} {
		if got := page.Find("[id='" + id + "-error']").Text(); got != "Error: "+want {
			t.Errorf("%s: %q", id, got)
		}
	}
	if got := page.Find("#summary .said").Text(); !strings.Contains(got, "is odd") || strings.Contains(got, canary) {
		t.Errorf("on top: %q", got)
	}
}

func TestOtherWayToPutItIsTriedWhenKeysAreNotTaken(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var bodies []map[string]any
	b.api = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			b.sandbox.ServeHTTP(w, r)
			return
		}
		var body map[string]any
		_ = json.NewDecoder(r.Body).Decode(&body)
		bodies = append(bodies, body)
		w.Header().Set("Content-Type", "application/json")
		switch {
		case body["credentials"] != nil:
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"message":"Credentials do not match any auth scheme."}`)
		case strings.HasSuffix(r.URL.Path, "/check"):
			fmt.Fprint(w, `{"id":"c","status":"inconclusive"}`)
		default:
			fmt.Fprint(w, `{"id":"new","name":"Desk","source_template":{},"replication_config":{}}`)
		}
	})
	v := b.connect(form.Request{DefinitionID: zendesk})
	b.post(v.URL, zendeskForm(b.get(v.URL), canary))
	if len(bodies) != 3 {
		t.Fatalf("%d requests", len(bodies))
	}
	want := map[string]any{"subdomain": "lanternworks", "credentials": map[string]any{"credentials": "api_token", "email": "ines@lanternworks.example", "api_token": canary}}
	if diff := cmp.Diff(want, bodies[2]["replication_config"]); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	if o := b.outcome(v); o.State != connect.StateCreated || o.Why == "" {
		t.Errorf("after an inconclusive check: %+v", o)
	}
}

func TestWhatIsKnownIsFilledInAndShown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.connect(form.Request{DefinitionID: github, Name: "Code", ReplicationConfig: []byte(`{"repositories":["a/b","c/d"],"branch":"main","credentials":{"option_title":"OAuth Credentials","access_token":"` + canary + `"}}`)})
	page := b.get(v.URL)
	if got := page.Find("[name='f.repositories']").Text(); strings.TrimSpace(got) != "a/b\nc/d" {
		t.Errorf("repositories: %q", got)
	}
	if page.Find("[id='f.repositories-filled']").Length() != 1 {
		t.Error("nobody is told who filled it in")
	}
	if got := page.Find("[name='f.credentials'][checked]").AttrOr("value", ""); got != "OAuth~20Credentials" {
		t.Errorf("chosen: %q", got)
	}
	if !strings.Contains(page.Find("#given-title").Parent().Text(), "main") {
		t.Error("a setting without a field is not shown")
	}
	if strings.Contains(page.text, canary) {
		t.Error("a secret of the request is on the page")
	}
	b.post(v.URL, page.form(map[string]string{"f.credentials.OAuth~20Credentials.access_token": "mine-is-better"}))
	body := b.sent("/integrations/connectors")
	if diff := cmp.Diff(map[string]any{"repositories": []any{"a/b", "c/d"}, "branch": "main"}, body["replication_config"]); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

func TestCancelEndsTheLink(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.connect(form.Request{DefinitionID: zendesk})
	form := b.pressed(v, "cancel")
	if page := b.post(v.URL, form); page.title() != "Nothing was connected" {
		t.Errorf("got %q", page.title())
	}
	if o := b.outcome(v); o.State != connect.StateAbandoned {
		t.Errorf("outcome %+v", o)
	}
	if page := b.get(v.URL); page.status != http.StatusGone {
		t.Errorf("the link still gives %d", page.status)
	}
}

func TestLinksThatDoNotWork(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.connect(form.Request{DefinitionID: zendesk})
	approval := b.approve(ticketChange())
	form1 := zendeskForm(b.get(v.URL), canary)
	other := newBench(t).connect(form.Request{DefinitionID: zendesk})
	sealed := func(v *connect.Visit) string { return v.URL[strings.LastIndex(v.URL, "/")+1:] }
	flipped := []byte(v.URL)
	flipped[len(flipped)-20] ^= 1
	for name, address := range map[string]string{
		"nonsense": b.url + "/connect/nonsense", "of another server": b.url + "/connect/" + sealed(other), "changed": string(flipped),
		"of the other kind": b.url + "/approve/" + sealed(v), "an approval as a form": b.url + "/connect/" + sealed(approval),
	} {
		for _, page := range []*answer{b.get(address), b.post(address, form1)} {
			if page.status != http.StatusBadRequest || page.title() != "This link is not valid" || page.Find("h1").Length() != 1 {
				t.Errorf("%s: %d %q", name, page.status, page.title())
			}
		}
	}
	if page := b.get(b.url + "/connect/done/nonsense"); page.status != http.StatusGone {
		t.Errorf("a forged last page: %d", page.status)
	}
	if page := b.get(b.url + "/elsewhere"); page.status != http.StatusNotFound {
		t.Errorf("elsewhere: %d", page.status)
	}

	b.later(16 * time.Minute)
	for _, page := range []*answer{b.get(v.URL), b.post(v.URL, form1), b.get(approval.URL)} {
		if page.status != http.StatusGone || page.title() != "This link has expired" {
			t.Errorf("expired: %d %q", page.status, page.title())
		}
	}
	if o := b.outcome(v); o.State == connect.StateCreated || b.created() != 0 {
		t.Errorf("an expired link created something: %+v", o)
	}
	b.later(25 * time.Hour)
	if page := b.get(v.URL); page.status != http.StatusBadRequest {
		t.Errorf("after a day: %d", page.status)
	}
}

func TestOutcomeOfAnExpiredLink(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.connect(form.Request{DefinitionID: zendesk})
	b.post(v.URL, zendeskForm(b.get(v.URL), "invalid"))
	b.later(15 * time.Minute)
	o, err := b.pages.Outcome(t.Context(), v.ID)
	if err != nil || o.State != connect.StateExpired || !strings.Contains(o.Why, "401 Unauthorized") {
		t.Errorf("got %+v, %v", o, err)
	}
	if _, err := b.pages.Outcome(t.Context(), "nobody"); err == nil {
		t.Error("an unknown ID has an outcome")
	}
}

func TestOutcomeWaitsForThePerson(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.connect(form.Request{DefinitionID: zendesk})
	got := make(chan connect.Outcome, 1)
	go func() {
		o, _ := b.pages.Outcome(context.Background(), v.ID)
		got <- o
	}()
	b.post(v.URL, zendeskForm(b.get(v.URL), canary))
	if o := <-got; o.State != connect.StateCreated {
		t.Errorf("got %+v", o)
	}
}

func TestPostsOfOthersAreRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.connect(form.Request{DefinitionID: zendesk})
	second := b.connect(form.Request{DefinitionID: zendesk})
	form := zendeskForm(b.get(v.URL), canary)
	with := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	without := func(name string) func(*http.Request) { return func(r *http.Request) { r.Header.Del(name) } }
	for name, change := range map[string][]func(*http.Request){
		"cross-site":                    {with("Sec-Fetch-Site", "cross-site")},
		"same-site":                     {with("Sec-Fetch-Site", "same-site")},
		"of a foreign origin":           {with("Origin", "https://evil.example")},
		"of an old browser, no origin":  {without("Sec-Fetch-Site"), without("Origin")},
		"of an old browser, elsewhere":  {without("Sec-Fetch-Site"), with("Origin", "https://evil.example")},
		"of an old browser, of nowhere": {without("Sec-Fetch-Site")},
	} {
		if page := b.post(v.URL, form, change...); page.status != http.StatusForbidden || page.title() != "This did not come from our own page" {
			t.Errorf("%s: %d %q", name, page.status, page.title())
		}
	}
	for name, token := range map[string]string{"none": "", "nonsense": "x", "of another link": b.get(second.URL).form(nil).Get("token")} {
		bad := url.Values{}
		for key, values := range form {
			bad[key] = values
		}
		bad.Set("token", token)
		if page := b.post(v.URL, bad); page.status != http.StatusForbidden {
			t.Errorf("token %s: %d %q", name, page.status, page.title())
		}
	}
	if page := b.post(v.URL, form, with("Content-Type", "multipart/form-data; boundary=x")); page.status != http.StatusUnsupportedMediaType {
		t.Errorf("another type: %d", page.status)
	}
	form.Set("more", strings.Repeat("x", 64<<10))
	if page := b.post(v.URL, form); page.status != http.StatusRequestEntityTooLarge {
		t.Errorf("too long: %d", page.status)
	}
	if page := b.post(v.URL, url.Values{}, func(r *http.Request) { r.Method = http.MethodPut }); page.status != http.StatusMethodNotAllowed {
		t.Errorf("PUT: %d", page.status)
	}
	if n := b.created(); n != 0 {
		t.Errorf("%d connectors were created", n)
	}
	form.Del("more")
	if b.post(v.URL, form, without("Sec-Fetch-Site"), with("Origin", b.url)); b.created() != 1 {
		t.Error("an old browser on our own page cannot post")
	}
}

func TestForeignNameOfThisMachineIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := httptest.NewRequest(http.MethodGet, b.connect(form.Request{DefinitionID: zendesk}).URL, nil)
	r.Host = "evil.example:43117"
	w := httptest.NewRecorder()
	b.pages.Handler().ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("got %d", w.Code)
	}
}

func TestDoubleSubmitCreatesOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, sandbox.Fault{Kind: sandbox.Slow, Path: "/integrations/connectors", Delay: 50 * time.Millisecond})
	v := b.connect(form.Request{DefinitionID: zendesk})
	form := zendeskForm(b.get(v.URL), canary)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if page := b.post(v.URL, form); page.title() != "Zendesk Support is connected" {
				t.Errorf("one sees %q", page.title())
			}
		})
	}
	all.Wait()
	if n := b.created(); n != 1 {
		t.Errorf("%d connectors were created", n)
	}
}

func TestClosingTheWindowDoesNotEndACreation(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.connect(form.Request{DefinitionID: zendesk})
	form := zendeskForm(b.get(v.URL), canary)
	ctx, gone := context.WithCancel(t.Context())
	b.api = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		gone() // while the service is asked
		b.sandbox.ServeHTTP(w, r)
	})
	r := httptest.NewRequest(http.MethodPost, v.URL, strings.NewReader(form.Encode())).WithContext(ctx)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	b.pages.Handler().ServeHTTP(httptest.NewRecorder(), r)
	if o := b.outcome(v); o.State != connect.StateCreated {
		t.Errorf("got %+v", o)
	}
}

func TestFaultsOfTheService(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault  sandbox.Fault
		status int
		title  string
		state  string
	}{
		"check not answered":      {sandbox.Fault{Kind: sandbox.ServerError, Path: "/check"}, 502, "Error: Connect Zendesk Support", connect.StateWaiting},
		"check: busy":             {sandbox.Fault{Kind: sandbox.RateLimited, Path: "/check", RetryAfter: time.Hour}, 503, "Error: Connect Zendesk Support", connect.StateWaiting},
		"check: forbidden":        {sandbox.Fault{Kind: sandbox.NotEnabled, Path: "/check"}, 200, "Airbyte refused this", connect.StateRefused},
		"create: forbidden":       {sandbox.Fault{Kind: sandbox.Forbidden, Path: "POST /api/v1/integrations/connectors", Skip: 1}, 200, "Airbyte refused this", connect.StateRefused},
		"create: cut":             {sandbox.Fault{Kind: sandbox.Cut, Path: "POST /api/v1/integrations/connectors", Skip: 1}, 200, "It is not certain whether this worked", connect.StateUnclear},
		"create: gateway":         {sandbox.Fault{Kind: sandbox.GatewayTimeout, Path: "POST /api/v1/integrations/connectors", Skip: 1}, 200, "It is not certain whether this worked", connect.StateUnclear},
		"create: conflict":        {sandbox.Fault{Kind: sandbox.Conflict, Path: "POST /api/v1/integrations/connectors", Skip: 1}, 422, "Error: Connect Zendesk Support", connect.StateWaiting},
		"definition not answered": {sandbox.Fault{Kind: sandbox.ServerError, Path: "/definitions/"}, 502, "The form cannot be shown now", connect.StateWaiting},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			v := b.connect(form.Request{DefinitionID: zendesk})
			page := b.get(v.URL)
			form1 := zendeskForm(page, canary)
			b.sandbox.Inject(c.fault)
			if strings.HasPrefix(name, "definition") {
				page = b.get(b.connect(form.Request{DefinitionID: github}).URL)
			} else {
				page = b.post(v.URL, form1)
			}
			if page.status != c.status || page.title() != c.title || b.outcome(v).State != c.state {
				t.Errorf("got %d %q %+v", page.status, page.title(), b.outcome(v))
			}
			if c.state == connect.StateUnclear && page.Find("form").Length() > 0 {
				t.Error("it offers to create once more")
			}
		})
	}
}

func TestCallerOfTheLinkMayBeGone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v, err := b.pages.Connect(t.Context(), "nobody", form.Request{DefinitionID: zendesk})
	if err != nil {
		t.Fatal(err)
	}
	if page := b.get(v.URL); page.status != http.StatusBadGateway {
		t.Errorf("got %d %q", page.status, page.title())
	}
}

func TestAnotherProcessWithTheSameLedgerTakesOver(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.connect(form.Request{DefinitionID: zendesk})
	first := b.pages
	b.pages = b.newPages()
	if page := b.post(v.URL, zendeskForm(b.get(v.URL), canary)); page.title() != "Zendesk Support is connected" {
		t.Errorf("got %q", page.title())
	}
	if o, err := first.Outcome(t.Context(), v.ID); err != nil || o.State != connect.StateCreated || o.ConnectorID == "" {
		t.Errorf("who made the link hears %+v, %v", o, err)
	}
}

// Two tabs may be served by two processes.
func TestProcessesWithOneLedgerCreateOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, sandbox.Fault{Kind: sandbox.Slow, Path: "/integrations/connectors", Delay: 50 * time.Millisecond})
	v := b.connect(form.Request{DefinitionID: zendesk})
	form := zendeskForm(b.get(v.URL), canary).Encode()
	var all sync.WaitGroup
	for range 4 {
		handler := b.newPages().Handler()
		all.Go(func() {
			r := httptest.NewRequest(http.MethodPost, v.URL, strings.NewReader(form))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			w := httptest.NewRecorder()
			if handler.ServeHTTP(w, r); w.Code != http.StatusSeeOther {
				t.Errorf("one sees %d: %s", w.Code, w.Body)
			}
		})
	}
	all.Wait()
	if n := b.created(); n != 1 {
		t.Errorf("%d connectors were created", n)
	}
}

// A process that cannot know whether a link was used does not take it.
func TestAnotherProcessWithTheSameKeyAloneTakesNoLink(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.connect(form.Request{DefinitionID: zendesk})
	var err error
	if b.ledger, err = ledger.OpenLedger("", b.seal); err != nil {
		t.Fatal(err)
	}
	b.pages = b.newPages()
	if page := b.get(v.URL); page.status != http.StatusBadRequest {
		t.Errorf("got %d, %q", page.status, page.title())
	}
}

func TestPagesMayBeServedBelowAPath(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	site := httptest.NewServer(http.StripPrefix("/below/it", b.pages.Handler()))
	defer site.Close()
	b.url = site.URL + "/below/it"
	v := b.connect(form.Request{DefinitionID: zendesk})
	if page := b.post(v.URL, zendeskForm(b.get(v.URL), canary)); page.title() != "Zendesk Support is connected" || !strings.HasPrefix(page.url, b.url+"/connect/done/") {
		t.Errorf("got %q at %s", page.title(), page.url)
	}
}

// Chromium shows what was entered when one goes back to a page, unless a cookie
// has changed since: see forgetInputs.
func TestPostsMakeTheBrowserForgetInputs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.connect(form.Request{DefinitionID: zendesk})
	page := b.get(v.URL)
	if page.header.Get("Set-Cookie") != "" {
		t.Error("opening the form sets a cookie")
	}
	got := b.post(v.URL, zendeskForm(page, "invalid")).header.Get("Set-Cookie")
	if !regexp.MustCompile(`^left=[A-Z0-9]+; Max-Age=60; HttpOnly; SameSite=Strict$`).MatchString(got) {
		t.Errorf("got %q", got)
	}
}

func TestRequestNeedsAService(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if _, err := b.pages.Connect(t.Context(), "caller-1", form.Request{WorkspaceName: "default"}); err == nil {
		t.Error("a link to a form for nothing")
	}
	if _, err := b.pages.Connect(t.Context(), "caller-1", form.Request{DefinitionID: zendesk, ReplicationConfig: json.RawMessage(`{"x":"` + randomText(60_000) + `"}`)}); err == nil {
		t.Error("a link of any length")
	}
}

// randomText does not compress.
func randomText(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		sum := sha256.Sum256(fmt.Append(nil, i))
		b.WriteString(base64.RawURLEncoding.EncodeToString(sum[:]))
	}
	return b.String()
}

func TestEveryPageIsShutOff(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, address := range []string{b.connect(form.Request{DefinitionID: zendesk}).URL, b.approve(ticketDeletion()).URL, b.url + "/connect/nonsense", b.url + "/elsewhere"} {
		page := b.get(address)
		style := sha256.Sum256([]byte(page.Find("style").Text()))
		want := map[string]string{
			"Content-Security-Policy":    "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(style[:]) + "'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
			"Referrer-Policy":            "no-referrer",
			"Cache-Control":              "no-store",
			"X-Content-Type-Options":     "nosniff",
			"Cross-Origin-Opener-Policy": "same-origin",
			"Content-Type":               "text/html; charset=utf-8",
			"Permissions-Policy":         "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
		}
		for name, value := range want {
			if got := page.header.Get(name); got != value {
				t.Errorf("%s: %s is %q, want %q", page.title(), name, got, value)
			}
		}
		if page.Find("script, [style], [onclick], [onload], iframe, img, link[rel=stylesheet], base").Length() > 0 {
			t.Errorf("%s: there is a script, a foreign style or a resource", page.title())
		}
	}
}

var leaks = regexp.MustCompile(regexp.QuoteMeta(canary))

func TestSecretsAreNowhereToBeSeen(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/check") {
			b.sandbox.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"id":"c","status":"failed","error_message":"I was sent %s!","failure_reason":{"external_message":"see %s"}}`, canary, canary)
	})
	v := b.connect(form.Request{DefinitionID: zendesk})
	form := zendeskForm(b.get(v.URL), canary)
	form.Set("f.credentials.oauth2~2e0.access_token", "other-"+canary)
	b.api = echo
	b.post(v.URL, form)
	b.api = nil
	b.post(v.URL, zendeskForm(b.get(v.URL), "invalid "+canary))
	b.sandbox.Inject(sandbox.Fault{Kind: sandbox.ServerError, Path: "/check", Times: 1})
	b.post(v.URL, form)
	b.post(v.URL, form)
	b.post(v.URL, form)
	if o := b.outcome(v); o.State != connect.StateCreated || leaks.MatchString(fmt.Sprint(o)) {
		t.Errorf("outcome %+v", o)
	}
	if leaks.MatchString(b.seen.String()) {
		t.Error("the secret is in an answer")
	}
	if leaks.MatchString(b.log.String()) || strings.Contains(b.log.String(), "ines@") {
		t.Errorf("something that was entered is in the log:\n%s", b.log.String())
	}
	if !strings.Contains(b.log.String(), "state=created") {
		t.Errorf("the log does not tell the outcome:\n%s", b.log.String())
	}
}

func TestApprovalIsDecidedOnce(t *testing.T) {
	t.Parallel()
	for choice, want := range map[string]struct{ decided, state, title string }{
		"approve": {"c1 yes", connect.StateApproved, "Approved"},
		"decline": {"c1 no", connect.StateDeclined, "Declined"},
	} {
		b := newBench(t)
		v := b.approve(ticketChange())
		page := b.get(v.URL)
		form := page.form(nil)
		if nothing := b.post(v.URL, form); nothing.status != http.StatusBadRequest {
			t.Errorf("no choice: %d", nothing.status)
		}
		form.Set("do", choice)
		if done := b.post(v.URL, form); done.title() != want.title {
			t.Errorf("%s: %q", choice, done.title())
		}
		form.Set("do", "approve")
		if again := b.post(v.URL, form); again.title() != want.title {
			t.Errorf("again after %s: %q", choice, again.title())
		}
		if diff := cmp.Diff([]string{want.decided}, b.decided); diff != "" {
			t.Errorf("decided (-want +got):\n%s", diff)
		}
		if o := b.outcome(v); o.State != want.state {
			t.Errorf("outcome %+v", o)
		}
		if used := b.get(v.URL); used.status != http.StatusGone {
			t.Errorf("the link still gives %d", used.status)
		}
	}
}

func TestApprovalThatCannotBeDecided(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.broken = fmt.Errorf("the change is not waiting any more")
	v := b.approve(ticketChange())
	form := b.pressed(v, "approve")
	if page := b.post(v.URL, form); page.title() != "This could not be decided" || !strings.Contains(page.text, "not waiting any more") {
		t.Errorf("got %q", page.title())
	}
	if o := b.outcome(v); o.State != connect.StateRefused {
		t.Errorf("outcome %+v", o)
	}
}

func TestApprovalShowsWhatIsThere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := ticketDeletion()
	a.Target = "subject: <b>bold</b>\u202e drawkcab \u200b\u2800\u00ad end\r\nline two"
	a.Changes = []connect.Change{{Path: "status", Before: "open\u0000", After: "<script>alert(1)</script>"}, {Path: "note", Before: strings.Repeat("long ", 3000)}}
	page := b.get(b.approve(a).URL)
	if got, want := page.Find("pre").Text(), "subject: <b>bold</b> drawkcab  end\nline two"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if page.Find("del").First().Text() != "open" || page.Find("ins").First().Text() != "<script>alert(1)</script>" || page.Find(".mark").First().Text() != "Before" {
		t.Error("the change is not shown as it is")
	}
	if got := page.Find("del").Last().Text(); !regexp.MustCompile(`… \(\d+ more characters\)$`).MatchString(got) {
		t.Errorf("a text is cut without a word: %q", got[max(0, len(got)-60):])
	}
	if page.Find("button").First().AttrOr("value", "") != "decline" || page.Find("[autofocus]").Length() != 0 {
		t.Error("approving what destroys is the first choice")
	}
	if got := b.get(b.approve(ticketChange()).URL).Find("button").First().AttrOr("value", ""); got != "approve" {
		t.Errorf("the first button of a harmless change is %q", got)
	}
}

// bigApproval is the largest that a plan may be: a value of 64 KiB, among a
// thousand changes.
func bigApproval() connect.Approval {
	a := ticketChange()
	a.Changes = []connect.Change{{Path: "comment", Before: randomText(5000), After: randomText(64 << 10)[:64<<10]}}
	for i := range 999 {
		a.Changes = append(a.Changes, connect.Change{Path: fmt.Sprint("field", i), Before: "b", After: fmt.Sprint("value", i)})
	}
	a.Sends = "{\n  \"params\": {\n    \"comment\": \"" + randomText(64 << 10)[:64<<10] + "\"\n  }\n}"
	a.Undo = "Call update with " + randomText(15_000)
	for i := range 20 {
		a.Notes = append(a.Notes, fmt.Sprint(i, " ", randomText(590)[:590]))
	}
	return a
}

func TestApprovalShowsAllThatIsSent(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := bigApproval()
	v := b.approve(a)
	if len(v.URL) > 400 {
		t.Errorf("the link has %d bytes", len(v.URL))
	}
	page := b.get(v.URL)
	var after, notes []string
	page.Find("ins").Each(func(_ int, s *goquery.Selection) { after = append(after, s.Text()) })
	page.Find(".note:not(.data)").Each(func(_ int, s *goquery.Selection) { notes = append(notes, s.Text()) })
	var want []string
	for _, c := range a.Changes {
		want = append(want, c.After)
	}
	if diff := cmp.Diff(want, after); diff != "" {
		t.Errorf("what is set (-want +got):\n%.1000s", diff)
	}
	if diff := cmp.Diff(a.Notes, notes); diff != "" {
		t.Errorf("notes (-want +got):\n%.1000s", diff)
	}
	if got := page.Find(".note.data").Text(); got != "Undo: "+a.Undo {
		t.Errorf("the way back is cut: %.100s", got)
	}
	sent := page.Find("details:not([open]) pre")
	if sent.Text() != a.Sends || page.Find("details summary").Text() != "What is sent" {
		t.Errorf("beside the changes stands %d characters of what is sent: %.100s", len(sent.Text()), sent.Text())
	}
	if got := page.Find("del").First().Text(); !strings.HasSuffix(got, " more characters)") {
		t.Errorf("what was is cut without a word, or not at all: %.100s", got)
	}
	if page.Find("button[value=approve]").Length() != 1 {
		t.Error("it cannot be approved")
	}
	checkStructure(t, page)

	a.Changes = nil
	open := b.get(b.approve(a).URL)
	if got := open.Find("section pre").Text(); got != a.Sends || open.Find("h2").Text() != "What is sent" || open.Find("details").Length() != 0 {
		t.Errorf("where no field is known to change, what is sent is not open: %.100s", got)
	}
	checkStructure(t, open)
	a.Sends = "{\"a\": \"\u200b\u202e\U000e0041\"}"
	if got, want := b.get(b.approve(a).URL).Find("pre").Text(), `{"a": "\u200b\u202e\udb40\udc41"}`; got != want {
		t.Errorf("what has no shape is sent unseen: got %s, want %s", got, want)
	}
}

func TestWhatIsNotShownCannotBeApproved(t *testing.T) {
	t.Parallel()
	for why, change := range map[string]func(*connect.Approval){
		"1 more changes do not fit on this page.":         func(a *connect.Approval) { a.Changes = append(a.Changes, connect.Change{Path: "one more"}) },
		"A value that is sent is too long for this page.": func(a *connect.Approval) { a.Changes[5].After = strings.Repeat("x", 64<<10+1) },
		"What is sent is too long for this page.":         func(a *connect.Approval) { a.Sends = strings.Repeat("x", 600<<10) },
	} {
		b := newBench(t)
		a := bigApproval()
		change(&a)
		v := b.approve(a)
		page := b.get(v.URL)
		if page.Find("button[value=approve]").Length() != 0 || page.Find("button[value=decline]").Length() != 1 || !strings.Contains(page.Find("[role=alert]").Text(), why) {
			t.Errorf("%s: %s", why, page.Find("form, [role=alert]").Text())
		}
		form := page.form(nil)
		form.Set("do", "approve")
		if got := b.post(v.URL, form); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.text, why) || len(b.decided) != 0 {
			t.Errorf("approved all the same: %d %q, decided %q", got.status, got.title(), b.decided)
		}
		form.Set("do", "decline")
		if got := b.post(v.URL, form); got.title() != "Declined" {
			t.Errorf("it cannot be declined: %q", got.title())
		}
	}
}

// What cannot be undone need not be a deletion.
func TestOnlyADeletionSaysThatTheRecordWillBeGone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := ticketDeletion()
	if got := b.get(b.approve(a).URL); got.Find("#target-title").Text() != "The record that will be gone" || got.Find("pre.doomed").Length() != 1 {
		t.Errorf("a deletion: %q", got.Find("#target-title").Text())
	}
	a.Deletes = false
	if got := b.get(b.approve(a).URL); got.Find("#target-title").Text() != "The record as it is now" || got.Find("pre.doomed").Length() != 0 {
		t.Errorf("a change that cannot be undone: %q", got.Find("#target-title").Text())
	}
}

func TestPlanThatWaitsNoMoreIsNotDecided(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.approve(ticketChange())
	form := b.pressed(v, "approve")
	b.plans = nil
	for _, page := range []*answer{b.get(v.URL), b.post(v.URL, form)} {
		if page.status != http.StatusGone || page.title() != "This does not wait any more" {
			t.Errorf("got %d, %q", page.status, page.title())
		}
	}
	if len(b.decided) > 0 {
		t.Errorf("decided %q", b.decided)
	}
}

func TestFormOfAReplacementMovesTheName(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const oldID = "c0000006-0000-4000-8000-000000000006"
	old, err := b.client.GetConnector(t.Context(), oldID)
	if err != nil {
		t.Fatal(err)
	}
	v := b.connect(form.Request{DefinitionID: zendesk, Name: old.Name, Replaces: form.Replaced{ID: oldID, Name: old.Name}})
	page := b.get(v.URL)
	if sub := page.Find(".sub").Text(); !strings.Contains(sub, "in place of "+old.Name) {
		t.Errorf("the page says %q", sub)
	}
	form := zendeskForm(page, canary)
	form.Set("name", old.Name)
	if done := b.post(v.URL, form); !strings.Contains(done.text, old.Name+" (replaced)") {
		t.Errorf("the last page says %s", done.text)
	}
	o := b.outcome(v)
	created, err := b.client.GetConnector(t.Context(), o.ConnectorID)
	if err != nil || created.Name != old.Name || o.Name != old.Name || o.ReplacedID != oldID {
		t.Errorf("%v: %+v, named %q", err, o, created.Name)
	}
	if kept, err := b.client.GetConnector(t.Context(), oldID); err != nil || kept.Name != old.Name+" (replaced)" {
		t.Errorf("%v: the old one is named %q", err, kept.Name)
	}
}

func TestWhatIsDoneWithAFormIsWrittenDown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		faults []sandbox.Fault
		do     func(*bench, *connect.Visit, url.Values)
		want   []string
	}{
		{"created", nil, nil, []string{"sent", "answered with ID created"}},
		{"refused by the check", nil, func(_ *bench, _ *connect.Visit, form url.Values) {
			form.Set("f.credentials.api_token.api_token", "invalid")
		}, nil},
		{"not answered", []sandbox.Fault{{Kind: sandbox.Cut, Path: "POST /api/v1/integrations/connectors", Skip: 1}}, nil, []string{"sent", "answered unclear"}},
		{"canceled", nil, func(_ *bench, _ *connect.Visit, form url.Values) { form.Set("do", "cancel") }, []string{"ended abandoned"}},
		{"expired", nil, func(b *bench, v *connect.Visit, _ url.Values) {
			b.later(16 * time.Minute)
			if _, err := b.pages.Outcome(t.Context(), v.ID); err != nil {
				t.Error(err)
			}
		}, []string{"ended expired"}},
	} {
		b := newBench(t, c.faults...)
		v := b.connect(form.Request{DefinitionID: zendesk})
		form := zendeskForm(b.get(v.URL), canary)
		if c.do != nil {
			c.do(b, v, form)
		}
		b.post(v.URL, form)
		if diff := cmp.Diff(c.want, b.events); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestNothingIsCreatedThatCannotBeWrittenDown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.journal = errors.New("the disk is full")
	v := b.connect(form.Request{DefinitionID: zendesk})
	form := zendeskForm(b.get(v.URL), canary)
	if page := b.post(v.URL, form); page.status != http.StatusServiceUnavailable || !strings.Contains(page.text, "Nothing can be created now") || b.created() != 0 {
		t.Errorf("got %d, %q after %d were created", page.status, page.title(), b.created())
	}
	b.journal = nil // somebody has mended it, and the person tries again
	if page := b.post(v.URL, form); page.title() != "Zendesk Support is connected" || b.created() != 1 {
		t.Errorf("got %q after %d were created", page.title(), b.created())
	}
}
