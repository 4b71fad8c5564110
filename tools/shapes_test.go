package tools

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/airbyteclient/sandbox"
)

func TestTokensAreKnownByTheirLook(t *testing.T) {
	t.Parallel()
	for name, list := range someTokens() {
		for _, token := range list {
			inURL := strings.ContainsAny(token, "!+/=") // would be escaped there
			for _, around := range [][2]string{
				{"", ""}, {"my key is ", ", please connect"}, {"Authorization: Bearer ", "\r\nHost: x"}, {"TOKEN=", ""}, {`{\"k\":\"`, `\"}`},
				{`line\n`, `\nline`}, {"(", ")."}, {"https://x.example/?k=", ""}, {"a%20", ""}, {"日本", "語"},
			} {
				if inURL && strings.HasPrefix(around[0], "http") {
					continue
				}
				found := false
				for secret, kind := range tokensIn(around[0] + token + around[1]) {
					found = found || kind == name && strings.HasPrefix(secret, token) && len(secret) <= len(token)+2
				}
				if !found {
					t.Errorf("%s is not found in %q", name, around[0]+token+around[1])
				}
			}
		}
	}
	user := "gho_" + made(alnums, 36)
	if got := withoutTokens("https://" + user + ":x-oauth-basic@github.com/a/b"); strings.Contains(got, user) {
		t.Errorf("%s", got)
	}
	for _, text := range []string{"postgres://reader:" + "hunter22@db.example/sales", "see https://u:" + "pÄ5s-Dk7@host/x now"} {
		if got := withoutTokens(text); strings.Contains(got, "hunter22") || strings.Contains(got, "Dk7") {
			t.Errorf("%s", got)
		}
	}
}

func TestOrdinaryTextsAreNoTokens(t *testing.T) {
	t.Parallel()
	for _, text := range ordinary {
		for secret, kind := range tokensIn(text) {
			t.Errorf("%q in %q passes for %s", secret, text, kind)
		}
	}
}

// What is sealed here is handed back in arguments.
func TestSealedTextsAreNoTokens(t *testing.T) {
	t.Parallel()
	seal, err := NewSeal()
	if err != nil {
		t.Fatal(err)
	}
	for range 2000 {
		text, err := seal.Close("continuation", "somebody", storyTime, map[string]string{"a": made(alnums, 3000)})
		if err != nil {
			t.Fatal(err)
		}
		for secret, kind := range tokensIn(text) {
			t.Errorf("%q in %q passes for %s", secret, text, kind)
		}
	}
}

// The arguments and answers of all stories are free of tokens; what stands for
// one in them is meant to be none.
func TestStoriesHoldNoTokens(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, name := range files {
		story, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range story.Files {
			if name == "testdata/create_widget_token.txtar" || name == "testdata/create_scoped_token.txtar" {
				continue // they hand out tokens
			}
			for secret, kind := range tokensIn(string(f.Data)) {
				t.Errorf("%s, %s: %q passes for %s", name, f.Name, secret, kind)
			}
		}
	}
	sources, err := filepath.Glob("../airbyteclient/sandbox/*.go")
	if err != nil || len(sources) == 0 {
		t.Fatal(err)
	}
	for _, name := range sources {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for secret, kind := range tokensIn(string(source)) {
			if strings.Contains(secret, "sandboxsandbox") {
				continue // what its connectors were made with
			}
			t.Errorf("%s: %q passes for %s", name, secret, kind)
		}
	}
}

// Records, IDs and cursors of services can be given in arguments again.
func TestRecordsAreNoTokens(t *testing.T) {
	t.Parallel()
	w := newAPIWorld(t, sandbox.Options{})
	connectors, err := w.api.ListConnectors(t.Context(), airbyteclient.ListConnectorsOptions{WorkspaceName: "default"})
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, c := range connectors {
		known, err := learnOutline(context.Background(), w.api, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range known.Entities {
			got, err := w.api.Execute(t.Context(), c.ID, airbyteclient.ExecuteRequest{Entity: e.Name, Action: "list", Params: json.RawMessage(`{}`), Idempotent: true})
			if err != nil {
				continue // it takes parameters, or cannot be listed
			}
			seen++
			wrong := Credentials{}.misplacedSecret("execute_operation", json.RawMessage(`{"params":`+string(encoded(got))+`}`))
			if wrong != nil || len(got.Result) < 10 {
				t.Errorf("%s of %s: %v: %.300s", e.Name, c.Name, wrong, got.Result)
			}
		}
	}
	if seen < 30 {
		t.Errorf("only %d entities were listed", seen)
	}
}
