package airbyteclient

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	testSecret = "s3cret-canary-of-the-client"
	testToken  = "token-canary-1"
)

// transport is an API in memory: no sockets, so that it works in a synctest bubble.
type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return t(r)
}

func reply(status int, body string, headers ...string) *http.Response {
	resp := &http.Response{
		StatusCode:    status,
		Header:        http.Header{"Content-Type": {"application/json"}},
		Body:          io.NopCloser(strings.NewReader(body)),
		ContentLength: int64(len(body)),
	}
	for i := 0; i < len(headers); i += 2 {
		resp.Header.Set(headers[i], headers[i+1])
	}
	return resp
}

func isMint(r *http.Request) bool { return r.URL.Path == opMintToken.Path }

// minting answers token mints and hands everything else on.
func minting(next transport) transport {
	return func(r *http.Request) (*http.Response, error) {
		if isMint(r) {
			return reply(200, `{"access_token":"`+testToken+`","token_type":"bearer","expires_in":900}`), nil
		}
		return next(r)
	}
}

func testConfig() Config {
	return Config{ClientID: "client", ClientSecret: NewSecret(testSecret)}
}

func newTestClient(t *testing.T, config Config, opts ...Option) *Client {
	t.Helper()
	c, err := New(config, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// clientOf is a client of an API in memory that also mints tokens.
func clientOf(t *testing.T, next transport) *Client {
	t.Helper()
	return newTestClient(t, testConfig(), WithTransport(minting(next)))
}

// serving starts a real server behind a client.
func serving(t *testing.T, config Config, handler http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isMint(r) {
			_, _ = io.WriteString(w, `{"access_token":"`+testToken+`","token_type":"bearer","expires_in":900}`)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		handler(w, r)
	}))
	t.Cleanup(server.Close)
	config.ClientID, config.ClientSecret, config.APIHost = "client", NewSecret(testSecret), server.URL
	return newTestClient(t, config)
}

// kindIs fails unless err is an *Error of that kind, and returns it.
func kindIs(t *testing.T, err error, want Kind) *Error {
	t.Helper()
	e, ok := err.(*Error)
	if !ok || e.Kind != want {
		t.Fatalf("got error %v of kind %q, want kind %q", err, KindOf(err), want)
	}
	return e
}

func TestRequestCarriesItsHeaders(t *testing.T) {
	var seen []http.Header
	config := testConfig()
	config.OrganizationID, config.UserAgent = "org-1", "test/1"
	c := newTestClient(t, config, WithTransport(minting(func(r *http.Request) (*http.Response, error) {
		seen = append(seen, r.Header)
		return reply(200, `{}`), nil
	})))
	if _, err := c.GetWorkspace(t.Context(), "w"); err != nil {
		t.Fatal(err)
	}
	want := http.Header{
		"Accept": {"application/json"}, "Authorization": {"Bearer " + testToken}, "Content-Type": {"application/json"},
		"User-Agent": {"test/1"}, "X-Organization-Id": {"org-1"},
	}
	if diff := cmp.Diff([]http.Header{want}, seen); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func TestMintCarriesTheOrganizationAndNoToken(t *testing.T) {
	config := testConfig()
	config.OrganizationID = "org-1"
	c := newTestClient(t, config, WithTransport(transport(func(r *http.Request) (*http.Response, error) {
		if r.Header.Get("X-Organization-Id") != "org-1" || r.Header.Get("Authorization") != "" {
			t.Errorf("headers %v", r.Header)
		}
		body, _ := io.ReadAll(r.Body)
		if want := `{"client_id":"client","client_secret":"` + testSecret + `"}`; string(body) != want {
			t.Errorf("body %s, want %s", body, want)
		}
		return reply(200, `{"access_token":"x","expires_in":900}`), nil
	})))
	if err := c.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestIDsReachNoOtherPath(t *testing.T) {
	var path atomic.Value
	c := serving(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		path.Store(r.URL.EscapedPath() + "?" + r.URL.RawQuery)
		_, _ = io.WriteString(w, `{}`)
	})
	for id, want := range map[string]string{
		"../../workspaces": "..%2F..%2Fworkspaces", "a/b": "a%2Fb", "x?y": "x%3Fy", "x#y": "x%23y", "%2f": "%252f",
		"%2e%2e": "%252e%252e", `..\x`: "..%5Cx", "a b": "a%20b", "é": "%C3%A9", "a;b": "a%3Bb",
	} {
		if _, err := c.GetConnector(t.Context(), id); err != nil {
			t.Errorf("%q: %v", id, err)
		} else if got := path.Load(); got != "/api/v1/integrations/connectors/"+want+"?" {
			t.Errorf("%q reached %s, want …/%s", id, got, want)
		}
	}
	path.Store("")
	for _, id := range []string{"", " ", ".", "..", "a\r\nHost: x", "a\x00", "check", "execute", strings.Repeat("x", 513)} {
		_, err := c.GetConnector(t.Context(), id)
		if e := kindIs(t, err, KindBadRequest); e.MaybeSent || path.Load() != "" {
			t.Errorf("%q was sent", id)
		}
	}
}

func TestRequestIDIsShownOnlyIfItIsOne(t *testing.T) {
	for sent, want := range map[string]string{
		"req-1.2:3/4": "req-1.2:3/4", testSecret: "", "x-" + testSecret: "", "Bearer abc": "", "two words": "",
		strings.Repeat("x", 101): "", "é": "", "echo": "", // the token
	} {
		c := newTestClient(t, testConfig(), WithTransport(transport(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/token") {
				return reply(200, `{"access_token":"echo","expires_in":900}`), nil
			}
			got := reply(500, `{}`)
			got.Header.Set("X-Request-Id", sent)
			return got, nil
		})))
		_, err := c.CreateConnector(t.Context(), CreateConnectorRequest{})
		if e := kindIs(t, err, KindServer); e.RequestID != want {
			t.Errorf("%q is shown as %q, want %q", sent, e.RequestID, want)
		}
	}
}

func TestBasePathIsKept(t *testing.T) {
	var got string
	config := testConfig()
	config.APIHost = "https://proxy.example/airbyte/"
	c := newTestClient(t, config, WithTransport(transport(func(r *http.Request) (*http.Response, error) {
		got = r.URL.String()
		return reply(200, `{"access_token":"x"}`), nil
	})))
	_ = c.Ready(t.Context())
	if want := "https://proxy.example/airbyte" + opMintToken.Path; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	t.Cleanup(other.Close)
	for _, target := range []string{other.URL + "/x?code=hidden", "/api/v1/workspaces/other"} {
		c := serving(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "other") {
				elsewhere.Add(1)
			}
			http.Redirect(w, r, target, http.StatusTemporaryRedirect)
		})
		_, err := c.GetWorkspace(t.Context(), "w")
		e := kindIs(t, err, KindBadAnswer)
		if !strings.Contains(e.Message, "redirects to http://127.0.0.1") || strings.Contains(e.Message, "hidden") {
			t.Errorf("message %q", e.Message)
		}
	}
	if n := elsewhere.Load(); n != 0 {
		t.Errorf("%d redirects were followed", n)
	}
}

// endless is a body that counts what was read of it.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	e.read += len(p)
	return len(p), nil
}

func (e *endless) Close() error { return nil }

func TestOversizeAnswerIsNotReadToItsEnd(t *testing.T) {
	body := &endless{}
	config := testConfig()
	config.MaxAnswerBytes = 1 << 20
	c := newTestClient(t, config, WithTransport(minting(func(*http.Request) (*http.Response, error) {
		resp := reply(200, "")
		resp.Body, resp.ContentLength = body, -1
		return resp, nil
	})))
	_, err := c.GetWorkspace(t.Context(), "w")
	if e := kindIs(t, err, KindTooLarge); !strings.Contains(e.Message, "1 MiB") {
		t.Errorf("message %q", e.Message)
	}
	if body.read > 1<<20+1 {
		t.Errorf("%d bytes were read", body.read)
	}
}

func TestAnnouncedOversizeAnswerIsNotReadAtAll(t *testing.T) {
	body := &endless{}
	c := clientOf(t, func(*http.Request) (*http.Response, error) {
		resp := reply(200, "")
		resp.Body, resp.ContentLength = body, DefaultMaxAnswerBytes+1
		return resp, nil
	})
	_, err := c.GetWorkspace(t.Context(), "w")
	kindIs(t, err, KindTooLarge)
	if body.read != 0 {
		t.Errorf("%d bytes were read", body.read)
	}
}

func TestGzipIsReadAndItsBombIsBounded(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write([]byte(`{"name":"`))
	_, _ = z.Write(bytes.Repeat([]byte("x"), 64<<10))
	_, _ = z.Write([]byte(`"}`))
	_ = z.Close()
	handler := func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "gzip" {
			t.Errorf("Accept-Encoding %q", r.Header.Get("Accept-Encoding"))
		}
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed.Bytes())
	}
	w, err := serving(t, Config{}, handler).GetWorkspace(t.Context(), "w")
	if err != nil || len(w.Name) != 64<<10 {
		t.Errorf("error %v", err)
	}
	_, err = serving(t, Config{MaxAnswerBytes: 32 << 10}, handler).GetWorkspace(t.Context(), "w")
	kindIs(t, err, KindTooLarge)
}

func TestManyParallelCallsReuseTheirConnections(t *testing.T) {
	const parallel, rounds = 64, 4
	var opened atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"access_token":"x","expires_in":900}`)
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	config := testConfig()
	config.APIHost = server.URL
	c := newTestClient(t, config)
	for range rounds {
		var wg sync.WaitGroup
		for range parallel {
			wg.Go(func() {
				if _, err := c.GetWorkspaceStats(context.Background()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	if n := opened.Load(); n > parallel+1 {
		t.Errorf("%d connections were opened for %d calls at a time", n, parallel)
	}
}

func TestAnswersMayStrayFromTheContract(t *testing.T) {
	for _, row := range []struct{ name, body string }{
		{"old shape", `{"id":"w","name":"n","status":"active","cache_enabled":null,"tombstone":false}`},
		{"new shape", `{"id":"w","name":"n","visibility":"shared","color":null,"cache_enabled":true}`},
		{"unknown fields", `{"id":"w","name":"n","later":{"a":[1]}}`},
		{"spread over lines", "{\n  \"id\": \"w\",\r\n  \"name\": \"n\"\n}\n"},
		{"nulls", `{"id":"w","name":"n","organization_id":null,"created_at":null,"updated_at":null}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := clientOf(t, func(*http.Request) (*http.Response, error) { return reply(200, row.body), nil })
			w, err := c.GetWorkspace(t.Context(), "w")
			if err != nil || w.ID != "w" || w.Name != "n" {
				t.Errorf("got %+v, %v", w, err)
			}
		})
	}
}

func TestBadAnswersAreErrors(t *testing.T) {
	for _, row := range []struct{ name, contentType, body, want string }{
		{"empty", "application/json", "", "the answer is empty"},
		{"broken", "application/json", `{"id":}`, "the answer is not valid JSON (at byte 6)"},
		{"cut short", "application/json", `{"id":"w`, "the answer ends within its JSON"},
		{"other type", "application/json", `{"name":12}`, `the answer has an unexpected shape: number in "name"`},
		{"array", "application/json", `[1]`, `the answer has an unexpected shape: array in ""`},
		{"HTML", "text/html; charset=utf-8", `<html><title>Sign&nbsp;in</title>`, `the answer is an HTML page titled "Sign in" in place of JSON`},
		{"deep", "application/json", strings.Repeat("[", 600), "the answer is nested deeper than 512 levels"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := clientOf(t, func(*http.Request) (*http.Response, error) {
				return reply(200, row.body, "Content-Type", row.contentType, "X-Request-Id", "req-1"), nil
			})
			_, err := c.GetWorkspace(t.Context(), "w")
			e := kindIs(t, err, KindBadAnswer)
			if e.Message != row.want || !e.MaybeSent || e.RequestID != "req-1" || e.Status != 200 {
				t.Errorf("got %#v, want message %q", e, row.want)
			}
		})
	}
}

func TestRawMembersComeOnOneLine(t *testing.T) {
	c := clientOf(t, func(*http.Request) (*http.Response, error) {
		return reply(200, "{\"id\":\"d\",\"definition\":{\"name\":\"x\",\"spec\":{\n\"big\": 9007199254740993,\r\n\"s\":\"\xff\"}}}"), nil
	})
	d, err := c.GetSourceDefinition(t.Context(), "d")
	if err != nil {
		t.Fatal(err)
	}
	if want := "{\"big\":9007199254740993,\"s\":\"\uFFFD\"}"; string(d.Definition.Spec) != want {
		t.Errorf("got %s, want %s", d.Definition.Spec, want)
	}
}

func TestBodyThatIsNoJSONIsNotSent(t *testing.T) {
	c := clientOf(t, func(*http.Request) (*http.Response, error) {
		t.Error("sent")
		return reply(200, "{}"), nil
	})
	_, err := c.CreateConnector(t.Context(), CreateConnectorRequest{Credentials: json.RawMessage(`{"token":` + testSecret)})
	if e := kindIs(t, err, KindBadRequest); strings.Contains(e.Error(), testSecret) {
		t.Errorf("error %v shows the credential", e)
	}
}

func TestObserverSeesEachTry(t *testing.T) {
	var seen []Attempt
	tries := 0
	c := newTestClient(t, testConfig(), WithTransport(minting(func(*http.Request) (*http.Response, error) {
		if tries++; tries == 1 {
			return reply(401, "{}", "X-Request-Id", "r1"), nil
		}
		return reply(200, "{}", "Cf-Ray", "r2"), nil
	})), WithObserver(func(_ context.Context, a Attempt) {
		a.Duration = 0
		seen = append(seen, a)
	}))
	if _, err := c.GetWorkspace(t.Context(), "secret-id"); err != nil {
		t.Fatal(err)
	}
	mint := Attempt{Method: "POST", Path: opMintToken.Path, Status: 200, Try: 1}
	get := Attempt{Method: "GET", Path: "/api/v1/workspaces/{workspace_id}", Try: 1}
	refused, fine := get, get
	refused.Status, refused.RequestID, refused.Kind = 401, "r1", KindUnauthorized
	fine.Status, fine.RequestID = 200, "r2"
	if diff := cmp.Diff([]Attempt{mint, refused, mint, fine}, seen); diff != "" {
		t.Errorf("attempts (-want +got):\n%s", diff)
	}
}
