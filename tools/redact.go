package tools

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
)

const redacted = "[redacted]"

// secretKey matches the names under which services keep secrets, plainKey the
// names that look so and are none, userInfo the password in a URL.
var (
	secretKey = regexp.MustCompile(`(?i)(secret|token|passw|passphrase|pwd|^pat$|_pat$|authorization|cookie|jwt|service_?account|api_?key|access_?key|private_?key|bot_?key|^key$|_key$|credential|signature|dsn|connection_?string)`)
	plainKey  = regexp.MustCompile(`(?i)(^type|^title|_title|_type|_url|_uri|_method|^client_id|token_expiry.*|from_env|from_file|primary_key|sort_key|partition_key)$`)
	userInfo  = regexp.MustCompile(`(://[^/\s:@]*:)[^/\s@]+@`)
)

// redact blanks what a configuration holds of secrets: what its spec marks as
// one (airbyte_secret), what is named like one, and what looks like one.
// Configurations are small, so they are decoded; connector data never is.
func redact(config, spec json.RawMessage) json.RawMessage {
	if len(bytes.TrimSpace(config)) == 0 || bytes.Equal(bytes.TrimSpace(config), []byte("null")) {
		return json.RawMessage("{}")
	}
	r := markedBy(spec)
	v, err := decode(config)
	if err != nil {
		return json.RawMessage(`{}`) // better nothing than a secret
	}
	out, err := encode(r.blank("", false, v))
	if err != nil {
		return json.RawMessage(`{}`)
	}
	return out
}

type redactor struct {
	marked map[string]bool // property names that the spec calls secret
}

// markedBy goes by what a spec calls secret, besides names and looks.
func markedBy(spec json.RawMessage) redactor {
	r := redactor{marked: map[string]bool{}}
	if v, err := decode(spec); err == nil {
		r.learnSpec("", v)
	}
	return r
}

func decode(raw json.RawMessage) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}

func (r redactor) learnSpec(name string, v any) {
	switch v := v.(type) {
	case map[string]any:
		if secret, _ := v["airbyte_secret"].(bool); secret && name != "" {
			r.marked[strings.ToLower(name)] = true
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

// blank replaces secret texts and numbers; objects and lists keep their shape.
// What is in something secret is secret itself, unless its name says otherwise.
func (r redactor) blank(name string, within bool, v any) any {
	secret := r.isSecret(name) || within && !plainKey.MatchString(name)
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			v[key] = r.blank(key, secret, inner)
		}
		return v
	case []any:
		for i, inner := range v {
			v[i] = r.blank(name, secret, inner)
		}
		return v
	case string:
		if v == "" {
			return v
		}
		if secret || strings.Contains(v, "PRIVATE KEY-----") {
			return redacted
		}
		return withoutTokens(userInfo.ReplaceAllString(v, "${1}"+redacted+"@"))
	case json.Number:
		if secret {
			return redacted
		}
	}
	return v
}

func (r redactor) isSecret(name string) bool {
	return r.marked[strings.ToLower(name)] || (secretKey.MatchString(name) && !plainKey.MatchString(name))
}

// unsafe tells of a text that carries a secret in itself, whatever its name.
func unsafe(v string) bool {
	for range tokensIn(v) {
		return true
	}
	return strings.Contains(v, "PRIVATE KEY-----") || userInfo.MatchString(v)
}
