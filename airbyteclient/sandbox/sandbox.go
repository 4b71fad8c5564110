// Package sandbox is an Agent API in this process: the whole of it, with state,
// with a small believable world behind it, and with faults on demand. It serves
// demonstrations, tests and evaluations; nothing in it reaches a network. It also
// stands in for the one page of Airbyte's web app on which people sign in.
package sandbox

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The only credentials the sandbox knows. They are made up, and valid nowhere else.
const (
	ClientID       = "5a4db0c5-0000-4000-8000-000000000001"
	ClientSecret   = "sandbox-secret-that-opens-nothing"
	OrganizationID = "0a9b0c5e-0000-4000-8000-0000000000aa"
)

const (
	maxBody         = 10 << 20
	compressFrom    = 1 << 10
	defaultLifetime = 900 * time.Second
	scopedLifetime  = 20 * time.Minute
)

// Options says how a Sandbox behaves. The zero value is a well-behaved service.
type Options struct {
	TokenLifetime time.Duration    // how long an application token is good for; 0 means 900 s
	Latency       time.Duration    // added to every execute
	Faults        []Fault          // what goes wrong, from the start
	Now           func() time.Time // nil means time.Now
	// Records asks for at least so many records of an entity, by "linear/issues": the
	// slug of a connector type and the name of one of its entities, which New panics
	// without. What the world lacks is made of copies with identifiers of their own.
	// Copies keep the parent of their original: a fifth of the GitHub issues is in
	// each of the five repositories. An entity without records stays without.
	Records map[string]int
	// Payload, in bytes, sizes two answers for measurements: the first page of
	// Zendesk articles list, however many records its page may have, and the download
	// of the Drive file ManualFileID. Both are streamed: the sandbox holds neither.
	Payload int
}

// Sandbox is the service. Its zero value is not usable: call New.
type Sandbox struct {
	options  Options
	now      func() time.Time
	routes   []route
	writers  sync.Pool // of *gzip.Writer
	sequence atomic.Int64
	faults   faultList
	requests requestLog
	store    *store
}

// New returns a Sandbox in its initial state.
func New(o Options) *Sandbox {
	s := &Sandbox{options: o, now: o.Now}
	if s.now == nil {
		s.now = time.Now
	}
	if s.options.TokenLifetime == 0 {
		s.options.TokenLifetime = defaultLifetime
	}
	s.writers.New = func() any {
		w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // only a bad level fails
		return w
	}
	s.faults.list = append(s.faults.list, o.Faults...)
	s.store = newStore(o)
	s.routes = s.table()
	return s
}

// Inject adds a fault; it takes effect with the next request.
func (s *Sandbox) Inject(f Fault) { s.faults.add(f) }

// ClearFaults makes the service well-behaved again.
func (s *Sandbox) ClearFaults() { s.faults.clear() }

// Requests returns what arrived, oldest first: the last 10,000 requests.
func (s *Sandbox) Requests() []Request { return s.requests.all() }

// ResetRequests forgets what arrived.
func (s *Sandbox) ResetRequests() { s.requests.reset() }

// call is one request on its way to a handler.
type call struct {
	*http.Request
	raw    []byte
	body   object
	caller caller
	id     string // the last variable path element
}

type handler func(*call) response

// ServeHTTP answers one request of the Agent API.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Request-Id", fmt.Sprintf("req-sandbox-%06d", s.sequence.Add(1)))
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	entry := s.requests.add(r, raw)

	run := func() response {
		if err != nil {
			return failure(http.StatusBadRequest, "The request body could not be read.")
		}
		return s.serve(r, raw)
	}
	if f, ok := s.faults.take(r); ok {
		s.misbehave(w, r, entry, f, run)
		return
	}
	s.send(w, r, entry, run())
}

func (s *Sandbox) serve(r *http.Request, raw []byte) response {
	if len(raw) > maxBody {
		return failure(http.StatusRequestEntityTooLarge, "Request body exceeds 10 MiB.")
	}
	if r.URL.Path == bridgePath {
		return s.bridge(r, raw)
	}
	found, id, allowed := s.match(r.Method, r.URL.Path)
	if found == nil {
		if len(allowed) > 0 {
			resp := detail(http.StatusMethodNotAllowed, "Method Not Allowed")
			resp.header = map[string]string{"Allow": strings.Join(allowed, ", ")}
			return resp
		}
		return detail(http.StatusNotFound, "Not Found")
	}
	c := &call{Request: r, raw: raw, id: id}
	if found.access != open {
		who, refused := s.authenticate(r)
		if refused != nil {
			return *refused
		}
		if found.access == application && who.workspaceID != "" {
			return failure(http.StatusForbidden, "This operation requires an application token.")
		}
		c.caller = who
	}
	if bad := readUUIDs(r, found, id); bad != nil {
		return *bad
	}
	if len(raw) > 0 {
		body, bad := decodeBody(r, raw)
		if bad != nil {
			return *bad
		}
		c.body = body
	} else if found.method == http.MethodPost || found.method == http.MethodPut || found.method == http.MethodPatch {
		return invalid(fieldError{"body", "Field required", "missing"})
	}
	return found.handle(c)
}

func decodeBody(r *http.Request, raw []byte) (object, *response) {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if !strings.EqualFold(strings.TrimSpace(kind), "application/json") {
		bad := invalid(fieldError{"body", "Input should be a valid dictionary or object to extract fields from", "model_attributes_type"})
		return nil, &bad
	}
	value, err := decode(raw)
	if err != nil {
		bad := failure(http.StatusBadRequest, "JSON decode error: "+err.Error())
		return nil, &bad
	}
	body, ok := value.(object)
	if !ok {
		bad := invalid(fieldError{"body", "Input should be a valid dictionary or object to extract fields from", "model_attributes_type"})
		return nil, &bad
	}
	return body, nil
}

// decode reads one JSON value and keeps numbers as they were written: ids above
// 2^53 must come out of a create as they went in.
func decode(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("extra data after the value")
	}
	return value, nil
}

// response is an answer on its way out, where faults can spoil it: held in memory,
// or, for files and payloads, written as it is made.
type response struct {
	status      int
	contentType string
	header      map[string]string
	body        []byte
	stream      func(io.Writer) error // in place of body
	size        int                   // of the stream; less than 0 if not known
}

// length is in bytes, less than 0 if it is not known before the end.
func (r response) length() int {
	if r.stream != nil {
		return r.size
	}
	return len(r.body)
}

// write gives the reader's error only: there is nobody left to tell.
func (r response) write(w io.Writer) error {
	if r.stream != nil {
		return r.stream(w)
	}
	_, err := w.Write(r.body)
	return err
}

// worthCompressing leaves files alone: their readers want to know the length.
func (r response) worthCompressing() bool {
	if r.stream != nil {
		return r.size < 0
	}
	return len(r.body) >= compressFrom
}

func answer(status int, v any) response {
	return response{status: status, contentType: "application/json", body: encode(v)}
}

func ok(v any) response { return answer(http.StatusOK, v) }

// failure answers in the service's own error envelope.
func failure(status int, message string) response {
	return answer(status, object{"message": message, "errors": []any{object{"field": nil, "message": message, "error_code": nil, "details": nil}}})
}

// detail answers in the plain FastAPI form, which the service uses as well.
func detail(status int, message string) response {
	return answer(status, object{"detail": message})
}

func notFound(what, id string) response {
	return detail(http.StatusNotFound, fmt.Sprintf("%s with id '%s' not found", what, id))
}

// encode cannot fail: it is only given what this package built or decoded.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(fmt.Sprintf("sandbox: encode %T: %v", v, err))
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func (s *Sandbox) send(w http.ResponseWriter, r *http.Request, entry int, resp response) {
	s.requests.finish(entry, resp.status)
	h := w.Header()
	for k, v := range resp.header {
		h.Set(k, v)
	}
	if resp.contentType != "" {
		h.Set("Content-Type", resp.contentType)
	}
	if resp.worthCompressing() && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") && r.Header.Get("Range") == "" {
		h.Set("Content-Encoding", "gzip")
		h.Set("Vary", "Accept-Encoding")
		w.WriteHeader(resp.status)
		z := s.writers.Get().(*gzip.Writer)
		z.Reset(w)
		if resp.write(z) == nil {
			z.Close()
		}
		s.writers.Put(z)
		return
	}
	if n := resp.length(); n >= 0 && resp.status != http.StatusNoContent {
		h.Set("Content-Length", strconv.Itoa(n))
	}
	w.WriteHeader(resp.status)
	resp.write(w)
}
