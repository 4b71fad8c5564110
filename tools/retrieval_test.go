package tools_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/tools"
	"airbyte-agent-mcp/tools/answer"
	"airbyte-agent-mcp/tools/dispatch"
	"airbyte-agent-mcp/tools/dispatch/dispatchtest"
)

// question is what a person asks, with where the answer is.
type question struct {
	Ask       string            `json:"ask"`
	Tool      string            `json:"tool"`
	Connector oneOrMore         `json:"connector"` // slugs; none where the question is about a tool
	Entity    string            `json:"entity"`
	Action    oneOrMore         `json:"action"`  // any of these is right
	Slots     map[string]string `json:"slots"`   // values in the question's own words, by a plain word for what they are
	Expect    []string          `json:"expect"`  // what the answer has to hold
	Without   []string          `json:"without"` // what it must not hold: the whole table is no answer
}

type oneOrMore []string

func (o *oneOrMore) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '[' {
		return json.Unmarshal(data, (*[]string)(o))
	}
	*o = []string{""}
	return json.Unmarshal(data, &(*o)[0])
}

// right are the entries that answer the question; one of them has to be found.
func (q question) right() []string {
	if q.Entity == "" {
		return []string{q.Tool}
	}
	var names []string
	for _, slug := range q.Connector {
		names = append(names, slug+" "+q.Entity)
	}
	return names
}

const (
	topEntries    = 3
	leastHits     = 0.95
	mostCalls     = 4
	tokensAllowed = 10_000
)

// TestRetrieval asks the fixed questions twice: a ranker has to find the right
// tool or entity by the words of our texts, and a scripted agent has to get the
// answer. report.md records both, and how the held-out questions fare: these were
// written before our texts were, no text was written for them, and nothing is
// asked of them.
func TestRetrieval(t *testing.T) {
	t.Parallel()
	w := newStoryWorld(t)
	ranker := newRanker(entries(t, w))
	fixed := measure(t, w, ranker, readQuestions(t, "questions.json", 60))
	if share := fixed.share(); share < leastHits {
		t.Errorf("the right entry is in the top %d for %.1f %% of the questions; at least %.0f %% are wanted. Missed:\n%s", topEntries, 100*share, 100*leastHits, strings.Join(fixed.missed, "\n"))
	}
	for _, failed := range fixed.unsolved {
		t.Errorf("not solved: %s", failed)
	}
	heldOut := measure(t, w, ranker, readQuestions(t, "held_out.json", 12))
	compareReport(t, fmt.Sprintf("# Retrieval, measured\n\nWritten by `go test ./tools -run TestRetrieval -update`. %d entries can be found: the core tools, and the entities of all connectors. "+
		"The catalog of the core tools costs %d tokens besides, once per session.\n\n## The fixed questions (questions.json)\n\n%s\n## Held-out questions (held_out.json)\n\n"+
		"Written before the texts; no text was written for them, and they may fail.\n\n%s", len(ranker.entries), catalogTokens(t), fixed, heldOut))
}

// measured is how some questions fared.
type measured struct {
	rows                               []string
	missed, unsolved                   []string
	hits, calls, most, tokens, longest int
}

func measure(t *testing.T, w dispatchtest.World, ranker *ranker, questions []question) *measured {
	t.Helper()
	m := &measured{}
	for _, q := range questions {
		rank := ranker.rankOf(q)
		if rank <= topEntries {
			m.hits++
		} else {
			m.missed = append(m.missed, fmt.Sprintf("rank %d of %v: %q, before it %v", rank, q.right(), q.Ask, ranker.rank(q.Ask)[:topEntries]))
		}
		a := newAgent(t, w)
		if toolNamed(q.Tool).Effect != tools.Read {
			a = newAgent(t, newStoryWorld(t)) // it may change something
		}
		problem := a.judge(q, a.solve(q.Ask, q.Slots))
		if problem != "" {
			m.unsolved = append(m.unsolved, fmt.Sprintf("%q: %s\n%s", q.Ask, problem, strings.Join(a.log, "\n")))
		}
		m.calls, m.most = m.calls+a.calls, max(m.most, a.calls)
		m.tokens, m.longest = m.tokens+a.tokens(), max(m.longest, a.tokens())
		m.rows = append(m.rows, fmt.Sprintf("| %s | %s | %d | %d | %d | %s |", q.Ask, strings.Join(q.right(), ", "), rank, a.calls, a.tokens(), cmp.Or(problem, "yes")))
	}
	return m
}

func (m *measured) share() float64 { return float64(m.hits) / float64(len(m.rows)) }

func (m *measured) String() string {
	n := len(m.rows)
	return fmt.Sprintf("- %d questions; the right entry is among the first %d for %d of them (%.1f %%).\n", n, topEntries, m.hits, 100*m.share()) +
		fmt.Sprintf("- The scripted agent solves %d: %.1f calls on average, %d at most; %d tokens of answers on average, %d at most.\n\n", n-len(m.unsolved), float64(m.calls)/float64(n), m.most, m.tokens/n, m.longest) +
		fmt.Sprintf("| Question | Answered by | Rank | Calls | Tokens | Solved |\n|---|---|--:|--:|--:|---|\n%s\n", strings.Join(m.rows, "\n"))
}

func readQuestions(t *testing.T, file string, least int) []question {
	t.Helper()
	raw, err := os.ReadFile("testdata/retrieval/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var questions []question
	if err := json.Unmarshal(raw, &questions); err != nil {
		t.Fatal(err)
	}
	if len(questions) < least {
		t.Fatalf("%s: %d questions are too few", file, len(questions))
	}
	for _, q := range questions {
		for name, value := range q.Slots {
			if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz ") != "" {
				t.Errorf("%q: the slot %q is not in plain words", q.Ask, name)
			}
			if !strings.Contains(strings.ToLower(q.Ask), strings.ToLower(value)) {
				t.Errorf("%q: the value %q is not in the question", q.Ask, value)
			}
		}
	}
	return questions
}

func compareReport(t *testing.T, got string) {
	t.Helper()
	const file = "testdata/retrieval/report.md"
	if *dispatchtest.Update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	was := strings.Split(string(want), "\n")
	for _, line := range strings.Split(got, "\n") {
		if !slices.Contains(was, line) {
			t.Errorf("new in the report: %s", line)
		}
	}
	t.Errorf("the report changed; if that is meant, run go test ./tools -run TestRetrieval -update")
}

func catalogTokens(t *testing.T) int {
	t.Helper()
	n := 0
	for _, tool := range tools.CoreTools() {
		b, err := tool.Definition()
		if err != nil {
			t.Fatal(err)
		}
		n += len(b)
	}
	return n / answer.BytesPerToken
}

func toolNamed(name string) tools.Tool {
	for _, tool := range tools.CoreTools() {
		if tool.Name == name {
			return tool
		}
	}
	return tools.Tool{}
}

// newStoryWorld is a world a few hours after its data was synced, so that what is
// recent and what is due can be asked for.
func newStoryWorld(t *testing.T) dispatchtest.World {
	t.Helper()
	now := func() time.Time { return time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) }
	return dispatchtest.New(t, sandbox.Options{Now: now}, dispatch.WithClock(now))
}
