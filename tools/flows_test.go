package tools

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"airbyte-agent-mcp/airbyteclient/sandbox"
)

func TestDataReadFromOneConnectorIsNotWrittenToAnother(t *testing.T) {
	t.Parallel()
	for _, read := range []struct {
		name, tool, arguments string
		kept                  bool
	}{
		{"nothing", "list_connectors", `{}`, false},
		{"another connector", "read_records", readingGitHub, false},
		{"what the connector is like", "describe_connector", `{"connector_id":"hubspot"}`, false},
		{"records", "read_records", readingHubSpot, true},
		{"records of several", "read_records", `{"connectors": ["github", "hubspot"], "entity": "companies", "limit": 1}`, true},
		{"by an operation", "execute_operation", `{"connector_id": "HUBSPOT production", "entity": "companies", "action": "list", "params": {"limit": 1}}`, true},
	} {
		t.Run(read.name, func(t *testing.T) {
			t.Parallel()
			w := keeping(t, allow, FlowRule{From: "hub*", To: "linear"})
			w.reads(t, "one", read.tool, read.arguments)
			before := len(w.wrote())
			kind, words := w.writes(t, "one")
			if (kind == "refused") != read.kept || (len(w.wrote()) == before) != read.kept {
				t.Errorf("%s: %s", kind, words)
			}
			if read.kept && (!strings.Contains(words, "HubSpot production") || !strings.Contains(words, "mcp.flows[0]")) {
				t.Errorf("the words do not tell why: %s", words)
			}
			if kind, _ := w.writes(t, "another session"); kind != "ok" {
				t.Errorf("another session: %s", kind)
			}
		})
	}
}

func TestConnectorMayBeWrittenWhatWasReadFromIt(t *testing.T) {
	t.Parallel()
	w := keeping(t, allow, FlowRule{From: "*", To: "*"})
	w.reads(t, "", "read_records", `{"connector_id": "linear", "entity": "issues", "limit": 1}`)
	if kind, words := w.writes(t, ""); kind != "ok" {
		t.Errorf("%s: %s", kind, words)
	}
	w.reads(t, "", "read_records", readingGitHub)
	if kind, _ := w.writes(t, ""); kind != "refused" {
		t.Errorf("after another was read: %s", kind)
	}
}

func TestContinuationCarriesWhatItReads(t *testing.T) {
	t.Parallel()
	w := keeping(t, allow, FlowRule{From: "hubspot", To: "linear"})
	got := w.reads(t, "one", "execute_operation", `{"connector_id": "hubspot", "entity": "contacts", "action": "list", "params": {"limit": 50}, "max_tokens": 400}`)
	next := `{"continuation":` + string(member(got, "continuation")) + `}`
	if kind, _ := w.writes(t, "two"); kind != "ok" {
		t.Fatalf("before: %s", kind)
	}
	w.reads(t, "two", readMoreName, next)
	if kind, _ := w.writes(t, "two"); kind != "refused" {
		t.Errorf("after the rest was read in another session: %s", kind)
	}
}

func TestPlanTellsWhoseDataAWriteMayCarry(t *testing.T) {
	t.Parallel()
	w := keeping(t, allow, FlowRule{From: "hubspot", To: "linear", Decide: confirm}, FlowRule{From: "github", To: "linear", Decide: confirm})
	w.reads(t, "", "read_records", readingHubSpot)
	p := w.ask(t, "execute_operation", creating)
	if said := strings.Join(p.Notes, "\n"); !strings.Contains(said, `data of "HubSpot production" was read`) {
		t.Errorf("the person reads %s", said)
	}
	w.decide(t, p, true)
	w.reads(t, "", "read_records", readingGitHub)
	q := w.ask(t, "execute_operation", creating)
	if said := strings.Join(q.Notes, "\n"); !strings.Contains(said, "was read since") || !strings.Contains(said, `"GitHub"`) {
		t.Errorf("when more was read the person reads %s", said)
	}
	w.decide(t, q, true)
	if kind, words := w.writes(t, ""); kind != "ok" || len(w.wrote()) != 1 {
		t.Errorf("%s: %s", kind, words)
	}
}

// Replicas that share a ledger know what was read at each other.
func TestReplicasKnowWhatWasRead(t *testing.T) {
	t.Parallel()
	a, b := replicas(t, t.TempDir(), WithWrites(Writes{Writes: allow, Flows: []FlowRule{{From: "hubspot", To: "linear"}}}))
	a.reads(t, "one", "read_records", readingHubSpot)
	if kind, _ := b.writes(t, "one"); kind != "refused" {
		t.Errorf("at the other replica: %s", kind)
	}
}

func TestNothingIsReadThatCannotBeKeptTrackOf(t *testing.T) {
	t.Parallel()
	a, _ := replicas(t, t.TempDir(), WithWrites(Writes{Writes: confirm, Flows: []FlowRule{{From: "*", To: "linear"}}}))
	a.runner.Ledger().Close()
	_, err := a.call(t, "read_records", []byte(readingHubSpot))
	if err == nil || !strings.Contains(err.Error(), "cannot be written down") {
		t.Errorf("%v", err)
	}
}

// Two reads at once do not undo what is known of each other.
func TestReadsAtOnceAreAllKnown(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	now := func() time.Time { return time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC) }
	flows := func() *Flows {
		seal, err := NewSeal([]byte("0123456789abcdef0123456789abcdef"))
		if err != nil {
			t.Fatal(err)
		}
		l, err := OpenLedger(folder, seal)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(l.Close)
		return NewFlows(nil, l, now)
	}
	a, b := flows(), flows()
	for i := range 60 {
		name := fmt.Sprint("read ", i)
		var wg sync.WaitGroup
		for j := range 4 {
			wg.Go(func() {
				if err := [2]*Flows{a, b}[j%2].remember(name, label{ID: fmt.Sprint(j % 2)}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		read, err := a.readFrom(name)
		if err != nil || len(read) != 2 || read[0].ID == read[1].ID {
			t.Fatalf("%v, %v", read, err)
		}
	}
}

func TestReadingAgainKeepsItKnown(t *testing.T) {
	t.Parallel()
	now := storyTime
	w := newWorld(t, sandbox.Options{}, WithWrites(Writes{Writes: allow, Flows: []FlowRule{{From: "hubspot", To: "linear"}}}),
		WithClock(func() time.Time { return now }))
	w.reads(t, "", "read_records", readingHubSpot)
	now = now.Add(readLife - time.Minute)
	w.reads(t, "", "read_records", readingHubSpot)
	now = now.Add(readLife - time.Minute)
	if kind, _ := w.writes(t, ""); kind != "refused" {
		t.Errorf("12 hours after the first read: %s", kind)
	}
	now = now.Add(2 * time.Minute)
	if kind, _ := w.writes(t, ""); kind != "ok" {
		t.Errorf("12 hours after the last read: %s", kind)
	}
}

func TestSettingsOfAConnectorAreWrittenToItToo(t *testing.T) {
	t.Parallel()
	w := keeping(t, allow, FlowRule{From: "hubspot", To: "linear"})
	w.reads(t, "", "read_records", readingHubSpot)
	_, err := w.call(t, "update_connector", []byte(`{"connector_id":"linear","replication_config":{"note":"from HubSpot"}}`))
	if Kind(err) != "refused" {
		t.Errorf("%v", err)
	}
}
