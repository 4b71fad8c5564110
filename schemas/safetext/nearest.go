package safetext

import (
	"fmt"
	"strings"
	"unicode"
)

// maxName is the length in bytes beyond which a name is not compared with
// others: comparing takes time by the square of it.
const maxName = 128

// maxListed is how many names Suggest lists.
const maxListed = 40

// Fold returns a name in the spelling in which connectorId, connector-id and
// connector_id are the same: lower case without "_" and "-".
func Fold(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

// Nearest returns the known name that takes the fewest edits to reach from
// name, differences that Fold removes aside. It returns "" if more than a third
// of the letters would have to change.
func Nearest(name string, known []string) string {
	if len(name) > maxName {
		return ""
	}
	folded := Fold(name)
	best, fewest := "", len(folded)/3+1
	for _, k := range known {
		if n := edits(folded, Fold(k)); n < fewest {
			best, fewest = k, n
		}
	}
	return best
}

// DidYouMean ends a sentence that refuses a name: with the nearest known name
// as a question, or with a full stop.
func DidYouMean(name string, known []string) string {
	if near := Nearest(name, known); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return "."
}

// Suggest ends a sentence that refuses a name: with the nearest known name as a
// question, or with a list of the known names.
func Suggest(name string, known []string) string {
	if near := Nearest(name, known); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	if rest := len(known) - maxListed; rest > 0 {
		return fmt.Sprintf("; there are %s and %d more.", strings.Join(known[:maxListed], ", "), rest)
	}
	return "; there are " + strings.Join(known, ", ") + "."
}

// edits returns the number of bytes to insert, delete, replace or swap with
// their neighbor to get from a to b.
func edits(a, b string) int {
	rows := make([]int, 3*(len(b)+1))
	row := func(i int) []int { return rows[i%3*(len(b)+1):][:len(b)+1] }
	for j := range row(0) {
		row(0)[j] = j
	}
	for i := range len(a) {
		above, here := row(i), row(i+1)
		here[0] = i + 1
		for j := range len(b) {
			change := 1
			if a[i] == b[j] {
				change = 0
			}
			here[j+1] = min(above[j+1]+1, here[j]+1, above[j]+change)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				here[j+1] = min(here[j+1], row(i + 2)[j-1]+1) // the row before the last
			}
		}
	}
	return row(len(a))[len(b)]
}
