package tools

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// ledgers are two views of one ledger of each kind.
func ledgers(t *testing.T) map[string][2]*Ledger {
	t.Helper()
	folder, here := filepath.Join(t.TempDir(), "state"), ledgerIn(t, "")
	return map[string][2]*Ledger{
		"memory": {here, here},
		"folder": {ledgerIn(t, folder), ledgerIn(t, folder)},
	}
}

func TestOneOfManyIsFirst(t *testing.T) {
	t.Parallel()
	for kind, both := range ledgers(t) {
		var firsts atomic.Int32
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Go(func() {
				first, err := both[i%2].Add("a plan", i, storyTime.Add(time.Minute), storyTime)
				if err != nil {
					t.Errorf("%s: %v", kind, err)
				}
				if first {
					firsts.Add(1)
				}
			})
		}
		wg.Wait()
		if firsts.Load() != 1 {
			t.Errorf("%s: %d were first", kind, firsts.Load())
		}
		if both[0].ID() != both[1].ID() {
			t.Errorf("%s: the IDs differ", kind)
		}
	}
}

func TestRecordsAreSharedReplacedAndEnd(t *testing.T) {
	t.Parallel()
	for kind, both := range ledgers(t) {
		get := func(now time.Time) string {
			var v string
			found, err := both[1].Get("name", &v, now)
			if err != nil {
				t.Fatalf("%s: %v", kind, err)
			}
			return fmt.Sprint(found, " ", v)
		}
		until := storyTime.Add(time.Minute)
		if got := get(storyTime); got != "false " {
			t.Errorf("%s, before: %s", kind, got)
		}
		for _, v := range []string{"one", "two"} {
			if err := both[0].Put("name", v, until, storyTime); err != nil {
				t.Fatal(err)
			}
			if got := get(storyTime); got != "true "+v {
				t.Errorf("%s: %s", kind, got)
			}
		}
		if got := get(until); got != "false " {
			t.Errorf("%s, when it is over: %s", kind, got)
		}
		if err := errors.Join(both[1].Drop("name"), both[1].Drop("name")); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		if got := get(storyTime); got != "false " {
			t.Errorf("%s, when it was dropped: %s", kind, got)
		}
	}
}

func TestFolderTellsNothing(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	l := ledgerIn(t, folder)
	if err := l.Put("plan of code ABCD", "the words of a record", time.Now().Add(time.Minute), time.Now()); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(folder)
	if err != nil || len(files) != 2 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(filepath.Join(folder, f.Name()))
		if err != nil || strings.Contains(string(raw)+f.Name(), "words") || strings.Contains(string(raw)+f.Name(), "ABCD") {
			t.Errorf("%s: %v, %s", f.Name(), err, raw)
		}
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", f.Name(), err, info.Mode())
		}
	}
	// A record under the name of another is none.
	if err := os.Rename(filepath.Join(folder, fileOf("plan of code ABCD")), filepath.Join(folder, fileOf("plan of code EFGH"))); err != nil {
		t.Fatal(err)
	}
	if found, err := l.Get("plan of code EFGH", new(string), time.Now()); found || err == nil {
		t.Errorf("a record was read under another name: %v", err)
	}
}

func TestFolderIsCleared(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	l := ledgerIn(t, folder)
	foreign := filepath.Join(folder, "notes.txt")
	if err := os.WriteFile(foreign, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for name, lasts := range map[string]time.Duration{"old": time.Minute, "young": 3 * time.Hour} {
		if err := l.Put(name, true, now.Add(lasts), now); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(foreign, now.Add(-9*time.Hour), now.Add(-9*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := l.Put("another", true, now.Add(3*time.Hour), now.Add(sweepAfter+2*time.Minute)); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.record"))
	if err != nil || len(files) != 2 {
		t.Errorf("%q are left, %v", files, err)
	}
	if _, err := os.Stat(foreign); err != nil {
		t.Errorf("a file of somebody else's is gone: %v", err)
	}
}

// What is remembered is not forgotten for what is new.
func TestFullLedgerTakesNoMore(t *testing.T) {
	t.Parallel()
	l := ledgerIn(t, "")
	until := storyTime.Add(time.Minute)
	for i := range maxRecords {
		if first, err := l.Add(fmt.Sprint(i), true, until, storyTime); err != nil || !first {
			t.Fatalf("%d: %v", i, err)
		}
	}
	if _, err := l.Add("more", true, until, storyTime); !errors.Is(err, errLedgerFull) {
		t.Errorf("when it is full: %v", err)
	}
	if first, err := l.Add("0", true, until, storyTime); first || err != nil {
		t.Errorf("the first was forgotten: %v", err)
	}
	if first, err := l.Add("more", true, until.Add(time.Hour), until); !first || err != nil {
		t.Errorf("when the others are over: %v", err)
	}
}

func TestLedgerIsBoundedInBytes(t *testing.T) {
	t.Parallel()
	l := ledgerIn(t, "")
	long := strings.Repeat("x", 1<<20)
	var err error
	n := 0
	for ; err == nil && n < 1000; n++ {
		err = l.Put(fmt.Sprint(n), long, storyTime.Add(time.Minute), storyTime)
	}
	if !errors.Is(err, errLedgerFull) || n > maxRecordBytes>>20+1 {
		t.Errorf("%v after %d MiB", err, n)
	}
}

func TestReplicasShareAPlanAndItsOneUse(t *testing.T) {
	t.Parallel()
	a, b := replicas(t, t.TempDir())
	p := a.ask(t, "execute_operation", creating)
	if q := b.ask(t, "execute_operation", creating); q.Code != p.Code || q.Sealed != p.Sealed || q.Summary != p.Summary {
		t.Errorf("the other replica asks anew: %+v", q)
	}
	if _, err := b.runner.Approver().DecideCode(p.Code, true, "page"); err != nil {
		t.Fatal(err)
	}
	if err := a.runner.Approver().Decide(p.Sealed, a.api.Identity(), true, "elicitation"); !errors.Is(err, errAnswered) {
		t.Errorf("answered twice: %v", err)
	}
	var made atomic.Int32
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if _, err := [2]world{a, b}[i%2].call(t, "execute_operation", []byte(creating)); err == nil {
				made.Add(1)
			}
		})
	}
	wg.Wait()
	if made.Load() != 1 || len(a.wrote()) != 1 {
		t.Errorf("%d calls were made, sent: %q", made.Load(), a.wrote())
	}
	for _, w := range []world{a, b} {
		if err := w.runner.Approver().Decide(p.Sealed, w.api.Identity(), true, "elicitation"); !errors.Is(err, errAnswered) {
			t.Errorf("replayed: %v", err)
		}
	}
}

func TestYesIsHeardByOne(t *testing.T) {
	t.Parallel()
	a, b := replicas(t, t.TempDir())
	p := a.ask(t, "execute_operation", creating)
	a.decide(t, p, true)
	var plan sealedPlan
	if err := a.runner.Seal().Open(planPurpose(a.runner.Ledger()), a.api.Identity(), storyTime, p.Sealed, &plan); err != nil {
		t.Fatal(err)
	}
	var heard atomic.Int32
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			_, ok, err := [2]world{a, b}[i%2].runner.Approver().takeAnswer(plan)
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
	a, b := replicas(t, t.TempDir()) // b is a, started anew
	p := a.ask(t, "execute_operation", creating)
	a.decide(t, p, true)
	if _, err := b.call(t, "execute_operation", []byte(creating)); err != nil || len(a.wrote()) != 1 {
		t.Fatalf("%v after %q", err, a.wrote())
	}
	_, c := replicas(t, t.TempDir(), WithLedger(a.runner.Ledger()))
	c.api, c.sandbox = a.api, a.sandbox
	if err := c.runner.Approver().Decide(p.Sealed, a.api.Identity(), true, "test"); !errors.Is(err, errAnswered) {
		t.Errorf("replayed: %v", err)
	}
	if q := c.ask(t, "execute_operation", creating); q.Code == p.Code || len(a.wrote()) != 1 {
		t.Errorf("the yes was used again: %q", a.wrote())
	}
}

// Without a ledger that both know, what one was asked is nothing to the other.
func TestProcessesThatShareKeysAloneTakeNoPlanOfEachOther(t *testing.T) {
	t.Parallel()
	a, b := replicas(t, "")
	p := a.ask(t, "execute_operation", creating)
	if err := b.runner.Approver().Decide(p.Sealed, a.api.Identity(), true, "test"); !errors.Is(err, errForged) {
		t.Errorf("decided elsewhere: %v", err)
	}
	if _, err := b.runner.Approver().DecideCode(p.Code, true, "test"); err == nil {
		t.Error("a code of another process was taken")
	}
}

func TestBrokenLedgerStopsWritesThatNeedAYes(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	a, _ := replicas(t, folder)
	p := a.ask(t, "execute_operation", creating)
	a.decide(t, p, true)
	a.runner.Ledger().Close()
	_, err := a.call(t, "execute_operation", []byte(creating))
	if err == nil || !strings.Contains(err.Error(), "cannot be found out") || len(a.wrote()) > 0 {
		t.Errorf("%v after %q", err, a.wrote())
	}
	if _, err := a.call(t, "list_connectors", []byte(`{}`)); err != nil {
		t.Errorf("reading stopped too: %v", err)
	}
}

func TestStateDirNeedsKeys(t *testing.T) {
	t.Parallel()
	_, err := NewRunner(nil, Limits{StateDir: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "--seal-key-file") {
		t.Errorf("%v", err)
	}
}
