package rawjson

import (
	"bytes"
	"encoding/json"
	"iter"
	"strconv"
	"strings"
)

// Kind returns the first byte of a value, which tells its type: one of
// {["tfn-0123456789, or 0 for no bytes.
func Kind(v []byte) byte {
	if len(v) == 0 {
		return 0
	}
	return v[0]
}

// Trim returns v without the space around it.
func Trim(v []byte) []byte { return bytes.Trim(v, " \t\r\n") }

// Elements yields the elements of an array, without the space around them.
func Elements(array []byte) iter.Seq[json.RawMessage] {
	array = Trim(array)
	return func(yield func(json.RawMessage) bool) {
		for start, end := range Spans(array) {
			if !yield(json.RawMessage(array[start:end:end])) {
				return
			}
		}
	}
}

// Spans yields where each element of an array begins and ends.
func Spans(array []byte) iter.Seq2[int, int] {
	if Kind(array) != '[' {
		return func(func(int, int) bool) {}
	}
	return SpansFrom(array, Space(array, 1))
}

// SpansFrom yields the same for the elements from the one that begins at i.
func SpansFrom(array []byte, i int) iter.Seq2[int, int] {
	return func(yield func(int, int) bool) {
		for i < len(array) && array[i] != ']' {
			end := Skip(array, i)
			if end <= i || !yield(i, end) {
				return
			}
			if i = Space(array, end); i < len(array) && array[i] == ',' {
				i = Space(array, i+1)
			}
		}
	}
}

// Members yields the names and values of an object's members, names decoded.
func Members(object []byte) iter.Seq2[string, json.RawMessage] {
	return func(yield func(string, json.RawMessage) bool) {
		object = Trim(object)
		if Kind(object) != '{' {
			return
		}
		for i := Space(object, 1); i < len(object) && object[i] == '"'; {
			end := Skip(object, i)
			name := Text(object[i:end])
			i = Space(object, end)
			if i >= len(object) || object[i] != ':' {
				return
			}
			i = Space(object, i+1)
			if end = Skip(object, i); end <= i || !yield(name, json.RawMessage(object[i:end:end])) {
				return
			}
			if i = Space(object, end); i < len(object) && object[i] == ',' {
				i = Space(object, i+1)
			}
		}
	}
}

// Member returns one member of an object, nil when there is none of the name. Of
// several it is the first.
func Member(object []byte, name string) json.RawMessage {
	for n, value := range Members(object) {
		if n == name {
			return value
		}
	}
	return nil
}

// Without copies an object, leaving out one member; the result is open: what
// follows may be appended before it is closed.
func Without(object []byte, left string) []byte {
	out := []byte{'{'}
	for name, value := range Members(object) {
		if name != left {
			out = AppendNamed(out, name, value)
		}
	}
	return out
}

// Field returns the value at a dotted path such as owner.email, nil when there is
// none. A member whose own name has the dots goes first. Numbers count into
// arrays.
func Field(v json.RawMessage, path string) json.RawMessage {
	if found := Member(v, path); found != nil {
		return found
	}
	for at := strings.IndexByte(path, '.'); at >= 0; {
		if inner := step(v, path[:at]); inner != nil {
			return Field(inner, path[at+1:])
		}
		next := strings.IndexByte(path[at+1:], '.')
		if next < 0 {
			return nil
		}
		at += 1 + next
	}
	return step(v, path)
}

// step goes one level into a value.
func step(v json.RawMessage, name string) json.RawMessage {
	if Kind(v) != '[' {
		return Member(v, name)
	}
	n, err := strconv.Atoi(name)
	if err != nil || n < 0 {
		return nil
	}
	for element := range Elements(v) {
		if n == 0 {
			return element
		}
		n--
	}
	return nil
}

// At returns the value at a JSON Pointer (RFC 6901), nil when there is none.
// "/" is the whole too: an empty path would mean that none is given.
func At(v json.RawMessage, pointer string) json.RawMessage {
	v = Trim(v)
	if pointer == "" || pointer == "/" {
		return v
	}
	for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		if v = step(v, fromPointer.Replace(token)); v == nil {
			return nil
		}
	}
	return v
}

// Pointer returns a JSON Pointer with a token added to base.
func Pointer(base, token string) string {
	return base + "/" + toPointer.Replace(token)
}

var fromPointer, toPointer = strings.NewReplacer("~1", "/", "~0", "~"), strings.NewReplacer("~", "~0", "/", "~1")

// Count returns the number of elements of an array.
func Count(array []byte) int {
	n := 0
	for range Elements(array) {
		n++
	}
	return n
}

// Text returns the decoded JSON string; empty for anything else.
func Text(v []byte) string {
	if Kind(v) != '"' || len(v) < 2 {
		return ""
	}
	if bytes.IndexByte(v, '\\') < 0 {
		return string(v[1 : len(v)-1])
	}
	var s string
	_ = json.Unmarshal(v, &s) // valid by contract
	return s
}

// Space returns the position of the first byte at or after i that is no space.
func Space(v []byte, i int) int {
	for i < len(v) && (v[i] == ' ' || v[i] == '\t' || v[i] == '\n' || v[i] == '\r') {
		i++
	}
	return i
}

// Skip returns the end of the value that begins at i.
func Skip(v []byte, i int) int {
	if i >= len(v) {
		return i
	}
	switch v[i] {
	case '"':
		return SkipString(v, i)
	case '{', '[':
		depth := 0
		for i < len(v) {
			switch v[i] {
			case '"':
				i = SkipString(v, i)
				continue
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
			i++
		}
		return len(v)
	}
	for i < len(v) && !endsWord(v[i]) {
		i++
	}
	return i
}

// SkipString returns the end of the string that begins at i.
func SkipString(v []byte, i int) int {
	for i++; i < len(v); i++ {
		next := bytes.IndexByte(v[i:], '"')
		if next < 0 {
			return len(v)
		}
		i += next
		slashes := 0
		for v[i-1-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return i + 1
		}
	}
	return len(v)
}

// endsWord reports whether c stands behind a number, or a word such as null.
func endsWord(c byte) bool {
	switch c {
	case ',', ':', ']', '}', ' ', '\t', '\n', '\r':
		return true
	}
	return false
}

// Depth returns how many brackets are open at the deepest place of v.
func Depth(v []byte) int {
	depth, deepest := 0, 0
	for i := 0; i < len(v); i++ {
		switch v[i] {
		case '"':
			i = SkipString(v, i) - 1
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
		case '}', ']':
			depth--
		}
	}
	return deepest
}
