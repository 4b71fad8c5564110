package rawjson

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// A JSON string, here called a text, is handled as it is written, with its
// quotes and escapes. Bytes that are not UTF-8 are kept.

// Key is the key of a member as it is written: "name", with its quotes.
type Key []byte

// Is reports whether the key means name. It does not allocate.
func (k Key) Is(name string) bool { return TextIs(k, name) }

// Equal reports whether two keys mean the same name.
func (k Key) Equal(other Key) bool { return EqualText(k, other) }

// String returns the name that the key means.
func (k Key) String() string { return Text(k) }

// Text returns what a JSON string means, and "" for any other value.
func Text(v []byte) string {
	inner, ok := inside(v)
	if !ok {
		return ""
	}
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	return string(AppendText(make([]byte, 0, len(inner)), v))
}

// AppendText appends what a JSON string means, and nothing for any other value.
func AppendText(dst, v []byte) []byte {
	inner, _ := inside(v)
	for {
		at := bytes.IndexByte(inner, '\\')
		if at < 0 {
			return append(dst, inner...)
		}
		dst = append(dst, inner[:at]...)
		r, size := unescape(inner[at:])
		dst = utf8.AppendRune(dst, r)
		inner = inner[at+size:]
	}
}

// TextIs reports whether v is a JSON string that means text.
func TextIs(v []byte, text string) bool {
	inner, ok := inside(v)
	if !ok || len(inner) < len(text) { // decoding makes nothing longer
		return false
	}
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner) == text
	}
	r := textReader{rest: inner}
	for i := range len(text) {
		if c, ok := r.next(); !ok || c != text[i] {
			return false
		}
	}
	_, more := r.next()
	return !more
}

// EqualText reports whether two JSON strings mean the same.
func EqualText(a, b []byte) bool {
	if bytes.IndexByte(a, '\\') < 0 && bytes.IndexByte(b, '\\') < 0 {
		return bytes.Equal(a, b)
	}
	return CompareText(a, b) == 0
}

// CompareText orders two JSON strings by the bytes of what they mean, as
// strings.Compare does.
func CompareText(a, b []byte) int {
	innerA, _ := inside(a)
	innerB, _ := inside(b)
	x, y := textReader{rest: innerA}, textReader{rest: innerB}
	for {
		c, more := x.next()
		d, also := y.next()
		switch {
		case !more && !also:
			return 0
		case !more, also && c < d:
			return -1
		case !also, c > d:
			return 1
		}
	}
}

// inside returns what is between the quotes of a JSON string.
func inside(v []byte) ([]byte, bool) {
	if len(v) < 2 || v[0] != '"' {
		return nil, false
	}
	return v[1 : len(v)-1], true
}

// textReader reads what a JSON string means byte by byte.
type textReader struct {
	rest    []byte
	decoded [utf8.UTFMax]byte // the bytes of an escape
	at, end int               // those of them that have not been read
}

func (r *textReader) next() (c byte, ok bool) {
	if r.at < r.end {
		r.at++
		return r.decoded[r.at-1], true
	}
	if len(r.rest) == 0 {
		return 0, false
	}
	if c = r.rest[0]; c != '\\' {
		r.rest = r.rest[1:]
		return c, true
	}
	char, size := unescape(r.rest)
	r.rest = r.rest[size:]
	r.at, r.end = 1, utf8.EncodeRune(r.decoded[:], char)
	return r.decoded[0], true
}

// unescape returns the character that an escape at the beginning of v means, and
// how many bytes it takes: two escapes that together mean one character are read
// as one. Half of such a pair means U+FFFD, as encoding/json has it.
func unescape(v []byte) (r rune, size int) {
	if len(v) < 2 {
		return utf8.RuneError, len(v)
	}
	switch c := v[1]; c {
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
	default:
		return rune(c), 2
	}
	r, ok := escapedUnit(v)
	if !ok {
		return utf8.RuneError, 2
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if low, ok := escapedUnit(v[6:]); ok {
		if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
			return both, 12
		}
	}
	return utf8.RuneError, 6
}

// escapedUnit returns the UTF-16 code unit of an escape such as \u00e4 at the
// beginning of v.
func escapedUnit(v []byte) (unit rune, ok bool) {
	if len(v) < 6 || v[0] != '\\' || v[1] != 'u' {
		return 0, false
	}
	for _, c := range v[2:6] {
		if hexValue[c] > 15 {
			return 0, false
		}
		unit = unit<<4 | rune(hexValue[c])
	}
	return unit, true
}
