package secrets

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"

	"airbyte-agent-mcp/schemas/rawjson"
)

const Redacted = "[redacted]"

// secretKey matches the names under which services keep secrets, plainKey the
// names that look so and are none, userInfo the password in a URL.
var (
	secretKey = regexp.MustCompile(`(?i)(secret|token|passw|passphrase|pwd|^pat$|_pat$|authorization|cookie|jwt|service_?account|api_?key|access_?key|private_?key|bot_?key|^key$|_key$|credential|signature|dsn|connection_?string)`)
	PlainKey  = regexp.MustCompile(`(?i)(^type|^title|_title|_type|_url|_uri|_method|^client_id|token_expiry.*|from_env|from_file|primary_key|sort_key|partition_key)$`)
	userInfo  = regexp.MustCompile(`(://[^/\s:@]*:)[^/\s@]+@`)
)

// Redact blanks what a configuration holds of secrets: what its spec marks as
// one (airbyte_secret), what is named like one, and what looks like one.
// Configurations are small, so they are decoded; connector data never is.
func Redact(config, spec json.RawMessage) json.RawMessage {
	if len(bytes.TrimSpace(config)) == 0 || bytes.Equal(bytes.TrimSpace(config), []byte("null")) {
		return json.RawMessage("{}")
	}
	r := MarkedBy(spec)
	v, err := rawjson.Decode(config)
	if err != nil {
		return json.RawMessage(`{}`) // better nothing than a secret
	}
	out, err := rawjson.Marshal(r.Blank("", false, v))
	if err != nil {
		return json.RawMessage(`{}`)
	}
	return out
}

type Redactor struct {
	Marked map[string]bool // property names that the spec calls secret
}

// MarkedBy goes by what a spec calls secret, besides names and looks.
func MarkedBy(spec json.RawMessage) Redactor {
	r := Redactor{Marked: map[string]bool{}}
	if v, err := rawjson.Decode(spec); err == nil {
		r.learnSpec("", v)
	}
	return r
}

func (r Redactor) learnSpec(name string, v any) {
	switch v := v.(type) {
	case map[string]any:
		if secret, _ := v["airbyte_secret"].(bool); secret && name != "" {
			r.Marked[strings.ToLower(name)] = true
		}
		for key, inner := range v {
			r.learnSpec(key, inner)
		}
	case []any:
		for _, inner := range v {
			r.learnSpec("", inner)
		}
	}
}

// Blank replaces secret texts and numbers; objects and lists keep their shape.
// What is in something secret is secret itself, unless its name says otherwise.
func (r Redactor) Blank(name string, within bool, v any) any {
	secret := r.IsSecret(name) || within && !PlainKey.MatchString(name)
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			v[key] = r.Blank(key, secret, inner)
		}
		return v
	case []any:
		for i, inner := range v {
			v[i] = r.Blank(name, secret, inner)
		}
		return v
	case string:
		if v == "" {
			return v
		}
		if secret || strings.Contains(v, "PRIVATE KEY-----") {
			return Redacted
		}
		return WithoutTokens(userInfo.ReplaceAllString(v, "${1}"+Redacted+"@"))
	case json.Number:
		if secret {
			return Redacted
		}
	}
	return v
}

func (r Redactor) IsSecret(name string) bool {
	return r.Marked[strings.ToLower(name)] || (secretKey.MatchString(name) && !PlainKey.MatchString(name))
}

// LooksSecret tells of a text that carries a secret in itself, whatever its name.
func LooksSecret(v string) bool {
	for range tokensIn(v) {
		return true
	}
	return strings.Contains(v, "PRIVATE KEY-----") || userInfo.MatchString(v)
}
