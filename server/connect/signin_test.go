package connect_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/server/connect"
	"airbyte-agent-mcp/server/connect/form"
)

// signIn presses the button of that name and gives the page that leads on.
func (b *bench) signIn(v *connect.Visit, changes map[string]string) *answer {
	b.t.Helper()
	form := b.get(v.URL).form(changes)
	form.Set("do", "signin")
	return b.post(v.URL, form)
}

// webApp is where a page leads to sign in.
func (a *answer) webApp() string {
	a.t.Helper()
	link := a.Find("a.button.primary")
	if link.Length() != 1 || link.AttrOr("target", "") != "_blank" || link.AttrOr("rel", "") != "noopener noreferrer" {
		a.t.Fatalf("%d %q leads nowhere: %s", a.status, a.title(), a.Find("main").Text())
	}
	return link.AttrOr("href", "")
}

// choose presses a button in the web app.
func (b *bench) choose(address, choice string) {
	b.t.Helper()
	form := b.get(address).form(nil)
	form.Set("do", choice)
	if page := b.post(address, form); page.status != http.StatusOK {
		b.t.Fatalf("the web app answers %d %q", page.status, page.title())
	}
}

// end waits for the outcome.
func (b *bench) end(v *connect.Visit) connect.Outcome {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), time.Minute)
	defer cancel()
	o, err := b.pages.Outcome(ctx, v.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	return o
}

// sessions counts the sign-ins that were begun.
func (b *bench) sessions() int { return b.asked(http.MethodPost, "/mcp_oauth/sessions") }

func (b *bench) asked(method, path string) int {
	n := 0
	for _, r := range b.sandbox.Requests() {
		if r.Method == method && strings.HasSuffix(r.Path, path) {
			n++
		}
	}
	return n
}

// looked waits until a sign-in has been looked after once more.
func (b *bench) looked() {
	b.t.Helper()
	count := func() (n int) {
		for _, r := range b.sandbox.Requests() {
			if r.Method == http.MethodGet && strings.Contains(r.Path, "/mcp_oauth/sessions/") && r.Status != 0 {
				n++
			}
		}
		return n
	}
	for before := count(); count() < before+2; {
		select {
		case <-time.After(time.Millisecond):
		case <-b.t.Context().Done():
			b.t.Fatal("nobody looks after the sign-in")
		}
	}
}

func TestSignInEndsInOneConnector(t *testing.T) {
	t.Parallel()
	gmail := definitionOf(t, "Gmail")
	for name, c := range map[string]struct {
		request form.Request
		fill    map[string]string
		config  map[string]any // besides credentials
		want    connect.Outcome
	}{
		"the only way":         {form.Request{DefinitionID: gmail, Name: "Post", ReplicationConfig: []byte(`{"start_date":"2026-01-01T00:00:00Z","label":"x"}`)}, nil, map[string]any{"start_date": "2026-01-01T00:00:00Z", "label": "x"}, connect.Outcome{Name: "Post"}},
		"one of several":       {form.Request{DefinitionID: hubspot}, nil, nil, connect.Outcome{Name: "HubSpot"}},
		"with settings":        {form.Request{DefinitionID: zendesk, ReplicationConfig: []byte(`{"extra":1}`)}, map[string]string{"f.subdomain": "lanternworks", "name": "Desk"}, map[string]any{"subdomain": "lanternworks", "extra": 1.0}, connect.Outcome{Name: "Desk", Account: "lanternworks"}},
		"with an environment":  {form.Request{DefinitionID: zendesk, Environment: []byte(`{"subdomain":"lanternworks"}`)}, nil, map[string]any{"subdomain": "lanternworks"}, connect.Outcome{Name: "Zendesk Support", Account: "lanternworks"}},
		"a template by its ID": {form.Request{SourceTemplateID: globalTemplate(t, hubspot)}, nil, nil, connect.Outcome{Name: "HubSpot"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			v := b.connect(c.request)
			page := b.signIn(v, c.fill)
			if !strings.HasPrefix(page.url, b.url+"/connect/signin/") || !strings.HasPrefix(page.title(), "Sign in to ") {
				t.Fatalf("got %d %q at %s", page.status, page.title(), page.url)
			}
			checkStructureOfSignIn(t, page)
			b.choose(page.webApp(), "approve")
			o := b.end(v)
			id := o.ConnectorID
			c.want.State, c.want.ConnectorID = connect.StateCreated, id
			if diff := cmp.Diff(c.want, o); diff != "" || id == "" {
				t.Errorf("outcome (-want +got):\n%s", diff)
			}
			sent := b.sent("/integrations/connectors")
			config, _ := sent["replication_config"].(map[string]any)
			if config["credentials"] == nil {
				t.Errorf("created without what the sign-in gave: %v", sent)
			}
			delete(config, "credentials")
			if diff := cmp.Diff(c.config, config); diff != "" && len(config)+len(c.config) > 0 {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
			if sent["source_template_id"] == "" || sent["definition_id"] != nil || sent["workspace_name"] != "default" {
				t.Errorf("created as %v", sent)
			}
			b.pages.Close() // waits for what comes after
			if b.created() != 1 || b.asked(http.MethodPatch, "") != 1 {
				t.Errorf("%d connectors, %d sessions marked as used", b.created(), b.asked(http.MethodPatch, ""))
			}
			if again := b.get(page.url); !strings.HasSuffix(again.title(), " is connected") || again.status != http.StatusOK {
				t.Errorf("the page shows %d %q afterwards", again.status, again.title())
			}
			if used := b.get(v.URL); used.status != http.StatusGone {
				t.Errorf("the link still gives %d", used.status)
			}
		})
	}
}

// definitionOf is the ID of a service.
func definitionOf(t *testing.T, name string) string {
	t.Helper()
	all, err := newBench(t).client.ListSourceDefinitions(t.Context(), name)
	if err != nil || len(all) != 1 {
		t.Fatalf("%d definitions, %v", len(all), err)
	}
	return all[0].SourceDefinitionID
}

func globalTemplate(t *testing.T, definition string) string {
	t.Helper()
	all, err := newBench(t).client.ListSourceTemplates(t.Context(), airbyteclient.ListSourceTemplatesOptions{UseGlobal: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.ActorDefinitionID == definition {
			return s.ID
		}
	}
	t.Fatal("no template")
	return ""
}

// checkStructureOfSignIn looks at where the page leads, besides its structure.
func checkStructureOfSignIn(t *testing.T, page *answer) {
	t.Helper()
	checkStructure(t, page)
	u, err := url.Parse(page.webApp())
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if u.Path != "/widget-bridge" || q.Get("session") == "" || q.Get("widget_token") == "" || q.Get("selectedTemplateId") == "" || q.Get("showEntityPicker") != "true" {
		t.Errorf("it leads to %s?%v", u.Path, q)
	}
	if !strings.Contains(page.Find("main").Text(), "go back to your assistant") {
		t.Error("nobody is told what comes next")
	}
}

// The web app is told whose templates to show.
func TestTemplateOfTheOrganizationGoesFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	global := func(v *connect.Visit) string {
		u, _ := url.Parse(b.signIn(v, nil).webApp())
		return u.Query().Get("useGlobalTemplates")
	}
	if got := global(b.connect(form.Request{DefinitionID: hubspot})); got != "" {
		t.Errorf("a template of the organization is looked for among Airbyte's: %q", got)
	}
	if got := global(b.connect(form.Request{DefinitionID: definitionOf(t, "Gmail")})); got != "true" {
		t.Errorf("a template of Airbyte's is looked for in the organization: %q", got)
	}
}

func TestOpeningPagesBeginsNoSignIn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, definition := range []string{hubspot, definitionOf(t, "Gmail")} {
		v := b.connect(form.Request{DefinitionID: definition})
		for range 3 {
			if page := b.get(v.URL); page.status != http.StatusOK || page.Find("button[value=signin]").Length() != 1 {
				t.Errorf("got %d %q", page.status, page.title())
			}
		}
		if page := b.get(strings.Replace(v.URL, "/connect/", "/connect/signin/", 1)); page.url != v.URL {
			t.Errorf("a sign-in that was not begun is at %s: %q", page.url, page.title())
		}
	}
	for _, r := range b.sandbox.Requests() {
		if r.Method != http.MethodGet && !strings.HasSuffix(r.Path, "/applications/token") {
			t.Errorf("%s %s", r.Method, r.Path)
		}
	}
}

func TestServiceWithoutSignInOffersNone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if page := b.get(b.connect(form.Request{DefinitionID: stripe}).URL); page.Find("button[value=signin]").Length() != 0 {
		t.Error("a button leads nowhere")
	}
}

// The first button is the one that the Enter key presses.
func TestEnterKeyDoesNotSignIn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	buttons := b.get(b.connect(form.Request{DefinitionID: hubspot}).URL).Find("form button")
	if got := buttons.First().AttrOr("value", ""); got != "connect" {
		t.Errorf("it presses %q", got)
	}
	if _, found := buttons.Filter("[value=signin]").Attr("formnovalidate"); !found {
		t.Error("signing in wants the fields filled in")
	}
}

func TestSecondClickGoesOnWithTheSameSession(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.connect(form.Request{DefinitionID: zendesk})
	first := b.signIn(v, nil)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if page := b.signIn(v, map[string]string{"f.subdomain": "lanternworks"}); page.webApp() != first.webApp() {
				t.Errorf("a second click leads to %s", page.webApp())
			}
		})
	}
	all.Wait()
	if again := b.get(first.url); again.webApp() != first.webApp() {
		t.Error("reloading leads elsewhere")
	}
	if n := b.sessions(); n != 1 {
		t.Errorf("%d sessions", n)
	}
	b.choose(first.webApp(), "approve")
	if o := b.end(v); o.Account != "lanternworks" {
		t.Errorf("what was filled in last does not count: %+v", o)
	}
}

// Whoever else has the link is not led into the web app as the person.
func TestSignInGoesOnInItsOwnBrowser(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.connect(form.Request{DefinitionID: zendesk})
	form1 := b.pressed(v, "signin")
	begun := b.signIn(v, map[string]string{"f.subdomain": "lanternworks"})
	own, address := b.browser, begun.webApp()
	for name, cookie := range map[string]string{"without a cookie": "", "with a wrong one": "signin-" + v.ID + "=AAAAAAAAAAAAAAAAAAAAAAAAAA", "with an empty one": "signin-" + v.ID + "="} {
		b.browser = newBrowser(t)
		change := func(r *http.Request) {
			if cookie != "" {
				r.Header.Set("Cookie", cookie)
			}
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, begun.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		change(r)
		for _, page := range []*answer{b.do(r), b.post(v.URL, form1, change)} {
			if page.status != http.StatusForbidden || page.title() != "Go on in the browser where this was begun" || strings.Contains(page.text, "widget") {
				t.Errorf("%s: %d %q", name, page.status, page.title())
			}
		}
	}
	b.browser = own
	other := b.connect(form.Request{DefinitionID: hubspot}) // at once, in a second tab
	if b.signIn(other, nil).webApp() == address || b.get(begun.url).webApp() != address {
		t.Error("a second sign-in in the same browser disturbs the first")
	}
	b.choose(address, "approve")
	if o := b.end(v); o.State != connect.StateCreated || o.Account != "lanternworks" {
		t.Errorf("another browser has changed what is created: %+v", o)
	}
	set := regexp.MustCompile(`Set-Cookie: signin-.*`).FindAllString(b.seen.String(), -1)
	if len(set) != 2 || !regexp.MustCompile(`^Set-Cookie: signin-`+v.ID+`=[A-Z0-9]{26}; Max-Age=900; HttpOnly; SameSite=Strict\s*$`).MatchString(set[0]) {
		t.Errorf("cookies %q", set)
	}
}

func TestCookieOfASignInKeepsToHTTPS(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.connect(form.Request{DefinitionID: hubspot})
	form := b.pressed(v, "signin")
	address := b.url
	b.url = strings.Replace(b.url, "http:", "https:", 1)
	b.browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	page := b.post(v.URL, form)
	b.url = address
	found := false
	for _, c := range page.header.Values("Set-Cookie") {
		found = found || strings.HasPrefix(c, "signin-") && strings.HasSuffix(c, "; HttpOnly; Secure; SameSite=Strict")
	}
	if !found {
		t.Errorf("%d, cookies %q", page.status, page.header.Values("Set-Cookie"))
	}
}

// panicking has the client panic at a request.
func (b *bench) panicking(at string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bug = at
}

func (b *bench) logged() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.log.String()
}

// bugTold waits until the log tells of a panic.
func (b *bench) bugTold() {
	b.t.Helper()
	for !strings.Contains(b.logged(), "panic in") {
		select {
		case <-time.After(time.Millisecond):
		case <-b.t.Context().Done():
			b.t.Fatal("nothing is told of it")
		}
	}
}

// A bug met while a sign-in is looked after ends neither the process nor the
// visit, which can be begun again or expires.
func TestPanicWhileASignInIsLookedAfter(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.connect(form.Request{DefinitionID: hubspot})
	page := b.signIn(v, nil)
	b.panicking("GET /api/v1/internal/mcp_oauth/sessions/{id}")
	b.bugTold()
	b.panicking("")
	if log := b.logged(); !strings.Contains(log, "visit="+v.ID) || leaks.MatchString(log) {
		t.Errorf("the log:\n%s", log)
	}
	for b.get(page.url).url == page.url { // until it is known that nobody looks
		if b.t.Context().Err() != nil {
			t.Fatal("nobody looks after it")
		}
	}
	if again := b.signIn(v, nil); b.outcome(v).State != connect.StateWaiting || b.sessions() != 2 {
		t.Errorf("it cannot be begun again: %q", again.title())
	}
	b.later(16 * time.Minute)
	if o := b.end(v); o.State != connect.StateExpired {
		t.Errorf("in the end %+v", o)
	}
}

// Nobody knows what became of a creation in which a bug was met.
func TestPanicWhileAConnectorIsCreated(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.connect(form.Request{DefinitionID: hubspot})
	page := b.signIn(v, nil)
	b.panicking("POST /api/v1/integrations/connectors")
	b.choose(page.webApp(), "approve")
	b.bugTold()
	b.pages.Close()
	if diff := cmp.Diff([]string{"sent", "answered unclear"}, b.events); diff != "" {
		t.Errorf("written down (-want +got):\n%s", diff)
	}
	b.later(20 * time.Minute)
	if o := b.end(v); o.State != connect.StateUnclear {
		t.Errorf("in the end %+v", o)
	}
}

func TestSettingsThatAreWrongAreToldBeforeSigningIn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.connect(form.Request{DefinitionID: slack})
	page := b.signIn(v, map[string]string{"f.lookback_window": "1.5"})
	if page.status != http.StatusUnprocessableEntity || page.Find("#summary li").Length() != 1 || b.sessions() != 0 {
		t.Errorf("got %d %q, %d sessions", page.status, page.Find("#summary").Text(), b.sessions())
	}
}

func TestDeniedSignInIsRefusedInTheWordsOfTheWebApp(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.connect(form.Request{DefinitionID: hubspot})
	page := b.signIn(v, nil)
	b.choose(page.webApp(), "deny")
	if o := b.end(v); o.State != connect.StateRefused || !strings.Contains(o.Why, "did not allow access to HubSpot") || b.created() != 0 {
		t.Errorf("%+v, %d connectors", o, b.created())
	}
	if after := b.get(page.url); after.Find(".tile.bad").Length() != 1 || !strings.Contains(after.text, "did not allow access to HubSpot") {
		t.Errorf("the page shows %q", after.title())
	}
}

func TestRefusedCreationTellsWhy(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.connect(form.Request{DefinitionID: zendesk}) // without a subdomain
	b.choose(b.signIn(v, nil).webApp(), "approve")
	if o := b.end(v); o.State != connect.StateRefused || !strings.Contains(o.Why, "required property 'subdomain' not found") {
		t.Errorf("got %+v", o)
	}
}

func TestSignInEndsWithItsLink(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.connect(form.Request{DefinitionID: hubspot})
	page := b.signIn(v, nil)
	b.later(16 * time.Minute)
	b.pages.Close()
	b.choose(page.webApp(), "approve")
	if o := b.end(v); o.State != connect.StateExpired || b.created() != 0 {
		t.Errorf("%+v, %d connectors", o, b.created())
	}
	if after := b.get(page.url); after.status != http.StatusGone || after.title() != "This link has expired" {
		t.Errorf("the page shows %d %q", after.status, after.title())
	}
}

func TestCancelEndsASignIn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.connect(form.Request{DefinitionID: hubspot})
	page := b.signIn(v, nil)
	form := b.pressed(v, "cancel")
	b.post(v.URL, form)
	b.choose(page.webApp(), "approve")
	b.pages.Close()
	if o := b.outcome(v); o.State != connect.StateAbandoned || b.created() != 0 {
		t.Errorf("%+v, %d connectors", o, b.created())
	}
}

// The form and the sign-in of one link are finished at the same time.
func TestFormAndSignInCreateOnce(t *testing.T) {
	t.Parallel()
	for i := range 4 {
		b := newBench(t, sandbox.Fault{Kind: sandbox.Slow, Path: "POST /api/v1/integrations/connectors", Delay: time.Duration(i) * 10 * time.Millisecond})
		v := b.connect(form.Request{DefinitionID: zendesk, Environment: []byte(`{"subdomain":"lanternworks"}`)})
		form := zendeskForm(b.get(v.URL), canary)
		b.choose(b.signIn(v, nil).webApp(), "approve")
		var both sync.WaitGroup
		both.Go(func() {
			if page := b.post(v.URL, form); page.title() != "Zendesk Support is connected" {
				t.Errorf("the form leads to %q", page.title())
			}
		})
		both.Go(func() { b.end(v) })
		both.Wait()
		b.pages.Close()
		if o := b.outcome(v); o.State != connect.StateCreated || b.created() != 1 {
			t.Errorf("%+v, %d connectors", o, b.created())
		}
	}
}

// instead puts a handler in place of the sandbox, nil takes it away, while
// sign-ins are looked after.
func (b *bench) instead(api http.HandlerFunc) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.api = nil; api != nil {
		b.api = api
	}
}

// refusing answers requests of one kind with a status in place of the sandbox.
func (b *bench) refusing(method, path string, status int) {
	b.instead(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == method && strings.Contains(r.URL.Path, path) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			fmt.Fprint(w, `{"detail":"Not Found"}`)
			return
		}
		b.sandbox.ServeHTTP(w, r)
	})
}

func TestServiceThatRefusesSessionsLeadsToTheWebApp(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusNotFound, http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusServiceUnavailable} {
		b := newBench(t)
		b.refusing(http.MethodPost, "/mcp_oauth/", status)
		v := b.connect(form.Request{DefinitionID: hubspot})
		page := b.signIn(v, nil)
		if page.webApp() != b.app || page.status != http.StatusOK {
			t.Errorf("%d: %d, it leads to %s", status, page.status, page.webApp())
		}
		if now := strings.Contains(page.title(), "cannot be begun now"); now != (status == http.StatusServiceUnavailable) {
			t.Errorf("%d: %q", status, page.title())
		}
		b.instead(nil)
		if b.outcome(v).State != connect.StateWaiting || b.get(v.URL).status != http.StatusOK {
			t.Errorf("%d: the form cannot be used instead", status)
		}
	}
}

func TestSessionThatIsForgottenCanBeBegunAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.connect(form.Request{DefinitionID: hubspot})
	b.refusing(http.MethodGet, "/mcp_oauth/", http.StatusNotFound)
	page := b.signIn(v, nil)
	for b.get(page.url).url == page.url { // until it is given up
		if b.t.Context().Err() != nil {
			t.Fatal("it is looked after in vain")
		}
	}
	b.instead(nil)
	b.choose(b.signIn(v, nil).webApp(), "approve")
	if o := b.end(v); o.State != connect.StateCreated || b.sessions() != 2 {
		t.Errorf("%+v, %d sessions", o, b.sessions())
	}
}

func TestServiceThatIsAwayForAWhileIsAskedAgain(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"session": "GET /api/v1/internal/", "creation": "POST /api/v1/integrations/connectors"} {
		b := newBench(t)
		v := b.connect(form.Request{DefinitionID: hubspot})
		page := b.signIn(v, nil)
		b.sandbox.Inject(sandbox.Fault{Kind: sandbox.RateLimited, Path: path, RetryAfter: time.Hour, Times: 2})
		b.choose(page.webApp(), "approve")
		if o := b.end(v); o.State != connect.StateCreated {
			t.Errorf("%s: %+v", name, o)
		}
	}
}

func TestCreationWithoutAnAnswerIsUnclearAndNotRepeated(t *testing.T) {
	t.Parallel()
	b := newBench(t, sandbox.Fault{Kind: sandbox.Cut, Path: "POST /api/v1/integrations/connectors", Skip: 1})
	v := b.connect(form.Request{DefinitionID: hubspot})
	b.choose(b.signIn(v, nil).webApp(), "approve")
	o := b.end(v)
	b.pages.Close()
	if o.State != connect.StateUnclear || b.created() != 1 {
		t.Errorf("%+v, asked %d times", o, b.created())
	}
}

func TestConnectorThatTheWebAppMadeIsNotMadeAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.connect(form.Request{DefinitionID: hubspot, Replaces: form.Replaced{ID: "old", Name: "Old"}})
	b.signIn(v, nil)
	const made = "c0000002-0000-4000-8000-000000000002"
	b.instead(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/mcp_oauth/") {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"status":"completed","source_id":%q,"auth_payload":{"refresh_token":%q}}`, made, canary)
			return
		}
		b.sandbox.ServeHTTP(w, r)
	})
	if o := b.end(v); o.State != connect.StateCreated || o.ConnectorID != made || o.Name != "HubSpot production" || o.ReplacedID != "" || !strings.Contains(o.Why, "is as it was") || b.created() != 0 {
		t.Errorf("%+v, %d connectors", o, b.created())
	}
	b.pages.Close()
	if diff := cmp.Diff([]string{"ended with ID created"}, b.events); diff != "" {
		t.Errorf("written down (-want +got):\n%s", diff)
	}
}

func TestSecretsOfASignInAreNowhereToBeSeen(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.connect(form.Request{DefinitionID: hubspot})
	page := b.signIn(v, nil)
	widget, _ := url.Parse(page.webApp())
	token := widget.Query().Get("widget_token")
	b.instead(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.Contains(r.URL.Path, "/mcp_oauth/"):
			fmt.Fprintf(w, `{"status":"completed","auth_payload":{"refresh_token":%q}}`, canary)
		case strings.HasSuffix(r.URL.Path, "/check"):
			fmt.Fprintf(w, `{"id":"c","status":"failed","error_message":"I was sent %s!"}`, canary)
		default:
			b.sandbox.ServeHTTP(w, r)
		}
	})
	o := b.end(v)
	if o.State != connect.StateRefused || !strings.Contains(o.Why, "I was sent") || leaks.MatchString(fmt.Sprint(o)) {
		t.Errorf("outcome %+v", o)
	}
	after := b.get(page.url)
	b.pages.Close()
	if leaks.MatchString(b.seen.String()) || leaks.MatchString(after.text) {
		t.Error("what the sign-in gave is on a page")
	}
	if leaks.MatchString(b.log.String()) || strings.Contains(b.log.String(), token) || strings.Contains(b.log.String(), widget.Query().Get("session")) {
		t.Errorf("the log has secrets:\n%s", b.log.String())
	}
	if locations := regexp.MustCompile(`(?m)^Location: .*$`).FindAllString(b.seen.String(), -1); len(locations) == 0 || strings.Contains(strings.Join(locations, " "), token) {
		t.Errorf("the widget token is in an address of ours, or there is none: %v", locations)
	}
	if strings.Contains(after.text, token) {
		t.Error("the token is still shown when all is over")
	}
}

func TestClosingEndsTheWatching(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.connect(form.Request{DefinitionID: hubspot})
	page := b.signIn(v, nil)
	b.looked()
	b.pages.Close()
	b.pages.Close()
	b.choose(page.webApp(), "approve")
	if o := b.outcome(v); o.State != connect.StateWaiting || b.created() != 0 {
		t.Errorf("%+v, %d connectors", o, b.created())
	}
	other := b.connect(form.Request{DefinitionID: hubspot})
	if page := b.signIn(other, nil); page.title() != "The sign-in cannot be begun now" {
		t.Errorf("after closing: %q", page.title())
	}
}

// openedTab is the tab at an address, which knows nothing of the one that opened
// it (noopener).
func openedTab(t *testing.T, ctx context.Context, address string) target.ID {
	t.Helper()
	for {
		tabs, err := chromedp.Targets(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, tab := range tabs {
			if strings.HasPrefix(tab.URL, address) {
				return tab.TargetID
			}
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			t.Fatal("no tab was opened")
		}
	}
}

// signInInBrowser goes to the web app's page and back, in two tabs.
func signInInBrowser(t *testing.T, ctx context.Context, b *bench) {
	v := b.connect(form.Request{DefinitionID: hubspot})
	visit(t, ctx, v.URL)
	follow(t, ctx, `button[value="signin"]`)
	if got := see(t, ctx, text(heading)); got != "Sign in to HubSpot" {
		t.Fatalf("got %q", got)
	}
	do(t, ctx, chromedp.Reload(), chromedp.NavigateBack())
	follow(t, ctx, `button[value="signin"]`)
	if got := see(t, ctx, text(heading)); got != "Sign in to HubSpot" || b.sessions() != 1 {
		t.Errorf("after coming back: %q, %d sessions", got, b.sessions())
	}
	do(t, ctx, click("a.button.primary"))
	app, closing := chromedp.NewContext(ctx, chromedp.WithTargetID(openedTab(t, ctx, b.app)))
	defer closing()
	do(t, app, chromedp.WaitVisible(chromedp.CSS(`button[value="approve"]`)))
	if got := see(t, app, text(heading)); got != "Sign in to HubSpot (sandbox)" {
		t.Errorf("in the web app: %q", got)
	}
	follow(t, app, `button[value="approve"]`)
	if got := see(t, app, text(heading)); got != "Signed in to HubSpot" {
		t.Errorf("in the web app afterwards: %q", got)
	}
	b.end(v)
	follow(t, ctx, "form button")
	if got := see(t, ctx, text(heading)); got != "HubSpot is connected" || b.created() != 1 {
		t.Errorf("in the end %q, %d connectors", got, b.created())
	}
}
