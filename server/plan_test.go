package server

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"airbyte-agent-mcp/server/consent"
)

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
	c.consent.Pages.Open = nil
	code := regexp.MustCompile(`approve ([0-9]+-[A-Z0-9-]+)`).FindStringSubmatch(c.call("execute_operation", manyFields(), nil).toolResult(t).text())
	if code == nil {
		t.Fatal("no code")
	}
	plan, err := consent.Approval(t.Context(), code[1], "")
	http.DefaultClient.CloseIdleConnections()
	if err != nil || strings.Count(plan, "text end ") != 45 || len(plan) <= consent.MaxFormWords {
		t.Errorf("%v: %d bytes\n%.1000s", err, len(plan), plan)
	}
}
