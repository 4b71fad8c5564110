package tools

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
)

// argumentsOf are those of a tool's story, with what it fills in.
func argumentsOf(t *testing.T, tool string) map[string]any {
	t.Helper()
	story, err := txtar.ParseFile("testdata/" + tool + ".txtar")
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
func heard(t *testing.T, w world, tool, arguments string) (all string, err error) {
	t.Helper()
	answer, err := w.runner.Call(t.Context(), w.api.Client, tool, []byte(arguments))
	all = string(answer.JSON)
	if err != nil {
		all += w.runner.Tools()[tool].Explain(err) + err.Error() + fmt.Sprintf("%v %+v", err, err)
	}
	if waits, ok := errors.AsType[*ConfirmNeeded](err); ok {
		all += string(encoded(waits.Plan)) + waits.Error()
	}
	return all, err
}

// Every tool is given a token in each of its arguments.
func TestTokensInArgumentsAreRefusedOrTaken(t *testing.T) {
	t.Parallel()
	token := "ghp_" + made(alnums, 36)
	for _, mode := range []string{allow, confirm} {
		w, journal := journaled(t, mode)
		for _, tool := range everything(t) {
			var schema struct {
				Properties map[string]struct{ Type string }
			}
			if err := json.Unmarshal(tool.InputSchema(), &schema); err != nil {
				t.Fatal(err)
			}
			for property, is := range schema.Properties {
				secret, some := secretArgument(property)
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
					given := string(encoded(args))
					w.sandbox.ResetRequests()
					said, err := heard(t, w, tool.Name, given)
					refused := err != nil && strings.Contains(err.Error(), "looks like a GitHub token")
					switch {
					case property == "continuation":
					case f.taken && refused:
						t.Errorf("%s %s: %v", tool.Name, given, err)
					case !f.taken && !refused && Kind(err) != "bad_arguments":
						t.Errorf("%s took %s: %v", tool.Name, given, err)
					}
					if strings.Contains(said, token) || strings.Contains(said, token[:12]) {
						t.Errorf("%s %s shows the token: %s", tool.Name, given, said)
					}
					for _, r := range w.sandbox.Requests() {
						if !f.taken && strings.Contains(r.Path+r.Query+string(r.Body), token) {
							t.Errorf("%s %s was sent: %s", tool.Name, given, r.Body)
						}
					}
				}
			}
		}
		if whole := strings.Join(lines(t, journal), ""); strings.Contains(whole, token[:12]) {
			t.Errorf("the journal has the token:\n%s", whole)
		}
	}
}

func TestOrdinaryArgumentsAreTaken(t *testing.T) {
	t.Parallel()
	for _, text := range append(ordinary, "ines@lanternworks.example") {
		for _, arguments := range []map[string]any{
			{"params": map[string]any{"body": text, "token": text, "key": text}}, {"filter": map[string]any{"email": map[string]any{"eq": text}}},
			{"intent": text}, {"workspace_name": text}, {"cursor": text}, {"replication_config": map[string]any{"start_date": text}},
		} {
			if got, err := taken(Credentials{}, "execute_operation", string(encoded(arguments))); err != nil {
				t.Errorf("%s: %v", encoded(arguments), err)
			} else if want := string(encoded(arguments)); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
	}
}

// What a refusal says is enough to do it right.
func TestSecretsComeAsTheOperatorWants(t *testing.T) {
	t.Parallel()
	const page, reference, app = "create_connector without credentials", "from_env", "web app"
	token := "ghp_" + made(alnums, 36)
	for _, row := range []struct {
		policy, tool, given string
		says                []string // nothing where it is taken
		never               string
	}{
		{"any", "create_connector", `{"credentials":{"token":"T"}}`, nil, ""},
		{"form", "create_connector", `{"credentials":{"token":"T"}}`, []string{"--credentials=form", "credentials.token", page}, reference},
		{"form", "create_connector", `{"credentials":{"token":{"from_env":"A"}}}`, []string{"--credentials=form", "reference", page}, "from_file"},
		{"reference", "create_connector", `{"credentials":{"token":"T"}}`, []string{"--credentials=reference", page, reference}, ""},
		{"reference", "check_new_connector", `{"credentials":{"token":"T"}}`, []string{"--credentials=reference", page, reference}, ""},
		{"form", "check_new_connector", `{"credentials":{"token":"hunter22"}}`, []string{"--credentials=form", page}, "hunter22"},
		{"form", "check_new_connector", `{"replication_config":{"repositories":["a/b"],"weird":"hunter22"}}`, []string{"--credentials=form", "replication_config.weird"}, "hunter22"},
		{"reference", "create_connector", `{"environment":{"weird":"hunter22"}}`, []string{"--credentials=reference", "environment.weird"}, "hunter22"},
		{"any", "create_connector", `{"replication_config":{"weird":"hunter22"}}`, nil, ""},
		{"form", "update_connector", `{"replication_config":{"accounts":[{"password":"hunter22"}]}}`, []string{"--credentials=form", "accounts.0.password"}, "hunter22"},
		{"form", "check_connector", `{"replication_config":{"jdbc":"postgres://u:hunter22@h"}}`, []string{"--credentials=form", "replication_config.jdbc"}, "hunter22"},
		{"any", "check_connector", `{"replication_config":{"jdbc":"postgres://u:hunter22@h"}}`, nil, ""},
		{"form", "set_oauth_config", `{"configuration":{"client_id":"abc","client_secret":"hunter22"}}`, []string{"--credentials=form", "configuration.client_secret", app}, "hunter22"},
		{"reference", "set_oauth_config", `{"configuration":{"client_id":"abc","client_secret":"hunter22"}}`, []string{"--credentials=reference", app, reference}, "hunter22"},
		{"form", "create_template", `{"partial_default_config":{"api_key":"hunter22"}}`, []string{"--credentials=form", app}, "hunter22"},
		{"reference", "update_conn_template", `{"destination_config":{"host":"h","password":"hunter22"}}`, []string{"--credentials=reference", app}, "hunter22"},
		{"form", "create_connector", `{"name":"n","replication_config":{"start_date":"2026-01-01","credentials_title":"PAT"}}`, nil, ""},
		{"reference", "get_token_info", `{"token":"T"}`, nil, ""},
		{"any", "create_connector", `{"replication_config":{"repositories":["T"]}}`, []string{"replication_config.repositories.0", "GitHub token", page, reference, "mask"}, ""},
		{"any", "execute_operation", `{"params":{"body":"T"}}`, []string{"params.body", "Nothing was sent", "replace", page}, ""},
		{"form", "execute_operation", `{"intent":"T"}`, []string{"intent", page}, reference},
		{"reference", "create_connector", `{"credentials":{"token":{"from_env":"T"}}}`, []string{"credentials.token", "GitHub token"}, ""},
		{"reference", "create_connector", `{"credentials":{"token":{"from_file":"a/T"}}}`, []string{"credentials.token", "GitHub token"}, ""},
	} {
		in := newIntake(Credentials{Credentials: row.policy}, row.tool, json.RawMessage(strings.ReplaceAll(row.given, `T"`, token+`"`)))
		in.settle(redactor{map[string]bool{"weird": true}})
		err := in.wrong
		if err == nil {
			err = in.policy.admits(in)
		}
		said := fmt.Sprint(err)
		if (err == nil) != (row.says == nil) || strings.Contains(said, token) || row.never != "" && strings.Contains(said, row.never) {
			t.Errorf("%s %s %s: %s", row.policy, row.tool, row.given, said)
		}
		for _, words := range row.says {
			if !strings.Contains(said, words) {
				t.Errorf("%s %s %s does not say %q: %s", row.policy, row.tool, row.given, words, said)
			}
		}
	}
}

// echoing is a service that answers with what it was sent, as no other would
// escape it.
func echoing(t *testing.T, before func(r *http.Request), options ...Option) world {
	t.Helper()
	w := newWorld(t, sandbox.Options{}, options...)
	srv := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/applications/token") || r.Method == http.MethodGet && !strings.Contains(r.URL.Path, "/definitions/sources/") {
			w.sandbox.ServeHTTP(out, r)
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
	w.api.Client = api
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
	if err := os.WriteFile(filepath.Join(folder, "key"), []byte("file-4711-"+made(alnums, 20)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := echoing(t, nil, WithCredentials(Credentials{AllowSecretEnv: []string{"CONNECTOR_*"}, AllowSecretDir: folder}))
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
		if err == nil && !strings.Contains(all, redacted) {
			t.Errorf("%s %s: it was not echoed: %s", call[0], call[1], all)
		}
	}
}

// A call that was answered before it ended is asked for later, by somebody who
// knows none of its secrets.
func TestLateAnswerShowsNoSecret(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"make it work": redacted, "make it fail": "HTTP 400"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			arrived, goOn := make(chan bool, 1), make(chan bool)
			w := echoing(t, func(r *http.Request) {
				if r.Method == http.MethodPost {
					arrived <- true
					<-goOn
				}
			}, WithWrites(Writes{Writes: allow}))
			w.runner = newRunner(t, Limits{CallTimeout: time.Second}, WithWrites(Writes{Writes: allow}))
			got, err := w.runner.Call(t.Context(), w.api.Client, "create_connector", []byte(`{"definition_id":"d","name":"`+name+`","credentials":{"token":"canary-4711"}}`))
			if err != nil || string(member(got.JSON, "pending")) != "true" {
				t.Fatalf("%s, %v", got.JSON, err)
			}
			<-arrived
			close(goOn)
			all, _ := heard(t, w, readMoreName, more(got.JSON))
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
	w := echoing(t, nil, WithCredentials(Credentials{AllowSecretEnv: []string{"CONNECTOR_*"}}), WithWrites(Writes{Writes: confirm, Audit: file}))
	const create = `{"definition_id":"d","name":"n","credentials":{"token":{"from_env":"CONNECTOR_PAT"}},"replication_config":{"weird":"canary-4711","repositories":["a/b"]}}`
	p := w.ask(t, "create_connector", create)
	if plan := string(encoded(p)); strings.Contains(plan, "4711") || !strings.Contains(plan, `"from_env":"CONNECTOR_PAT"`) || !strings.Contains(plan, "a/b") {
		t.Errorf("%s", plan)
	}
	w.decide(t, p, true)
	if all, err := heard(t, w, "create_connector", create); err != nil || strings.Contains(all, "4711") {
		t.Errorf("%s, %v", all, err)
	}
	const update = `{"connector_id":"c0000003-0000-4000-8000-000000000003","replication_config":{"account_id":"acct_2","api_key":"canary-4711"}}`
	plan := string(encoded(w.ask(t, "update_connector", update)))
	if strings.Contains(plan, "4711") || !strings.Contains(plan, "acct_2") {
		t.Errorf("%s", plan)
	}
	whole := strings.Join(lines(t, file), "")
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
		_, err := w.call(t, "create_connector", []byte(`{"definition_id":"d","replication_config":`+config+`}`))
		if _, is := errors.AsType[*CredentialsNeeded](err); is != asked {
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
		if len(secret) < minSecret || strings.Contains(redacted, secret) || strings.ToValidUTF8(secret, "") != secret {
			t.Skip()
		}
		s := newSecrets(map[string]bool{secret: true})
		docs := []string{asUnits("a" + secret + "z"), string(encoded(map[string]any{"k" + secret: []any{secret, doc + secret}})), string(encoded(string(encoded(secret))))}
		var compact bytes.Buffer
		if json.Compact(&compact, []byte(doc)) == nil {
			docs = append(docs, compact.String())
		}
		for _, doc := range docs {
			got := s.json(json.RawMessage(doc))
			if !json.Valid(got) {
				t.Fatalf("%s became %s", doc, got)
			}
			v, err := decode(got)
			if err != nil {
				t.Fatal(err)
			}
			if shows(v, secret) {
				t.Fatalf("%q shows in %s, of %s", secret, got, doc)
			}
		}
	})
}

func shows(v any, secret string) bool {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			if strings.Contains(name, secret) || shows(inner, secret) {
				return true
			}
		}
	case []any:
		for _, inner := range v {
			if shows(inner, secret) {
				return true
			}
		}
	case string:
		return strings.Contains(v, secret)
	case json.Number:
		return v.String() == secret
	}
	return false
}

// FuzzIntake looks for arguments that it cannot go through.
func FuzzIntake(f *testing.F) {
	for _, list := range someTokens() {
		f.Add(string(encoded(map[string]any{"params": map[string]any{"a": list[0]}, "credentials": map[string]any{list[0]: 1}})))
	}
	f.Add(`{"credentials":{"a":{"from_env":"X"}},"replication_config":[{"from_file":"y","z":1}]}`)
	f.Add(strings.Repeat(`{"a":[`, 100))
	f.Fuzz(func(t *testing.T, arguments string) {
		_ = secretsIn(json.RawMessage(arguments))
		if got := withoutTokens(arguments); got != withoutTokens(got) {
			t.Errorf("%q still has a token", got)
		}
		if !json.Valid([]byte(arguments)) {
			return
		}
		if got, err := taken(Credentials{}, "create_connector", arguments); err == nil && kindOf(trimmed([]byte(arguments))) == '{' && !json.Valid([]byte(got)) {
			t.Errorf("%s became %s", arguments, got)
		}
	})
}

// secretArgument reports whether the whole argument of a name is a secret, and
// whether secrets may stand in it at all.
func secretArgument(name string) (whole, some bool) {
	s, some := slots[name]
	return s.secret, some
}
