package airbyteclient

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Kind says what went wrong, for those who act on it.
type Kind string

// The kinds of error.
const (
	KindMissingCredentials Kind = "missing_credentials" // no client ID or secret is configured
	KindUnauthorized       Kind = "unauthorized"        // 401, with a fresh token too
	KindForbidden          Kind = "forbidden"           // 403
	KindNotEnabled         Kind = "not_enabled"         // 403 until an administrator enables access
	KindOrganizationNeeded Kind = "organization_needed" // 400 until an organization is named
	KindNotFound           Kind = "not_found"           // 404, 410, or a file of no bytes
	KindConflict           Kind = "conflict"            // 409
	KindInvalid            Kind = "invalid"             // 400, 422 and the other 4xx
	KindRateLimited        Kind = "rate_limited"        // 429
	KindUnavailable        Kind = "unavailable"         // 502, 503, 504
	KindServer             Kind = "server"              // 500 and the other 5xx
	KindFailed             Kind = "failed"              // execute: 200 with a status other than success
	KindTooLarge           Kind = "too_large"           // the answer is longer than allowed
	KindTimeout            Kind = "timeout"             // no answer in time
	KindCanceled           Kind = "canceled"            // the caller gave up
	KindNetwork            Kind = "network"             // no connection, or one that broke
	KindBadAnswer          Kind = "bad_answer"          // 2xx or 3xx that is not what the API promises
	KindBadRequest         Kind = "bad_request_local"   // refused here, before sending
)

// Error is the error of every method of Client. It holds no secret and no
// whole body: what the service said is shortened, on one line, and without
// anything that was sent as a credential.
type Error struct {
	// Op says what we were doing: "get workspace".
	Op string
	// Method and Path are the operation's, with its parameters in braces.
	Method, Path string
	// Status is the HTTP status, 0 when no answer came.
	Status  int
	Kind    Kind
	Message string
	// Fields tells what is wrong with which part of the request, if the service said.
	Fields    []FieldError
	RequestID string
	// RetryAfter is how long the service asked to wait; 0 if it did not.
	RetryAfter time.Duration
	// MaybeSent warns that the request may have been carried out all the same.
	MaybeSent bool

	err   error
	final bool // repeating cannot help
}

// FieldError is one complaint about a request.
type FieldError struct {
	Field   string // dotted path, or empty
	Message string
	Code    string
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op + ": ")
	if e.Status != 0 {
		fmt.Fprintf(&b, "HTTP %d: ", e.Status)
	}
	b.WriteString(e.Message)
	if e.RequestID != "" {
		b.WriteString(" (request " + e.RequestID + ")")
	}
	return b.String()
}

// Unwrap gives the cause, for errors.Is with context.Canceled and its like.
func (e *Error) Unwrap() error { return e.err }

// orCanceled turns the error into one of cancellation if the caller gave up
// while we waited to try again.
func (e *Error) orCanceled(ctx context.Context) *Error {
	if err := ctx.Err(); errors.Is(err, context.Canceled) && e.Kind != KindCanceled {
		e.Kind, e.Message, e.err = KindCanceled, "the call was canceled; before that: "+e.Message, err
	}
	return e
}

// KindOf is the kind of an error of this package, and empty for others.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return ""
}

const (
	// maxMessage bounds Error.Message, in characters.
	maxMessage = 600
	// maxErrorBody is how much of an error's body is read, in bytes.
	maxErrorBody = 64 << 10
)

func newError(op Operation, kind Kind, err error) *Error {
	e := &Error{Op: op.Title, Method: op.Method, Path: op.Path, Kind: kind, err: err}
	if err != nil {
		e.Message = tidy(err.Error(), maxMessage)
	}
	return e
}

// statusError is the error of an answer whose status is not 2xx.
func (c *Client) statusError(r request, req *http.Request, resp *http.Response) *Error {
	// What could be read of it is enough.
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	said := parseErrorBody(resp.Header.Get("Content-Type"), body)
	if resp.StatusCode < 400 {
		said = reason{message: "the service redirects" + redirectTarget(resp) + ", which is not followed"}
	}
	blank := c.redactor(r, bearerOf(req))
	e := newError(r.op, kindOfStatus(resp.StatusCode, said.message), nil)
	e.Status = resp.StatusCode
	e.Message = orElse(tidy(blank.Replace(said.message), maxMessage), "the service gave no reason")
	e.Fields = said.shown(blank)
	e.RequestID = c.requestID(r, req, resp.Header)
	e.RetryAfter = retryAfter(resp.Header, time.Now())
	e.MaybeSent = resp.StatusCode >= 500 || mayHaveActed(resp.StatusCode)
	return e
}

// mayHaveActed tells of a status below 500 whether the request may have been
// carried out: a redirect after an action, or a gateway that waited too long.
// 307 and 308 ask for the request elsewhere, so it was not.
func mayHaveActed(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusRequestTimeout:
		return true
	}
	return false
}

// redirectTarget names the host only: the rest may carry a secret.
func redirectTarget(resp *http.Response) string {
	target, err := resp.Location()
	if err != nil {
		return ""
	}
	return " to " + tidy(target.Scheme+"://"+target.Host, 200)
}

func kindOfStatus(status int, message string) Kind {
	says := func(words string) bool { return strings.Contains(strings.ToLower(message), words) }
	switch {
	case status < 400:
		return KindBadAnswer
	case status == http.StatusBadRequest && says("specify target organization"):
		return KindOrganizationNeeded
	case status == http.StatusUnauthorized:
		return KindUnauthorized
	case status == http.StatusForbidden && says("not enabled"):
		return KindNotEnabled
	case status == http.StatusForbidden:
		return KindForbidden
	case status == http.StatusNotFound, status == http.StatusGone:
		return KindNotFound
	case status == http.StatusConflict:
		return KindConflict
	case status == http.StatusTooManyRequests:
		return KindRateLimited
	case status < 500:
		return KindInvalid
	case status == http.StatusBadGateway, status == http.StatusServiceUnavailable, status == http.StatusGatewayTimeout:
		return KindUnavailable
	}
	return KindServer
}

// transportError is the error of a request that got no answer, or not all of
// it. A nil conn means that one was there.
func (c *Client) transportError(r request, conn *connection, err error) *Error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // it would repeat the whole URL
	}
	e := newError(r.op, KindNetwork, nil)
	e.MaybeSent = conn.maybeSent() && !dialing(err)
	timeout, isNet := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, context.Canceled):
		e.Kind, e.Message, e.err = KindCanceled, "the call was canceled", context.Canceled
	case errors.Is(err, context.DeadlineExceeded), isNet && timeout.Timeout():
		e.Kind, e.Message, e.err = KindTimeout, "no answer in time", context.DeadlineExceeded
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		e.Message = "the connection was closed before the whole answer came"
	default:
		// The cause itself is dropped: its text is not cleared of secrets.
		e.Message = tidy(c.redactor(r).Replace(transportWords(err)), maxMessage)
	}
	if _, untrusted := errors.AsType[*tls.CertificateVerificationError](err); untrusted {
		e.final = true
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		e.final = true
	}
	return e
}

// transportWords leaves out what only Go's own packages say of themselves.
func transportWords(err error) string {
	if strings.Contains(err.Error(), "net/http: ") || strings.HasPrefix(err.Error(), "http: ") {
		return "the connection broke, or what came is not HTTP"
	}
	return err.Error()
}

func dialing(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}
