package airbyteclient

import (
	"airbyte-agent-mcp/schemas/rawjson"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Window holds only part of a long list of records in memory. The list is the
// result itself, its member "data", or else the first array in it. An answer
// without one is held whole, as without a window.
//
// Records that are left out are counted, and seen to close their brackets and
// quotes; no more of them is checked. At least one record is held where there
// is one. The answer may be as long as Config.MaxDownloadBytes, each record
// and what is no record as Config.MaxAnswerBytes, and in an answer that is
// longer than that, what stands around the list 1 MiB. Reading takes up to three
// times the memory of what is held, as newlines between tokens cost a copy.
type Window struct {
	Skip  int   // how many records to leave out
	Bytes int64 // how much of the answer is held; beyond that records are only counted. 0 means a quarter of Config.MaxAnswerBytes
}

// Seen says which records of a list are held: First to First+Kept of Of, from 0.
type Seen struct{ First, Kept, Of int }

// maxAround is how long that may be which stands around a list.
const maxAround = 1 << 20

// readWindow reads the body of an answer through the request's window. An
// answer that fits into it is read as without.
func (c *Client) readWindow(r request, got *answer, resp *http.Response) *Error {
	w := &windowReader{got: got, src: resp.Body, skip: r.window.Skip, bytes: r.window.Bytes, around: min(maxAround, c.maxAnswer), most: c.maxAnswer, longest: max(c.maxAnswer, c.maxDownload)}
	if w.bytes <= 0 {
		w.bytes = w.most / 4
	}
	w.bytes = min(w.bytes, w.most)
	if resp.ContentLength > w.longest {
		return w.tooLarge("the answer is longer than " + byteCount(w.longest))
	}
	if w.skip <= 0 {
		head, err := readUpTo(resp.Body, resp.ContentLength, w.bytes)
		switch {
		case err == nil:
			got.body = head
			return nil
		case !errors.Is(err, errTooLong):
			return c.readError(r, got, err)
		}
		w.begin(head)
	}
	err := w.answer()
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	} else if err != nil {
		return c.readError(r, got, err)
	}
	got.body, got.seen = w.out, w.seen()
	return nil
}

// windowReader reads an answer and makes of it a shorter one, which has the
// same members and part of the records. It goes by brackets and quotes: what it
// holds is for the scanner to check.
type windowReader struct {
	got   *answer
	skip  int
	bytes int64
	// around is maxAround, most Config.MaxAnswerBytes, longest that of downloads.
	around, most, longest int64

	src  io.Reader
	read int64
	err  error // of reading, io.EOF at the end, or why reading stopped
	deep bool

	buf []byte // what was read last
	pos int    // how far it has been passed
	// out is what is held, but for what still lies in buf from from to pos. At
	// first both share their bytes; out is never ahead of pos.
	out     []byte
	chunk   []byte
	from    int
	dropped bool // what is passed is not held

	list   recordList
	failed bool                   // the answer's status is not success
	ends   [rawjson.MaxDepth]byte // the brackets to come
}

// recordList is a list of records. Offsets are those of windowReader.out.
//
// All of it is held at first, lest an array be cut that stands before "data" or
// tells of a failure. It is trimmed when it grows too long for that, or when
// the answer has ended well.
type recordList struct {
	found, open, trimmed bool
	sure                 bool // it is the result or its data
	begin, end           int  // within its brackets; end once it is not open
	begun                bool // the first record to keep has begun, at lo
	full                 bool // no more fits behind hi
	lo, hi               int
	kept, of             int
}

// begin takes over what has been read already.
func (w *windowReader) begin(head []byte) {
	w.buf, w.out, w.read = head, head[:0], int64(len(head))
}

// seen is nil where the answer has no list or all of it.
func (w *windowReader) seen() *Seen {
	l := &w.list
	if !l.found || w.failed || w.skip <= 0 && l.kept == l.of {
		return nil
	}
	return &Seen{First: min(max(w.skip, 0), l.of), Kept: l.kept, Of: l.of}
}

// answer reads it to its end. An error that is no *Error is one of reading.
func (w *windowReader) answer() error {
	if w.next() != 0 || w.err == nil {
		if w.next() != '{' {
			return w.fail(KindBadAnswer, fmt.Errorf("the answer %w", rawjson.ErrNoObject))
		}
		w.pos++
		if !w.object(w.envelope) || w.next() != 0 || w.err == nil {
			return w.fault()
		}
	}
	if w.err != io.EOF {
		return w.err
	}
	w.keep()
	if w.list.found && !w.list.trimmed && !w.failed {
		w.trim()
	}
	return nil
}

func (w *windowReader) envelope(name string) bool {
	switch name {
	case "status":
		start := w.offset()
		ok := w.value(1)
		w.keep()
		w.failed = string(w.out[start:]) != `"success"`
		return ok
	case "result":
		w.list = recordList{} // of several, the last
		switch w.next() {
		case '[':
			return w.records(2, true)
		case '{':
			w.pos++
			return w.object(w.result)
		}
	}
	return w.value(1)
}

func (w *windowReader) result(name string) bool {
	if w.next() != '[' || name != "data" && w.list.found {
		return w.value(2)
	}
	if l := &w.list; !l.sure && l.trimmed && l.kept < l.of {
		w.err = w.tooLarge("what the answer holds before its records is longer than " + byteCount(w.around))
		return false
	}
	return w.records(3, name == "data")
}

// records passes a list and takes it for that of the records.
func (w *windowReader) records(depth int, sure bool) bool {
	w.pos++
	l := &w.list
	*l = recordList{found: true, open: true, sure: sure, begin: w.offset()}
	for more := w.next() != ']'; more; {
		if l.of == max(w.skip, 0) {
			w.hold()
			l.begun, l.lo, l.hi = true, w.offset(), w.offset()
		}
		if !w.value(depth) {
			return false
		}
		w.record()
		switch w.next() {
		case ',':
			w.pos++
			w.next()
		case ']':
			more = false
		default:
			return false
		}
	}
	w.hold()
	l.open, l.end = false, w.offset()
	if !l.begun {
		l.lo = l.end
	}
	if !l.full {
		l.hi = l.end
	}
	w.pos++
	return true
}

// record counts a record that has been passed, and keeps it if it fits.
func (w *windowReader) record() {
	l := &w.list
	l.of++
	if !l.begun || l.full {
		return
	}
	at := w.offset()
	if l.kept > 0 && int64(at-(l.lo-l.begin)) > w.bytes {
		l.full = true
		if l.trimmed {
			w.drop(l.hi)
		}
		return
	}
	l.kept, l.hi = l.kept+1, at
}

// trim drops of the list what is not kept of it.
func (w *windowReader) trim() {
	l := &w.list
	l.trimmed = true
	switch {
	case !l.open:
		w.out = append(w.out[:l.hi], w.out[l.end:]...)
		l.end = l.hi
	case !l.begun:
		w.drop(l.begin)
		return
	case l.full:
		w.drop(l.hi)
	}
	w.out = append(w.out[:l.begin], w.out[l.lo:]...)
	gone := l.lo - l.begin
	l.lo, l.hi, l.end = l.begin, l.hi-gone, l.end-gone
}

// bound drops what there is no room for. All that was passed is in out.
func (w *windowReader) bound() error {
	l, records := &w.list, 0
	if l.open && !l.trimmed && int64(len(w.out)-l.begin) > max(w.around, w.bytes) {
		w.trim()
	}
	if l.open && l.trimmed && !w.dropped {
		switch {
		case l.kept > 0 && int64(len(w.out)) > w.bytes:
			l.full = true
			w.drop(l.hi)
		case l.kept == 0 && int64(len(w.out)-l.lo) > w.most:
			return w.tooLarge(fmt.Sprintf("record %d of the answer, counted from 0, is longer than %s", l.of, byteCount(w.most)))
		}
	}
	if l.open {
		records = len(w.out) - l.begin
	} else if l.found {
		records = l.end - l.begin
	}
	switch {
	case w.read <= w.most || int64(len(w.out)-records) <= w.around:
		return nil
	case l.found:
		return w.tooLarge("what the answer holds beside its records is longer than " + byteCount(w.around))
	}
	return w.tooLarge("the answer is longer than " + byteCount(w.most))
}

// hold holds what is passed from now on.
func (w *windowReader) hold() {
	if w.dropped {
		w.dropped, w.from = false, w.pos
	}
}

// drop holds no more than the first bytes, until hold.
func (w *windowReader) drop(from int) {
	w.keep()
	w.out, w.dropped = w.out[:from], true
}

// offset is where in out the next byte will be, if it is held.
func (w *windowReader) offset() int {
	if w.dropped {
		return len(w.out)
	}
	return len(w.out) + w.pos - w.from
}

// keep moves what was passed and is held to out.
func (w *windowReader) keep() {
	if w.dropped {
		return
	}
	passed := w.buf[w.from:w.pos]
	if need := len(w.out) + len(passed); need > cap(w.out) {
		// Doubling, but not beyond what there will be in most cases, or in any.
		room := w.bytes + w.around
		if int64(need) > room {
			room = w.most + w.around
		}
		w.out = append(make([]byte, 0, max(int64(need), min(2*int64(cap(w.out)), room))), w.out...)
	}
	w.out = append(w.out, passed...)
	w.from = w.pos
}

func (w *windowReader) tooLarge(words string) *Error {
	return w.fail(KindTooLarge, errors.New(words))
}

func (w *windowReader) fail(kind Kind, err error) *Error {
	e := w.got.fail(kind, err)
	e.MaybeSent = true
	return e
}
