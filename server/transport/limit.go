package transport

import (
	"sync"
)

// MaxArriving bounds the messages under way in all, in bytes: while the SDK
// reads a message it takes a dozen times its size.
const MaxArriving = 32 << 20

const busy = "the server is busy with other large messages; nothing was done, send it again in a moment"

// budget is a sum that is spent and given back.
type budget struct {
	most int64
	mu   sync.Mutex // guards used
	used int64
}

// Take spends n, or nothing if that would be too much. When nothing is spent,
// anything may be.
func (b *budget) Take(n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.used > 0 && b.used+n > b.most {
		return false
	}
	b.used += n
	return true
}

func (b *budget) give(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= n
}

// limiter counts what is open.
type limiter struct {
	mu   sync.Mutex // guards open
	open int
}

func (l *limiter) enter(most int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open >= most {
		return false
	}
	l.open++
	return true
}

func (l *limiter) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
}
