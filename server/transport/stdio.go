package transport

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

// Standard input and output, one JSON-RPC message a line. The transport is our
// own, over MCPServer.HandleMessage: the SDK's runs at most a hundred calls at
// a time, cannot cancel one that waits in its queue, drops calls when the
// input ends, and keeps its one session in a package variable.

const (
	// drainAtEOF is how long calls may still run when the client has closed
	// our input, and drainAtSignal when we were told to stop. Both leave room
	// below the ten seconds after which supervisors kill.
	drainAtEOF    = 7 * time.Second
	drainAtSignal = 3 * time.Second
)

// ServeStdio serves one client until in ends or ctx is done, then lets the
// calls under way finish for a few seconds, tells the rest, and returns.
func (tr *Transport) ServeStdio(ctx context.Context, in io.Reader, out io.Writer) error {
	t, calls, err := tr.Converse(context.WithoutCancel(ctx), newSecret(), func(o *Outlet, message []byte) error {
		err := o.splice(out, append(message, '\n'))
		if err != nil {
			tr.log.Warn("standard output closed", "error", err)
		}
		return err
	})
	if err != nil {
		return err
	}
	reading, stop := context.WithCancel(ctx)
	defer stop()
	lines, ended, served := make(chan line), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		readLines(reading, in, tr.maxRequestBytes, lines)
	}()
	go func() {
		defer close(served)
		t.Drain(ctx, t.receiveLines(ctx, calls, lines))
		t.Close(calls)
	}()
	select {
	case <-ctx.Done():
	case <-ended:
	case <-served:
	}
	// A client that keeps our output open and does not read it must not keep
	// the process: a write to it cannot be given up.
	select {
	case <-served:
	case <-time.After(drainAtEOF + 2*DrainCanceled):
		t.stop()
		tr.log.Warn("standard output is not read; answers are lost")
	}
	return nil
}

// receiveLines takes messages until lines ends, ctx is done or nobody reads our
// output, and returns how long the calls under way may still take.
func (t *conversation) receiveLines(ctx, calls context.Context, lines <-chan line) time.Duration {
	for {
		select {
		case <-ctx.Done():
			return drainAtSignal
		case <-calls.Done():
			return 0
		case l, open := <-lines:
			if !open {
				return drainAtEOF
			}
			t.receiveLine(calls, l)
		}
	}
}

func (t *conversation) receiveLine(ctx context.Context, l line) {
	if l.end != nil {
		t.fail(messageID(l), mcp.INVALID_REQUEST,
			fmt.Sprintf("message larger than %d bytes (--max-request-bytes)", t.transport.maxRequestBytes))
		return
	}
	var m Envelope
	if err := json.Unmarshal(l.bytes, &m); err != nil {
		t.fail(nil, mcp.PARSE_ERROR, "message is not a JSON-RPC object on one line")
		return
	}
	t.Receive(ctx, m, l.bytes)
}

// line is one line of input. Of one that is too long only the beginning and
// the end are kept.
type line struct {
	bytes []byte
	end   []byte // nil unless the line is too long
}

// readLines sends the lines of in, blank ones left out, until in ends or ctx
// is done. A line over limit is read on but not kept, so that the stream stays
// in step; a last line without an end counts.
func readLines(ctx context.Context, in io.Reader, limit int64, lines chan<- line) {
	defer close(lines)
	r := bufio.NewReaderSize(in, 64<<10)
	for {
		l, err := readLine(r, limit)
		if len(bytes.TrimSpace(l.bytes)) > 0 {
			select {
			case lines <- l:
			case <-ctx.Done():
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// keptOfLong is how much is kept of either end of a line that is too long.
const keptOfLong = 4096

func readLine(r *bufio.Reader, limit int64) (line, error) {
	var l line
	for {
		part, err := r.ReadSlice('\n')
		switch {
		case l.end != nil:
			l.end = tail(append(l.end, part...))
		case int64(len(l.bytes)+len(part)) > limit+1: // with the line's end
			l.bytes = append(l.bytes, part...)
			l.end = tail(l.bytes)
			l.bytes = bytes.Clone(l.bytes[:min(len(l.bytes), keptOfLong)])
		default:
			l.bytes = append(l.bytes, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return l, err
		}
	}
}

func tail(b []byte) []byte { return bytes.Clone(b[max(0, len(b)-keptOfLong):]) }

// idAtEnd finds the id where the usual clients put it, last.
var idAtEnd = regexp.MustCompile(`,\s*"id"\s*:\s*("(?:[^"\\]|\\.)*"|-?[0-9][-+.0-9eE]*)\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$`)

// messageID finds the id of a message that is too long to read, in what is
// kept of it, so that its caller need not wait in vain.
func messageID(l line) json.RawMessage {
	if found := idAtEnd.FindSubmatch(l.end); found != nil && json.Valid(found[1]) {
		return found[1]
	}
	d := json.NewDecoder(bytes.NewReader(l.bytes))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	for {
		key, err := d.Token()
		if err != nil {
			return nil
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return nil
		}
		if key == "id" {
			return value
		}
	}
}
