package transport

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// sessionIDs issues session ids that carry their own proof: nothing is kept
// for a session that is open, and of an ended one only its id until it would
// have expired.
type sessionIDs struct {
	key []byte
	now func() time.Time

	mu    sync.Mutex           // guards the fields below
	open  int                  // sessions that have not ended
	ended map[string]time.Time // id → when it may be forgotten
}

const (
	sessionLife = 24 * time.Hour
	maxEnded    = 100_000
)

var errNoSession = errors.New("unknown session: initialize again")

// Generate implements the SDK's SessionIdManager.
func (s *sessionIDs) Generate() string {
	s.mu.Lock()
	s.open++
	s.mu.Unlock()
	id := fmt.Sprintf("%x-%s", s.now().Unix(), newSecret())
	return id + "-" + s.sign(id)
}

// Count is the number of open sessions. Those that idle too long the SDK
// terminates.
func (s *sessionIDs) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

func (s *sessionIDs) sign(id string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(id))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// Validate implements the SDK's SessionIdManager.
func (s *sessionIDs) Validate(id string) (ended bool, err error) {
	expires, err := s.expiry(id)
	if err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ended = s.ended[id]
	return ended || s.now().After(expires), nil
}

// expiry is when an id of ours ends by itself.
func (s *sessionIDs) expiry(id string) (time.Time, error) {
	cut := strings.LastIndexByte(id, '-')
	if cut < 0 || len(id) > 128 || !hmac.Equal([]byte(id[cut+1:]), []byte(s.sign(id[:cut]))) {
		return time.Time{}, errNoSession
	}
	var issued int64
	if _, err := fmt.Sscanf(id, "%x-", &issued); err != nil {
		return time.Time{}, errNoSession
	}
	return time.Unix(issued, 0).Add(sessionLife), nil
}

// Terminate implements the SDK's SessionIdManager.
func (s *sessionIDs) Terminate(id string) (notAllowed bool, err error) {
	expires, err := s.expiry(id)
	if err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, twice := s.ended[id]; twice {
		return false, nil
	}
	s.open = max(0, s.open-1)
	if len(s.ended) >= maxEnded {
		for old, until := range s.ended {
			if s.now().After(until) || len(s.ended) >= maxEnded {
				delete(s.ended, old)
			}
		}
	}
	s.ended[id] = expires
	return false, nil
}

func NewSessionIDs() *sessionIDs {
	return &sessionIDs{key: []byte(newSecret()), now: time.Now, ended: map[string]time.Time{}}
}
