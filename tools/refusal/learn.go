package refusal

import (
	"errors"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas/safetext"
)

// WithoutRequest is an error in short, without what differs each time.
func WithoutRequest(err error) string {
	var e *airbyteclient.Error
	if !errors.As(err, &e) {
		return safetext.Clip(err.Error(), 300)
	}
	plain := *e
	plain.RequestID = ""
	return safetext.Clip(plain.Error(), 300)
}
