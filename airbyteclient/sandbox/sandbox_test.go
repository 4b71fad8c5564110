package sandbox

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// client talks to a sandbox over loopback, as users of it do.
type client struct {
	t     *testing.T
	box   *Sandbox
	url   string
	token string
}

// start serves a sandbox and signs in.
func start(t *testing.T, o Options) *client {
	t.Helper()
	box := New(o)
	server := httptest.NewServer(box)
	t.Cleanup(server.Close)
	c := &client{t: t, box: box, url: server.URL + "/api/v1/"}
	c.token = c.mint()
	box.ResetRequests()
	return c
}

func (c *client) mint() string {
	c.t.Helper()
	status, out := (&client{t: c.t, url: c.url}).call("POST", "account/applications/token", object{"client_id": ClientID, "client_secret": ClientSecret})
	if status != http.StatusOK {
		c.t.Fatalf("mint: %d %v", status, out)
	}
	return text(out["access_token"])
}

// with is the same client with another token.
func (c *client) with(token string) *client {
	other := *c
	other.token = token
	return &other
}

func (c *client) request(method, path string, body any) *http.Request {
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(b)
	default:
		r = bytes.NewReader(encode(b))
	}
	req, err := http.NewRequest(method, c.url+path, r)
	if err != nil {
		c.t.Fatal(err)
	}
	if r != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	return req
}

func (c *client) raw(req *http.Request) (*http.Response, []byte) {
	c.t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return resp, body
}

// call sends and decodes, and keeps numbers as they are written.
func (c *client) call(method, path string, body any) (int, object) {
	c.t.Helper()
	resp, raw := c.raw(c.request(method, path, body))
	if len(raw) == 0 {
		return resp.StatusCode, nil
	}
	v, err := decode(raw)
	if err != nil {
		c.t.Fatalf("%s %s: %v in %.200s", method, path, err, raw)
	}
	out, _ := v.(object)
	return resp.StatusCode, out
}

// must is a call that has to succeed.
func (c *client) must(method, path string, body any) object {
	c.t.Helper()
	status, out := c.call(method, path, body)
	if status >= 300 {
		c.t.Fatalf("%s %s: %d %v", method, path, status, out)
	}
	return out
}

// message is what an error answer says, in whichever of its two shapes.
func message(out object) string { return text(out["message"]) + text(out["detail"]) }

const (
	githubID  = "c0000001-0000-4000-8000-000000000001"
	hubspotID = "c0000002-0000-4000-8000-000000000002"
	stripeID  = "c0000003-0000-4000-8000-000000000003"
	slackID   = "c0000004-0000-4000-8000-000000000004"
	linearID  = "c0000005-0000-4000-8000-000000000005"
	zendeskID = "c0000006-0000-4000-8000-000000000006"
	driveID   = "c0000007-0000-4000-8000-000000000007"
	gongID    = "c0000008-0000-4000-8000-000000000008"
)

func (c *client) try(id, entity, action string, params object) (int, object) {
	c.t.Helper()
	return c.call("POST", "integrations/connectors/"+id+"/execute", object{"entity": entity, "action": action, "params": params})
}

func (c *client) execute(id, entity, action string, params object) object {
	c.t.Helper()
	status, out := c.try(id, entity, action, params)
	if status != http.StatusOK {
		c.t.Fatalf("%s.%s: %d %v", entity, action, status, out)
	}
	return out
}

func TestTokensAreChecked(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	c := start(t, Options{TokenLifetime: time.Minute, Now: func() time.Time { return now }})

	t.Run("a good token is admitted", func(t *testing.T) { c.must("GET", "workspaces/stats", nil) })
	for name, token := range map[string]string{"no token": "", "an unknown token": "abc", "a forged token": c.token[:len(c.token)-2] + "xx"} {
		t.Run(name+" is refused", func(t *testing.T) {
			if status, _ := c.with(token).call("GET", "workspaces", nil); status != http.StatusUnauthorized {
				t.Errorf("got %d", status)
			}
		})
	}
	t.Run("wrong client credentials are refused", func(t *testing.T) {
		status, out := c.call("POST", "account/applications/token", object{"client_id": ClientID, "client_secret": "no"})
		if status != http.StatusUnauthorized || message(out) != "Invalid client credentials" {
			t.Errorf("got %d %v", status, out)
		}
	})
	t.Run("another organization is forbidden", func(t *testing.T) {
		req := c.request("GET", "workspaces", nil)
		req.Header.Set("X-Organization-Id", uuid("other"))
		if resp, _ := c.raw(req); resp.StatusCode != http.StatusForbidden {
			t.Errorf("got %d", resp.StatusCode)
		}
	})
	t.Run("an expired token is refused", func(t *testing.T) {
		now = now.Add(time.Minute)
		status, out := c.call("GET", "workspaces", nil)
		if status != http.StatusUnauthorized || message(out) != "Token has expired" {
			t.Errorf("got %d %v", status, out)
		}
	})
}

func TestScopedTokenReachesItsWorkspaceOnly(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	minted := c.must("POST", "account/applications/scoped-token", object{"workspace_name": "brand new"})
	scoped := c.with(text(minted["token"]))

	info := scoped.must("GET", "account/applications/scoped-token/info", nil)
	if info["workspace_name"] != "brand new" || info["organization_id"] != OrganizationID {
		t.Errorf("info: %v", info)
	}
	if got := scoped.must("GET", "integrations/connectors", nil)["data"].([]any); len(got) != 0 {
		t.Errorf("connectors of a new workspace: %v", got)
	}
	for path, want := range map[string]int{
		"integrations/connectors?workspace_name=default": http.StatusForbidden,
		"integrations/connectors/" + stripeID:            http.StatusForbidden,
		"workspaces":                                     http.StatusForbidden,
		"workspaces/" + text(info["workspace_id"]):       http.StatusOK,
	} {
		if status, _ := scoped.call("GET", path, nil); status != want {
			t.Errorf("GET %s: got %d, want %d", path, status, want)
		}
	}
	if status, _ := scoped.try(stripeID, "charges", "list", nil); status != http.StatusForbidden {
		t.Errorf("execute elsewhere: got %d", status)
	}
}

func TestWidgetTokenHoldsAnAddressAndIsNoBearer(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	out := c.must("POST", "account/applications/widget-token", object{"workspace_name": "default", "allowed_origin": "https://app.example"})
	raw := decodeBase64(t, text(out["token"]))
	var widget struct{ WidgetURL, Token string }
	if err := json.Unmarshal(raw, &widget); err != nil || !strings.Contains(widget.WidgetURL, "workspaceId=") || widget.Token == "" {
		t.Fatalf("%s: %v", raw, err)
	}
	if status, _ := c.with(widget.Token).call("GET", "skills", nil); status != http.StatusUnauthorized {
		t.Errorf("got %d", status)
	}
}

func TestBodiesAreValidated(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	for _, row := range []struct {
		name, method, path string
		body               any
		status             int
		says               string
	}{
		{"broken JSON", "POST", "integrations/connectors/check", `{"a":`, 400, "JSON decode error"},
		{"two values", "POST", "integrations/connectors/check", `{} {}`, 400, "JSON decode error"},
		{"an array", "POST", "integrations/connectors/check", `[]`, 422, "valid dictionary"},
		{"no body", "POST", "integrations/connectors/" + stripeID + "/execute", nil, 422, "Field required"},
		{"missing fields", "POST", "integrations/connectors/" + stripeID + "/execute", object{}, 422, "action: Field required"},
		{"a wrong type", "POST", "integrations/connectors/" + stripeID + "/execute", object{"entity": 1, "action": "list"}, 422, "valid string"},
		{"a long intent", "POST", "integrations/connectors/" + stripeID + "/execute", object{"entity": "charges", "action": "list", "intent": strings.Repeat("x", 513)}, 422, "at most 512"},
		{"an id that is none", "GET", "integrations/connectors/seven", nil, 422, "valid UUID"},
		{"an unknown workspace", "GET", "workspaces/" + uuid("none"), nil, 404, "not found"},
		{"an unknown connector", "GET", "integrations/connectors/" + uuid("none"), nil, 404, "not found"},
		{"an unknown connector's execute", "POST", "integrations/connectors/none/execute", object{"entity": "a", "action": "list"}, 404, "not found"},
		{"an unknown path", "GET", "nothing/here", nil, 404, "Not Found"},
		{"a wrong method", "DELETE", "workspaces", nil, 405, "Method Not Allowed"},
		{"a body beyond bounds", "POST", "integrations/connectors/check", `{"x":"` + strings.Repeat("x", maxBody) + `"}`, 413, "10 MiB"},
	} {
		t.Run(row.name, func(t *testing.T) {
			status, out := c.call(row.method, row.path, row.body)
			if status != row.status || !strings.Contains(message(out), row.says) {
				t.Errorf("got %d %.300v, want %d %q", status, out, row.status, row.says)
			}
		})
	}
	t.Run("another content type", func(t *testing.T) {
		req := c.request("POST", "integrations/connectors/check", `{}`)
		req.Header.Set("Content-Type", "text/plain")
		if resp, _ := c.raw(req); resp.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("got %d", resp.StatusCode)
		}
	})
}

func TestAnswersCarryARequestIDAndAreCompressedWhenAsked(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	req := c.request("GET", "integrations/definitions/sources", nil)
	req.Header.Set("Accept-Encoding", "gzip")
	resp, body := c.raw(req)
	if !strings.HasPrefix(resp.Header.Get("X-Request-Id"), "req-sandbox-") {
		t.Errorf("request id %q", resp.Header.Get("X-Request-Id"))
	}
	if resp.Header.Get("Content-Encoding") != "gzip" || !bytes.HasPrefix(body, []byte{0x1f, 0x8b}) {
		t.Errorf("not compressed: %q", resp.Header.Get("Content-Encoding"))
	}
}

func TestRequestsAreRemembered(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	c.must("GET", "workspaces/stats", nil)
	c.execute(stripeID, "balance", "get", nil)
	got := c.box.Requests()
	if len(got) != 2 || got[0].Path != "/api/v1/workspaces/stats" || got[1].Method != "POST" || got[1].Status != 200 || !bytes.Contains(got[1].Body, []byte("balance")) {
		t.Errorf("got %+v", got)
	}
	c.box.ResetRequests()
	if n := len(c.box.Requests()); n != 0 {
		t.Errorf("%d left after reset", n)
	}
}

func TestRequestLogKeepsTheLastOnes(t *testing.T) {
	t.Parallel()
	var l requestLog
	for i := range keptRequests + 10 {
		n := l.add(httptest.NewRequest("GET", "/", nil), []byte{byte(i)})
		l.finish(n, 200)
	}
	got := l.all()
	last := keptRequests + 9
	if len(got) != keptRequests || got[0].Body[0] != 10 || got[len(got)-1].Body[0] != byte(last) {
		t.Errorf("%d kept, first %v, last %v", len(got), got[0].Body, got[len(got)-1].Body)
	}
}
