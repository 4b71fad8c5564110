package menu

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"airbyte-agent-mcp/tools"
)

// The table must name every tool that a text names, and only arguments there are.
func TestPromptsNameNothingThatMayBeMissing(t *testing.T) {
	t.Parallel()
	known := []string{"read_records", "read_more"}
	for _, set := range tools.Catalog() {
		for _, tool := range set.Tools {
			known = append(known, tool.Name)
		}
	}
	word, place := regexp.MustCompile(`[a-z]+(_[a-z]+)+`), regexp.MustCompile(`\{([^}]*)\}`)
	for _, p := range prompts {
		texts := []step{{text: p.lead}, {text: p.closing}}
		for _, s := range append(texts, p.steps...) {
			for _, name := range word.FindAllString(s.text, -1) {
				if slices.Contains(known, name) && !slices.Contains(p.tools, name) && !slices.Contains(s.tools, name) {
					t.Errorf("prompt %s names %s in a step that does not want it: %s", p.name, name, s.text)
				}
			}
			for _, found := range place.FindAllStringSubmatch(s.text, -1) {
				if !slices.ContainsFunc(p.arguments, func(a promptArgument) bool { return a.name == found[1] }) {
					t.Errorf("prompt %s has no argument %s", p.name, found[1])
				}
			}
		}
		for _, a := range p.arguments {
			if a.description == "" || a.title == "" {
				t.Errorf("argument %s of %s says nothing of itself", a.name, p.name)
			}
		}
	}
}

func TestPromptTellsTheStepsInOrder(t *testing.T) {
	t.Parallel()
	p := prompts[slices.IndexFunc(prompts, func(p prompt) bool { return p.name == "explore_connector" })]
	given := map[string]string{"connector": "Stripe", "entity": "customers"}
	want := `Show me what can be done with the connector "Stripe". Only read; change nothing.

1. list_connectors finds it: take the connector_id of the one whose ID, name or slug that is. If none or several fit, show me which there are and ask.
2. describe_connector with that connector_id tells its entities, their actions, and whether the Context Store is ready.
3. describe_connector with entity "customers" as well tells more of that one: keep to it from here on.
4. read_records with connector_id, entity and a limit of 5 shows what records look like. Do it for the two or three entities that matter most, unless I named one.

Then give me a table of the entities: what each holds, how fresh it is, what can be done with it. End with five questions that this connector can answer.

` + typed
	if diff := cmp.Diff(want, p.render(given, func(tool string) bool { return strings.Contains(tool, "_") })); diff != "" {
		t.Errorf("with every tool (-want +got):\n%s", diff)
	}
	given["action"] = "list"
	got := p.render(given, func(tool string) bool { return strings.Contains(tool, "_") && tool != "read_records" })
	if !strings.Contains(got, `3. describe_connector with entity "customers" and action "list"`) || !strings.Contains(got, "4. execute_operation") ||
		strings.Contains(got, "read_records") || strings.Contains(got, "5. ") {
		t.Errorf("without read_records, with an action:\n%s", got)
	}
}
