package airbyteclient

import (
	"airbyte-agent-mcp/schemas/rawjson"
	"bytes"
	"fmt"
	"io"
)

// windowChunk is how much is read at a time.
const windowChunk = 64 << 10

// more reads on when all of buf has been passed.
func (w *windowReader) more() bool {
	if w.err != nil {
		return false
	}
	w.keep()
	if w.err = w.bound(); w.err != nil {
		return false
	}
	if w.chunk == nil {
		w.chunk = make([]byte, windowChunk)
	}
	n := 0
	for n == 0 && w.err == nil {
		n, w.err = w.src.Read(w.chunk)
	}
	if n > 0 && w.err != nil {
		w.src, w.err = failingReader{w.err}, nil
	}
	w.buf, w.pos, w.from = w.chunk[:n], 0, 0
	if w.read += int64(n); w.read > w.longest && w.err == nil {
		w.err = w.tooLarge("the answer is longer than " + byteCount(w.longest))
	}
	return w.err == nil
}

// failingReader is a reader after its error.
type failingReader struct{ error }

func (f failingReader) Read([]byte) (int, error) { return 0, f.error }

// next is the next byte that is no space, not yet passed; 0 at the end.
func (w *windowReader) next() byte {
	for {
		for w.pos < len(w.buf) {
			switch c := w.buf[w.pos]; c {
			case ' ', '\t', '\n', '\r':
				w.pos++
			default:
				return c
			}
		}
		if !w.more() {
			return 0
		}
	}
}

// object passes an object whose bracket has been passed. It stops before every
// member's value and calls visit, which passes that.
func (w *windowReader) object(visit func(name string) bool) bool {
	for more := w.next() != '}'; more; {
		if w.next() != '"' {
			return false
		}
		start := w.offset()
		if !w.value(0) {
			return false
		}
		w.keep()
		name := rawjson.Text(w.out[start:])
		if w.next() != ':' {
			return false
		}
		w.pos++
		if w.next(); !visit(name) {
			return false
		}
		switch w.next() {
		case ',':
			w.pos++
		case '}':
			more = false
		default:
			return false
		}
	}
	w.pos++
	return true
}

// value passes a value that lies inside depth others.
func (w *windowReader) value(depth int) bool {
	switch c := w.next(); {
	case c == '"':
		w.pos++
		return w.text()
	case c == '{', c == '[':
		return w.nested(depth)
	case !ofWord(c):
		return false
	}
	for w.pos < len(w.buf) || w.more() {
		if !ofWord(w.buf[w.pos]) {
			break
		}
		w.pos++
	}
	return w.err == nil
}

// ofWord tells whether a number or a name such as null may hold c.
func ofWord(c byte) bool {
	return c-'0' <= 9 || c|0x20-'a' <= 25 || c == '-' || c == '+' || c == '.'
}

// nested passes an object or array, whatever it holds, to its own end.
func (w *windowReader) nested(depth int) bool {
	for open := 0; w.pos < len(w.buf) || w.more(); {
		buf, i := w.buf, w.pos
		for i < len(buf) {
			c := buf[i]
			i++
			switch c {
			case '"':
				w.pos = i
				if !w.text() {
					return false
				}
				buf, i = w.buf, w.pos
			case '{', '[':
				if w.deep = depth+open >= rawjson.MaxDepth; w.deep {
					return false
				}
				w.ends[open] = c + 2 // so they stand in ASCII
				open++
			case '}', ']':
				if w.pos = i; w.ends[open-1] != c {
					w.pos--
					return false
				}
				if open--; open == 0 {
					return true
				}
			}
		}
		w.pos = i
	}
	return false
}

// text passes a string whose first quote has been passed.
func (w *windowReader) text() bool {
	for i := w.pos; ; {
		end, quote := len(w.buf), bytes.IndexByte(w.buf[i:], '"')
		if quote >= 0 {
			end = i + quote
		}
		slashes := 0
		for end-slashes > i && w.buf[end-slashes-1] == '\\' {
			slashes++
		}
		w.pos = end
		switch {
		case quote < 0 && !w.more():
			return false
		case quote < 0:
			i = slashes % 2 // what an escape at the end escapes
		case slashes%2 == 0:
			w.pos++
			return true
		default:
			i = end + 1
		}
	}
}

// fault words why the answer could not be passed.
func (w *windowReader) fault() error {
	switch {
	case w.deep:
		return w.fail(KindBadAnswer, fmt.Errorf("the answer %w", rawjson.ErrTooDeep))
	case w.err == io.EOF:
		return w.fail(KindBadAnswer, fmt.Errorf("the answer %w", rawjson.ErrCutShort))
	case w.err != nil:
		return w.err
	}
	return w.fail(KindBadAnswer, fmt.Errorf("the answer is not valid JSON (at byte %d)", w.read-int64(len(w.buf)-w.pos)))
}
