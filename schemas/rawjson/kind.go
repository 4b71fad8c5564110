package rawjson

import "bytes"

// Kind is the kind of a JSON value.
type Kind byte

// The kinds of values. None is that of no value at all.
const (
	None Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

// KindOf returns the kind of the value that v begins with, by its first byte.
func KindOf(v []byte) Kind {
	if len(v) == 0 {
		return None
	}
	return kinds[v[0]]
}

var kinds = [256]Kind{
	'n': Null, 't': Bool, 'f': Bool, '"': String, '[': Array, '{': Object, '-': Number,
	'0': Number, '1': Number, '2': Number, '3': Number, '4': Number, '5': Number, '6': Number, '7': Number, '8': Number, '9': Number,
}

// FirstByte returns the byte that a value begins with, which tells its kind: one
// of {["tfn-0123456789, or 0 for no value.
func FirstByte(v []byte) byte {
	if len(v) == 0 {
		return 0
	}
	return v[0]
}

// Trim returns v without the space around it.
func Trim(v []byte) []byte { return bytes.Trim(v, " \t\r\n") }

// isSpace reports whether c is a byte that may stand between tokens.
func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
