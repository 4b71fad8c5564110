package rawjson

import "bytes"

// Compare orders two values: numbers by their size, before them strings by what
// they mean, before these whatever has no order.
func Compare(a, b []byte) int {
	x, y := rank(a), rank(b)
	switch {
	case x != y:
		return compareInts(x, y)
	case x == 2:
		return CompareNumbers(a, b)
	case x == 1:
		return CompareText(a, b)
	}
	return 0
}

func rank(v []byte) int {
	switch KindOf(v) {
	case Number:
		return 2
	case String:
		return 1
	}
	return 0
}

// Equal reports whether two values mean the same: numbers by their size, strings
// by what they mean, and others by their bytes.
func Equal(a, b []byte) bool {
	switch kind := KindOf(a); {
	case kind != KindOf(b):
		return false
	case kind == Number:
		return CompareNumbers(a, b) == 0
	case kind == String:
		return EqualText(a, b)
	}
	return bytes.Equal(a, b)
}
