package plan_test

import (
	"strings"
	"testing"
	"time"

	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/tools/account/accounttest"
	"airbyte-agent-mcp/tools/dispatch"
	"airbyte-agent-mcp/tools/dispatch/dispatchtest"
	"airbyte-agent-mcp/tools/plan"
	"airbyte-agent-mcp/tools/refusal"
	"airbyte-agent-mcp/tools/secrets"
)

func TestDataReadFromOneConnectorIsNotWrittenToAnother(t *testing.T) {
	t.Parallel()
	for _, read := range []struct {
		name, tool, arguments string
		kept                  bool
	}{
		{"nothing", "list_connectors", `{}`, false},
		{"another connector", "read_records", dispatchtest.ReadingGitHub, false},
		{"what the connector is like", "describe_connector", `{"connector_id":"hubspot"}`, false},
		{"records", "read_records", dispatchtest.ReadingHubSpot, true},
		{"records of several", "read_records", `{"connectors": ["github", "hubspot"], "entity": "companies", "limit": 1}`, true},
		{"by an operation", "execute_operation", `{"connector_id": "HUBSPOT production", "entity": "companies", "action": "list", "params": {"limit": 1}}`, true},
	} {
		t.Run(read.name, func(t *testing.T) {
			t.Parallel()
			w := dispatchtest.Keeping(t, plan.Allow, plan.FlowRule{From: "hub*", To: "linear"})
			w.Reads(t, "one", read.tool, read.arguments)
			before := len(w.Wrote())
			kind, words := w.Writes(t, "one")
			if (kind == "refused") != read.kept || (len(w.Wrote()) == before) != read.kept {
				t.Errorf("%s: %s", kind, words)
			}
			if read.kept && (!strings.Contains(words, "HubSpot production") || !strings.Contains(words, "mcp.flows[0]")) {
				t.Errorf("the words do not tell why: %s", words)
			}
			if kind, _ := w.Writes(t, "another session"); kind != "ok" {
				t.Errorf("another session: %s", kind)
			}
		})
	}
}

func TestConnectorMayBeWrittenWhatWasReadFromIt(t *testing.T) {
	t.Parallel()
	w := dispatchtest.Keeping(t, plan.Allow, plan.FlowRule{From: "*", To: "*"})
	w.Reads(t, "", "read_records", `{"connector_id": "linear", "entity": "issues", "limit": 1}`)
	if kind, words := w.Writes(t, ""); kind != "ok" {
		t.Errorf("%s: %s", kind, words)
	}
	w.Reads(t, "", "read_records", dispatchtest.ReadingGitHub)
	if kind, _ := w.Writes(t, ""); kind != "refused" {
		t.Errorf("after another was read: %s", kind)
	}
}

func TestContinuationCarriesWhatItReads(t *testing.T) {
	t.Parallel()
	w := dispatchtest.Keeping(t, plan.Allow, plan.FlowRule{From: "hubspot", To: "linear"})
	got := w.Reads(t, "one", "execute_operation", `{"connector_id": "hubspot", "entity": "contacts", "action": "list", "params": {"limit": 50}, "max_tokens": 400}`)
	next := `{"continuation":` + string(rawjson.Member(got, "continuation")) + `}`
	if kind, _ := w.Writes(t, "two"); kind != "ok" {
		t.Fatalf("before: %s", kind)
	}
	w.Reads(t, "two", secrets.ReadMoreName, next)
	if kind, _ := w.Writes(t, "two"); kind != "refused" {
		t.Errorf("after the rest was read in another session: %s", kind)
	}
}

func TestPlanTellsWhoseDataAWriteMayCarry(t *testing.T) {
	t.Parallel()
	w := dispatchtest.Keeping(t, plan.Allow, plan.FlowRule{From: "hubspot", To: "linear", Decide: plan.Confirm}, plan.FlowRule{From: "github", To: "linear", Decide: plan.Confirm})
	w.Reads(t, "", "read_records", dispatchtest.ReadingHubSpot)
	p := w.Ask(t, "execute_operation", dispatchtest.Creating)
	if said := strings.Join(p.Notes, "\n"); !strings.Contains(said, `data of "HubSpot production" was read`) {
		t.Errorf("the person reads %s", said)
	}
	w.Decide(t, p, true)
	w.Reads(t, "", "read_records", dispatchtest.ReadingGitHub)
	q := w.Ask(t, "execute_operation", dispatchtest.Creating)
	if said := strings.Join(q.Notes, "\n"); !strings.Contains(said, "was read since") || !strings.Contains(said, `"GitHub"`) {
		t.Errorf("when more was read the person reads %s", said)
	}
	w.Decide(t, q, true)
	if kind, words := w.Writes(t, ""); kind != "ok" || len(w.Wrote()) != 1 {
		t.Errorf("%s: %s", kind, words)
	}
}

// Replicas that share a ledger know what was read at each other.
func TestReplicasKnowWhatWasRead(t *testing.T) {
	t.Parallel()
	a, b := dispatchtest.Replicas(t, t.TempDir(), dispatch.WithWrites(plan.Policy{Mode: plan.Allow, Flows: []plan.FlowRule{{From: "hubspot", To: "linear"}}}))
	a.Reads(t, "one", "read_records", dispatchtest.ReadingHubSpot)
	if kind, _ := b.Writes(t, "one"); kind != "refused" {
		t.Errorf("at the other replica: %s", kind)
	}
}

func TestNothingIsReadThatCannotBeKeptTrackOf(t *testing.T) {
	t.Parallel()
	a, _ := dispatchtest.Replicas(t, t.TempDir(), dispatch.WithWrites(plan.Policy{Mode: plan.Confirm, Flows: []plan.FlowRule{{From: "*", To: "linear"}}}))
	a.Runner.Ledger().Close()
	_, err := a.Call(t, "read_records", []byte(dispatchtest.ReadingHubSpot))
	if err == nil || !strings.Contains(err.Error(), "cannot be written down") {
		t.Errorf("%v", err)
	}
}

func TestReadingAgainKeepsItKnown(t *testing.T) {
	t.Parallel()
	now := accounttest.StoryTime
	w := dispatchtest.New(t, sandbox.Options{}, dispatch.WithWrites(plan.Policy{Mode: plan.Allow, Flows: []plan.FlowRule{{From: "hubspot", To: "linear"}}}),
		dispatch.WithClock(func() time.Time { return now }))
	w.Reads(t, "", "read_records", dispatchtest.ReadingHubSpot)
	now = now.Add(plan.ReadLife - time.Minute)
	w.Reads(t, "", "read_records", dispatchtest.ReadingHubSpot)
	now = now.Add(plan.ReadLife - time.Minute)
	if kind, _ := w.Writes(t, ""); kind != "refused" {
		t.Errorf("12 hours after the first read: %s", kind)
	}
	now = now.Add(2 * time.Minute)
	if kind, _ := w.Writes(t, ""); kind != "ok" {
		t.Errorf("12 hours after the last read: %s", kind)
	}
}

func TestSettingsOfAConnectorAreWrittenToItToo(t *testing.T) {
	t.Parallel()
	w := dispatchtest.Keeping(t, plan.Allow, plan.FlowRule{From: "hubspot", To: "linear"})
	w.Reads(t, "", "read_records", dispatchtest.ReadingHubSpot)
	_, err := w.Call(t, "update_connector", []byte(`{"connector_id":"linear","replication_config":{"note":"from HubSpot"}}`))
	if refusal.KindOf(err) != "refused" {
		t.Errorf("%v", err)
	}
}
