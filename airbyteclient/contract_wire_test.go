package airbyteclient_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// exchange is one request and its answer, with the bodies read.
type exchange struct {
	request *http.Request
	sent    []byte
	answer  *http.Response
	got     []byte
}

func (d *document) validation(x exchange) (*openapi3filter.RequestValidationInput, error) {
	request := x.request.Clone(context.Background())
	request.Body, request.GetBody = io.NopCloser(bytes.NewReader(x.sent)), nil
	route, path, err := d.router.FindRoute(request)
	if err != nil {
		return nil, fmt.Errorf("the document has no such operation: %w", err)
	}
	return &openapi3filter.RequestValidationInput{
		Request: request, PathParams: path, Route: route,
		Options: &openapi3filter.Options{
			MultiError:                        true,
			IncludeResponseStatus:             true,
			RejectWhenRequestBodyNotSpecified: true,
			SkipSettingDefaults:               true,
			AuthenticationFunc:                demandBearer,
			SchemaValidationOptions: []openapi3.SchemaValidationOption{
				openapi3.WithStringFormatValidator("uuid", openapi3.NewRegexpFormatValidator(openapi3.FormatOfStringForUUIDOfRFC9562)),
			},
		},
	}, nil
}

func demandBearer(_ context.Context, in *openapi3filter.AuthenticationInput) error {
	if token, ok := strings.CutPrefix(in.RequestValidationInput.Request.Header.Get("Authorization"), "Bearer "); !ok || token == "" {
		return in.NewError(errors.New("no bearer token"))
	}
	return nil
}

// judge holds both sides of an exchange against the document.
func (d *document) judge(x exchange) (documented, error) {
	in, err := d.validation(x)
	if err != nil {
		return documented{}, err
	}
	operation := documented{in.Route.Method, in.Route.Path, in.Route.Operation.OperationID}
	return operation, errors.Join(d.judgeRequest(in), d.judgeAnswer(in, x))
}

func (d *document) judgeRequest(in *openapi3filter.RequestValidationInput) error {
	var errs []error
	if err := openapi3filter.ValidateRequest(context.Background(), in); err != nil {
		errs = append(errs, fmt.Errorf("request: %w", err))
	}
	for name := range in.Request.URL.Query() {
		if in.Route.Operation.Parameters.GetByInAndName("query", name) == nil {
			errs = append(errs, fmt.Errorf("request: the document has no query parameter %q here", name))
		}
	}
	if in.Route.Operation.Security == nil && in.Request.Header.Get("Authorization") != "" {
		errs = append(errs, errors.New("request: a token goes where none is asked for"))
	}
	return errors.Join(errs...)
}

func (d *document) judgeAnswer(in *openapi3filter.RequestValidationInput, x exchange) error {
	if isDownload(in.Route, x) {
		return nil
	}
	if undeclared(in.Route, x.answer.StatusCode) {
		return judgeUndeclared(x.got)
	}
	err := openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: x.answer.StatusCode, Header: x.answer.Header,
		Body: io.NopCloser(bytes.NewReader(x.got)), Options: in.Options,
	})
	if err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	return nil
}

// isDownload tells the one answer the document does not describe: bytes in
// place of the envelope. That of a missing file has no bytes and no name.
func isDownload(route *routers.Route, x exchange) bool {
	var body struct{ Action string }
	if !strings.HasSuffix(route.Path, "/execute") || json.Unmarshal(x.sent, &body) != nil || body.Action != "download" {
		return false
	}
	kind, _, err := mime.ParseMediaType(x.answer.Header.Get("Content-Type"))
	good := x.answer.StatusCode == http.StatusOK || x.answer.StatusCode == http.StatusPartialContent
	named := x.answer.Header.Get("Content-Disposition") != ""
	return good && err == nil && kind != "application/json" && named == (len(x.got) > 0)
}

// undeclared tells the statuses that the service is known to use although the
// document does not declare them, or declares them without a body.
func undeclared(route *routers.Route, status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusConflict, http.StatusTooManyRequests:
		return true
	case http.StatusNotFound:
		declared := route.Operation.Responses.Status(status)
		return declared == nil || len(declared.Value.Content) == 0
	}
	return false
}

// judgeUndeclared takes the two shapes that such errors are known to have:
// {"detail": …} and the service's own envelope.
func judgeUndeclared(body []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	var shape struct {
		Detail  any
		Message *string
		Errors  []struct {
			Field, Message *string
			ErrorCode      *string `json:"error_code"`
			Details        object
		}
	}
	if err := decoder.Decode(&shape); err != nil {
		return fmt.Errorf("answer: an error of no known shape: %w", err)
	}
	_, isText := shape.Detail.(string)
	_, isList := shape.Detail.([]any)
	if enveloped := shape.Message != nil || shape.Errors != nil; enveloped == (isText || isList) {
		return fmt.Errorf("answer: an error of no known shape: %s", body)
	}
	return nil
}

// record is what went over the wire: operations, and the statuses they were
// answered with.
type record struct {
	mu   sync.Mutex // guards seen
	seen map[documented]map[int]bool
}

func (r *record) add(operation documented, status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil {
		r.seen = map[documented]map[int]bool{}
	}
	if r.seen[operation] == nil {
		r.seen[operation] = map[int]bool{}
	}
	r.seen[operation][status] = true
}

// join adds what another record has seen.
func (r *record) join(other *record) {
	for operation, statuses := range other.seen {
		for status := range statuses {
			r.add(operation, status)
		}
	}
}

// answered tells whether an operation was answered with a status.
func (r *record) answered(method, path string, status int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for operation, statuses := range r.seen {
		if operation.Method == method && operation.Path == path {
			return statuses[status]
		}
	}
	return false
}

// succeeded tells whether an operation was answered with a good status.
func (r *record) succeeded(operation documented) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for status := range r.seen[operation] {
		if status < 300 {
			return true
		}
	}
	return false
}

// wire is a transport that judges what passes, and keeps a record of it.
type wire struct {
	http.RoundTripper
	t        testing.TB
	document *document
	record   *record
}

func (w *wire) RoundTrip(request *http.Request) (*http.Response, error) {
	x := exchange{request: request}
	var err error
	if request.Body != nil {
		if x.sent, err = io.ReadAll(request.Body); err != nil {
			return nil, err
		}
		request = request.Clone(request.Context())
		request.Body = io.NopCloser(bytes.NewReader(x.sent))
	}
	if x.answer, err = w.RoundTripper.RoundTrip(request); err != nil {
		return nil, err
	}
	defer x.answer.Body.Close()
	if x.got, err = io.ReadAll(x.answer.Body); err != nil {
		return nil, err
	}
	x.answer.Body = io.NopCloser(bytes.NewReader(x.got))
	operation, err := w.document.judge(x)
	if err != nil {
		w.t.Errorf("%s %s => %d: %v", request.Method, request.URL.RequestURI(), x.answer.StatusCode, err)
	}
	w.record.add(operation, x.answer.StatusCode)
	return x.answer, nil
}
