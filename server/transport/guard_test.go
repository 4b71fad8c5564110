package transport

import (
	"strconv"
	"testing"
	"time"
)

func TestEndedSessionsAreRememberedWithinBounds(t *testing.T) {
	t.Parallel()
	ids := NewSessionIDs()
	now := time.Now()
	ids.now = func() time.Time { return now }
	for i := range maxEnded - 5 {
		ids.ended[strconv.Itoa(i)] = now.Add(sessionLife)
	}
	for range 10 {
		id := ids.Generate()
		if _, err := ids.Terminate(id); err != nil {
			t.Fatal(err)
		}
		if ended, err := ids.Validate(id); err != nil || !ended {
			t.Fatalf("ended session: %v, %v", ended, err)
		}
	}
	if n := len(ids.ended); n > maxEnded {
		t.Errorf("%d ended sessions are remembered", n)
	}
	now = now.Add(sessionLife + time.Minute)
	if _, err := ids.Terminate(ids.Generate()); err != nil {
		t.Fatal(err)
	}
	if n := len(ids.ended); n != 1 {
		t.Errorf("%d ended sessions are remembered a day later", n)
	}
}
