package answer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas/rawjson"
)

// Place says which part of an answer is wanted. The zero place is its beginning.
type Place struct {
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

// Record is the number of the record that the place is at, or in; false where
// it is in none.
func (p Place) Record() (n int, ok bool) {
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

// Fitter cuts one answer to its budget: whole records are kept while they fit,
// long texts are shortened, and what is left out is counted.
type Fitter struct {
	Most    int // bytes
	Reserve int // of these, for the words and the continuation of a cut answer
	From    Place
	// Held says which records of its list the value has; all of them if nil.
	Held *airbyteclient.Seen

	// What came of it:
	Cut   Omitted
	Next  Place           // where to go on; zero when nothing is left
	Alone json.RawMessage // what is at from.Path: an answer of its own
	// Arguments replace those of the call when it goes on; nil if they are the same.
	Arguments json.RawMessage
}

// Omitted counts what an answer leaves out.
type Omitted struct {
	First  int  `json:"records_before,omitempty"` // records that earlier answers showed
	Shown  int  `json:"records_shown,omitempty"`  // of the list that was cut
	Of     int  `json:"records_of,omitempty"`     // all records of that list
	Texts  int  `json:"texts_cut,omitempty"`      // long texts that were shortened
	Values int  `json:"values_cut,omitempty"`     // members and items left out within records
	Moved  bool `json:"moved,omitempty"`          // the last record shown before is not where it was
}

func (c Omitted) Any() bool { return c.First+c.Shown < c.Of || c.Texts > 0 || c.Values > 0 }

// Fit returns value within the budget, less what stands beside it. base is the
// JSON Pointer of value in the answer.
func (f *Fitter) Fit(value json.RawMessage, base string, beside int) json.RawMessage {
	most := max(f.Most-beside, LeastRoom)
	if f.From.Path != "" {
		if rest, ok := Beneath(f.From.Path, base); ok {
			f.Extract(rawjson.Pointer(value, f.localPath(value, rest)), most-f.Reserve)
		}
		return json.RawMessage("null")
	}
	if f.From.List == "" && len(value) <= most {
		return value
	}
	most = max(most-f.Reserve, LeastRoom)
	list, at := heaviestList(value, base)
	if f.From.List != "" {
		rest, ok := Beneath(f.From.List, base)
		if list, at = rawjson.Pointer(value, rest), f.From.List; !ok || rawjson.FirstByte(list) != '[' {
			return value // the list stands in another part of the answer
		}
	}
	e := &Emitter{Cut: &f.Cut, list: at}
	if rawjson.FirstByte(list) != '[' {
		e.Cap = capFor(value, most)
		return e.Emit(nil, value, base, most)
	}
	around, room := len(value)-len(list), most
	if around > most/2 { // what stands around the list is long too
		room = most / 2
		probe := &Emitter{Cut: &Omitted{}, list: at, Cap: Shortest, records: func(dst []byte) []byte { return dst }}
		around = len(probe.Emit(nil, value, base, room))
	}
	w := f.window(list)
	e.Cap = capFor(list[w.start:], most-around)
	e.records = func(dst []byte) []byte { return f.records(dst, list, at, w, e, most-around) }
	return e.Emit(make([]byte, 0, most+1024), value, base, room)
}

// localPath turns the number of a record into where it stands among those held.
func (f *Fitter) localPath(value json.RawMessage, path string) string {
	if f.Held == nil {
		return path
	}
	_, list := heaviestList(value, "")
	rest, ok := Beneath(path, list)
	if !ok || rest == "" {
		return path
	}
	number, deeper, _ := strings.Cut(rest[1:], "/")
	n, err := strconv.Atoi(number)
	if err != nil {
		return path
	}
	path = list + "/" + strconv.Itoa(n-f.Held.First)
	if deeper != "" {
		path += "/" + deeper
	}
	return path
}

// Beneath is what of a pointer goes on from base.
func Beneath(pointer, base string) (string, bool) {
	rest, ok := strings.CutPrefix(pointer, base)
	return rest, ok && (rest == "" || rest[0] == '/')
}

// Extract makes an answer of one value alone: a stretch of a text, or as much
// of a list or record as fits.
func (f *Fitter) Extract(value json.RawMessage, most int) {
	most = max(most-len(f.From.Path)-100, LeastRoom)
	switch rawjson.FirstByte(value) {
	case 0: // there is none
	case '{':
		f.found(f.membersFrom(value, most))
	case '[':
		inner := &Fitter{Most: most, From: Place{List: f.From.List, Skip: f.From.Skip, After: f.From.After}}
		shown := inner.Fit(value, f.From.Path, 0)
		f.Cut, f.Next = inner.Cut, inner.Next
		if f.Next != (Place{}) {
			f.Next.Path = f.From.Path
		}
		f.found(shown)
	default:
		whole := rawjson.Text(value)
		if rawjson.FirstByte(value) != '"' {
			whole = string(value)
		}
		from := min(f.From.Offset, len(whole))
		part := TextWithin(whole[from:], most)
		f.Alone = rawjson.Of(struct {
			Path   string `json:"path"`
			Text   string `json:"text"`
			Offset int    `json:"offset_bytes"`
			Of     int    `json:"of_bytes"`
		}{f.From.Path, part, from, len(whole)})
		if from += len(part); from < len(whole) {
			f.Next = Place{Path: f.From.Path, Offset: from}
		}
	}
}

// found makes the answer of a value that was wanted alone.
func (f *Fitter) found(value json.RawMessage) {
	f.Alone = append(rawjson.AppendMember(rawjson.AppendMember([]byte("{"), "path", rawjson.Of(f.From.Path)), "value", value), '}')
}

// membersFrom is an object with the members that fit, from the place on.
func (f *Fitter) membersFrom(object json.RawMessage, most int) json.RawMessage {
	if f.From.Skip == 0 && len(object) <= most {
		return object
	}
	e := &Emitter{Cut: &f.Cut, Cap: capFor(object, most)}
	dst, n, shown, full := []byte{'{'}, 0, 0, false
	for name, value := range rawjson.Named(object) {
		if n++; n <= f.From.Skip || full {
			continue
		}
		before, counted := len(dst), f.Cut
		if shown > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(dst, rawjson.Of(name)...), ':')
		left := most - len(dst)
		dst = e.Emit(dst, value, rawjson.JoinPointer(f.From.Path, name), left)
		if full = shown > 0 && (len(dst) > most || left < min(len(value), markSize)); full {
			dst, f.Cut = dst[:before], counted
			continue
		}
		shown++
	}
	if seen := min(f.From.Skip, n) + shown; seen < n {
		f.Next = Place{Path: f.From.Path, List: f.From.Path, Skip: seen}
		f.Cut.Values += n - seen
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
func (f *Fitter) window(list []byte) window {
	if f.Held == nil {
		return f.windowOf(list, f.From.Skip)
	}
	w := f.windowOf(list, max(f.From.Skip-f.Held.First, 0))
	w.first += f.Held.First
	w.of = f.Held.Of
	return w
}

func (f *Fitter) windowOf(list []byte, skip int) window {
	w := window{start: rawjson.SkipSpace(list, 1)}
	var last []byte
	following := false
	for start, end := range rawjson.ElementSpans(list) {
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
	if skip == 0 || sumOf(last) == f.From.After {
		return w
	}
	f.Cut.Moved = true
	n := 0
	for start, end := range rawjson.ElementSpans(list) {
		if following {
			w.start, following = start, false
		}
		if n++; sumOf(list[start:end]) == f.From.After {
			w.first, w.start, following, f.Cut.Moved = n, len(list)-1, true, false
		}
	}
	return w
}

// records appends the records of the window while they fit.
func (f *Fitter) records(dst, list []byte, at string, w window, e *Emitter, most int) []byte {
	f.Cut.First, f.Cut.Of = w.first, w.of
	begin := len(dst)
	for start, end := range rawjson.ElementSpansFrom(list, w.start) {
		before, counted := len(dst), *e.Cut
		if f.Cut.Shown > 0 {
			dst = append(dst, ',')
		}
		dst = e.Emit(dst, list[start:end], rawjson.JoinPointer(at, strconv.Itoa(w.first+f.Cut.Shown)), most-(len(dst)-begin))
		if f.Cut.Shown > 0 && (len(dst)-begin > most || e.Cut.Values > counted.Values) {
			dst, *e.Cut = dst[:before], counted // it does not fit whole, the next answer has it
			break
		}
		f.Cut.Shown++
		f.Next = Place{List: at, Skip: w.first + f.Cut.Shown, After: sumOf(list[start:end])}
	}
	if w.first+f.Cut.Shown >= w.of {
		f.Next = Place{}
	}
	return dst
}

// heaviestList follows the weight to the list that makes a value long: the
// records of an answer, whatever the service wraps them in. It returns nil
// where the weight is spread.
func heaviestList(v json.RawMessage, at string) (json.RawMessage, string) {
	for {
		switch rawjson.FirstByte(v) {
		case '[':
			var only json.RawMessage
			n := 0
			for element := range rawjson.Elements(v) {
				if n++; n > 1 {
					return v, at
				}
				only = element
			}
			v, at = only, rawjson.JoinPointer(at, "0")
		case '{':
			var heaviest json.RawMessage
			name := ""
			for n, value := range rawjson.Named(v) {
				if len(value) > len(heaviest) {
					heaviest, name = value, n
				}
			}
			if len(heaviest) < len(v)/2 {
				return nil, ""
			}
			v, at = heaviest, rawjson.JoinPointer(at, name)
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
