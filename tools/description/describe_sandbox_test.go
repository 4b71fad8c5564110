package description_test

import (
	"encoding/json"
	"strings"
	"testing"

	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/tools"
	"airbyte-agent-mcp/tools/account/accounttest"
	"airbyte-agent-mcp/tools/description"
	"airbyte-agent-mcp/tools/dispatch/dispatchtest"
	"airbyte-agent-mcp/tools/knowledge"
)

// Every connector is described within 2,500 tokens, and nothing it has is
// left unnamed.
func TestDescriptionIsShortAndWhole(t *testing.T) {
	t.Parallel()
	w := dispatchtest.New(t, sandbox.Options{})
	for _, c := range w.ConnectorsOf(t) {
		raw, err := w.Call(t, "describe_connector", []byte(`{"connector_id": "`+c.ID+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		if len(raw) > description.DescribedBytes {
			t.Errorf("%s: %d bytes, want at most %d", c.Name, len(raw), description.DescribedBytes)
		}
		var got description.DescribeConnectorOut
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatal(err)
		}
		k, err := knowledge.Learn(t.Context(), w.Api, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range k.Entities {
			if got.Entities[i].Entity != e.Name || len(got.Entities[i].Actions) != len(e.Actions) {
				t.Errorf("%s: %s is told as %+v", c.Name, e.Name, got.Entities[i])
				continue
			}
			for j, a := range e.Actions {
				if !strings.HasPrefix(got.Entities[i].Actions[j], a.Name) {
					t.Errorf("%s: %s %s is told as %s", c.Name, e.Name, a.Name, got.Entities[i].Actions[j])
				}
			}
		}
		if len(got.Examples) != 2 {
			t.Errorf("%s: %d examples, want 2", c.Name, len(got.Examples))
		}
	}
}

func TestExamplesCanBeSent(t *testing.T) {
	t.Parallel()
	w := dispatchtest.New(t, sandbox.Options{})
	for _, c := range w.ConnectorsOf(t) {
		k, err := knowledge.Learn(t.Context(), w.Api, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		reading := description.ExampleCalls(k, true)[0]
		arguments, err := rawjson.Marshal(reading.Arguments)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(arguments), "<") {
			continue // it wants a value that cannot be known
		}
		if _, err := w.Call(t, reading.Tool, arguments); err != nil {
			t.Errorf("%s: %s: %v", c.Name, arguments, err)
		}
	}
}

func TestReadOnlyServersShowNoWrite(t *testing.T) {
	t.Parallel()
	w := accounttest.New(t, sandbox.Options{})
	k, err := knowledge.Learn(t.Context(), w.Api, w.ConnectorsOf(t)[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, call := range description.ExampleCalls(k, false) {
		if call.Tool != "read_records" {
			t.Errorf("an example is %+v", call)
		}
	}
	list, err := tools.Choose(tools.Catalog(), tools.Choice{Tools: []string{"describe_connector"}, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, tool := range list {
		if tool.Effect != tools.Read {
			t.Errorf("the tool of read-only servers is %s: %s", tool.Name, tool.Effect)
		}
	}
}

func TestPartsThatAreNotThereAreRefused(t *testing.T) {
	t.Parallel()
	w := dispatchtest.New(t, sandbox.Options{})
	for args, want := range map[string]string{
		`{"connector_id": "linear", "action": "list"}`:                        "action needs entity beside it.",
		`{"connector_id": "linear", "section": "filters"}`:                    `The documentation of Linear has no further section "filters". Call again without section`,
		`{"connector_id": "linear", "section": "actions.issues.destroy"}`:     `There is no action "destroy" for issues of Linear. There are list, get`,
		`{"connector_id": "linear", "entity": "isues", "action": "list"}`:     `Linear has no entity "isues"; did you mean "issues"? It has issues, projects`,
		`{"connector_id": "linear", "entity": "comments", "action": "updat"}`: `did you mean "update"?`,
		`{"connector_id": "linear", "entity": "zzzzzzzz"}`:                    `Linear has no entity "zzzzzzzz". It has issues`,
	} {
		_, err := w.Call(t, "describe_connector", []byte(args))
		if err == nil || !strings.Contains(tools.DescribeConnector().Explain(err), want) {
			t.Errorf("%s: %v, want %s", args, err, want)
		}
	}
}

func TestPartsAreFoundInAnyLetterCase(t *testing.T) {
	t.Parallel()
	w := dispatchtest.New(t, sandbox.Options{})
	got, err := w.Call(t, "describe_connector", []byte(`{"connector_id": "linear", "entity": "Issues", "action": "LIST"}`))
	if err != nil || !strings.Contains(string(got), `"details":[{"action":"list"`) {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestWhatIsUnknownIsSaid(t *testing.T) {
	t.Parallel()
	w := dispatchtest.New(t, sandbox.Options{})
	id := w.ConnectorsOf(t)[0].ID
	w.Sandbox.Inject(sandbox.Fault{Kind: sandbox.ServerError, Path: "/skills/docs", Skip: 1, Times: 1})
	got, err := w.Call(t, "describe_connector", []byte(`{"connector_id": "`+id+`"}`))
	if err != nil || !strings.Contains(string(got), `"unknown":["parameters of `) || !strings.Contains(string(got), "(?)") {
		t.Errorf("got %s, %v", got, err)
	}
}
