package transport

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"

	"airbyte-agent-mcp/schemas/rawjson"
)

// This file lets connector JSON pass through the SDK as bytes. The SDK's
// encoder would compact and escape an answer several times over, which past a
// few KB costs more than everything else together. A tool's answer is one JSON
// value that is known to be valid, so the result that goes into the SDK holds
// a short marker instead, and the marker is replaced where the encoded message
// leaves: once by the bytes themselves (structuredContent) and once by the
// same bytes as a JSON string (text).

// maxHeld bounds the answer bytes that wait in one outlet for a client that
// does not read.
const maxHeld = 128 << 20

var errNotReading = errors.New("the client is not reading its answers")

// Outlet is where the messages of one client leave: one HTTP answer, one SSE
// stream, or standard output. It holds the answers whose markers are under way.
type Outlet struct {
	closed context.Context                       // ends when calls must
	Notify func(method string, params any) error // sends a notification at once, in order
	begun  chan struct{}                         // closed with the first message of the SDK's; nil where it loses none
	Mark   string                                // `"airbyte:<secret>:`, unguessable, so that no data can pose as a marker
	mu     sync.Mutex                            // guards the fields below
	held   map[string][]byte                     // marker number → answer
	bytes  int                                   // sum of held
	last   int                                   // last marker number
}

// How a marker is to be replaced; the last byte of it.
const (
	asText  = 't' // by the bytes as a JSON string
	asValue = 's' // by the bytes themselves
	AsList  = 'l' // by the bytes in place of the whole tool whose name it is
)

// listBefore is how the SDK encodes a tool that has only a name, up to the name.
var listBefore = func() []byte {
	encoded, err := json.Marshal(mcp.Tool{Name: "?"})
	if err != nil {
		return nil // the marker then stays a tool's name; a test would see it
	}
	return encoded[:bytes.Index(encoded, []byte(`"?"`))]
}()

type outletKey struct{}

func newOutlet(closed context.Context, secret string) *Outlet {
	return &Outlet{closed: closed, Mark: `"airbyte:` + secret + `:`, held: map[string][]byte{}}
}

// newSecret returns 128 random bits as text.
func newSecret() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails
	return hex.EncodeToString(b[:])
}

func withOutlet(ctx context.Context, o *Outlet) context.Context {
	return context.WithValue(ctx, outletKey{}, o)
}

func OutletFrom(ctx context.Context) *Outlet {
	o, _ := ctx.Value(outletKey{}).(*Outlet)
	return o
}

// Bind ends ctx also when the outlet closes. A call whose context alone ended
// would not be answered: the SDK takes that for a client that has gone.
func (o *Outlet) Bind(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	if o == nil {
		return ctx, cancel
	}
	stop := context.AfterFunc(o.closed, cancel)
	return ctx, func() { stop(); cancel() }
}

// Hold keeps an answer and returns the marker's number.
func (o *Outlet) Hold(answer []byte) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.bytes+len(answer) > maxHeld && o.bytes > 0 {
		return "", errNotReading
	}
	o.last++
	n := strconv.Itoa(o.last)
	o.held[n] = answer
	o.bytes += len(answer)
	return n, nil
}

// Result makes the tool result for an answer that is one valid JSON object:
// the same facts as text and as structure, since some clients show their model
// only one of the two.
func (o *Outlet) Result(answer []byte) (*mcp.CallToolResult, error) {
	if o == nil { // called in this process, without a transport
		return &mcp.CallToolResult{
			Content:              []mcp.Content{mcp.TextContent{Type: "text", Text: string(answer)}},
			RawStructuredContent: answer,
		}, nil
	}
	n, err := o.Hold(answer)
	if err != nil {
		return nil, err
	}
	marker := o.Mark[1:] + n
	return &mcp.CallToolResult{
		Content:           []mcp.Content{mcp.TextContent{Type: "text", Text: marker + string(asText)}},
		StructuredContent: marker + string(asValue),
	}, nil
}

// splice writes an encoded message with its markers replaced.
func (o *Outlet) splice(w io.Writer, message []byte) error {
	first := bytes.Index(message, []byte(o.Mark))
	if first < 0 {
		_, err := w.Write(message)
		return err
	}
	p := newPieces(w)
	defer p.free()
	var used []string
	for at := first; at >= 0; at = bytes.Index(message, []byte(o.Mark)) {
		before := message[:at]
		message = message[at+len(o.Mark):]
		end := bytes.IndexByte(message, '"')
		if end < 2 {
			break // no marker of ours is that short
		}
		n, kind := string(message[:end-1]), message[end-1]
		message = message[end+1:]
		o.mu.Lock()
		answer := o.held[n]
		o.mu.Unlock()
		switch kind {
		case asText:
			p.add(before)
			p.addString(answer)
		case AsList:
			p.add(bytes.TrimSuffix(before, listBefore))
			p.add(answer)
			message = bytes.TrimPrefix(message, []byte("}"))
		default:
			p.add(before)
			p.add(answer)
		}
		used = append(used, n)
	}
	p.add(message)
	p.flush()
	o.release(used)
	return p.err
}

func (o *Outlet) release(numbers []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, n := range numbers {
		o.bytes -= len(o.held[n])
		delete(o.held, n)
	}
}

// pieces gathers small writes and hands large ones on without copying.
type pieces struct {
	w   io.Writer
	buf []byte
	err error
}

const piecesSize = 64 << 10

var piecesPool = sync.Pool{New: func() any { return &pieces{buf: make([]byte, 0, piecesSize)} }}

func newPieces(w io.Writer) *pieces {
	p := piecesPool.Get().(*pieces)
	p.w, p.err, p.buf = w, nil, p.buf[:0]
	return p
}

func (p *pieces) free() {
	p.w = nil
	piecesPool.Put(p)
}

func (p *pieces) flush() {
	if p.err == nil && len(p.buf) > 0 {
		_, p.err = p.w.Write(p.buf)
	}
	p.buf = p.buf[:0]
}

func (p *pieces) add(b []byte) {
	if len(b) <= cap(p.buf)-len(p.buf) {
		p.buf = append(p.buf, b...)
		return
	}
	p.flush()
	if len(b) < piecesSize/2 {
		p.buf = append(p.buf, b...)
		return
	}
	if p.err == nil {
		_, p.err = p.w.Write(b)
	}
}

// addString adds b, which is valid UTF-8, as a JSON string. An answer is escaped
// once, and in the whole of it nothing costs more.
func (p *pieces) addString(b []byte) {
	p.add([]byte{'"'})
	for len(b) > 0 {
		if cap(p.buf)-len(p.buf) < piecesSize/8 {
			p.flush()
		}
		written, read := rawjson.Escape(p.buf[len(p.buf):cap(p.buf)], b)
		p.buf = p.buf[:len(p.buf)+written]
		b = b[read:]
	}
	p.add([]byte{'"'})
}

// notification is a message without an answer.
type notification struct {
	JSONRPC string `json:"jsonrpc"`
	Method  string `json:"method"`
	Params  any    `json:"params,omitempty"`
}

func encodeNotification(method string, params any) ([]byte, error) {
	return json.Marshal(notification{JSONRPC: mcp.JSONRPC_VERSION, Method: method, Params: params})
}

// frameEvent makes an event of an encoded message.
func frameEvent(message []byte) []byte {
	event := make([]byte, 0, len(message)+32)
	event = append(event, "event: message\ndata: "...)
	event = append(event, bytes.TrimRight(message, "\n")...)
	return append(event, "\n\n"...)
}
