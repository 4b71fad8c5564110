package airbyteclient

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// mints is an API whose tokens are t1, t2, … and which takes a while to mint one.
type mints struct {
	count  atomic.Int32
	takes  time.Duration
	expire int
	refuse atomic.Value // the token that is answered 401
	fail   atomic.Bool  // mints are answered 503
}

func (m *mints) RoundTrip(r *http.Request) (*http.Response, error) {
	if isMint(r) {
		select {
		case <-time.After(m.takes):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
		if m.fail.Load() {
			return reply(503, ""), nil
		}
		return reply(200, fmt.Sprintf(`{"access_token":"t%d","token_type":"bearer","expires_in":%d}`, m.count.Add(1), m.expire)), nil
	}
	if r.Header.Get("Authorization") == "Bearer "+fmt.Sprint(m.refuse.Load()) {
		return reply(401, `{"detail":"token expired"}`), nil
	}
	return reply(200, `{"name":"`+r.Header.Get("Authorization")+`"}`), nil
}

func (m *mints) wantCount(t *testing.T, want int32) {
	t.Helper()
	if n := m.count.Load(); n != want {
		t.Errorf("%d tokens were minted, want %d", n, want)
	}
}

func get(t *testing.T, c *Client) {
	t.Helper()
	if _, err := c.GetWorkspace(t.Context(), "w"); err != nil {
		t.Error(err)
	}
}

// pass lets time go by in a synctest bubble.
func pass(d time.Duration) { <-time.After(d) }

func TestHundredCallersMintOneToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &mints{takes: time.Second, expire: 900}
		c := newTestClient(t, testConfig(), WithTransport(api))
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() { get(t, c) })
		}
		wg.Wait()
		api.wantCount(t, 1)
	})
}

func TestTokenIsRenewedAMinuteBeforeItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &mints{expire: 900}
		c := newTestClient(t, testConfig(), WithTransport(api))
		get(t, c)
		pass(839 * time.Second)
		get(t, c)
		api.wantCount(t, 1)
		pass(time.Second)
		get(t, c)
		api.wantCount(t, 2)
	})
}

func TestShortLivedTokenServesHalfItsLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &mints{expire: 60}
		c := newTestClient(t, testConfig(), WithTransport(api))
		get(t, c)
		pass(29 * time.Second)
		get(t, c)
		api.wantCount(t, 1)
		pass(time.Second)
		get(t, c)
		api.wantCount(t, 2)
	})
}

func TestOldTokenServesWhileANewOneCannotBeMinted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &mints{expire: 900}
		c := newTestClient(t, testConfig(), WithTransport(api))
		get(t, c)
		api.fail.Store(true)
		pass(850 * time.Second)
		get(t, c)
		pass(50 * time.Second)
		_, err := c.GetWorkspace(t.Context(), "w")
		kindIs(t, err, KindUnavailable)
	})
}

func TestHundredRefusedCallsMintOneNewToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &mints{takes: time.Second, expire: 900}
		c := newTestClient(t, testConfig(), WithTransport(api))
		get(t, c)
		api.refuse.Store("t1")
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() { get(t, c) })
		}
		wg.Wait()
		api.wantCount(t, 2)
	})
}

func TestCanceledFirstCallerDoesNotSpoilTheMint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &mints{takes: time.Second, expire: 900}
		c := newTestClient(t, testConfig(), WithTransport(api))
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := c.GetWorkspace(ctx, "w")
			if e := kindIs(t, err, KindCanceled); e.MaybeSent {
				t.Error("the call was never sent")
			}
		})
		synctest.Wait()
		wg.Go(func() { get(t, c) })
		synctest.Wait()
		cancel()
		wg.Wait()
		api.wantCount(t, 1)
	})
}

func TestMintHasATimeoutOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTestClient(t, testConfig(), WithTransport(&mints{takes: time.Hour}))
		start := time.Now()
		_, err := c.GetWorkspace(t.Context(), "w")
		kindIs(t, err, KindTimeout)
		if took := time.Since(start); took != DefaultTimeout {
			t.Errorf("it took %s", took)
		}
		synctest.Wait()
	})
}

func TestRefusedTokenIsReplacedOnce(t *testing.T) {
	for _, method := range []string{"GET", "POST"} {
		var mint, calls int
		c := newTestClient(t, testConfig(), WithTransport(transport(func(r *http.Request) (*http.Response, error) {
			if isMint(r) {
				mint++
				return reply(200, `{"access_token":"x","expires_in":900}`), nil
			}
			calls++
			return reply(401, `{"detail":"Invalid token"}`), nil
		})))
		var err error
		if method == "GET" {
			_, err = c.GetWorkspace(t.Context(), "w")
		} else {
			_, err = c.Execute(t.Context(), "c", ExecuteRequest{Entity: "e", Action: "create"})
		}
		e := kindIs(t, err, KindUnauthorized)
		if e.Message != "Invalid token" || e.MaybeSent || mint != 2 || calls != 2 {
			t.Errorf("%s: %d mints, %d calls, error %#v", method, mint, calls, e)
		}
	}
}

func TestRefusedCredentialsAreNamed(t *testing.T) {
	calls := 0
	c := newTestClient(t, testConfig(), WithTransport(transport(func(*http.Request) (*http.Response, error) {
		calls++
		return reply(401, `{"detail":"invalid client credentials"}`), nil
	})))
	err := c.Ready(t.Context())
	e := kindIs(t, err, KindUnauthorized)
	if e.Message != "the client credentials were refused: invalid client credentials" || calls != 1 {
		t.Errorf("message %q after %d calls", e.Message, calls)
	}
}

func TestMissingCredentialsAreNamed(t *testing.T) {
	c := newTestClient(t, Config{}, WithTransport(transport(func(*http.Request) (*http.Response, error) {
		t.Error("sent")
		return reply(200, "{}"), nil
	})))
	_, err := c.ListSourceDefinitions(t.Context(), "")
	if e := kindIs(t, err, KindMissingCredentials); !strings.Contains(e.Message, "AIRBYTE_CLIENT_ID") {
		t.Errorf("message %q", e.Message)
	}
}

func TestScopedTokenInfoIsAskedWithThatToken(t *testing.T) {
	calls := 0
	c := newTestClient(t, Config{}, WithTransport(transport(func(r *http.Request) (*http.Response, error) {
		calls++
		if got := r.Header.Get("Authorization"); got != "Bearer scoped-canary" {
			t.Errorf("Authorization %q", got)
		}
		return reply(401, `{"detail":"bad token scoped-canary"}`), nil
	})))
	_, err := c.GetScopedTokenInfo(t.Context(), "scoped-canary")
	if e := kindIs(t, err, KindUnauthorized); e.Message != "bad token [redacted]" || calls != 1 {
		t.Errorf("message %q after %d calls", e.Message, calls)
	}
}

func TestMountedSecretIsReadAgainForEachMint(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	write := func(secret string) {
		if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("first-secret")
	c := newTestClient(t, Config{ClientID: "c", ClientSecretFile: path}, WithTransport(transport(func(*http.Request) (*http.Response, error) {
		return reply(401, `{"message":"refused first-secret second-secret"}`), nil
	})))
	if e := kindIs(t, c.Ready(t.Context()), KindUnauthorized); !strings.Contains(e.Message, "refused [redacted] second") {
		t.Errorf("message %q", e.Message)
	}
	write("second-secret")
	if e := kindIs(t, c.Ready(t.Context()), KindUnauthorized); !strings.Contains(e.Message, "first-secret [redacted]") {
		t.Errorf("message %q", e.Message)
	}
}
