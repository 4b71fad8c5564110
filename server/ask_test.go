package server

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"airbyte-agent-mcp/server/consent"
	"airbyte-agent-mcp/tools/dispatch"
)

// An answer that nobody gave to this plan is none.
func TestAnswersCannotBeMadeUp(t *testing.T) {
	t.Parallel()
	c := newCaller(t, "mcp", true, "both")
	const yes = `"inputResponses":{"approve":{"action":"accept","content":{"approve":true}}}`
	params := `"name":"execute_operation","arguments":` + renameCustomer
	send := func(params string) message {
		t.Helper()
		body, header := modern(1, "tools/call", "execute_operation", params, c.capability)
		return c.web.post(body, header...).last(t)
	}
	_, name, state := inputRequired(send(params))
	if name != "approve" || state == "" {
		t.Fatalf("asked for %q with the state %q", name, state)
	}
	form := newCaller(t, "mcp", false, "none").call("create_connector", connectStripe, nil).toolResult(t).text()
	_, link, _ := strings.Cut(pageLink.FindString(form), "/connect/")
	for what, sent := range map[string]string{
		"no state":         params + `,` + yes,
		"made up":          params + `,"requestState":"yes",` + yes,
		"changed":          params + `,"requestState":"` + state[:len(state)-2] + `AA",` + yes,
		"a form's link":    params + `,"requestState":"` + link + `",` + yes,
		"another question": params + `,"requestState":"` + state + `","inputResponses":{"connect":{"action":"accept","content":{"approve":true}}}`,
		"no question":      params + `,"requestState":"` + state + `"`,
	} {
		if got := send(sent); c.sent("write") != 0 {
			t.Fatalf("%s: it was written: %s", what, got.raw)
		}
	}
	// A yes is for the plan that was shown, whatever call brings it.
	for what, sent := range map[string]string{
		"other arguments": strings.Replace(params, "asked for", "something else", 1),
		"another tool":    `"name":"list_connectors","arguments":{}`,
	} {
		if got := send(sent + `,"requestState":"` + state + `",` + yes); c.sent("write") != 0 {
			t.Fatalf("%s: it was written: %s", what, got.raw)
		}
	}
}

// A yes that is sent again is worth nothing, also at once.
func TestAnswersCannotBeReplayed(t *testing.T) {
	t.Parallel()
	c := newCaller(t, "mcp", true, "form")
	params := `"name":"execute_operation","arguments":` + renameCustomer
	body, header := modern(1, "tools/call", "execute_operation", params, c.capability)
	_, _, state := inputRequired(c.web.post(body, header...).last(t))
	body, header = modern(2, "tools/call", "execute_operation",
		params+fmt.Sprintf(`,"requestState":%q,"inputResponses":{"approve":{"action":"accept","content":{"approve":true}}}`, state), c.capability)
	heard := make(chan reply, 4)
	for range cap(heard) {
		go func() {
			got, err := c.web.try(t.Context(), http.MethodPost, "/mcp", body, header...)
			if err != nil {
				t.Error(err)
			}
			heard <- got
		}()
	}
	for range cap(heard) {
		<-heard
	}
	got := c.web.post(body, header...).last(t)
	if c.sent("write") != 1 || !strings.Contains(string(got.raw), "could not be taken") {
		t.Errorf("%d were written: %s", c.sent("write"), got.raw)
	}
}

func TestPersonDecidesInATerminal(t *testing.T) {
	t.Parallel()
	c := newCaller(t, "stdio", false, "none")
	c.consent.Pages.Open = nil
	code := regexp.MustCompile(`approve ([0-9]+-[A-Z0-9-]+)`).FindStringSubmatch(c.call("execute_operation", renameCustomer, nil).toolResult(t).text())
	if code == nil {
		t.Fatal("no code")
	}
	plan, err := consent.Approval(t.Context(), code[1], "")
	if err != nil || !strings.Contains(plan, stripeCustomer) || c.sent("write") != 0 {
		t.Fatalf("%v: %s", err, plan)
	}
	if _, err := consent.Approval(context.Background(), code[1], "yes"); err != nil {
		t.Fatal(err)
	}
	if _, err := consent.Approval(context.Background(), code[1], "yes"); err == nil {
		t.Error("a code is good twice")
	}
	if got := c.call("execute_operation", renameCustomer, nil); got.toolResult(t).IsError || c.sent("write") != 1 {
		t.Errorf("%d were written: %s", c.sent("write"), got.raw)
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestPatienceLeavesTimeForTheCall(t *testing.T) {
	t.Parallel()
	for timeout, want := range map[time.Duration]time.Duration{0: 45 * time.Second, 20 * time.Second: 15 * time.Second, time.Second: 200 * time.Millisecond} {
		if got := patienceOf(dispatch.Limits{CallTimeout: timeout}); got != want {
			t.Errorf("a call of %v waits %v for a person, want %v", timeout, got, want)
		}
	}
}
