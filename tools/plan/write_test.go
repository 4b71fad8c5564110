package plan

import (
	"encoding/json"
	"strings"
	"testing"

	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/tools/knowledge"
	"airbyte-agent-mcp/tools/toolcall"
)

func TestSignedURLsAreNoChange(t *testing.T) {
	t.Parallel()
	first, later := `{"file":"https://f.example/a?sig=1","site":"https:\/\/s.example?x=1"}`, `{"file":"https://f.example/a?sig=2","site":"https:\/\/s.example?x=2"}`
	if a, b := lasting([]byte(first), nil), lasting([]byte(later), nil); string(a) != string(b) {
		t.Errorf("%s is not %s", a, b)
	}
	if a, b := lasting([]byte(first), []byte(`{"site":"n"}`)), lasting([]byte(later), []byte(`{"site":"n"}`)); string(a) == string(b) {
		t.Error("a field that is written may have changed")
	}
}

func TestSecretsOfRecordsAreNotInAPlan(t *testing.T) {
	t.Parallel()
	w := &Write{Tool: "execute_operation", Action: "update", Entity: "hooks", known: &knowledge.Connector{}, review: Operation()}
	call := toolcall.Call{Tool: "execute_operation", Arguments: json.RawMessage(`{"params":{"id":1,"secret":"canary-new","credentials":{"deep":"canary-new"},"url":"https://u:canary-new@h.example","note":"n\u202e"}}`)}
	found := Target{Record: json.RawMessage(`{"secret":"canary-old","credentials":{"deep":"canary-old"},"url":"https://u:canary-old@h.example","note":"old\u202e"}`), named: []string{"id"}}
	target, _ := forPerson(found.Record)
	sends, blanked := forPerson(call.Arguments)
	changes := w.changes(call, found)
	undo := w.undo(call, found)
	all := string(target) + string(sends) + string(rawjson.Of(changes)) + undo
	if strings.Contains(all, "canary") || strings.Contains(all, "\u202e") || !blanked || len(changes) != 4 {
		t.Errorf("%s", all)
	}
	if !strings.Contains(undo, `"note":"old\u202e"`) || !strings.Contains(undo, "left out") {
		t.Errorf("undo %s", undo)
	}
}

func TestPlanIsBounded(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{
		"long text":  `{"a":"` + strings.Repeat("x", 100_000) + `"}`,
		"long list":  `{"a":[` + strings.Repeat(`"some text",`, 20_000) + `1]}`,
		"deep":       strings.Repeat(`{"a":`, 500) + "1" + strings.Repeat("}", 500),
		"enormous":   `{"a":"` + strings.Repeat("x", 2_000_000) + `"}`,
		"long names": `{"` + strings.Repeat("n", 100_000) + `":1}`,
		"big number": `{"a":` + strings.Repeat("1", 50_000) + `}`,
		"not JSON":   `{`,
	} {
		got, _ := forPerson(json.RawMessage(raw))
		if len(got) > maxPlanPart || !json.Valid(got) {
			t.Errorf("%s: %d bytes, valid %v", name, len(got), json.Valid(got))
		}
	}
}

func TestOtherNameIsTakenOnlyWhereItIsClear(t *testing.T) {
	t.Parallel()
	get := []knowledge.Param{{Name: "owner"}, {Name: "number"}}
	for _, c := range []struct {
		inPath []string
		want   string
	}{
		{[]string{"owner", "issue_number"}, "issue_number"},
		{[]string{"owner"}, ""},
		{[]string{"owner", "issue_number", "comment_number"}, ""},
		{[]string{"owner", "issue_id"}, ""},
		{[]string{"owner", "phonenumber"}, ""},
	} {
		if got := otherName("number", get, c.inPath); got != c.want {
			t.Errorf("%q: got %q", c.inPath, got)
		}
	}
}
