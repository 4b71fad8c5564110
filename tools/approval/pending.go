package approval

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/journal"
	"airbyte-agent-mcp/tools/ledger"
	"airbyte-agent-mcp/tools/plan"
	"airbyte-agent-mcp/tools/refusal"
	"airbyte-agent-mcp/tools/toolcall"
)

// ConfirmNeeded is the error of a call that waits for a person.
type ConfirmNeeded struct{ Plan plan.Plan }

func (c *ConfirmNeeded) Error() string {
	return c.Plan.Tool + " waits for a person's yes: " + c.Plan.Summary
}

// Kind names the error in one word, for logs and metrics.
func (c *ConfirmNeeded) Kind() string { return "confirm_needed" }

// Explain tells a model what the call waits for.
func (c *ConfirmNeeded) Explain() string {
	p := c.Plan
	return fmt.Sprintf("Nothing was sent: this waits for a person's yes. %s A person must be shown the plan and answer it by %s; you cannot, and nothing you call can. "+
		"Tell the user that it waits. When they have answered, call %s again with the very same arguments: any other value needs a new plan.",
		p.Summary, p.Expires.UTC().Format(time.RFC3339), p.Tool)
}

// pendingPlan is a plan without an answer.
type pendingPlan struct {
	Plan   plan.Plan
	Code   string
	Sealed string
	Caller string
	ID     plan.Subject
}

// plan returns the plan with its handles, which are no part of its JSON.
func (p pendingPlan) plan() plan.Plan {
	p.Plan.Code, p.Plan.Sealed = p.Code, p.Sealed
	return p.Plan
}

// personsAnswer is what a person answered to a plan.
type personsAnswer struct {
	Yes   bool
	Plan  plan.Subject
	How   string
	Until time.Time
}

// The names of a plan's records in the ledger.
func codeRecord(code string) string        { return "plan of code " + plainCode(code) }
func callRecord(key string) string         { return "plan of call " + key }
func answeredRecord(p plan.Subject) string { return "answered " + p.Nonce }
func answerRecord(p plan.Subject) string   { return "answer to " + p.Nonce }
func usedRecord(p plan.Subject) string     { return "used " + p.Nonce }
func planPurpose(l *ledger.Ledger) string  { return "plan " + l.ID() }

// newCode makes the handle of a plan: 80 bits, in groups that can be typed.
func newCode() string {
	c := rand.Text()[:16]
	return c[:4] + "-" + c[4:8] + "-" + c[8:12] + "-" + c[12:]
}

func plainCode(code string) string {
	return strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(code))
}

// consent returns a person's yes to this very call, or else the reason why it
// cannot be made: a plan that waits for an answer, or a no.
func (a *Approver) consent(ctx context.Context, api *account.Account, call toolcall.Call, w *plan.Write) (personsAnswer, error) {
	before, found, err := a.planOf(call.Key(api.Identity()))
	if err != nil {
		return personsAnswer{}, plan.ErrApprovalUnknown(err)
	}
	var answer personsAnswer
	answered := false
	if found {
		if answer, answered, err = a.takeAnswer(before.ID); err != nil {
			return personsAnswer{}, plan.ErrApprovalUnknown(err)
		}
	}
	names := call.Secrets.Sum()
	switch {
	case answered && !answer.Yes:
		return personsAnswer{}, refusal.New("The person said no to this: %s.", w.Phrase()).
			Next("Nothing was sent. Do not try it again or another way unless the person asks for it.")
	case answered && !w.DisclosedIn(answer.Plan):
		w.Note("It was approved before, but data of another connector was read since.")
	case answered && names != answer.Plan.Names:
		w.Note("It was approved before, but what its references name has changed since.")
	case answered && answer.Plan.Sum == "":
		return answer, nil
	case found && !answered && a.canShowAgain(before) && before.ID.Names == names:
		return personsAnswer{}, &ConfirmNeeded{before.plan()}
	}
	target := w.Target(ctx, api, call)
	if answered && w.DisclosedIn(answer.Plan) && names == answer.Plan.Names && target.Sum == answer.Plan.Sum {
		return answer, nil
	}
	if answered && target.Sum != answer.Plan.Sum {
		w.Note("It was approved before, but what it changes is no longer as it was shown then: this is how it stands now.")
	}
	plan, err := a.plan(api, call, w, target)
	if err != nil {
		return personsAnswer{}, err
	}
	return personsAnswer{}, &ConfirmNeeded{plan}
}

// plan makes a plan of a call, seals it and keeps it until it is answered.
func (a *Approver) plan(api *account.Account, call toolcall.Call, w *plan.Write, found plan.Target) (plan.Plan, error) {
	if len(call.Arguments) > plan.MaxArguments {
		return plan.Plan{}, refusal.New("The call has %d bytes of arguments, and a person cannot look through more than %d.", len(call.Arguments), plan.MaxArguments).
			Next("Nothing was sent. Send less, or in parts; the person who runs this server decides which writes need nobody's yes (--writes, rules).")
	}
	now := a.now()
	p := w.Plan(call, found)
	p.Expires, p.Code = now.Add(planLife), newCode()
	id := plan.Subject{
		Key: call.Key(api.Identity()), Sum: found.Sum, Nonce: rand.Text(),
		Tool: call.Tool, ID: w.ConnectorID, Entity: p.Entity, Action: p.Action, From: plan.SourceSum(w.Flows), Names: call.Secrets.Sum(),
	}
	var err error
	if p.Sealed, err = a.seal.Close(planPurpose(a.ledger), api.Identity(), p.Expires, id); err != nil {
		return plan.Plan{}, err
	}
	kept, err := a.keep(p, id, api.Identity())
	if err != nil {
		return plan.Plan{}, refusal.New("The plan of this cannot be kept until it is answered (%s).", safetext.Line(err.Error(), 200)).
			Next("Nothing was sent. Call again in a while.")
	}
	if kept.Code != p.Code { // another call was first, and wrote it down
		return kept, nil
	}
	entry := a.entry(api, call, w, "planned", plan.Decision{Outcome: plan.Confirm, By: ""})
	entry.Plan = id.Name()
	if err := a.journal.Write(entry); err != nil {
		return plan.Plan{}, journal.Unwritable(err)
	}
	return kept, nil
}

// keep makes a plan wait for its answer. Where one of the same call waits
// already, that one is returned.
func (a *Approver) keep(p plan.Plan, id plan.Subject, caller string) (plan.Plan, error) {
	now := a.now()
	w := pendingPlan{p, p.Code, p.Sealed, caller, id}
	if err := a.ledger.Put(codeRecord(p.Code), w, p.Expires, now); err != nil {
		return plan.Plan{}, err
	}
	first, err := a.ledger.Add(callRecord(id.Key), w, p.Expires, now)
	if err != nil || first {
		return p, err
	}
	if other, found, err := a.planOf(id.Key); err != nil || found && a.canShowAgain(other) && other.ID.Names == id.Names {
		return other.plan(), err
	}
	return p, a.ledger.Put(callRecord(id.Key), w, p.Expires, now)
}

// pending returns the plan of a code that has no answer yet.
func (a *Approver) pending(code string) (pendingPlan, error) {
	var w pendingPlan
	now := a.now()
	found, err := a.ledger.Get(codeRecord(code), &w, now)
	if err != nil {
		return pendingPlan{}, fmt.Errorf("the plan cannot be looked up: %w", err)
	}
	var over bool
	if found {
		over, err = a.ledger.Get(answeredRecord(w.ID), new(bool), now)
	}
	if err != nil || !found || over {
		return pendingPlan{}, errors.New("no plan of that code waits here: it was answered, has expired, or is another server's")
	}
	return w, nil
}

// planOf returns the newest plan of a call, answered or not.
func (a *Approver) planOf(key string) (p pendingPlan, found bool, err error) {
	found, err = a.ledger.Get(callRecord(key), &p, a.now())
	return p, found, err
}

// canShowAgain reports whether a plan has no answer, and time is left for one.
func (a *Approver) canShowAgain(p pendingPlan) bool {
	if p.Sealed == "" || !a.now().Add(planReuse).Before(p.Plan.Expires) {
		return false
	}
	over, err := a.ledger.Get(answeredRecord(p.ID), new(bool), a.now())
	return err == nil && !over
}

// takeAnswer returns what a person answered to a plan. An answer is taken once.
func (a *Approver) takeAnswer(p plan.Subject) (answer personsAnswer, answered bool, err error) {
	now := a.now()
	if found, err := a.ledger.Get(answerRecord(p), &answer, now); err != nil || !found {
		return personsAnswer{}, false, err
	}
	if answer.Yes {
		first, err := a.ledger.Add(usedRecord(p), true, now.Add(planMark), now)
		if err != nil || !first {
			return personsAnswer{}, false, err
		}
	}
	return answer, true, a.ledger.Drop(callRecord(p.Key))
}
