package tools

import (
	"context"
	"errors"
	"fmt"
	"time"

	"airbyte-agent-mcp/airbyteclient"
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
	policy  Writes
	flows   *Flows
	seal    *Seal
	ledger  *Ledger
	journal *journal
	now     func() time.Time
}

// NewApprover returns an approver that keeps plans in the ledger, sealed with
// the keys of seal. The journal may be nil: then nothing is written down.
func NewApprover(policy Writes, seal *Seal, ledger *Ledger, journal *journal, now func() time.Time) *Approver {
	return &Approver{policy, NewFlows(policy.Flows, ledger, now), seal, ledger, journal, now}
}

// Flows returns the rules about data that was read before a write.
func (a *Approver) Flows() *Flows { return a.flows }

// Approval is why a write may be sent: what decided it, and the name of the
// plan that a person agreed to, empty where nobody was asked.
type Approval struct {
	decision decision
	plan     string
}

// Outright decides a write where the policy is the same for all writes: denied
// with an error, or approved. It reports false where more must be known.
func (a *Approver) Outright(api *Account, call Call, w *aboutWrite) (Approval, bool, error) {
	switch {
	case a.policy.Writes == deny:
		return Approval{}, false, a.denied(api, call, w, decision{deny, "--writes=deny"})
	case !a.policy.asks():
		return Approval{decision: decision{allow, "--writes=allow"}}, true, nil
	}
	return Approval{}, false, nil
}

// Approve decides a write by all that is known of it. The error is a refusal,
// or a *ConfirmNeeded where a person must be asked first.
func (a *Approver) Approve(ctx context.Context, api *Account, call Call, w *aboutWrite) (Approval, error) {
	err := w.find(ctx, api, call)
	if err != nil {
		return Approval{}, err
	}
	if w.flows, err = a.flows.met(ctx, api, w); err != nil {
		return Approval{}, err
	}
	switch d := a.policy.decide(w); d.what {
	case deny:
		return Approval{}, a.denied(api, call, w, d)
	case confirm:
		yes, err := a.consent(ctx, api, call, w)
		if err != nil {
			return Approval{}, err
		}
		return Approval{decision{"yes", yes.How}, yes.Plan.name()}, nil
	default:
		return Approval{decision: d}, nil
	}
}

// Form decides whether a person may be asked to enter credentials on a page,
// which is their own yes: no plan is made. It reports false where the write is
// denied, which Approve then says and writes down.
func (a *Approver) Form(ctx context.Context, api *Account, call Call, w *aboutWrite) (bool, error) {
	if a.policy.asks() {
		if err := w.find(ctx, api, call); err != nil {
			return false, err
		}
	}
	return a.policy.decide(w).what != deny, nil
}

// FormAsked writes down that a person is asked by a form.
func (a *Approver) FormAsked(api *Account, call Call, w *aboutWrite, form string) error {
	entry := a.entry(api, call, w, "form", decision{"ask", "form"})
	entry.Plan = form
	if err := a.journal.write(entry); err != nil {
		return journalDown(err)
	}
	return nil
}

// denied writes down that a write is not allowed, and returns the refusal.
func (a *Approver) denied(api *Account, call Call, w *aboutWrite, d decision) error {
	if err := a.journal.write(a.entry(api, call, w, "denied", d)); err != nil {
		return journalDown(err)
	}
	return refuse("%s is denied on this server (%s).", w.words(), d.by).
		next("Nothing was sent. Calling again will not help, nor will another way to the same end; the person who runs this server decides it.")
}

// entry begins a line of the journal.
func (a *Approver) entry(api *Account, call Call, w *aboutWrite, step string, d decision) journalEntry {
	id := w.ConnectorID
	if id == "" {
		id = harmless(call.argument("connector_id"), 100)
	}
	return a.journal.shaped(journalEntry{
		Time: a.now(), Step: step, Caller: api.Identity(), Tool: call.Tool, ID: id,
		Entity: harmless(w.Entity, 200), Action: harmless(w.Action, 100), Decided: d.what, By: harmless(d.by, 100),
	}, call.shown())
}

// Send makes an approved write by calling send once, and writes down before it
// that the write is sent, and after it the outcome. Where the journal cannot
// take the outcome, the error is a *journalLost.
func (a *Approver) Send(ctx context.Context, api *Account, call Call, w *aboutWrite, approval Approval, send func(context.Context) error) error {
	entry := a.entry(api, call, w, "sent", approval.decision)
	entry.Plan = approval.plan
	if err := a.journal.begin(entry); err != nil {
		return journalDown(err)
	}
	entry.Step, entry.Outcome, entry.Shape, entry.Hashes = "outcome", "panic", nil, nil
	returned := false
	defer func() {
		if !returned { // it panicked, which goes on
			_ = a.journal.end(entry)
		}
	}()
	err := send(ctx)
	returned = true
	entry.Time, entry.Outcome = a.now(), "ok"
	if err != nil {
		entry.Outcome = Kind(err)
		failed, ok := errors.AsType[*airbyteclient.Error](err)
		entry.MaybeIt = !ok && ctx.Err() != nil || ok && failed.MaybeSent
	}
	if a.policy.RequestID != nil {
		entry.Request = harmless(a.policy.RequestID(ctx), 200)
	}
	if down := a.journal.end(entry); down != nil {
		return &journalLost{sent: err, journal: down}
	}
	return err
}

// journalLost is the error of a write that was sent, and whose outcome the
// journal could not take.
type journalLost struct {
	sent    error // of the write; nil if it succeeded
	journal error
}

func (l *journalLost) Error() string {
	return "the journal of writes cannot be written: " + l.journal.Error()
}

var errAnswered = errors.New("the plan has been answered already")

// Decide records a person's answer to a plan. It is the only way to a yes:
// nothing a tool call can reach calls it. A yes can still be taken back by a
// no, for as long as it was not used.
func (a *Approver) Decide(sealed, caller string, yes bool, how string) error {
	if len(sealed) > maxSealedPlan {
		return errForged
	}
	var p sealedPlan
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
	entry := journalEntry{
		Time: now, Step: "refused", Caller: caller, Tool: p.Tool, ID: p.ID, Entity: p.Entity, Action: p.Action,
		Plan: p.name(), Decided: "no", By: harmless(how, 100),
	}
	if yes {
		entry.Step, entry.Decided = "approved", "yes"
	}
	if err := a.journal.write(entry); err != nil && yes {
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
func (a *Approver) takeBack(p sealedPlan, yes bool, now time.Time) (bool, error) {
	var before personsAnswer
	if found, err := a.ledger.Get(answerRecord(p), &before, now); err != nil || !found || !before.Yes || yes {
		return false, err
	}
	return a.ledger.Add(usedRecord(p), true, now.Add(planMark), now)
}

// DecideCode records a person's answer to the plan of a code.
func (a *Approver) DecideCode(code string, yes bool, how string) (Plan, error) {
	w, err := a.pending(code)
	if err != nil {
		return Plan{}, err
	}
	return w.plan(), a.Decide(w.Sealed, w.Caller, yes, how)
}

// PlanOf returns the plan of a code, for as long as it waits for an answer.
func (a *Approver) PlanOf(code string) (Plan, error) {
	w, err := a.pending(code)
	return w.plan(), err
}
