// Package airbyteclient is the Airbyte Agent API as a small typed library. It
// knows HTTP and nothing of MCP: one file per resource, one method per
// operation, and errors of one type.
//
// Connector data, configurations and specs are json.RawMessage, as the service
// sent them. Answers are bounded, redirects are not followed, and only what
// cannot have happened is repeated.
package airbyteclient

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode"
)

// Client calls the Agent API for one account. It is made by New and safe for
// use by many goroutines.
type Client struct {
	base           *url.URL
	http           *http.Client
	token          *tokenSource
	organizationID string
	workspace      string
	webApp         string
	identity       string
	userAgent      string
	timeout        time.Duration
	executeTimeout time.Duration
	maxAnswer      int64
	maxDownload    int64
	observe        func(context.Context, Attempt)
}

// Option changes what most callers leave alone.
type Option func(*Client)

// WithHTTPClient sends requests by a copy of client that follows no redirects.
func WithHTTPClient(client *http.Client) Option {
	return func(c *Client) { c.http = withoutRedirects(client) }
}

// WithTransport sends requests by transport. Clients of several accounts can
// share one, and with it their connections.
func WithTransport(transport http.RoundTripper) Option {
	return WithHTTPClient(&http.Client{Transport: transport})
}

// WithObserver calls observe after every HTTP request, repeats and token mints
// included, from the goroutine that made it and with its context.
func WithObserver(observe func(context.Context, Attempt)) Option {
	return func(c *Client) { c.observe = observe }
}

// Attempt is one HTTP request as an observer sees it.
type Attempt struct {
	Method string
	// Path is the operation's, with its parameters still in braces.
	Path string
	// Status is 0 when no answer came.
	Status   int
	Duration time.Duration
	// Try counts from 1.
	Try       int
	RequestID string
	// Kind is that of the error, empty for success.
	Kind Kind
}

// New makes a client. It sends nothing; missing credentials are reported by
// the first call.
func New(config Config, opts ...Option) (*Client, error) {
	config = config.withDefaults()
	if err := config.Validate(); err != nil {
		return nil, err
	}
	if config.ClientSecretFile != "" {
		if _, err := readSecretFile(config.ClientSecretFile); err != nil {
			return nil, err
		}
	}
	base, err := baseURL(config.APIHost)
	if err != nil {
		return nil, err
	}
	webApp, err := webAppURL(config.WebAppURL)
	if err != nil {
		return nil, err
	}
	c := &Client{
		base:           base,
		token:          newTokenSource(config),
		organizationID: config.OrganizationID,
		workspace:      config.Workspace,
		webApp:         webApp.String(),
		identity:       identity(base, config),
		userAgent:      config.UserAgent,
		timeout:        config.Timeout,
		executeTimeout: config.ExecuteTimeout,
		maxAnswer:      config.MaxAnswerBytes,
		maxDownload:    config.MaxDownloadBytes,
		observe:        func(context.Context, Attempt) {},
	}
	for _, opt := range opts {
		opt(c)
	}
	if c.http == nil {
		c.http = withoutRedirects(&http.Client{Transport: newTransport()})
	}
	return c, nil
}

func identity(base *url.URL, config Config) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{base.String(), config.ClientID, config.OrganizationID, config.Workspace}, "\x00")))
	return fmt.Sprintf("%x", sum[:8])
}

// Workspace is the name of the workspace to use when none is given.
func (c *Client) Workspace() string { return c.workspace }

// WebAppURL is Airbyte's web app, which people use and the client does not.
func (c *Client) WebAppURL() string { return c.webApp }

// Identity names the account and what it works in, the same for every client
// with the same settings. It tells nothing of the credentials.
func (c *Client) Identity() string { return c.identity }

// Ready tells whether the service gives us a token.
func (c *Client) Ready(ctx context.Context) error {
	_, err := c.bearer(ctx, opMintToken)
	return err
}

// CloseIdleConnections closes the connections that no call is using.
func (c *Client) CloseIdleConnections() { c.http.CloseIdleConnections() }

// request is one call of an operation.
type request struct {
	op Operation
	// path are the values of the path's parameters, in order.
	path  []string
	query query
	// body is encoded as JSON; nil sends none.
	body any
	// auth says whose token goes along; bearer is that of authBearer.
	auth   auth
	bearer Secret
	// timeout is that of the client when zero.
	timeout time.Duration
	// repeat allows a POST to be repeated although it may have been sent.
	repeat bool
	// files takes an answer that is not JSON for a file.
	files bool
	// window, if set, is through which an answer that is no file is read.
	window *Window
}

type auth int

const (
	authClient auth = iota // the client's own token
	authBearer             // request.bearer
	authNone
)

// query is a list of query parameters, in the order they were set.
type query []string

// set adds a parameter once per value, leaving out empty ones.
func (q query) set(name string, values ...string) query {
	for _, value := range values {
		if value != "" {
			q = append(q, url.QueryEscape(name)+"="+url.QueryEscape(value))
		}
	}
	return q
}

// nothing is the answer of an operation that has none.
type nothing struct{}

// call sends a request and decodes its answer. The error is always an *Error.
func call[T any](ctx context.Context, c *Client, r request) (*T, error) {
	got, err := c.send(ctx, r)
	if err != nil {
		return nil, err
	}
	out := new(T)
	if _, none := any(out).(*nothing); none {
		return out, nil
	}
	if err := decode(got.body, out); err != nil {
		e := got.fail(KindBadAnswer, err)
		e.MaybeSent = true
		return nil, e
	}
	return out, nil
}

// decode reads an answer of bounded depth. Raw members come out on one line
// and as valid UTF-8, since they travel on line-delimited transports.
func decode(body []byte, out any) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return errors.New("the answer is empty")
	}
	body, err := oneLine(body)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, out); err != nil {
		return badShape(err)
	}
	return nil
}

// badShape words a decoding error without Go's types.
func badShape(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		kind, _, _ := strings.Cut(wrong.Value, " ") // a number follows, which may be secret
		return fmt.Errorf("the answer has an unexpected shape: %s in %q", kind, wrong.Field)
	}
	return errors.New("the answer has an unexpected shape")
}

// encode writes a body. Raw members that are no JSON are an error.
func (r request) encode() ([]byte, error) {
	if r.body == nil {
		return nil, nil
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r.body); err != nil {
		return nil, errors.New("the request holds a value that is not valid JSON")
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// url is where the request goes. Path values are escaped, so that none can
// reach another path, and refused where escaping cannot help.
func (r request) url(base *url.URL) (string, error) {
	var out strings.Builder
	out.WriteString(base.String())
	rest, values := r.op.Path, r.path
	for {
		before, after, found := strings.Cut(rest, "{")
		out.WriteString(before)
		if !found {
			break
		}
		name, after, _ := strings.Cut(after, "}")
		value := values[0]
		if err := checkPathValue(name, value); err != nil {
			return "", err
		}
		out.WriteString(url.PathEscape(value))
		rest, values = after, values[1:]
	}
	if len(r.query) > 0 {
		out.WriteString("?" + strings.Join(r.query, "&"))
	}
	return out.String(), nil
}

// maxPathValue is far above any ID or connector name.
const maxPathValue = 512

// pathWords are the words that stand in paths beside IDs: /workspaces/stats is
// not the workspace of that ID.
var pathWords = sync.OnceValue(func() map[string]bool {
	words := map[string]bool{}
	for _, op := range Operations() {
		for word := range strings.SplitSeq(op.Path, "/") {
			words[word] = true
		}
	}
	return words
})

func checkPathValue(name, value string) error {
	switch {
	case strings.TrimSpace(value) == "":
		return fmt.Errorf("%s is empty", name)
	case value == "." || value == "..":
		return fmt.Errorf("%s %q is not an ID", name, value)
	case strings.ContainsFunc(value, unicode.IsControl):
		return fmt.Errorf("%s holds a control character", name)
	case name != "connector_type" && pathWords()[value]:
		return fmt.Errorf("%s %q is not an ID", name, value)
	case len(value) > maxPathValue:
		return fmt.Errorf("%s is longer than %d bytes", name, maxPathValue)
	}
	return nil
}

// filled turns a nil list into an empty one, which encodes as [].
func filled[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
