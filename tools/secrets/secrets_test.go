package secrets_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/rogpeppe/go-internal/txtar"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/tools"
	"airbyte-agent-mcp/tools/approval"
	"airbyte-agent-mcp/tools/dispatch"
	"airbyte-agent-mcp/tools/dispatch/dispatchtest"
	"airbyte-agent-mcp/tools/plan"
	"airbyte-agent-mcp/tools/refusal"
	"airbyte-agent-mcp/tools/secrets"
	"airbyte-agent-mcp/tools/secrets/secretstest"
)

// argumentsOf are those of a tool's story, with what it fills in.
func argumentsOf(t *testing.T, tool string) map[string]any {
	t.Helper()
	story, err := txtar.ParseFile("../testdata/" + tool + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	args := map[string]any{}
	for _, f := range story.Files {
		if f.Name == "args.json" {
			if err := json.Unmarshal(f.Data, &args); err != nil {
				t.Fatal(err)
			}
		}
	}
	return args
}

// everything that a call tells anybody: its caller, a person, the log.
func heard(t *testing.T, w dispatchtest.World, tool, arguments string) (all string, err error) {
	t.Helper()
	answer, err := w.Runner.Call(t.Context(), w.Api.Client, tool, []byte(arguments))
	all = string(answer.JSON)
	if err != nil {
		all += w.Runner.Tools()[tool].Explain(err) + err.Error() + fmt.Sprintf("%v %+v", err, err)
	}
	if waits, ok := errors.AsType[*approval.ConfirmNeeded](err); ok {
		all += string(rawjson.Of(waits.Plan)) + waits.Error()
	}
	return all, err
}

// Every tool is given a token in each of its arguments.
func TestTokensInArgumentsAreRefusedOrTaken(t *testing.T) {
	t.Parallel()
	token := "ghp_" + secretstest.Made(secretstest.Alnums, 36)
	for _, mode := range []string{plan.Allow, plan.Confirm} {
		w, journal := dispatchtest.Journaled(t, mode)
		for _, tool := range dispatchtest.Everything(t) {
			var schema struct {
				Properties map[string]struct{ Type string }
			}
			if err := json.Unmarshal(tool.InputSchema(), &schema); err != nil {
				t.Fatal(err)
			}
			for property, is := range schema.Properties {
				secret, some := secrets.SecretArgument(property)
				type form struct {
					value any
					taken bool
				}
				forms := []form{{map[string]any{"note": token}, secret}, {[]any{"a", token}, false}, {"my key: " + token, secret}}
				if is.Type == "object" {
					forms = append(forms, form{map[string]any{token: 1}, false}, form{map[string]any{"deep": []any{map[string]any{"token": token}}}, some},
						form{map[string]any{"note": `{"a":"\n` + token + `"}`}, secret})
				}
				for _, f := range forms {
					args := argumentsOf(t, tool.Name)
					args[property] = f.value
					given := string(rawjson.Of(args))
					w.Sandbox.ResetRequests()
					said, err := heard(t, w, tool.Name, given)
					refused := err != nil && strings.Contains(err.Error(), "looks like a GitHub token")
					switch {
					case property == "continuation":
					case f.taken && refused:
						t.Errorf("%s %s: %v", tool.Name, given, err)
					case !f.taken && !refused && refusal.KindOf(err) != "bad_arguments":
						t.Errorf("%s took %s: %v", tool.Name, given, err)
					}
					if strings.Contains(said, token) || strings.Contains(said, token[:12]) {
						t.Errorf("%s %s shows the token: %s", tool.Name, given, said)
					}
					for _, r := range w.Sandbox.Requests() {
						if !f.taken && strings.Contains(r.Path+r.Query+string(r.Body), token) {
							t.Errorf("%s %s was sent: %s", tool.Name, given, r.Body)
						}
					}
				}
			}
		}
		if whole := strings.Join(dispatchtest.Lines(t, journal), ""); strings.Contains(whole, token[:12]) {
			t.Errorf("the journal has the token:\n%s", whole)
		}
	}
}

// echoing is a service that answers with what it was sent, as no other would
// escape it.
func echoing(t *testing.T, before func(r *http.Request), options ...dispatch.Option) dispatchtest.World {
	t.Helper()
	w := dispatchtest.New(t, sandbox.Options{}, options...)
	srv := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/applications/token") || r.Method == http.MethodGet && !strings.Contains(r.URL.Path, "/definitions/sources/") {
			w.Sandbox.ServeHTTP(out, r)
			return
		}
		body, _ := io.ReadAll(r.Body)
		if before != nil {
			before(r)
		}
		dump := string(body) + url.QueryEscape(string(body)) + fmt.Sprintf("%q %x", body, body)
		whole := asUnits(dump)
		out.Header().Set("Content-Type", "application/json")
		switch {
		case r.Method == http.MethodGet:
			fmt.Fprint(out, `{"id":"x","definition":{"spec":{"connectionSpecification":{"properties":{"weird":{"type":"string","airbyte_secret":true}}}}}}`)
		case strings.Contains(string(body), "make it fail"):
			out.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(out, `{"message":%s}`, whole)
		default:
			status := `"success"`
			if strings.HasSuffix(r.URL.Path, "/check") {
				status = `"failed"`
			}
			fmt.Fprintf(out, `{"id":"x","name":%s,"source_template":{"id":"t","name":%s},"replication_config":{%s:%s,"plain":%s},
				"status":%s,"error_message":%s,"entity_check_results":[{"entity":%s}],"result":{%s:[%s]},"connector_type":%s}`,
				whole, whole, whole, body, whole, status, whole, whole, whole, whole, whole)
		}
	}))
	t.Cleanup(srv.Close)
	api, err := airbyteclient.New(airbyteclient.Config{
		APIHost: srv.URL, ClientID: sandbox.ClientID, ClientSecret: airbyteclient.NewSecret(sandbox.ClientSecret), OrganizationID: sandbox.OrganizationID,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(api.CloseIdleConnections)
	w.Api.Client = api
	return w
}

// asUnits is a text as JSON that escapes every character.
func asUnits(text string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		fmt.Fprintf(&b, `\u%04X`, unit)
	}
	return `"` + b.String() + `"`
}

func TestWhatWasSentDoesNotComeBack(t *testing.T) {
	t.Setenv("CONNECTOR_PAT", `env"4711<ö>`)
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "key"), []byte("file-4711-"+secretstest.Made(secretstest.Alnums, 20)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := echoing(t, nil, dispatch.WithCredentials(secrets.Policy{AllowSecretEnv: []string{"CONNECTOR_*"}, AllowSecretDir: folder}))
	for _, call := range [][2]string{
		{"create_connector", `{"definition_id":"d","credentials":{"token":{"from_env":"CONNECTOR_PAT"},"more":["canary-4711",{"from_file":"key"}]}}`},
		{"create_connector", `{"definition_id":"d","credentials":{"token":"cänary \"4711\"","pin":471147114711},"environment":{"weird":"canary-4711"}}`},
		{"create_connector", `{"definition_id":"d","replication_config":{"weird":"canary-4711","secrets":[{"from_file":"` + folder + `/key"}]}}`},
		{"create_connector", `{"definition_id":"d","name":"make it fail","replication_config":{"weird":"canary-4711","token":{"from_env":"CONNECTOR_PAT"}}}`},
		{"check_new_connector", `{"definition_id":"d","credentials":{"token":"canary-4711"},"environment":{"api_key":{"from_env":"CONNECTOR_PAT"}}}`},
		{"update_connector", `{"connector_id":"c0000003-0000-4000-8000-000000000003","replication_config":{"api_key":"canary-4711"}}`},
		{"check_connector", `{"connector_id":"c0000003-0000-4000-8000-000000000003","replication_config":{"api_key":"canary-4711"}}`},
		{"create_template", `{"actor_definition_id":"d","partial_default_config":{"weird":"canary-4711"}}`},
		{"set_oauth_config", `{"connector_type":"GitHub","configuration":{"client_id":"abc","client_secret":{"from_env":"CONNECTOR_PAT"},"other":"canary-4711"}}`},
		{"execute_operation", `{"connector_id":"c0000003-0000-4000-8000-000000000003","entity":"users","action":"create","params":{"password":"canary-4711"}}`},
		{"execute_operation", `{"connector_id":"c0000003-0000-4000-8000-000000000003","entity":"users","action":"create","params":{"note":"make it fail","password":"canary-4711"}}`},
	} {
		all, err := heard(t, w, call[0], call[1])
		if failed := strings.Contains(call[1], "make it fail"); failed != (err != nil) {
			t.Errorf("%s %s: %v", call[0], call[1], err)
		}
		all += string(fmt.Appendf(nil, "%q", all))
		for _, part := range []string{"4711", "63616e6172", "cänary", "env%22"} {
			if strings.Contains(all, part) {
				t.Errorf("%s %s shows %q:\n%s", call[0], call[1], part, all)
			}
		}
		if err == nil && !strings.Contains(all, secrets.Redacted) {
			t.Errorf("%s %s: it was not echoed: %s", call[0], call[1], all)
		}
	}
}

// A call that was answered before it ended is asked for later, by somebody who
// knows none of its secrets.
func TestLateAnswerShowsNoSecret(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"make it work": secrets.Redacted, "make it fail": "HTTP 400"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			arrived, goOn := make(chan bool, 1), make(chan bool)
			w := echoing(t, func(r *http.Request) {
				if r.Method == http.MethodPost {
					arrived <- true
					<-goOn
				}
			}, dispatch.WithWrites(plan.Policy{Mode: plan.Allow}))
			w.Runner = dispatchtest.NewRunner(t, dispatch.Limits{CallTimeout: time.Second}, dispatch.WithWrites(plan.Policy{Mode: plan.Allow}))
			got, err := w.Runner.Call(t.Context(), w.Api.Client, "create_connector", []byte(`{"definition_id":"d","name":"`+name+`","credentials":{"token":"canary-4711"}}`))
			if err != nil || string(rawjson.Member(got.JSON, "pending")) != "true" {
				t.Fatalf("%s, %v", got.JSON, err)
			}
			<-arrived
			close(goOn)
			all, _ := heard(t, w, secrets.ReadMoreName, dispatchtest.More(got.JSON))
			if strings.Contains(all, "4711") || !strings.Contains(all, want) {
				t.Errorf("%s", all)
			}
		})
	}
}

// A person sees the name of what a reference names, and nothing of what is secret.
func TestPlanAndJournalNameReferencesAlone(t *testing.T) {
	t.Setenv("CONNECTOR_PAT", "env-4711-secret")
	file := filepath.Join(t.TempDir(), "writes.jsonl")
	w := echoing(t, nil, dispatch.WithCredentials(secrets.Policy{AllowSecretEnv: []string{"CONNECTOR_*"}}), dispatch.WithWrites(plan.Policy{Mode: plan.Confirm, Audit: file}))
	const create = `{"definition_id":"d","name":"n","credentials":{"token":{"from_env":"CONNECTOR_PAT"}},"replication_config":{"weird":"canary-4711","repositories":["a/b"]}}`
	p := w.Ask(t, "create_connector", create)
	if plan := string(rawjson.Of(p)); strings.Contains(plan, "4711") || !strings.Contains(plan, `"from_env":"CONNECTOR_PAT"`) || !strings.Contains(plan, "a/b") {
		t.Errorf("%s", plan)
	}
	w.Decide(t, p, true)
	if all, err := heard(t, w, "create_connector", create); err != nil || strings.Contains(all, "4711") {
		t.Errorf("%s, %v", all, err)
	}
	const update = `{"connector_id":"c0000003-0000-4000-8000-000000000003","replication_config":{"account_id":"acct_2","api_key":"canary-4711"}}`
	plan := string(rawjson.Of(w.Ask(t, "update_connector", update)))
	if strings.Contains(plan, "4711") || !strings.Contains(plan, "acct_2") {
		t.Errorf("%s", plan)
	}
	whole := strings.Join(dispatchtest.Lines(t, file), "")
	if strings.Contains(whole, "4711") || !strings.Contains(whole, `"weird":"secret"`) || strings.Contains(whole, `"replication_config.weird"`) {
		t.Errorf("the journal:\n%s", whole)
	}
}

// A form is for who gives no credentials at all, wherever they may stand.
func TestSecretSettingsNeedNoForm(t *testing.T) {
	t.Parallel()
	w := echoing(t, nil)
	for config, asked := range map[string]bool{
		`{"repositories":["a/b"]}`: true, `{"weird":"canary-4711"}`: false, `{"api_key":"canary-4711"}`: false,
	} {
		_, err := w.Call(t, "create_connector", []byte(`{"definition_id":"d","replication_config":`+config+`}`))
		if _, is := errors.AsType[*tools.CredentialsNeeded](err); is != asked {
			t.Errorf("%s: %v", config, err)
		}
	}
}

// FuzzSecretsAreBlanked looks for JSON that shows a secret, or is none any more.
func FuzzSecretsAreBlanked(f *testing.F) {
	f.Add("canary-4711", `{"a":"x canary-4711 y","n":1}`)
	f.Add(`q"uo\te`+"\n", `["a q\"uo\\te"]`)
	f.Add("ключ-ключ", `"<ключ-ключ>"`)
	f.Add("123456789", `[123456789,-1e5]`)
	f.Add("sécret-sécret", `{"\u0073écret-sécret":true}`)
	f.Fuzz(func(t *testing.T, secret, doc string) {
		if len(secret) < secrets.MinSecret || strings.Contains(secrets.Redacted, secret) || strings.ToValidUTF8(secret, "") != secret {
			t.Skip()
		}
		s := secrets.NewSet(map[string]bool{secret: true})
		docs := []string{asUnits("a" + secret + "z"), string(rawjson.Of(map[string]any{"k" + secret: []any{secret, doc + secret}})), string(rawjson.Of(string(rawjson.Of(secret))))}
		var compact bytes.Buffer
		if json.Compact(&compact, []byte(doc)) == nil {
			docs = append(docs, compact.String())
		}
		for _, doc := range docs {
			got := s.RedactJSON(json.RawMessage(doc))
			if !json.Valid(got) {
				t.Fatalf("%s became %s", doc, got)
			}
			v, err := rawjson.Decode(got)
			if err != nil {
				t.Fatal(err)
			}
			if secrets.Shows(v, secret) {
				t.Fatalf("%q shows in %s, of %s", secret, got, doc)
			}
		}
	})
}
