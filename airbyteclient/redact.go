package airbyteclient

import (
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/schemas/safetext"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// minCredential and minSetting are the lengths from which a text that was sent
	// is redacted: blanking a shorter one would blank ordinary words.
	minCredential = 3
	minSetting    = 6
	// minKey is the same for the configuration of mappers, some of which encrypt.
	minKey = 16
	// minBare is the length from which a text is searched for without escapes,
	// where more texts look the same.
	minBare = 8
)

// Eraser replaces secrets in texts. Make one with NewEraser.
type Eraser struct {
	quoted *strings.Replacer
	bare   []string // the secrets without escapes
}

// NewEraser returns an Eraser of secrets.
func NewEraser(secrets ...string) *Eraser {
	var needles, bare []string
	for _, secret := range secrets {
		for line := range strings.Lines(secret) {
			needles = append(needles, spellings(strings.TrimSpace(line))...)
			if text := unescaped(line); len(text) >= minBare {
				bare = append(bare, text)
			}
		}
		needles = append(needles, spellings(secret)...)
	}
	// The longest first, or a secret that begins another would leave its rest.
	slices.SortFunc(needles, func(a, b string) int { return len(b) - len(a) })
	pairs := make([]string, 0, 2*len(needles))
	for _, needle := range needles {
		pairs = append(pairs, needle, redacted)
	}
	return &Eraser{strings.NewReplacer(pairs...), bare}
}

// Replace returns s without the secrets, as they were sent and as services
// commonly quote them. A text that still has one, escaped in another way, is left
// out as a whole.
func (e *Eraser) Replace(s string) string {
	s = e.quoted.Replace(s)
	text := unescaped(s)
	for _, secret := range e.bare {
		if strings.Contains(text, secret) {
			return redacted + " (it repeats a secret that it was sent)"
		}
	}
	return s
}

// redactor returns an Eraser of the client's secret and tokens, of more secrets
// if given, and of every credential that the request sent. It takes some work, so
// it is made only for errors.
func (c *Client) redactor(r request, more ...string) *Eraser {
	secrets := append(c.token.secrets(), r.bearer.reveal())
	secrets = append(secrets, more...)
	if body, err := r.encode(); err == nil {
		secrets = append(secrets, sentCredentials(body)...)
	}
	return NewEraser(secrets...)
}

// spellings returns the ways in which a service may quote a text.
func spellings(secret string) []string {
	if len(secret) < minCredential {
		return nil
	}
	escaped, asJSON := strconv.Quote(secret), string(rawjson.Quote(secret))
	all := []string{secret, escaped[1 : len(escaped)-1], asJSON[1 : len(asJSON)-1], url.QueryEscape(secret), url.PathEscape(secret)}
	if len(secret) >= minBare { // a short text looks like many others in these
		raw := []byte(secret)
		all = append(all, html.EscapeString(secret), base64.RawStdEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw), fmt.Sprintf("%x", raw))
	}
	return all
}

// unescaped removes every layer of the escapes of JSON, HTML and URLs, and all
// space. If one text contains another, this holds for both unescaped as well.
func unescaped(s string) string {
	for range 10 {
		was := s
		s = withoutEscapes(html.UnescapeString(s))
		if s == was {
			break
		}
	}
	return s
}

// withoutEscapes removes one layer: \u00e4, \xe4, \n, \", %C3, and +.
func withoutEscapes(s string) string {
	var out strings.Builder
	for s != "" {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == '+', unicode.IsSpace(r):
		case r == '%' && len(s) > 2 && isHex(s[1:3]):
			n, _ := strconv.ParseUint(s[1:3], 16, 8)
			out.WriteByte(byte(n))
			size = 3
		case r == '\\' && len(s) > 5 && s[1] == 'u' && isHex(s[2:6]):
			n, _ := strconv.ParseUint(s[2:6], 16, 16)
			out.WriteRune(rune(n))
			size = 6
		case r == '\\' && len(s) > 3 && s[1] == 'x' && isHex(s[2:4]):
			n, _ := strconv.ParseUint(s[2:4], 16, 8)
			out.WriteRune(rune(n))
			size = 4
		case r == '\\' && len(s) > 1 && strings.IndexByte("nrtbf", s[1]) >= 0:
			size = 2
		case r == '\\' && len(s) > 1 && s[1] == '\\':
			out.WriteByte('\\')
			size = 2
		case r == '\\':
		default:
			out.WriteString(s[:size])
		}
		s = s[size:]
	}
	return out.String()
}

func isHex(s string) bool {
	_, err := strconv.ParseUint(s, 16, 64)
	return err == nil
}

// sentCredentials returns the texts of a request body that may be credentials. A
// text that is also a member's name, such as a discriminator, is not one.
func sentCredentials(body []byte) []string {
	value, err := rawjson.Decode(body)
	if err != nil {
		return nil
	}
	names := map[string]bool{}
	var found []string
	var walk func(value any, atLeast int)
	walk = func(value any, atLeast int) {
		switch value := value.(type) {
		case map[string]any:
			for name, inner := range value {
				names[name] = true
				walk(inner, strictest(atLeast, credentialLength(name)))
			}
		case []any:
			for _, inner := range value {
				walk(inner, atLeast)
			}
		case string:
			if atLeast > 0 && len(value) >= atLeast {
				found = append(found, value)
			}
		case json.Number:
			if atLeast > 0 && len(value) >= minSetting {
				found = append(found, value.String())
			}
		}
	}
	walk(value, 0)
	return slices.DeleteFunc(found, func(s string) bool { return names[s] })
}

// credentialLength returns the length from which the texts below a member are
// redacted; 0 means never. Configurations mix secrets with settings, and only the
// connector knows which is which.
func credentialLength(name string) int {
	name = strings.ToLower(name)
	switch name {
	case "credentials", "configuration":
		return minCredential
	case "replication_config", "destination_config", "partial_default_config":
		return minSetting
	case "mapper_configuration":
		return minKey
	}
	for _, word := range []string{"secret", "token", "password", "api_key", "apikey", "private_key", "access_key"} {
		if strings.Contains(name, word) {
			return minCredential
		}
	}
	return 0
}

// strictest returns the smaller length, where 0 stands for no limit.
func strictest(a, b int) int {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

func bearerOf(req *http.Request) string {
	return strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
}

// shown returns the complaints as Error.Fields may show them.
func (r reason) shown(blank *Eraser) []FieldError {
	shown := make([]FieldError, 0, len(r.fields))
	for _, field := range r.fields {
		shown = append(shown, FieldError{
			Field:   tidy(blank.Replace(field.Field), 200),
			Message: tidy(blank.Replace(field.Message), 300),
			Code:    tidy(blank.Replace(field.Code), 100),
		})
	}
	return shown
}

// tidy puts a stranger's text on one line, without anything hidden in it, and
// cuts it to at most limit characters.
func tidy(s string, limit int) string { return safetext.Tidy(s, limit) }

// quoted puts a text in quotes without escaping what is readable.
func quoted(s string) string { return safetext.Quote(s) }
