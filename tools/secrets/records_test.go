package secrets_test

import (
	"context"
	"encoding/json"
	"testing"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/tools/account/accounttest"
	"airbyte-agent-mcp/tools/knowledge"
	"airbyte-agent-mcp/tools/ledger"
	"airbyte-agent-mcp/tools/secrets"
	"airbyte-agent-mcp/tools/secrets/secretstest"
)

// What is sealed here is handed back in arguments.
func TestSealedTextsAreNoTokens(t *testing.T) {
	t.Parallel()
	seal, err := ledger.NewSeal()
	if err != nil {
		t.Fatal(err)
	}
	for range 2000 {
		text, err := seal.Close("continuation", "somebody", accounttest.StoryTime, map[string]string{"a": secretstest.Made(secretstest.Alnums, 3000)})
		if err != nil {
			t.Fatal(err)
		}
		for secret, kind := range secrets.TokensIn(text) {
			t.Errorf("%q in %q passes for %s", secret, text, kind)
		}
	}
}

// Records, IDs and cursors of services can be given in arguments again.
func TestRecordsAreNoTokens(t *testing.T) {
	t.Parallel()
	w := accounttest.New(t, sandbox.Options{})
	connectors, err := w.Api.ListConnectors(t.Context(), airbyteclient.ListConnectorsOptions{WorkspaceName: "default"})
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, c := range connectors {
		known, err := knowledge.LearnOutline(context.Background(), w.Api, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range known.Entities {
			got, err := w.Api.Execute(t.Context(), c.ID, airbyteclient.ExecuteRequest{Entity: e.Name, Action: "list", Params: json.RawMessage(`{}`), Idempotent: true})
			if err != nil {
				continue // it takes parameters, or cannot be listed
			}
			seen++
			wrong := secrets.Policy{}.Misplaced("execute_operation", json.RawMessage(`{"params":`+string(rawjson.Of(got))+`}`))
			if wrong != nil || len(got.Result) < 10 {
				t.Errorf("%s of %s: %v: %.300s", e.Name, c.Name, wrong, got.Result)
			}
		}
	}
	if seen < 30 {
		t.Errorf("only %d entities were listed", seen)
	}
}
