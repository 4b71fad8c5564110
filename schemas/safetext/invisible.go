package safetext

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// shapeless are characters that are drawn as nothing though Unicode calls them
// letters, marks or symbols: fillers, the blank Braille pattern, joiners of
// graphemes, and selectors of variants.
var shapeless = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x034F, Hi: 0x034F, Stride: 1},
		{Lo: 0x115F, Hi: 0x1160, Stride: 1},
		{Lo: 0x17B4, Hi: 0x17B5, Stride: 1},
		{Lo: 0x180B, Hi: 0x180F, Stride: 1},
		{Lo: 0x2800, Hi: 0x2800, Stride: 1},
		{Lo: 0x3164, Hi: 0x3164, Stride: 1},
		{Lo: 0xFE00, Hi: 0xFE0F, Stride: 1},
		{Lo: 0xFFA0, Hi: 0xFFA0, Stride: 1},
	},
	R32: []unicode.Range32{{Lo: 0xE0000, Hi: 0xE0FFF, Stride: 1}},
}

// Invisible reports whether a character controls other text or shows nothing.
// That is more than Smuggles reports: what stands in a sentence of ours needs no
// joiners and no line breaks.
func Invisible(r rune) bool {
	return r < ' ' || r >= 0x7F && (unicode.IsControl(r) ||
		unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs, unicode.Variation_Selector, shapeless))
}

// Smuggles reports whether a model reads a character that a person does not
// see, or that turns the text around it: texts of strangers hide instructions
// so. Joiners and the selectors of emoji, which writing needs, are none of them.
func Smuggles(r rune) bool {
	switch {
	case r < 0xAD:
		return false
	case r == 0x00AD, r == 0x061C, r == 0x180E, r == 0x200B, r == 0x200E, r == 0x200F, r == 0xFEFF:
		return true
	case r >= 0x202A && r <= 0x202E, r >= 0x2060 && r <= 0x206F, r >= 0xFFF9 && r <= 0xFFFB:
		return true
	}
	return r >= 0xE0000 && r <= 0xE0FFF // tags, and selectors that carry bytes
}

// VisibleText returns the text without the characters that Smuggles reports.
func VisibleText(text string) string {
	return strings.Map(func(r rune) rune {
		if Smuggles(r) {
			return -1
		}
		return r
	}, text)
}

// Visible returns valid JSON without the characters that Smuggles reports, also
// where they are escaped. It returns the same slice when there is none.
func Visible(raw json.RawMessage) json.RawMessage {
	at, size := nextSmuggled(raw, 0)
	if size == 0 {
		return raw
	}
	out := make([]byte, 0, len(raw))
	from := 0
	for size > 0 {
		out = append(out, raw[from:at]...)
		from = at + size
		at, size = nextSmuggled(raw, from)
	}
	return append(out, raw[from:]...)
}

// nextSmuggled returns where the next character that Smuggles reports stands in
// JSON, and its size in bytes; a size of 0 means that there is none.
func nextSmuggled(raw []byte, i int) (at, size int) {
	const word, ones, highs = 8, 0x0101010101010101, 0x8080808080808080
	for i < len(raw) {
		if i+word <= len(raw) {
			v := binary.LittleEndian.Uint64(raw[i:])
			backslash := v ^ (ones * '\\')
			special := (v | (backslash-ones)&^backslash) & highs
			if special == 0 {
				i += word
				continue
			}
			i += bits.TrailingZeros64(special) / 8 // bits above the lowest one may be wrong
		}
		c := raw[i]
		switch {
		case c == '\\':
			r, n := escapedRune(raw[i:])
			if n == 0 {
				n = 2
			} else if Smuggles(r) {
				return i, n
			}
			i += n
		case c < utf8.RuneSelf:
			i++
		case mayBegin[c]:
			if c == 0xE2 && i+2 < len(raw) && raw[i+1] == 0x80 && raw[i+2]-0x90 < 0x1A {
				i += 3 // U+2010 to U+2029: dashes, quotes, dots
				continue
			}
			r, n := utf8.DecodeRune(raw[i:])
			if Smuggles(r) {
				return i, n
			}
			i += n
		case c >= 0xF0:
			i += 4
		case c >= 0xE0:
			for i += 3; i < len(raw) && raw[i]-0xE3 <= 0xEE-0xE3; { // writing that needs no spaces
				i += 3
			}
		case c >= 0xC0:
			i += 2
		default:
			i++ // not UTF-8
		}
	}
	return len(raw), 0
}

// mayBegin has the bytes with which the characters that Smuggles reports begin.
var mayBegin = [256]bool{0xC2: true, 0xD8: true, 0xE1: true, 0xE2: true, 0xEF: true, 0xF3: true}

// escapedRune reads an escape of four digits, or two of them that make one
// character. The size is 0 for another escape.
func escapedRune(raw []byte) (r rune, size int) {
	unit := func(at int) (rune, bool) {
		if len(raw) < at+6 || raw[at] != '\\' || raw[at+1] != 'u' {
			return 0, false
		}
		n, err := strconv.ParseUint(string(raw[at+2:at+6]), 16, 16)
		return rune(n), err == nil
	}
	first, ok := unit(0)
	if !ok {
		return 0, 0
	}
	if second, ok := unit(6); ok && utf16.IsSurrogate(first) {
		if both := utf16.DecodeRune(first, second); both != utf8.RuneError {
			return both, 12
		}
	}
	return first, 6
}

// Escaped returns JSON with what is invisible in it written as escapes: it means
// the same, and can be seen.
func Escaped(v json.RawMessage) string {
	var b strings.Builder
	for _, r := range string(v) {
		if r < utf8.RuneSelf || !Invisible(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}
