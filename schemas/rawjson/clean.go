package rawjson

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math/bits"
	"unicode/utf8"

	"airbyte-agent-mcp/schemas/safetext"
)

// Compact returns a value without the space between its tokens: the value itself
// when there is none.
func Compact(v []byte) json.RawMessage {
	at := spaceIn(v, 0)
	if at == len(v) {
		return v
	}
	out := append(make([]byte, 0, len(v)), v[:at]...)
	for at < len(v) {
		from := SkipSpace(v, at)
		at = spaceIn(v, from)
		out = append(out, v[from:at]...)
	}
	return out
}

// spaceIn returns the offset of the first space between tokens at or after i.
func spaceIn(v []byte, i int) int {
	for i < len(v) && !isSpace(v[i]) {
		if v[i] == '"' {
			i = stringEnd(v, i)
			continue
		}
		i++
	}
	return i
}

// OneLine returns a value as valid UTF-8 on one line: the value itself unless
// its traits say that it has to be changed.
func OneLine(v []byte, traits Traits) json.RawMessage {
	if traits.Has(HasNewline) {
		v = Compact(v)
	}
	if traits.Has(HasInvalidUTF8) {
		v = bytes.ToValidUTF8(v, []byte("\uFFFD"))
	}
	return v
}

// RemoveInvisible returns a value without the invisible characters in it (see
// safetext.Invisible), escaped ones included: the value itself when there are
// none, which traits without HasInvisible say beforehand.
func RemoveInvisible(v json.RawMessage) json.RawMessage {
	at, size := nextInvisible(v, 0)
	if size == 0 {
		return v
	}
	if !utf8.Valid(v) {
		// The pieces around what is removed could make a character together.
		v = bytes.ToValidUTF8(v, []byte("\uFFFD"))
		at, size = nextInvisible(v, 0)
	}
	out, from := make([]byte, 0, len(v)), 0
	for size > 0 {
		out = append(out, v[from:at]...)
		from = at + size
		at, size = nextInvisible(v, from)
	}
	return append(out, v[from:]...)
}

// nextInvisible returns where the first invisible character at or after i begins
// and how many bytes it takes, which are none when there is none.
func nextInvisible(v []byte, i int) (at, size int) {
	for i < len(v) {
		if i+8 <= len(v) {
			x := binary.LittleEndian.Uint64(v[i:])
			slash := x ^ 0x0101010101010101*'\\'
			found := ((slash-0x0101010101010101)&^slash | x) & 0x8080808080808080
			if found == 0 {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(found) / 8
		}
		switch c := v[i]; {
		case c == '\\':
			size := 2
			if unit, ok := escapedUnit(v[i:]); ok {
				if size = 6; isTagHalf(unit) {
					_, size = unescape(v[i:])
					return i, size
				} else if safetext.Invisible(unit) {
					return i, size
				}
			}
			i += size
		case c >= 0xC2:
			if size := safetext.InvisibleAt(v, i); size > 0 {
				return i, size
			}
			i++
		default:
			i++
		}
	}
	return len(v), 0
}
