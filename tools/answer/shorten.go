package answer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"

	"airbyte-agent-mcp/schemas/rawjson"
)

// CutMark begins what stands in place of what was cut. No service writes it,
// so a shortened text is never taken for the whole.
const CutMark = "⟦cut "

// textCaps are the lengths, in bytes, to which long texts are shortened: the
// largest at which everything fits, else the last.
var textCaps = [...]int{16000, 8000, 4000, 2000, 1000, 500, 200}

const (
	// markSize is about what a mark costs, in bytes.
	markSize = 80
	// LeastRoom is what a value is always given, in bytes: a record is cut
	// rather than left out when it is the first.
	LeastRoom = 400
)

// Emitter copies JSON and shortens it on the way.
type Emitter struct {
	Cut     *Omitted
	Cap     int    // longest text, in bytes
	list    string // JSON Pointer of the list whose records come from records
	records func(dst []byte) []byte
}

// Emit appends v, which stands at path, within room as far as its kind allows.
func (e *Emitter) Emit(dst []byte, v json.RawMessage, path string, room int) []byte {
	_, holdsList := Beneath(e.list, path)
	holdsList = holdsList && e.records != nil
	switch {
	case holdsList && path == e.list:
		return append(e.records(append(dst, '[')), ']')
	case !holdsList && len(v) <= room && !longerText(v, e.Cap):
		return append(dst, v...)
	case rawjson.FirstByte(v) == '{':
		return e.object(dst, v, path, room)
	case rawjson.FirstByte(v) == '[':
		return e.array(dst, v, path, room)
	case rawjson.FirstByte(v) == '"':
		whole := rawjson.Text(v)
		part := TextWithin(whole, max(min(e.Cap, room-markSize), 40))
		e.Cut.Texts++
		return append(dst, rawjson.Of(fmt.Sprintf("%s…%s%d more characters; path %s⟧", part, CutMark, utf8.RuneCountInString(whole[len(part):]), path))...)
	}
	e.Cut.Values++ // a number of hundreds of digits
	return append(dst, rawjson.Of(fmt.Sprintf("%s%d digits; path %s⟧", CutMark, len(v), path))...)
}

// share is what one of several values gets of the room that is left: all of it
// if it needs little, else half, so that what follows gets something too.
func share(left, size int) int {
	if size <= left/2 {
		return left
	}
	return left / 2
}

func (e *Emitter) object(dst []byte, v json.RawMessage, path string, room int) []byte {
	begin, skipped := len(dst), 0
	dst = append(dst, '{')
	for name, value := range rawjson.Named(v) {
		at := rawjson.JoinPointer(path, name)
		left := room - (len(dst) - begin) - len(name) - markSize
		_, holdsList := Beneath(e.list, at)
		holdsList = holdsList && e.records != nil
		if !holdsList && left < min(len(value), markSize) {
			skipped++
			continue
		}
		if len(dst) > begin+1 {
			dst = append(dst, ',')
		}
		dst = append(append(dst, rawjson.Of(name)...), ':')
		before := len(dst)
		dst = e.Emit(dst, value, at, share(left, len(value)))
		if holdsList {
			room += len(dst) - before // its room is its own
		}
	}
	return append(e.skipped(dst, skipped, "members", path, len(dst) > begin+1, `"⟦cut⟧":`), '}')
}

func (e *Emitter) array(dst []byte, v json.RawMessage, path string, room int) []byte {
	begin, skipped, n := len(dst), 0, 0
	dst = append(dst, '[')
	for element := range rawjson.Elements(v) {
		at := rawjson.JoinPointer(path, strconv.Itoa(n))
		n++
		left := room - (len(dst) - begin) - markSize
		_, holdsList := Beneath(e.list, at)
		holdsList = holdsList && e.records != nil
		if !holdsList && (skipped > 0 || left < min(len(element), markSize)) {
			skipped++
			continue
		}
		if len(dst) > begin+1 {
			dst = append(dst, ',')
		}
		before := len(dst)
		dst = e.Emit(dst, element, at, share(left, len(element)))
		if holdsList {
			room += len(dst) - before
		}
	}
	return append(e.skipped(dst, skipped, "items", path, len(dst) > begin+1, ""), ']')
}

// skipped appends what stands for members or items that were left out.
func (e *Emitter) skipped(dst []byte, n int, what, path string, follows bool, key string) []byte {
	if n == 0 {
		return dst
	}
	e.Cut.Values += n
	if follows {
		dst = append(dst, ',')
	}
	dst = append(dst, key...)
	if path == "" {
		path = "/"
	}
	return append(dst, rawjson.Of(fmt.Sprintf("%s%d more %s; path %s⟧", CutMark, n, what, path))...)
}

const Shortest = 200

// longerText tells whether v is or holds a text longer than most bytes.
func longerText(v []byte, most int) bool {
	if len(v) <= most {
		return false
	}
	for i := bytes.IndexByte(v, '"'); i >= 0 && i < len(v); {
		end := rawjson.Skip(v, i)
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
			end = rawjson.Skip(v, i)
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
	return Shortest
}

// TextWithin is the longest beginning of s that takes at most so many bytes as
// a JSON string, without its quotes, and ends with a whole character.
func TextWithin(s string, most int) string {
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
