package toolcall

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/tools/secrets"
)

// Call is one call of a tool, as data: what is needed to make it, to recognize
// it when it comes again, and to show it to a person.
type Call struct {
	Tool      string          `json:"t"`
	Arguments json.RawMessage `json:"a,omitempty"` // checked and corrected
	// Once is the key of a call that must not be made again. Its arguments are
	// no longer known then.
	Once   string `json:"o,omitempty"`
	Writes bool   `json:"w,omitempty"` // it may change something

	// Secrets are those that were found in the arguments.
	Secrets secrets.Found `json:"-"`
	// Sources are the arguments that name the connectors it reads from, kept
	// where Arguments are not.
	Sources json.RawMessage `json:"-"`
}

// Key identifies a call: who makes it, which tool, with which arguments.
func (c Call) Key(identity string) string {
	if c.Once != "" {
		return c.Once
	}
	h := sha256.New()
	for _, part := range []string{identity, c.Tool, string(rawjson.Compact(c.Arguments))} {
		_, _ = h.Write([]byte(part)) // a hash takes all
		_, _ = h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Argument returns an argument that is a text; empty if it is absent or
// something else.
func (c Call) Argument(name string) string { return rawjson.Text(rawjson.Member(c.Arguments, name)) }

// Params returns what execute_operation sends to the connected service.
func (c Call) Params() json.RawMessage { return rawjson.Member(c.Arguments, "params") }

// Filled returns the arguments with secrets in the place of the references that
// name them. It is what is sent.
func (c Call) Filled() json.RawMessage { return c.Secrets.Fill(c.Arguments) }

// Shown returns the arguments with secrets blanked where they may stand. It is
// what a person and the journal see.
func (c Call) Shown() json.RawMessage { return c.Secrets.Hide(c.Arguments) }

// tells reports whether the arguments hold secrets, or might.
func (c Call) tells() bool { return c.Secrets.MayHold(c.Arguments) }

// ForContinuation returns the call as a continuation carries it. One that may
// have changed something is never made again, and one that was given a secret
// does not hand it out, not even sealed: of these only the key is carried.
func (c Call) ForContinuation(identity string) Call {
	if c.Writes || c.tells() {
		return Call{Tool: c.Tool, Once: c.Key(identity), Writes: c.Writes, Sources: c.Sources}
	}
	return c
}
