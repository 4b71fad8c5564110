package dispatch

import (
	"context"
	"errors"

	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/answer"
	"airbyte-agent-mcp/tools/approval"
	"airbyte-agent-mcp/tools/plan"
	"airbyte-agent-mcp/tools/refusal"
	"airbyte-agent-mcp/tools/toolcall"
)

// write makes a call that may change something, as far as that is allowed.
func (r *Runner) write(ctx context.Context, api *account.Account, call toolcall.Call, tokens int) (answer.Answer, error) {
	if err := writable(call); err != nil {
		return answer.Answer{}, err
	}
	w := plan.NewWrite(call, r.tools[call.Tool].Review)
	approval, settled, err := r.approver.Outright(api, call, w)
	if err != nil {
		return answer.Answer{}, err
	}
	if !settled {
		if call, err = w.Pin(ctx, api, call); err != nil {
			return answer.Answer{}, err
		}
		if r.running.find(call.Key(api.Identity())) != nil { // it was sent, and is waited for
			return r.join(ctx, api, continuation{Call: call}, tokens)
		}
		if approval, err = r.approver.Approve(ctx, api, call, w); err != nil {
			return answer.Answer{}, err
		}
	}
	return r.send(ctx, api, call, w, approval, tokens)
}

// writable refuses arguments that would not write what they show.
func writable(call toolcall.Call) error {
	if at := repeated(call.Arguments, ""); at != "" {
		return refusal.New("%s is given twice, and it cannot be told which one counts.", at).Next("Nothing was sent. Give it once.")
	}
	if at := answer.FindMark(call.Arguments); at != "" {
		return refusal.New("%s holds a text that was cut for an answer, so writing it would lose the rest.", at).
			Next("Nothing was sent. Fetch the whole text with read_more (path), then call again with it, or leave the field out.")
	}
	return nil
}

// send makes an approved write.
func (r *Runner) send(ctx context.Context, api *account.Account, call toolcall.Call, w *plan.Write, approved approval.Approval, tokens int) (answer.Answer, error) {
	return r.perform(ctx, api, continuation{Call: call}, tokens, func(ctx context.Context) (got answer.Result, err error) {
		err = r.approver.Send(ctx, api, call, w, approved, func(ctx context.Context) (err error) {
			got, err = r.run(ctx, api, call)
			return err
		})
		if lost, ok := errors.AsType[*approval.JournalLost](err); ok {
			return nil, withheld(r.tools[call.Tool], lost)
		}
		return got, err
	})
}

// withheld is the error of a write whose outcome the journal could not take.
func withheld(t tools.Tool, lost *approval.JournalLost) error {
	happened := "The call was made and the service took it."
	if lost.Sent != nil {
		happened = t.Explain(lost.Sent)
	}
	return refusal.New("%s", happened).
		Next("The answer is held back, since the journal of writes cannot be written (%s). Do not repeat the call: look at what it changed. Nothing can be changed until the person who runs this server mends --audit.", safetext.Line(lost.Journal.Error(), 200))
}

// join waits for a call that was made before. It never makes one.
func (r *Runner) join(ctx context.Context, api *account.Account, c continuation, tokens int) (answer.Answer, error) {
	return r.perform(ctx, api, c, tokens, func(context.Context) (answer.Result, error) {
		return nil, r.lost(c)
	})
}

// form returns the *CredentialsNeeded of a call that leaves the credentials to a
// person, or another reason not to make it; nil for all other calls.
func (r *Runner) form(ctx context.Context, api *account.Account, t tools.Tool, call toolcall.Call) error {
	if t.Form == nil {
		return nil
	}
	w := plan.NewWrite(call, t.Review)
	need, err := t.Form(ctx, api, call, func() (bool, error) { return r.approver.Form(ctx, api, call, w) })
	if err != nil || need == nil {
		return err
	}
	need.OnAsked(func(form string) error { return r.approver.FormAsked(api, call, w, form) })
	return need
}
