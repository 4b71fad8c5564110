package tools

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

const (
	// planLife is how long a plan waits for its answer, yesLife how long a yes
	// waits for the call it is for.
	planLife, yesLife = 15 * time.Minute, 15 * time.Minute
	// planReuse is what a plan must have left to be shown again.
	planReuse = time.Minute
	// maxPlans bounds the plans that wait in a process; the oldest goes first.
	maxPlans = 1024
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
	Made   int64  `json:"m"` // Unix time in milliseconds
	Tool   string `json:"t"`
	ID     string `json:"c,omitempty"` // of the connector
	Entity string `json:"e,omitempty"`
	Action string `json:"a,omitempty"`
}

// name is what a plan goes by where its code must not stand.
func (p sealedPlan) name() string {
	sum := sha256.Sum256([]byte("plan " + p.Nonce))
	return hex.EncodeToString(sum[:8])
}

// answers are the plans of this process and what people said to them.
type answers struct {
	mu     sync.Mutex // guards all below
	byCode map[string]*waiting
	byKey  map[string]*waiting // the same ones, by call
	said   map[string]said     // by call: what was said and not yet heard
	spent  map[string]time.Time
}

// waiting is a plan without an answer.
type waiting struct {
	plan   Plan
	sealed sealedPlan
	caller string
}

// said is a person's answer.
type said struct {
	yes   bool
	plan  sealedPlan
	how   string
	until time.Time
}

func newAnswers() *answers {
	return &answers{byCode: map[string]*waiting{}, byKey: map[string]*waiting{}, said: map[string]said{}, spent: map[string]time.Time{}}
}

var errAnswered = errors.New("the plan has been answered already")

// Decide records a person's answer to a plan. It is the only way to a yes:
// nothing a tool call can reach calls it. A yes can still be taken back by a
// no, for as long as it was not used.
func (r *Runner) Decide(sealed, caller string, yes bool, how string) error {
	if len(sealed) > maxSealedPlan {
		return errForged
	}
	r.deciding.Lock()
	defer r.deciding.Unlock()
	var p sealedPlan
	now := r.now()
	if err := r.seal.Open("plan", caller, now, sealed, &p); err != nil {
		return fmt.Errorf("the plan cannot be answered: %w", err)
	}
	if p.Made < r.started.UnixMilli() {
		return errors.New("the plan cannot be answered: this server was started after it was made")
	}
	if err := r.answers.claim(p, yes, now); err != nil {
		return err
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
	r.answers.record(said{yes, p, how, now.Add(yesLife)})
	return nil
}

// DecideCode records a person's answer to the plan of a code.
func (r *Runner) DecideCode(code string, yes bool, how string) (Plan, error) {
	w := r.answers.find(code, r.now())
	if w == nil {
		return Plan{}, errors.New("no plan of that code waits here: it was answered, has expired, or is another server's")
	}
	return w.plan, r.Decide(w.plan.Sealed, w.caller, yes, how)
}

// PlanOf is the plan of a code, for as long as it waits.
func (r *Runner) PlanOf(code string) (Plan, bool) {
	w := r.answers.find(code, r.now())
	if w == nil {
		return Plan{}, false
	}
	return w.plan, true
}

// newCode makes the handle of a plan: 80 bits, in groups that can be typed.
func newCode() string {
	c := rand.Text()[:16]
	return c[:4] + "-" + c[4:8] + "-" + c[8:12] + "-" + c[12:]
}

func plainCode(code string) string {
	return strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(code))
}

// claim makes sure that a plan is answered once, and no longer waits.
func (a *answers) claim(p sealedPlan, yes bool, now time.Time) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if w := a.byKey[p.Key]; w != nil && w.sealed.Nonce == p.Nonce {
		a.drop(w)
	}
	if _, spent := a.spent[p.Nonce]; !spent {
		a.spent[p.Nonce] = now.Add(planLife + time.Minute)
		return nil
	}
	if before, unheard := a.said[p.Key]; unheard && before.plan.Nonce == p.Nonce && before.yes && !yes {
		return nil
	}
	return errAnswered
}

func (a *answers) record(s said) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.said[s.plan.Key] = s
}

// hear takes what was said to a call: an answer is heard once.
func (a *answers) hear(key string, now time.Time) (said, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s, ok := a.said[key]
	delete(a.said, key)
	return s, ok && now.Before(s.until)
}

// waits is the plan of a call that waits already.
func (a *answers) waits(key string, now time.Time) *waiting {
	a.mu.Lock()
	defer a.mu.Unlock()
	if w := a.byKey[key]; w != nil && now.Add(planReuse).Before(w.plan.Expires) {
		return w
	}
	return nil
}

func (a *answers) find(code string, now time.Time) *waiting {
	a.mu.Lock()
	defer a.mu.Unlock()
	if w := a.byCode[plainCode(code)]; w != nil && now.Before(w.plan.Expires) {
		return w
	}
	return nil
}

// add takes in a plan, in place of an older one of the same call.
func (a *answers) add(w *waiting, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if old := a.byKey[w.sealed.Key]; old != nil {
		a.drop(old)
	}
	if len(a.byCode) >= maxPlans {
		a.sweep(now)
	}
	a.byCode[plainCode(w.plan.Code)], a.byKey[w.sealed.Key] = w, w
}

// sweep drops what is over, and the oldest plan where that is not enough.
func (a *answers) sweep(now time.Time) {
	var oldest *waiting
	for _, w := range a.byCode {
		switch {
		case !now.Before(w.plan.Expires):
			a.drop(w)
		case oldest == nil || w.plan.Expires.Before(oldest.plan.Expires):
			oldest = w
		}
	}
	if len(a.byCode) >= maxPlans {
		a.drop(oldest)
	}
	for nonce, until := range a.spent {
		if now.After(until) {
			delete(a.spent, nonce)
		}
	}
	for key, s := range a.said {
		if now.After(s.until) {
			delete(a.said, key)
		}
	}
}

func (a *answers) drop(w *waiting) {
	delete(a.byCode, plainCode(w.plan.Code))
	if a.byKey[w.sealed.Key] == w {
		delete(a.byKey, w.sealed.Key)
	}
}
