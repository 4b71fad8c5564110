package tools

import (
	"context"
	"errors"
)

// write makes a call that may change something, as far as that is allowed.
func (r *Runner) write(ctx context.Context, api *Account, call Call, tokens int) (Answer, error) {
	if err := writable(call); err != nil {
		return Answer{}, err
	}
	w := newWrite(call, r.tools[call.Tool].review)
	approval, settled, err := r.approver.Outright(api, call, w)
	if err != nil {
		return Answer{}, err
	}
	if !settled {
		if call, err = w.pin(ctx, api, call); err != nil {
			return Answer{}, err
		}
		if r.running.find(call.key(api.Identity())) != nil { // it was sent, and is waited for
			return r.join(ctx, api, continuation{Call: call}, tokens)
		}
		if approval, err = r.approver.Approve(ctx, api, call, w); err != nil {
			return Answer{}, err
		}
	}
	return r.send(ctx, api, call, w, approval, tokens)
}

// writable refuses arguments that would not write what they show.
func writable(call Call) error {
	if at := repeated(call.Arguments, ""); at != "" {
		return refuse("%s is given twice, and it cannot be told which one counts.", at).next("Nothing was sent. Give it once.")
	}
	if at := findMark(call.Arguments); at != "" {
		return refuse("%s holds a text that was cut for an answer, so writing it would lose the rest.", at).
			next("Nothing was sent. Fetch the whole text with read_more (path), then call again with it, or leave the field out.")
	}
	return nil
}

// send makes an approved write.
func (r *Runner) send(ctx context.Context, api *Account, call Call, w *aboutWrite, approval Approval, tokens int) (Answer, error) {
	return r.perform(ctx, api, continuation{Call: call}, tokens, func(ctx context.Context) (got result, err error) {
		err = r.approver.Send(ctx, api, call, w, approval, func(ctx context.Context) (err error) {
			got, err = r.run(ctx, api, call)
			return err
		})
		if lost, ok := errors.AsType[*journalLost](err); ok {
			return nil, withheld(r.tools[call.Tool], lost)
		}
		return got, err
	})
}

// withheld is the error of a write whose outcome the journal could not take.
func withheld(t Tool, lost *journalLost) error {
	happened := "The call was made and the service took it."
	if lost.sent != nil {
		happened = t.Explain(lost.sent)
	}
	return refuse("%s", happened).
		next("The answer is held back, since the journal of writes cannot be written (%s). Do not repeat the call: look at what it changed. Nothing can be changed until the person who runs this server mends --audit.", harmless(lost.journal.Error(), 200))
}

// join waits for a call that was made before. It never makes one.
func (r *Runner) join(ctx context.Context, api *Account, c continuation, tokens int) (Answer, error) {
	return r.perform(ctx, api, c, tokens, func(context.Context) (result, error) {
		return nil, r.lost(c)
	})
}

// form returns the *CredentialsNeeded of a call that leaves the credentials to a
// person, or another reason not to make it; nil for all other calls.
func (r *Runner) form(ctx context.Context, api *Account, t Tool, call Call) error {
	if t.form == nil {
		return nil
	}
	w := newWrite(call, t.review)
	need, err := t.form(ctx, api, call, func() (bool, error) { return r.approver.Form(ctx, api, call, w) })
	if err != nil || need == nil {
		return err
	}
	need.OnAsked(func(form string) error { return r.approver.FormAsked(api, call, w, form) })
	return need
}
