package secrets

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestConfigurationsAreShownWithoutSecrets(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, config, spec, want string
	}{
		{"by the spec's mark", `{"pat":"s3cr3t","repos":["a/b"]}`, `{"connectionSpecification":{"properties":{"pat":{"airbyte_secret":true}}}}`, `{"pat":"[redacted]","repos":["a/b"]}`},
		{"by the spec's mark, inside a choice", `{"credentials":{"option_title":"PAT","weird":"s"}}`, `{"x":{"oneOf":[{"properties":{"weird":{"airbyte_secret":true}}}]}}`, `{"credentials":{"option_title":"PAT","weird":"[redacted]"}}`},
		{"by name", `{"api_key":"k","apiKey":"k","client_secret":"c","password":"p","refresh_token":"r","private_key":"-----","bot_key":"b"}`, ``, `{"apiKey":"[redacted]","api_key":"[redacted]","bot_key":"[redacted]","client_secret":"[redacted]","password":"[redacted]","private_key":"[redacted]","refresh_token":"[redacted]"}`},
		{"lists under a secret name", `{"tokens":["a","b"]}`, ``, `{"tokens":["[redacted]","[redacted]"]}`},
		{"numbers under a secret name", `{"access_token":12345678901234567890}`, ``, `{"access_token":"[redacted]"}`},
		{"names that only look so", `{"auth_type":"token","token_type":"bearer","primary_key":"id","client_id":"c","token_uri":"https://x.example"}`, ``, `{"auth_type":"token","client_id":"c","primary_key":"id","token_type":"bearer","token_uri":"https://x.example"}`},
		{"big numbers stay", `{"account_id":9007199254740993}`, ``, `{"account_id":9007199254740993}`},
		{"absent", ``, ``, `{}`},
		{"null", `null`, ``, `{}`},
		{"not JSON", `{"a":`, ``, `{}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got := Redact(json.RawMessage(row.config), json.RawMessage(row.spec))
			if string(got) != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
		})
	}
}

func FuzzRedact(f *testing.F) {
	f.Add(`{"password":"hunter2222","deep":[{"token":"x"}]}`, `{"password":{"airbyte_secret":true}}`)
	f.Add(`[]`, `1`)
	f.Fuzz(func(t *testing.T, config, spec string) {
		got := Redact(json.RawMessage(config), json.RawMessage(spec))
		if !json.Valid(got) {
			t.Fatalf("not JSON: %s", got)
		}
		var object struct {
			Password string `json:"password"`
		}
		if json.Unmarshal([]byte(config), &object) == nil && len(object.Password) > 10 && strings.Contains(string(got), object.Password) {
			t.Fatalf("the password shows: %s", got)
		}
	})
}
