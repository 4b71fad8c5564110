package safetext

import (
	"fmt"
	"strings"

	"airbyte-agent-mcp/schemas"
)

// Suggestion ends a sentence with the nearest of the names, or with them all.
func Suggestion(name string, names []string) string {
	if near := schemas.Nearest(name, names); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	const most = 40
	if rest := len(names) - most; rest > 0 {
		return fmt.Sprintf("; there are %s and %d more.", strings.Join(names[:most], ", "), rest)
	}
	return "; there are " + strings.Join(names, ", ") + "."
}
