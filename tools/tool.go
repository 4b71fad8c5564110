// Package tools is what the server can do, as data: a list of values, each of
// which says what a tool is, what goes in and comes out, and how it runs. The
// package knows the Agent API and JSON Schema, and no protocol.
package tools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"airbyte-agent-mcp/schemas"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/answer"
	"airbyte-agent-mcp/tools/plan"
	"airbyte-agent-mcp/tools/toolcall"
)

// Effect is what calling a tool may do to the world.
type Effect int

const (
	// Read changes nothing.
	Read Effect = iota
	// Write adds or changes, and loses nothing that was there.
	Write
	// Destroy may delete or overwrite what cannot be brought back.
	Destroy
)

func (e Effect) String() string {
	return [...]string{"read", "write", "destroy"}[e]
}

// Tool is one tool. Make one with define.
type Tool struct {
	Name        string
	Title       string
	Description string
	Effect      Effect
	// Idempotent says that a second call with the same arguments changes
	// nothing more. Reading tools need not say so.
	Idempotent bool
	// Finder is the tool that lists the IDs this one takes, named when one is
	// not found.
	Finder string
	// Foreign says that its answers quote what strangers wrote: they are marked.
	Foreign bool
	// Toolset is the name of the list the tool stands in; Catalog fills it.
	Toolset string
	// readOnly gives the variant served by a server that may change nothing.
	readOnly func() Tool

	both func() (Schemas, error)
	// Correct checks arguments and puts right what clients get wrong; run takes
	// what it returns.
	Correct func(json.RawMessage) (json.RawMessage, error)
	Run     func(context.Context, *account.Account, json.RawMessage) (answer.Result, error)
	// changes reports whether a call with these arguments is a write. Nil means
	// that Effect decides.
	changes func(json.RawMessage) bool
	// Review says what a person is shown of a write.
	Review plan.Review
	// Form returns what a person must enter on a page in place of the call; nil
	// if nothing, or if allowed reports false.
	Form func(ctx context.Context, api *account.Account, call toolcall.Call, allowed func() (bool, error)) (*CredentialsNeeded, error)
	// invalid words a better refusal of arguments that do not fit the schema; nil
	// if it has none.
	invalid func(json.RawMessage) error
	// whenNotFound and whenInvalid are advice for errors of those kinds, where
	// this tool has better than the general one.
	whenNotFound, whenInvalid string
}

// Schemas is the schemas of a tool.
type Schemas struct{ Input, Output *schemas.Schema }

// appender is an output that writes itself, as encoding/json would but faster.
type appender interface {
	AppendJSON(dst []byte) ([]byte, error)
}

// Define joins what a tool says of itself with the function that does it. The
// schemas come from the function's types, at first use: a server that shows
// ten tools pays for ten.
func Define[In, Out any](t Tool, run func(context.Context, *account.Account, In) (Out, error)) Tool {
	both := sync.OnceValues(func() (Schemas, error) {
		input, errIn := schemas.For[In]()
		output, errOut := schemas.ForOutput[Out]()
		if err := errors.Join(errIn, errOut); err != nil {
			return Schemas{}, fmt.Errorf("tool %s: %w", t.Name, err)
		}
		return Schemas{input, output}, nil
	})
	t.both = both
	t.Correct = func(arguments json.RawMessage) (json.RawMessage, error) {
		schema, err := both()
		if err != nil {
			return nil, err
		}
		return schema.Input.Coerce(arguments)
	}
	t.Run = func(ctx context.Context, api *account.Account, mended json.RawMessage) (answer.Result, error) {
		var in In
		if err := json.Unmarshal(mended, &in); err != nil {
			return nil, fmt.Errorf("decode checked arguments: %w", err)
		}
		out, err := run(ctx, api, in)
		if err != nil {
			return nil, err
		}
		if r, ok := any(out).(answer.Result); ok {
			return r, nil
		}
		if own, ok := any(out).(appender); ok {
			whole, err := own.AppendJSON(nil)
			return answer.Plain(whole), err
		}
		whole, err := rawjson.Marshal(out)
		return answer.Plain(whole), err
	}
	return t
}

// Schemas returns the schemas of the tool's arguments and answer, or what keeps
// the tool from being served: a type that has no schema in the dialect. That an
// independent validator understands them is for tests; it takes as long as all
// else that a server does to start.
func (t Tool) Schemas() (Schemas, error) { return t.both() }

// InputSchema is the JSON Schema of the arguments, empty if Schemas fails.
func (t Tool) InputSchema() json.RawMessage {
	schema, err := t.Schemas()
	if err != nil {
		return nil
	}
	return schema.Input.JSON()
}

// Writes reports whether a call with these arguments may change something.
func (t Tool) Writes(arguments json.RawMessage) bool {
	if t.changes != nil {
		return t.changes(arguments)
	}
	return t.Effect != Read
}

// ExplainInvalid returns the error of arguments that do not fit the schema, in
// the tool's own words if it has any.
func (t Tool) ExplainInvalid(arguments json.RawMessage, err error) error {
	if t.invalid != nil {
		if own := t.invalid(arguments); own != nil {
			return own
		}
	}
	return err
}
