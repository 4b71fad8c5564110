package safetext

import (
	"unicode/utf16"
)

func utf16Of(r rune) []uint16 { return utf16.Encode([]rune{r}) }
