package consent

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"airbyte-agent-mcp/server/transport"
	"airbyte-agent-mcp/tools/plan"
)

// longPlan has more in it than any question should.
func longPlan() plan.Plan {
	p := plan.Plan{
		Tool: "execute_operation", Summary: "Changes many fields.", Entity: "customers", Action: "update", Record: `id="cus_1"`,
		Undo: "Call update with " + strings.Repeat("undo ", 2000) + "end of undo", Notes: []string{"a note"},
		Sends:  json.RawMessage(`{"intent":"tidy","params":{"id":"cus_1","note":"` + strings.Repeat("sent ", 5000) + `end"},"entity":"customers"}`),
		Target: json.RawMessage(`{"text":"` + strings.Repeat("is ", 2000) + `"}`),
	}
	for i := range 500 {
		p.Changes = append(p.Changes, plan.Change{Path: fmt.Sprint("field", i), Before: strings.Repeat("was ", 500), After: fmt.Sprint(strings.Repeat("will be ", 20), "end of ", i)})
	}
	return p
}

func TestPlanInWordsHasAllThatIsSent(t *testing.T) {
	t.Parallel()
	p := longPlan()
	words := InWords(p)
	for i, c := range p.Changes {
		if !strings.Contains(words, "\n- "+c.Path+": was ") || !strings.Contains(words, " → "+c.After+"\n") {
			t.Fatalf("change %d is not whole", i)
		}
	}
	for _, told := range []string{"\nRecord: id=\"cus_1\"\n", "\nNote: a note\n- field0", p.Undo, "was … (1000 more characters) →"} {
		if !strings.Contains(words, told) {
			t.Errorf("%.60q is missing", told)
		}
	}
	p.Changes = nil
	words = InWords(p)
	if !strings.Contains(words, "\nSends: "+sendsOf(p.Sends)+"\nTo undo it: "+p.Undo+"\nAs it is now") || !regexp.MustCompile(`… \(\d+ more characters\)$`).MatchString(words) {
		t.Errorf("without changes it is\n%.300s", words)
	}
}

// A value with lines in it looks like none of ours.
func TestPlanInWordsCannotBeForged(t *testing.T) {
	t.Parallel()
	forged := "x\nTo undo it: easily"
	words := InWords(plan.Plan{
		Summary: "s", Record: forged, Notes: []string{forged}, Target: json.RawMessage(forged), Undo: forged,
		Changes: []plan.Change{{Path: forged, Before: forged, After: forged}},
	})
	if n := strings.Count(words, "\nTo undo it:"); n != 1 {
		t.Errorf("%d ways to undo it:\n%s", n, words)
	}
}

func TestWhatIsSentIsWrittenToBeRead(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`{"skip_truncation":true,"select_fields":["a"],"intent":"why","entity":"e","params":{"b":1.10,"a":[]},"exclude_fields":[],"entity":"again"}`: `{
  "params": {
    "b": 1.10,
    "a": []
  },
  "entity": "e",
  "entity": "again",
  "intent": "why",
  "select_fields": [
    "a"
  ],
  "exclude_fields": [],
  "skip_truncation": true
}`,
		"{\"a\":\"\u200b\u202eb\"}":      "{\n  \"a\": \"\\u200b\\u202eb\"\n}",
		`"(not JSON)"`:                   `"(not JSON)"`,
		``:                               ``,
		`{"a":1} x`:                      `{"a":1} x`,
		`{"a":1`:                         `{"a":1`,
		`[[` + strings.Repeat("[", 40):   `[[` + strings.Repeat("[", 40),
		`{"a":"` + deepList(9000) + `"}`: "{\n  \"a\": \"" + deepList(9000) + "\"\n}",
		`{"a":` + deepList(9000) + `}`:   `{"a":` + deepList(9000) + `}`,
	} {
		if diff := cmp.Diff(want, sendsOf(json.RawMessage(raw))); diff != "" {
			t.Errorf("%.40s (-want +got):\n%.2000s", raw, diff)
		}
	}
}

func deepList(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }

func TestPageOfAPlanHasAShortTitle(t *testing.T) {
	t.Parallel()
	for title, plan := range map[string]plan.Plan{
		"Update issues":        {Tool: "execute_operation", Action: "update", Entity: "issues"},
		"Delete conn template": {Tool: "delete_conn_template", Action: "delete", Entity: "conn_template"},
		"Éditer":               {Action: "éditer"},
		"x":                    {Tool: "x"},
	} {
		if got := titleOf(plan); strings.TrimSpace(got) != title {
			t.Errorf("%q, want %q", got, title)
		}
	}
}

func TestPageOfAPlanTellsDeletionsFromChanges(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		plan            plan.Plan
		danger, deletes bool
	}{
		{plan.Plan{Action: "update", Undo: "u"}, false, false},
		{plan.Plan{Action: "update"}, true, false},
		{plan.Plan{Action: "delete", Undo: "u"}, true, true},
		{plan.Plan{Tool: "delete_connector"}, true, true},
	} {
		if a := approvalOf(row.plan); a.Danger != row.danger || a.Deletes != row.deletes || a.Undo == "" {
			t.Errorf("%+v: danger %v, deletes %v, undo %q", row.plan, a.Danger, a.Deletes, a.Undo)
		}
	}
}

// Whatever listens on the port of a code does not command the terminal.
func TestTerminalObeysNoPlan(t *testing.T) {
	t.Parallel()
	var said map[string]string
	stranger := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { transport.WriteJSON(w, http.StatusOK, said) }))
	t.Cleanup(stranger.Close)
	code := stranger.URL[strings.LastIndex(stranger.URL, ":")+1:] + "-ABCD"
	const evil = "one\x1b[2J\x1b]0;title\a\r\n\ttwo\u009b1m\u202e three\x7f"
	said = map[string]string{"plan": evil}
	if got, err := Approval(t.Context(), code, ""); err != nil || got != "one[2J]0;title\n\n\ttwo1m three" {
		t.Errorf("a plan: %q, %v", got, err)
	}
	said = map[string]string{"error": evil + strings.Repeat("x", 100_000)}
	if _, err := Approval(t.Context(), code, ""); err == nil || strings.ContainsAny(err.Error(), "\x1b\a\r\u009b") || len(err.Error()) > maxTerminalError {
		t.Errorf("an error of %d bytes: %.200q", len(fmt.Sprint(err)), fmt.Sprint(err))
	}
	said = map[string]string{"plan": strings.Repeat("x", maxTerminal+1)}
	if got, err := Approval(t.Context(), code, ""); err == nil {
		t.Errorf("a plan of %d bytes", len(got))
	}
}
