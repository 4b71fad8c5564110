package main

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Who may import whom: of ours, and outside libraries by their one home.
func TestImports(t *testing.T) {
	t.Parallel()
	const module = "airbyte-agent-mcp"
	ours := map[string][]string{
		"":                      {"airbyteclient", "airbyteclient/sandbox", "server", "server/demo", "server/telemetry", "tools"},
		"airbyteclient":         {},
		"airbyteclient/sandbox": {"airbyteclient"},
		"schemas":               {},
		"tools":                 {"airbyteclient", "schemas"},
		"server":                {"airbyteclient", "server/connect", "tools"},
		"server/connect":        {"airbyteclient"},
		"server/demo":           {},
		"server/telemetry":      {},
	}
	home := map[string][]string{ // prefix of an outside library → packages that may import it
		"github.com/mark3labs/mcp-go":   {"server", "server/demo"},
		"github.com/invopop/jsonschema": {"schemas"},
		"github.com/santhosh-tekuri":    {"schemas"},
		"github.com/alecthomas/kong":    {""},
		"github.com/cenkalti/backoff":   {"airbyteclient"},
		"golang.org/x/sync":             {"airbyteclient", "tools"},
		"github.com/maypok86/otter":     {"tools"},
	}
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		allowed, known := ours[name]
		if !known {
			t.Errorf("package %q has no place in the design: give it one here", name)
			continue
		}
		seen[name] = true
		for _, path := range p.Imports {
			if inner, ok := strings.CutPrefix(path, module+"/"); ok {
				if !slices.Contains(allowed, inner) {
					t.Errorf("%q imports %q, against the arrows of the design", name, inner)
				}
				continue
			}
			if !strings.Contains(strings.SplitN(path, "/", 2)[0], ".") {
				if path == "log/slog" && (name == "tools" || name == "schemas") {
					t.Errorf("%q logs; handlers return", name)
				}
				continue // standard library
			}
			if !slices.ContainsFunc(keys(home), func(prefix string) bool {
				return strings.HasPrefix(path, prefix) && slices.Contains(home[prefix], name)
			}) {
				t.Errorf("%q imports %q, whose home is elsewhere: give it one here", name, path)
			}
		}
	}
	for name := range ours {
		if !seen[name] {
			t.Errorf("there is no package %q any more", name)
		}
	}
}

func keys(m map[string][]string) []string {
	var k []string
	for key := range m {
		k = append(k, key)
	}
	return k
}
