package secrets

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"airbyte-agent-mcp/tools/secrets/secretstest"
)

func TestTokensAreKnownByTheirLook(t *testing.T) {
	t.Parallel()
	for name, list := range secretstest.SomeTokens() {
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
	user := "gho_" + secretstest.Made(secretstest.Alnums, 36)
	if got := WithoutTokens("https://" + user + ":x-oauth-basic@github.com/a/b"); strings.Contains(got, user) {
		t.Errorf("%s", got)
	}
	for _, text := range []string{"postgres://reader:" + "hunter22@db.example/sales", "see https://u:" + "pÄ5s-Dk7@host/x now"} {
		if got := WithoutTokens(text); strings.Contains(got, "hunter22") || strings.Contains(got, "Dk7") {
			t.Errorf("%s", got)
		}
	}
}

func TestOrdinaryTextsAreNoTokens(t *testing.T) {
	t.Parallel()
	for _, text := range secretstest.Ordinary {
		for secret, kind := range tokensIn(text) {
			t.Errorf("%q in %q passes for %s", secret, text, kind)
		}
	}
}

// The arguments and answers of all stories are free of tokens; what stands for
// one in them is meant to be none.
func TestStoriesHoldNoTokens(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, name := range files {
		story, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range story.Files {
			if name == "../testdata/create_widget_token.txtar" || name == "../testdata/create_scoped_token.txtar" {
				continue // they hand out tokens
			}
			for secret, kind := range tokensIn(string(f.Data)) {
				t.Errorf("%s, %s: %q passes for %s", name, f.Name, secret, kind)
			}
		}
	}
	sources, err := filepath.Glob("../../airbyteclient/sandbox/*.go")
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
