package airbyteclient

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"
)

// answer is a 2xx answer: its whole body, or a file yet to be read.
type answer struct {
	op        Operation
	status    int
	requestID string
	body      []byte
	seen      *Seen
	file      *File
}

// fail is an error about an answer that came with a good status.
func (a *answer) fail(kind Kind, err error) *Error {
	e := newError(a.op, kind, err)
	e.Status, e.RequestID = a.status, a.requestID
	return e
}

// send makes a request, repeats it where that is safe, and returns its answer
// or an *Error. The timeout covers all tries, and a file until it is closed.
func (c *Client) send(ctx context.Context, r request) (*answer, error) {
	address, err := r.url(c.base)
	if err != nil {
		return nil, newError(r.op, KindBadRequest, err)
	}
	body, err := r.encode()
	if err != nil {
		return nil, newError(r.op, KindBadRequest, err)
	}
	ctx, cancel := context.WithTimeout(ctx, orElse(r.timeout, c.timeout))
	got, err := c.tries(ctx, r, address, body)
	if err != nil {
		cancel()
		return nil, err
	}
	if got.file == nil {
		cancel()
		return got, nil
	}
	got.file.Body = &fileBody{ReadCloser: got.file.Body, close: cancel, failed: func(err error) error {
		return c.transportError(r, nil, err)
	}}
	return got, nil
}

// tries sends until there is an answer, an error that repeating cannot mend,
// or no time left.
func (c *Client) tries(ctx context.Context, r request, address string, body []byte) (*answer, error) {
	delay := newWaits()
	maybeSent, renewed := false, false
	for try := 1; ; try++ {
		token, err := c.tokenFor(ctx, r)
		if err != nil {
			return nil, notSent(err, maybeSent)
		}
		got, e := c.attempt(ctx, r, address, body, token, try)
		if e == nil {
			return got, nil
		}
		maybeSent = maybeSent || e.MaybeSent
		e.MaybeSent = maybeSent
		if e.Status == http.StatusUnauthorized && r.auth == authClient && !renewed {
			// Refused before acting, so the same request may go once more.
			c.token.drop(token)
			renewed = true
			try--
			continue
		}
		if try >= maxTries || !repeatable(r, e) || !pause(ctx, delay.after(e)) {
			return nil, e.orCanceled(ctx)
		}
	}
}

// notSent is the error of a token for a request that waits for one: whether
// the request was sent is another matter than whether the mint was. Others may
// hold the same error, so it is copied.
func notSent(err error, maybeSent bool) error {
	shared, ok := errors.AsType[*Error](err)
	if !ok {
		return err
	}
	e := *shared
	e.MaybeSent = maybeSent
	return &e
}

func (c *Client) tokenFor(ctx context.Context, r request) (Secret, error) {
	switch r.auth {
	case authNone:
		return Secret{}, nil
	case authBearer:
		if r.bearer.IsZero() {
			return Secret{}, newError(r.op, KindBadRequest, errors.New("the token is empty"))
		}
		return r.bearer, nil
	}
	return c.bearer(ctx, r.op)
}

// attempt sends once.
func (c *Client) attempt(ctx context.Context, r request, address string, body []byte, token Secret, try int) (*answer, *Error) {
	conn := &connection{}
	if err := ctx.Err(); err != nil {
		return nil, c.transportError(r, &connection{wanted: true}, err)
	}
	req, err := c.newRequest(httptrace.WithClientTrace(ctx, conn.trace()), r, address, body, token)
	if err != nil {
		return nil, newError(r.op, KindBadRequest, errors.New("the request could not be made"))
	}
	seen := Attempt{Method: r.op.Method, Path: r.op.Path, Try: try}
	start := time.Now()
	got, e := c.roundTrip(req, r, conn, &seen)
	seen.Duration = time.Since(start)
	if e != nil {
		seen.Kind = e.Kind
	}
	c.observe(ctx, seen)
	return got, e
}

func (c *Client) newRequest(ctx context.Context, r request, address string, body []byte, token Secret) (*http.Request, error) {
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, r.op.Method, address, reader)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	if r.files {
		req.Header.Set("Accept", "application/json, */*;q=0.8")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", c.userAgent)
	if c.organizationID != "" {
		req.Header.Set("X-Organization-Id", c.organizationID)
	}
	if !token.IsZero() {
		req.Header.Set("Authorization", "Bearer "+token.reveal())
	}
	return req, nil
}

func (c *Client) roundTrip(req *http.Request, r request, conn *connection, seen *Attempt) (*answer, *Error) {
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.transportError(r, conn, err)
	}
	keep := false
	defer func() {
		if !keep {
			_ = resp.Body.Close()
		}
	}()
	got := &answer{op: r.op, status: resp.StatusCode, requestID: c.requestID(r, req, resp.Header)}
	seen.Status, seen.RequestID = got.status, got.requestID
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, c.statusError(r, req, resp)
	}
	if r.files && isFile(resp.Header) {
		file, e := c.openFile(got, resp)
		keep = e == nil
		got.file = file
		return got, e
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if r.window != nil && kind != "text/html" {
		return got, c.readWindow(r, got, resp)
	}
	got.body, err = readUpTo(resp.Body, resp.ContentLength, c.maxAnswer)
	if err != nil {
		return nil, c.readError(r, got, err)
	}
	if kind == "text/html" {
		page := c.redactor(r, bearerOf(req)).Replace(describeHTML(got.body))
		e := got.fail(KindBadAnswer, errors.New("the answer is "+tidy(page, maxMessage/2)+" in place of JSON"))
		e.MaybeSent = true
		return nil, e
	}
	return got, nil
}

// readError is the error of a body that could not be read to its end.
func (c *Client) readError(r request, got *answer, err error) *Error {
	e := c.transportError(r, nil, err)
	if errors.Is(err, errTooLong) {
		e = newError(r.op, KindTooLarge, errors.New("the answer is longer than "+byteCount(c.maxAnswer)))
	}
	e.Status, e.RequestID, e.MaybeSent = got.status, got.requestID, true
	return e
}

// connection tells whether a request can have left us. A transport that is
// not net/http's does not say, and then it counts as sent.
type connection struct{ wanted, got bool }

func (c *connection) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { c.wanted = true },
		GotConn: func(httptrace.GotConnInfo) { c.got = true },
	}
}

func (c *connection) maybeSent() bool { return c == nil || !c.wanted || c.got }

var errTooLong = errors.New("longer than allowed")

// readUpTo reads all of r into one buffer, made for size bytes where that is
// known (-1 if not). Beyond limit it stops with errTooLong and what it has read,
// at once where the size says so already.
func readUpTo(r io.Reader, size, limit int64) ([]byte, error) {
	if size > limit {
		return nil, errTooLong
	}
	if size < 0 {
		size = min(16<<10, limit)
	}
	// One byte more than expected, so that the end is seen without growing.
	buf := make([]byte, 0, size+1)
	for {
		if len(buf) == cap(buf) {
			buf = append(make([]byte, 0, min(2*int64(cap(buf)), limit+1)), buf...)
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if int64(len(buf)) > limit {
			return buf, errTooLong
		}
		if err == io.EOF {
			return buf, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// looksLikeID reports whether a text of up to 100 characters is made as IDs are.
func looksLikeID(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9', c|0x20 >= 'a' && c|0x20 <= 'z':
		case i > 0 && strings.IndexByte("._:/=;-", c) >= 0:
		default:
			return false
		}
	}
	return text != "" && len(text) <= 100
}

// requestID is the first name that the service or something before it gave the
// request, for support.
//
// It is a stranger's text that ends in logs and answers: one that does not look
// like an ID, or repeats what we sent as a secret, is none.
func (c *Client) requestID(r request, req *http.Request, header http.Header) string {
	for _, name := range []string{"X-Request-Id", "X-Correlation-Id", "X-Trace-Id", "X-Amzn-Requestid", "Cf-Ray", "X-Cloud-Trace-Context"} {
		if id := header.Get(name); looksLikeID(id) && c.redactor(r, bearerOf(req)).Replace(id) == id {
			return id
		}
	}
	return ""
}

// sameHost tells whether two URLs have scheme, host and port in common.
func sameHost(a, b *url.URL) bool {
	return strings.EqualFold(a.Scheme, b.Scheme) && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if strings.EqualFold(u.Scheme, "https") {
		return "443"
	}
	return "80"
}
