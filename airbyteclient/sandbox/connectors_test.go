package sandbox

import (
	"net/http"
	"strings"
	"testing"
)

func (c *client) newConnector(body object) (int, object) {
	c.t.Helper()
	if body["workspace_name"] == nil {
		body["workspace_name"] = "staging"
	}
	return c.call("POST", "integrations/connectors", body)
}

// connected is the connector of a type: the default workspace's, or a new one.
func (c *client) connected(slug string) string {
	c.t.Helper()
	for _, conn := range c.box.store.connectors {
		if conn.definition.slug == slug {
			return conn.id
		}
	}
	body := object{"definition_id": c.box.store.slug(slug).id, "workspace_name": "default", "environment": object{"subdomain": githubOrg}}
	body["credentials"] = map[string]object{
		"salesforce": {"refresh_token": "t"}, "jira": {"username": "amara@" + vendorDomain, "password": "t"}, "notion": {"token": "t"}, "intercom": {"access_token": "t"},
	}[slug]
	return text(c.must("POST", "integrations/connectors", body)["id"])
}

func TestCredentialsAreAcceptedInBothDialects(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	repositories := object{"repositories": []any{"lanternworks/platform"}}
	subdomain := object{"subdomain": "lanternworks"}
	for _, row := range []struct {
		name string
		body object
	}{
		{"github", object{"credentials": object{"token": "t"}, "replication_config": repositories}},
		{"github", object{"credentials": object{"option_title": "PAT Credentials", "personal_access_token": "t"}, "replication_config": repositories}},
		{"GITHUB", object{"replication_config": object{"repositories": []any{"a/b"}, "credentials": object{"option_title": "OAuth Credentials", "access_token": "t"}}}},
		{"hubspot", object{"credentials": object{"private_app_token": "t"}}},
		{"hubspot", object{"credentials": object{"credentials_title": "Private App Credentials", "access_token": "t"}}},
		{"hubspot", object{"credentials": object{"refresh_token": "t", "client_id": "c"}}},
		{"salesforce", object{"credentials": object{"refresh_token": "t"}}},
		{"stripe", object{"credentials": object{"api_key": "k"}}},
		{"stripe", object{"replication_config": object{"client_secret": "k", "account_id": "acct_1"}}},
		{"slack", object{"credentials": object{"bot_key": "k"}}},
		{"slack", object{"credentials": object{"option_title": "API Token Credentials", "api_token": "k"}}},
		{"zendesk support", object{"credentials": object{"email": "a@b.example", "api_token": "k"}, "environment": subdomain}},
		{"Zendesk Support", object{"credentials": object{"credentials": "oauth2.0", "access_token": "k"}, "environment": subdomain}},
		{"jira", object{"credentials": object{"username": "a@b.example", "password": "k"}, "environment": subdomain}},
		{"jira", object{"credentials": object{"email": "a@b.example", "api_token": "k"}, "environment": subdomain}},
		{"notion", object{"credentials": object{"token": "k"}}},
		{"linear", object{"credentials": object{"api_key": "k"}}},
		{"google drive", object{"credentials": object{"auth_type": "Client", "refresh_token": "k"}}},
		{"gong", object{"credentials": object{"access_key": "k", "access_key_secret": "s"}}},
		{"intercom", object{"credentials": object{"access_token": "k"}}},
		{"linear", object{"server_side_oauth_secret_id": "secret-1"}},
	} {
		row.body["connector_type"] = row.name
		if status, out := c.newConnector(row.body); status != http.StatusOK {
			t.Errorf("%s %v: %d %v", row.name, row.body, status, out)
		}
	}
}

func TestWrongConnectorsAreRefused(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	key := object{"api_key": "k"}
	for _, row := range []struct {
		name   string
		body   object
		status int
		says   string
	}{
		{"keys of no scheme", object{"connector_type": "linear", "credentials": object{"token": "k"}}, 400, "Credentials do not match any auth scheme. Provided keys: ['token']. Available schemes: ['API Key' (required: ['api_key'])]"},
		{"a required key left out", object{"connector_type": "gong", "credentials": object{"access_key": "k"}}, 400, "Provided keys: ['access_key']"},
		{"an empty key", object{"connector_type": "linear", "credentials": object{"api_key": ""}}, 400, "do not match"},
		{"no type", object{"credentials": key}, 422, "Value error, One of connector_type, definition_id, or source_template_id must be provided"},
		{"nothing to connect with", object{"connector_type": "linear"}, 422, "At least one of credentials"},
		{"a setting left out", object{"connector_type": "github", "credentials": object{"token": "k"}}, 422, "required property 'repositories' not found"},
		{"an environment left out", object{"connector_type": "zendesk support", "credentials": object{"email": "e", "api_token": "k"}}, 422, "required property 'subdomain' not found"},
		{"a snake-case name", object{"connector_type": "zendesk_support", "credentials": key}, 404, "not found"},
		{"an unknown definition", object{"definition_id": uuid("none"), "credentials": key}, 404, "not found"},
		{"an unknown workspace", object{"connector_type": "linear", "credentials": key, "workspace_name": "nowhere"}, 404, "Workspace 'nowhere' not found"},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, path := range []string{"integrations/connectors", "integrations/connectors/check"} {
				if row.body["workspace_name"] == nil {
					row.body["workspace_name"] = "staging"
				}
				status, out := c.call("POST", path, row.body)
				if status != row.status || !strings.Contains(message(out), row.says) {
					t.Errorf("%s: got %d %v", path, status, out)
				}
			}
		})
	}
	t.Run("the error of a missing type names the body", func(t *testing.T) {
		_, out := c.newConnector(object{"credentials": key})
		first := out["errors"].([]any)[0].(object)
		if first["field"] != "body" || first["error_code"] != "value_error" || first["message"] != out["message"] {
			t.Errorf("got %v", out)
		}
	})
}

func TestAConnectorLivesAndDies(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	status, made := c.newConnector(object{"definition_id": "ef69ef6e-aa7f-4af1-a01d-ef775033524e", "name": "Second GitHub", "entities": []any{object{"entity": "issues"}},
		"replication_config": object{"repositories": []any{"a/b"}, "credentials": object{"option_title": "PAT Credentials", "personal_access_token": "ghp_x"}}})
	if status != http.StatusOK {
		t.Fatalf("%d %v", status, made)
	}
	path := "integrations/connectors/" + text(made["id"])

	if secret := made["replication_config"].(object)["credentials"].(object)["personal_access_token"]; secret != "ghp_x" {
		t.Errorf("what came in replication_config is read back in it: %v", made["replication_config"])
	}
	c.execute(text(made["id"]), "org_repositories", "list", object{"org": githubOrg})
	if got := c.must("PUT", path, object{"name": "Renamed"}); got["name"] != "Renamed" || len(got["entities"].([]any)) != 1 {
		t.Errorf("leaving entities out keeps them: %v", got["entities"])
	}
	if got := c.must("PUT", path, object{"entities": []any{}}); len(got["entities"].([]any)) != 0 || got["name"] != "Renamed" {
		t.Errorf("an empty list clears: %v", got)
	}

	status, out := c.call("DELETE", path, nil)
	if status != http.StatusAccepted || !isUUID(text(out["job_id"])) {
		t.Fatalf("delete: %d %v", status, out)
	}
	listed := func() bool {
		return strings.Contains(string(encode(c.must("GET", "integrations/connectors?workspace_name=staging", nil))), text(made["id"]))
	}
	if !listed() {
		t.Error("it should be seen once more")
	}
	if listed() {
		t.Error("it should be gone")
	}
	if status, _ := c.call("GET", path, nil); status != http.StatusNotFound {
		t.Errorf("get after delete: %d", status)
	}
	if status, _ := c.call("DELETE", path, nil); status != http.StatusNotFound {
		t.Errorf("delete again: %d", status)
	}
}

func TestCredentialsAreTestedByCheckAndNotByCreate(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	bad := object{"connector_type": "linear", "workspace_name": "staging", "credentials": object{"api_key": "invalid-key"}, "entities": []any{object{"entity": "issues"}}}
	out := c.must("POST", "integrations/connectors/check", bad)
	if out["status"] != "failed" || !strings.Contains(text(out["error_message"]), "401") || out["entity_check_results"].([]any)[0].(object)["status"] != "failed" {
		t.Errorf("check: %v", out)
	}
	_, made := c.newConnector(bad)
	id := text(made["id"])
	if out := c.must("POST", "integrations/connectors/"+id+"/check", object{}); out["status"] != "failed" {
		t.Errorf("check by id: %v", out)
	}
	if status, out := c.try(id, "issues", "list", nil); status < 400 || !strings.Contains(message(out), "expired") {
		t.Errorf("execute: %d %v", status, out)
	}
	good := c.must("POST", "integrations/connectors/"+linearID+"/check", object{"entities": []any{object{"entity": "issues"}}})
	if good["status"] != "succeeded" || good["entity_check_results"].([]any)[0].(object)["status"] != "succeeded" {
		t.Errorf("a good one: %v", good)
	}
}

func TestConnectorsAreListedByWorkspace(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	for query, want := range map[string]int{
		"workspace_name=default": 8, "customer_name=default": 8, "external_user_id=staging": 4,
		"workspace_id=" + uuid("workspace", "staging"):                              4,
		"workspace_name=staging&definition_id=e094cb9a-26de-4645-8761-65c0c425d1de": 2,
	} {
		if got := c.must("GET", "integrations/connectors?"+query, nil)["data"].([]any); len(got) != want {
			t.Errorf("%s: %d, want %d", query, len(got), want)
		}
	}
	if status, _ := c.call("GET", "integrations/connectors", nil); status != http.StatusBadRequest {
		t.Errorf("no workspace: %d", status)
	}
	if status, _ := c.call("GET", "integrations/connectors?workspace_name=nowhere", nil); status != http.StatusNotFound {
		t.Errorf("unknown workspace: %d", status)
	}
}

func TestInspectSaysWhatCanBeSearched(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	ready := func(id string) any {
		out := c.must("GET", "integrations/connectors/"+id+"/inspect", nil)
		readiness, has := out["context_store_readiness"].(object)
		if !has {
			return nil
		}
		return readiness["configured_cache_entities"].([]any)[0].(object)["ready_for_search"]
	}
	if ready(stripeID) != true || ready(gongID) != false || ready(driveID) != nil {
		t.Errorf("stripe %v, gong %v, drive %v", ready(stripeID), ready(gongID), ready(driveID))
	}
}

func TestConnectorsOfAnInactiveWorkspaceAreDisabled(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	if status, out := c.try("c0000021-0000-4000-8000-000000000021", "viewer", "get", nil); status != http.StatusForbidden || !strings.Contains(message(out), "inactive") {
		t.Errorf("%d %v", status, out)
	}
}

// The types of which the default workspace has no connector are as complete as the
// others once one is made.
func TestEveryTypeWithEntitiesIsDocumentedAndInspected(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	for slug, searchable := range map[string]int{"salesforce": 4, "jira": 4, "notion": 5, "intercom": 3} {
		id := c.connected(slug)
		inspected := c.must("GET", "integrations/connectors/"+id+"/inspect", nil)
		ready := inspected["context_store_readiness"].(object)["configured_cache_entities"].([]any)
		first := ready[0].(object)
		if len(ready) != searchable || first["ready_for_search"] != true || plain(first["entity_count"]) == "0" {
			t.Errorf("%s: %v", slug, ready)
		}
		docs := c.must("GET", "skills/docs?id="+text(inspected["docs_skill_id"]), nil)
		for _, section := range docs["outline"].([]any) {
			if got := c.must("GET", "skills/docs?id="+text(inspected["docs_skill_id"])+"&section="+text(section.(object)["id"]), nil); len(got["content"].([]any)) == 0 {
				t.Errorf("%s: nothing in %v", slug, section)
			}
		}
		found := c.execute(id, text(first["entity"]), contextStoreSearch, object{"limit": 3})["result"].(object)["data"].([]any)
		if len(found) != 3 {
			t.Errorf("%s: found %v", slug, found)
		}
	}
	if n := len(c.must("GET", "integrations/connectors?workspace_name=staging", nil)["data"].([]any)); n != 4 {
		t.Errorf("%d connectors in staging", n)
	}
}

func TestRecordsAreMadeWhenAskedFor(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	c.execute(stripeID, "balance", "get", nil)
	if made := c.box.store.data; len(made) != 1 || made["stripe"] == nil {
		t.Errorf("%d types of records made", len(made))
	}
}
