package safetext

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Clean returns s without its invisible characters: s itself when there are none.
func Clean(s string) string {
	if !HasInvisible(s) {
		return s
	}
	return strings.Map(withoutInvisible, s)
}

// CleanBytes returns b without its invisible characters: b itself when there
// are none, and a copy otherwise. In JSON characters may also be escaped; use
// rawjson.RemoveInvisible there.
func CleanBytes(b []byte) []byte {
	if !HasInvisible(b) {
		return b
	}
	return bytes.Map(withoutInvisible, b)
}

func withoutInvisible(r rune) rune {
	if Invisible(r) {
		return -1
	}
	return r
}

// Visible returns s without anything hidden, so that what a person approves is
// what is there. Tabs and newlines stay; other line breaks become newlines.
func Visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return r
		case r == '\r', r == '\u2028', r == '\u2029':
			return '\n'
		case r == utf8.RuneError, Hidden(r), unicode.Is(unicode.Cs, r):
			return -1
		}
		return r
	}, s)
}

// EscapeHidden returns a JSON text in which hidden characters are written as \u
// escapes: it means the same and everything in it can be seen. The controls that
// JSON allows between tokens stay.
func EscapeHidden[T ~string | ~[]byte](json T) string {
	text := string(json)
	hidden := func(r rune) bool { return r >= unicode.MaxASCII && Hidden(r) }
	if !strings.ContainsFunc(text, hidden) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if !hidden(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}
