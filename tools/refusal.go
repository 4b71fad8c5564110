package tools

import (
	"airbyte-agent-mcp/airbyteclient"
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// refusal is an error of a tool's own making, in words for a model: what is
// wrong, and what to do next.
type refusal struct {
	what, then string
}

func refuse(format string, args ...any) *refusal {
	return &refusal{what: fmt.Sprintf(format, args...)}
}

// next adds what to do about it.
func (r *refusal) next(format string, args ...any) *refusal {
	r.then = fmt.Sprintf(format, args...)
	return r
}

// Kind names the error in one word, for logs and metrics.
func (r *refusal) Kind() string { return "refused" }

func (r *refusal) Error() string {
	return strings.TrimSpace(r.what + " " + r.then)
}

// Kind names what went wrong in one word, for logs and metrics: what an error
// with a method Kind says of itself, or the kind of an error of the API.
func Kind(err error) string {
	if own, ok := errors.AsType[interface {
		error
		Kind() string
	}](err); ok {
		return own.Kind()
	}
	if kind := airbyteclient.KindOf(err); kind != "" {
		return string(kind)
	}
	return "internal"
}

// shown shortens text of a stranger for an error.
func shown(text string) string { return harmless(text, 60) }

// harmless makes text of a stranger fit to stand among ours: on one line, of a
// bounded length in bytes, without what could hide or turn what is beside it.
func harmless(text string, most int) string {
	if len(text) > 4*most { // what is cut off anyway need not be looked at
		text = text[:4*most]
	}
	text = strings.Map(func(r rune) rune {
		if hidden(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// hidden tells of what controls other text or shows nothing: also fillers, and
// the blank Braille pattern.
func hidden(r rune) bool {
	switch r {
	case '\u115F', '\u1160', '\u3164', '\uFFA0', '\u2800', '\u034F', '\u17B4', '\u17B5':
		return true
	}
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Variation_Selector)
}
