package safetext

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// smuggles tells of a character that a person does not see and a model reads,
// or that turns the text around it: texts of strangers hide instructions so.
// Joiners and the selectors of emoji stay, which writing needs.
func smuggles(r rune) bool {
	switch {
	case r == '\u00AD', r == '\u061C', r == '\u180E', r == '\u200B', r == '\u200E', r == '\u200F', r == '\uFEFF':
		return true
	case r >= '\u202A' && r <= '\u202E', r >= '\u2060' && r <= '\u206F', r >= '\uFFF9' && r <= '\uFFFB':
		return true
	}
	return r >= 0xE0000 && r <= 0xE0FFF // tags, and selectors that carry bytes
}

// VisibleText leaves such characters out of a text.
func VisibleText(text string) string {
	return strings.Map(func(r rune) rune {
		if smuggles(r) {
			return -1
		}
		return r
	}, text)
}

// Visible leaves such characters out of JSON, also where they are escaped.
func Visible(raw json.RawMessage) json.RawMessage {
	if !mayHide(raw) {
		return raw
	}
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); {
		size := 1
		var r rune
		switch c := raw[i]; {
		case c == '\\' && i+1 < len(raw):
			if r, size = escapedRune(raw[i:]); size == 0 {
				size = 2
			}
		case c >= utf8.RuneSelf:
			r, size = utf8.DecodeRune(raw[i:])
		}
		if !smuggles(r) {
			out = append(out, raw[i:i+size]...)
		}
		i += size
	}
	return out
}

// mayHide is the quick look that most answers need alone: of what is left out,
// all but the soft hyphen and its like begin with one of a few bytes.
func mayHide(raw []byte) bool {
	for _, first := range [...]string{"\xe2\x80", "\xe2\x81", "\xef\xbb\xbf", "\xef\xbf", "\xf3\xa0", "\xc2\xad", "\xd8\x9c", "\xe1\xa0\x8e", `\u`} {
		if bytes.Contains(raw, []byte(first)) {
			return true
		}
	}
	return false
}

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
