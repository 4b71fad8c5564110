package safetext

import (
	"unicode/utf8"
)

// Clip shortens text to so many bytes, at a character.
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
