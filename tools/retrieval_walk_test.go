package tools_test

import (
	"testing"
)

// TestEveryConnectorInFourCalls walks from the list of connectors to the right
// records of each, by the texts alone.
func TestEveryConnectorInFourCalls(t *testing.T) {
	t.Parallel()
	w := newStoryWorld(t)
	reached := map[string]bool{}
	for _, q := range readQuestions(t, "questions.json", 60) {
		if len(q.Connector) != 1 || q.Entity == "" || q.Tool != "read_records" || reached[q.Connector[0]] {
			continue
		}
		a := newAgent(t, w)
		if a.judge(q, a.solve(q.Ask, q.Slots)) == "" {
			reached[q.Connector[0]] = true
		}
	}
	probe := newAgent(t, w)
	all, _ := probe.connectors()
	for _, c := range all {
		if !reached[c.slug] {
			t.Errorf("no records of %s were reached in %d calls", c.name, mostCalls)
		}
	}
}
