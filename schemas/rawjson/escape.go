package rawjson

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// escapes maps a byte to what follows the backslash where it stands in a JSON
// string: 'u' for one that needs four digits, 0 for one that needs no escape.
var escapes = func() (table [256]byte) {
	for c := range ' ' {
		table[c] = 'u'
	}
	table['\b'], table['\f'], table['\n'], table['\r'], table['\t'] = 'b', 'f', 'n', 'r', 't'
	table['"'], table['\\'] = '"', '\\'
	return table
}()

const hexDigits = "0123456789abcdef"

func appendEscape(dst []byte, c byte) []byte {
	if escapes[c] != 'u' {
		return append(dst, '\\', escapes[c])
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

// MaxEscape is how many times longer Escape can make a text.
const MaxEscape = 6

// Escape writes src into dst as the inside of a JSON string, without its quotes,
// until src is at its end or dst has no more room. It returns how many bytes were
// written and read; a dst of at least 64 bytes makes progress.
//
// It is for a whole JSON document that travels inside of a string, and so for
// valid UTF-8: only quotes, backslashes and control characters are escaped.
func Escape(dst, src []byte) (written, read int) {
	const word = 8
	for len(src)-read >= word && len(dst)-written >= MaxEscape*word {
		v := binary.LittleEndian.Uint64(src[read:])
		binary.LittleEndian.PutUint64(dst[written:], v)
		found := toEscape(v)
		if found == 0 {
			read, written = read+word, written+word
			continue
		}
		plain := bits.TrailingZeros64(found) / 8
		read, written = read+plain, written+plain
		written += putEscape(dst[written:], src[read])
		read++
	}
	for ; read < len(src) && len(dst)-written >= MaxEscape; read++ {
		if escapes[src[read]] != 0 {
			written += putEscape(dst[written:], src[read])
			continue
		}
		dst[written] = src[read]
		written++
	}
	return written, read
}

// toEscape has the high bit set for the first of eight bytes, from the low end,
// that must be escaped; bits above that one mean nothing.
func toEscape(v uint64) uint64 {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	quote, slash := v^(ones*'"'), v^(ones*'\\')
	return ((quote-ones)&^quote | (slash-ones)&^slash | (v-ones*' ')&^v) & high
}

func putEscape(dst []byte, c byte) int {
	dst[0], dst[1] = '\\', escapes[c]
	if dst[1] != 'u' {
		return 2
	}
	dst[2], dst[3], dst[4], dst[5] = '0', '0', hexDigits[c>>4], hexDigits[c&15]
	return 6
}

// PrefixWithin returns the longest beginning of text that takes at most limit
// bytes as a JSON string, without its quotes, and ends with a whole character.
func PrefixWithin(text string, limit int) string {
	size := 0
	for i, r := range text {
		n := utf8.RuneLen(r)
		switch {
		case r == '\u2028', r == '\u2029', r == utf8.RuneError:
			n = 6
		case r >= utf8.RuneSelf || escapes[r] == 0:
		case escapes[r] == 'u':
			n = 6
		default:
			n = 2
		}
		if size += n; size > limit {
			return text[:i]
		}
	}
	return text
}
