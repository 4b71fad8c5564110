package tools_test

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode"

	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/tools"
	"airbyte-agent-mcp/tools/dispatch/dispatchtest"
)

// entry is something that can be found: a tool, or an entity of a connector.
type entry struct {
	name  string
	parts [3]string // its heading, its summary, and the text below
}

// toolEntries are the tools by what is said of them.
func toolEntries(t *testing.T) []entry {
	t.Helper()
	var all []entry
	for _, tool := range tools.CoreTools() {
		all = append(all, entry{tool.Name, [3]string{tool.Name + " " + tool.Title, tool.Description, spoken(t, tool.InputSchema())}})
	}
	return all
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
func entries(t *testing.T, w dispatchtest.World) []entry {
	t.Helper()
	all := toolEntries(t)
	ask := func(tool string, arguments map[string]any) tree {
		got, err := w.Runner.Call(t.Context(), w.Api.Client, tool, rawjson.Of(arguments))
		if err != nil {
			t.Fatal(err)
		}
		return parsed(t, got.JSON)
	}
	for _, c := range ask("list_connectors", nil).list("data") {
		of := strings.Join([]string{c.text("name"), c.text("slug"), c.text("service")}, " ")
		for _, e := range ask("describe_connector", map[string]any{"connector_id": c.text("connector_id")}).list("entities") {
			detail := ask("describe_connector", map[string]any{"connector_id": c.text("connector_id"), "entity": e.text("entity")}).list("entities")[0]
			all = append(all, entry{c.text("slug") + " " + e.text("entity"), [3]string{of + " " + e.text("entity"), e.text("about"), detail.words()}})
		}
	}
	return all
}

// ranker is Okapi BM25 over the parts of entries, each by its own length (BM25F):
// a heading counts for more than a summary, and that for more than the text below.
type ranker struct {
	entries []entry
	counts  []map[string]float64 // of each entry's terms, weighed
	found   map[string]float64   // in how many entries a term is
}

func newRanker(entries []entry) *ranker {
	const b = 0.75
	weights := [3]float64{3, 2, 1}
	r := &ranker{entries: entries, found: map[string]float64{}}
	var average [3]float64
	for _, e := range entries {
		for part, text := range e.parts {
			average[part] += float64(len(termsOf(text))) / float64(len(entries))
		}
	}
	for _, e := range entries {
		counts := map[string]float64{}
		for part, text := range e.parts {
			terms := termsOf(text)
			for _, term := range terms {
				counts[term] += weights[part] / (1 - b + b*float64(len(terms))/average[part])
			}
		}
		for term := range counts {
			r.found[term]++
		}
		r.counts = append(r.counts, counts)
	}
	return r
}

// scores are those of all entries.
func (r *ranker) scores(words string) []float64 {
	const k1 = 1.2
	n := float64(len(r.entries))
	scores := make([]float64, len(r.entries))
	for _, term := range uniqueTerms(words) {
		rarity := math.Log(1 + (n-r.found[term]+0.5)/(r.found[term]+0.5))
		for i := range r.entries {
			f := r.counts[i][term]
			scores[i] += rarity * f * (k1 + 1) / (f + k1)
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
