package rawjson

// Skipper passes one value of a text that is read piece by piece. It sees to it
// that brackets and quotes are closed and bounds the depth; nothing else is
// checked. The zero Skipper is ready to begin a value that is in no other.
type Skipper struct {
	state state
	outer int // how many objects and arrays are around the value
	open  int // how many of its own are open
	// arrays has a bit for each of those, set for an array.
	arrays [MaxDepth / 64]uint64
}

type state byte

const (
	begins    state = iota // nothing of the value has been seen
	inWord                 // within a number or a word such as true
	inBracket              // between the tokens of an object or array
	inString
	inEscape // behind a backslash in a string
)

// Begin prepares for a value that is inside depth others.
func (s *Skipper) Begin(depth int) { s.state, s.outer, s.open = begins, depth, 0 }

// Skip passes what is left of the value in the next piece of the text. It
// returns how many bytes it passed and whether the value is at its end; a
// number ends with the byte behind it. The first piece begins with the value.
// Where the error is a *SyntaxError the byte passed next is wrong, and its
// Offset is that in the piece.
func (s *Skipper) Skip(piece []byte) (n int, done bool, err error) {
	for i := 0; i < len(piece); {
		switch s.state {
		case begins:
			switch c := piece[i]; {
			case c == '"':
				s.state = inString
				i++
			case c == '{', c == '[':
				s.state = inBracket
			case isWord[c]:
				s.state = inWord
			default:
				return i, false, &SyntaxError{i}
			}
		case inWord:
			if i = wordEnd(piece, i); i < len(piece) {
				return i, true, nil
			}
		case inBracket:
			if i, done, err = s.brackets(piece, i); done || err != nil {
				return i, done, err
			}
		case inString:
			if i = stringRest(piece, i); i >= len(piece) {
				break
			}
			if piece[i] == '\\' {
				s.state = inEscape
			} else if s.state = inBracket; s.open == 0 {
				return i + 1, true, nil
			}
			i++
		case inEscape:
			s.state = inString
			i++
		}
	}
	return len(piece), false, nil
}

// brackets passes what is between the strings of an object or array.
func (s *Skipper) brackets(piece []byte, i int) (n int, done bool, err error) {
	for ; i < len(piece); i++ {
		switch c := piece[i]; c {
		case '"':
			s.state = inString
			return i + 1, false, nil
		case '{', '[':
			if s.outer+s.open >= MaxDepth {
				return i, false, ErrTooDeep
			}
			bit := uint64(1) << (s.open % 64)
			s.arrays[s.open/64] &^= bit
			if c == '[' {
				s.arrays[s.open/64] |= bit
			}
			s.open++
		case '}', ']':
			last := s.open - 1
			if array := s.arrays[last/64]>>(last%64)&1 == 1; array != (c == ']') {
				return i, false, &SyntaxError{i}
			}
			if s.open = last; last == 0 {
				return i + 1, true, nil
			}
		}
	}
	return i, false, nil
}

func wordEnd(piece []byte, i int) int {
	for i < len(piece) && isWord[piece[i]] {
		i++
	}
	return i
}

// isWord has the bytes that numbers and the words true, false and null may hold.
var isWord = func() (table [256]bool) {
	for c := range table {
		table[c] = c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '+' || c == '.'
	}
	return table
}()
