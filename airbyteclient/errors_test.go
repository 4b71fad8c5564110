package airbyteclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestErrorBodies(t *testing.T) {
	const html = "text/html; charset=utf-8"
	for _, row := range []struct {
		name, contentType, body string
		status                  int
		want                    Error
	}{
		{"message", "", `{"message":"Workspace not found","errors":[]}`, 404, Error{Kind: KindNotFound, Message: "Workspace not found"}},
		{"message and the same complaint", "", `{"message":"Value error, x","errors":[{"field":"body","message":"Value error, x","error_code":"value_error"}]}`, 422,
			Error{Kind: KindInvalid, Message: "Value error, x", Fields: []FieldError{{"body", "Value error, x", "value_error"}}}},
		{"message and complaints", "", `{"message":"Invalid","errors":[{"field":"name","message":"too long"},{"message":"no type","details":{"a":1}}]}`, 422,
			Error{Kind: KindInvalid, Message: "Invalid; name: too long; no type", Fields: []FieldError{{Field: "name", Message: "too long"}, {Message: "no type"}}}},
		{"complaints only", "", `{"message":null,"errors":[{"userPresentableMessage":"Try another name","message":"E_NAME"}]}`, 400,
			Error{Kind: KindInvalid, Message: "Try another name", Fields: []FieldError{{Message: "Try another name"}}}},
		{"complaints as texts", "", `{"errors":["one","two",null,3]}`, 400,
			Error{Kind: KindInvalid, Message: "one; two", Fields: []FieldError{{Message: "one"}, {Message: "two"}}}},
		{"detail as text", "", `{"detail":"Invalid token"}`, 403, Error{Kind: KindForbidden, Message: "Invalid token"}},
		{"detail as list", "", `{"detail":[{"loc":["body","name"],"msg":"field required","type":"missing","input":{"token":"x"}},{"loc":["query","limit",0],"msg":"too big"}]}`, 422,
			Error{Kind: KindInvalid, Message: "name: field required; query.limit.0: too big", Fields: []FieldError{{"name", "field required", "missing"}, {"query.limit.0", "too big", ""}}}},
		{"detail as object", "", `{"detail":{"message":"Busy"}}`, 409, Error{Kind: KindConflict, Message: "Busy"}},
		{"error as OAuth has it", "", `{"error":"invalid_client","error_description":"Unknown client"}`, 400, Error{Kind: KindInvalid, Message: "Unknown client"}},
		{"error as object", "", `{"error":{"code":7,"message":"Quota"}}`, 403, Error{Kind: KindForbidden, Message: "Quota"}},
		{"title", "", `{"title":"Gone away","type":"about:blank"}`, 410, Error{Kind: KindNotFound, Message: "Gone away"}},
		{"JSON text", "", `"nope"`, 418, Error{Kind: KindInvalid, Message: "nope"}},
		{"plain text", "text/plain", "upstream request timeout\n", 504, Error{Kind: KindUnavailable, Message: "upstream request timeout", MaybeSent: true}},
		{"HTML", html, "<!DOCTYPE html><HTML><head>\n<TITLE data-x='1'>502  Bad &amp;\nGateway</TITLE></head><body>secret things</body>", 502,
			Error{Kind: KindUnavailable, Message: `an HTML page titled "502 Bad & Gateway"`, MaybeSent: true}},
		{"HTML without a title", html, "<html><body>hm", 500, Error{Kind: KindServer, Message: "an HTML page", MaybeSent: true}},
		{"HTML said to be JSON", "application/json", "<html><title>x</title>", 503, Error{Kind: KindUnavailable, Message: `an HTML page titled "x"`, MaybeSent: true}},
		{"empty", "", "", 500, Error{Kind: KindServer, Message: "the service gave no reason", MaybeSent: true}},
		{"null", "", "null", 400, Error{Kind: KindInvalid, Message: "the service gave no reason"}},
		{"empty object", "", "{}", 401, Error{Kind: KindUnauthorized, Message: "the service gave no reason"}},
		{"unknown shape", "", `{"payload":{"customer":"private"}}`, 400, Error{Kind: KindInvalid, Message: "the service gave no reason"}},
		{"broken JSON", "", `{"message":"half`, 400, Error{Kind: KindInvalid, Message: "the service gave no reason"}},
		{"wrong types", "", `{"message":5,"errors":{"a":1},"detail":7}`, 400, Error{Kind: KindInvalid, Message: "the service gave no reason"}},
		{"organization", "", `{"message":"You must specify target organization via header"}`, 400, Error{Kind: KindOrganizationNeeded, Message: "You must specify target organization via header"}},
		{"not enabled", "", `{"message":"Actor is not enabled for Agents access."}`, 403, Error{Kind: KindNotEnabled, Message: "Actor is not enabled for Agents access."}},
		{"stack trace", "", `{"message":"Boom. Traceback (most recent call last):\n File \"/srv/x.py\""}`, 500, Error{Kind: KindServer, Message: "Boom.", MaybeSent: true}},
		{"nothing but a stack trace", "text/plain", "Traceback (most recent call last):\n File", 500, Error{Kind: KindServer, Message: "the service failed within (its stack trace is left out)", MaybeSent: true}},
		{"control characters", "", `{"message":"a\u0000b\r\n\u001b[31mc\u202e d"}`, 400, Error{Kind: KindInvalid, Message: "a b [31mc d"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := newTestClient(t, testConfig(), WithTransport(minting(func(*http.Request) (*http.Response, error) {
				resp := reply(row.status, row.body, "X-Request-Id", "req-1")
				resp.Header.Set("Content-Type", orElse(row.contentType, "application/json"))
				return resp, nil
			})))
			// PATCH is never repeated after a 5xx.
			_, err := c.UpdateSourceTemplate(t.Context(), "t", UpdateSourceTemplateRequest{})
			row.want.Op, row.want.Method, row.want.Path = "update source template", "PATCH", "/api/v1/integrations/templates/sources/{id}"
			row.want.Status, row.want.RequestID = row.status, "req-1"
			got := kindIs(t, err, row.want.Kind)
			if diff := cmp.Diff(&row.want, got, cmpopts.IgnoreUnexported(Error{}), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHugeErrorBodyIsCut(t *testing.T) {
	body := &endless{}
	c := clientOf(t, func(*http.Request) (*http.Response, error) {
		resp := reply(400, "", "Content-Type", "text/plain")
		resp.Body = body
		return resp, nil
	})
	_, err := c.GetWorkspace(t.Context(), "w")
	kindIs(t, err, KindInvalid)
	if body.read > maxErrorBody {
		t.Errorf("%d bytes were read", body.read)
	}
	c = clientOf(t, func(*http.Request) (*http.Response, error) {
		return reply(400, `{"message":"`+strings.Repeat("é", 5000)+`"}`), nil
	})
	_, err = c.GetWorkspace(t.Context(), "w")
	if n := utf8.RuneCountInString(kindIs(t, err, KindInvalid).Message); n > maxMessage {
		t.Errorf("the message has %d characters", n)
	}
}

func TestErrorIsOneLine(t *testing.T) {
	e := &Error{Op: "execute", Status: 503, Message: "upstream timed out", RequestID: "r1"}
	if got, want := e.Error(), "execute: HTTP 503: upstream timed out (request r1)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// echo answers with what it was sent, as a careless service might.
func echo(status int) transport {
	return func(r *http.Request) (*http.Response, error) {
		var sent any
		_ = json.NewDecoder(r.Body).Decode(&sent)
		raw, _ := json.Marshal(sent)
		said := fmt.Sprintf("%s | %v | %+v | auth %s secret %s", raw, sent, r.URL, r.Header.Get("Authorization"), testSecret)
		body, _ := json.Marshal(map[string]any{"message": said, "errors": []any{map[string]any{"field": string(raw), "message": said, "error_code": said}}})
		return reply(status, string(body)), nil
	}
}

func TestErrorsNeverShowASecret(t *testing.T) {
	canaries := []string{
		testSecret, testToken, "ghp_canary", "line-one-canary", "line-two-canary", "q\"uote-canary", "pw1", "nested-canary",
		"oauth-canary", "dest-canary", "1234567890", "default-canary", "server-side-canary", "param-canary",
	}
	calls := map[string]func(c *Client) error{
		"create": func(c *Client) error {
			_, err := c.CreateConnector(context.Background(), CreateConnectorRequest{
				WorkspaceName: "default",
				Credentials: json.RawMessage(`{"token":"ghp_canary","private_key":"line-one-canary\nline-two-canary","q":"q\"uote-canary",
					"short":"pw1","nested":[{"x":"nested-canary"}],"pin":1234567890}`),
				ReplicationConfig:       json.RawMessage(`{"api":"dest-canary","credentials":{"p":"pw1"}}`),
				ServerSideOAuthSecretID: "server-side-canary",
			})
			return err
		},
		"oauth": func(c *Client) error {
			_, err := c.SetOAuthCredentials(context.Background(), SetOAuthCredentialsRequest{Configuration: json.RawMessage(`{"client_secret":"oauth-canary"}`)})
			return err
		},
		"destination": func(c *Client) error {
			_, err := c.CreateConnectionTemplate(context.Background(), CreateConnectionTemplateRequest{DestinationConfig: json.RawMessage(`{"host":"dest-canary"}`)})
			return err
		},
		"template": func(c *Client) error {
			_, err := c.CreateSourceTemplate(context.Background(), CreateSourceTemplateRequest{PartialDefaultConfig: json.RawMessage(`{"key":"default-canary"}`)})
			return err
		},
		"execute": func(c *Client) error {
			_, err := c.Execute(context.Background(), "c", ExecuteRequest{Entity: "users", Action: "create", Params: json.RawMessage(`{"password":"param-canary"}`)})
			return err
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			for _, status := range []int{400, 422, 500} {
				e, ok := errors.AsType[*Error](call(clientOf(t, echo(status))))
				if !ok {
					t.Fatal("no error")
				}
				shown := fmt.Sprintf("%v %+v %#v %q", e, *e, e, e.Fields)
				for _, canary := range canaries {
					if strings.Contains(shown, canary) {
						t.Errorf("%q is shown in %s", canary, shown)
					}
				}
				if !strings.Contains(shown, redacted) {
					t.Errorf("nothing was redacted in %s", shown)
				}
			}
		})
	}
}

func TestDiscriminatorIsNoSecret(t *testing.T) {
	c := clientOf(t, func(*http.Request) (*http.Response, error) {
		return reply(400, `{"message":"Credentials do not match any auth scheme. Provided keys: ['email', 'api_token']"}`), nil
	})
	_, err := c.CreateConnector(t.Context(), CreateConnectorRequest{
		Credentials: json.RawMessage(`{"email":"a@example.com","api_token":"t0ken-canary","credentials":"api_token"}`),
	})
	if e := kindIs(t, err, KindInvalid); !strings.HasSuffix(e.Message, "Provided keys: ['email', 'api_token']") {
		t.Errorf("message %q", e.Message)
	}
}

func TestCheckBlanksWhatItWasSent(t *testing.T) {
	c := clientOf(t, func(*http.Request) (*http.Response, error) {
		return reply(200, `{"id":"x","status":"failed","error_message":"bad ghp_canary","failure_reason":{"timestamp":1,"external_message":"ghp_canary?","internal_message":"at db-7","stacktrace":"at x.py"},
			"entity_check_results":[{"entity":"a","status":"failed","error_message":"ghp_canary!"}]}`), nil
	})
	got, err := c.CheckNewConnector(t.Context(), CreateConnectorRequest{Credentials: json.RawMessage(`{"token":"ghp_canary"}`)})
	if err != nil {
		t.Fatal(err)
	}
	shown, _ := json.Marshal(got)
	for _, canary := range []string{"ghp_canary", "db-7", "x.py"} {
		if strings.Contains(string(shown), canary) {
			t.Errorf("%q is shown in %s", canary, shown)
		}
	}
}

func TestTransportErrorDoesNotRepeatTheURL(t *testing.T) {
	config := testConfig()
	config.APIHost = "http://127.0.0.1:1"
	c := newTestClient(t, config, WithTransport(minting(func(*http.Request) (*http.Response, error) {
		return nil, errors.New("dial tcp: " + testSecret)
	})))
	_, err := c.CreateWidgetToken(t.Context(), CreateWidgetTokenRequest{})
	if e := kindIs(t, err, KindNetwork); e.Error() != "create widget token: dial tcp: [redacted]" {
		t.Errorf("got %v", e)
	}
}

func FuzzErrorBody(f *testing.F) {
	f.Add("application/json", []byte(`{"message":"m","errors":[{"field":"f","message":"s"}],"detail":[{"loc":["a",1],"msg":"x"}]}`))
	f.Add("text/html", []byte("<title>a</title>"))
	f.Add("", []byte("<TITLE"))
	f.Add("text/plain", []byte("\xff\x00 s3cret-canary-of-the-client"))
	f.Add("application/json", []byte(`{"error":{"error":{"error":{"error":{"error":"deep"}}}}}`))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		c := clientOf(t, func(*http.Request) (*http.Response, error) {
			resp := reply(400, string(body), "Retry-After", contentType, "X-Request-Id", contentType)
			resp.Header["Content-Type"] = []string{contentType}
			return resp, nil
		})
		_, err := c.CreateConnector(t.Context(), CreateConnectorRequest{Credentials: json.RawMessage(`{"k":"ghp_canary"}`)})
		e := err.(*Error)
		for _, s := range append([]string{e.Message, e.RequestID}, fieldTexts(e)...) {
			if strings.Contains(s, testSecret) || strings.Contains(s, "ghp_canary") || strings.ContainsAny(s, "\n\r\x00") || !utf8.ValidString(s) || utf8.RuneCountInString(s) > maxMessage {
				t.Errorf("text %q", s)
			}
		}
		if e.Message == "" || e.RetryAfter < 0 {
			t.Errorf("error %#v", e)
		}
	})
}

func fieldTexts(e *Error) []string {
	var texts []string
	for _, f := range e.Fields {
		texts = append(texts, f.Field, f.Message, f.Code)
	}
	return texts
}
