package tools

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"airbyte-agent-mcp/airbyteclient"
)

// secrets are the texts of one call that must not come back. Nil is none.
type secrets struct {
	texts  map[string]bool
	eraser *airbyteclient.Eraser
}

func newSecrets(texts map[string]bool) *secrets {
	if len(texts) == 0 {
		return nil
	}
	return &secrets{texts, airbyteclient.NewEraser(slices.Collect(maps.Keys(texts))...)}
}

// text blanks them in a text.
func (s *secrets) text(t string) string {
	if s == nil {
		return t
	}
	return s.eraser.Replace(t)
}

// json blanks them in JSON, however it escapes them. What it does not change it
// copies byte by byte.
func (s *secrets) json(raw json.RawMessage) json.RawMessage {
	if s == nil {
		return raw
	}
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); {
		end := i + 1
		switch c := raw[i]; {
		case c == '"':
			end = skipString(raw, i)
			if was := text(raw[i:end]); s.text(was) != was {
				out, i = append(out, encoded(s.text(was))...), end
				continue
			}
		case c == '-' || c >= '0' && c <= '9':
			if end = skip(raw, i); s.texts[string(raw[i:end])] {
				out, i = append(out, encoded(redacted)...), end
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
	secrets *secrets
}

func (d discreet) Error() string { return d.secrets.text(d.error.Error()) }

func (d discreet) Unwrap() error { return d.error }

// err has an error told without them.
func (s *secrets) err(err error) error {
	if s == nil || err == nil {
		return err
	}
	return discreet{err, s}
}

// discreetly blanks in words about an error what the error must not tell.
func discreetly(words string, err error) string {
	for {
		d, ok := errors.AsType[discreet](err)
		if !ok {
			return words
		}
		words, err = d.secrets.text(words), d.error
	}
}
