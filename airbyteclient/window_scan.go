package airbyteclient

import (
	"errors"
	"fmt"
	"io"

	"airbyte-agent-mcp/schemas/rawjson"
)

// windowChunk is how much is read at a time.
const windowChunk = 64 << 10

// more reads the next piece when all of buf has been passed.
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

// failingReader returns an error that came together with the last bytes.
type failingReader struct{ error }

func (f failingReader) Read([]byte) (int, error) { return 0, f.error }

// next passes space and returns the byte behind it, which is not passed, and 0 at
// the end.
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

// object passes the rest of an object whose bracket is behind it. It stops before
// each member's value and calls visit, which must pass the value.
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
		name := rawjson.Key(w.out[start:]).String()
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

// value passes a value that is inside depth others.
func (w *windowReader) value(depth int) bool {
	w.next()
	w.passing.Begin(depth)
	for w.pos < len(w.buf) || w.more() {
		n, done, err := w.passing.Skip(w.buf[w.pos:])
		w.pos += n
		if errors.Is(err, rawjson.ErrTooDeep) {
			w.err = w.fail(KindBadAnswer, errTooDeep)
		}
		if done || err != nil {
			return done
		}
	}
	return false
}

// fault returns why the answer could not be passed.
func (w *windowReader) fault() error {
	switch {
	case w.err == io.EOF:
		return w.fail(KindBadAnswer, errCutShort)
	case w.err != nil:
		return w.err
	}
	return w.fail(KindBadAnswer, fmt.Errorf("the answer is not valid JSON (at byte %d)", w.read-int64(len(w.buf)-w.pos)))
}
