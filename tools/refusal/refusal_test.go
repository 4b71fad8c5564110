package refusal

import (
	"strings"
	"testing"

	"airbyte-agent-mcp/schemas/safetext"
)

func TestTextOfStrangersIsShortAndPlain(t *testing.T) {
	t.Parallel()
	got := safetext.Short("a\nb\x1b[31m\u202ec\u2028d\u009be" + strings.Repeat("x", 100))
	if strings.ContainsAny(got, "\n\x1b\u202e\u2028\u009b") || len(got) > 70 {
		t.Errorf("got %q", got)
	}
}
