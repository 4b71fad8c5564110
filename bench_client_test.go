package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"airbyte-agent-mcp/testdata/bench/api"
)

// The clients of the benchmarks do as little as a client can: they read an
// answer to its end and count its bytes, so that what is measured is servers.

// caller makes one call and returns how long its answer was, in bytes. It may
// be used by several goroutines at once.
type caller interface {
	call(tool, arguments string, size int) (int, error)
}

const (
	initialize = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}`
	ready      = `{"jsonrpc":"2.0","method":"notifications/initialized"}`
	listTools  = `{"jsonrpc":"2.0","id":2,"method":"tools/list"}`
)

func toolCall(id int64, tool, arguments string) string {
	return `{"jsonrpc":"2.0","id":` + strconv.FormatInt(id, 10) + `,"method":"tools/call","params":{"name":"` + tool + `","arguments":` + arguments + `}}`
}

// direct calls the API itself, by a keep-alive client.
type direct struct {
	client *http.Client
	base   string
}

func (d direct) call(_, _ string, size int) (int, error) {
	resp, err := d.client.Post(d.base+api.ExecutePath, "application/json", strings.NewReader(api.Body(size)))
	if err != nil {
		return 0, err
	}
	return drained(resp)
}

func newHTTPClient() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConns: 64, MaxIdleConnsPerHost: 64}}
}

var readBuffers = sync.Pool{New: func() any { b := make([]byte, 256<<10); return &b }}

// drained reads a body to its end, so that its connection is used again.
func drained(resp *http.Response) (n int, err error) {
	defer resp.Body.Close()
	buf := readBuffers.Get().(*[]byte)
	defer readBuffers.Put(buf)
	for err == nil {
		var more int
		more, err = resp.Body.Read(*buf)
		n += more
	}
	if err != io.EOF {
		return n, err
	}
	if resp.StatusCode >= 300 {
		return n, fmt.Errorf("status %d: %.200s", resp.StatusCode, *buf)
	}
	return n, nil
}

// overHTTP is a session on /mcp.
type overHTTP struct {
	client  *http.Client
	url     string
	session string
	last    atomic.Int64
}

func dialHTTP(client *http.Client, address string) (*overHTTP, error) {
	c := &overHTTP{client: client, url: "http://" + address + "/mcp"}
	resp, err := c.post(initialize)
	if err != nil {
		return nil, err
	}
	c.session = resp.Header.Get("Mcp-Session-Id")
	if _, err := drained(resp); err != nil {
		return nil, err
	}
	if resp, err = c.post(ready); err != nil {
		return nil, err
	}
	_, err = drained(resp)
	return c, err
}

func (c *overHTTP) post(message string) (*http.Response, error) {
	req, err := http.NewRequest(http.MethodPost, c.url, strings.NewReader(message))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	req.Header.Set("Mcp-Protocol-Version", "2025-11-25")
	if c.session != "" {
		req.Header.Set("Mcp-Session-Id", c.session)
	}
	return c.client.Do(req)
}

func (c *overHTTP) call(tool, arguments string, _ int) (int, error) {
	resp, err := c.post(toolCall(c.last.Add(1), tool, arguments))
	if err != nil {
		return 0, err
	}
	return drained(resp)
}

// stream is a client that writes its messages one by one and reads all answers
// from one stream of lines: standard input and output, or legacy SSE.
type stream struct {
	write func(message string) error
	last  atomic.Int64

	mu      sync.Mutex // guards the fields below
	waiting map[int64]chan int
	err     error // why the stream has ended
}

// newStream starts to read answers. It first initializes the session.
func newStream(r *bufio.Reader, write func(string) error) (*stream, error) {
	s := &stream{write: write, waiting: map[int64]chan int{}}
	go s.read(r)
	if _, err := s.ask(1, initialize); err != nil {
		return nil, err
	}
	s.last.Store(2)
	return s, write(ready)
}

func (s *stream) call(tool, arguments string, _ int) (int, error) {
	id := s.last.Add(1)
	return s.ask(id, toolCall(id, tool, arguments))
}

func (s *stream) ask(id int64, message string) (int, error) {
	answer := make(chan int, 1)
	s.mu.Lock()
	s.waiting[id] = answer
	s.mu.Unlock()
	if err := s.write(message); err != nil {
		return 0, err
	}
	n, open := <-answer
	if !open {
		return 0, s.err
	}
	return n, nil
}

func (s *stream) read(r *bufio.Reader) {
	for {
		part, err := r.ReadSlice('\n')
		id, n := answerID(part), len(part)
		for errors.Is(err, bufio.ErrBufferFull) {
			part, err = r.ReadSlice('\n')
			n += len(part)
		}
		if err != nil {
			s.end(err)
			return
		}
		s.mu.Lock()
		answer := s.waiting[id]
		delete(s.waiting, id)
		s.mu.Unlock()
		if answer != nil {
			answer <- n
		}
	}
}

func (s *stream) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
	for id, answer := range s.waiting {
		delete(s.waiting, id)
		close(answer)
	}
}

// answerID finds the id near the beginning of a line; 0 if it is no answer.
func answerID(line []byte) (id int64) {
	_, rest, _ := bytes.Cut(line[:min(len(line), 64)], []byte(`"id":`))
	for _, digit := range rest {
		if digit < '0' || digit > '9' {
			break
		}
		id = 10*id + int64(digit-'0')
	}
	return id
}

// overPipes is a client on standard input and output.
func overPipes(p *process) (*stream, error) {
	var turn sync.Mutex
	return newStream(bufio.NewReaderSize(p.out, 256<<10), func(message string) error {
		turn.Lock()
		defer turn.Unlock()
		_, err := io.WriteString(p.in, message+"\n")
		return err
	})
}

// overSSE is a session of legacy SSE. close ends it.
func overSSE(client *http.Client, address string) (s *stream, close func() error, err error) {
	resp, err := client.Get("http://" + address + "/sse")
	if err != nil {
		return nil, nil, err
	}
	r := bufio.NewReaderSize(resp.Body, sseBuffer)
	path := ""
	for !strings.HasPrefix(path, "data: ") {
		if path, err = r.ReadString('\n'); err != nil {
			return nil, nil, err
		}
	}
	url := "http://" + address + strings.TrimSpace(strings.TrimPrefix(path, "data: "))
	s, err = newStream(r, func(message string) error {
		resp, err := client.Post(url, "application/json", strings.NewReader(message))
		if err != nil {
			return err
		}
		_, err = drained(resp)
		return err
	})
	return s, resp.Body.Close, err
}

const sseBuffer = 64 << 10
