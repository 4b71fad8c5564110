package tools

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"
)

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
