package safetext

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Shown returns text of a stranger short enough for an error.
func Shown(text string) string { return Harmless(text, 60) }

// Harmless makes text of a stranger fit to stand among ours: on one line, at
// most most bytes long, and with a space in place of each character that
// Invisible reports.
func Harmless(text string, most int) string {
	if len(text) > 4*most { // what is cut off anyway need not be looked at
		text = text[:4*most]
	}
	text = strings.Map(func(r rune) rune {
		if Invisible(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// Quoted returns text of a stranger in quotes, for a sentence of ours.
func Quoted(text string) string {
	return `"` + strings.ReplaceAll(Harmless(text, 80), `"`, `'`) + `"`
}

// Clip returns text of at most most bytes, cut at a character.
func Clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	end := most
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}

// Bounded returns the first 20 notes, each made harmless and at most 600 bytes
// long.
func Bounded(notes []string) []string {
	const most = 20
	var out []string
	for _, note := range notes[:min(len(notes), most)] {
		out = append(out, Harmless(note, 600))
	}
	return out
}

// Join returns the parts that are not empty, with spaces between them.
func Join(parts ...string) string {
	var some []string
	for _, p := range parts {
		if p != "" {
			some = append(some, p)
		}
	}
	return strings.Join(some, " ")
}

// Sentence returns text without the space around it and the stops at its end.
func Sentence(text string) string {
	return strings.TrimRight(strings.TrimSpace(text), ".")
}

// Some returns the first most names of a list in words, and how many more there
// are.
func Some(list []string, most int) string {
	if rest := len(list) - most; rest > 1 {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), rest)
	}
	return strings.Join(list, ", ")
}
