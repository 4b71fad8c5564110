package tools

import (
	"bytes"
	"encoding/json"
	"iter"
	"strconv"
	"strings"
)

// This file looks into JSON without decoding it. The values come from the API
// client, which has checked that they are valid, of bounded depth, and on one
// line; on anything else these functions end early and never panic.

// kindOf is the first byte of a value: one of {["tfn-0123456789, or 0 for none.
func kindOf(v []byte) byte {
	if len(v) == 0 {
		return 0
	}
	return v[0]
}

// trimmed is v without the space around it.
func trimmed(v []byte) []byte { return bytes.Trim(v, " \t\r\n") }

// elements yields the elements of an array, without the space around them.
func elements(array []byte) iter.Seq[json.RawMessage] {
	array = trimmed(array)
	return func(yield func(json.RawMessage) bool) {
		for start, end := range spans(array) {
			if !yield(json.RawMessage(array[start:end:end])) {
				return
			}
		}
	}
}

// spans yields where each element of an array begins and ends.
func spans(array []byte) iter.Seq2[int, int] {
	if kindOf(array) != '[' {
		return func(func(int, int) bool) {}
	}
	return spansFrom(array, space(array, 1))
}

// spansFrom yields the same for the elements from the one that begins at i.
func spansFrom(array []byte, i int) iter.Seq2[int, int] {
	return func(yield func(int, int) bool) {
		for i < len(array) && array[i] != ']' {
			end := skip(array, i)
			if end <= i || !yield(i, end) {
				return
			}
			if i = space(array, end); i < len(array) && array[i] == ',' {
				i = space(array, i+1)
			}
		}
	}
}

// members yields the names and values of an object's members, names decoded.
func members(object []byte) iter.Seq2[string, json.RawMessage] {
	return func(yield func(string, json.RawMessage) bool) {
		object = trimmed(object)
		if kindOf(object) != '{' {
			return
		}
		for i := space(object, 1); i < len(object) && object[i] == '"'; {
			end := skip(object, i)
			name := text(object[i:end])
			i = space(object, end)
			if i >= len(object) || object[i] != ':' {
				return
			}
			i = space(object, i+1)
			if end = skip(object, i); end <= i || !yield(name, json.RawMessage(object[i:end:end])) {
				return
			}
			if i = space(object, end); i < len(object) && object[i] == ',' {
				i = space(object, i+1)
			}
		}
	}
}

// member is one member of an object, nil when there is none of the name.
func member(object []byte, name string) json.RawMessage {
	for n, value := range members(object) {
		if n == name {
			return value
		}
	}
	return nil
}

// objectWithout copies an object, leaving out one member; the result is open: what
// follows may be appended before it is closed.
func objectWithout(object []byte, left string) []byte {
	out := []byte{'{'}
	for name, value := range members(object) {
		if name != left {
			out = appendNamed(out, name, value)
		}
	}
	return out
}

// field is the value at a dotted path such as owner.email, nil when there is
// none. A member whose own name has the dots goes first. Numbers count into
// arrays.
func field(v json.RawMessage, path string) json.RawMessage {
	if found := member(v, path); found != nil {
		return found
	}
	for at := strings.IndexByte(path, '.'); at >= 0; {
		if inner := step(v, path[:at]); inner != nil {
			return field(inner, path[at+1:])
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
	if kindOf(v) != '[' {
		return member(v, name)
	}
	n, err := strconv.Atoi(name)
	if err != nil || n < 0 {
		return nil
	}
	for element := range elements(v) {
		if n == 0 {
			return element
		}
		n--
	}
	return nil
}

// pointed is the value at a JSON Pointer (RFC 6901), nil when there is none.
// "/" is the whole too: an empty path would mean that none is given.
func pointed(v json.RawMessage, pointer string) json.RawMessage {
	v = trimmed(v)
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

// pointer adds a token to a JSON Pointer.
func pointer(base, token string) string {
	return base + "/" + toPointer.Replace(token)
}

var fromPointer, toPointer = strings.NewReplacer("~1", "/", "~0", "~"), strings.NewReplacer("~", "~0", "/", "~1")

// count is the number of elements of an array.
func count(array []byte) int {
	n := 0
	for range elements(array) {
		n++
	}
	return n
}

// text decodes a JSON string; empty for anything else.
func text(v []byte) string {
	if kindOf(v) != '"' || len(v) < 2 {
		return ""
	}
	if bytes.IndexByte(v, '\\') < 0 {
		return string(v[1 : len(v)-1])
	}
	var s string
	_ = json.Unmarshal(v, &s) // valid by contract
	return s
}

func space(v []byte, i int) int {
	for i < len(v) && (v[i] == ' ' || v[i] == '\t' || v[i] == '\n' || v[i] == '\r') {
		i++
	}
	return i
}

// skip returns the end of the value that begins at i.
func skip(v []byte, i int) int {
	if i >= len(v) {
		return i
	}
	switch v[i] {
	case '"':
		return skipString(v, i)
	case '{', '[':
		depth := 0
		for i < len(v) {
			switch v[i] {
			case '"':
				i = skipString(v, i)
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
	for i < len(v) && !bytes.ContainsRune([]byte(",]} \t\r\n"), rune(v[i])) {
		i++
	}
	return i
}

func skipString(v []byte, i int) int {
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
