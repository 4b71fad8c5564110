package tools

import (
	"context"
	"errors"

	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/answer"
	"airbyte-agent-mcp/tools/secrets"
)

type ReadMoreIn struct {
	Continuation string `json:"continuation" jsonschema_description:"Of an earlier answer."`
	Path         string `json:"path,omitempty" jsonschema_description:"As the mark of a cut text or record names it."`
	answer.Budget
}

type readMoreOut struct {
	Continuation string `json:"continuation,omitempty"`
}

func readMore() Tool {
	return Define(Tool{
		Name:        secrets.ReadMoreName,
		Title:       "Read the rest of an answer",
		Description: "Gives what an earlier answer left out: the next records, a cut text whole (path), or the result of a call that was still running. A continuation is good for an hour.",
		Effect:      Read,
	}, func(context.Context, *account.Account, ReadMoreIn) (readMoreOut, error) {
		return readMoreOut{}, errors.New("read_more needs a runner")
	})
}

// During is an error of a tool, where another one was called.
type During struct {
	Tool Tool
	Err  error
}

func (d During) Error() string { return d.Err.Error() }
func (d During) Unwrap() error { return d.Err }
