package airbyteclient_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/airbyteclient/sandbox"
)

// signInBench is a client of a sandbox whose web app a person can use.
type signInBench struct {
	*airbyteclient.Client
	t   *testing.T
	url string
}

func newSignInBench(t *testing.T) *signInBench {
	t.Helper()
	service := httptest.NewServer(sandbox.New(sandbox.Options{}))
	t.Cleanup(service.Close)
	client, err := airbyteclient.New(airbyteclient.Config{
		APIHost: service.URL, ClientID: sandbox.ClientID, ClientSecret: airbyteclient.NewSecret(sandbox.ClientSecret), OrganizationID: sandbox.OrganizationID,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return &signInBench{client, t, service.URL}
}

// template is Airbyte's own of a service.
func (b *signInBench) template(name string) *airbyteclient.SourceTemplate {
	b.t.Helper()
	all, err := b.ListSourceTemplates(b.t.Context(), airbyteclient.ListSourceTemplatesOptions{UseGlobal: true})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, s := range all {
		if s.Name == name {
			template, err := b.GetSourceTemplate(b.t.Context(), s.ID)
			if err != nil {
				b.t.Fatal(err)
			}
			return template
		}
	}
	b.t.Fatalf("no template of %s", name)
	return nil
}

// begin gives a session and the token to sign in with.
func (b *signInBench) begin(t *airbyteclient.SourceTemplate) (session string, widget *airbyteclient.WidgetToken) {
	b.t.Helper()
	widget, err := b.CreateWidgetToken(b.t.Context(), airbyteclient.CreateWidgetTokenRequest{WorkspaceName: "default", AllowedOrigin: b.url, SelectedSourceTemplateTags: []string{}})
	if err != nil {
		b.t.Fatal(err)
	}
	workspace, err := widget.WorkspaceID()
	if err != nil {
		b.t.Fatal(err)
	}
	made, err := b.CreateSignInSession(b.t.Context(), airbyteclient.CreateSignInSessionRequest{SourceDefinitionID: t.SourceDefinitionID, WorkspaceID: workspace, SourceTemplateID: t.ID})
	if err != nil {
		b.t.Fatal(err)
	}
	return made.SessionID, widget
}

func (b *signInBench) press(session string, widget *airbyteclient.WidgetToken, choice string) int {
	b.t.Helper()
	resp, err := http.PostForm(b.url+"/widget-bridge", url.Values{"session": {session}, "widget_token": {widget.Token}, "do": {choice}})
	if err != nil {
		b.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

func (b *signInBench) session(id string) *airbyteclient.SignInSession {
	b.t.Helper()
	got, err := b.GetSignInSession(b.t.Context(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	return got
}

// Whatever a service wants of a sign-in, it can be checked and created with it.
func TestSignInBecomesAConnector(t *testing.T) {
	t.Parallel()
	for service, settings := range map[string]string{
		"Gmail": "", "HubSpot": "", "Google Drive": `{"folder_url":"https://drive.google.com/drive/folders/x"}`,
		"Salesforce": `{"instance_url":"https://login.salesforce.com"}`, "Zendesk Support": `{"subdomain":"lanternworks"}`, "Slack": "{}",
		"Notion": "", "Gong": "", "GitHub": `{"repositories":["a/b"]}`, "Linear": "",
	} {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			b := newSignInBench(t)
			template := b.template(service)
			id, widget := b.begin(template)
			if got := b.session(id); got.Status == airbyteclient.SignInCompleted || !got.AuthPayload.IsZero() {
				t.Errorf("before the person has done anything: %+v", got)
			}
			if status := b.press(id, widget, "approve"); status != http.StatusOK {
				t.Fatalf("the web app answers %d", status)
			}
			got := b.session(id)
			if got.Status != airbyteclient.SignInCompleted || got.SourceTemplateID != template.ID || got.AuthPayload.IsZero() {
				t.Fatalf("after approving: %+v", got)
			}
			config, err := got.AuthPayload.Config(template, json.RawMessage(settings))
			if err != nil {
				t.Fatal(err)
			}
			body := airbyteclient.CreateConnectorRequest{WorkspaceName: "default", SourceTemplateID: template.ID, ReplicationConfig: config}
			if check, err := b.CheckNewConnector(t.Context(), body); err != nil || check.Status != "succeeded" {
				t.Fatalf("check: %+v, %v", check, err)
			}
			created, err := b.CreateConnector(t.Context(), body)
			if err != nil {
				t.Fatal(err)
			}
			if err := b.UpdateSignInSession(t.Context(), id, airbyteclient.UpdateSignInSessionRequest{SourceID: created.ID}); err != nil {
				t.Fatal(err)
			}
			if got := b.session(id); got.SourceID != created.ID || !got.AuthPayload.IsZero() {
				t.Errorf("a session that is used: %+v", got)
			}
		})
	}
}

func TestDeniedSignInTellsWhy(t *testing.T) {
	t.Parallel()
	b := newSignInBench(t)
	id, widget := b.begin(b.template("HubSpot"))
	b.press(id, widget, "deny")
	b.press(id, widget, "approve") // too late
	if got := b.session(id); got.Status != airbyteclient.SignInFailed || !strings.Contains(got.Error, "HubSpot") || !got.AuthPayload.IsZero() {
		t.Errorf("got %+v", got)
	}
}

func TestWebAppOfTheSandboxWantsTheTokenOfTheSession(t *testing.T) {
	t.Parallel()
	b := newSignInBench(t)
	id, _ := b.begin(b.template("HubSpot"))
	other, err := b.CreateWidgetToken(context.Background(), airbyteclient.CreateWidgetTokenRequest{WorkspaceName: "staging", AllowedOrigin: b.url})
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range []*airbyteclient.WidgetToken{other, {Token: "x"}, {}} {
		if status := b.press(id, token, "approve"); status != http.StatusForbidden {
			t.Errorf("got %d", status)
		}
	}
	if got := b.session(id); got.Status == airbyteclient.SignInCompleted {
		t.Error("a stranger has signed in")
	}
}

func TestWidgetTokenThatNamesNoWorkspace(t *testing.T) {
	t.Parallel()
	for _, token := range []string{"", "canary!", "Y2FuYXJ5", "eyJ3aWRnZXRVcmwiOiJodHRwczovL3gvP2NhbmFyeT0xIn0="} {
		if id, err := (airbyteclient.WidgetToken{Token: token}).WorkspaceID(); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: %q, %v", token, id, err)
		}
	}
}

func TestResultOfASignInGoesWhereTheTemplatePutsIt(t *testing.T) {
	t.Parallel()
	const nested = `"connectionSpecification":{"properties":{"credentials":{"type":"object","oneOf":[
		{"properties":{"kind":{"const":"key"},"api_key":{}}},
		{"properties":{"kind":{"type":"string","enum":["oauth"]},"refresh_token":{},"client_id":{}}}]}}}`
	for name, c := range map[string]struct{ spec, partial, settings, given, want string }{
		"by path": {`{"advanced_auth":{"predicate_key":["credentials","kind"],"predicate_value":"oauth","oauth_config_specification":{
			"complete_oauth_output_specification":{"properties":{"refresh_token":{"path_in_connector_config":["credentials","refresh"]}}},
			"complete_oauth_server_output_specification":{"properties":{"client_id":{"path_in_connector_config":["credentials","client_id"]}}}}}}`,
			`{"region":"eu","limit":9007199254740993}`, `{"region":"us"}`, `{"refresh_token":"r","client_id":"c","scope":"s"}`,
			`{"credentials":{"client_id":"c","kind":"oauth","refresh":"r"},"limit":9007199254740993,"region":"us"}`},
		"with the credentials, of the option that has the names": {`{` + nested + `}`, `{}`, ``, `{"refresh_token":"r"}`, `{"credentials":{"kind":"oauth","refresh_token":"r"}}`},
		"with the credentials, of the option that is predicated": {`{"advanced_auth":{"predicate_key":["credentials","kind"],"predicate_value":"oauth"},` + nested + `}`, `null`, `null`,
			`{"client_id":"c"}`, `{"credentials":{"client_id":"c","kind":"oauth"}}`},
		"with the credentials, without a choice": {`{"connectionSpecification":{"properties":{"credentials":{"properties":{"type":{"const":"t"},"token":{}}}}}}`, `{}`, `{}`, `{"token":"x"}`, `{"credentials":{"token":"x","type":"t"}}`},
		"as it is, credentials within":           {`{` + nested + `}`, `{}`, `{}`, `{"credentials":{"kind":"oauth","refresh_token":"r"}}`, `{"credentials":{"kind":"oauth","refresh_token":"r"}}`},
		"beside the settings":                    {`{"connectionSpecification":{"properties":{"token":{}}}}`, `{"a":1}`, `{"b":2}`, `{"token":"x"}`, `{"a":1,"b":2,"token":"x"}`},
		"into the inner part of a spec":          {`{"required":["mode"],"properties":{"mode":{"default":"fast"},"credentials":{"properties":{"token":{}}}}}`, `{}`, `{}`, `{"token":"x"}`, `{"credentials":{"token":"x"},"mode":"fast"}`},
		"without a spec":                         {`null`, `null`, ``, `{"token":"x"}`, `{"token":"x"}`},
		"with an odd spec":                       {`{"connectionSpecification":{"required":true,"properties":{"credentials":7,"x":{"enum":"y"}}}}`, `[]`, `7`, `{"token":"x"}`, `{"token":"x"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var payload airbyteclient.AuthPayload
			if err := json.Unmarshal([]byte(c.given), &payload); err != nil {
				t.Fatal(err)
			}
			got, err := payload.Config(&airbyteclient.SourceTemplate{UserConfigSpec: json.RawMessage(c.spec), PartialDefaultConfig: json.RawMessage(c.partial)}, json.RawMessage(c.settings))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, string(got)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestRequiredStartDateIsTwoYearsAgo(t *testing.T) {
	t.Parallel()
	template := &airbyteclient.SourceTemplate{UserConfigSpec: json.RawMessage(`{"connectionSpecification":{"required":["start_date"],"properties":{"start_date":{"format":"date-time"},"from_date":{"format":"date-time"}}}}`)}
	got, err := airbyteclient.AuthPayload{}.Config(template, nil)
	if err != nil {
		t.Fatal(err)
	}
	var config map[string]time.Time
	if err := json.Unmarshal(got, &config); err != nil {
		t.Fatal(err)
	}
	if age := time.Since(config["start_date"]).Hours() / 24; len(config) != 1 || age < 729 || age > 732 {
		t.Errorf("got %s", got)
	}
}

func TestAuthPayloadThatIsNoObjectIsNotRepeated(t *testing.T) {
	t.Parallel()
	var s airbyteclient.SignInSession
	if err := json.Unmarshal([]byte(`{"auth_payload":"canary"}`), &s); err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("got %v", err)
	}
}
