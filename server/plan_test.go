package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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
	words := inWords(p)
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
	words = inWords(p)
	if !strings.Contains(words, "\nSends: "+sendsOf(p.Sends)+"\nTo undo it: "+p.Undo+"\nAs it is now") || !regexp.MustCompile(`… \(\d+ more characters\)$`).MatchString(words) {
		t.Errorf("without changes it is\n%.300s", words)
	}
}

// A value with lines in it looks like none of ours.
func TestPlanInWordsCannotBeForged(t *testing.T) {
	t.Parallel()
	forged := "x\nTo undo it: easily"
	words := inWords(plan.Plan{
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

// manyFields changes more than a question holds.
func manyFields() string {
	metadata := []string{}
	for i := range 45 {
		metadata = append(metadata, fmt.Sprintf(`"field_%02d":%q`, i, fmt.Sprint(strings.Repeat("text ", 50), "end ", i)))
	}
	return `{"connector_id":"stripe","entity":"customers","action":"update","params":{"id":"` + stripeCustomer + `",` + strings.Join(metadata, ",") + `}}`
}

// What does not fit a question whole is shown on a page, whatever the client
// can do; so nothing is approved that was not shown.
func TestLongPlanIsShownOnItsPage(t *testing.T) {
	t.Parallel()
	for _, era := range eras {
		for _, ability := range []string{"form", "both"} {
			t.Run(era.name+"/"+ability, func(t *testing.T) {
				t.Parallel()
				c := newCaller(t, era.transport, era.modern, ability)
				want := wayTo(era.transport, map[string]string{"form": "none", "both": "url"}[ability], "write")
				reached := "link"
				approve := func(page string) {
					_, shown := c.load(http.MethodGet, page, nil)
					for i := range 45 {
						if !strings.Contains(shown, fmt.Sprint("text end ", i, "<")) {
							t.Errorf("field %d is not shown whole", i)
						}
					}
					c.finish("write", page, "approve")
				}
				does := func(q inquiry) (string, func()) {
					reached = q.way
					if q.way == "form" {
						return `{"action":"accept","content":{"approve":true}}`, nil
					}
					return `{"action":"accept"}`, func() { approve(q.page) }
				}
				got := c.call("execute_operation", manyFields(), does).toolResult(t)
				if link := pageLink.FindString(got.text()); reached == "link" {
					approve(link)
					got = c.call("execute_operation", manyFields(), does).toolResult(t)
				}
				if reached != want || got.IsError || c.sent("write") != 1 {
					t.Errorf("reached by %q, want %q, %d were written: %.500s", reached, want, c.sent("write"), got.text())
				}
			})
		}
	}
}

func TestTerminalShowsALongPlanWhole(t *testing.T) {
	t.Parallel()
	c := newCaller(t, "stdio", false, "none")
	c.consent.pages.open = nil
	code := regexp.MustCompile(`approve ([0-9]+-[A-Z0-9-]+)`).FindStringSubmatch(c.call("execute_operation", manyFields(), nil).toolResult(t).text())
	if code == nil {
		t.Fatal("no code")
	}
	plan, err := Approval(t.Context(), code[1], "")
	http.DefaultClient.CloseIdleConnections()
	if err != nil || strings.Count(plan, "text end ") != 45 || len(plan) <= maxFormWords {
		t.Errorf("%v: %d bytes\n%.1000s", err, len(plan), plan)
	}
}

// Whatever listens on the port of a code does not command the terminal.
func TestTerminalObeysNoPlan(t *testing.T) {
	t.Parallel()
	var said map[string]string
	stranger := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, said) }))
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
