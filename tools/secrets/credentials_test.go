package secrets_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/tools"
	"airbyte-agent-mcp/tools/dispatch"
	"airbyte-agent-mcp/tools/dispatch/dispatchtest"
	"airbyte-agent-mcp/tools/plan"
	"airbyte-agent-mcp/tools/secrets"
)

// Without credentials a person is asked for them, whatever writes may do.
func TestConnectorWithoutCredentialsNeedsAForm(t *testing.T) {
	t.Parallel()
	w := dispatchtest.New(t, sandbox.Options{})
	call := func(arguments string) error {
		_, err := w.Runner.Call(t.Context(), w.Api.Client, "create_connector", json.RawMessage(arguments))
		return err
	}
	need, ok := errors.AsType[*tools.CredentialsNeeded](call(`{"connector_type":"stripe","name":"Mine"}`))
	if !ok || need.DefinitionID != "e094cb9a-26de-4645-8761-65c0c425d1de" || need.Name != "Mine" || need.WorkspaceName != "default" {
		t.Errorf("%+v", need)
	}
	if err := call(`{"connector_type":"Strip"}`); err == nil || !strings.Contains(err.Error(), "list_definitions") {
		t.Errorf("an unknown service: %v", err)
	}
	if err := call(`{"name":"Mine"}`); err == nil || !strings.Contains(err.Error(), "definition_id") {
		t.Errorf("no service: %v", err)
	}
	for _, r := range w.Sandbox.Requests() {
		if r.Method == "POST" && strings.HasSuffix(r.Path, "/connectors") {
			t.Errorf("it was sent: %s", r.Body)
		}
	}
}

func TestReferenceIsTakenWhereASecretStands(t *testing.T) {
	t.Setenv("CONNECTOR_PAT", "a secret of ours")
	w := dispatchtest.New(t, sandbox.Options{}, dispatch.WithCredentials(secrets.Policy{AllowSecretEnv: []string{"*"}}))
	for arguments, taken := range map[string]bool{
		`{"connector_id":"stripe","replication_config":{"account_id":{"from_env":"CONNECTOR_PAT"}}}`:    false,
		`{"connector_id":"stripe","replication_config":{"channel_note":{"from_env":"CONNECTOR_PAT"}}}`:  false,
		`{"connector_id":"stripe","replication_config":{"client_secret":{"from_env":"CONNECTOR_PAT"}}}`: true,
	} {
		_, err := w.Call(t, "update_connector", []byte(arguments))
		if (err == nil) != taken {
			t.Errorf("%s: %v", arguments, err)
		}
	}
	got, err := w.Call(t, "get_connector", []byte(`{"connector_id":"stripe"}`))
	if err != nil || strings.Contains(string(got), "a secret of ours") {
		t.Errorf("%v: %s", err, got)
	}
}

// To try credentials is to send them somewhere, so that naming them is asked
// about.
func TestTryingSecretsByReferenceIsAskedAbout(t *testing.T) {
	t.Setenv("CONNECTOR_PAT", "first value")
	w := dispatchtest.New(t, sandbox.Options{}, dispatch.WithWrites(plan.Policy{Mode: plan.Confirm}), dispatch.WithCredentials(secrets.Policy{AllowSecretEnv: []string{"CONNECTOR_*"}}))
	const arguments = `{"definition_id":"79c1aa37-dae3-42ae-b333-d1c105477715","credentials":{"email":"a@b.example","api_token":{"from_env":"CONNECTOR_PAT"}},"environment":{"subdomain":"elsewhere"}}`
	p := w.Ask(t, "check_new_connector", arguments)
	if !strings.Contains(string(p.Sends), "elsewhere") || !strings.Contains(string(p.Sends), "CONNECTOR_PAT") || !strings.Contains(p.Summary, "Zendesk Support") || strings.Contains(string(rawjson.Of(p)), "first value") {
		t.Errorf("%s", rawjson.Of(p))
	}
	w.Decide(t, p, true)
	t.Setenv("CONNECTOR_PAT", "second value")
	q := w.Ask(t, "check_new_connector", arguments)
	if !strings.Contains(strings.Join(q.Notes, " "), "references name has changed") || len(w.Wrote()) > 0 {
		t.Errorf("another value under the same yes: %s, %q", rawjson.Of(q), w.Wrote())
	}
	w.Decide(t, q, true)
	if _, err := w.Call(t, "check_new_connector", []byte(arguments)); err != nil || len(w.Wrote()) != 1 {
		t.Errorf("%v after %q", err, w.Wrote())
	}
}
