package main

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// layer is a package of this module and what it may import.
type layer struct {
	name string
	// ours are the packages of this module that it may import.
	ours []string
	// outside are the modules that it may import; it is their home.
	outside []string
}

// layers are all packages, from the bottom to the top: a package imports only
// packages above it in this list.
var layers = []layer{
	{"schemas/safetext", nil, nil},
	{"schemas/rawjson", []string{"schemas/safetext"}, nil},
	{"schemas", []string{"schemas/rawjson", "schemas/safetext"}, []string{"github.com/invopop/jsonschema", "github.com/santhosh-tekuri"}},
	{"airbyteclient", []string{"schemas/rawjson", "schemas/safetext"}, []string{"github.com/cenkalti/backoff", "golang.org/x/sync"}},
	{"airbyteclient/sandbox", nil, nil},
	{"tools/refusal", []string{"airbyteclient", "schemas/safetext"}, nil},
	{"tools/account", []string{"airbyteclient", "schemas/safetext", "tools/refusal"}, []string{"github.com/maypok86/otter"}},
	{"tools/account/accounttest", []string{"airbyteclient", "airbyteclient/sandbox", "tools/account"}, nil},
	{"tools/secrets", []string{"airbyteclient", "schemas/rawjson", "schemas/safetext", "tools/refusal"}, nil},
	{"tools/secrets/secretstest", nil, nil},
	{"tools/toolcall", []string{"schemas/rawjson", "tools/secrets"}, nil},
	{"tools/answer", []string{"airbyteclient", "schemas/rawjson", "schemas/safetext", "tools/secrets"}, nil},
	{"tools/knowledge", []string{"airbyteclient", "schemas/rawjson", "schemas/safetext", "tools/account", "tools/refusal"}, []string{"golang.org/x/sync"}},
	{"tools/paging", []string{"airbyteclient", "schemas/rawjson", "schemas/safetext", "tools/knowledge", "tools/refusal"}, nil},
	{"tools/description", []string{"airbyteclient", "schemas", "schemas/rawjson", "schemas/safetext", "tools/account", "tools/knowledge", "tools/paging", "tools/refusal"}, nil},
	{"tools/records", []string{"airbyteclient", "schemas", "schemas/rawjson", "schemas/safetext", "tools/account", "tools/answer", "tools/knowledge", "tools/paging", "tools/refusal"}, []string{"golang.org/x/sync"}},
	{"tools/ledger", nil, nil},
	{"tools/journal", []string{"schemas/rawjson", "schemas/safetext", "tools/refusal", "tools/secrets"}, nil},
	{"tools/plan", []string{"airbyteclient", "schemas/rawjson", "schemas/safetext", "tools/account", "tools/knowledge", "tools/ledger", "tools/refusal", "tools/secrets", "tools/toolcall"}, nil},
	{"tools/approval", []string{"airbyteclient", "schemas/safetext", "tools/account", "tools/journal", "tools/ledger", "tools/plan", "tools/refusal", "tools/toolcall"}, nil},
	{"tools", []string{"airbyteclient", "schemas", "schemas/rawjson", "schemas/safetext", "tools/account", "tools/answer", "tools/approval", "tools/description", "tools/knowledge", "tools/paging", "tools/plan", "tools/records", "tools/refusal", "tools/secrets", "tools/toolcall"}, nil},
	{"tools/formats", []string{"schemas", "schemas/rawjson", "tools"}, nil},
	{"tools/dispatch", []string{"airbyteclient", "schemas/rawjson", "schemas/safetext", "tools", "tools/account", "tools/answer", "tools/approval", "tools/journal", "tools/knowledge", "tools/ledger", "tools/plan", "tools/refusal", "tools/secrets", "tools/toolcall"}, []string{"github.com/maypok86/otter"}},
	{"tools/dispatch/dispatchtest", []string{"airbyteclient", "airbyteclient/sandbox", "schemas/rawjson", "tools", "tools/account", "tools/account/accounttest", "tools/approval", "tools/dispatch", "tools/ledger", "tools/plan", "tools/refusal"}, nil},
	{"server/connect/pagetext", []string{"schemas/safetext"}, nil},
	{"server/connect/form", []string{"airbyteclient", "server/connect/pagetext"}, nil},
	{"server/connect", []string{"airbyteclient", "server/connect/form", "server/connect/pagetext"}, nil},
	{"server/telemetry", []string{"airbyteclient"}, nil},
	{"server/demo", nil, []string{"github.com/mark3labs/mcp-go"}},
	{"server/transport", []string{"schemas/rawjson", "server/telemetry"}, []string{"github.com/mark3labs/mcp-go"}},
	{"server/consent", []string{"airbyteclient", "server/connect", "server/connect/form", "server/connect/pagetext", "server/telemetry", "server/transport", "tools", "tools/account", "tools/approval", "tools/dispatch", "tools/ledger", "tools/plan"}, []string{"github.com/mark3labs/mcp-go"}},
	{"server/menu", []string{"airbyteclient", "schemas/safetext", "server/telemetry", "server/transport", "tools/account", "tools/dispatch", "tools/refusal"}, []string{"github.com/mark3labs/mcp-go"}},
	{"server", []string{"server/consent", "server/menu", "server/telemetry", "server/transport", "tools", "tools/account", "tools/answer", "tools/approval", "tools/dispatch", "tools/plan", "tools/refusal", "tools/secrets"}, []string{"github.com/mark3labs/mcp-go"}},
	{"", []string{"airbyteclient", "airbyteclient/sandbox", "server", "server/consent", "server/demo", "server/telemetry", "tools", "tools/account", "tools/dispatch", "tools/formats", "tools/journal", "tools/plan", "tools/secrets"}, []string{"github.com/alecthomas/kong"}},
}

func TestEveryPackageImportsOnlyWhatStandsAboveIt(t *testing.T) {
	t.Parallel()
	const module = "airbyte-agent-mcp"
	rank := map[string]int{}
	for i, l := range layers {
		rank[l.name] = i
	}
	for _, l := range layers {
		for _, name := range l.ours {
			if at, known := rank[name]; !known || at >= rank[l.name] {
				t.Errorf("the row of %q allows %q, which does not stand above it", l.name, name)
			}
		}
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
		at, known := rank[name]
		if !known {
			t.Errorf("package %q has no row: give it one", name)
			continue
		}
		seen[name] = true
		used := map[string]bool{}
		for _, path := range p.Imports {
			if inner, ok := strings.CutPrefix(path, module+"/"); ok {
				used[inner] = true
				if !slices.Contains(layers[at].ours, inner) {
					t.Errorf("%q imports %q, against the row of it", name, inner)
				}
				continue
			}
			if !strings.Contains(strings.SplitN(path, "/", 2)[0], ".") {
				if path == "log/slog" && (strings.HasPrefix(name, "tools") || strings.HasPrefix(name, "schemas")) {
					t.Errorf("%q logs; handlers return", name)
				}
				continue // standard library
			}
			if !slices.ContainsFunc(layers[at].outside, func(home string) bool { return strings.HasPrefix(path, home) }) {
				t.Errorf("%q imports %q, whose home is elsewhere", name, path)
			}
		}
		for _, name := range layers[at].ours {
			if !used[name] {
				t.Errorf("the row of %q allows %q, which it does not use", layers[at].name, name)
			}
		}
	}
	for _, l := range layers {
		if !seen[l.name] {
			t.Errorf("there is no package %q any more", l.name)
		}
	}
}
