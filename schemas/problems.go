package schemas

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/schemas/safetext"
)

const (
	maxProblems = 20  // reported for one call; a long list of wrong elements would fill a context
	maxEcho     = 40  // characters of a value or key that came from outside
	maxHint     = 200 // characters of a description that is repeated
)

// ValidationError is everything that keeps arguments from fitting a schema.
type ValidationError struct{ Problems []Problem }

// Problem is one thing that does not fit: where it is, such as filter.names[2],
// or "" for the arguments as a whole, and what is wrong with it and what is
// wanted instead.
type Problem struct{ Path, Message string }

// Kind names the error in one word, for logs and metrics.
func (e *ValidationError) Kind() string { return "bad_arguments" }

// Error lists the problems, one a line, in words for a language model. Values
// that may be secret are not in it, and others only clipped.
func (e *ValidationError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, problem := range e.Problems {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

// String returns the path and the message.
func (p Problem) String() string {
	if p.Path == "" {
		return p.Message
	}
	return p.Path + ": " + p.Message
}

// problems collects what is wrong with the arguments of one call.
type problems struct {
	list []Problem
	more int // problems beyond maxProblems
}

// add adds a problem, or counts it when the list is full.
func (p *problems) add(at place, format string, args ...any) {
	if p.full() {
		p.more++
		return
	}
	p.list = append(p.list, Problem{Path: at.path, Message: fmt.Sprintf(format, args...)})
}

func (p *problems) full() bool { return len(p.list) == maxProblems }

// mismatch adds the problem of a value that is not what is wanted.
func (p *problems) mismatch(at place, wanted string, raw json.RawMessage) {
	got := kindName(raw)
	if !at.secret {
		got = echo(raw)
	}
	p.add(at, "want %s, got %s", wanted, got)
}

// err returns a *ValidationError, or nil when there are no problems.
func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	if p.more > 0 {
		p.list = append(p.list, Problem{Message: fmt.Sprintf("and %d more", p.more)})
	}
	return &ValidationError{Problems: p.list}
}

// place is where in the arguments a value is.
type place struct {
	path   string
	secret bool // the value must not appear in an error
}

// key returns the place of a member whose key the schema has.
func (at place) key(key string) place {
	return place{path: rawjson.JoinPath(at.path, key), secret: at.secret || namesSecret(key)}
}

// entry returns the place of a member whose key came from outside, and so is
// clipped and quoted.
func (at place) entry(key string) place {
	return place{path: at.path + "[" + strconv.Quote(clip(key)) + "]", secret: at.secret || namesSecret(key)}
}

// index returns the place of an element.
func (at place) index(i int) place {
	return place{path: at.path + "[" + strconv.Itoa(i) + "]", secret: at.secret}
}

// namesSecret reports whether what is under a key may be a secret. It errs on
// the safe side: an innocent value is described instead of shown.
func namesSecret(key string) bool {
	key = safetext.Fold(key)
	for _, word := range []string{"secret", "token", "password", "credential", "apikey", "privatekey", "config", "customization", "environment", "authorization"} {
		if strings.Contains(key, word) {
			return true
		}
	}
	return false
}

// echo returns a scalar, clipped, and of other values the name of their kind.
func echo(raw json.RawMessage) string {
	switch rawjson.KindOf(raw) {
	case rawjson.String:
		return strconv.Quote(clip(rawjson.Text(raw)))
	case rawjson.Object, rawjson.Array:
		return kindName(raw)
	}
	return clip(string(raw))
}

// kindName names the kind of a value without showing it.
func kindName(raw json.RawMessage) string {
	switch rawjson.KindOf(raw) {
	case rawjson.String:
		return "a string"
	case rawjson.Object:
		return "an object"
	case rawjson.Array:
		return "a list"
	case rawjson.Bool:
		return "a boolean"
	case rawjson.Null:
		return "null"
	}
	return "a number"
}

func clip(text string) string { return clipTo(text, maxEcho) }

// clipTo shortens text to limit characters, the last of them "…".
func clipTo(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	return safetext.ClipRunes(text, limit-1)
}

// firstSentence returns as much of a description as reminds of its meaning.
func firstSentence(description string) string {
	if i := strings.Index(description, ". "); i >= 0 {
		description = description[:i+1]
	}
	return clipTo(description, maxHint)
}
