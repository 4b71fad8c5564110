package server

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/server/telemetry"
	"airbyte-agent-mcp/server/transport"
	"airbyte-agent-mcp/tools"
	"airbyte-agent-mcp/tools/account"
)

// patience is how long a test waits for what should come at once: that of a
// machine that has other things to do.
const patience = 60 * time.Second

// The Stripe connector of the sandbox's world, and a call that lists from it.
const (
	stripeConnector = "c0000003-0000-4000-8000-000000000003"
	listCustomers   = `{"connector_id":"` + stripeConnector + `","entity":"customers","action":"list","params":{"limit":1},"select_fields":["id"]}`
)

// bench is a server under test.
type bench struct {
	*Server
	log     *logged
	sandbox *sandbox.Sandbox
	stop    context.CancelFunc // what the end of the process does to HTTP
}

// settings says what differs from an ordinary bench.
type settings struct {
	choice   tools.Choice
	config   func(*Config)
	sandbox  sandbox.Options
	upstream func(http.Handler) http.Handler // stands before the sandbox
	clients  account.Clients                 // instead of one that calls the sandbox
	fixtures func(*mcpserver.MCPServer)      // tools of the test's own
}

func newBench(t testing.TB, o settings) *bench {
	t.Helper()
	list, err := tools.Choose(tools.Catalog(), o.choice)
	if err != nil {
		t.Fatal(err)
	}
	config := Config{
		Transport: "http", Address: "127.0.0.1:0", MaxRequestBytes: 4 << 20,
		SessionIdle: time.Minute, ReadOnly: o.choice.ReadOnly, Version: "1.2.3",
	}
	if o.config != nil {
		o.config(&config)
	}
	b := &bench{log: &logged{}}
	if o.clients == nil {
		b.sandbox = sandbox.New(o.sandbox)
		o.clients = account.OneClient(sandboxClient(t, b.sandbox, o.upstream))
	}
	log := telemetry.NewLogger(b.log, telemetry.LogConfig{LogFormat: "json", LogLevel: "debug"})
	if b.Server, err = newServer(list, o.clients, config, log); err != nil {
		t.Fatal(err)
	}
	if o.fixtures != nil {
		o.fixtures(b.mcp)
	}
	ctx, stop := context.WithCancel(context.Background())
	b.transport.Until(ctx, ctx)
	b.stop = stop
	t.Cleanup(stop)
	t.Cleanup(b.Close)
	return b
}

// panics is a account.Clients that a bug has hit; the text must not get out.
func panics(context.Context) (*airbyteclient.Client, error) { panic("secret of the stack") }

// logged is what the server logs.
type logged struct {
	discard atomic.Bool
	mu      sync.Mutex // guards text
	text    bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	if l.discard.Load() {
		return len(p), nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// lines are the lines whose message is the given one.
func (l *logged) lines(msg string) []map[string]any {
	var found []map[string]any
	for line := range strings.Lines(l.String()) {
		var fields map[string]any
		if json.Unmarshal([]byte(line), &fields) == nil && fields["msg"] == msg {
			found = append(found, fields)
		}
	}
	return found
}

// message is any JSON-RPC message.
type message struct {
	JSONRPC string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Method  string          `json:"method"`
	Params  json.RawMessage `json:"params"`
	Result  json.RawMessage `json:"result"`
	Error   *struct {
		Code    int
		Message string
		Data    json.RawMessage
	} `json:"error"`
	raw []byte
}

func parse(raw []byte) (message, error) {
	m := message{raw: bytes.Clone(raw)}
	if err := json.Unmarshal(raw, &m); err != nil {
		return m, fmt.Errorf("%w in %.200q", err, raw)
	}
	if m.JSONRPC != "2.0" {
		return m, fmt.Errorf("not JSON-RPC 2.0: %.200q", raw)
	}
	return m, nil
}

// toolResult is the result of tools/call.
type toolResult struct {
	Content           []struct{ Type, Text string }
	StructuredContent json.RawMessage
	IsError           bool
}

func (m message) toolResult(t testing.TB) toolResult {
	t.Helper()
	var r toolResult
	if m.Error != nil {
		t.Fatalf("error %d %s", m.Error.Code, m.Error.Message)
	}
	if err := json.Unmarshal(m.Result, &r); err != nil {
		t.Fatalf("%v in %.200q", err, m.raw)
	}
	if len(r.Content) != 1 {
		t.Fatalf("%d contents in %.200q", len(r.Content), m.raw)
	}
	return r
}

func (r toolResult) text() string { return r.Content[0].Text }

func callMessage(id any, tool, arguments string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%v,"method":"tools/call","params":{"name":%q,"arguments":%s}}`, id, tool, arguments)
}

func initializeMessage(id any, version, capabilities string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%v,"method":"initialize","params":{"protocolVersion":%q,"capabilities":%s,"clientInfo":{"name":"test","version":"1"}}}`, id, version, capabilities)
}

const initialized = `{"jsonrpc":"2.0","method":"notifications/initialized"}`

func canceled(id any) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%v}}`, id)
}

// stream is a client's end of standard input and output, or of legacy SSE.
type stream struct {
	t        testing.TB
	send     func(raw string)
	messages chan message // closed at the end of the output
}

// next is the next message.
func (c *stream) next() message {
	c.t.Helper()
	select {
	case m, open := <-c.messages:
		if !open {
			c.t.Fatal("the output has ended")
		}
		return m
	case <-time.After(patience):
		c.t.Fatal("no message came")
	}
	return message{}
}

// answer is the next message that is no notification.
func (c *stream) answer() message {
	c.t.Helper()
	for {
		if m := c.next(); m.Method == "" || len(m.ID) > 0 {
			return m
		}
	}
}

// ask sends a request and returns the next message, which must answer it.
func (c *stream) ask(raw string) message {
	c.t.Helper()
	c.send(raw)
	m := c.next()
	var request message
	if err := json.Unmarshal([]byte(raw), &request); err == nil && !bytes.Equal(m.ID, request.ID) {
		c.t.Fatalf("asked %.100s, got %.200s", raw, m.raw)
	}
	return m
}

// greet goes through the initialize lifecycle.
func (c *stream) greet(version, capabilities string) message {
	c.t.Helper()
	m := c.ask(initializeMessage(`"hello"`, version, capabilities))
	c.send(initialized)
	return m
}

// pipe is a client on standard input and output.
type pipe struct {
	stream
	in   io.WriteCloser
	stop context.CancelFunc // what a signal does
	done chan struct{}      // closed when ServeStdio has returned
}

func (b *bench) stdio(t testing.TB) *pipe {
	t.Helper()
	in, toServer := io.Pipe()
	fromServer, out := io.Pipe()
	return b.stdioOn(t, in, toServer, out, fromServer)
}

func (b *bench) stdioOn(t testing.TB, in io.ReadCloser, toServer io.WriteCloser, out io.WriteCloser, fromServer io.ReadCloser) *pipe {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	c := &pipe{in: toServer, stop: stop, done: make(chan struct{})}
	c.stream = stream{t: t, messages: make(chan message, 4096)}
	c.send = func(raw string) {
		if _, err := io.WriteString(toServer, raw+"\n"); err != nil {
			t.Errorf("send: %v", err)
		}
	}
	go func() {
		defer close(c.done)
		if err := b.ServeStdio(ctx, in, out); err != nil {
			t.Errorf("ServeStdio: %v", err)
		}
		_ = out.Close()
	}()
	read := make(chan struct{})
	go func() {
		defer close(read)
		defer close(c.messages)
		lines := bufio.NewReader(fromServer)
		for {
			line, err := lines.ReadBytes('\n')
			if len(line) > 0 {
				m, fault := parse(bytes.TrimSuffix(line, []byte("\n")))
				if fault != nil || line[len(line)-1] != '\n' {
					t.Errorf("standard output has what is no message: %q: %v", line, fault)
				}
				c.messages <- m
			}
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		stop()
		_ = toServer.Close()
		_ = fromServer.Close()
		<-c.done
		_ = in.Close()
		for range c.messages { //nolint:revive // let the reader go
		}
		<-read
	})
	return c
}

// ends waits until ServeStdio has returned.
func (c *pipe) ends() {
	c.t.Helper()
	select {
	case <-c.done:
	case <-time.After(patience):
		c.t.Fatal("ServeStdio did not return")
	}
}

// web is a client over HTTP.
type web struct {
	t       testing.TB
	url     string
	client  *http.Client
	session string
	version string
}

// web starts the server's HTTP handler.
func (b *bench) web(t testing.TB) *web {
	t.Helper()
	return webOf(t, b.Handler(), b.stop)
}

func webOf(t testing.TB, h http.Handler, stop func()) *web {
	t.Helper()
	listening := httptest.NewServer(h)
	transport := &http.Transport{MaxIdleConnsPerHost: 256}
	t.Cleanup(func() {
		stop()
		transport.CloseIdleConnections()
		listening.CloseClientConnections()
		listening.Close()
	})
	return &web{t: t, url: listening.URL, client: &http.Client{Transport: transport}}
}

// reply is what came back for one request.
type reply struct {
	status   int
	header   http.Header
	body     string
	messages []message
}

// last is the message that answers, the only one or the last of a stream.
func (r reply) last(t testing.TB) message {
	t.Helper()
	if len(r.messages) == 0 {
		t.Fatalf("no message in HTTP %d %.300q", r.status, r.body)
	}
	return r.messages[len(r.messages)-1]
}

func (c *web) request(ctx context.Context, method, path, body string, header ...string) (*http.Request, error) {
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, content)
	if err != nil {
		return nil, err
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Accept", "application/json, text/event-stream")
	}
	if c.session != "" {
		req.Header.Set(mcpserver.HeaderKeySessionID, c.session)
	}
	if c.version != "" {
		req.Header.Set(mcp.HeaderProtocolVersion, c.version)
	}
	for i := 0; i+1 < len(header); i += 2 {
		switch {
		case header[i] == "Host":
			req.Host = header[i+1]
		case header[i+1] == "":
			req.Header.Del(header[i])
		default:
			req.Header.Set(header[i], header[i+1])
		}
	}
	return req, nil
}

func (c *web) try(ctx context.Context, method, path, body string, header ...string) (reply, error) {
	req, err := c.request(ctx, method, path, body, header...)
	if err != nil {
		return reply{}, err
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	got := reply{status: resp.StatusCode, header: resp.Header}
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return got, err
	}
	got.body = string(raw)
	switch kind := resp.Header.Get("Content-Type"); {
	case strings.HasPrefix(kind, "text/event-stream"):
		got.messages, err = events(raw)
	case strings.HasPrefix(kind, "application/json") && bytes.Contains(raw, []byte(`"jsonrpc"`)):
		var m message
		m, err = parse(raw)
		got.messages = []message{m}
	}
	return got, err
}

// events reads a whole event stream.
func events(raw []byte) ([]message, error) {
	var found []message
	for event := range strings.SplitSeq(strings.TrimSuffix(string(raw), "\n\n"), "\n\n") {
		if strings.HasPrefix(event, ":") {
			continue
		}
		data, ok := strings.CutPrefix(event, "event: message\ndata: ")
		if !ok || strings.ContainsAny(data, "\n\r") {
			return found, fmt.Errorf("no event: %.200q", event)
		}
		m, err := parse([]byte(data))
		if err != nil {
			return found, err
		}
		found = append(found, m)
	}
	return found, nil
}

func (c *web) do(method, path, body string, header ...string) reply {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	got, err := c.try(ctx, method, path, body, header...)
	if err != nil {
		c.t.Fatalf("%s %s %.100s: %v", method, path, body, err)
	}
	return got
}

func (c *web) post(body string, header ...string) reply {
	c.t.Helper()
	return c.do(http.MethodPost, "/mcp", body, header...)
}

// answering sends a message and gives what comes of it one by one.
func (c *web) answering(body string, header ...string) <-chan message {
	c.t.Helper()
	req, err := c.request(context.Background(), http.MethodPost, "/mcp", body, header...)
	if err != nil {
		c.t.Fatal(err)
	}
	resp, err := c.client.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = resp.Body.Close() })
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
		raw, err := io.ReadAll(resp.Body)
		if err != nil {
			c.t.Fatal(err)
		}
		m, err := parse(raw)
		if err != nil {
			c.t.Fatal(err)
		}
		only := make(chan message, 1)
		only <- m
		return only
	}
	return readEvents(resp.Body)
}

// greet goes through the initialize lifecycle in a new session.
func (c *web) greet(version, capabilities string) *web {
	c.t.Helper()
	got := c.post(initializeMessage(0, version, capabilities))
	session := &web{t: c.t, url: c.url, client: c.client, session: got.header.Get(mcpserver.HeaderKeySessionID)}
	if session.session == "" {
		c.t.Fatalf("no session: HTTP %d %s", got.status, got.body)
	}
	if version >= "2025-06-18" {
		session.version = version
	}
	if got := session.post(initialized); got.status != http.StatusAccepted {
		c.t.Fatalf("initialized: HTTP %d %s", got.status, got.body)
	}
	return session
}

// modern makes a message of the era without sessions, and its headers.
func modern(id any, method, name, params, capabilities string) (body string, header []string) {
	meta := fmt.Sprintf(`"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"test","version":"1"},"io.modelcontextprotocol/clientCapabilities":%s}`, capabilities)
	if params != "" {
		params = "," + params
	}
	body = fmt.Sprintf(`{"jsonrpc":"2.0","id":%v,"method":%q,"params":{%s%s}}`, id, method, meta, params)
	header = []string{mcp.HeaderProtocolVersion, "2026-07-28", "Mcp-Method", method}
	if name != "" {
		header = append(header, "Mcp-Name", name)
	}
	return body, header
}

func modernCall(id any, tool, arguments string) (body string, header []string) {
	return modern(id, "tools/call", tool, fmt.Sprintf(`"name":%q,"arguments":%s`, tool, arguments), "{}")
}

// legacy is a client of legacy SSE.
type legacy struct {
	stream
	address string
	close   context.CancelFunc // goes away without a word
	ended   chan struct{}      // closed when the stream has
}

func (c *web) sse() *legacy {
	c.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	req, err := c.request(ctx, http.MethodGet, "/sse", "")
	if err != nil {
		c.t.Fatal(err)
	}
	resp, err := c.client.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	if kind := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || kind != "text/event-stream" {
		c.t.Fatalf("GET /sse: HTTP %d %s", resp.StatusCode, kind)
	}
	l := &legacy{close: cancel, ended: make(chan struct{})}
	l.stream = stream{t: c.t, messages: make(chan message, 4096)}
	l.send = func(raw string) {
		if got := c.do(http.MethodPost, l.address, raw); got.status != http.StatusAccepted || got.body != "" {
			c.t.Errorf("POST %.100s: HTTP %d %q", raw, got.status, got.body)
		}
	}
	address := make(chan string, 1)
	go func() {
		defer close(l.ended)
		defer resp.Body.Close()
		defer close(l.messages)
		lines := bufio.NewReader(resp.Body)
		for {
			kind, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			data, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			data = strings.TrimRight(data, "\r\n")
			switch kind {
			case "event: endpoint\n":
				address <- strings.TrimPrefix(data, "data: ")
			case "event: message\n":
				m, err := parse([]byte(strings.TrimPrefix(data, "data: ")))
				if err != nil {
					c.t.Error(err)
				}
				l.messages <- m
			case ": keep-alive\n":
				continue // its one blank line is read
			default:
				c.t.Errorf("no event: %q %q", kind, data)
			}
			if _, err := lines.ReadString('\n'); err != nil {
				return
			}
		}
	}()
	c.t.Cleanup(func() { cancel(); <-l.ended })
	select {
	case l.address = <-address:
	case <-time.After(patience):
		c.t.Fatal("no endpoint came")
	}
	return l
}

// eventually waits for what must become true.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !is() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		<-time.After(time.Millisecond)
	}
}

// gate is a fixture tool that runs until it is opened or canceled.
type gate struct {
	entered  chan string // the call's argument
	open     chan struct{}
	canceled chan string
}

func newGate() *gate {
	return &gate{entered: make(chan string, 4096), open: make(chan struct{}), canceled: make(chan string, 4096)}
}

func (g *gate) tool(s *mcpserver.MCPServer) {
	fixture(s, "wait", "Waits.", func(ctx context.Context, req mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		who := req.GetString("who", "")
		g.entered <- who
		ctx, release := transport.OutletFrom(ctx).Bind(ctx)
		defer release()
		select {
		case <-g.open:
			return mcp.NewToolResultText("waited"), nil
		case <-ctx.Done():
			g.canceled <- who
			return transport.ErrorResult("canceled"), nil
		}
	})
}

func (g *gate) await(t testing.TB, from chan string) string {
	t.Helper()
	select {
	case who := <-from:
		return who
	case <-time.After(patience):
		t.Fatal("nobody came to the gate")
		return ""
	}
}

// burst is a fixture tool that notifies n times right before it returns.
func burst(s *mcpserver.MCPServer) {
	fixture(s, "burst", "Notifies.", func(ctx context.Context, req mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		token := req.GetString("token", "")
		for i := range req.GetInt("n", 1) {
			if err := transport.OutletFrom(ctx).Notify("notifications/progress", map[string]any{"progressToken": token, "progress": i}); err != nil {
				return nil, err
			}
		}
		return mcp.NewToolResultText(token), nil
	})
}

// progress checks that messages are the n notifications of a token, in order.
func progress(messages []message, token string, n int) error {
	if len(messages) != n {
		return fmt.Errorf("%d notifications of %s, want %d", len(messages), token, n)
	}
	for i, m := range messages {
		var p struct {
			ProgressToken string
			Progress      int
		}
		if err := json.Unmarshal(m.Params, &p); err != nil || p.ProgressToken != token || p.Progress != i {
			return fmt.Errorf("notification %d of %s is %.200s (%v)", i, token, m.raw, err)
		}
	}
	return nil
}

// memoryListener accepts connections that need no network, so that time in a
// synctest bubble can pass while they are silent.
type memoryListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newMemoryListener() *memoryListener {
	return &memoryListener{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *memoryListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *memoryListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *memoryListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

var errRefused = errors.New("connection refused")

func (l *memoryListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case l.conns <- theirs:
		return ours, nil
	case <-l.closed:
		return nil, errRefused
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// listening is a server that runs as the process would run it.
type listening struct {
	*web
	listener *memoryListener
	signal   context.CancelFunc
	done     chan struct{} // closed when serve has returned
}

func (b *bench) listen(t testing.TB) *listening {
	t.Helper()
	ctx, signal := context.WithCancel(context.Background())
	l := &listening{listener: newMemoryListener(), signal: signal, done: make(chan struct{})}
	go func() {
		defer close(l.done)
		if err := b.serve(ctx, l.listener); err != nil {
			t.Errorf("serve: %v", err)
		}
	}()
	transport := &http.Transport{DialContext: l.listener.dial}
	l.web = &web{t: t, url: "http://127.0.0.1", client: &http.Client{Transport: transport}}
	t.Cleanup(func() {
		signal()
		transport.CloseIdleConnections()
		<-l.done
	})
	return l
}

var discarded = slog.New(slog.DiscardHandler)

// served gives a message on /mcp to a handler without a connection.
func served(t testing.TB, h http.Handler, session, body string, header ...string) reply {
	t.Helper()
	c := &web{t: t, session: session}
	req, err := c.request(context.Background(), http.MethodPost, "/mcp", body, header...)
	if err != nil {
		t.Fatal(err)
	}
	return servedRequest(t, h, req)
}

func servedRequest(t testing.TB, h http.Handler, req *http.Request) reply {
	t.Helper()
	req.Host = "127.0.0.1"
	if req.Body == nil {
		req.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return reply{status: w.Code, header: w.Header(), body: w.Body.String()}
}

// readEvents reads the messages of an event stream one by one.
func readEvents(body io.Reader) <-chan message {
	found := make(chan message)
	go func() {
		defer close(found)
		lines := bufio.NewScanner(body)
		lines.Buffer(nil, 64<<20)
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				m, err := parse([]byte(data))
				if err != nil {
					return
				}
				found <- m
			}
		}
	}()
	return found
}

// sandboxClient is a client of a sandbox behind a real listener.
func sandboxClient(t testing.TB, api http.Handler, around func(http.Handler) http.Handler) *airbyteclient.Client {
	t.Helper()
	if around != nil {
		api = around(api)
	}
	upstream := httptest.NewServer(api)
	t.Cleanup(upstream.Close)
	transport := &http.Transport{MaxIdleConnsPerHost: 256}
	t.Cleanup(transport.CloseIdleConnections)
	client, err := airbyteclient.New(airbyteclient.Config{
		ClientID: sandbox.ClientID, ClientSecret: airbyteclient.NewSecret(sandbox.ClientSecret),
		OrganizationID: sandbox.OrganizationID, APIHost: upstream.URL, WebAppURL: upstream.URL,
	}, airbyteclient.WithObserver(telemetry.Observe), airbyteclient.WithTransport(transport))
	if err != nil {
		t.Fatal(err)
	}
	return client
}
