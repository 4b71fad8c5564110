package safetext

import (
	"strings"
)

func Join(parts ...string) string {
	var said []string
	for _, p := range parts {
		if p != "" {
			said = append(said, p)
		}
	}
	return strings.Join(said, " ")
}

func Sentence(text string) string {
	return strings.TrimRight(strings.TrimSpace(text), ".")
}
