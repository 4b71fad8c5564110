package schemas

import (
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/schemas/safetext"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxFaults = 20  // told of one call; a long list of wrong elements would fill a context
	maxEcho   = 40  // characters of a value or key that came from outside
	maxHint   = 200 // characters of a description told again
)

// Faults is everything that keeps arguments from fitting a schema.
type Faults struct{ Faults []Fault }

// Fault is one thing that does not fit: where, such as filter.names[2] or empty
// for the arguments as a whole, and what is wrong, with what is wanted instead.
type Fault struct{ Path, Message string }

// Error tells all faults at once, in words for a language model, one a line.
// Values that may be secret are not in it, and others only clipped.
// Kind names the error in one word, for logs and metrics.
func (f *Faults) Kind() string { return "bad_arguments" }

func (f *Faults) Error() string {
	lines := make([]string, len(f.Faults))
	for i, fault := range f.Faults {
		lines[i] = fault.String()
	}
	return strings.Join(lines, "\n")
}

// String is the path and the message.
func (f Fault) String() string {
	if f.Path == "" {
		return f.Message
	}
	return f.Path + ": " + f.Message
}

func (m *mender) fault(at place, format string, args ...any) {
	if len(m.faults) == maxFaults {
		m.more++
		return
	}
	m.faults = append(m.faults, Fault{Path: at.path, Message: fmt.Sprintf(format, args...)})
}

func (m *mender) err() error {
	if len(m.faults) == 0 {
		return nil
	}
	if m.more > 0 {
		m.faults = append(m.faults, Fault{Message: fmt.Sprintf("and %d more", m.more)})
	}
	return &Faults{Faults: m.faults}
}

// unfit is the fault of a value that is not what n wants.
func (m *mender) unfit(n *shape, at place, raw json.RawMessage) {
	got := kindOf(raw)
	if !at.secret {
		got = echo(raw)
	}
	m.fault(at, "want %s, got %s", n.wanted(), got)
}

// wanted says in words what fits n.
func (n *shape) wanted() string {
	switch {
	case len(n.enum) > 0:
		words := make([]string, len(n.enum))
		for i, v := range n.enum {
			words[i] = strconv.Quote(v)
		}
		return "one of " + strings.Join(words, ", ")
	case n.moment:
		return "a date and time such as 2026-01-31T12:00:00Z"
	case n.kind == "integer":
		return "a whole number" + n.limits()
	case n.kind == "number":
		return "a number" + n.limits()
	case n.kind == "boolean":
		return "true or false"
	case n.kind == "object":
		return "a JSON object"
	}
	return "a string"
}

func (n *shape) limits() string {
	switch {
	case n.minimum != "" && n.maximum != "":
		return fmt.Sprintf(" from %s to %s", n.minimum, n.maximum)
	case n.minimum != "":
		return fmt.Sprintf(" of at least %s", n.minimum)
	case n.maximum != "":
		return fmt.Sprintf(" of at most %s", n.maximum)
	case n.natural:
		return " of at least 0"
	}
	return ""
}

// echo shows a scalar, clipped, and of other values the kind.
func echo(raw json.RawMessage) string {
	switch raw[0] {
	case '"':
		return strconv.Quote(clip(rawjson.Text(raw)))
	case '{', '[':
		return kindOf(raw)
	}
	return clip(string(raw))
}

// kindOf names the kind of a value without showing it.
func kindOf(raw json.RawMessage) string {
	switch raw[0] {
	case '"':
		return "a string"
	case '{':
		return "an object"
	case '[':
		return "a list"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number"
}

func clip(text string) string {
	if utf8.RuneCountInString(text) <= maxEcho {
		return text
	}
	return string([]rune(text)[:maxEcho-1]) + "…"
}

// namesSecret says whether what stands under key may be a secret. It errs on
// the safe side: an innocent value is described instead of shown.
func namesSecret(key string) bool {
	key = safetext.PlainSpelling(key)
	for _, word := range []string{"secret", "token", "password", "credential", "apikey", "privatekey", "config", "customization", "environment", "authorization"} {
		if strings.Contains(key, word) {
			return true
		}
	}
	return false
}

// firstSentence is as much of a description as reminds of its meaning.
func firstSentence(description string) string {
	if i := strings.Index(description, ". "); i >= 0 {
		description = description[:i+1]
	}
	if utf8.RuneCountInString(description) > maxHint {
		description = string([]rune(description)[:maxHint-1]) + "…"
	}
	return description
}
