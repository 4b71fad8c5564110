package secrets

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas/rawjson"
)

// Set are the texts of one call that must not come back. Nil is none.
type Set struct {
	texts  map[string]bool
	eraser *airbyteclient.Eraser
}

func NewSet(texts map[string]bool) *Set {
	if len(texts) == 0 {
		return nil
	}
	return &Set{texts, airbyteclient.NewEraser(slices.Collect(maps.Keys(texts))...)}
}

// RedactText blanks them in a text.
func (s *Set) RedactText(t string) string {
	if s == nil {
		return t
	}
	return s.eraser.Replace(t)
}

// RedactJSON blanks them in JSON, however it escapes them. What it does not change it
// copies byte by byte.
func (s *Set) RedactJSON(raw json.RawMessage) json.RawMessage {
	if s == nil {
		return raw
	}
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); {
		end := i + 1
		switch c := raw[i]; {
		case c == '"':
			end = rawjson.Skip(raw, i)
			if was := rawjson.Text(raw[i:end]); s.RedactText(was) != was {
				out, i = append(out, rawjson.Of(s.RedactText(was))...), end
				continue
			}
		case c == '-' || c >= '0' && c <= '9':
			if end = rawjson.Skip(raw, i); s.texts[string(raw[i:end])] {
				out, i = append(out, rawjson.Of(Redacted)...), end
				continue
			}
		}
		out, i = append(out, raw[i:end]...), end
	}
	return out
}

// discreet is an error that is told without the secrets of its call.
type discreet struct {
	error
	secrets *Set
}

func (d discreet) Error() string { return d.secrets.RedactText(d.error.Error()) }

func (d discreet) Unwrap() error { return d.error }

// RedactError has an error told without them.
func (s *Set) RedactError(err error) error {
	if s == nil || err == nil {
		return err
	}
	return discreet{err, s}
}

// Discreetly blanks in words about an error what the error must not tell.
func Discreetly(words string, err error) string {
	for {
		d, ok := errors.AsType[discreet](err)
		if !ok {
			return words
		}
		words, err = d.secrets.RedactText(words), d.error
	}
}
