package telemetry

import (
	"fmt"
	"log/slog"
	"runtime/debug"
)

// Panicked is a panic that was caught elsewhere and carried on.
type Panicked interface {
	// Panic returns what it panicked with, and the stack where it did.
	Panic() (value any, stack []byte)
}

// LogPanic logs a recovered panic with its stack.
func LogPanic(log *slog.Logger, where string, p any) {
	stack := debug.Stack()
	if inner, ok := p.(Panicked); ok {
		p, stack = inner.Panic()
	}
	log.Error("panic", "in", where, "panic", fmt.Sprint(p), "stack", string(stack))
}
