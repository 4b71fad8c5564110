package tools_test

import (
	"errors"
	"strings"
	"testing"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/tools"
	"airbyte-agent-mcp/tools/dispatch/dispatchtest"
	"airbyte-agent-mcp/tools/plan"
	"airbyte-agent-mcp/tools/refusal"
)

const (
	zendeskID   = "c0000006-0000-4000-8000-000000000006"
	zendeskKeys = `{"email": "a@b.example", "api_token": "renewed-1"}`
)

// named lists the connectors of the workspace by name.
func named(w dispatchtest.World, t *testing.T) map[string]string {
	t.Helper()
	all, err := w.Api.ListConnectors(t.Context(), airbyteclient.ListConnectorsOptions{WorkspaceName: "default"})
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, c := range all {
		names[c.Name] = c.ID
	}
	return names
}

func TestConnectorIsReplacedByOneWithNewCredentials(t *testing.T) {
	t.Parallel()
	w := dispatchtest.New(t, sandbox.Options{})
	old, err := w.Api.GetConnector(t.Context(), zendeskID)
	if err != nil {
		t.Fatal(err)
	}
	got, err := w.Call(t, "create_connector", []byte(`{"replaces": "zendesk-support", "credentials": `+zendeskKeys+`, "environment": {"subdomain": "lantern"}}`))
	if err != nil {
		t.Fatal(err)
	}
	id, names := rawjson.Text(rawjson.Member(got, "connector_id")), named(w, t)
	if names[old.Name] != id || names[airbyteclient.NameOfReplaced(old.Name)] != zendeskID || rawjson.Text(rawjson.Member(got, "name")) != old.Name {
		t.Errorf("got %s, connectors are %v", got, names)
	}
	if next := rawjson.Text(rawjson.Member(got, "next")); !strings.Contains(next, "delete_connector with connector_id "+zendeskID) {
		t.Errorf("what to do next: %s", next)
	}
	created, err := w.Api.GetConnector(t.Context(), id)
	if err != nil || created.SourceTemplate.SourceDefinitionID != old.SourceTemplate.SourceDefinitionID {
		t.Errorf("%v: %+v", err, created)
	}
}

func TestReplacementThatDoesNotWorkLeavesTheOldOne(t *testing.T) {
	t.Parallel()
	w := dispatchtest.New(t, sandbox.Options{})
	before := named(w, t)
	got, err := w.Call(t, "create_connector", []byte(`{"replaces": "zendesk-support", "credentials": {"email": "a@b.example", "api_token": "invalid"}, "environment": {"subdomain": "lantern"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if next := rawjson.Text(rawjson.Member(got, "next")); !strings.Contains(next, "is as it was") || !strings.Contains(next, "failed") {
		t.Errorf("what to do next: %s", next)
	}
	after := named(w, t)
	for name, id := range before {
		if after[name] != id {
			t.Errorf("%s was %s and is %s", name, id, after[name])
		}
	}
}

func TestReplacementOfAnotherServiceIsRefused(t *testing.T) {
	t.Parallel()
	w := dispatchtest.New(t, sandbox.Options{})
	_, err := w.Call(t, "create_connector", []byte(`{"replaces": "github", "definition_id": "e094cb9a-26de-4645-8761-65c0c425d1de", "credentials": {"api_key": "k"}}`))
	if err == nil || !strings.Contains(err.Error(), "another service") || len(w.Wrote()) > 0 {
		t.Errorf("%v after %q", err, w.Wrote())
	}
}

func TestFormOfAReplacementKnowsTheOldOne(t *testing.T) {
	t.Parallel()
	w := dispatchtest.New(t, sandbox.Options{})
	_, err := w.Call(t, "create_connector", []byte(`{"replaces": "github"}`))
	need, ok := errors.AsType[*tools.CredentialsNeeded](err)
	if !ok {
		t.Fatal(err)
	}
	old, err := w.Api.GetConnector(t.Context(), need.ReplacesID)
	if err != nil || need.ReplacesName != old.Name || need.Name != old.Name || need.DefinitionID != old.SourceTemplate.SourceDefinitionID || need.WorkspaceName != "default" {
		t.Errorf("%v: %+v", err, need)
	}
	if rawjson.Member(need.ReplicationConfig, "repositories") == nil {
		t.Errorf("the settings are gone: %s", need.ReplicationConfig)
	}
}

func TestPlanOfAReplacementNamesTheOldOne(t *testing.T) {
	t.Parallel()
	w := dispatchtest.Confirming(t, plan.WriteRule{Connector: "stripe*", Decide: plan.Deny})
	p := w.Ask(t, "create_connector", `{"replaces": "zendesk-support", "credentials": `+zendeskKeys+`, "environment": {"subdomain": "lantern"}}`)
	if !strings.Contains(p.Summary, "in place of the connector") || !strings.Contains(p.Summary, "Zendesk") || strings.Contains(string(rawjson.Of(p)), "renewed-1") {
		t.Errorf("%s", rawjson.Of(p))
	}
	if _, err := w.Call(t, "create_connector", []byte(`{"replaces": "stripe", "credentials": {"api_key": "k"}}`)); refusal.KindOf(err) != "refused" {
		t.Errorf("a rule of the old one's service: %v", err)
	}
}

func TestNewCredentialsAreToldTheWay(t *testing.T) {
	t.Parallel()
	w := dispatchtest.New(t, sandbox.Options{})
	_, err := w.Call(t, "update_connector", []byte(`{"connector_id": "github", "credentials": {"token": "x"}}`))
	if err == nil || !strings.Contains(err.Error(), "create_connector with replaces") || len(w.Wrote()) > 0 {
		t.Errorf("%v", err)
	}
}

func TestYesToAReplacementIsForTheOldOneAsItWas(t *testing.T) {
	t.Parallel()
	w := dispatchtest.Confirming(t)
	arguments := `{"replaces": "zendesk-support", "credentials": ` + zendeskKeys + `, "environment": {"subdomain": "lantern"}}`
	p := w.Ask(t, "create_connector", arguments)
	w.Decide(t, p, true)
	if _, err := w.Api.UpdateConnector(t.Context(), zendeskID, airbyteclient.UpdateConnectorRequest{Name: "Payroll"}); err != nil {
		t.Fatal(err)
	}
	arguments = strings.Replace(arguments, "zendesk-support", zendeskID, 1)
	if q := w.Ask(t, "create_connector", arguments); !strings.Contains(q.Summary, "Payroll") || !strings.Contains(strings.Join(q.Notes, " "), "approved before") {
		t.Errorf("%s", rawjson.Of(q))
	}
	named := w.Ask(t, "create_connector", `{"name": "Second desk", "replaces": "`+zendeskID+`", "credentials": `+zendeskKeys+`, "environment": {"subdomain": "lantern"}}`)
	if !strings.Contains(named.Summary, "stays as it is") {
		t.Errorf("%s", named.Summary)
	}
}
