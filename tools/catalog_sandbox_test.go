package tools_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/google/go-cmp/cmp"

	"airbyte-agent-mcp/tools"
	"airbyte-agent-mcp/tools/dispatch/dispatchtest"
)

// catalog.txt shows what every tool costs, so that a diff shows what a change
// costs everybody.
func TestCatalogCosts(t *testing.T) {
	t.Parallel()
	list := dispatchtest.Everything(t)
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 4, 2, ' ', 0)
	bySet := map[string]int{}
	sum := 0
	for _, tool := range list {
		n := tool.Tokens()
		sum += n
		bySet[tool.Toolset] += n
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\n", tool.Name, tool.Effect, tool.Toolset, n)
	}
	_ = w.Flush()
	b.WriteString("\nTokens (a quarter of the bytes)\n")
	for _, set := range tools.Catalog() {
		fmt.Fprintf(&b, "%-12s %5d\n", set.Name, bySet[set.Name])
	}
	fmt.Fprintf(&b, "%-12s %5d\n", "all", sum)
	if bySet[tools.Core] >= 4000 {
		t.Errorf("core costs %d tokens, want fewer than 4,000", bySet[tools.Core])
	}
	if sum >= 12_000 {
		t.Errorf("all tools cost %d tokens, want fewer than 12,000", sum)
	}
	const golden = "testdata/catalog.txt"
	if *dispatchtest.Update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("the costs changed (-want +got); go test ./tools -update\n%s", diff)
	}
}

// What clients and providers cut, refuse or lose is kept out of every tool.
func TestEveryToolFitsEveryClient(t *testing.T) {
	t.Parallel()
	name := regexp.MustCompile(`^[a-z][a-z0-9_]{0,20}$`)
	effects := map[string]tools.Effect{
		"list": tools.Read, "get": tools.Read, "search": tools.Read, "describe": tools.Read, "check": tools.Read, "inspect": tools.Read, "read": tools.Read,
		"create": tools.Write, "update": tools.Destroy, "set": tools.Destroy, "delete": tools.Destroy, "execute": tools.Destroy,
	}
	known := map[string]bool{}
	for _, tool := range dispatchtest.Everything(t) {
		if known[tool.Name] {
			t.Errorf("%s: there are two of the name", tool.Name)
		}
		known[tool.Name] = true
	}
	for _, tool := range dispatchtest.Everything(t) {
		if !name.MatchString(tool.Name) {
			t.Errorf("%s: names are %s", tool.Name, name)
		}
		if n := len(tool.Description); n < 40 || n > 900 {
			t.Errorf("%s: description of %d bytes, want 40 to 900", tool.Name, n)
		}
		if tool.Title == "" {
			t.Errorf("%s: no title", tool.Name)
		}
		if tool.Finder != "" && !known[tool.Finder] {
			t.Errorf("%s: there is no finder %q", tool.Name, tool.Finder)
		}
		verb, _, _ := strings.Cut(tool.Name, "_")
		if want, ok := effects[verb]; !ok || tool.Effect != want {
			t.Errorf("%s: effect %s does not match the verb %q", tool.Name, tool.Effect, verb)
		}
		schema, err := tool.Schemas()
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Input.Compile(); err != nil {
			t.Errorf("%s: input schema: %v", tool.Name, err)
		}
		if err := schema.Output.Compile(); err != nil {
			t.Errorf("%s: output schema: %v", tool.Name, err)
		}
	}
}
