package tools

import (
	"encoding/json"
	"strconv"
)

// repeated is the path of a name that an object has twice, empty if none has. A
// service may take the one that a person was not shown.
func repeated(v json.RawMessage, at string) string {
	switch kindOf(v) {
	case '{':
		seen := map[string]bool{}
		for name, value := range members(v) {
			path := joined(at, harmless(withoutTokens(name), 100))
			if seen[name] {
				return path
			}
			seen[name] = true
			if inner := repeated(value, path); inner != "" {
				return inner
			}
		}
	case '[':
		n := 0
		for value := range elements(v) {
			if inner := repeated(value, joined(at, strconv.Itoa(n))); inner != "" {
				return inner
			}
			n++
		}
	}
	return ""
}
