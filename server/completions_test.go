package server

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mark3labs/mcp-go/mcp"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/server/menu"
	"airbyte-agent-mcp/tools"
	"airbyte-agent-mcp/tools/account"
)

func promptRef(name string) string  { return `{"type":"ref/prompt","name":"` + name + `"}` }
func templateRef(uri string) string { return `{"type":"ref/resource","uri":"` + uri + `"}` }

func (c *stream) complete(ref, argument, value, given string) mcp.Completion {
	c.t.Helper()
	return result[mcp.CompleteResult](c.t, c.ask(request("1", "completion/complete", completeParams(ref, argument, value, given)))).Completion
}

func TestArgumentsAreCompleted(t *testing.T) {
	t.Parallel()
	c := newBench(t, settings{}).stdio(t)
	for _, row := range []struct {
		ref, argument, value, given string
		want                        []string
	}{
		{promptRef("connect_service"), "service", "hub", "{}", []string{"HubSpot", "GitHub"}},
		{promptRef("connect_service"), "workspace", "STAG", "{}", []string{"staging"}},
		{promptRef("ask_across"), "connectors", "Slack, str", "{}", []string{"Slack, Stripe", "Slack, " + stripeConnector}},
		{promptRef("ask_across"), "question", "w", "{}", []string{}},
		{promptRef("explore_connector"), "connector", stripeConnector[:8], "{}", []string{stripeConnector}},
		{promptRef("explore_connector"), "entity", "custom", `{"connector":"stripe"}`, []string{"customers"}},
		{promptRef("explore_connector"), "entity", "", `{}`, []string{}},
		{promptRef("explore_connector"), "action", "cre", `{"connector":"stripe","entity":"customers"}`, []string{"create"}},
		{promptRef("nonsense"), "connector", "", "{}", []string{}},
		{promptRef("explore_connector"), "nonsense", "", "{}", []string{}},
		{templateRef("airbyte://workspaces/{name}/connectors"), "name", "brambl", "{}", []string{"customer-bramblewick"}},
		{templateRef("airbyte://definitions{?name,cursor}"), "name", "stri", "{}", []string{"Stripe"}},
		{templateRef("airbyte://definitions{?name,cursor}"), "cursor", "", "{}", []string{}},
		{templateRef("airbyte://connectors/{id}"), "id", "stripe", "{}", []string{stripeConnector}},
		{docsRef, "section", "actions.customers.l", `{"id":"` + stripeConnector + `"}`, []string{"actions.customers.list"}},
		{docsRef, "section", "actions", `{"id":"none"}`, []string{}},
		{docsRef, "section", "actions", `{}`, []string{}},
		{templateRef("file:///{x}"), "x", "", "{}", []string{}},
	} {
		want := mcp.Completion{Values: row.want, Total: len(row.want)}
		got := c.complete(row.ref, row.argument, row.value, row.given)
		for late := time.Now().Add(patience); len(got.Values) == 0 && len(row.want) > 0 && time.Now().Before(late); {
			got = c.complete(row.ref, row.argument, row.value, row.given) // who types on gets what took long
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s %s %q given %s (-want +got):\n%s", row.ref, row.argument, row.value, row.given, diff)
		}
	}
}

func TestManyNamesAreCountedAndCut(t *testing.T) {
	t.Parallel()
	c := newBench(t, settings{clients: account.OneClient(connected(250).client(t))}).stdio(t)
	got := c.complete(exploreRef, "connector", "", "{}")
	if len(got.Values) != 100 || got.Total != 375 || !got.HasMore || got.Values[0] != "Name 000" || got.Values[1] != "Name 002" {
		t.Errorf("%d values of %d, %v: %q", len(got.Values), got.Total, got.HasMore, got.Values[:2])
	}
	if got := c.complete(exploreRef, "connector", "name 24", "{}"); len(got.Values) != 15 || got.Total != 15 || got.HasMore {
		t.Errorf("%d values of %d, %v: %q", len(got.Values), got.Total, got.HasMore, got.Values)
	}
	if got := c.complete(exploreRef, "connector", strings.Repeat("x", 5000), "{}"); len(got.Values) != 0 {
		t.Errorf("got %q", got.Values)
	}
}

func TestNamesAreToldOnlyWhereATool(t *testing.T) {
	t.Parallel()
	c := newBench(t, settings{choice: tools.Choice{Tools: []string{"describe_connector", "execute_operation"}}}).stdio(t)
	if got := c.complete(templateRef("airbyte://connectors/{id}"), "id", "", "{}"); len(got.Values) != 0 {
		t.Errorf("without list_connectors: %q", got.Values)
	}
}

func TestNamesAreAskedForOnceAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked, failing := 0, false
		c := newBench(t, settings{clients: account.OneClient(upstream(func(r *http.Request) (string, error) {
			asked++
			if failing {
				return "", errors.New("no network")
			}
			return connected(4)(r)
		}).client(t))}).stdio(t)
		for _, typed := range []string{"", "n", "na", "nam"} {
			if got := c.complete(exploreRef, "connector", typed, "{}"); len(got.Values) == 0 {
				t.Errorf("%q: nothing", typed)
			}
		}
		if asked != 1 {
			t.Errorf("it asked %d times", asked)
		}
		time.Sleep(menu.NamesAge + time.Second) // of the bubble
		failing = true
		if got := c.complete(exploreRef, "connector", "", "{}"); len(got.Values) != 0 || asked == 1 {
			t.Errorf("a minute later: %q after %d requests", got.Values, asked)
		}
		failing = false
		if got := c.complete(exploreRef, "connector", "", "{}"); len(got.Values) == 0 {
			t.Error("a failure was remembered")
		}
	})
}

func TestWhoTypesDoesNotWaitForTheAPI(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := upstream(func(r *http.Request) (string, error) {
			select {
			case <-time.After(5 * time.Second):
				return connected(1)(r)
			case <-r.Context().Done():
				return "", r.Context().Err()
			}
		})
		c := newBench(t, settings{clients: account.OneClient(slow.client(t))}).stdio(t)
		start := time.Now()
		got := c.complete(exploreRef, "connector", "", "{}")
		if took := time.Since(start); len(got.Values) != 0 || took != menu.CompletionTime {
			t.Errorf("%q after %v", got.Values, took)
		}
		time.Sleep(4 * time.Second) // of the bubble
		if got := c.complete(exploreRef, "connector", "", "{}"); len(got.Values) == 0 || time.Since(start) > 7*time.Second {
			t.Errorf("what came later is lost: %q after %v", got.Values, time.Since(start))
		}
	})
}

func TestCompletionThatFailsOffersNothing(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]settings{
		"API down":        {sandbox: sandbox.Options{Faults: []sandbox.Fault{{Kind: sandbox.Forbidden}}}},
		"nobody is known": {clients: noAccount},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := newBench(t, s).stdio(t).complete(exploreRef, "connector", "", "{}"); len(got.Values) != 0 {
				t.Errorf("got %q", got.Values)
			}
		})
	}
}

// Accounts are known by their client ID, which is no secret.
func TestNamesAreNotToldWithoutTheSecret(t *testing.T) {
	t.Parallel()
	var host string
	owner := sandboxClient(t, sandbox.New(sandbox.Options{}), func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { host = r.Host; next.ServeHTTP(w, r) })
	})
	if err := owner.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	other, err := airbyteclient.New(airbyteclient.Config{
		ClientID: sandbox.ClientID, ClientSecret: airbyteclient.NewSecret("guessed"),
		OrganizationID: sandbox.OrganizationID, APIHost: "http://" + host,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(other.CloseIdleConnections)
	if owner.Identity() != other.Identity() {
		t.Fatal("this test tells nothing")
	}
	var guessing atomic.Bool
	c := newBench(t, settings{clients: func(context.Context) (*airbyteclient.Client, error) {
		if guessing.Load() {
			return other, nil
		}
		return owner, nil
	}}).stdio(t)
	if got := c.complete(exploreRef, "connector", "", "{}"); len(got.Values) == 0 {
		t.Error("the owner is told nothing")
	}
	guessing.Store(true)
	if got := c.complete(exploreRef, "connector", "", "{}"); len(got.Values) != 0 {
		t.Errorf("who guesses is told %q", got.Values)
	}
}
