package tools

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"

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

// sumOf tells records apart.
func sumOf(record []byte) string {
	sum := sha256.Sum256(record)
	return hex.EncodeToString(sum[:4])
}
