package tools

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"airbyte-agent-mcp/airbyteclient/sandbox"
)

// taken is what a tool gets of arguments under a policy.
func taken(policy Credentials, tool, arguments string) (string, error) {
	found, err := policy.intake(tool, json.RawMessage(arguments), func() redactor { return redactor{} })
	if err != nil {
		return "", err
	}
	return string(found.fill(json.RawMessage(arguments))), nil
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
	references := Credentials{Credentials: "reference", AllowSecretEnv: []string{"CONNECTOR_*"}, AllowSecretDir: folder}
	for _, row := range []struct {
		name   string
		policy Credentials
		given  string
		want   string // what is sent, or a word of the refusal
	}{
		{"plainly", Credentials{}, `{"token":"pat"}`, `{"token":"pat"}`},
		{"plainly, where a form is wanted", Credentials{Credentials: "form"}, `{"token":"pat-4711"}`, "--credentials=form"},
		{"plainly, where references are wanted", references, `{"token":"pat-4711"}`, "--credentials=reference"},
		{"one of two plainly", references, `{"email":"a@example.com","token":{"from_env":"CONNECTOR_PAT"}}`, "--credentials=reference"},
		{"from the environment", references, `{"token":{"from_env":"CONNECTOR_PAT"}}`, `{"token":"pat-from-env"}`},
		{"from another variable", references, `{"token":{"from_env":"OTHER_SECRET"}}`, "--allow-secret-env"},
		{"from no variable", references, `{"token":{"from_env":"CONNECTOR_NONE"}}`, "not set"},
		{"from a variable, none allowed", Credentials{}, `{"token":{"from_env":"CONNECTOR_PAT"}}`, "--allow-secret-env"},
		{"from a file", references, `{"a":{"token":{"from_file":"github"}}}`, `{"a":{"token":"pat-from-file"}}`},
		{"from a file by its whole path", references, `{"token":{"from_file":` + string(encoded(filepath.Join(folder, "github"))) + `}}`, `{"token":"pat-from-file"}`},
		{"by a link within", references, `{"token":{"from_file":"inside"}}`, `{"token":"pat-from-file"}`},
		{"in a list", references, `{"a":[{"from_file":"github"},true,{"b":{"from_env":"CONNECTOR_PAT"}}],"type":"c"}`, `{"a":["pat-from-file",true,{"b":"pat-from-env"}],"type":"c"}`},
		{"with something beside it", references, `{"token":{"from_env":"CONNECTOR_PAT","x":1}}`, "nothing beside it"},
		{"from both", references, `{"token":{"from_env":"CONNECTOR_PAT","from_file":"github"}}`, "nothing beside it"},
		{"from no name", references, `{"token":{"from_env":""}}`, "nothing beside it"},
		{"from what is no name", references, `{"token":{"from_file":["github"]}}`, "nothing beside it"},
		{"all at once", references, `{"from_env":"CONNECTOR_PAT"}`, "each field"},
		{"the server's own", Credentials{AllowSecretEnv: []string{"*"}}, `{"token":{"from_env":"AIRBYTE_CLIENT_SECRET"}}`, "--allow-secret-env"},
		{"from an empty file", references, `{"token":{"from_file":"empty"}}`, "it is empty"},
		{"from a file of bytes", references, `{"token":{"from_file":"nul"}}`, "it is no text"},
		{"from a file in another encoding", references, `{"token":{"from_file":"latin"}}`, "it is no text"},
		{"from a file outside", references, `{"token":{"from_file":` + string(encoded(outside)) + `}}`, "--allow-secret-dir"},
		{"by a way out", references, `{"token":{"from_file":"../outside"}}`, "--allow-secret-dir"},
		{"by a link out", references, `{"token":{"from_file":"link"}}`, "--allow-secret-dir"},
		{"from a file too long", references, `{"token":{"from_file":"long"}}`, "--allow-secret-dir"},
		{"from a folder", references, `{"token":{"from_file":"."}}`, "--allow-secret-dir"},
		{"from a file, none allowed", Credentials{}, `{"token":{"from_file":"github"}}`, "--allow-secret-dir"},
	} {
		text, err := taken(row.policy, "create_connector", `{"credentials":`+row.given+`}`)
		if err != nil {
			text = err.Error()
		} else {
			text = string(member([]byte(text), "credentials"))
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
	p := Credentials{Credentials: "reference", AllowSecretEnv: []string{"CONNECTOR_*"}}
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
			if _, err := taken(Credentials{}, "create_connector", strings.ReplaceAll(given, "from_env", "note")); err != nil {
				t.Errorf("%s, where any are taken: %v", given, err)
			}
		}
	}
}

// Without credentials a person is asked for them, whatever writes may do.
func TestConnectorWithoutCredentialsNeedsAForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	call := func(arguments string) error {
		_, err := w.runner.Call(t.Context(), w.api.Client, "create_connector", json.RawMessage(arguments))
		return err
	}
	need, ok := errors.AsType[*CredentialsNeeded](call(`{"connector_type":"stripe","name":"Mine"}`))
	if !ok || need.DefinitionID != "e094cb9a-26de-4645-8761-65c0c425d1de" || need.Name != "Mine" || need.WorkspaceName != "default" {
		t.Errorf("%+v", need)
	}
	if err := call(`{"connector_type":"Strip"}`); err == nil || !strings.Contains(err.Error(), "list_definitions") {
		t.Errorf("an unknown service: %v", err)
	}
	if err := call(`{"name":"Mine"}`); err == nil || !strings.Contains(err.Error(), "definition_id") {
		t.Errorf("no service: %v", err)
	}
	for _, r := range w.sandbox.Requests() {
		if r.Method == "POST" && strings.HasSuffix(r.Path, "/connectors") {
			t.Errorf("it was sent: %s", r.Body)
		}
	}
}

func TestReferenceIsTakenWhereASecretStands(t *testing.T) {
	t.Setenv("CONNECTOR_PAT", "a secret of ours")
	w := newWorld(t, sandbox.Options{}, WithCredentials(Credentials{AllowSecretEnv: []string{"*"}}))
	for arguments, taken := range map[string]bool{
		`{"connector_id":"stripe","replication_config":{"account_id":{"from_env":"CONNECTOR_PAT"}}}`:    false,
		`{"connector_id":"stripe","replication_config":{"channel_note":{"from_env":"CONNECTOR_PAT"}}}`:  false,
		`{"connector_id":"stripe","replication_config":{"client_secret":{"from_env":"CONNECTOR_PAT"}}}`: true,
	} {
		_, err := w.call(t, "update_connector", []byte(arguments))
		if (err == nil) != taken {
			t.Errorf("%s: %v", arguments, err)
		}
	}
	got, err := w.call(t, "get_connector", []byte(`{"connector_id":"stripe"}`))
	if err != nil || strings.Contains(string(got), "a secret of ours") {
		t.Errorf("%v: %s", err, got)
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
	policy := Credentials{AllowSecretDir: folder, AllowSecretEnv: []string{"*"}, Own: []string{filepath.Join(folder, "own"), ""}}
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

// To try credentials is to send them somewhere, so that naming them is asked
// about.
func TestTryingSecretsByReferenceIsAskedAbout(t *testing.T) {
	t.Setenv("CONNECTOR_PAT", "first value")
	w := newWorld(t, sandbox.Options{}, WithWrites(Writes{Writes: confirm}), WithCredentials(Credentials{AllowSecretEnv: []string{"CONNECTOR_*"}}))
	const arguments = `{"definition_id":"79c1aa37-dae3-42ae-b333-d1c105477715","credentials":{"email":"a@b.example","api_token":{"from_env":"CONNECTOR_PAT"}},"environment":{"subdomain":"elsewhere"}}`
	p := w.ask(t, "check_new_connector", arguments)
	if !strings.Contains(string(p.Sends), "elsewhere") || !strings.Contains(string(p.Sends), "CONNECTOR_PAT") || !strings.Contains(p.Summary, "Zendesk Support") || strings.Contains(string(encoded(p)), "first value") {
		t.Errorf("%s", encoded(p))
	}
	w.decide(t, p, true)
	t.Setenv("CONNECTOR_PAT", "second value")
	q := w.ask(t, "check_new_connector", arguments)
	if !strings.Contains(strings.Join(q.Notes, " "), "references name has changed") || len(w.wrote()) > 0 {
		t.Errorf("another value under the same yes: %s, %q", encoded(q), w.wrote())
	}
	w.decide(t, q, true)
	if _, err := w.call(t, "check_new_connector", []byte(arguments)); err != nil || len(w.wrote()) != 1 {
		t.Errorf("%v after %q", err, w.wrote())
	}
}
