package dispatch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/answer"
	"airbyte-agent-mcp/tools/ledger"
	"airbyte-agent-mcp/tools/refusal"
)

// more goes on where a continuation says.
func (r *Runner) more(ctx context.Context, api *account.Account, mended json.RawMessage, tokens int) (answer.Answer, error) {
	var in tools.ReadMoreIn
	if err := json.Unmarshal(mended, &in); err != nil {
		return answer.Answer{}, fmt.Errorf("decode checked arguments: %w", err)
	}
	var c continuation
	switch err := r.seal.Open("continuation", api.Identity(), api.Now(), in.Continuation, &c); {
	case errors.Is(err, ledger.ErrExpired):
		return answer.Answer{}, refusal.New("The continuation has expired.").Next("Make the original call again.")
	case err != nil:
		return answer.Answer{}, refusal.New("The continuation cannot be used: %s.", err).
			Next("Pass it exactly as the answer gave it, or make the original call again.")
	}
	if _, ok := r.tools[c.Tool]; !ok {
		return answer.Answer{}, refusal.New("The continuation is of %s, which is not served any more.", safetext.Short(c.Tool)).Next("Calling again will not help.")
	}
	c.Sources = c.Of
	if c.Of != nil {
		if _, err := r.approver.Flows().Label(ctx, api, c.Of); err != nil {
			return answer.Answer{}, tools.During{Tool: r.tools[c.Tool], Err: err}
		}
	}
	if c.Cut && in.Path == "" {
		return answer.Answer{}, refusal.New("Nothing follows that answer; only texts or records in it were cut.").
			Next("Call again with path, as it stands in the mark %s...⟧.", answer.CutMark)
	}
	if in.Path != "" {
		c.From = answer.Place{Path: strings.TrimSpace(in.Path)}
	}
	key := c.Key(api.Identity())
	got, ok := r.kept.GetIfPresent(key)
	if partial, is := got.(answer.PartialResult); is {
		ok = partial.Has(c.From)
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
		return refusal.New("The answer is no longer kept.").Next("Make the original call again.")
	}
	if c.Since == 0 {
		return refusal.New("The write has run, and the rest of its answer is no longer kept.").
			Next("Do not repeat it: read the record with a get instead.")
	}
	return refusal.New("The call began at %s and may have changed something; its outcome is not known here.", time.Unix(c.Since, 0).UTC().Format(time.RFC3339)).
		Next("It was not sent again. Look whether it ran before you call again, and never on another target.")
}

// pending answers a call that goes on.
func (r *Runner) pending(api *account.Account, c continuation, since time.Time) (answer.Answer, error) {
	c.Since = since.Unix()
	sealed, err := r.sealed(api, c)
	if err != nil {
		return answer.Answer{}, err
	}
	note := fmt.Sprintf("%s has been running for %d seconds and goes on. Call read_more with this continuation for its result.", c.Tool, int(time.Since(since).Seconds()))
	if c.Writes {
		note += " It was sent once and will not be sent again; the same call made anew also waits for this one."
	}
	return answer.Answer{JSON: rawjson.Of(struct {
		Pending      bool   `json:"pending"`
		Note         string `json:"note"`
		RetryAfter   int    `json:"retry_after"`
		Continuation string `json:"continuation"`
	}{true, note, 5, sealed})}, nil
}
