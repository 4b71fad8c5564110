package tools

import (
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

func (r *refusal) Error() string {
	return strings.TrimSpace(r.what + " " + r.then)
}

// shown shortens text of a stranger for an error.
func shown(text string) string {
	const most = 60
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			return ' ' // it could hide or turn what stands beside it
		}
		return r
	}, text)
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
