package dispatch_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/tools/answer"
	"airbyte-agent-mcp/tools/dispatch"
	"airbyte-agent-mcp/tools/dispatch/dispatchtest"
	"airbyte-agent-mcp/tools/plan"
	"airbyte-agent-mcp/tools/secrets"
	"airbyte-agent-mcp/tools/toolcall"
)

func TestForeignDataIsMarkedFirst(t *testing.T) {
	t.Parallel()
	w := dispatchtest.New(t, sandbox.Options{}, dispatch.WithWrites(plan.Policy{Mode: "allow"}))
	for _, c := range []struct {
		tool, arguments string
		marked          bool
	}{
		{"execute_operation", `{"connector_id":"linear","entity":"issues","action":"list","params":{"first":2}}`, true},
		{"execute_operation", dispatchtest.Creating, true},
		{"read_records", `{"connector_id":"linear","entity":"issues","limit":2}`, true},
		{"read_records", `{"connectors":["linear","github"],"entity":"issues","limit":1}`, true},
		{"list_connectors", `{}`, false},
		{"describe_connector", `{"connector_id":"linear"}`, false},
	} {
		got, err := w.Call(t, c.tool, []byte(c.arguments))
		if err != nil || !json.Valid(got) {
			t.Fatalf("%s: %v, %s", c.tool, err, got)
		}
		if bytes.HasPrefix(got, []byte(answer.ForeignMark)) != c.marked {
			t.Errorf("%s: %.200s", c.tool, got)
		}
	}
	// So is what read_more gives of them.
	long := toolcall.Call{Tool: "execute_operation", Arguments: json.RawMessage(`{"connector_id":"linear","entity":"issues","action":"list","params":{"first":50}}`)}
	first, err := w.Runner.Call(t.Context(), w.Api.Client, long.Tool, json.RawMessage(strings.TrimSuffix(string(long.Arguments), "}")+`,"max_tokens":400}`))
	if err != nil {
		t.Fatal(err)
	}
	next := `{"continuation":` + string(rawjson.Member(first.JSON, "continuation")) + `}`
	if got, err := w.Runner.Call(t.Context(), w.Api.Client, secrets.ReadMoreName, json.RawMessage(next)); err != nil || !bytes.HasPrefix(got.JSON, []byte(answer.ForeignMark)) {
		t.Errorf("%v, %.200s", err, got.JSON)
	}
}
