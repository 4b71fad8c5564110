package rawjson

import (
	"encoding/json"
	"iter"
)

// Valid reports whether data is one JSON value of bounded depth, with or without
// space around it.
func Valid(data []byte) bool {
	_, err := Check(data)
	return err == nil
}

// Check checks that data is one JSON value, with or without space around it, and
// returns the traits of the value.
func Check(data []byte) (Traits, error) {
	s := NewScanner(data)
	_, traits := s.Value()
	return traits, s.End()
}

// Scanner checks one JSON text in a single pass and lets its caller look into it
// on the way:
//
//	s := rawjson.NewScanner(body)
//	for key := range s.Members() {
//		if key.Is("result") {
//			result, traits = s.Value()
//		}
//	}
//	err := s.End()
//
// A value that the caller does not take is checked all the same. After the first
// fault nothing more is found, and End returns it.
type Scanner struct {
	checker
	pos     int
	depth   int  // the objects and arrays that were entered
	waiting bool // the value at pos has not been passed
	failed  bool
}

// NewScanner returns a Scanner that stands before the value in data.
func NewScanner(data []byte) *Scanner {
	s := &Scanner{checker: checker{data: data}, waiting: true}
	s.pos = s.space(0)
	s.traits = 0 // of the space around a value nobody wants to know
	return s
}

// Kind returns the kind of the value that comes next, by its first byte.
func (s *Scanner) Kind() Kind {
	if s.failed || !s.waiting || s.pos >= len(s.data) {
		return None
	}
	return KindOf(s.data[s.pos:])
}

// Value checks the value that comes next and returns it with its own traits. It
// is part of the text, not a copy, and nil after a fault.
func (s *Scanner) Value() (json.RawMessage, Traits) {
	if s.failed || !s.waiting {
		return nil, 0
	}
	start, before := s.pos, s.traits
	s.traits = 0
	ok := s.move(s.value(start, s.depth))
	own := s.traits
	s.traits |= before
	if !ok {
		return nil, own
	}
	s.waiting = false
	return json.RawMessage(s.data[start:s.pos:s.pos]), own
}

// Members enters the object that comes next and yields the keys of its members.
// The loop's body may take the member's value, enter it, or leave it alone.
// Breaking off ends the loop, not the checking. For another kind of value it
// yields nothing, and the value can still be taken.
func (s *Scanner) Members() iter.Seq[Key] {
	return func(yield func(Key) bool) { s.eachMember(yield) }
}

func (s *Scanner) eachMember(yield func(Key) bool) {
	more := s.enter(Object, '}')
	for wanted := true; more; more = s.next('}') {
		if s.pos >= len(s.data) || s.data[s.pos] != '"' {
			s.move(s.fail(s.pos))
			return
		}
		start := s.pos
		if !s.move(s.text(start + 1)) {
			return
		}
		key := Key(s.data[start:s.pos:s.pos])
		if !s.move(s.colon(s.pos)) {
			return
		}
		s.waiting = true
		wanted = wanted && yield(key)
	}
}

// Elements enters the array that comes next and yields the numbers of its
// elements, from 0. It works as Members does.
func (s *Scanner) Elements() iter.Seq[int] {
	return func(yield func(int) bool) { s.eachElement(yield) }
}

func (s *Scanner) eachElement(yield func(int) bool) {
	more, wanted := s.enter(Array, ']'), true
	for n := 0; more; more = s.next(']') {
		s.waiting = true
		wanted = wanted && yield(n)
		n++
	}
}

// Offset returns how far the text has been passed. Behind a value that was taken
// or entered it is the value's end.
func (s *Scanner) Offset() int { return s.pos }

// Traits returns the traits of what has been passed so far.
func (s *Scanner) Traits() Traits { return s.traits }

// End checks what is left of the value and that nothing follows it, and returns
// the first fault of the text: ErrCutShort, ErrTooDeep or a *SyntaxError.
func (s *Scanner) End() error {
	if s.waiting {
		s.Value()
	}
	if s.failed {
		return s.err()
	}
	before := s.traits
	if s.pos = s.space(s.pos); s.pos < len(s.data) {
		s.move(s.fail(s.pos))
		return s.err()
	}
	s.traits = before
	return nil
}

// move goes to an offset that the checker returned.
func (s *Scanner) move(to int) bool {
	if to < 0 {
		s.failed, s.waiting = true, false
		return false
	}
	s.pos = to
	return true
}

// enter goes into an object or array, and reports whether anything is in it.
func (s *Scanner) enter(kind Kind, closing byte) bool {
	if s.Kind() != kind {
		return false
	}
	if s.depth >= MaxDepth {
		s.tooDeep = true
		return s.move(s.fail(s.pos))
	}
	s.depth++
	s.pos = s.space(s.pos + 1)
	s.waiting = false
	if s.pos < len(s.data) && s.data[s.pos] == closing {
		s.pos++
		s.depth--
		return false
	}
	return true
}

// next passes the value if the caller did not, and what is behind it. It reports
// whether another one follows in the object or array, and leaves that otherwise.
func (s *Scanner) next(closing byte) bool {
	if s.waiting {
		s.Value()
	}
	if s.failed {
		return false
	}
	switch s.pos = s.space(s.pos); {
	case s.pos >= len(s.data):
	case s.data[s.pos] == ',':
		s.pos = s.space(s.pos + 1)
		return true
	case s.data[s.pos] == closing:
		s.pos++
		s.depth--
		return false
	}
	return s.move(s.fail(s.pos))
}
