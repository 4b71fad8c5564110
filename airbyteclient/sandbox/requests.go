package sandbox

import (
	"net/http"
	"sync"
)

const (
	keptRequests = 10_000
	keptBody     = 16 << 10
)

// Request is one request that arrived; Path is as it was sent, still escaped. Status is 0 while it runs, and stays 0 when
// the connection was cut instead of answered. The body is kept to 16 KiB.
type Request struct {
	Method, Path, Query       string
	Status                    int
	Body                      []byte
	UserAgent, OrganizationID string
}

// requestLog is a ring: it must not grow while a benchmark runs.
type requestLog struct {
	mu    sync.Mutex // guards all below
	ring  []Request
	count int // requests ever added since the reset
	epoch int // count at the last reset, so that late finishes do not hit new entries
}

func (l *requestLog) add(r *http.Request, body []byte) int {
	entry := Request{
		Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery,
		Body:      append([]byte(nil), body[:min(len(body), keptBody)]...),
		UserAgent: r.UserAgent(), OrganizationID: r.Header.Get("X-Organization-Id"),
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	at := l.count - l.epoch
	if at < keptRequests {
		l.ring = append(l.ring, entry)
	} else {
		l.ring[at%keptRequests] = entry
	}
	l.count++
	return l.count - 1
}

func (l *requestLog) finish(n, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if at := n - l.epoch; at >= 0 && n > l.count-1-keptRequests {
		l.ring[at%keptRequests].Status = status
	}
}

func (l *requestLog) all() []Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	have := l.count - l.epoch
	if have <= keptRequests {
		return append([]Request{}, l.ring...)
	}
	cut := have % keptRequests
	return append(append([]Request{}, l.ring[cut:]...), l.ring[:cut]...)
}

func (l *requestLog) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ring, l.epoch = nil, l.count
}
