package tools

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"airbyte-agent-mcp/airbyteclient/sandbox"
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
	Finding   string            `json:"finding"` // what our texts lack for it, while they do
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
// answer. report.md records both.
func TestRetrieval(t *testing.T) {
	t.Parallel()
	questions := readQuestions(t)
	var rows []string
	var hits, solved, open, calls, maxCalls, tokens, maxTokens int
	w := newStoryWorld(t)
	ranker := newRanker(entries(t, w))
	for _, q := range questions {
		rank := ranker.rankOf(q)
		if rank <= topEntries {
			hits++
		} else if q.Finding == "" {
			t.Errorf("rank %d of %v: %q, before it %v", rank, q.right(), q.Ask, ranker.rank(q.Ask)[:topEntries])
		}
		a := newAgent(t, w)
		if toolNamed(q.Tool).Effect != Read {
			a = newAgent(t, newStoryWorld(t)) // it may change something
		}
		answer := a.solve(q.Ask, q.Slots)
		problem := a.judge(q, answer)
		if problem == "" {
			solved++
		} else if q.Finding == "" {
			t.Errorf("not solved: %q: %s\n%s", q.Ask, problem, strings.Join(a.log, "\n"))
		}
		if q.Finding != "" {
			open++
			if rank <= topEntries && problem == "" {
				t.Errorf("%q is found and solved now: take its finding away", q.Ask)
			}
		}
		calls, maxCalls = calls+a.calls, max(maxCalls, a.calls)
		tokens, maxTokens = tokens+a.tokens(), max(maxTokens, a.tokens())
		rows = append(rows, fmt.Sprintf("| %s | %s | %d | %d | %d | %s |", q.Ask, strings.Join(q.right(), ", "), rank, a.calls, a.tokens(), cmp.Or(problem, "yes")))
	}
	n := len(questions)
	if share := float64(hits) / float64(n); share < leastHits && open == 0 {
		t.Errorf("the right entry is in the top %d for %d of %d questions, %.1f %%; at least %.0f %% are wanted", topEntries, hits, n, 100*share, 100*leastHits)
	}
	var report strings.Builder
	fmt.Fprintf(&report, "# Retrieval, measured\n\nWritten by `go test ./tools -run TestRetrieval -update`; the questions are in questions.json.\n\n")
	fmt.Fprintf(&report, "- %d questions; the right entry is among the first %d for %d of them (%.1f %%), of %d entries.\n", n, topEntries, hits, 100*float64(hits)/float64(n), len(ranker.entries))
	fmt.Fprintf(&report, "- The scripted agent solves %d: %.1f calls on average, %d at most; %d tokens of answers on average, %d at most.\n", solved, float64(calls)/float64(n), maxCalls, tokens/n, maxTokens)
	if open > 0 {
		fmt.Fprintf(&report, "- %d questions have a finding: our texts lack something, as questions.json says.\n", open)
	}
	fmt.Fprintf(&report, "- The catalog of the core tools costs %d tokens besides, once per session.\n\n", catalogTokens(t))
	fmt.Fprintf(&report, "| Question | Answered by | Rank | Calls | Tokens | Solved |\n|---|---|--:|--:|--:|---|\n%s\n", strings.Join(rows, "\n"))
	compareReport(t, report.String())
}

func readQuestions(t *testing.T) []question {
	t.Helper()
	raw, err := os.ReadFile("testdata/retrieval/questions.json")
	if err != nil {
		t.Fatal(err)
	}
	var questions []question
	if err := json.Unmarshal(raw, &questions); err != nil {
		t.Fatal(err)
	}
	if len(questions) < 60 {
		t.Fatalf("%d questions are too few", len(questions))
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
	if *update {
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
	for _, tool := range coreTools() {
		b, err := tool.Definition()
		if err != nil {
			t.Fatal(err)
		}
		n += len(b)
	}
	return n / bytesPerToken
}

func toolNamed(name string) Tool {
	for _, tool := range coreTools() {
		if tool.Name == name {
			return tool
		}
	}
	return Tool{}
}

// newStoryWorld is a world a few hours after its data was synced, so that what is
// recent and what is due can be asked for.
func newStoryWorld(t *testing.T) world {
	t.Helper()
	now := func() time.Time { return time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) }
	w := newWorld(t, sandbox.Options{Now: now})
	w.runner.now = now
	return w
}

// entry is something that can be found: a tool, or an entity of a connector.
type entry struct{ name, text string }

// toolEntries are the tools by what is said of them.
func toolEntries(t *testing.T) []entry {
	t.Helper()
	var all []entry
	for _, tool := range coreTools() {
		all = append(all, entry{tool.Name, strings.Join([]string{heading(tool.Name, tool.Title), tool.Description, spoken(t, tool.InputSchema())}, " ")})
	}
	return all
}

// heading counts for more than the text below it, as in any index.
func heading(words ...string) string {
	return strings.Repeat(strings.Join(words, " ")+" ", 3)
}

// spoken is what a schema says in words: the names and descriptions of properties.
func spoken(t *testing.T, schema json.RawMessage) string {
	t.Helper()
	var s struct {
		Properties map[string]struct{ Description string }
	}
	if err := json.Unmarshal(schema, &s); err != nil {
		t.Fatal(err)
	}
	var words []string
	for name, p := range s.Properties {
		words = append(words, name, p.Description)
	}
	return strings.Join(words, " ")
}

// entries are the core tools, and every entity of every connector by what
// list_connectors and describe_connector say of it.
func entries(t *testing.T, w world) []entry {
	t.Helper()
	all := toolEntries(t)
	ask := func(tool string, arguments map[string]any) tree {
		got, err := w.runner.Call(t.Context(), w.api.Client, tool, encoded(arguments))
		if err != nil {
			t.Fatal(err)
		}
		return parsed(t, got.JSON)
	}
	for _, c := range ask("list_connectors", nil).list("data") {
		of := strings.Join([]string{c.text("name"), c.text("slug"), c.text("service")}, " ")
		for _, e := range ask("describe_connector", map[string]any{"connector_id": c.text("connector_id")}).list("entities") {
			detail := ask("describe_connector", map[string]any{"connector_id": c.text("connector_id"), "entity": e.text("entity")}).list("entities")[0]
			all = append(all, entry{c.text("slug") + " " + e.text("entity"), strings.Join([]string{heading(of, e.text("entity")), e.words(), detail.words()}, " ")})
		}
	}
	return all
}

// ranker is Okapi BM25.
type ranker struct {
	entries []entry
	counts  []map[string]float64 // of each entry's terms
	lengths []float64
	average float64
	found   map[string]float64 // in how many entries a term is
}

func newRanker(entries []entry) *ranker {
	r := &ranker{entries: entries, found: map[string]float64{}}
	for _, e := range entries {
		counts := map[string]float64{}
		terms := termsOf(e.text)
		for _, term := range terms {
			counts[term]++
		}
		for term := range counts {
			r.found[term]++
		}
		r.counts, r.lengths = append(r.counts, counts), append(r.lengths, float64(len(terms)))
		r.average += float64(len(terms)) / float64(len(entries))
	}
	return r
}

// scores are those of all entries.
func (r *ranker) scores(words string) []float64 {
	const k1, b = 1.2, 0.75
	n := float64(len(r.entries))
	scores := make([]float64, len(r.entries))
	for _, term := range uniqueTerms(words) {
		rarity := math.Log(1 + (n-r.found[term]+0.5)/(r.found[term]+0.5))
		for i := range r.entries {
			f := r.counts[i][term]
			scores[i] += rarity * f * (k1 + 1) / (f + k1*(1-b+b*r.lengths[i]/r.average))
		}
	}
	return scores
}

// rank is the entries' names, the best first; of equals the first.
func (r *ranker) rank(words string) []string {
	scores := r.scores(words)
	order := make([]int, len(r.entries))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	names := make([]string, len(order))
	for i, at := range order {
		names[i] = r.entries[at].name
	}
	return names
}

// rankOf is at which place the first right entry stands, from 1.
func (r *ranker) rankOf(q question) int {
	order := r.rank(q.Ask)
	return 1 + slices.IndexFunc(order, func(name string) bool { return slices.Contains(q.right(), name) })
}

// stopWords say nothing about what is looked for.
var stopWords = strings.Fields(`a about all am an and any are as at be been by can did do does each for from had has have he her here how i if in into is it its many me my
	no not of on or our please s she show so t that the their them then there these they this those to us was we were what when where which who whom whose why will with you your`)

// termsOf are the words of a text that say something, without their endings.
func termsOf(text string) []string {
	var terms []string
	for _, word := range splitWords(text) {
		if !slices.Contains(stopWords, word) {
			terms = append(terms, stem(word))
		}
	}
	return terms
}

// splitWords are the words of a text, of names such as fileId and file_id, too.
func splitWords(text string) []string {
	var terms []string
	word := []rune{}
	flush := func() {
		if len(word) > 0 {
			terms = append(terms, strings.ToLower(string(word)))
		}
		word = word[:0]
	}
	lower := false
	for _, c := range text {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) || unicode.IsUpper(c) && lower {
			flush()
		}
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			word = append(word, c)
		}
		lower = unicode.IsLower(c)
	}
	flush()
	return terms
}

func uniqueTerms(text string) []string {
	terms := termsOf(text)
	slices.Sort(terms)
	return slices.Compact(terms)
}

// stem takes off the commonest endings.
func stem(word string) string {
	for _, ending := range [][2]string{{"ies", "y"}, {"sses", "ss"}, {"xes", "x"}, {"ches", "ch"}, {"ss", "ss"}, {"s", ""}, {"ing", ""}, {"ed", ""}} {
		if root, ok := strings.CutSuffix(word, ending[0]); ok && len(root) > 2 {
			return strings.TrimSuffix(root+ending[1], "e")
		}
	}
	return strings.TrimSuffix(word, "e")
}
