package server

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mark3labs/mcp-go/mcp"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/server/menu"
	"airbyte-agent-mcp/tools"
	"airbyte-agent-mcp/tools/account"
)

func readRequest(uri string) string {
	encoded, _ := json.Marshal(uri) // a string can be encoded
	return request("1", "resources/read", `"uri":`+string(encoded))
}

type readResult struct {
	ResultType string
	Contents   []struct{ URI, MIMEType, Text string }
}

func completeParams(ref, argument, value, given string) string {
	return fmt.Sprintf(`"ref":%s,"argument":{"name":%q,"value":%q},"context":{"arguments":%s}`, ref, argument, value, given)
}

const (
	exploreRef = `{"type":"ref/prompt","name":"explore_connector"}`
	docsRef    = `{"type":"ref/resource","uri":"airbyte://connectors/{id}/docs/{section}"}`
)

func TestPromptsResourcesAndCompletionsAreServedOnEveryTransport(t *testing.T) {
	t.Parallel()
	b := newBench(t, settings{})
	url := b.web(t)
	for name, open := range map[string]func(t *testing.T) func(method, name, params string) message{
		"stdio": func(t *testing.T) func(string, string, string) message {
			c := b.stdio(t)
			c.greet("2025-11-25", "{}")
			return func(method, _, params string) message { return c.ask(request("1", method, params)) }
		},
		"stdio 2026-07-28": func(t *testing.T) func(string, string, string) message {
			c := b.stdio(t)
			return func(method, name, params string) message {
				body, _ := modern(1, method, name, params, "{}")
				return c.ask(body)
			}
		},
		"sse": func(t *testing.T) func(string, string, string) message {
			mine := *url
			mine.t = t
			c := mine.sse()
			c.greet("2024-11-05", "{}")
			return func(method, _, params string) message { return c.ask(request("1", method, params)) }
		},
		"http": func(t *testing.T) func(string, string, string) message {
			c := url.greet("2025-11-25", "{}")
			return func(method, _, params string) message { return c.post(request("1", method, params)).last(t) }
		},
		"http 2026-07-28": func(t *testing.T) func(string, string, string) message {
			return func(method, name, params string) message {
				body, header := modern(1, method, name, params, "{}")
				got := url.post(body, header...)
				m := got.last(t)
				if cached := strings.HasSuffix(method, "/list") || method == "resources/read"; m.Error == nil &&
					(!strings.Contains(string(m.Result), `"resultType":"complete"`) || cached != strings.Contains(string(m.Result), `"ttlMs":`)) {
					t.Errorf("%s: %.300s", method, m.raw)
				}
				return m
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			ask := open(t)
			if got := result[mcp.ListPromptsResult](t, ask("prompts/list", "", "")); len(got.Prompts) != 4 {
				t.Errorf("prompts/list: %+v", got)
			}
			m := ask("prompts/get", "connect_service", `"name":"connect_service","arguments":{"service":"GitHub"}`)
			if m.Error != nil || !strings.Contains(string(m.Result), "list_definitions with name \\\"GitHub\\\"") {
				t.Errorf("prompts/get: %s", m.raw)
			}
			listed := result[mcp.ListResourcesResult](t, ask("resources/list", "", "")).Resources
			if len(listed) != 14 || listed[0].URI != "airbyte://definitions" || !slices.ContainsFunc(listed, func(r mcp.Resource) bool {
				return r.URI == "airbyte://connectors/"+stripeConnector && r.Title == "Stripe"
			}) {
				t.Errorf("resources/list: %d, %+v", len(listed), listed)
			}
			if got := result[mcp.ListResourceTemplatesResult](t, ask("resources/templates/list", "", "")); len(got.ResourceTemplates) != len(menu.ResourceKinds) {
				t.Errorf("resources/templates/list: %+v", got)
			}
			for uri, says := range map[string]string{
				"airbyte://definitions":                                                    `"name":"HubSpot"`,
				"airbyte://definitions?name=STRI":                                          `"name":"Stripe"`,
				"airbyte://workspaces/default/connectors":                                  stripeConnector,
				"airbyte://connectors/" + stripeConnector:                                  `"connector_id":"` + stripeConnector + `"`,
				"airbyte://connectors/hubspot%20production":                                `"name":"HubSpot production"`,
				"airbyte://connectors/" + stripeConnector + "/docs/actions.customers.list": "limit",
			} {
				got := result[readResult](t, ask("resources/read", uri, `"uri":"`+uri+`"`))
				if len(got.Contents) != 1 || got.Contents[0].URI != uri || !strings.Contains(got.Contents[0].Text, says) {
					t.Errorf("%s: %.500s", uri, got)
				}
			}
			m = ask("resources/read", "airbyte://connectors/none", `"uri":"airbyte://connectors/none"`)
			want := mcp.RESOURCE_NOT_FOUND
			if strings.Contains(name, "2026") {
				want = mcp.INVALID_PARAMS
			}
			if m.Error == nil || m.Error.Code != want || string(m.Error.Data) != `{"uri":"airbyte://connectors/none"}` || !strings.Contains(m.Error.Message, "list_connectors") {
				t.Errorf("nothing there: %s", m.raw)
			}
			got := result[mcp.CompleteResult](t, ask("completion/complete", "", completeParams(exploreRef, "connector", "STR", "{}")))
			if diff := cmp.Diff(mcp.Completion{Values: []string{"Stripe", stripeConnector}, Total: 2}, got.Completion); diff != "" {
				t.Errorf("completion/complete (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCapabilitiesPromiseNoMoreThanIsServed(t *testing.T) {
	t.Parallel()
	m := newBench(t, settings{}).stdio(t).greet("2025-11-25", "{}")
	var got struct{ Capabilities map[string]json.RawMessage }
	if err := json.Unmarshal(m.Result, &got); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"prompts", "resources", "completions"} {
		if string(got.Capabilities[name]) != "{}" {
			t.Errorf("%s is %s: nothing can be subscribed to, and no list changes", name, got.Capabilities[name])
		}
	}
}

// callers is a server to which callers give their name in a header.
func callers(t *testing.T, by map[string]*airbyteclient.Client) *web {
	type callerKey struct{}
	b := newBench(t, settings{clients: func(ctx context.Context) (*airbyteclient.Client, error) {
		name, _ := ctx.Value(callerKey{}).(string)
		api, ok := by[name]
		if !ok {
			return nil, errors.New("nobody knows you")
		}
		return api, nil
	}})
	return webOf(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.Handler().ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, r.Header.Get("Caller"))))
	}), b.stop)
}

func TestCallersSeeOnlyTheirOwn(t *testing.T) {
	t.Parallel()
	by := map[string]*airbyteclient.Client{
		"ann": sandboxClient(t, sandbox.New(sandbox.Options{}), nil),
		"bob": sandboxClient(t, sandbox.New(sandbox.Options{}), nil),
	}
	if _, err := by["bob"].UpdateConnector(t.Context(), stripeConnector, airbyteclient.UpdateConnectorRequest{Name: "Only of Bob"}); err != nil {
		t.Fatal(err)
	}
	c := callers(t, by)
	for round := range 3 {
		for name, want := range map[string][]string{"ann": {"Stripe"}, "bob": {"Only of Bob"}, "eve": nil} {
			body, header := modern(1, "resources/list", "", "", "{}")
			var titles []string
			for _, r := range result[mcp.ListResourcesResult](t, c.post(body, append(header, "Caller", name)...).last(t)).Resources {
				if r.URI == "airbyte://connectors/"+stripeConnector {
					titles = append(titles, r.Title)
				}
			}
			body, header = modern(1, "completion/complete", "", completeParams(exploreRef, "connector", "", "{}"), "{}")
			completed := result[mcp.CompleteResult](t, c.post(body, append(header, "Caller", name)...).last(t)).Completion.Values
			completed = slices.DeleteFunc(completed, func(v string) bool { return v != "Stripe" && v != "Only of Bob" })
			if diff := cmp.Diff(want, titles); diff != "" {
				t.Errorf("round %d, resources/list of %s (-want +got):\n%s", round, name, diff)
			}
			if !slices.Equal(want, completed) {
				t.Errorf("round %d, completions of %s: %q, want %q", round, name, completed, want)
			}
		}
	}
}

func TestHostileURIsLeadNowhere(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	b := newBench(t, settings{upstream: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { asked.Add(1); next.ServeHTTP(w, r) })
	}})
	c := b.stdio(t)
	for _, uri := range []string{
		"", "airbyte:", "airbyte:resource", "airbyte:definitions", "airbyte:///definitions", "airbyte://", "airbyte://definitions/", "airbyte://definitions#x", "airbyte://definitions#",
		"airbyte://DEFINITIONS", "airbyte://user@definitions", "airbyte://definitions:80", "airbyte://definitions?name=a&name=b", "airbyte://definitions?x=1", "airbyte://definitions?name=%zz",
		"airbyte://connectors", "airbyte://connectors/", "airbyte://connectors//docs/x", "airbyte://connectors/..", "airbyte://connectors/.", "airbyte://connectors/%2e%2e",
		"airbyte://connectors/..%2F..%2Fetc", "airbyte://connectors/a%2Fb", "airbyte://connectors/a%5Cb", "airbyte://connectors/../definitions", "airbyte://connectors/x/docs", "airbyte://connectors/x/docs/",
		"airbyte://connectors/x/docs/a/b", "airbyte://connectors/x/docs/..", "airbyte://connectors/x/docs/a..b", "airbyte://connectors/x?name=y", "airbyte://connectors/x?", "airbyte://connectors/x/tools/y",
		"airbyte://connectors/%00", "airbyte://connectors/a%0Ab", "airbyte://connectors/%E2%80%AEx", "airbyte://connectors/%FF", "airbyte://connectors/%zz", "airbyte://connectors/%20x",
		"airbyte://workspaces", "airbyte://workspaces/default", "airbyte://workspaces/default/Connectors", "airbyte://workspaces/default/connectors/x", "airbyte://workspaces//connectors",
		"airbyte://connectors/" + strings.Repeat("x", 300), "airbyte://connectors/" + strings.Repeat("%41", 400),
		"file:///etc/passwd", "http://127.0.0.1/", "connectors/x", "airbyte\n://definitions", " airbyte://definitions",
	} {
		m := c.ask(readRequest(uri))
		if m.Error == nil || m.Error.Code != mcp.RESOURCE_NOT_FOUND || !strings.HasPrefix(m.Error.Message, "There is no resource") ||
			!strings.HasPrefix(string(m.Error.Data), `{"uri":`) || len(m.raw) > 2000 {
			t.Errorf("%.100q: %.600s", uri, m.raw)
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestResourcesNeedTheirTools(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		tools     []string
		templates []string
		lists     []string // how the URIs begin
		reads     string
		refuses   string
	}{
		{[]string{"execute_operation"}, nil, nil, "", "airbyte://definitions"},
		{[]string{"list_definitions"}, []string{"definitions"}, []string{"airbyte://definitions"}, "airbyte://definitions", "airbyte://workspaces/default/connectors"},
		{[]string{"list_connectors"}, []string{"workspace-connectors"}, []string{"airbyte://workspaces/default/"}, "airbyte://workspaces/staging/connectors", "airbyte://connectors/stripe"},
		{[]string{"describe_connector"}, []string{"connector", "connector-docs"}, nil, "airbyte://connectors/stripe", "airbyte://definitions"},
	} {
		c := newBench(t, settings{choice: tools.Choice{Tools: row.tools}}).stdio(t)
		var templates, lists []string
		for _, r := range result[mcp.ListResourceTemplatesResult](t, c.ask(request("1", "resources/templates/list", ""))).ResourceTemplates {
			templates = append(templates, r.Name)
		}
		if diff := cmp.Diff(row.templates, templates); diff != "" {
			t.Errorf("%s: templates (-want +got):\n%s", row.tools, diff)
		}
		for _, r := range result[mcp.ListResourcesResult](t, c.ask(request("1", "resources/list", ""))).Resources {
			lists = append(lists, r.URI)
		}
		if !slices.EqualFunc(row.lists, lists, func(begin, uri string) bool { return strings.HasPrefix(uri, begin) }) {
			t.Errorf("%s lists %s", row.tools, lists)
		}
		if m := c.ask(readRequest(row.refuses)); m.Error == nil || m.Error.Code != mcp.RESOURCE_NOT_FOUND {
			t.Errorf("%s reads %s: %.300s", row.tools, row.refuses, m.raw)
		}
		if row.reads != "" {
			if m := c.ask(readRequest(row.reads)); m.Error != nil {
				t.Errorf("%s does not read %s: %.300s", row.tools, row.reads, m.raw)
			}
		}
	}
}

func TestReadThatFailsSaysWhy(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name     string
		settings settings
		uri      string
		says     string
	}{
		{"the API is down", settings{sandbox: sandbox.Options{Faults: []sandbox.Fault{{Kind: sandbox.ServerError}}}}, "airbyte://workspaces/default/connectors", "HTTP 500"},
		{"nobody is known", settings{clients: noAccount}, "airbyte://definitions", "no account"},
		{"a bug", settings{clients: panics}, "airbyte://definitions", "internal error"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			m := newBench(t, row.settings).stdio(t).ask(readRequest(row.uri))
			if m.Error == nil || m.Error.Code != mcp.INTERNAL_ERROR || !strings.Contains(m.Error.Message, row.says) || strings.Contains(string(m.raw), "secret") {
				t.Errorf("got %s", m.raw)
			}
		})
	}
}

func TestReadIsLogged(t *testing.T) {
	t.Parallel()
	b := newBench(t, settings{})
	c := b.stdio(t)
	text := result[readResult](t, c.ask(readRequest("airbyte://definitions"))).Contents[0].Text
	c.ask(readRequest("airbyte://connectors/\u202e..%0a"))
	lines := b.log.lines("read")
	if len(lines) != 2 {
		t.Fatalf("logged %v", lines)
	}
	if l := lines[0]; l["resource"] != "airbyte://definitions" || l["outcome"] != "ok" || l["bytes"] != float64(len(text)) || l["request_id"] == "" || l["duration"] == nil {
		t.Errorf("logged %v", l)
	}
	if l := lines[1]; l["resource"] != "airbyte://connectors/..%0a" || l["outcome"] != "not_found" {
		t.Errorf("logged %v", l)
	}
}

// upstream is an API without a network.
type upstream func(*http.Request) (body string, err error)

func (u upstream) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := `{"access_token":"token","expires_in":900}`, error(nil)
	if !strings.HasSuffix(r.URL.Path, "/applications/token") {
		body, err = u(r)
	}
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}, nil
}

// hangs answers nothing but tokens.
func hangs(r *http.Request) (string, error) {
	<-r.Context().Done()
	return "", r.Context().Err()
}

// connected lists n connectors, half of which share a name, and no workspace.
func connected(n int) upstream {
	return func(r *http.Request) (string, error) {
		if strings.HasSuffix(r.URL.Path, "/workspaces") {
			return `{"data":[]}`, nil
		}
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf(`{"id":"c0000000-0000-4000-8000-%012d","name":"Name %03d"}`, i, i/2*2))
		}
		return `{"data":[` + strings.Join(all, ",") + `]}`, nil
	}
}

func (u upstream) client(t testing.TB) *airbyteclient.Client {
	t.Helper()
	api, err := airbyteclient.New(airbyteclient.Config{
		ClientID: "id", ClientSecret: airbyteclient.NewSecret("secret"), APIHost: "http://127.0.0.1:1",
	}, airbyteclient.WithTransport(u))
	if err != nil {
		t.Fatal(err)
	}
	return api
}

func TestListIsPagedWithoutLossOrRepeat(t *testing.T) {
	t.Parallel()
	c := newBench(t, settings{clients: account.OneClient(connected(250).client(t))}).stdio(t)
	uris, names := map[string]bool{}, map[string]bool{}
	var sizes []int
	for cursor, more := "", true; more; {
		params := ""
		if cursor != "" {
			params = `"cursor":"` + cursor + `"`
		}
		got := result[mcp.ListResourcesResult](t, c.ask(request("1", "resources/list", params)))
		for _, r := range got.Resources {
			if uris[r.URI] || names[r.Name] {
				t.Errorf("%s or its name comes twice", r.URI)
			}
			uris[r.URI], names[r.Name] = true, true
		}
		sizes = append(sizes, len(got.Resources))
		cursor, more = string(got.NextCursor), got.NextCursor != ""
	}
	if diff := cmp.Diff([]int{100, 100, 2}, sizes); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	for _, cursor := range []string{"x", "!", base64.StdEncoding.EncodeToString([]byte("definitions")), string(menu.CursorAfter("file:///x"))} {
		m := c.ask(request("1", "resources/list", `"cursor":"`+cursor+`"`))
		if m.Error == nil || m.Error.Code != mcp.INVALID_PARAMS || !strings.Contains(m.Error.Message, "cursor") {
			t.Errorf("cursor %q: %.300s", cursor, m.raw)
		}
	}
}

func TestListComesWithoutTheAPI(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		clients account.Clients
		want    []string
		takes   time.Duration
	}{
		"API hangs":       {account.OneClient(upstream(hangs).client(t)), []string{"airbyte://definitions", "airbyte://workspaces/default/connectors"}, menu.ListTime},
		"nobody is known": {noAccount, []string{"airbyte://definitions"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, settings{clients: row.clients})
				c := b.stdio(t)
				start := time.Now()
				var uris []string
				for _, r := range result[mcp.ListResourcesResult](t, c.ask(request("1", "resources/list", ""))).Resources {
					uris = append(uris, r.URI)
				}
				if diff := cmp.Diff(row.want, uris); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if took := time.Since(start); took != row.takes {
					t.Errorf("it took %v, want %v", took, row.takes)
				}
				if len(b.log.lines("resources not listed")) != 1 {
					t.Errorf("logged %s", b.log)
				}
			})
		})
	}
}

// What a client that ignores resources reads with tools is the same.
func TestResourceSaysWhatItsToolSays(t *testing.T) {
	t.Parallel()
	c := newBench(t, settings{}).stdio(t)
	for uri, call := range map[string]string{
		"airbyte://workspaces/default/connectors":          callMessage(1, "list_connectors", `{}`),
		"airbyte://connectors/" + url.PathEscape("Stripe"): callMessage(1, "describe_connector", `{"connector_id":"stripe"}`),
		"airbyte://definitions?name=a":                     callMessage(1, "list_definitions", `{"name":"a"}`),
	} {
		want := c.ask(call).toolResult(t).text()
		if got := result[readResult](t, c.ask(readRequest(uri))).Contents[0].Text; got != want {
			t.Errorf("%s says\n%s\nbut the tool\n%s", uri, got, want)
		}
	}
}
