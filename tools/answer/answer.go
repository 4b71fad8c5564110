package answer

import (
	"encoding/json"
	"fmt"

	"airbyte-agent-mcp/schemas/safetext"
)

// LeastTokens and mostTokens bound what a caller may ask for.
const LeastTokens, MostTokens = 400, 200_000

// BytesPerToken is what a token is taken to be.
const BytesPerToken = 4

// Answer is what a call gives back.
type Answer struct {
	// JSON is one valid object on one line.
	JSON json.RawMessage
	// Attachments are for clients that can show them; JSON names them too.
	Attachments []Attachment
}

// Attachment is a file.
type Attachment struct {
	URI, ContentType string
	Data             []byte
}

// Words tell a model what was left out and how to get it.
func (c Omitted) Words(goesOn bool) string {
	said := ""
	switch {
	case c.First > 0:
		said = fmt.Sprintf("Records %d to %d of %d are shown, %d more follow.", c.First+1, c.First+c.Shown, c.Of, c.Of-c.First-c.Shown)
	case c.Shown < c.Of:
		said = fmt.Sprintf("%d of %d records are shown, %d more follow.", c.Shown, c.Of, c.Of-c.Shown)
	}
	if c.Moved {
		said = safetext.Words(said, "The data changed in between: records may be missing or come twice.")
	}
	if goesOn {
		said = safetext.Words(said, "read_more with this continuation goes on.")
	}
	if c.Texts > 0 || c.Values > 0 {
		said = safetext.Words(said, "Where "+CutMark+"...⟧ stands something was cut: read_more with this continuation and the path named there gives it.")
	}
	return said
}
