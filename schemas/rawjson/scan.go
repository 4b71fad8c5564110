package rawjson

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"

	"airbyte-agent-mcp/schemas/safetext"
)

// checker checks one text, and notes its traits. Its methods take the offset at
// which something begins and return the one behind it, or -1 after fail. Offsets
// are passed along rather than kept, so that they stay in registers.
type checker struct {
	data    []byte
	traits  Traits
	fault   int // where it failed
	tooDeep bool
}

func (s *checker) fail(at int) int {
	s.fault = at
	return -1
}

// err returns what was wrong.
func (s *checker) err() error {
	switch {
	case s.tooDeep:
		return ErrTooDeep
	case s.fault >= len(s.data):
		return ErrCutShort
	}
	return &SyntaxError{s.fault}
}

// value checks the value at i, which is inside depth others.
func (s *checker) value(i, depth int) int {
	if i >= len(s.data) {
		return s.fail(i)
	}
	switch s.data[i] {
	case '"':
		return s.text(i + 1)
	case '{', '[':
		if depth >= MaxDepth {
			s.tooDeep = true
			return s.fail(i)
		}
		if s.data[i] == '{' {
			return s.object(i+1, depth+1)
		}
		return s.array(i+1, depth+1)
	case 't':
		return s.word(i, "true")
	case 'f':
		return s.word(i, "false")
	case 'n':
		return s.word(i, "null")
	}
	return s.number(i)
}

// object checks the rest of an object whose bracket is behind it.
func (s *checker) object(i, depth int) int {
	data := s.data
	if i = s.space(i); i < len(data) && data[i] == '}' {
		return i + 1
	}
	for {
		if i = s.key(i); i < 0 {
			return i
		}
		if i < len(data) && data[i] == '"' {
			i = s.text(i + 1)
		} else {
			i = s.value(i, depth)
		}
		if i < 0 {
			return i
		}
		if i >= len(data) || data[i] <= ' ' {
			i = s.space(i)
		}
		switch {
		case i >= len(data):
			return s.fail(i)
		case data[i] == ',':
			i = s.space(i + 1)
		case data[i] == '}':
			return i + 1
		default:
			return s.fail(i)
		}
	}
}

// key checks a member's key and colon, and the space around them.
func (s *checker) key(i int) int {
	if i >= len(s.data) || s.data[i] != '"' {
		return s.fail(i)
	}
	if i = s.text(i + 1); i < 0 {
		return i
	}
	return s.colon(i)
}

// colon checks a colon and the space around it.
func (s *checker) colon(i int) int {
	if i = s.space(i); i >= len(s.data) || s.data[i] != ':' {
		return s.fail(i)
	}
	return s.space(i + 1)
}

// array checks the rest of an array whose bracket is behind it.
func (s *checker) array(i, depth int) int {
	data := s.data
	if i = s.space(i); i < len(data) && data[i] == ']' {
		return i + 1
	}
	for {
		if i = s.value(i, depth); i < 0 {
			return i
		}
		i = s.space(i)
		switch {
		case i >= len(data):
			return s.fail(i)
		case data[i] == ',':
			i = s.space(i + 1)
		case data[i] == ']':
			return i + 1
		default:
			return s.fail(i)
		}
	}
}

// space passes the space between two tokens, mostly none.
func (s *checker) space(i int) int {
	if i < len(s.data) && s.data[i] > ' ' {
		return i
	}
	return s.someSpace(i)
}

func (s *checker) someSpace(i int) int {
	for ; i < len(s.data); i++ {
		switch s.data[i] {
		case ' ', '\t':
			s.traits |= HasSpace
		case '\n', '\r':
			s.traits |= HasSpace | HasNewline
		default:
			return i
		}
	}
	return i
}

func (s *checker) word(i int, word string) int {
	for j := range len(word) {
		if i >= len(s.data) || s.data[i] != word[j] {
			return s.fail(i)
		}
		i++
	}
	return i
}

// number checks a number, or whatever else stands where a value should begin.
func (s *checker) number(i int) int {
	data := s.data
	if i < len(data) && data[i] == '-' {
		i++
	}
	if i < len(data) && data[i] == '0' {
		i++
	} else if i = s.digits(i); i < 0 {
		return i
	}
	if i < len(data) && data[i] == '.' {
		if i = s.digits(i + 1); i < 0 {
			return i
		}
	}
	if i < len(data) && data[i]|0x20 == 'e' {
		if i++; i < len(data) && (data[i] == '+' || data[i] == '-') {
			i++
		}
		return s.digits(i)
	}
	return i
}

// digits checks one digit or more.
func (s *checker) digits(i int) int {
	start := i
	for i < len(s.data) && s.data[i]-'0' <= 9 {
		i++
	}
	if i == start {
		return s.fail(i)
	}
	return i
}

// text checks the rest of a string whose first quote is behind it, eight plain
// bytes at a time.
func (s *checker) text(i int) int {
	data := s.data
	for {
		for {
			if i+8 > len(data) {
				if i = plainEnd(data, i); i >= len(data) {
					return s.fail(i)
				}
				break
			}
			if special := notPlain(binary.LittleEndian.Uint64(data[i:])); special != 0 {
				i += bits.TrailingZeros64(special) / 8
				break
			}
			i += 8
		}
		switch c := data[i]; {
		case c == '"':
			return i + 1
		case c >= utf8.RuneSelf:
			i = s.beyondASCII(i)
		case c == '\\':
			if i = s.escape(i + 1); i < 0 {
				return i
			}
		default:
			return s.fail(i)
		}
	}
}

// notPlain sets the high bit of the first of eight bytes, from the low end, that
// ends a plain stretch of a string: a quote, a backslash, a control character or
// a byte beyond ASCII. Bits above that one mean nothing.
func notPlain(x uint64) uint64 {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	quote, slash := x^(ones*'"'), x^(ones*'\\')
	return ((quote-ones)&^quote | (slash-ones)&^slash | (x-ones*0x20)&^x | x) & high
}

// plainEnd is notPlain for the last few bytes.
func plainEnd(data []byte, i int) int {
	for i < len(data) && data[i] >= ' ' && data[i] < utf8.RuneSelf && data[i] != '"' && data[i] != '\\' {
		i++
	}
	return i
}

// beyondASCII passes characters that are not ASCII. Those of three bytes, which
// dashes and quotes are, are decided by their bytes.
func (s *checker) beyondASCII(i int) int {
	data, found := s.data, HasNonASCII
	for i < len(data) && data[i] >= utf8.RuneSelf {
		left, c := len(data)-i, data[i]
		switch {
		case left >= 2 && c >= 0xC2 && c <= 0xDF && data[i+1]&0xC0 == 0x80:
			if r := rune(c&0x1F)<<6 | rune(data[i+1]&0x3F); safetext.Invisible(r) {
				found |= HasInvisible
			}
			i += 2
		case left >= 3 && c >= 0xE1 && c <= 0xEF && c != 0xED && data[i+1]&0xC0 == 0x80 && data[i+2]&0xC0 == 0x80:
			if r := rune(c&0x0F)<<12 | rune(data[i+1]&0x3F)<<6 | rune(data[i+2]&0x3F); safetext.Invisible(r) {
				found |= HasInvisible
			}
			i += 3
		default:
			r, size := utf8.DecodeRune(data[i:])
			if r == utf8.RuneError && size == 1 {
				found |= HasInvalidUTF8
			}
			if safetext.Invisible(r) {
				found |= HasInvisible
			}
			i += size
		}
	}
	s.traits |= found
	return i
}

// escape checks the rest of an escape whose backslash is behind it.
func (s *checker) escape(i int) int {
	s.traits |= HasEscape
	if i >= len(s.data) {
		return s.fail(i)
	}
	switch s.data[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1
	case 'u':
	default:
		return s.fail(i)
	}
	i++
	r := rune(0)
	for range 4 {
		if i >= len(s.data) || hexValue[s.data[i]] > 15 {
			return s.fail(i)
		}
		r = r<<4 | rune(hexValue[s.data[i]])
		i++
	}
	if safetext.Invisible(r) || isTagHalf(r) {
		s.traits |= HasInvisible
	}
	return i
}

// isTagHalf reports whether r is the first half of an escaped character from
// U+E0000 to U+E0FFF, all of which are invisible. Alone it counts as one too:
// what follows could become its second half when something between is removed.
func isTagHalf(r rune) bool { return r >= 0xDB40 && r <= 0xDB43 }

// hexValue maps a hexadecimal digit to its value, and other bytes to 255.
var hexValue = func() (values [256]byte) {
	for i := range values {
		values[i] = 255
	}
	for i := range 10 {
		values['0'+i] = byte(i)
	}
	for i := range 6 {
		values['a'+i], values['A'+i] = byte(10+i), byte(10+i)
	}
	return values
}()
