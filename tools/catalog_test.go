package tools

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/google/go-cmp/cmp"
)

// catalog.txt shows what every tool costs, so that a diff shows what a change
// costs everybody.
func TestCatalogCosts(t *testing.T) {
	t.Parallel()
	list := everything(t)
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
	for _, set := range Catalog() {
		fmt.Fprintf(&b, "%-12s %5d\n", set.Name, bySet[set.Name])
	}
	fmt.Fprintf(&b, "%-12s %5d\n", "all", sum)
	if bySet[Core] >= 4000 {
		t.Errorf("core costs %d tokens, want fewer than 4,000", bySet[Core])
	}
	if sum >= 12_000 {
		t.Errorf("all tools cost %d tokens, want fewer than 12,000", sum)
	}
	const golden = "testdata/catalog.txt"
	if *update {
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
	effects := map[string]Effect{
		"list": Read, "get": Read, "search": Read, "describe": Read, "check": Read, "inspect": Read, "read": Read,
		"create": Write, "update": Destroy, "set": Destroy, "delete": Destroy, "execute": Destroy,
	}
	known := map[string]bool{}
	for _, tool := range everything(t) {
		if known[tool.Name] {
			t.Errorf("%s: there are two of the name", tool.Name)
		}
		known[tool.Name] = true
	}
	for _, tool := range everything(t) {
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
		schema, err := tool.schemaPair()
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.input.Compile(); err != nil {
			t.Errorf("%s: input schema: %v", tool.Name, err)
		}
		if err := schema.output.Compile(); err != nil {
			t.Errorf("%s: output schema: %v", tool.Name, err)
		}
	}
}

func TestReadOnlyIsAHardBound(t *testing.T) {
	t.Parallel()
	list, err := Choose(Catalog(), Choice{Toolsets: []string{"all"}, Tools: []string{"delete_connector"}, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, tool := range list {
		if tool.Effect != Read {
			t.Errorf("%s (%s) is served on a read-only server", tool.Name, tool.Effect)
		}
		found = found || tool.Name == "execute_operation"
	}
	if !found {
		t.Error("execute_operation is gone; its reading actions should stay")
	}
}

func TestChoice(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		choice Choice
		want   string // names, or the error
	}{
		{"core is the default", Choice{ExcludeTools: []string{"list_definitions", "get_definition", "describe_connector", "check_connector", "update_connector", "delete_connector", "execute_operation"}}, "list_connectors create_connector read_records read_more list_workspaces"},
		{"one toolset", Choice{Toolsets: []string{"oauth"}}, "set_oauth_config delete_oauth_config"},
		{"single tools alone", Choice{Tools: []string{"describe_cron"}}, "describe_cron"},
		{"single tools besides a toolset", Choice{Toolsets: []string{"oauth"}, Tools: []string{"describe_cron"}, ExcludeTools: []string{"set_oauth_config"}}, "describe_cron delete_oauth_config"},
		{"unknown toolset", Choice{Toolsets: []string{"replicaton"}}, `--toolsets: there is no "replicaton"; did you mean "replication"?`},
		{"unknown tool", Choice{Tools: []string{"list_conectors"}}, `--tools: there is no "list_conectors"; did you mean "list_connectors"?`},
		{"both unknown", Choice{Toolsets: []string{"zzzzzz"}, ExcludeTools: []string{"get_conector"}}, "--toolsets: there is no \"zzzzzz\"; there are: core, connectors, workspaces, templates, replication, tokens, oauth, skills, all\n--exclude-tools: there is no \"get_conector\"; did you mean \"get_connector\"?"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			list, err := Choose(Catalog(), row.choice)
			got := ""
			for _, tool := range list {
				got += " " + tool.Name
			}
			got = strings.TrimSpace(got)
			if err != nil {
				got = err.Error()
			}
			if got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
		})
	}
}
