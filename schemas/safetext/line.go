package safetext

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Lengths, in bytes, of a stranger's text within a sentence of ours.
const (
	shortLine  = 60
	shortQuote = 80
)

// Line makes a stranger's text fit to stand beside ours: valid UTF-8 on one
// line, each hidden character replaced by a space, and at most limit bytes,
// followed by "…" where it was cut.
func Line(text string, limit int) string {
	if len(text) > 4*limit { // what is cut off anyway need not be looked at
		text = text[:4*limit]
	}
	text = strings.Map(func(r rune) rune {
		if Hidden(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	return Clip(text, limit)
}

// Short is Line for the few words that an error quotes.
func Short(text string) string { return Line(text, shortLine) }

// Quote puts text in double quotes. Quotes in it become apostrophes; nothing is
// escaped, so that it stays readable.
func Quote(text string) string {
	return `"` + strings.ReplaceAll(text, `"`, `'`) + `"`
}

// QuoteShort is Quote for a stranger's text, made a short line first.
func QuoteShort(text string) string { return Quote(Line(text, shortQuote)) }

// Tidy puts text on one line of at most limit characters, the last of them "…"
// where it was cut. Each run of spaces and hidden characters becomes one space,
// and none is left at either end.
func Tidy(text string, limit int) string {
	var out strings.Builder
	space, count := false, 0
	for _, r := range text {
		if Hidden(r) || unicode.IsSpace(r) {
			space = true
			continue
		}
		if count >= limit-2 {
			out.WriteString("…")
			break
		}
		if space && count > 0 {
			out.WriteByte(' ')
			count++
		}
		space = false
		out.WriteRune(r)
		count++
	}
	return out.String()
}

// Clip returns the beginning of text that takes at most limit bytes and ends
// with a whole character, followed by "…" if anything was cut off.
func Clip(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	end := max(limit, 0)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}

// ClipRunes returns the first limit characters of text, followed by "…" if
// there are more.
func ClipRunes(text string, limit int) string {
	count := 0
	for i := range text {
		if count++; count > limit {
			return text[:i] + "…"
		}
	}
	return text
}
