package transport

import (
	"context"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
)

func TestSSESessionsAreBounded(t *testing.T) {
	t.Parallel()
	var sessions limiter
	for range MaxSessions {
		if !sessions.enter(MaxSessions) {
			t.Fatal("refused too early")
		}
	}
	if sessions.enter(MaxSessions) {
		t.Error("one more was let in")
	}
	sessions.leave()
	if !sessions.enter(MaxSessions) {
		t.Error("nobody is let in after one has left")
	}
}

func TestSessionThatIsGoneTakesNoMore(t *testing.T) {
	t.Parallel()
	late := conversation{turn: make(chan struct{}, 1)}
	late.out = func(*Outlet, []byte) error { t.Error("written"); return nil }
	late.outlet = newOutlet(context.Background(), newSecret())
	late.stop = func() {}
	late.hangUp()
	late.fail(nil, mcp.INTERNAL_ERROR, strings.Repeat("x", 10))
}
