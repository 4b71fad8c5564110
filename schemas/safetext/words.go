package safetext

import (
	"fmt"
	"strings"
)

// And joins words into an enumeration: "a", "a and b", "a, b and c".
func And(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// Some joins the first few words and counts the others: "a, b and 7 more".
// One word more than limit is still named rather than counted.
func Some(words []string, limit int) string {
	if rest := len(words) - limit; rest > 1 {
		return fmt.Sprintf("%s and %d more", strings.Join(words[:limit], ", "), rest)
	}
	return strings.Join(words, ", ")
}

// Words joins the parts that are not empty with spaces.
func Words(parts ...string) string {
	var out []string
	for _, part := range parts {
		if part != "" {
			out = append(out, part)
		}
	}
	return strings.Join(out, " ")
}

// Sentence returns text without the space around it and the full stop behind
// it, so that it can end a sentence of ours.
func Sentence(text string) string {
	return strings.TrimRight(strings.TrimSpace(text), ".")
}
