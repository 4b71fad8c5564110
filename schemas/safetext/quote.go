package safetext

import (
	"encoding/json"
	"fmt"
	"strings"
)

func Bounded(notes []string) []string {
	const most = 20
	var out []string
	for _, note := range notes[:min(len(notes), most)] {
		out = append(out, Harmless(note, 600))
	}
	return out
}

// Quoted puts text of a stranger into a sentence of ours.
func Quoted(text string) string {
	return `"` + strings.ReplaceAll(Harmless(text, 80), `"`, `'`) + `"`
}

// Escaped writes what is invisible in JSON as escapes: it means the same, and
// can be seen.
func Escaped(v json.RawMessage) string {
	var b strings.Builder
	for _, r := range string(v) {
		if r < 0x80 || !hidden(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16Of(r) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}
