package safetext

import "unicode"

// Invisible reports whether r is a character that a person does not see and a
// model reads, or that changes the direction of the text around it: hidden
// instructions are written with them. Joiners (U+200C, U+200D) and variation
// selectors (U+FE00 to U+FE0F) are not among them, because Persian, Indic
// scripts and emoji are written with them.
func Invisible(r rune) bool {
	switch {
	case r < 0x2000:
		return r == 0x00AD || r == 0x061C || r == 0x180E // soft hyphen, Arabic letter mark, Mongolian vowel separator
	case r < 0x2070:
		return r == 0x200B || r == 0x200E || r == 0x200F || r >= 0x202A && r <= 0x202E || r >= 0x2060
	case r < 0xE0000:
		return r == 0xFEFF || r >= 0xFFF9 && r <= 0xFFFB // byte order mark, interlinear annotations
	}
	return r <= 0xE0FFF // tags, and selectors that can carry bytes
}

// Hidden reports whether r shows nothing or changes the text beside it: the
// invisible characters, controls, line and paragraph separators, joiners,
// selectors, private use, and the fillers that Unicode calls letters or symbols.
func Hidden(r rune) bool {
	if r < unicode.MaxASCII {
		return r < ' '
	}
	switch r {
	case 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0:
		return true
	}
	return Invisible(r) || unicode.IsControl(r) ||
		unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Variation_Selector)
}

// InvisibleAt returns the length in bytes of the invisible character that
// begins at s[i], and 0 if there is none. It decides by the bytes, so that the
// dashes and quotes of ordinary writing, which begin with the same byte, cost
// no more than a comparison.
func InvisibleAt[T ~string | ~[]byte](s T, i int) int {
	left := len(s) - i
	switch c := s[i]; {
	case left < 2:
	case c == 0xC2:
		if s[i+1] == 0xAD {
			return 2
		}
	case c == 0xD8:
		if s[i+1] == 0x9C {
			return 2
		}
	case left < 3:
	case c == 0xE1, c == 0xE2, c == 0xEF:
		if continues(s[i+1]) && continues(s[i+2]) && Invisible(rune(c&0x0F)<<12|rune(s[i+1]&0x3F)<<6|rune(s[i+2]&0x3F)) {
			return 3
		}
	case left < 4:
	case c == 0xF3:
		if s[i+1] == 0xA0 && continues(s[i+2]) && continues(s[i+3]) {
			return 4
		}
	}
	return 0
}

// continues reports whether c is a byte of a UTF-8 sequence other than its first.
func continues(c byte) bool { return c&0xC0 == 0x80 }

// leads has the first bytes of the invisible characters.
var leads = [256]bool{0xC2: true, 0xD8: true, 0xE1: true, 0xE2: true, 0xEF: true, 0xF3: true}

// HasInvisible reports whether s has an invisible character.
func HasInvisible[T ~string | ~[]byte](s T) bool {
	for i := 0; i < len(s); {
		for i+8 <= len(s) && ascii(s, i) {
			i += 8
		}
		for end := min(i+8, len(s)); i < end; i++ {
			if leads[s[i]] && InvisibleAt(s, i) > 0 {
				return true
			}
		}
	}
	return false
}

// ascii reports whether the eight bytes at s[i] are all ASCII.
func ascii[T ~string | ~[]byte](s T, i int) bool {
	b := s[i : i+8]
	return (b[0]|b[1]|b[2]|b[3]|b[4]|b[5]|b[6]|b[7])&0x80 == 0
}
