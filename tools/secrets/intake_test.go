package secrets

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/tools/secrets/secretstest"
)

func TestOrdinaryArgumentsAreTaken(t *testing.T) {
	t.Parallel()
	for _, text := range append(secretstest.Ordinary, "ines@lanternworks.example") {
		for _, arguments := range []map[string]any{
			{"params": map[string]any{"body": text, "token": text, "key": text}}, {"filter": map[string]any{"email": map[string]any{"eq": text}}},
			{"intent": text}, {"workspace_name": text}, {"cursor": text}, {"replication_config": map[string]any{"start_date": text}},
		} {
			if got, err := taken(Policy{}, "execute_operation", string(rawjson.Of(arguments))); err != nil {
				t.Errorf("%s: %v", rawjson.Of(arguments), err)
			} else if want := string(rawjson.Of(arguments)); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
	}
}

// What a refusal says is enough to do it right.
func TestSecretsComeAsTheOperatorWants(t *testing.T) {
	t.Parallel()
	const page, reference, app = "create_connector without credentials", "from_env", "web app"
	token := "ghp_" + secretstest.Made(secretstest.Alnums, 36)
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
		in := newIntake(Policy{Mode: row.policy}, row.tool, json.RawMessage(strings.ReplaceAll(row.given, `T"`, token+`"`)))
		in.settle(Redactor{map[string]bool{"weird": true}})
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
	for _, list := range secretstest.SomeTokens() {
		f.Add(string(rawjson.Of(map[string]any{"params": map[string]any{"a": list[0]}, "credentials": map[string]any{list[0]: 1}})))
	}
	f.Add(`{"credentials":{"a":{"from_env":"X"}},"replication_config":[{"from_file":"y","z":1}]}`)
	f.Add(strings.Repeat(`{"a":[`, 100))
	f.Fuzz(func(t *testing.T, arguments string) {
		_ = FindIn(json.RawMessage(arguments))
		if got := WithoutTokens(arguments); got != WithoutTokens(got) {
			t.Errorf("%q still has a token", got)
		}
		if !json.Valid([]byte(arguments)) {
			return
		}
		if got, err := taken(Policy{}, "create_connector", arguments); err == nil && rawjson.FirstByte(rawjson.Trim([]byte(arguments))) == '{' && !json.Valid([]byte(got)) {
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
