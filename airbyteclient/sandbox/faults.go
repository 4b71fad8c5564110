package sandbox

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// FaultKind names one way of going wrong. FaultKinds lists them.
type FaultKind string

// Whether a write takes effect differs, because that is what callers get wrong:
// it does with Slow, Cut, CutMidway and BrokenJSON, and does not with all others.
const (
	Unauthorized       FaultKind = "unauthorized"        // 401
	NotEnabled         FaultKind = "not-enabled"         // 403, in the service's words
	Forbidden          FaultKind = "forbidden"           // 403
	Conflict           FaultKind = "conflict"            // 409
	RateLimited        FaultKind = "rate-limited"        // 429 with Retry-After
	ServerError        FaultKind = "server-error"        // 500
	BadGateway         FaultKind = "bad-gateway"         // 502
	Unavailable        FaultKind = "unavailable"         // 503
	GatewayTimeout     FaultKind = "gateway-timeout"     // 504
	Slow               FaultKind = "slow"                // answered after Delay
	Cut                FaultKind = "cut"                 // done, then cut before the first byte of the answer
	CutBefore          FaultKind = "cut-before"          // cut before anything is done
	CutMidway          FaultKind = "cut-midway"          // done, headers and half of the body sent
	BrokenJSON         FaultKind = "broken-json"         // done, answered with half of the JSON
	HTML               FaultKind = "html"                // 200 with a page
	HTMLError          FaultKind = "html-error"          // 502 with a page
	Empty              FaultKind = "empty"               // 200 with nothing
	Huge               FaultKind = "huge"                // 200 with more than 40 MiB of JSON
	Deep               FaultKind = "deep"                // 200 with JSON nested 100,000 levels
	ExpiredCredentials FaultKind = "expired-credentials" // execute: the third party refuses its credentials
	MultiOrganization  FaultKind = "multi-organization"  // 400 for callers that name no organization
)

const (
	hugeBytes    = 41 << 20
	deepLevels   = 100_000
	defaultDelay = time.Second
)

// FaultKinds returns the names of all faults, in a fixed order.
func FaultKinds() []string {
	kinds := []FaultKind{
		Unauthorized, NotEnabled, Forbidden, Conflict, RateLimited, ServerError, BadGateway, Unavailable, GatewayTimeout,
		Slow, Cut, CutBefore, CutMidway, BrokenJSON, HTML, HTMLError, Empty, Huge, Deep, ExpiredCredentials, MultiOrganization,
	}
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = string(k)
	}
	return names
}

// Fault is something that goes wrong on requests that match.
type Fault struct {
	Kind FaultKind
	// Path is part of METHOD+" "+path, such as "POST" or "/execute". Empty means every
	// request but the token mint; with ExpiredCredentials, every execute.
	Path       string
	Times      int           // how many requests it spoils; 0 means all
	Skip       int           // how many matching requests it lets through first
	Delay      time.Duration // wait before anything else; Slow without it waits a second
	RetryAfter time.Duration // of RateLimited; 0 means one second, less than 0 sends no header
	Status     int           // of ExpiredCredentials; 0 means 401
}

// ParseFaults parses several faults; the error names the one that is wrong.
func ParseFaults(texts []string) ([]Fault, error) {
	var faults []Fault
	for _, text := range texts {
		f, err := ParseFault(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", text, err)
		}
		faults = append(faults, f)
	}
	return faults, nil
}

// ParseFault reads "KIND[:PATH][:times=N][:skip=N][:delay=D][:retry-after=D|none][:status=N]",
// for instance "429:/execute:times=2:retry-after=1s".
func ParseFault(s string) (Fault, error) {
	parts := strings.Split(s, ":")
	kind, err := parseKind(parts[0])
	if err != nil {
		return Fault{}, err
	}
	f := Fault{Kind: kind}
	for _, part := range parts[1:] {
		key, value, isOption := strings.Cut(part, "=")
		if !isOption {
			f.Path = part
			continue
		}
		if err := f.set(key, value); err != nil {
			return Fault{}, fmt.Errorf("fault %q: %w", s, err)
		}
	}
	return f, nil
}

func parseKind(s string) (FaultKind, error) {
	switch s {
	case "401":
		return Unauthorized, nil
	case "403":
		return Forbidden, nil
	case "409":
		return Conflict, nil
	case "429":
		return RateLimited, nil
	case "500":
		return ServerError, nil
	case "502":
		return BadGateway, nil
	case "503":
		return Unavailable, nil
	case "504":
		return GatewayTimeout, nil
	}
	if slices.Contains(FaultKinds(), s) {
		return FaultKind(s), nil
	}
	return "", fmt.Errorf("unknown fault %q; one of %s, or 401, 403, 409, 429, 500, 502, 503, 504", s, strings.Join(FaultKinds(), ", "))
}

func (f *Fault) set(key, value string) (err error) {
	switch key {
	case "times":
		f.Times, err = strconv.Atoi(value)
	case "skip":
		f.Skip, err = strconv.Atoi(value)
	case "status":
		f.Status, err = strconv.Atoi(value)
	case "delay":
		f.Delay, err = time.ParseDuration(value)
	case "retry-after":
		if value == "none" {
			f.RetryAfter = -1
			return nil
		}
		f.RetryAfter, err = time.ParseDuration(value)
	default:
		return fmt.Errorf("unknown option %q; one of times, skip, delay, retry-after, status", key)
	}
	if err != nil {
		return fmt.Errorf("option %s: %w", key, err)
	}
	if f.Times < 0 || f.Skip < 0 || f.Delay < 0 {
		return fmt.Errorf("option %s: must not be negative", key)
	}
	return nil
}

func (f *Fault) concerns(r *http.Request) bool {
	line := r.Method + " " + r.URL.Path
	if f.Kind == MultiOrganization && r.Header.Get("X-Organization-Id") != "" {
		return false
	}
	if f.Kind == ExpiredCredentials && !strings.HasSuffix(r.URL.Path, "/execute") {
		return false
	}
	if f.Path == "" {
		return !strings.HasSuffix(r.URL.Path, "/account/applications/token")
	}
	return strings.Contains(line, f.Path)
}

// faultList counts each fault down under one lock, so that "twice" means twice
// however many requests arrive together.
type faultList struct {
	mu   sync.Mutex // guards list
	list []Fault
	seen []int // matching requests so far, by fault
}

func (l *faultList) add(f Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, f)
}

func (l *faultList) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list, l.seen = nil, nil
}

func (l *faultList) take(r *http.Request) (Fault, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.seen) < len(l.list) {
		l.seen = append(l.seen, 0)
	}
	for i := range l.list {
		f := &l.list[i]
		if !f.concerns(r) {
			continue
		}
		if f.Times > 0 && l.seen[i] >= f.Skip+f.Times {
			continue
		}
		l.seen[i]++
		if l.seen[i] > f.Skip {
			return *f, true
		}
	}
	return Fault{}, false
}

const markup = "<!DOCTYPE html>\n<html><head><title>Sandbox</title></head><body><h1>%s</h1></body></html>\n"

func (s *Sandbox) misbehave(w http.ResponseWriter, r *http.Request, entry int, f Fault, run func() response) {
	delay := f.Delay
	if f.Kind == Slow && delay == 0 {
		delay = defaultDelay
	}
	if !wait(r, delay) {
		cut()
	}
	switch f.Kind {
	case Slow:
		s.send(w, r, entry, run())
	case Cut:
		run()
		cut()
	case CutBefore:
		cut()
	case CutMidway:
		resp := run()
		w.Header().Set("Content-Type", resp.contentType)
		if n := resp.length(); n >= 0 {
			w.Header().Set("Content-Length", strconv.Itoa(n))
		}
		w.WriteHeader(resp.status)
		resp.half().write(w)
		if err := http.NewResponseController(w).Flush(); err != nil {
			cut()
		}
		cut()
	case BrokenJSON:
		s.send(w, r, entry, run().half())
	case Huge:
		s.requests.finish(entry, http.StatusOK)
		sendHuge(w)
	default:
		s.send(w, r, entry, f.answer())
	}
}

// half is the answer up to its middle; a stream of unknown length ends after a mebibyte.
func (r response) half() response {
	if r.stream == nil {
		r.body = r.body[:len(r.body)/2]
		return r
	}
	whole, left := r.stream, 1<<20
	if r.size >= 0 {
		left = r.size / 2
		r.size = left
	}
	r.stream = func(w io.Writer) error {
		if err := whole(&shortWriter{w, left}); !errors.Is(err, io.ErrShortWrite) {
			return err
		}
		return nil
	}
	return r
}

// shortWriter takes so many bytes and refuses the rest.
type shortWriter struct {
	io.Writer
	left int
}

func (s *shortWriter) Write(p []byte) (int, error) {
	n, err := s.Writer.Write(p[:min(len(p), s.left)])
	s.left -= n
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	return n, err
}

// answer is what the service says for the faults that are said and not done.
func (f *Fault) answer() response {
	switch f.Kind {
	case Unauthorized:
		return detail(http.StatusUnauthorized, "Token has expired")
	case NotEnabled:
		return failure(http.StatusForbidden, "Actor is not enabled for Agents access.")
	case Forbidden:
		return failure(http.StatusForbidden, "You do not have access to this resource.")
	case Conflict:
		return detail(http.StatusConflict, "The resource was changed by another request.")
	case RateLimited:
		resp := detail(http.StatusTooManyRequests, "Rate limit exceeded. Try again later.")
		if f.RetryAfter >= 0 {
			seconds := max(1, int((f.RetryAfter+time.Second-1)/time.Second))
			resp.header = map[string]string{"Retry-After": strconv.Itoa(seconds)}
		}
		return resp
	case BadGateway:
		return detail(http.StatusBadGateway, "Bad Gateway")
	case Unavailable:
		return detail(http.StatusServiceUnavailable, "Service Unavailable")
	case GatewayTimeout:
		return detail(http.StatusGatewayTimeout, "Gateway Timeout")
	case HTML:
		return response{status: http.StatusOK, contentType: "text/html; charset=utf-8", body: fmt.Appendf(nil, markup, "Sign in to continue")}
	case HTMLError:
		return response{status: http.StatusBadGateway, contentType: "text/html; charset=utf-8", body: fmt.Appendf(nil, markup, "502 Bad Gateway")}
	case Empty:
		return response{status: http.StatusOK, contentType: "application/json"}
	case Deep:
		body := `{"status":"success","result":` + strings.Repeat("[", deepLevels) + strings.Repeat("]", deepLevels) +
			`,"connector_metadata":null,"execution_metadata":null}`
		return response{status: http.StatusOK, contentType: "application/json", body: []byte(body)}
	case ExpiredCredentials:
		status := f.Status
		if status == 0 {
			status = http.StatusUnauthorized
		}
		return failure(status, expiredWords)
	case MultiOrganization:
		return failure(http.StatusBadRequest, "User belongs to multiple organizations; specify target organization with the X-Organization-Id header.")
	}
	return failure(http.StatusInternalServerError, "Internal server error")
}

const expiredWords = "Authentication with the connected service failed: 401 Unauthorized. The credentials of this connector have expired or were revoked."

// sendHuge streams, so that a test of the reader's bound costs the sandbox no memory.
func sendHuge(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	block := []byte(`{"filler":"` + strings.Repeat("sand ", 13_000) + `"}`)
	io.WriteString(w, `{"status":"success","result":[`)
	for sent := 0; sent < hugeBytes; sent += len(block) + 1 {
		if _, err := w.Write(block); err != nil {
			return
		}
		io.WriteString(w, ",")
	}
	io.WriteString(w, `{}],"connector_metadata":null,"execution_metadata":{"connector_instance_id":"sandbox","execution_time_ms":1}}`)
}

// cut ends the connection. net/http documents this panic as the way to do it, and
// closes the socket without a word in the log.
func cut() { panic(http.ErrAbortHandler) }

// wait reports false when the caller has gone before the time was over.
func wait(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
		return false
	}
}
