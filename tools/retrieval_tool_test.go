package tools_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"airbyte-agent-mcp/tools"
)

// This file is how the scripted agent chooses a tool that is not about records.

// recordTools serve the questions about records; the rest are about connectors.
var recordTools = []string{"describe_connector", "read_records", "execute_operation", "read_more"}

// toolFor is the tool for a question that is not about records, empty for one that
// is. An order is for the tool whose title begins with its verb. Else most words
// that are no name and no value have to be among those of the tool, and one in its
// title, or several where none is; of equals it is the one whose title is nearest
// to the question as it was asked. A question is no order to change something.
func (a *agent) toolFor(q *plea) string {
	words := uniqueTerms(q.words())
	first := strings.SplitN(q.ask, " ", 2)[0]
	best, most, nearest := "", 0.5, 0
	for _, tool := range tools.CoreTools() {
		if slices.Contains(recordTools, tool.Name) || tool.Effect != tools.Read && strings.HasSuffix(q.ask, "?") {
			continue
		}
		if tool.Effect != tools.Read && strings.HasPrefix(tool.Title, first+" ") {
			return tool.Name
		}
		verb, noun, _ := strings.Cut(tool.Name, "_")
		title, said := termsOf(noun+" "+tool.Title), termsOf(tool.Name+" "+tool.Title+" "+tool.Description)
		hits, plain, titled := 0, 0, false
		for _, word := range words {
			if slices.Contains(said, word) {
				hits++
				if word != stem(verb) && !strings.EqualFold(word, stem(strings.ToLower(first))) {
					plain++ // it is more than a verb
				}
			}
			titled = titled || word != stem(verb) && slices.Contains(title, word)
		}
		fit := float64(hits) / float64(len(words))
		if strings.HasPrefix(tool.Title, first) {
			fit += 0.1 // it begins with the same verb
		}
		near := inCommon(q.ask, tool.Title)
		if (titled || plain > 1 && fit > 0.6) && (fit > most || best != "" && fit == most && near > nearest) {
			best, most, nearest = tool.Name, fit, near
		}
	}
	return best
}

// inCommon is how many words two texts have in common, as they are written.
func inCommon(a, b string) int {
	n := 0
	of := splitWords(b)
	for _, word := range splitWords(a) {
		if slices.Contains(of, word) {
			n++
		}
	}
	return n
}

var toldFirst = regexp.MustCompile(`([a-z]+_[a-z]+) tells`)

// use calls a tool about connectors, and first what its text says to call first.
func (a *agent) use(name string, q *plea) string {
	tool := toolNamed(name)
	arguments := map[string]any{}
	properties := parsed(a.t, tool.InputSchema()).at("properties")
	if properties.has("connector_id") && len(q.named) > 0 {
		arguments["connector_id"] = q.named[0].id
	}
	for _, slot := range slices.Sorted(maps.Keys(q.values)) {
		if properties.has(slot) {
			arguments[slot] = q.values[slot]
		}
	}
	if about := properties.at("definition_id"); strings.Contains(about.text("description"), "list_definitions") {
		answer, _ := a.call("list_definitions", map[string]any{"name": q.values["name"]})
		found := parsed(a.t, []byte(answer)).list("definitions")
		if len(found) == 0 {
			return answer
		}
		id := map[string]any{"definition_id": found[0].text("definition_id")}
		if first := toldFirst.FindStringSubmatch(tool.Description); first != nil {
			answer, _ := a.call(first[1], id) // its answer says what else the user has to give
			return answer
		}
		arguments = id
	}
	answer, _ := a.call(name, arguments)
	return answer
}
