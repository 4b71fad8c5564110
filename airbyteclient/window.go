package airbyteclient

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"airbyte-agent-mcp/schemas/rawjson"
)

// Window keeps only part of a long list of records in memory. The list is the
// result itself, its member "data", or else the first array in it. An answer
// without a list is kept whole, as without a window.
//
// Records that are left out are counted, and their brackets and quotes must be
// closed; nothing else of them is checked. At least one record is kept if there
// is one. The answer may be as long as Config.MaxDownloadBytes, and each record
// as long as Config.MaxAnswerBytes. In an answer that is longer than that, what
// surrounds the list may take 1 MiB. Reading takes up to three times the memory
// of what is kept, because newlines between tokens cost a copy.
type Window struct {
	Skip  int   // how many records to leave out
	Bytes int64 // how much of the answer is kept; further records are only counted. 0 means a quarter of Config.MaxAnswerBytes
}

// Seen says which records of a list were kept: Kept of them, beginning with the
// record of number First, counted from 0, of Of records in all.
type Seen struct{ First, Kept, Of int }

// maxAround is how many bytes may surround a list.
const maxAround = 1 << 20

// readWindow reads the body of an answer through the request's window. An answer
// that fits into the window is read as without one.
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

// windowReader reads an answer and makes a shorter one from it, with the same
// members and part of the records. It goes by brackets and quotes; what it keeps
// is checked afterwards.
type windowReader struct {
	got   *answer
	skip  int
	bytes int64
	// around is maxAround, most Config.MaxAnswerBytes, longest that of downloads.
	around, most, longest int64

	src  io.Reader
	read int64
	err  error // of reading, io.EOF at the end, or why reading stopped

	buf []byte // what was read last
	pos int    // how far buf has been passed
	// out is what is kept, except for buf[from:pos], which is not in it yet. At
	// first out and buf share their bytes; out is never ahead of pos.
	out     []byte
	chunk   []byte
	from    int
	dropped bool // what is passed is not kept

	list    recordList
	failed  bool            // the answer's status is not success
	passing rawjson.Skipper // of the current value
}

// recordList is a list of records. Its offsets are offsets in windowReader.out.
//
// All of it is kept at first, because an array before "data", or one that
// describes a failure, must not be cut. It is trimmed when it grows too long for
// that, or when the answer has ended without an error.
type recordList struct {
	found, open, trimmed bool
	sure                 bool // it is the result or its member "data"
	begin, end           int  // within its brackets; end is set once it is not open
	begun                bool // the first record to keep has begun, at lo
	full                 bool // nothing more fits behind hi
	lo, hi               int  // where the records that are kept begin and end
	kept, of             int  // how many records are kept, and how many there are
}

// begin continues with what has been read already.
func (w *windowReader) begin(head []byte) {
	w.buf, w.out, w.read = head, head[:0], int64(len(head))
}

// seen returns nil if the answer has no list, or all of it is kept.
func (w *windowReader) seen() *Seen {
	l := &w.list
	if !l.found || w.failed || w.skip <= 0 && l.kept == l.of {
		return nil
	}
	return &Seen{First: min(max(w.skip, 0), l.of), Kept: l.kept, Of: l.of}
}

// answer reads the answer to its end. An error that is not an *Error comes from
// reading the body.
func (w *windowReader) answer() error {
	if w.next() != 0 || w.err == nil {
		if w.next() != '{' {
			return w.fail(KindBadAnswer, errNotObject)
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

// envelope passes the value of a member of the answer itself.
func (w *windowReader) envelope(name string) bool {
	switch name {
	case "status":
		start := w.offset()
		ok := w.value(1)
		w.keep()
		w.failed = string(w.out[start:]) != `"success"`
		return ok
	case "result":
		w.list = recordList{} // of several results the last one counts
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

// result passes the value of a member of the result.
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

// records passes a list and takes it for the list of the records.
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

// trim drops what is not kept of the list.
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

// bound drops what there is no room for. Everything that was passed is in out.
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

// hold keeps what is passed from now on.
func (w *windowReader) hold() {
	if w.dropped {
		w.dropped, w.from = false, w.pos
	}
}

// drop keeps only the first bytes of out, and nothing else until hold.
func (w *windowReader) drop(from int) {
	w.keep()
	w.out, w.dropped = w.out[:from], true
}

// offset returns where in out the next byte will be, if it is kept.
func (w *windowReader) offset() int {
	if w.dropped {
		return len(w.out)
	}
	return len(w.out) + w.pos - w.from
}

// keep moves what was passed and is kept to out.
func (w *windowReader) keep() {
	if w.dropped {
		return
	}
	passed := w.buf[w.from:w.pos]
	if need := len(w.out) + len(passed); need > cap(w.out) {
		// Double it, but not beyond the size that is enough in most cases, or at most.
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
