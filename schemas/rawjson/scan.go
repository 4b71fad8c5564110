package rawjson

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
	"unicode/utf8"
)

// MaxDepth is the deepest nesting that is read.
const MaxDepth = 512

// The errors of OneLine and ScanObject. They say what is wrong of a value that
// the caller names: "the answer is nested …".
var (
	ErrCutShort = errors.New("ends within its JSON")
	ErrTooDeep  = fmt.Errorf("is nested deeper than %d levels", MaxDepth)
	ErrNoObject = errors.New("is not a JSON object")
)

// scanner checks that bytes are one JSON value (RFC 8259) without decoding or
// allocating. In passing it sees whether they fit on a line.
type scanner struct {
	data []byte
	pos  int
	// breaks: a newline stood between tokens. notUTF8: a string was not UTF-8.
	breaks, notUTF8 bool
	tooDeep         bool
}

// ScannedMember is one member of an object that ScanObject reads. Its parts are
// slices of the scanned bytes.
type ScannedMember struct {
	Key     []byte // with its quotes
	Value   []byte
	breaks  bool // a newline stands between tokens of Value
	notUTF8 bool // a text in Value is not UTF-8
}

// Name returns the decoded key.
func (m ScannedMember) Name() string { return Text(m.Key) }

// Line returns the value as valid UTF-8 on one line: the scanned bytes
// themselves, or a copy where they had to be changed.
func (m ScannedMember) Line() json.RawMessage {
	return onLine(m.Value[:len(m.Value):len(m.Value)], m.breaks, m.notUTF8)
}

func onLine(value []byte, breaks, notUTF8 bool) []byte {
	if breaks {
		var buf bytes.Buffer
		buf.Grow(len(value))
		_ = json.Compact(&buf, value) // it has been checked
		value = buf.Bytes()
	}
	if notUTF8 {
		value = bytes.ToValidUTF8(value, []byte("\uFFFD"))
	}
	return value
}

// OneLine checks a JSON value and returns it as valid UTF-8 on one line: the
// bytes themselves, or a copy where they had to be changed.
func OneLine(data []byte) ([]byte, error) {
	data = bytes.Trim(data, " \t\r\n")
	s := scanner{data: data}
	if !s.value(0) || s.pos != len(data) {
		return nil, s.fault()
	}
	return onLine(data, s.breaks, s.notUTF8), nil
}

// ScanObject checks that data is one JSON object and calls visit for each of
// its members, in order. A name may come more than once.
func ScanObject(data []byte, visit func(ScannedMember)) error {
	s := scanner{data: data}
	s.space()
	if !s.take('{') {
		return ErrNoObject
	}
	s.space()
	for more := !s.take('}'); more; {
		var m ScannedMember
		var ok bool
		start := s.pos
		if !s.text() {
			return s.fault()
		}
		m.Key = data[start:s.pos]
		if !s.colon() {
			return s.fault()
		}
		start, s.breaks, s.notUTF8 = s.pos, false, false
		if !s.value(1) {
			return s.fault()
		}
		m.Value, m.breaks, m.notUTF8 = data[start:s.pos], s.breaks, s.notUTF8
		visit(m)
		if more, ok = s.more('}'); !ok {
			return s.fault()
		}
	}
	s.space()
	if s.pos != len(data) {
		return s.fault()
	}
	return nil
}

// fault words what is wrong at the scanner's place.
func (s *scanner) fault() error {
	switch {
	case s.tooDeep:
		return ErrTooDeep
	case s.pos >= len(s.data):
		return ErrCutShort
	}
	return fmt.Errorf("is not valid JSON (at byte %d)", s.pos)
}

// value scans one value that lies inside depth others.
func (s *scanner) value(depth int) bool {
	if s.pos >= len(s.data) {
		return false
	}
	switch s.data[s.pos] {
	case '"':
		return s.text()
	case '{':
		return s.nest(depth) && s.object(depth+1)
	case '[':
		return s.nest(depth) && s.array(depth+1)
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	}
	return s.number()
}

func (s *scanner) nest(depth int) bool {
	s.tooDeep = depth >= MaxDepth
	return !s.tooDeep
}

func (s *scanner) object(depth int) bool {
	s.pos++
	s.space()
	if s.take('}') {
		return true
	}
	for {
		if !s.text() || !s.colon() || !s.value(depth) {
			return false
		}
		if more, ok := s.more('}'); !ok || !more {
			return ok
		}
	}
}

func (s *scanner) array(depth int) bool {
	s.pos++
	s.space()
	if s.take(']') {
		return true
	}
	for {
		if !s.value(depth) {
			return false
		}
		if more, ok := s.more(']'); !ok || !more {
			return ok
		}
	}
}

// more moves to the next element, or past the end of the list.
func (s *scanner) more(end byte) (more, ok bool) {
	s.space()
	if s.take(',') {
		s.space()
		return true, true
	}
	return false, s.take(end)
}

func (s *scanner) colon() bool {
	s.space()
	if !s.take(':') {
		return false
	}
	s.space()
	return true
}

func (s *scanner) take(c byte) bool {
	if s.pos < len(s.data) && s.data[s.pos] == c {
		s.pos++
		return true
	}
	return false
}

func (s *scanner) space() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t':
		case '\n', '\r':
			s.breaks = true
		default:
			return
		}
		s.pos++
	}
}

func (s *scanner) word(word string) bool {
	for i := range len(word) {
		if !s.take(word[i]) {
			return false
		}
	}
	return true
}

func (s *scanner) number() bool {
	s.take('-')
	if !s.take('0') && !s.digits() {
		return false
	}
	if s.take('.') && !s.digits() {
		return false
	}
	if s.take('e') || s.take('E') {
		if !s.take('+') {
			s.take('-')
		}
		return s.digits()
	}
	return true
}

func (s *scanner) digits() bool {
	start := s.pos
	for s.pos < len(s.data) && s.data[s.pos]-'0' <= 9 {
		s.pos++
	}
	return s.pos > start
}

// text scans a string, eight plain bytes at a time.
func (s *scanner) text() bool {
	if !s.take('"') {
		return false
	}
	data, i := s.data, s.pos
	for {
		for i+8 <= len(data) {
			special := notPlain(binary.LittleEndian.Uint64(data[i:]))
			if special != 0 {
				i += bits.TrailingZeros64(special) / 8
				break
			}
			i += 8
		}
		s.pos = i
		if i >= len(data) {
			return false
		}
		switch c := data[i]; {
		case c == '"':
			s.pos++
			return true
		case c == '\\':
			if !s.escape() {
				return false
			}
			i = s.pos
		case c < 0x20:
			return false
		case c < utf8.RuneSelf:
			i++
		case c-0xC2 <= 0xDF-0xC2 && i+1 < len(data) && data[i+1]&0xC0 == 0x80:
			i += 2
		case c-0xE1 <= 0xEC-0xE1 && i+2 < len(data) && data[i+1]&0xC0 == 0x80 && data[i+2]&0xC0 == 0x80:
			i += 3 // most of the world's writing, dashes and quotes among it
		default:
			r, size := utf8.DecodeRune(data[i:])
			s.notUTF8 = s.notUTF8 || r == utf8.RuneError && size == 1
			i += size
		}
	}
}

func (s *scanner) escape() bool {
	s.pos++
	if s.pos >= len(s.data) {
		return false
	}
	switch s.data[s.pos] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.pos++
		return true
	case 'u':
		s.pos++
		for range 4 {
			if s.pos >= len(s.data) || !hex(s.data[s.pos]) {
				return false
			}
			s.pos++
		}
		return true
	}
	return false
}

func hex(c byte) bool {
	return c-'0' <= 9 || c|0x20-'a' <= 5
}

// notPlain sets the high bit of each of eight bytes that ends a plain stretch
// of a string: a quote, a backslash, a control character or one beyond ASCII.
// Bits above the lowest one set may be wrong, and are not looked at.
func notPlain(x uint64) uint64 {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	quote, slash := x^(ones*'"'), x^(ones*'\\')
	return ((quote-ones)&^quote | (slash-ones)&^slash | (x-ones*0x20)&^x | x) & high
}
