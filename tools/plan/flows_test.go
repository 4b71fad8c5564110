package plan

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"airbyte-agent-mcp/tools/ledger"
)

// Two reads at once do not undo what is known of each other.
func TestReadsAtOnceAreAllKnown(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	now := func() time.Time { return time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC) }
	flows := func() *Flows {
		seal, err := ledger.NewSeal([]byte("0123456789abcdef0123456789abcdef"))
		if err != nil {
			t.Fatal(err)
		}
		l, err := ledger.OpenLedger(folder, seal)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(l.Close)
		return NewFlows(nil, l, now)
	}
	a, b := flows(), flows()
	for i := range 60 {
		name := fmt.Sprint("read ", i)
		var wg sync.WaitGroup
		for j := range 4 {
			wg.Go(func() {
				if err := [2]*Flows{a, b}[j%2].remember(name, label{ID: fmt.Sprint(j % 2)}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		read, err := a.readFrom(name)
		if err != nil || len(read) != 2 || read[0].ID == read[1].ID {
			t.Fatalf("%v, %v", read, err)
		}
	}
}
