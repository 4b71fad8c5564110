package tools

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
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

// ConfirmNeeded is the error of a call that waits for a person.
type ConfirmNeeded struct{ Plan Plan }

func (c *ConfirmNeeded) Error() string {
	return c.Plan.Tool + " waits for a person's yes: " + c.Plan.Summary
}

// words tell a model what it waits for.
func (c *ConfirmNeeded) words() string {
	p := c.Plan
	return fmt.Sprintf("Nothing was sent: this waits for a person's yes. %s A person must be shown the plan and answer it by %s; you cannot, and nothing you call can. "+
		"Tell the user that it waits. When they have answered, call %s again with the very same arguments: any other value needs a new plan.",
		p.Summary, p.Expires.UTC().Format(time.RFC3339), p.Tool)
}

// sealedPlan is what Plan.Sealed holds: what a yes is good for.
type sealedPlan struct {
	Key    string `json:"k"`           // of the call: its caller, tool and arguments
	Sum    string `json:"s,omitempty"` // of the target; empty where there was none
	Nonce  string `json:"n"`
	Tool   string `json:"t"`
	ID     string `json:"c,omitempty"` // of the connector
	Entity string `json:"e,omitempty"`
	Action string `json:"a,omitempty"`
	// From is a sum of the connectors whose data it may carry, Names one of the
	// secrets that its references named, as it was told.
	From  string `json:"f,omitempty"`
	Names string `json:"r,omitempty"`
}

// name is what a plan goes by where its code must not stand.
func (p sealedPlan) name() string {
	sum := sha256.Sum256([]byte("plan " + p.Nonce))
	return hex.EncodeToString(sum[:8])
}

// waiting is a plan without an answer.
type waiting struct {
	Plan   Plan
	Code   string
	Sealed string
	Caller string
	ID     sealedPlan
}

// said is a person's answer.
type said struct {
	Yes   bool
	Plan  sealedPlan
	How   string
	Until time.Time
}

// Names of the records of a plan.
func ofCode(code string) string    { return "plan of code " + plainCode(code) }
func ofCall(key string) string     { return "plan of call " + key }
func answered(p sealedPlan) string { return "answered " + p.Nonce }
func answerTo(p sealedPlan) string { return "answer to " + p.Nonce }
func used(p sealedPlan) string     { return "used " + p.Nonce }
func planPurpose(l *Ledger) string { return "plan " + l.ID() }

var errAnswered = errors.New("the plan has been answered already")

// Decide records a person's answer to a plan. It is the only way to a yes:
// nothing a tool call can reach calls it. A yes can still be taken back by a
// no, for as long as it was not used.
func (r *Runner) Decide(sealed, caller string, yes bool, how string) error {
	if len(sealed) > maxSealedPlan {
		return errForged
	}
	var p sealedPlan
	now := r.now()
	if err := r.seal.Open(planPurpose(r.ledger), caller, now, sealed, &p); err != nil {
		return fmt.Errorf("the plan cannot be answered: %w", err)
	}
	first, err := r.ledger.Add(answered(p), true, now.Add(planMark), now)
	if err == nil && !first {
		first, err = r.takesBack(p, yes, now)
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
	if err := r.journal.write(entry); err != nil && yes {
		return fmt.Errorf("the journal of writes cannot take the answer: %w", err)
	}
	s := said{yes, p, how, now.Add(yesLife)}
	if err := r.ledger.Put(answerTo(p), s, s.Until, now); err != nil {
		return fmt.Errorf("the answer cannot be kept: %w", err)
	}
	// The call looks for its plan by itself: this may be an older one of its.
	return r.ledger.Put(ofCall(p.Key), waiting{ID: p}, s.Until, now)
}

// takesBack tells whether an answer is a no to a yes that was not used. What is
// taken back counts as used.
func (r *Runner) takesBack(p sealedPlan, yes bool, now time.Time) (bool, error) {
	var before said
	if found, err := r.ledger.Get(answerTo(p), &before, now); err != nil || !found || !before.Yes || yes {
		return false, err
	}
	return r.ledger.Add(used(p), true, now.Add(planMark), now)
}

// DecideCode records a person's answer to the plan of a code.
func (r *Runner) DecideCode(code string, yes bool, how string) (Plan, error) {
	w, err := r.waits(code)
	if err != nil {
		return Plan{}, err
	}
	return w.plan(), r.Decide(w.Sealed, w.Caller, yes, how)
}

// PlanOf is the plan of a code, for as long as it waits.
func (r *Runner) PlanOf(code string) (Plan, error) {
	w, err := r.waits(code)
	return w.plan(), err
}

// waits finds the plan of a code that has no answer yet.
func (r *Runner) waits(code string) (waiting, error) {
	var w waiting
	now := r.now()
	found, err := r.ledger.Get(ofCode(code), &w, now)
	if err != nil {
		return waiting{}, fmt.Errorf("the plan cannot be looked up: %w", err)
	}
	var over bool
	if found {
		over, err = r.ledger.Get(answered(w.ID), new(bool), now)
	}
	if err != nil || !found || over {
		return waiting{}, errors.New("no plan of that code waits here: it was answered, has expired, or is another server's")
	}
	return w, nil
}

// plan is the plan with its handles, which are no part of its JSON.
func (w waiting) plan() Plan {
	w.Plan.Code, w.Plan.Sealed = w.Code, w.Sealed
	return w.Plan
}

// newCode makes the handle of a plan: 80 bits, in groups that can be typed.
func newCode() string {
	c := rand.Text()[:16]
	return c[:4] + "-" + c[4:8] + "-" + c[8:12] + "-" + c[12:]
}

func plainCode(code string) string {
	return strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(code))
}

// keepPlan makes a plan wait for its answer. Where one of the same call waits
// already, that one is given back.
func (r *Runner) keepPlan(p Plan, id sealedPlan, caller string) (Plan, error) {
	now := r.now()
	w := waiting{p, p.Code, p.Sealed, caller, id}
	if err := r.ledger.Put(ofCode(p.Code), w, p.Expires, now); err != nil {
		return Plan{}, err
	}
	first, err := r.ledger.Add(ofCall(id.Key), w, p.Expires, now)
	if err != nil || first {
		return p, err
	}
	if other, waits, err := r.planOf(id.Key); err != nil || waits && r.waitsStill(other) && other.ID.Names == id.Names {
		return other.plan(), err
	}
	return p, r.ledger.Put(ofCall(id.Key), w, p.Expires, now)
}

// planOf is the newest plan of a call, answered or not.
func (r *Runner) planOf(key string) (w waiting, found bool, err error) {
	found, err = r.ledger.Get(ofCall(key), &w, r.now())
	return w, found, err
}

// waitsStill tells whether a plan can be shown again: it has no answer, and
// there is time for one.
func (r *Runner) waitsStill(w waiting) bool {
	if w.Sealed == "" || !r.now().Add(planReuse).Before(w.Plan.Expires) {
		return false
	}
	over, err := r.ledger.Get(answered(w.ID), new(bool), r.now())
	return err == nil && !over
}

// hear takes what a person said to a call: an answer is heard once.
func (r *Runner) hear(p sealedPlan) (s said, heard bool, err error) {
	now := r.now()
	if found, err := r.ledger.Get(answerTo(p), &s, now); err != nil || !found {
		return said{}, false, err
	}
	if s.Yes {
		first, err := r.ledger.Add(used(p), true, now.Add(planMark), now)
		if err != nil || !first {
			return said{}, false, err
		}
	}
	return s, true, r.ledger.Drop(ofCall(p.Key))
}
