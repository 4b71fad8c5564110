package connect_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/server/connect"
	"airbyte-agent-mcp/server/connect/form"
	"airbyte-agent-mcp/tools/ledger"
)

const (
	zendesk    = "79c1aa37-dae3-42ae-b333-d1c105477715"
	github     = "ef69ef6e-aa7f-4af1-a01d-ef775033524e"
	slack      = "c2281cee-86f9-4a86-bb48-d23286b4c7bd"
	jira       = "68e63de2-bb83-4c7e-93fa-a8a9051e3993"
	stripe     = "e094cb9a-26de-4645-8761-65c0c425d1de"
	salesforce = "b117307c-14b6-41aa-9422-947e34922962"
	hubspot    = "36c891d9-4bd9-43ac-bad2-10e12756272c"
	drive      = "9f8dda77-1048-4368-815b-269bf54ee9b8"
	canary     = "canary-7f3a-secret-90210"
)

// bench is pages in front of a sandbox.
type bench struct {
	t       *testing.T
	sandbox *sandbox.Sandbox
	client  *airbyteclient.Client
	pages   *connect.Pages
	url     string
	browser *http.Client // of the person
	app     string       // the web app: the sandbox
	seal    *ledger.Seal
	ledger  *ledger.Ledger

	mu      sync.Mutex // guards the fields below
	log     bytes.Buffer
	ahead   time.Duration // of the clock
	callers []string
	decided []string
	seen    bytes.Buffer // every answer, with its headers
	broken  error        // what Decide answers
	plans   map[string]connect.Approval
	events  []string
	journal error        // what Record answers
	bug     string       // the request at which the client panics
	api     http.Handler // in place of the sandbox
}

func newBench(t *testing.T, faults ...sandbox.Fault) *bench {
	t.Helper()
	b := &bench{t: t, sandbox: sandbox.New(sandbox.Options{Faults: faults})}
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		api := b.api
		b.mu.Unlock()
		if api != nil && !strings.HasSuffix(r.URL.Path, "/token") {
			api.ServeHTTP(w, r)
			return
		}
		b.sandbox.ServeHTTP(w, r)
	}))
	t.Cleanup(service.Close)
	b.app = service.URL
	var err error
	b.client, err = airbyteclient.New(airbyteclient.Config{
		APIHost: service.URL, ClientID: sandbox.ClientID, ClientSecret: airbyteclient.NewSecret(sandbox.ClientSecret), OrganizationID: sandbox.OrganizationID,
		WebAppURL: service.URL,
	}, airbyteclient.WithObserver(func(_ context.Context, a airbyteclient.Attempt) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if a.Method+" "+a.Path == b.bug {
			panic(canary)
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.client.CloseIdleConnections)
	if b.seal, err = ledger.NewSeal(); err != nil {
		t.Fatal(err)
	}
	if b.ledger, err = ledger.OpenLedger("", b.seal); err != nil {
		t.Fatal(err)
	}
	b.browser = newBrowser(t)
	b.pages = b.newPages()
	site := httptest.NewServer(b.recorded(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { b.pages.Handler().ServeHTTP(w, r) })))
	t.Cleanup(site.Close)
	b.url = site.URL
	return b
}

// newBrowser keeps the cookies of one person.
func newBrowser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar}
}

// newPages makes pages as another process with the same key and ledger would.
func (b *bench) newPages() *connect.Pages {
	p := connect.New(connect.Options{
		Seal: b.seal, Ledger: b.ledger, Base: func() string { return b.url }, Now: b.now, Poll: 10 * time.Millisecond,
		Log: slog.New(slog.NewTextHandler(writer(func(p []byte) (int, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			return b.log.Write(p)
		}), &slog.HandlerOptions{Level: slog.LevelDebug})),
		Client: func(_ context.Context, caller string) (*airbyteclient.Client, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.callers = append(b.callers, caller)
			if caller == "nobody" {
				return nil, errors.New("this caller is gone")
			}
			return b.client, nil
		},
		Record: func(e connect.Event) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			kind := map[connect.EventKind]string{connect.EventSent: "sent", connect.EventAnswered: "answered", connect.EventEnded: "ended"}[e.Kind]
			if e.ConnectorID != "" {
				kind += " with ID"
			}
			b.events = append(b.events, strings.TrimSpace(kind+" "+e.Outcome))
			return b.journal
		},
		Plan: func(code string) (connect.Approval, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			a, waits := b.plans[code]
			if !waits {
				return a, errors.New("no plan of that code waits here")
			}
			return a, nil
		},
		Decide: func(code string, yes bool) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.decided = append(b.decided, code+map[bool]string{true: " yes", false: " no"}[yes])
			return b.broken
		},
	})
	b.t.Cleanup(p.Close)
	return p
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

func (b *bench) now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Now().Add(b.ahead)
}

func (b *bench) later(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ahead += d
}

// recorded keeps what a browser would see.
func (b *bench) recorded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		next.ServeHTTP(rec, r)
		b.mu.Lock()
		_ = rec.Header().Write(&b.seen)
		b.seen.Write(rec.Body.Bytes())
		b.mu.Unlock()
		for name, values := range rec.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes())
	})
}

func (b *bench) connect(r form.Request) *connect.Visit {
	b.t.Helper()
	if r.WorkspaceName == "" {
		r.WorkspaceName = "default"
	}
	v, err := b.pages.Connect(b.t.Context(), "caller-1", r)
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

func (b *bench) approve(a connect.Approval) *connect.Visit {
	b.t.Helper()
	b.mu.Lock()
	if b.plans == nil {
		b.plans = map[string]connect.Approval{}
	}
	code := fmt.Sprintf("c%d", len(b.plans)+1)
	b.plans[code] = a
	b.mu.Unlock()
	v, err := b.pages.Approve("caller-1", code, time.Time{})
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

// pressed is what a browser posts of a link's page, as it stands, by a button.
func (b *bench) pressed(v *connect.Visit, button string) url.Values {
	b.t.Helper()
	form := b.get(v.URL).form(nil)
	form.Set("do", button)
	return form
}

// outcome is what it is now, without waiting.
func (b *bench) outcome(v *connect.Visit) connect.Outcome {
	b.t.Helper()
	ctx, cancel := context.WithCancel(b.t.Context())
	cancel()
	o, err := b.pages.Outcome(ctx, v.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	return o
}

// created counts the connectors that the sandbox was asked to create.
func (b *bench) created() int {
	n := 0
	for _, r := range b.sandbox.Requests() {
		if r.Method == http.MethodPost && strings.HasSuffix(r.Path, "/integrations/connectors") {
			n++
		}
	}
	return n
}

// answer is a page as it came.
type answer struct {
	*goquery.Document
	t      *testing.T
	status int
	header http.Header
	url    string
	text   string
}

func (a *answer) title() string { return strings.TrimSpace(a.Find("title").Text()) }

func (b *bench) get(address string) *answer {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(r)
}

// post sends a form as a browser does from our own page.
func (b *bench) post(address string, form url.Values, change ...func(*http.Request)) *answer {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "null")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for _, f := range change {
		f(r)
	}
	return b.do(r)
}

func (b *bench) do(r *http.Request) *answer {
	b.t.Helper()
	resp, err := b.browser.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(raw))
	if err != nil {
		b.t.Fatal(err)
	}
	return &answer{doc, b.t, resp.StatusCode, resp.Header, resp.Request.URL.String(), string(raw)}
}

// form is what a browser would post of the page as it stands, with changes by
// the name of the input.
func (a *answer) form(changes map[string]string) url.Values {
	a.t.Helper()
	form := url.Values{}
	a.Find("form input, form select, form textarea").Each(func(_ int, s *goquery.Selection) {
		name, value := s.AttrOr("name", ""), s.AttrOr("value", "")
		switch {
		case goquery.NodeName(s) == "textarea":
			value = strings.TrimPrefix(s.Text(), "\n")
		case goquery.NodeName(s) == "select":
			value = s.Find("option[selected]").Text()
		case s.Is("[type=radio], [type=checkbox]") && !s.Is("[checked]"):
			return
		}
		form.Add(name, value)
	})
	for name, value := range changes {
		if a.Find("[name='"+name+"']").Length() == 0 {
			a.t.Fatalf("there is no input %q on the page", name)
		}
		form.Set(name, value)
	}
	form.Set("do", "connect")
	return form
}
