package approval_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"airbyte-agent-mcp/tools/account/accounttest"
	"airbyte-agent-mcp/tools/approval"
	"airbyte-agent-mcp/tools/dispatch"
	"airbyte-agent-mcp/tools/dispatch/dispatchtest"
	"airbyte-agent-mcp/tools/ledger"
	"airbyte-agent-mcp/tools/plan"
)

func TestReplicasShareAPlanAndItsOneUse(t *testing.T) {
	t.Parallel()
	a, b := dispatchtest.Replicas(t, t.TempDir())
	p := a.Ask(t, "execute_operation", dispatchtest.Creating)
	if q := b.Ask(t, "execute_operation", dispatchtest.Creating); q.Code != p.Code || q.Sealed != p.Sealed || q.Summary != p.Summary {
		t.Errorf("the other replica asks anew: %+v", q)
	}
	if _, err := b.Runner.Approver().DecideCode(p.Code, true, "page"); err != nil {
		t.Fatal(err)
	}
	if err := a.Runner.Approver().Decide(p.Sealed, a.Api.Identity(), true, "elicitation"); !errors.Is(err, approval.ErrAnswered) {
		t.Errorf("answered twice: %v", err)
	}
	var made atomic.Int32
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if _, err := [2]dispatchtest.World{a, b}[i%2].Call(t, "execute_operation", []byte(dispatchtest.Creating)); err == nil {
				made.Add(1)
			}
		})
	}
	wg.Wait()
	if made.Load() != 1 || len(a.Wrote()) != 1 {
		t.Errorf("%d calls were made, sent: %q", made.Load(), a.Wrote())
	}
	for _, w := range []dispatchtest.World{a, b} {
		if err := w.Runner.Approver().Decide(p.Sealed, w.Api.Identity(), true, "elicitation"); !errors.Is(err, approval.ErrAnswered) {
			t.Errorf("replayed: %v", err)
		}
	}
}

func TestYesIsHeardByOne(t *testing.T) {
	t.Parallel()
	a, b := dispatchtest.Replicas(t, t.TempDir())
	p := a.Ask(t, "execute_operation", dispatchtest.Creating)
	a.Decide(t, p, true)
	var plan plan.Subject
	if err := a.Runner.Seal().Open(approval.PlanPurpose(a.Runner.Ledger()), a.Api.Identity(), accounttest.StoryTime, p.Sealed, &plan); err != nil {
		t.Fatal(err)
	}
	var heard atomic.Int32
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			_, ok, err := [2]dispatchtest.World{a, b}[i%2].Runner.Approver().TakeAnswer(plan)
			if err != nil {
				t.Error(err)
			}
			if ok {
				heard.Add(1)
			}
		})
	}
	wg.Wait()
	if heard.Load() != 1 {
		t.Errorf("%d heard it", heard.Load())
	}
}

func TestYesOutlivesARestartAndIsUsedOnce(t *testing.T) {
	t.Parallel()
	a, b := dispatchtest.Replicas(t, t.TempDir()) // b is a, started anew
	p := a.Ask(t, "execute_operation", dispatchtest.Creating)
	a.Decide(t, p, true)
	if _, err := b.Call(t, "execute_operation", []byte(dispatchtest.Creating)); err != nil || len(a.Wrote()) != 1 {
		t.Fatalf("%v after %q", err, a.Wrote())
	}
	_, c := dispatchtest.Replicas(t, t.TempDir(), dispatch.WithLedger(a.Runner.Ledger()))
	c.Api, c.Sandbox = a.Api, a.Sandbox
	if err := c.Runner.Approver().Decide(p.Sealed, a.Api.Identity(), true, "test"); !errors.Is(err, approval.ErrAnswered) {
		t.Errorf("replayed: %v", err)
	}
	if q := c.Ask(t, "execute_operation", dispatchtest.Creating); q.Code == p.Code || len(a.Wrote()) != 1 {
		t.Errorf("the yes was used again: %q", a.Wrote())
	}
}

// Without a ledger that both know, what one was asked is nothing to the other.
func TestProcessesThatShareKeysAloneTakeNoPlanOfEachOther(t *testing.T) {
	t.Parallel()
	a, b := dispatchtest.Replicas(t, "")
	p := a.Ask(t, "execute_operation", dispatchtest.Creating)
	if err := b.Runner.Approver().Decide(p.Sealed, a.Api.Identity(), true, "test"); !errors.Is(err, ledger.ErrForged) {
		t.Errorf("decided elsewhere: %v", err)
	}
	if _, err := b.Runner.Approver().DecideCode(p.Code, true, "test"); err == nil {
		t.Error("a code of another process was taken")
	}
}

func TestBrokenLedgerStopsWritesThatNeedAYes(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	a, _ := dispatchtest.Replicas(t, folder)
	p := a.Ask(t, "execute_operation", dispatchtest.Creating)
	a.Decide(t, p, true)
	a.Runner.Ledger().Close()
	_, err := a.Call(t, "execute_operation", []byte(dispatchtest.Creating))
	if err == nil || !strings.Contains(err.Error(), "cannot be found out") || len(a.Wrote()) > 0 {
		t.Errorf("%v after %q", err, a.Wrote())
	}
	if _, err := a.Call(t, "list_connectors", []byte(`{}`)); err != nil {
		t.Errorf("reading stopped too: %v", err)
	}
}
