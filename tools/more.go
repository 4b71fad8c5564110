package tools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

const readMoreName = "read_more"

// answerBudget is the argument that every tool takes and these tools show.
type answerBudget struct {
	MaxTokens int `json:"max_tokens,omitempty" jsonschema_description:"Longest answer wanted."`
}

type readMoreIn struct {
	Continuation string `json:"continuation" jsonschema_description:"Of an earlier answer."`
	Path         string `json:"path,omitempty" jsonschema_description:"As the mark of a cut text or record names it."`
	answerBudget
}

type readMoreOut struct {
	Continuation string `json:"continuation,omitempty"`
}

func readMore() Tool {
	return define(Tool{
		Name:        readMoreName,
		Title:       "Read the rest of an answer",
		Description: "Gives what an earlier answer left out: the next records, a cut text whole (path), or the result of a call that was still running. A continuation is good for an hour.",
		Effect:      Read,
	}, func(context.Context, *Account, readMoreIn) (readMoreOut, error) {
		return readMoreOut{}, errors.New("read_more needs a runner")
	})
}

// more goes on where a continuation says.
func (r *Runner) more(ctx context.Context, api *Account, mended json.RawMessage, tokens int) (Answer, error) {
	var in readMoreIn
	if err := json.Unmarshal(mended, &in); err != nil {
		return Answer{}, fmt.Errorf("decode checked arguments: %w", err)
	}
	var c continuation
	switch err := r.seal.Open("continuation", api.Identity(), api.now(), in.Continuation, &c); {
	case errors.Is(err, errExpired):
		return Answer{}, refuse("The continuation has expired.").next("Make the original call again.")
	case err != nil:
		return Answer{}, refuse("The continuation cannot be used: %s.", err).
			next("Pass it exactly as the answer gave it, or make the original call again.")
	}
	if _, ok := r.tools[c.Tool]; !ok {
		return Answer{}, refuse("The continuation is of %s, which is not served any more.", shown(c.Tool)).next("Calling again will not help.")
	}
	c.Sources = c.Of
	if c.Of != nil {
		if _, err := r.approver.Flows().Label(ctx, api, c.Of); err != nil {
			return Answer{}, during{r.tools[c.Tool], err}
		}
	}
	if c.Cut && in.Path == "" {
		return Answer{}, refuse("Nothing follows that answer; only texts or records in it were cut.").
			next("Call again with path, as it stands in the mark %s...⟧.", cutMark)
	}
	if in.Path != "" {
		c.From = place{Path: strings.TrimSpace(in.Path)}
	}
	key := c.key(api.Identity())
	got, ok := r.kept.GetIfPresent(key)
	if partial, is := got.(partialResult); is {
		ok = partial.has(c.From)
	}
	if ok {
		return r.render(api, c.Call, got, c.From, tokens)
	}
	if c.Once != "" {
		return r.join(ctx, api, c, tokens)
	}
	return r.perform(ctx, api, c, tokens, r.plainly(api, c.Call))
}

// lost words what is known of a call that is not made again, and whose outcome
// this process does not have.
func (r *Runner) lost(c continuation) error {
	if !c.Writes {
		return refuse("The answer is no longer kept.").next("Make the original call again.")
	}
	if c.Since == 0 {
		return refuse("The write has run, and the rest of its answer is no longer kept.").
			next("Do not repeat it: read the record with a get instead.")
	}
	return refuse("The call began at %s and may have changed something; its outcome is not known here.", time.Unix(c.Since, 0).UTC().Format(time.RFC3339)).
		next("It was not sent again. Look whether it ran before you call again, and never on another target.")
}

// pending answers a call that goes on.
func (r *Runner) pending(api *Account, c continuation, since time.Time) (Answer, error) {
	c.Since = since.Unix()
	sealed, err := r.sealed(api, c)
	if err != nil {
		return Answer{}, err
	}
	note := fmt.Sprintf("%s has been running for %d seconds and goes on. Call read_more with this continuation for its result.", c.Tool, int(time.Since(since).Seconds()))
	if c.Writes {
		note += " It was sent once and will not be sent again; the same call made anew also waits for this one."
	}
	return Answer{JSON: encoded(struct {
		Pending      bool   `json:"pending"`
		Note         string `json:"note"`
		RetryAfter   int    `json:"retry_after"`
		Continuation string `json:"continuation"`
	}{true, note, 5, sealed})}, nil
}

// during is an error of a tool, where another one was called.
type during struct {
	tool Tool
	err  error
}

func (d during) Error() string { return d.err.Error() }
func (d during) Unwrap() error { return d.err }

// findMark looks for a text that was cut for an answer, by us or by the
// service, and names where it stands; empty if there is none.
func findMark(arguments json.RawMessage) string {
	for name, value := range members(arguments) {
		if at := markIn(value, name); at != "" {
			return at
		}
	}
	return ""
}

func markIn(v json.RawMessage, at string) string {
	switch kindOf(v) {
	case '"':
		if s := text(v); strings.Contains(s, cutMark) || strings.Contains(s, "... [truncated — use `") {
			return at
		}
	case '{':
		for name, value := range members(v) {
			if strings.Contains(name, cutMark[:len(cutMark)-1]) {
				return at
			}
			if found := markIn(value, at+"."+name); found != "" {
				return found
			}
		}
	case '[':
		n := 0
		for value := range elements(v) {
			if found := markIn(value, fmt.Sprintf("%s.%d", at, n)); found != "" {
				return found
			}
			n++
		}
	}
	return ""
}
