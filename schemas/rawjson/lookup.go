package rawjson

import (
	"encoding/json"
	"strconv"
	"strings"
)

// Member returns the first member of an object that has the name, and nil when
// there is none.
func Member(object []byte, name string) json.RawMessage {
	for key, value := range Members(object) {
		if key.Is(name) {
			return value
		}
	}
	return nil
}

// LastMember is Member for the last of the name, which is the one that
// encoding/json decodes.
func LastMember(object []byte, name string) json.RawMessage {
	var last json.RawMessage
	for key, value := range Members(object) {
		if key.Is(name) {
			last = value
		}
	}
	return last
}

// Element returns the element of an array that has the number, from 0, and nil
// when there is none.
func Element(array []byte, number int) json.RawMessage {
	for element := range Elements(array) {
		if number == 0 {
			return element
		}
		number--
	}
	return nil
}

// Len returns the number of elements of an array.
func Len(array []byte) int {
	n := 0
	for range ElementSpans(array) {
		n++
	}
	return n
}

// Field returns the value at a dotted path such as owner.email or items.0.id,
// and nil when there is none. A member whose own name has the dots goes first.
func Field(v []byte, path string) json.RawMessage {
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

// step goes one level into a value: to a member, or an element by its number.
func step(v []byte, name string) json.RawMessage {
	if KindOf(Trim(v)) != Array {
		return Member(v, name)
	}
	n, err := strconv.Atoi(name)
	if err != nil || n < 0 {
		return nil
	}
	return Element(v, n)
}

// Pointer returns the value at a JSON Pointer (RFC 6901), and nil when there is
// none. "/" means the whole value, as "" does: where a pointer is an argument,
// an empty one would mean that none is given.
func Pointer(v []byte, pointer string) json.RawMessage {
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

// JoinPointer adds a key or the number of an element to a JSON Pointer.
func JoinPointer(pointer, token string) string {
	return pointer + "/" + toPointer.Replace(token)
}

var fromPointer, toPointer = strings.NewReplacer("~1", "/", "~0", "~"), strings.NewReplacer("~", "~0", "/", "~1")

// JoinPath adds a name to a dotted path.
func JoinPath(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// Scalar returns a string as what it means and a number as it is written, and ""
// for any other value.
func Scalar(v []byte) string {
	switch KindOf(v) {
	case String:
		return Text(v)
	case Number:
		return string(v)
	}
	return ""
}

// IsEmpty reports whether an object has no members. Whatever is not an object
// has none.
func IsEmpty(object []byte) bool {
	for range Members(object) {
		return false
	}
	return true
}

// Depth returns how many objects and arrays are open at the deepest place of v.
func Depth(v []byte) int {
	depth, deepest := 0, 0
	for i := 0; i < len(v); {
		switch v[i] {
		case '"':
			i = stringEnd(v, i)
			continue
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
		case '}', ']':
			depth--
		}
		i++
	}
	return deepest
}
