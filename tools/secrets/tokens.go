package secrets

import (
	"iter"
	"regexp"
	"strings"
	"sync"
)

// shape is how the tokens of a service look: how they begin, and what follows.
type shape struct {
	name   string
	begins []string
	// rest matches what follows the beginning; if it has a group, that alone is
	// the secret. It is compiled when something begins so, which is seldom.
	rest func() *regexp.Regexp
	// varied is how many different characters the secret must have.
	varied int
}

func looks(name, rest string, begins ...string) shape {
	return shape{name, begins, sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:` + rest + `)`) }), 8}
}

const (
	// alnum and wide are what most tokens are made of.
	alnum, wide = `[A-Za-z0-9]{20,}`, `[A-Za-z0-9_-]{20,}`
	uuidShape   = `[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}`
	// urlPassword is the only shape whose beginning is nobody's own.
	urlPassword = "a URL with a password"
)

// shapes are the tokens that are known by their look. They must not match prose,
// IDs, cursors, or what is sealed here: base64url of any length.
var shapes = []shape{
	looks("a GitHub token", `[A-Za-z0-9_]{20,}(?:\.[A-Za-z0-9_-]+){0,2}`, "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
	looks("a GitLab token", wide+`(?:\.[a-z0-9]{2,12}){0,2}`, "glpat-", "gldt-", "glrt-"),
	looks("a Stripe key", `[A-Za-z0-9]{16,}`, "sk_live_", "sk_test_", "rk_live_", "rk_test_"),
	looks("a webhook signing secret", `[A-Za-z0-9+/]{24,}=*`, "whsec_"),
	looks("a Slack token", `[A-Za-z0-9-]{20,}`, "xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-", "xoxe.xoxb-", "xoxe.xoxp-", "xapp-"),
	looks("a HubSpot token", `[a-z]{2}[0-9]{1,2}-`+uuidShape, "pat-"),
	looks("a Notion token", alnum, "ntn_"),
	looks("a Notion token", `[A-Za-z0-9]{40,}`, "secret_"),
	looks("a Linear key", alnum, "lin_api_", "lin_oauth_"),
	looks("a Google API key", `[A-Za-z0-9_-]{35}`, "AIza"),
	looks("a Google token", wide, "ya29."),
	looks("a Google token", `[A-Za-z0-9_-]{40,}`, "1//0"),
	looks("a Google OAuth client secret", wide, "GOCSPX-"),
	looks("an AWS access key", `[A-Z2-7]{16}\b`, "AKIA", "ASIA"),
	looks("a Salesforce token", `[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?![A-Za-z0-9._]{40,}`, "00D"),
	looks("a Salesforce token", `[A-Za-z0-9._]{40,}`, "5Aep861"),
	looks("an Airbyte model key", wide, "abm_"),
	looks("a JWT", `[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{16,}`, "eyJ"),
	looks("a SendGrid key", `[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}`, "SG."),
	looks("a Shopify token", `[A-Fa-f0-9]{32}\b`, "shpat_", "shpss_", "shppa_", "shpca_"),
	looks("an Anthropic key", wide, "sk-ant-"),
	looks("an OpenAI key", `(?:(?:proj|svcacct|admin)-[A-Za-z0-9_-]{40,}|or-v1-[0-9a-f]{64}|[A-Za-z0-9]{32,})`, "sk-"),
	looks("an npm token", `[A-Za-z0-9]{36}\b`, "npm_"),
	looks("an Intercom token", `[A-Za-z0-9+/]{40,}=*`, "dG9rO"),
	looks("an Atlassian token", `[A-Za-z0-9+/=_-]{50,}`, "ATATT3x", "ATCTT3x"),
	looks("a private key", `[A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-[^-]){40,}(?:-----END [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----)?`, "-----BEGIN "),
	{urlPassword, []string{"://"}, sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[^/\s:@?#"'<>]*:([^/\s@"'<>{}$\[*][^/\s@"'<>{}]{5,})@[A-Za-z0-9\[]`)
	}), 5},
}

// byFirst are the shapes by the first byte of how they begin.
var byFirst = sync.OnceValue(func() *[256][]beginning {
	table := &[256][]beginning{}
	for _, s := range shapes {
		for _, begin := range s.begins {
			table[begin[0]] = append(table[begin[0]], beginning{begin, s})
		}
	}
	return table
})

type beginning struct {
	text string
	shape
}

// tokensIn yields the secrets in a text that are known by their look, and what
// each of them looks like.
func tokensIn(text string) iter.Seq2[string, string] {
	return func(yield func(secret, name string) bool) {
		table := byFirst()
		for i := 0; i < len(text); i++ {
			if table[text[i]] == nil || !begins(text, i) {
				continue
			}
			for _, b := range table[text[i]] {
				if !strings.HasPrefix(text[i:], b.text) {
					continue
				}
				secret, length := b.match(text[i:], len(b.text))
				if secret != "" && !yield(secret, b.name) {
					return
				}
				if secret != "" {
					i += length // what is in a token is none of its own
					break
				}
			}
		}
	}
}

// match is the secret that a text begins with, and how much of the text need
// not be looked at any more.
func (s shape) match(text string, begin int) (secret string, length int) {
	m := s.rest().FindStringSubmatchIndex(text[begin:])
	switch {
	case m == nil:
	case len(m) > 2:
		if secret = text[begin+m[2] : begin+m[3]]; random(secret, s.varied) {
			return secret, 0
		}
	case random(text[begin:begin+m[1]], s.varied):
		return text[:begin+m[1]], begin + m[1] - 1
	}
	return "", 0
}

// begins tells whether a token can begin at i: not within a longer word, which
// an escape before it is no part of.
func begins(text string, i int) bool {
	if i == 0 || !inWord(text[i]) || !inWord(text[i-1]) {
		return true
	}
	return i > 1 && text[i-2] == '\\' || i > 2 && text[i-3] == '%'
}

func inWord(c byte) bool {
	return c == '-' || c == '_' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// standIn matches what documentation writes in place of a secret.
var standIn = regexp.MustCompile(`(?i)example|your|x{4}|placeholder|redacted`)

// random tells a secret from what stands in for one: xxxx, abcd, your_key_here.
func random(text string, varied int) bool {
	seen, steps, lower := map[byte]bool{}, 0, true
	for i := range len(text) {
		c := text[i]
		if seen[c] = true; i > 0 && (c == text[i-1] || c == text[i-1]+1) {
			steps++ // one letter after the other
		}
		if c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' {
			lower = false // no word or name of prose
		}
	}
	const long = 200 // by chance anything stands in such a text
	return len(seen) >= varied && 2*steps < len(text) && !lower && (len(text) > long || !standIn.MatchString(text))
}

// WithoutTokens blanks the secrets in a text that are known by their look.
func WithoutTokens(text string) string {
	for secret := range tokensIn(text) {
		text = strings.ReplaceAll(text, secret, Redacted)
	}
	return text
}
