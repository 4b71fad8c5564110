package secrets

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"airbyte-agent-mcp/schemas/rawjson"
)

// taken is what a tool gets of arguments under a policy.
func taken(policy Policy, tool, arguments string) (string, error) {
	found, err := policy.Intake(tool, json.RawMessage(arguments), func() Redactor { return Redactor{} })
	if err != nil {
		return "", err
	}
	return string(found.Fill(json.RawMessage(arguments))), nil
}

func TestCredentialsComeAsAllowed(t *testing.T) {
	t.Setenv("CONNECTOR_PAT", "pat-from-env")
	t.Setenv("OTHER_SECRET", "not for connectors")
	folder, outside := t.TempDir(), filepath.Join(t.TempDir(), "outside")
	for path, text := range map[string]string{filepath.Join(folder, "github"): "pat-from-file\n", outside: "not for connectors", filepath.Join(folder, "long"): strings.Repeat("x", maxSecret+1),
		filepath.Join(folder, "empty"): "\n", filepath.Join(folder, "nul"): "pat-4711\x00", filepath.Join(folder, "latin"): "p\xE4t-4711"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{"link": outside, "inside": "github"} {
		if err := os.Symlink(target, filepath.Join(folder, link)); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("AIRBYTE_CLIENT_SECRET", "not for connectors")
	references := Policy{Mode: "reference", AllowSecretEnv: []string{"CONNECTOR_*"}, AllowSecretDir: folder}
	for _, row := range []struct {
		name   string
		policy Policy
		given  string
		want   string // what is sent, or a word of the refusal
	}{
		{"plainly", Policy{}, `{"token":"pat"}`, `{"token":"pat"}`},
		{"plainly, where a form is wanted", Policy{Mode: "form"}, `{"token":"pat-4711"}`, "--credentials=form"},
		{"plainly, where references are wanted", references, `{"token":"pat-4711"}`, "--credentials=reference"},
		{"one of two plainly", references, `{"email":"a@example.com","token":{"from_env":"CONNECTOR_PAT"}}`, "--credentials=reference"},
		{"from the environment", references, `{"token":{"from_env":"CONNECTOR_PAT"}}`, `{"token":"pat-from-env"}`},
		{"from another variable", references, `{"token":{"from_env":"OTHER_SECRET"}}`, "--allow-secret-env"},
		{"from no variable", references, `{"token":{"from_env":"CONNECTOR_NONE"}}`, "not set"},
		{"from a variable, none allowed", Policy{}, `{"token":{"from_env":"CONNECTOR_PAT"}}`, "--allow-secret-env"},
		{"from a file", references, `{"a":{"token":{"from_file":"github"}}}`, `{"a":{"token":"pat-from-file"}}`},
		{"from a file by its whole path", references, `{"token":{"from_file":` + string(rawjson.Of(filepath.Join(folder, "github"))) + `}}`, `{"token":"pat-from-file"}`},
		{"by a link within", references, `{"token":{"from_file":"inside"}}`, `{"token":"pat-from-file"}`},
		{"in a list", references, `{"a":[{"from_file":"github"},true,{"b":{"from_env":"CONNECTOR_PAT"}}],"type":"c"}`, `{"a":["pat-from-file",true,{"b":"pat-from-env"}],"type":"c"}`},
		{"with something beside it", references, `{"token":{"from_env":"CONNECTOR_PAT","x":1}}`, "nothing beside it"},
		{"from both", references, `{"token":{"from_env":"CONNECTOR_PAT","from_file":"github"}}`, "nothing beside it"},
		{"from no name", references, `{"token":{"from_env":""}}`, "nothing beside it"},
		{"from what is no name", references, `{"token":{"from_file":["github"]}}`, "nothing beside it"},
		{"all at once", references, `{"from_env":"CONNECTOR_PAT"}`, "each field"},
		{"the server's own", Policy{AllowSecretEnv: []string{"*"}}, `{"token":{"from_env":"AIRBYTE_CLIENT_SECRET"}}`, "--allow-secret-env"},
		{"from an empty file", references, `{"token":{"from_file":"empty"}}`, "it is empty"},
		{"from a file of bytes", references, `{"token":{"from_file":"nul"}}`, "it is no text"},
		{"from a file in another encoding", references, `{"token":{"from_file":"latin"}}`, "it is no text"},
		{"from a file outside", references, `{"token":{"from_file":` + string(rawjson.Of(outside)) + `}}`, "--allow-secret-dir"},
		{"by a way out", references, `{"token":{"from_file":"../outside"}}`, "--allow-secret-dir"},
		{"by a link out", references, `{"token":{"from_file":"link"}}`, "--allow-secret-dir"},
		{"from a file too long", references, `{"token":{"from_file":"long"}}`, "--allow-secret-dir"},
		{"from a folder", references, `{"token":{"from_file":"."}}`, "--allow-secret-dir"},
		{"from a file, none allowed", Policy{}, `{"token":{"from_file":"github"}}`, "--allow-secret-dir"},
	} {
		text, err := taken(row.policy, "create_connector", `{"credentials":`+row.given+`}`)
		if err != nil {
			text = err.Error()
		} else {
			text = string(rawjson.Member([]byte(text), "credentials"))
		}
		if refused := row.want[0] != '{'; refused != (err != nil) || !strings.Contains(text, row.want) {
			t.Errorf("%s: %s, want %s", row.name, text, row.want)
		}
		if err != nil && (strings.Contains(text, "pat-4711") || strings.Contains(text, "not for connectors")) {
			t.Errorf("%s: the refusal shows a secret: %s", row.name, text)
		}
	}
}

// A configuration is no way around.
func TestConfigurationHoldsNoSecretsWhereNoneAreTaken(t *testing.T) {
	t.Setenv("CONNECTOR_PAT", "pat-from-env")
	p := Policy{Mode: "reference", AllowSecretEnv: []string{"CONNECTOR_*"}}
	for given, fine := range map[string]bool{
		`{"repositories":["a/b"],"start_date":"2026-01-01","credentials_title":"PAT"}`:                true,
		`{"credentials":{"option_title":"PAT","personal_access_token":{"from_env":"CONNECTOR_PAT"}}}`: true,
		`{"credentials":{"option_title":"PAT","personal_access_token":"pat-4711"}}`:                   false,
		`{"api_key":"k-4711"}`: false,
	} {
		for _, argument := range []string{"replication_config", "environment", "partial_default_config", "destination_config"} {
			given := `{"` + argument + `":` + given + `}`
			got, err := taken(p, "create_connector", given)
			if (err == nil) != fine || strings.Contains(got, "from_env") {
				t.Errorf("%s: %s, %v", given, got, err)
			}
			if _, err := taken(Policy{}, "create_connector", strings.ReplaceAll(given, "from_env", "note")); err != nil {
				t.Errorf("%s, where any are taken: %v", given, err)
			}
		}
	}
}

func TestServersOwnSecretsAreNamedByNobody(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"own", "theirs"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("secret of "+name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(filepath.Join(folder, "own"), filepath.Join(folder, "link")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AIRBYTE_MCP_ANYTHING", "x")
	policy := Policy{AllowSecretDir: folder, AllowSecretEnv: []string{"*"}, Own: []string{filepath.Join(folder, "own"), ""}}
	for reference, taken := range map[string]bool{
		`{"from_file":"theirs"}`:               true,
		`{"from_file":"own"}`:                  false,
		`{"from_file":"link"}`:                 false,
		`{"from_env":"AIRBYTE_MCP_ANYTHING"}`:  false,
		`{"from_env":"airbyte_client_secret"}`: false,
	} {
		if value, err := policy.secret(json.RawMessage(reference), "credentials.token"); (err == nil) != taken {
			t.Errorf("%s: %q, %v", reference, value, err)
		}
	}
}
