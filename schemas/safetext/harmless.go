package safetext

import (
	"strings"
	"unicode"
)

// Shown shortens text of a stranger for an error.
func Shown(text string) string { return Harmless(text, 60) }

// Harmless makes text of a stranger fit to stand among ours: on one line, of a
// bounded length in bytes, without what could hide or turn what is beside it.
func Harmless(text string, most int) string {
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
