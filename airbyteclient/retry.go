package airbyteclient

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
)

const (
	// maxTries counts the first one. A repeat after a 401 is not counted.
	maxTries = 3
	// maxRetryAfter bounds what a service can ask for; more is not believed.
	maxRetryAfter = 24 * time.Hour
)

// repeatable tells whether a failed request may be sent again: when it was
// refused before anything happened, or when repeating changes nothing. There
// is no idempotency key in this API.
func repeatable(r request, e *Error) bool {
	switch {
	case e.Kind == KindRateLimited:
		return true
	case e.final:
		return false
	case (e.Kind == KindNetwork || e.Kind == KindTimeout) && !e.MaybeSent:
		return true
	case e.Kind == KindUnavailable, e.Kind == KindNetwork:
		return idempotent(r)
	}
	return false
}

// idempotent leaves out PATCH: nothing says that one may come twice.
func idempotent(r request) bool {
	switch r.op.Method {
	case http.MethodGet, http.MethodPut, http.MethodDelete:
		return true
	}
	return r.repeat
}

// waits says how long to wait before the next try.
type waits struct{ backoff *backoff.ExponentialBackOff }

func newWaits() waits {
	return waits{&backoff.ExponentialBackOff{
		InitialInterval:     500 * time.Millisecond,
		RandomizationFactor: 0.5,
		Multiplier:          2,
		MaxInterval:         8 * time.Second,
	}}
}

// after is what the service asked for and up to a tenth more, lest all who
// were refused come back together; or else the jittered backoff.
func (w waits) after(e *Error) time.Duration {
	next := w.backoff.NextBackOff()
	if e.RetryAfter > 0 {
		return e.RetryAfter + rand.N(e.RetryAfter/10+1)
	}
	return next
}

// pause waits, unless ctx would be done before: then it returns false at once,
// so that the caller learns the real reason while there is time.
func pause(ctx context.Context, wait time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// retryAfter reads the header, in seconds or as a date (RFC 9110, 10.2.3). What
// it cannot read is 0.
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		if !(seconds > 0) {
			return 0
		}
		return time.Duration(min(seconds, maxRetryAfter.Seconds()) * float64(time.Second))
	}
	if date, err := http.ParseTime(value); err == nil {
		return min(max(date.Sub(now), 0), maxRetryAfter)
	}
	return 0
}
