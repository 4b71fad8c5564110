package server

import (
	"fmt"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestMain fails when goroutines outlive the tests. Single leaks are found by
// the tests in synctest bubbles, which end only when all of theirs have.
func TestMain(m *testing.M) {
	code := m.Run()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections() // of the SDK's client
	left := leftover()
	for deadline := time.Now().Add(5 * time.Second); len(left) > 0 && time.Now().Before(deadline); left = leftover() {
		runtime.Gosched()
	}
	if code == 0 && len(left) > 0 {
		fmt.Fprintf(os.Stderr, "%d goroutines are left of the tests:\n%s\n", len(left), strings.Join(left, "\n\n"))
		code = 1
	}
	os.Exit(code)
}

// leftover are the stacks of the goroutines that should have ended. Handlers
// of servers that nobody stops keep the one that ends idle sessions.
func leftover() []string {
	stacks := make([]byte, 4<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	return slices.DeleteFunc(strings.Split(string(stacks), "\n\n")[1:], func(stack string) bool {
		return strings.Contains(stack, "startSessionSweeper") ||
			strings.Contains(stack, "os/signal") || strings.Contains(stack, "internal/fuzz")
	})
}
