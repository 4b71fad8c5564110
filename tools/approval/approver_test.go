package approval_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"airbyte-agent-mcp/tools/account/accounttest"
	"airbyte-agent-mcp/tools/approval"
	"airbyte-agent-mcp/tools/dispatch/dispatchtest"
	"airbyte-agent-mcp/tools/ledger"
	"airbyte-agent-mcp/tools/plan"
)

func TestYesIsForOneCall(t *testing.T) {
	t.Parallel()
	w := dispatchtest.Confirming(t)
	p := w.Ask(t, "execute_operation", dispatchtest.Creating)
	if again := w.Ask(t, "execute_operation", dispatchtest.Creating); again.Code != p.Code {
		t.Error("a plan that waits is made twice")
	}
	w.Decide(t, p, true)
	if err := w.Runner.Approver().Decide(p.Sealed, w.Api.Identity(), true, "test"); !errors.Is(err, approval.ErrAnswered) {
		t.Errorf("a second yes: %v", err)
	}
	other := strings.Replace(dispatchtest.Creating, "Export fails", "Export works", 1)
	if q := w.Ask(t, "execute_operation", other); q.Code == p.Code {
		t.Error("changed arguments have the same plan")
	}
	if len(w.Wrote()) > 0 {
		t.Fatalf("sent: %q", w.Wrote())
	}
	// The ID names the same connector as its name does.
	if _, err := w.Call(t, "execute_operation", []byte(strings.Replace(dispatchtest.Creating, `"linear"`, `"`+dispatchtest.LinearID+`"`, 1))); err != nil {
		t.Fatal(err)
	}
	if n := len(w.Wrote()); n != 1 {
		t.Fatalf("%d were sent", n)
	}
	next := w.Ask(t, "execute_operation", dispatchtest.Creating)
	if err := w.Runner.Approver().Decide(p.Sealed, w.Api.Identity(), true, "test"); !errors.Is(err, approval.ErrAnswered) {
		t.Errorf("replayed after use: %v", err)
	}
	if next.Code == p.Code || len(w.Wrote()) != 1 {
		t.Errorf("a used yes was good for more: %q", w.Wrote())
	}
}

func TestPlanAndYesExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &dispatchtest.SlowTools{Takes: time.Second}
		r, client := dispatchtest.Slowly(t, s)
		ask := func() plan.Plan {
			t.Helper()
			_, err := r.Call(t.Context(), client, "update_slowly", json.RawMessage(`{"name":"a"}`))
			waits, ok := errors.AsType[*approval.ConfirmNeeded](err)
			if !ok {
				t.Fatalf("%v, want a plan", err)
			}
			return waits.Plan
		}
		p := ask()
		time.Sleep(approval.PlanLife)
		if err := r.Approver().Decide(p.Sealed, client.Identity(), true, "test"); !errors.Is(err, ledger.ErrExpired) {
			t.Errorf("an old plan: %v", err)
		}
		if _, err := r.Approver().PlanOf(p.Code); err == nil {
			t.Error("an old plan still waits")
		}
		q := ask()
		if q.Code == p.Code {
			t.Fatal("an old plan is shown again")
		}
		if err := r.Approver().Decide(q.Sealed, client.Identity(), true, "test"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(approval.YesLife)
		ask()
		if s.Sent.Load() > 0 {
			t.Error("an old yes was good")
		}
	})
}

// FuzzDecide answers plans that were made here, for others, for something else,
// in another time or not at all: one is good for its caller, once, and as it was
// made.
func FuzzDecide(f *testing.F) {
	w := dispatchtest.Confirming(f)
	kept, approver := w.Runner.Ledger(), w.Runner.Approver()
	shown := w.Ask(f, "execute_operation", dispatchtest.Creating)
	var id plan.Subject
	if err := w.Runner.Seal().Open(approval.PlanPurpose(kept), w.Api.Identity(), accounttest.StoryTime, shown.Sealed, &id); err != nil {
		f.Fatal(err)
	}
	const here = "plan @" // where @ stands for the ledger, which differs from process to process
	ours, now := w.Api.Identity(), accounttest.StoryTime.Unix()
	f.Add(here, ours, now+900, "nonce", 0, byte(0), "")
	f.Add(here, ours, now+900, id.Nonce, 0, byte(0), "") // another copy of a plan
	f.Add(here, ours, now, "late", 0, byte(0), "")       // expired
	f.Add(here, "theirs", now+900, "theirs", 0, byte(0), "")
	f.Add(here, ours+"\x00", now+900, "longer", 0, byte(0), "")
	f.Add(here+"\x00"+ours, "", now+900, "shifted", 0, byte(0), "")
	for _, purpose := range []string{"plan", "plan another", "continuation", "connect @", "approve @", "done", "form token", ""} {
		f.Add(purpose, ours, now+900, purpose, 0, byte(0), "")
	}
	for _, at := range []int{0, 3, 4, 15, 16, 40, -1} { // of the key's name, the nonce, the text, the tag
		f.Add(here, ours, now+900, "changed", at, byte(1), "")
	}
	f.Add(here, ours, now+900, "padded", 0, byte(0), "A")
	f.Add(here, ours, now+900, "spaced", 0, byte(0), " \n")
	spent := map[string]bool{}
	f.Fuzz(func(t *testing.T, purpose, caller string, until int64, nonce string, at int, flip byte, more string) {
		if !utf8.ValidString(nonce) || until < 0 || until > now+1e6 || len(more) > 64 {
			t.Skip("cannot be sealed so")
		}
		if len(spent) > 2000 { // the time stands still, so that nothing is ever over
			clear(spent)
			var err error
			if kept, err = ledger.OpenLedger("", w.Runner.Seal()); err != nil {
				t.Fatal(err)
			}
			approver = approval.NewApprover(plan.Policy{Mode: plan.Confirm}, w.Runner.Seal(), kept, nil, func() time.Time { return accounttest.StoryTime })
		}
		purpose = strings.ReplaceAll(purpose, "@", kept.ID())
		plan := id
		plan.Nonce = nonce
		sealed, err := w.Runner.Seal().Close(purpose, caller, time.Unix(until, 0), plan)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := base64.RawURLEncoding.DecodeString(sealed)
		if err != nil {
			t.Fatal(err)
		}
		raw[(at%len(raw)+len(raw))%len(raw)] ^= flip
		sealed = base64.RawURLEncoding.EncodeToString(raw) + more
		good := purpose+"\x00"+caller == approval.PlanPurpose(kept)+"\x00"+ours && flip == 0 && strings.TrimSpace(more) == "" &&
			until > now && !spent[nonce] && len(sealed) <= approval.MaxSealedPlan
		if err := approver.Decide(sealed, ours, true, "fuzz"); (err == nil) != good {
			t.Errorf("a plan that is good: %v, was taken: %v", good, err)
		}
		spent[nonce] = spent[nonce] || good
		if approver.Decide(sealed, ours, true, "fuzz") == nil {
			t.Error("it was taken twice")
		}
	})
}

func TestPlanThatIsNearlyOverIsNotShownAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, client := dispatchtest.Slowly(t, &dispatchtest.SlowTools{Takes: time.Second})
		ask := func() string {
			t.Helper()
			_, err := r.Call(t.Context(), client, "update_slowly", json.RawMessage(`{"name":"a"}`))
			waits, ok := errors.AsType[*approval.ConfirmNeeded](err)
			if !ok {
				t.Fatalf("%v, want a plan", err)
			}
			return waits.Plan.Code
		}
		first := ask()
		time.Sleep(approval.PlanLife - approval.PlanReuse - time.Second)
		if ask() != first {
			t.Error("a plan with time left is not shown again")
		}
		time.Sleep(2 * time.Second)
		if ask() == first {
			t.Error("a plan that is nearly over is shown again")
		}
	})
}
