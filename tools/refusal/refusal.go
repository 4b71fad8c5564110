package refusal

import (
	"errors"
	"fmt"
	"strings"

	"airbyte-agent-mcp/airbyteclient"
)

// Error is an error of a tool's own making, in words for a model: what is
// wrong, and what to do next.
type Error struct {
	what, then string
}

func New(format string, args ...any) *Error {
	return &Error{what: fmt.Sprintf(format, args...)}
}

// Next adds what to do about it.
func (r *Error) Next(format string, args ...any) *Error {
	r.then = fmt.Sprintf(format, args...)
	return r
}

// Kind names the error in one word, for logs and metrics.
func (r *Error) Kind() string { return "refused" }

func (r *Error) Error() string {
	return strings.TrimSpace(r.what + " " + r.then)
}

// KindOf names what went wrong in one word, for logs and metrics: what an error
// with a method Kind says of itself, or the kind of an error of the API.
func KindOf(err error) string {
	if own, ok := errors.AsType[interface {
		error
		Kind() string
	}](err); ok {
		return own.Kind()
	}
	if kind := airbyteclient.KindOf(err); kind != "" {
		return string(kind)
	}
	return "internal"
}
