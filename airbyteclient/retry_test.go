package airbyteclient

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

var errCut = errors.New("connection reset by peer")

// script answers call by call; the last answer stays.
func script(count *int, answers ...func() (*http.Response, error)) transport {
	return func(*http.Request) (*http.Response, error) {
		i := min(*count, len(answers)-1)
		*count++
		return answers[i]()
	}
}

func says(status int, body string, headers ...string) func() (*http.Response, error) {
	return func() (*http.Response, error) { return reply(status, body, headers...), nil }
}

func fails(err error) func() (*http.Response, error) {
	return func() (*http.Response, error) { return nil, err }
}

func cutsBody() (*http.Response, error) {
	resp := reply(200, `{"id":`)
	resp.Body = io.NopCloser(io.MultiReader(resp.Body, errReader{io.ErrUnexpectedEOF}))
	return resp, nil
}

type errReader struct{ err error }

func (e errReader) Read([]byte) (int, error) { return 0, e.err }

func TestOnlyWhatCannotHaveHappenedIsRepeated(t *testing.T) {
	get := func(c *Client) error { _, err := c.GetWorkspace(context.Background(), "w"); return err }
	put := func(c *Client) error {
		_, err := c.UpdateWorkspace(context.Background(), "w", UpdateWorkspaceRequest{})
		return err
	}
	del := func(c *Client) error { _, err := c.DeleteWorkspace(context.Background(), "w"); return err }
	patch := func(c *Client) error {
		_, err := c.UpdateSourceTemplate(context.Background(), "t", UpdateSourceTemplateRequest{})
		return err
	}
	post := func(c *Client) error {
		_, err := c.CreateConnector(context.Background(), CreateConnectorRequest{})
		return err
	}
	execute := func(action string, idempotent bool) func(c *Client) error {
		return func(c *Client) error {
			_, err := c.Execute(context.Background(), "c", ExecuteRequest{Action: action, Idempotent: idempotent})
			return err
		}
	}
	refused := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	unknown := &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", IsNotFound: true}}
	for _, row := range []struct {
		name      string
		call      func(*Client) error
		answer    func() (*http.Response, error)
		sent      int
		kind      Kind
		maybeSent bool
	}{
		{"GET 503", get, says(503, ""), 3, KindUnavailable, true},
		{"GET 502", get, says(502, ""), 3, KindUnavailable, true},
		{"GET 504", get, says(504, ""), 3, KindUnavailable, true},
		{"GET 500", get, says(500, ""), 1, KindServer, true},
		{"GET 501", get, says(501, ""), 1, KindServer, true},
		{"GET 429", get, says(429, ""), 3, KindRateLimited, false},
		{"GET 400", get, says(400, ""), 1, KindInvalid, false},
		{"GET cut", get, fails(errCut), 3, KindNetwork, true},
		{"GET body cut", get, cutsBody, 3, KindNetwork, true},
		{"PUT 503", put, says(503, ""), 3, KindUnavailable, true},
		{"PUT cut", put, fails(errCut), 3, KindNetwork, true},
		{"DELETE 503", del, says(503, ""), 3, KindUnavailable, true},
		{"PATCH 503", patch, says(503, ""), 1, KindUnavailable, true},
		{"PATCH cut", patch, fails(errCut), 1, KindNetwork, true},
		{"PATCH 429", patch, says(429, ""), 3, KindRateLimited, false},
		{"POST 503", post, says(503, ""), 1, KindUnavailable, true},
		{"POST cut", post, fails(errCut), 1, KindNetwork, true},
		{"POST body cut", post, cutsBody, 1, KindNetwork, true},
		{"POST 429", post, says(429, ""), 3, KindRateLimited, false},
		{"POST not connected", post, fails(refused), 3, KindNetwork, false},
		{"GET unknown host", get, fails(unknown), 1, KindNetwork, false},
		{"execute create 503", execute("create", true), says(503, ""), 1, KindUnavailable, true},
		{"execute create 429", execute("create", false), says(429, ""), 3, KindRateLimited, false},
		{"execute list 503", execute("list", true), says(503, ""), 3, KindUnavailable, true},
		{"execute list cut", execute("list", true), fails(errCut), 3, KindNetwork, true},
		{"execute list 503, not asked for", execute("list", false), says(503, ""), 1, KindUnavailable, true},
		{"execute unknown 503", execute("authorize", true), says(503, ""), 1, KindUnavailable, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var sent int
				err := row.call(clientOf(t, script(&sent, row.answer)))
				e := kindIs(t, err, row.kind)
				if sent != row.sent || e.MaybeSent != row.maybeSent {
					t.Errorf("sent %d times, want %d; maybe sent %v, want %v", sent, row.sent, e.MaybeSent, row.maybeSent)
				}
			})
		})
	}
}

func TestRepeatSucceeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent int
		c := clientOf(t, script(&sent, says(503, ""), fails(errCut), says(200, `{"id":"w"}`)))
		start := time.Now()
		if w, err := c.GetWorkspace(t.Context(), "w"); err != nil || w.ID != "w" {
			t.Errorf("got %v, %v", w, err)
		}
		// 0.5 s and 1 s, each up to half more or less.
		if took := time.Since(start); took < 750*time.Millisecond || took > 2250*time.Millisecond {
			t.Errorf("it waited %s", took)
		}
	})
}

func TestDeleteThatMayHaveHappenedSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent int
		c := clientOf(t, script(&sent, says(502, ""), says(404, "")))
		_, err := c.DeleteWorkspace(t.Context(), "w")
		if e := kindIs(t, err, KindNotFound); !e.MaybeSent {
			t.Error("the first try may have deleted it")
		}
	})
}

func TestRetryAfterIsHonoured(t *testing.T) {
	for name, header := range map[string]func() string{
		"seconds": func() string { return "7" },
		"date":    func() string { return time.Now().Add(7 * time.Second).UTC().Format(http.TimeFormat) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var sent int
				c := clientOf(t, script(&sent, says(429, "", "Retry-After", header()), says(200, "{}")))
				start := time.Now()
				if _, err := c.CreateConnector(t.Context(), CreateConnectorRequest{}); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(start); took < 7*time.Second || took > 7700*time.Millisecond {
					t.Errorf("it waited %s", took)
				}
			})
		})
	}
}

func TestRetryAfterBeyondTheDeadlineIsReportedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent int
		c := clientOf(t, script(&sent, says(429, `{"message":"slow down"}`, "Retry-After", "20")))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		start := time.Now()
		_, err := c.GetWorkspace(ctx, "w")
		e := kindIs(t, err, KindRateLimited)
		if e.RetryAfter != 20*time.Second || e.Message != "slow down" || sent != 1 || time.Since(start) != 0 {
			t.Errorf("got %#v after %s and %d tries", e, time.Since(start), sent)
		}
	})
}

func TestTimeoutOfTheClientEndsACall(t *testing.T) {
	hangs := transport(func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	})
	for _, row := range []struct {
		name string
		call func(*Client) error
		want time.Duration
	}{
		{"get", func(c *Client) error { _, err := c.GetWorkspace(context.Background(), "w"); return err }, 30 * time.Second},
		{"execute", func(c *Client) error {
			_, err := c.Execute(context.Background(), "c", ExecuteRequest{Action: "list", Idempotent: true})
			return err
		}, 300 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				err := row.call(clientOf(t, hangs))
				e := kindIs(t, err, KindTimeout)
				if took := time.Since(start); took != row.want || !e.MaybeSent || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("after %s: %#v", took, e)
				}
			})
		})
	}
}

func TestCanceledCallEndsItsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent int
		c := clientOf(t, script(&sent, says(429, "", "Retry-After", "20")))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		_, err := c.GetWorkspace(ctx, "w")
		kindIs(t, err, KindCanceled)
		if took := time.Since(start); took != time.Second {
			t.Errorf("it waited %s", took)
		}
	})
}

func TestRetryAfterReadsWhatItCan(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, " 7 ": 7 * time.Second, "0.5": 500 * time.Millisecond, "-3": 0, "0": 0, "soon": 0, "NaN": 0,
		"Inf": maxRetryAfter, "1e300": maxRetryAfter, "99999999999": maxRetryAfter,
		"Mon, 23 Nov 2026 12:00:09 GMT": 9 * time.Second, "Mon, 23 Nov 2026 11:00:00 GMT": 0, "Mon, 23 Nov 2099 12:00:00 GMT": maxRetryAfter,
	} {
		if got := retryAfter(http.Header{"Retry-After": {value}}, now); got != want {
			t.Errorf("Retry-After %q is %s, want %s", value, got, want)
		}
	}
}

// net/http repeats some requests by itself; a POST must not be among them,
// also where it met a connection that was kept from an earlier call.
func TestPostCutOnARealConnectionIsSentOnce(t *testing.T) {
	var posts atomic.Int32
	c := serving(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			_, _ = io.WriteString(w, "{}")
			return
		}
		posts.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_ = conn.Close()
	})
	if _, err := c.GetWorkspace(t.Context(), "w"); err != nil {
		t.Fatal(err)
	}
	_, err := c.Execute(t.Context(), "c", ExecuteRequest{Entity: "e", Action: "create", Idempotent: true})
	if e := kindIs(t, err, KindNetwork); !e.MaybeSent || posts.Load() != 1 {
		t.Errorf("sent %d times; error %#v", posts.Load(), e)
	}
}

func TestRequestThatNeverLeftIsNotSentMaybe(t *testing.T) {
	server := httptest.NewServer(nil)
	config := testConfig()
	config.APIHost = server.URL
	server.Close()
	c := newTestClient(t, config)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	c.token.keep(&mintedToken{AccessToken: testToken}, time.Now())
	_, err := c.CreateConnector(ctx, CreateConnectorRequest{})
	if e := kindIs(t, err, KindNetwork); e.MaybeSent {
		t.Errorf("error %#v", e)
	}
}
