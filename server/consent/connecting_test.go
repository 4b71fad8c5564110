package consent

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/server/connect/form"
	"airbyte-agent-mcp/tools"
)

// A form is that of its call, with all that was given.
func TestFormIsForAllThatWasGiven(t *testing.T) {
	t.Parallel()
	api := sandboxClient(t, sandbox.New(sandbox.Options{}), nil)
	given := func() *tools.CredentialsNeeded {
		return &tools.CredentialsNeeded{
			WorkspaceName: "w", DefinitionID: "d", Name: "n", ReplicationConfig: json.RawMessage(`{"a":1}`),
			Entities: []airbyteclient.RequestedEntity{{Entity: "customers", Modes: []string{"read"}}}, Tags: []string{"x"}, TagsMode: "any",
		}
	}
	want := form.Request{
		WorkspaceName: "w", DefinitionID: "d", Name: "n", ReplicationConfig: json.RawMessage(`{"a":1}`),
		Entities: []airbyteclient.RequestedEntity{{Entity: "customers", Modes: []string{"read"}}}, Tags: []string{"x"}, TagsMode: "any",
	}
	if diff := cmp.Diff(want, requestOf(given())); diff != "" {
		t.Errorf("the form's (-want +got):\n%s", diff)
	}
	first := formKey(api, given())
	for name, change := range map[string]func(*tools.CredentialsNeeded){
		"an entity": func(n *tools.CredentialsNeeded) { n.Entities[0].Entity = "charges" },
		"a mode":    func(n *tools.CredentialsNeeded) { n.Entities[0].Modes = nil },
		"a tag":     func(n *tools.CredentialsNeeded) { n.Tags = append(n.Tags, "y") },
		"the mode":  func(n *tools.CredentialsNeeded) { n.TagsMode = "all" },
	} {
		n := given()
		if change(n); formKey(api, n) == first {
			t.Errorf("another form is not found by %s", name)
		}
	}
	none, empty := given(), given()
	none.Entities, none.Tags, empty.Entities, empty.Tags = nil, nil, []airbyteclient.RequestedEntity{}, []string{}
	if formKey(api, none) != formKey(api, empty) {
		t.Error("nothing and an empty list are two forms")
	}
}
