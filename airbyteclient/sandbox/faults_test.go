package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// create is a write that the faults are tried on.
func (c *client) create() *http.Request {
	return c.request("POST", "integrations/connectors/"+stripeID+"/execute", object{"entity": "customers", "action": "create", "params": object{"name": "Twice"}})
}

func (c *client) made() int { return len(c.box.store.rows("stripe", "customers")) - 40 }

func TestFaultsAnswer(t *testing.T) {
	t.Parallel()
	for kind, want := range map[FaultKind]struct {
		status int
		kind   string
		body   string
		made   int
	}{
		Unauthorized:       {401, "application/json", `{"detail":"Token has expired"}`, 0},
		NotEnabled:         {403, "application/json", "Actor is not enabled for Agents access.", 0},
		Forbidden:          {403, "application/json", "do not have access", 0},
		Conflict:           {409, "application/json", "changed", 0},
		RateLimited:        {429, "application/json", "Rate limit", 0},
		ServerError:        {500, "application/json", "Internal server error", 0},
		BadGateway:         {502, "application/json", "Bad Gateway", 0},
		Unavailable:        {503, "application/json", "Unavailable", 0},
		GatewayTimeout:     {504, "application/json", "Timeout", 0},
		BrokenJSON:         {200, "application/json", `{"status":"success"`, 1},
		HTML:               {200, "text/html", "<html>", 0},
		HTMLError:          {502, "text/html", "502", 0},
		Empty:              {200, "application/json", "", 0},
		Deep:               {200, "application/json", "[[[[", 0},
		ExpiredCredentials: {401, "application/json", "Authentication with the connected service failed", 0},
		MultiOrganization:  {400, "application/json", "specify target organization", 0},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			c := start(t, Options{})
			c.box.Inject(Fault{Kind: kind, Times: 1})
			resp, body := c.raw(c.create())
			if resp.StatusCode != want.status || !strings.HasPrefix(resp.Header.Get("Content-Type"), want.kind) || !strings.Contains(string(body), want.body) {
				t.Errorf("got %d %s %.200s", resp.StatusCode, resp.Header.Get("Content-Type"), body)
			}
			if kind == BrokenJSON && json.Valid(body) {
				t.Errorf("not broken: %s", body)
			}
			if kind == RateLimited && resp.Header.Get("Retry-After") != "1" {
				t.Errorf("Retry-After %q", resp.Header.Get("Retry-After"))
			}
			if c.made() != want.made {
				t.Errorf("%d made, want %d", c.made(), want.made)
			}
			if resp, _ := c.raw(c.create()); resp.StatusCode != 200 {
				t.Errorf("the fault outlives its times: %d", resp.StatusCode)
			}
		})
	}
}

func TestFaultsCutConnections(t *testing.T) {
	t.Parallel()
	for kind, made := range map[FaultKind]int{Cut: 1, CutBefore: 0, CutMidway: 1} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			c := start(t, Options{Faults: []Fault{{Kind: kind, Path: "POST /api/v1/integrations", Times: 1}}})
			resp, err := http.DefaultClient.Do(c.create())
			if kind == CutMidway {
				if err != nil {
					t.Fatalf("no headers: %v", err)
				}
				defer resp.Body.Close()
				var body []byte
				body, err = io.ReadAll(resp.Body)
				if len(body) == 0 {
					t.Error("nothing arrived before the cut")
				}
			}
			if err == nil {
				t.Error("not cut")
			}
			if c.made() != made {
				t.Errorf("%d made, want %d", c.made(), made)
			}
			if log := c.box.Requests(); log[len(log)-1].Status != 0 {
				t.Errorf("a cut request has status %d", log[len(log)-1].Status)
			}
		})
	}
}

func TestHugeAnswersAreBeyondAnyBound(t *testing.T) {
	t.Parallel()
	c := start(t, Options{Faults: []Fault{{Kind: Huge, Path: "/execute"}}})
	resp, err := http.DefaultClient.Do(c.create())
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	begin := make([]byte, 64)
	if _, err := io.ReadFull(resp.Body, begin); err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, resp.Body)
	if n < 40<<20 || err != nil || !bytes.HasPrefix(begin, []byte(`{"status":"success","result":[{`)) {
		t.Errorf("%d bytes, %v, %s", n, err, begin)
	}
}

func TestSlowAnswersEndWithTheCaller(t *testing.T) {
	t.Parallel()
	c := start(t, Options{Faults: []Fault{{Kind: Slow, Delay: time.Hour}}})
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	resp, err := http.DefaultClient.Do(c.create().WithContext(ctx))
	if err == nil {
		resp.Body.Close()
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestFaultsChooseTheirRequests(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	c.box.Inject(Fault{Kind: Unavailable})
	c.mint() // the token mint is spared unless it is named
	c.box.ClearFaults()
	c.box.Inject(Fault{Kind: Unavailable, Path: "/skills", Skip: 1, Times: 1})
	var got []int
	for range 3 {
		status, _ := c.call("GET", "skills", nil)
		got = append(got, status)
	}
	c.must("GET", "workspaces", nil)
	if got[0] != 200 || got[1] != 503 || got[2] != 200 {
		t.Errorf("got %v", got)
	}
}

func TestMultiOrganizationSparesThoseWhoSayWhich(t *testing.T) {
	t.Parallel()
	c := start(t, Options{Faults: []Fault{{Kind: MultiOrganization}}})
	req := c.request("GET", "workspaces", nil)
	req.Header.Set("X-Organization-Id", OrganizationID)
	if resp, _ := c.raw(req); resp.StatusCode != 200 {
		t.Errorf("got %d", resp.StatusCode)
	}
}

func TestParseFault(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]Fault{
		"429:/execute:times=2:retry-after=1s": {Kind: RateLimited, Path: "/execute", Times: 2, RetryAfter: time.Second},
		"slow:delay=300ms":                    {Kind: Slow, Delay: 300 * time.Millisecond},
		"cut:POST /api":                       {Kind: Cut, Path: "POST /api"},
		"rate-limited:retry-after=none":       {Kind: RateLimited, RetryAfter: -1},
		"expired-credentials:status=400":      {Kind: ExpiredCredentials, Status: 400},
		"500:skip=3":                          {Kind: ServerError, Skip: 3},
	} {
		if got, err := ParseFault(in); err != nil || got != want {
			t.Errorf("%s: got %+v, %v", in, got, err)
		}
	}
	for in, says := range map[string]string{
		"418":               "one of unauthorized, not-enabled",
		"":                  "unknown fault",
		"429:times=many":    "option times",
		"429:colour=red":    "one of times, skip, delay, retry-after, status",
		"slow:delay=-1s":    "must not be negative",
		"slow:delay=quick:": "option delay",
	} {
		if _, err := ParseFault(in); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: got %v, want %q", in, err, says)
		}
	}
	for _, kind := range FaultKinds() {
		if f, err := ParseFault(kind); err != nil || string(f.Kind) != kind {
			t.Errorf("%s: %+v %v", kind, f, err)
		}
	}
}
