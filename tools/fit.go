package tools

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"airbyte-agent-mcp/airbyteclient"
)

// place says which part of an answer is wanted. The zero place is its beginning.
type place struct {
	// Path is the JSON Pointer of a value that is wanted alone, Offset how many
	// bytes of it have been shown if it is a text.
	Path   string `json:"p,omitempty"`
	Offset int    `json:"o,omitempty"`
	// List is the JSON Pointer of the list that was cut, Skip how many of its
	// records have been shown, After the sum of the last one.
	List  string `json:"l,omitempty"`
	Skip  int    `json:"s,omitempty"`
	After string `json:"a,omitempty"`
}

// record is the number of the record that the place is at, or in; false where
// it is in none.
func (p place) record() (n int, ok bool) {
	if p.List != "" && p.Path == "" {
		return p.Skip, true
	}
	for token := range strings.SplitSeq(p.Path, "/") {
		if n, err := strconv.Atoi(token); err == nil {
			return n, true
		}
	}
	return 0, false
}

// fitter cuts one answer to its budget: whole records are kept while they fit,
// long texts are shortened, and what is left out is counted.
type fitter struct {
	most    int // bytes
	reserve int // of these, for the words and the continuation of a cut answer
	from    place
	// held says which records of its list the value has; all of them if nil.
	held *airbyteclient.Seen

	// What came of it:
	cut   omitted
	next  place           // where to go on; zero when nothing is left
	alone json.RawMessage // what is at from.Path: an answer of its own
	// arguments replace those of the call when it goes on; nil if they are the same.
	arguments json.RawMessage
}

// omitted counts what an answer leaves out.
type omitted struct {
	First  int  `json:"records_before,omitempty"` // records that earlier answers showed
	Shown  int  `json:"records_shown,omitempty"`  // of the list that was cut
	Of     int  `json:"records_of,omitempty"`     // all records of that list
	Texts  int  `json:"texts_cut,omitempty"`      // long texts that were shortened
	Values int  `json:"values_cut,omitempty"`     // members and items left out within records
	Moved  bool `json:"moved,omitempty"`          // the last record shown before is not where it was
}

func (c omitted) any() bool { return c.First+c.Shown < c.Of || c.Texts > 0 || c.Values > 0 }

// cutMark begins what stands in place of what was cut. No service writes it,
// so a shortened text is never taken for the whole.
const cutMark = "⟦cut "

// textCaps are the lengths, in bytes, to which long texts are shortened: the
// largest at which everything fits, else the last.
var textCaps = [...]int{16000, 8000, 4000, 2000, 1000, 500, 200}

const (
	// markSize is about what a mark costs, in bytes.
	markSize = 80
	// leastRoom is what a value is always given, in bytes: a record is cut
	// rather than left out when it is the first.
	leastRoom = 400
)

// fit returns value within the budget, less what stands beside it. base is the
// JSON Pointer of value in the answer.
func (f *fitter) fit(value json.RawMessage, base string, beside int) json.RawMessage {
	most := max(f.most-beside, leastRoom)
	if f.from.Path != "" {
		if rest, ok := beneath(f.from.Path, base); ok {
			f.extract(pointed(value, f.localPath(value, rest)), most-f.reserve)
		}
		return json.RawMessage("null")
	}
	if f.from.List == "" && len(value) <= most {
		return value
	}
	most = max(most-f.reserve, leastRoom)
	list, at := heaviestList(value, base)
	if f.from.List != "" {
		rest, ok := beneath(f.from.List, base)
		if list, at = pointed(value, rest), f.from.List; !ok || kindOf(list) != '[' {
			return value // the list stands in another part of the answer
		}
	}
	e := &emitter{cut: &f.cut, list: at}
	if kindOf(list) != '[' {
		e.cap = capFor(value, most)
		return e.emit(nil, value, base, most)
	}
	around, room := len(value)-len(list), most
	if around > most/2 { // what stands around the list is long too
		room = most / 2
		probe := &emitter{cut: &omitted{}, list: at, cap: shortest, records: func(dst []byte) []byte { return dst }}
		around = len(probe.emit(nil, value, base, room))
	}
	w := f.window(list)
	e.cap = capFor(list[w.start:], most-around)
	e.records = func(dst []byte) []byte { return f.records(dst, list, at, w, e, most-around) }
	return e.emit(make([]byte, 0, most+1024), value, base, room)
}

// localPath turns the number of a record into where it stands among those held.
func (f *fitter) localPath(value json.RawMessage, path string) string {
	if f.held == nil {
		return path
	}
	_, list := heaviestList(value, "")
	rest, ok := beneath(path, list)
	if !ok || rest == "" {
		return path
	}
	number, deeper, _ := strings.Cut(rest[1:], "/")
	n, err := strconv.Atoi(number)
	if err != nil {
		return path
	}
	path = list + "/" + strconv.Itoa(n-f.held.First)
	if deeper != "" {
		path += "/" + deeper
	}
	return path
}

// beneath is what of a pointer goes on from base.
func beneath(pointer, base string) (string, bool) {
	rest, ok := strings.CutPrefix(pointer, base)
	return rest, ok && (rest == "" || rest[0] == '/')
}

// extract makes an answer of one value alone: a stretch of a text, or as much
// of a list or record as fits.
func (f *fitter) extract(value json.RawMessage, most int) {
	most = max(most-len(f.from.Path)-100, leastRoom)
	switch kindOf(value) {
	case 0: // there is none
	case '{':
		f.found(f.membersFrom(value, most))
	case '[':
		inner := &fitter{most: most, from: place{List: f.from.List, Skip: f.from.Skip, After: f.from.After}}
		shown := inner.fit(value, f.from.Path, 0)
		f.cut, f.next = inner.cut, inner.next
		if f.next != (place{}) {
			f.next.Path = f.from.Path
		}
		f.found(shown)
	default:
		whole := text(value)
		if kindOf(value) != '"' {
			whole = string(value)
		}
		from := min(f.from.Offset, len(whole))
		part := textWithin(whole[from:], most)
		f.alone = encoded(struct {
			Path   string `json:"path"`
			Text   string `json:"text"`
			Offset int    `json:"offset_bytes"`
			Of     int    `json:"of_bytes"`
		}{f.from.Path, part, from, len(whole)})
		if from += len(part); from < len(whole) {
			f.next = place{Path: f.from.Path, Offset: from}
		}
	}
}

// found makes the answer of a value that was wanted alone.
func (f *fitter) found(value json.RawMessage) {
	f.alone = append(appendMember(appendMember([]byte("{"), "path", encoded(f.from.Path)), "value", value), '}')
}

// membersFrom is an object with the members that fit, from the place on.
func (f *fitter) membersFrom(object json.RawMessage, most int) json.RawMessage {
	if f.from.Skip == 0 && len(object) <= most {
		return object
	}
	e := &emitter{cut: &f.cut, cap: capFor(object, most)}
	dst, n, shown, full := []byte{'{'}, 0, 0, false
	for name, value := range members(object) {
		if n++; n <= f.from.Skip || full {
			continue
		}
		before, counted := len(dst), f.cut
		if shown > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(dst, encoded(name)...), ':')
		left := most - len(dst)
		dst = e.emit(dst, value, pointer(f.from.Path, name), left)
		if full = shown > 0 && (len(dst) > most || left < min(len(value), markSize)); full {
			dst, f.cut = dst[:before], counted
			continue
		}
		shown++
	}
	if seen := min(f.from.Skip, n) + shown; seen < n {
		f.next = place{Path: f.from.Path, List: f.from.Path, Skip: seen}
		f.cut.Values += n - seen
	}
	return append(dst, '}')
}

// window is the part of a list that is still to be shown.
type window struct {
	start int // offset of the first record
	first int // its number
	of    int // all records
}

// window finds where to go on in a list. Records may have come and gone since:
// then the last one shown is looked for.
func (f *fitter) window(list []byte) window {
	if f.held == nil {
		return f.windowOf(list, f.from.Skip)
	}
	w := f.windowOf(list, max(f.from.Skip-f.held.First, 0))
	w.first += f.held.First
	w.of = f.held.Of
	return w
}

func (f *fitter) windowOf(list []byte, skip int) window {
	w := window{start: space(list, 1)}
	var last []byte
	following := false
	for start, end := range spans(list) {
		if following {
			w.start, following = start, false
		}
		if w.of++; w.of == skip {
			last, following = list[start:end], true
		}
	}
	if following || w.of < skip {
		w.start = len(list) - 1
	}
	w.first = min(skip, w.of)
	if skip == 0 || sumOf(last) == f.from.After {
		return w
	}
	f.cut.Moved = true
	n := 0
	for start, end := range spans(list) {
		if following {
			w.start, following = start, false
		}
		if n++; sumOf(list[start:end]) == f.from.After {
			w.first, w.start, following, f.cut.Moved = n, len(list)-1, true, false
		}
	}
	return w
}

// records appends the records of the window while they fit.
func (f *fitter) records(dst, list []byte, at string, w window, e *emitter, most int) []byte {
	f.cut.First, f.cut.Of = w.first, w.of
	begin := len(dst)
	for start, end := range spansFrom(list, w.start) {
		before, counted := len(dst), *e.cut
		if f.cut.Shown > 0 {
			dst = append(dst, ',')
		}
		dst = e.emit(dst, list[start:end], pointer(at, strconv.Itoa(w.first+f.cut.Shown)), most-(len(dst)-begin))
		if f.cut.Shown > 0 && (len(dst)-begin > most || e.cut.Values > counted.Values) {
			dst, *e.cut = dst[:before], counted // it does not fit whole, the next answer has it
			break
		}
		f.cut.Shown++
		f.next = place{List: at, Skip: w.first + f.cut.Shown, After: sumOf(list[start:end])}
	}
	if w.first+f.cut.Shown >= w.of {
		f.next = place{}
	}
	return dst
}

// emitter copies JSON and shortens it on the way.
type emitter struct {
	cut     *omitted
	cap     int    // longest text, in bytes
	list    string // JSON Pointer of the list whose records come from records
	records func(dst []byte) []byte
}

// emit appends v, which stands at path, within room as far as its kind allows.
func (e *emitter) emit(dst []byte, v json.RawMessage, path string, room int) []byte {
	_, holdsList := beneath(e.list, path)
	holdsList = holdsList && e.records != nil
	switch {
	case holdsList && path == e.list:
		return append(e.records(append(dst, '[')), ']')
	case !holdsList && len(v) <= room && !longerText(v, e.cap):
		return append(dst, v...)
	case kindOf(v) == '{':
		return e.object(dst, v, path, room)
	case kindOf(v) == '[':
		return e.array(dst, v, path, room)
	case kindOf(v) == '"':
		whole := text(v)
		part := textWithin(whole, max(min(e.cap, room-markSize), 40))
		e.cut.Texts++
		return append(dst, encoded(fmt.Sprintf("%s…%s%d more characters; path %s⟧", part, cutMark, utf8.RuneCountInString(whole[len(part):]), path))...)
	}
	e.cut.Values++ // a number of hundreds of digits
	return append(dst, encoded(fmt.Sprintf("%s%d digits; path %s⟧", cutMark, len(v), path))...)
}

// share is what one of several values gets of the room that is left: all of it
// if it needs little, else half, so that what follows gets something too.
func share(left, size int) int {
	if size <= left/2 {
		return left
	}
	return left / 2
}

func (e *emitter) object(dst []byte, v json.RawMessage, path string, room int) []byte {
	begin, skipped := len(dst), 0
	dst = append(dst, '{')
	for name, value := range members(v) {
		at := pointer(path, name)
		left := room - (len(dst) - begin) - len(name) - markSize
		_, holdsList := beneath(e.list, at)
		holdsList = holdsList && e.records != nil
		if !holdsList && left < min(len(value), markSize) {
			skipped++
			continue
		}
		if len(dst) > begin+1 {
			dst = append(dst, ',')
		}
		dst = append(append(dst, encoded(name)...), ':')
		before := len(dst)
		dst = e.emit(dst, value, at, share(left, len(value)))
		if holdsList {
			room += len(dst) - before // its room is its own
		}
	}
	return append(e.skipped(dst, skipped, "members", path, len(dst) > begin+1, `"⟦cut⟧":`), '}')
}

func (e *emitter) array(dst []byte, v json.RawMessage, path string, room int) []byte {
	begin, skipped, n := len(dst), 0, 0
	dst = append(dst, '[')
	for element := range elements(v) {
		at := pointer(path, strconv.Itoa(n))
		n++
		left := room - (len(dst) - begin) - markSize
		_, holdsList := beneath(e.list, at)
		holdsList = holdsList && e.records != nil
		if !holdsList && (skipped > 0 || left < min(len(element), markSize)) {
			skipped++
			continue
		}
		if len(dst) > begin+1 {
			dst = append(dst, ',')
		}
		before := len(dst)
		dst = e.emit(dst, element, at, share(left, len(element)))
		if holdsList {
			room += len(dst) - before
		}
	}
	return append(e.skipped(dst, skipped, "items", path, len(dst) > begin+1, ""), ']')
}

// skipped appends what stands for members or items that were left out.
func (e *emitter) skipped(dst []byte, n int, what, path string, follows bool, key string) []byte {
	if n == 0 {
		return dst
	}
	e.cut.Values += n
	if follows {
		dst = append(dst, ',')
	}
	dst = append(dst, key...)
	if path == "" {
		path = "/"
	}
	return append(dst, encoded(fmt.Sprintf("%s%d more %s; path %s⟧", cutMark, n, what, path))...)
}

const shortest = 200

// longerText tells whether v is or holds a text longer than most bytes.
func longerText(v []byte, most int) bool {
	if len(v) <= most {
		return false
	}
	for i := bytes.IndexByte(v, '"'); i >= 0 && i < len(v); {
		end := skipString(v, i)
		if end-i > most+2 {
			return true
		}
		next := bytes.IndexByte(v[end:], '"')
		if next < 0 {
			return false
		}
		i = end + next
	}
	return false
}

// capFor is the longest text that lets v fit into most bytes.
func capFor(v []byte, most int) int {
	if len(v) <= most {
		return len(v)
	}
	var sums [len(textCaps)]int
	for i := 0; i < len(v) && sums[len(sums)-1] <= most; {
		end, size := i+1, 1
		if v[i] == '"' {
			end = skipString(v, i)
			size = end - i
		}
		for j, longest := range textCaps {
			sums[j] += min(size, longest+markSize)
		}
		i = end
	}
	for j, sum := range sums {
		if sum <= most {
			return textCaps[j]
		}
	}
	return shortest
}

// heaviestList follows the weight to the list that makes a value long: the
// records of an answer, whatever the service wraps them in. It returns nil
// where the weight is spread.
func heaviestList(v json.RawMessage, at string) (json.RawMessage, string) {
	for {
		switch kindOf(v) {
		case '[':
			var only json.RawMessage
			n := 0
			for element := range elements(v) {
				if n++; n > 1 {
					return v, at
				}
				only = element
			}
			v, at = only, pointer(at, "0")
		case '{':
			var heaviest json.RawMessage
			name := ""
			for n, value := range members(v) {
				if len(value) > len(heaviest) {
					heaviest, name = value, n
				}
			}
			if len(heaviest) < len(v)/2 {
				return nil, ""
			}
			v, at = heaviest, pointer(at, name)
		default:
			return nil, ""
		}
	}
}

// textWithin is the longest beginning of s that takes at most so many bytes as
// a JSON string, without its quotes, and ends with a whole character.
func textWithin(s string, most int) string {
	size := 0
	for i, r := range s {
		n := utf8.RuneLen(r)
		switch {
		case r == '"', r == '\\', r == '\n', r == '\r', r == '\t':
			n = 2
		case r < 0x20, r == '\u2028', r == '\u2029', r == utf8.RuneError:
			n = 6
		}
		if size += n; size > most {
			return s[:i]
		}
	}
	return s
}

// sumOf tells records apart.
func sumOf(record []byte) string {
	sum := sha256.Sum256(record)
	return hex.EncodeToString(sum[:4])
}

// encoded is v as JSON; for values that always encode.
func encoded(v any) json.RawMessage {
	raw, err := encode(v)
	if err != nil {
		return json.RawMessage("null")
	}
	return raw
}
