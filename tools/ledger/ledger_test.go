package ledger_test

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

	"airbyte-agent-mcp/tools/account/accounttest"
	"airbyte-agent-mcp/tools/dispatch"
	"airbyte-agent-mcp/tools/dispatch/dispatchtest"
	"airbyte-agent-mcp/tools/ledger"
)

// ledgers are two views of one ledger of each kind.
func ledgers(t *testing.T) map[string][2]*ledger.Ledger {
	t.Helper()
	folder, here := filepath.Join(t.TempDir(), "state"), dispatchtest.LedgerIn(t, "")
	return map[string][2]*ledger.Ledger{
		"memory": {here, here},
		"folder": {dispatchtest.LedgerIn(t, folder), dispatchtest.LedgerIn(t, folder)},
	}
}

func TestOneOfManyIsFirst(t *testing.T) {
	t.Parallel()
	for kind, both := range ledgers(t) {
		var firsts atomic.Int32
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Go(func() {
				first, err := both[i%2].Add("a plan", i, accounttest.StoryTime.Add(time.Minute), accounttest.StoryTime)
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
		until := accounttest.StoryTime.Add(time.Minute)
		if got := get(accounttest.StoryTime); got != "false " {
			t.Errorf("%s, before: %s", kind, got)
		}
		for _, v := range []string{"one", "two"} {
			if err := both[0].Put("name", v, until, accounttest.StoryTime); err != nil {
				t.Fatal(err)
			}
			if got := get(accounttest.StoryTime); got != "true "+v {
				t.Errorf("%s: %s", kind, got)
			}
		}
		if got := get(until); got != "false " {
			t.Errorf("%s, when it is over: %s", kind, got)
		}
		if err := errors.Join(both[1].Drop("name"), both[1].Drop("name")); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		if got := get(accounttest.StoryTime); got != "false " {
			t.Errorf("%s, when it was dropped: %s", kind, got)
		}
	}
}

func TestFolderTellsNothing(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	l := dispatchtest.LedgerIn(t, folder)
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
	if err := os.Rename(filepath.Join(folder, ledger.FileOf("plan of code ABCD")), filepath.Join(folder, ledger.FileOf("plan of code EFGH"))); err != nil {
		t.Fatal(err)
	}
	if found, err := l.Get("plan of code EFGH", new(string), time.Now()); found || err == nil {
		t.Errorf("a record was read under another name: %v", err)
	}
}

func TestFolderIsCleared(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	l := dispatchtest.LedgerIn(t, folder)
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
	if err := l.Put("another", true, now.Add(3*time.Hour), now.Add(ledger.SweepAfter+2*time.Minute)); err != nil {
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
	l := dispatchtest.LedgerIn(t, "")
	until := accounttest.StoryTime.Add(time.Minute)
	for i := range ledger.MaxRecords {
		if first, err := l.Add(fmt.Sprint(i), true, until, accounttest.StoryTime); err != nil || !first {
			t.Fatalf("%d: %v", i, err)
		}
	}
	if _, err := l.Add("more", true, until, accounttest.StoryTime); !errors.Is(err, ledger.ErrLedgerFull) {
		t.Errorf("when it is full: %v", err)
	}
	if first, err := l.Add("0", true, until, accounttest.StoryTime); first || err != nil {
		t.Errorf("the first was forgotten: %v", err)
	}
	if first, err := l.Add("more", true, until.Add(time.Hour), until); !first || err != nil {
		t.Errorf("when the others are over: %v", err)
	}
}

func TestLedgerIsBoundedInBytes(t *testing.T) {
	t.Parallel()
	l := dispatchtest.LedgerIn(t, "")
	long := strings.Repeat("x", 1<<20)
	var err error
	n := 0
	for ; err == nil && n < 1000; n++ {
		err = l.Put(fmt.Sprint(n), long, accounttest.StoryTime.Add(time.Minute), accounttest.StoryTime)
	}
	if !errors.Is(err, ledger.ErrLedgerFull) || n > ledger.MaxRecordBytes>>20+1 {
		t.Errorf("%v after %d MiB", err, n)
	}
}

func TestStateDirNeedsKeys(t *testing.T) {
	t.Parallel()
	_, err := dispatch.NewRunner(nil, dispatch.Limits{StateDir: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "--seal-key-file") {
		t.Errorf("%v", err)
	}
}
