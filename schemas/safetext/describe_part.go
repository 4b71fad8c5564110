package safetext

import (
	"fmt"

	"airbyte-agent-mcp/schemas"
)

// Nearest ends a sentence that says that there is nothing of a name.
func Nearest(name string, names []string) string {
	if near := schemas.Nearest(name, names); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return "."
}
