package rawjson

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// escapes maps a byte to what follows the backslash in a JSON string: 'u' for
// one that needs four digits.
var escapes = func() (t [256]byte) {
	for i := range 0x20 {
		t[i] = 'u'
	}
	t['\b'], t['\f'], t['\n'], t['\r'], t['\t'] = 'b', 'f', 'n', 'r', 't'
	t['"'], t['\\'] = '"', '\\'
	return t
}()

// toEscape has the high bit set for the first byte of v, from the low end, that
// a JSON string must escape; bits above that one mean nothing. (The classic
// search for a zero byte, after turning what is sought into zero.)
func toEscape(v uint64) uint64 {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	quote, backslash := v^(ones*'"'), v^(ones*'\\')
	return ((quote-ones)&^quote | (backslash-ones)&^backslash | (v-ones*0x20)&^v) & highs
}

// AppendEscaped appends text, which is valid UTF-8, with what a JSON string must
// escape, eight bytes at a time. The quotes around it are the caller's. It
// escapes no more than the standard requires: quotes, backslashes and control
// characters.
func AppendEscaped(dst, text []byte) []byte {
	const word = 8
	for len(text) > 0 {
		// A stretch that fits even if every byte took six, and a word more.
		stretch := text[:min(len(text), 4<<10)]
		text = text[len(stretch):]
		dst = slices.Grow(dst, 6*len(stretch)+word)
		out, to, from := dst[:cap(dst)], len(dst), 0
		for len(stretch)-from >= word {
			v := binary.LittleEndian.Uint64(stretch[from:])
			binary.LittleEndian.PutUint64(out[to:], v)
			found := toEscape(v)
			if found == 0 {
				from, to = from+word, to+word
				continue
			}
			plain := bits.TrailingZeros64(found) / 8
			from, to = from+plain, to+plain
			to += putEscaped(out[to:], stretch[from])
			from++
		}
		for ; from < len(stretch); from++ {
			if escapes[stretch[from]] != 0 {
				to += putEscaped(out[to:], stretch[from])
				continue
			}
			out[to] = stretch[from]
			to++
		}
		dst = out[:to]
	}
	return dst
}

func putEscaped(dst []byte, c byte) int {
	const hexDigits = "0123456789abcdef"
	dst[0], dst[1] = '\\', escapes[c]
	if dst[1] != 'u' {
		return 2
	}
	dst[2], dst[3], dst[4], dst[5] = '0', '0', hexDigits[c>>4], hexDigits[c&15]
	return 6
}
