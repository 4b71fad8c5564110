package safetext

import (
	"fmt"
	"strings"
	"unicode"
)

// Nearest returns the end of a sentence that says that there is nothing of a
// name: the nearest of the names there are, if one is near.
func Nearest(name string, names []string) string {
	if near := NearestWord(name, names); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return "."
}

// Suggestion returns the end of such a sentence with the nearest of the names,
// or with them all.
func Suggestion(name string, names []string) string {
	if near := NearestWord(name, names); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	const most = 40
	if rest := len(names) - most; rest > 0 {
		return fmt.Sprintf("; there are %s and %d more.", strings.Join(names[:most], ", "), rest)
	}
	return "; there are " + strings.Join(names, ", ") + "."
}

// maxWord is the longest word that is compared, in bytes.
const maxWord = 64

// NearestWord returns the word among known that takes the fewest edits to come
// to from word, spelling aside; "" when a third of the letters would have to
// change.
func NearestWord(word string, known []string) string {
	if len(word) > 2*maxWord {
		return ""
	}
	plain := PlainSpelling(word)
	best, fewest := "", len(plain)/3+1
	for _, k := range known {
		if d := edits(plain, PlainSpelling(k)); d < fewest {
			best, fewest = k, d
		}
	}
	return best
}

// PlainSpelling returns what remains of a name when its spelling is set aside:
// connectorId, connector-id and connector_id are one.
func PlainSpelling(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

// edits returns the number of bytes to insert, delete, replace or swap with their
// neighbour to come from a to b.
func edits(a, b string) int {
	var before []int
	above := make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			change := 1
			if a[i] == b[j] {
				change = 0
			}
			row[j+1] = min(above[j+1]+1, row[j]+1, above[j]+change)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, above = above, row
	}
	return above[len(b)]
}
