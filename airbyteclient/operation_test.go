package airbyteclient

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// calls is every method once, with the request it should send.
var calls = []struct {
	want string
	call func(context.Context, *Client) error
}{
	{"POST /account/applications/token {\"client_id\":\"client\",\"client_secret\":\"" + testSecret + "\"}", func(ctx context.Context, c *Client) error { return c.Ready(ctx) }},
	{`POST /account/applications/scoped-token {"workspace_name":"w"}`, func(ctx context.Context, c *Client) error {
		return second(c.CreateScopedToken(ctx, CreateScopedTokenRequest{WorkspaceName: "w"}))
	}},
	{`GET /account/applications/scoped-token/info`, func(ctx context.Context, c *Client) error { return second(c.GetScopedTokenInfo(ctx, "t")) }},
	{`POST /account/applications/widget-token {"workspace_name":"w","allowed_origin":"https://o","selected_source_template_tags":["a"]}`, func(ctx context.Context, c *Client) error {
		return second(c.CreateWidgetToken(ctx, CreateWidgetTokenRequest{WorkspaceName: "w", AllowedOrigin: "https://o", SelectedSourceTemplateTags: []string{"a"}}))
	}},
	{`GET /workspaces?name_contains=n&status=active&cursor=c&limit=5`, func(ctx context.Context, c *Client) error {
		return second(c.ListWorkspaces(ctx, ListWorkspacesOptions{NameContains: "n", Status: "active", Limit: 5, Cursor: "c"}))
	}},
	{`GET /workspaces/stats`, func(ctx context.Context, c *Client) error { return second(c.GetWorkspaceStats(ctx)) }},
	{`GET /workspaces/i`, func(ctx context.Context, c *Client) error { return second(c.GetWorkspace(ctx, "i")) }},
	{`PUT /workspaces/i {"name":"n","cache_enabled":false}`, func(ctx context.Context, c *Client) error {
		return second(c.UpdateWorkspace(ctx, "i", UpdateWorkspaceRequest{Name: "n", CacheEnabled: new(bool)}))
	}},
	{`DELETE /workspaces/i`, func(ctx context.Context, c *Client) error { return second(c.DeleteWorkspace(ctx, "i")) }},
	{`POST /integrations/connectors {"workspace_name":"w","definition_id":"d","credentials":{"k":1}}`, func(ctx context.Context, c *Client) error {
		return second(c.CreateConnector(ctx, CreateConnectorRequest{WorkspaceName: "w", DefinitionID: "d", Credentials: json.RawMessage(`{"k":1}`)}))
	}},
	{`GET /integrations/connectors?workspace_id=i&workspace_name=w&definition_id=d`, func(ctx context.Context, c *Client) error {
		return second(c.ListConnectors(ctx, ListConnectorsOptions{WorkspaceID: "i", WorkspaceName: "w", DefinitionID: "d"}))
	}},
	{`GET /integrations/connectors/i`, func(ctx context.Context, c *Client) error { return second(c.GetConnector(ctx, "i")) }},
	{`PUT /integrations/connectors/i {"name":"n","entities":[]}`, func(ctx context.Context, c *Client) error {
		return second(c.UpdateConnector(ctx, "i", UpdateConnectorRequest{Name: "n", Entities: []RequestedEntity{}}))
	}},
	{`DELETE /integrations/connectors/i`, func(ctx context.Context, c *Client) error { return second(c.DeleteConnector(ctx, "i")) }},
	{`POST /integrations/connectors/check {"workspace_name":"w"}`, func(ctx context.Context, c *Client) error {
		return second(c.CheckNewConnector(ctx, CreateConnectorRequest{WorkspaceName: "w"}))
	}},
	{`POST /integrations/connectors/i/check {}`, func(ctx context.Context, c *Client) error {
		return second(c.CheckConnector(ctx, "i", UpdateConnectorRequest{}))
	}},
	{`POST /integrations/connectors/i/execute {"entity":"e","action":"get"}`, func(ctx context.Context, c *Client) error {
		return second(c.Execute(ctx, "i", ExecuteRequest{Entity: "e", Action: "get"}))
	}},
	{`GET /integrations/connectors/i/inspect`, func(ctx context.Context, c *Client) error { return second(c.InspectConnector(ctx, "i")) }},
	{`GET /integrations/definitions/sources?name=git+hub`, func(ctx context.Context, c *Client) error { return second(c.ListSourceDefinitions(ctx, "git hub")) }},
	{`GET /integrations/definitions/sources/i`, func(ctx context.Context, c *Client) error { return second(c.GetSourceDefinition(ctx, "i")) }},
	{`GET /integrations/definitions/destinations?actorDefinitionIds=a&actorDefinitionIds=b`, func(ctx context.Context, c *Client) error {
		return second(c.ListDestinationDefinitions(ctx, []string{"a", "b"}))
	}},
	{`GET /integrations/definitions/destinations/i`, func(ctx context.Context, c *Client) error { return second(c.GetDestinationDefinition(ctx, "i")) }},
	{`GET /integrations/templates/sources?tags=a&tags=b&tags_mode=any&use_global=true`, func(ctx context.Context, c *Client) error {
		return second(c.ListSourceTemplates(ctx, ListSourceTemplatesOptions{UseGlobal: true, Tags: []string{"a", "b"}, TagsMode: "any"}))
	}},
	{`POST /integrations/templates/sources {"actor_definition_id":"d","partial_default_config":{}}`, func(ctx context.Context, c *Client) error {
		return second(c.CreateSourceTemplate(ctx, CreateSourceTemplateRequest{ActorDefinitionID: "d", PartialDefaultConfig: json.RawMessage(`{}`)}))
	}},
	{`POST /integrations/templates/sources {"original_source_template_id":"o"}`, func(ctx context.Context, c *Client) error {
		return second(c.CloneSourceTemplate(ctx, CloneSourceTemplateRequest{OriginalSourceTemplateID: "o"}))
	}},
	{`GET /integrations/templates/sources/i`, func(ctx context.Context, c *Client) error { return second(c.GetSourceTemplate(ctx, "i")) }},
	{`PATCH /integrations/templates/sources/i {"propagate":false}`, func(ctx context.Context, c *Client) error {
		return second(c.UpdateSourceTemplate(ctx, "i", UpdateSourceTemplateRequest{Propagate: new(bool)}))
	}},
	{`DELETE /integrations/templates/sources/i`, func(ctx context.Context, c *Client) error { return second(c.DeleteSourceTemplate(ctx, "i")) }},
	{`GET /integrations/templates/connections?tags=a&tags_mode=all`, func(ctx context.Context, c *Client) error {
		return second(c.ListConnectionTemplates(ctx, ListConnectionTemplatesOptions{Tags: []string{"a"}, TagsMode: "all"}))
	}},
	{`POST /integrations/templates/connections {"data_hosting_type":"airbyte_hosted","cron_expression":"c"}`, func(ctx context.Context, c *Client) error {
		return second(c.CreateConnectionTemplate(ctx, CreateConnectionTemplateRequest{DataHostingType: AirbyteHosted, CronExpression: "c"}))
	}},
	{`GET /integrations/templates/connections/i`, func(ctx context.Context, c *Client) error { return second(c.GetConnectionTemplate(ctx, "i")) }},
	{`PATCH /integrations/templates/connections/i {"sync_on_create":false}`, func(ctx context.Context, c *Client) error {
		return second(c.UpdateConnectionTemplate(ctx, "i", UpdateConnectionTemplateRequest{SyncOnCreate: new(bool)}))
	}},
	{`DELETE /integrations/templates/connections/i`, func(ctx context.Context, c *Client) error { return second(c.DeleteConnectionTemplate(ctx, "i")) }},
	{`POST /integrations/templates/connections/cron/describe {"cron_expression":"0 0 * * * ?"}`, func(ctx context.Context, c *Client) error { return second(c.DescribeCron(ctx, "0 0 * * * ?")) }},
	{`PUT /oauth/credentials {"connector_type":"github","configuration":{}}`, func(ctx context.Context, c *Client) error {
		return second(c.SetOAuthCredentials(ctx, SetOAuthCredentialsRequest{ConnectorType: "github", Configuration: json.RawMessage(`{}`)}))
	}},
	{`DELETE /oauth/credentials/connector_type/Google%20Drive`, func(ctx context.Context, c *Client) error { return c.DeleteOAuthCredentials(ctx, "Google Drive") }},
	{`GET /skills?cursor=c&organization_id=o&workspace_id=w&limit=3`, func(ctx context.Context, c *Client) error {
		return second(c.ListSkills(ctx, ListSkillsOptions{Limit: 3, Cursor: "c", OrganizationID: "o", WorkspaceID: "w"}))
	}},
	{`GET /skills/search?query=q`, func(ctx context.Context, c *Client) error {
		return second(c.SearchSkills(ctx, "q", ListSkillsOptions{}))
	}},
	{`GET /skills/docs?id=agent%3Amcp&section=s&organization_id=o&workspace_id=w`, func(ctx context.Context, c *Client) error {
		return second(c.GetSkillDocs(ctx, SkillDocsOptions{ID: "agent:mcp", Section: "s", OrganizationID: "o", WorkspaceID: "w"}))
	}},
}

func second[T any](_ T, err error) error { return err }

func TestEachMethodSendsItsRequest(t *testing.T) {
	for _, row := range calls {
		t.Run(strings.Fields(row.want)[1], func(t *testing.T) {
			var last string
			c := newTestClient(t, testConfig(), WithTransport(transport(func(r *http.Request) (*http.Response, error) {
				last = r.Method + " " + strings.TrimPrefix(r.URL.RequestURI(), "/api/v1")
				if r.Body != nil {
					body, _ := io.ReadAll(r.Body)
					last += " " + string(body)
				}
				if isMint(r) {
					return reply(200, `{"access_token":"x","expires_in":900}`), nil
				}
				if r.Method == http.MethodDelete && strings.Contains(last, "oauth") {
					return reply(204, ""), nil
				}
				return reply(200, `{"status":"success"}`), nil
			})))
			if err := row.call(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			if last != row.want {
				t.Errorf("sent %s\nwant %s", last, row.want)
			}
		})
	}
}

func TestEachOperationHasOneMethod(t *testing.T) {
	seen := map[string]bool{}
	client := reflect.TypeFor[*Client]()
	for _, op := range Operations() {
		if _, has := client.MethodByName(op.Name); !has && op != opMintToken {
			t.Errorf("%s has no method", op.Name)
		}
		if key := op.Method + " " + op.Path; seen[key] {
			t.Errorf("%s is listed twice", key)
		} else {
			seen[key] = true
		}
	}
	if len(seen) != 38 {
		t.Errorf("%d operations, want 38", len(seen))
	}
	// A clone is a create with another body.
	if len(calls) != len(seen)+1 {
		t.Errorf("%d calls are tested, want %d", len(calls), len(seen)+1)
	}
}

func TestSkillBlockOfALaterVersionPassesThrough(t *testing.T) {
	const body = `{"metadata":{},"outline":[],"content":[{"type":"list","items":["a"]},{"type":"diagram","items":[{"x":1}],"text":"t"},7]}`
	c := clientOf(t, func(*http.Request) (*http.Response, error) { return reply(200, body), nil })
	docs, err := c.GetSkillDocs(t.Context(), SkillDocsOptions{ID: "x"})
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := json.Marshal(docs.Content)
	if want := `[{"type":"list","items":["a"]},{"type":"diagram","items":[{"x":1}],"text":"t"},7]`; string(raw) != want {
		t.Errorf("got %s", raw)
	}
	if docs.Content[0].Items[0] != "a" || docs.Content[1].Type != "diagram" {
		t.Errorf("got %+v", docs.Content)
	}
}
