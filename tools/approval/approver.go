package approval

import (
	"context"
	"errors"
	"fmt"
	"time"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/journal"
	"airbyte-agent-mcp/tools/ledger"
	"airbyte-agent-mcp/tools/plan"
	"airbyte-agent-mcp/tools/refusal"
	"airbyte-agent-mcp/tools/toolcall"
)

const (
	// planLife is how long a plan waits for its answer, yesLife how long a yes
	// waits for the call it is for.
	planLife, yesLife = 15 * time.Minute, 15 * time.Minute
	// planReuse is what a plan must have left to be shown again.
	planReuse = time.Minute
	// planMark is how long it is known that a plan was answered or used: longer
	// than it can be handed back.
	planMark = planLife + yesLife + time.Minute
	// maxSealedPlan is the longest sealed plan that is looked at, in bytes.
	maxSealedPlan = 4 << 10
)

// Approver decides which writes are made, and asks a person where the policy
// says so. It remembers plans and answers in the ledger and writes each step
// into the journal. Make one with NewApprover.
type Approver struct {
	policy  plan.Policy
	flows   *plan.Flows
	seal    *ledger.Seal
	ledger  *ledger.Ledger
	journal *journal.Journal
	now     func() time.Time
}

// NewApprover returns an approver that keeps plans in the ledger, sealed with
// the keys of seal. The journal may be nil: then nothing is written down.
func NewApprover(policy plan.Policy, seal *ledger.Seal, ledger *ledger.Ledger, journal *journal.Journal, now func() time.Time) *Approver {
	return &Approver{policy, plan.NewFlows(policy.Flows, ledger, now), seal, ledger, journal, now}
}

// Flows returns the rules about data that was read before a write.
func (a *Approver) Flows() *plan.Flows { return a.flows }

// Approval is why a write may be sent: what decided it, and the name of the
// plan that a person agreed to, empty where nobody was asked.
type Approval struct {
	decision plan.Decision
	plan     string
}

// Outright decides a write where the policy is the same for all writes: denied
// with an error, or approved. It reports false where more must be known.
func (a *Approver) Outright(api *account.Account, call toolcall.Call, w *plan.Write) (Approval, bool, error) {
	switch {
	case a.policy.Mode == plan.Deny:
		return Approval{}, false, a.denied(api, call, w, plan.Decision{Outcome: plan.Deny, By: "--writes=deny"})
	case !a.policy.Asks():
		return Approval{decision: plan.Decision{Outcome: plan.Allow, By: "--writes=allow"}}, true, nil
	}
	return Approval{}, false, nil
}

// Approve decides a write by all that is known of it. The error is a refusal,
// or a *ConfirmNeeded where a person must be asked first.
func (a *Approver) Approve(ctx context.Context, api *account.Account, call toolcall.Call, w *plan.Write) (Approval, error) {
	err := w.Find(ctx, api, call)
	if err != nil {
		return Approval{}, err
	}
	if w.Flows, err = a.flows.Met(ctx, api, w); err != nil {
		return Approval{}, err
	}
	switch d := a.policy.Decide(w); d.Outcome {
	case plan.Deny:
		return Approval{}, a.denied(api, call, w, d)
	case plan.Confirm:
		yes, err := a.consent(ctx, api, call, w)
		if err != nil {
			return Approval{}, err
		}
		return Approval{plan.Decision{Outcome: "yes", By: yes.How}, yes.Plan.Name()}, nil
	default:
		return Approval{decision: d}, nil
	}
}

// Form decides whether a person may be asked to enter credentials on a page,
// which is their own yes: no plan is made. It reports false where the write is
// denied, which Approve then says and writes down.
func (a *Approver) Form(ctx context.Context, api *account.Account, call toolcall.Call, w *plan.Write) (bool, error) {
	if a.policy.Asks() {
		if err := w.Find(ctx, api, call); err != nil {
			return false, err
		}
	}
	return a.policy.Decide(w).Outcome != plan.Deny, nil
}

// FormAsked writes down that a person is asked by a form.
func (a *Approver) FormAsked(api *account.Account, call toolcall.Call, w *plan.Write, form string) error {
	entry := a.entry(api, call, w, "form", plan.Decision{Outcome: "ask", By: "form"})
	entry.Plan = form
	if err := a.journal.Write(entry); err != nil {
		return journal.Unwritable(err)
	}
	return nil
}

// denied writes down that a write is not allowed, and returns the refusal.
func (a *Approver) denied(api *account.Account, call toolcall.Call, w *plan.Write, d plan.Decision) error {
	if err := a.journal.Write(a.entry(api, call, w, "denied", d)); err != nil {
		return journal.Unwritable(err)
	}
	return refusal.New("%s is denied on this server (%s).", w.Phrase(), d.By).
		Next("Nothing was sent. Calling again will not help, nor will another way to the same end; the person who runs this server decides it.")
}

// entry begins a line of the journal.
func (a *Approver) entry(api *account.Account, call toolcall.Call, w *plan.Write, step string, d plan.Decision) journal.Entry {
	id := w.ConnectorID
	if id == "" {
		id = safetext.Line(call.Argument("connector_id"), 100)
	}
	return a.journal.WithShape(journal.Entry{
		Time: a.now(), Step: step, Caller: api.Identity(), Tool: call.Tool, ID: id,
		Entity: safetext.Line(w.Entity, 200), Action: safetext.Line(w.Action, 100), Decided: d.Outcome, By: safetext.Line(d.By, 100),
	}, call.Shown())
}

// Send makes an approved write by calling send once, and writes down before it
// that the write is sent, and after it the outcome. Where the journal cannot
// take the outcome, the error is a *journalLost.
func (a *Approver) Send(ctx context.Context, api *account.Account, call toolcall.Call, w *plan.Write, approval Approval, send func(context.Context) error) error {
	entry := a.entry(api, call, w, "sent", approval.decision)
	entry.Plan = approval.plan
	if err := a.journal.Begin(entry); err != nil {
		return journal.Unwritable(err)
	}
	entry.Step, entry.Outcome, entry.Shape, entry.Hashes = "outcome", "panic", nil, nil
	returned := false
	defer func() {
		if !returned { // it panicked, which goes on
			_ = a.journal.End(entry)
		}
	}()
	err := send(ctx)
	returned = true
	entry.Time, entry.Outcome = a.now(), "ok"
	if err != nil {
		entry.Outcome = refusal.KindOf(err)
		failed, ok := errors.AsType[*airbyteclient.Error](err)
		entry.MayHaveRun = !ok && ctx.Err() != nil || ok && failed.MaybeSent
	}
	if a.policy.RequestID != nil {
		entry.Request = safetext.Line(a.policy.RequestID(ctx), 200)
	}
	if down := a.journal.End(entry); down != nil {
		return &JournalLost{Sent: err, Journal: down}
	}
	return err
}

// JournalLost is the error of a write that was sent, and whose outcome the
// journal could not take.
type JournalLost struct {
	Sent    error // of the write; nil if it succeeded
	Journal error
}

func (l *JournalLost) Error() string {
	return "the journal of writes cannot be written: " + l.Journal.Error()
}

var errAnswered = errors.New("the plan has been answered already")

// Decide records a person's answer to a plan. It is the only way to a yes:
// nothing a tool call can reach calls it. A yes can still be taken back by a
// no, for as long as it was not used.
func (a *Approver) Decide(sealed, caller string, yes bool, how string) error {
	if len(sealed) > maxSealedPlan {
		return ledger.ErrForged
	}
	var p plan.Subject
	now := a.now()
	if err := a.seal.Open(planPurpose(a.ledger), caller, now, sealed, &p); err != nil {
		return fmt.Errorf("the plan cannot be answered: %w", err)
	}
	first, err := a.ledger.Add(answeredRecord(p), true, now.Add(planMark), now)
	if err == nil && !first {
		first, err = a.takeBack(p, yes, now)
	}
	switch {
	case err != nil:
		return fmt.Errorf("the plan cannot be answered: %w", err)
	case !first:
		return errAnswered
	}
	entry := journal.Entry{
		Time: now, Step: "refused", Caller: caller, Tool: p.Tool, ID: p.ID, Entity: p.Entity, Action: p.Action,
		Plan: p.Name(), Decided: "no", By: safetext.Line(how, 100),
	}
	if yes {
		entry.Step, entry.Decided = "approved", "yes"
	}
	if err := a.journal.Write(entry); err != nil && yes {
		return fmt.Errorf("the journal of writes cannot take the answer: %w", err)
	}
	answer := personsAnswer{yes, p, how, now.Add(yesLife)}
	if err := a.ledger.Put(answerRecord(p), answer, answer.Until, now); err != nil {
		return fmt.Errorf("the answer cannot be kept: %w", err)
	}
	// The call looks for its plan by itself: this may be an older one of its.
	return a.ledger.Put(callRecord(p.Key), pendingPlan{ID: p}, answer.Until, now)
}

// takeBack reports whether an answer is a no to a yes that was not used. What is
// taken back counts as used.
func (a *Approver) takeBack(p plan.Subject, yes bool, now time.Time) (bool, error) {
	var before personsAnswer
	if found, err := a.ledger.Get(answerRecord(p), &before, now); err != nil || !found || !before.Yes || yes {
		return false, err
	}
	return a.ledger.Add(usedRecord(p), true, now.Add(planMark), now)
}

// DecideCode records a person's answer to the plan of a code.
func (a *Approver) DecideCode(code string, yes bool, how string) (plan.Plan, error) {
	w, err := a.pending(code)
	if err != nil {
		return plan.Plan{}, err
	}
	return w.plan(), a.Decide(w.Sealed, w.Caller, yes, how)
}

// PlanOf returns the plan of a code, for as long as it waits for an answer.
func (a *Approver) PlanOf(code string) (plan.Plan, error) {
	w, err := a.pending(code)
	return w.plan(), err
}
