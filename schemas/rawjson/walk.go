package rawjson

import (
	"encoding/binary"
	"encoding/json"
	"iter"
	"math/bits"
)

// The functions of this file look into a value that a Scanner has checked. They
// go by brackets and quotes alone; on anything else they end early and never
// panic. What they return is part of the value, not a copy.

// The functions that yield are small, so that the compiler puts them and the
// loop's body in their caller: nothing is allocated then. The loops themselves
// are in functions beside them.

// Elements yields the elements of an array.
func Elements(array []byte) iter.Seq[json.RawMessage] {
	return func(yield func(json.RawMessage) bool) {
		eachElement(array, firstElement(array), func(start, end int) bool {
			return yield(json.RawMessage(array[start:end:end]))
		})
	}
}

// ElementSpans yields the offsets at which each element of an array begins and
// ends.
func ElementSpans(array []byte) iter.Seq2[int, int] {
	return func(yield func(start, end int) bool) { eachElement(array, firstElement(array), yield) }
}

// ElementSpansFrom is ElementSpans for the elements from the one at offset i.
func ElementSpansFrom(array []byte, i int) iter.Seq2[int, int] {
	return func(yield func(start, end int) bool) { eachElement(array, i, yield) }
}

// firstElement returns the offset behind an array's bracket and the space there,
// and the length of anything that is no array.
func firstElement(array []byte) int {
	i := SkipSpace(array, 0)
	if KindOf(array[i:]) != Array {
		return len(array)
	}
	return SkipSpace(array, i+1)
}

func eachElement(array []byte, i int, yield func(start, end int) bool) {
	for i < len(array) && array[i] != ']' {
		end := Skip(array, i)
		if end <= i || !yield(i, end) {
			return
		}
		i = skipComma(array, end)
	}
}

// Members yields the keys and values of an object's members, in their order. A
// key may come more than once.
func Members(object []byte) iter.Seq2[Key, json.RawMessage] {
	return func(yield func(Key, json.RawMessage) bool) { eachMember(object, yield) }
}

func eachMember(object []byte, yield func(Key, json.RawMessage) bool) {
	i := SkipSpace(object, 0)
	if KindOf(object[i:]) != Object {
		return
	}
	for i = SkipSpace(object, i+1); i < len(object) && object[i] == '"'; {
		end := stringEnd(object, i)
		key := Key(object[i:end:end])
		if i = SkipSpace(object, end); i >= len(object) || object[i] != ':' {
			return
		}
		i = SkipSpace(object, i+1)
		if end = Skip(object, i); end <= i || !yield(key, json.RawMessage(object[i:end:end])) {
			return
		}
		i = skipComma(object, end)
	}
}

// Scalars yields the offsets at which each string and number of a value begins
// and ends, keys among them. What it does not yield is punctuation, space, and
// the words true, false and null.
func Scalars(v []byte) iter.Seq2[int, int] {
	return func(yield func(start, end int) bool) { eachScalar(v, yield) }
}

func eachScalar(v []byte, yield func(start, end int) bool) {
	for i := 0; i < len(v); {
		if kind := kinds[v[i]]; kind != String && kind != Number {
			i++
			continue
		}
		end := Skip(v, i)
		if !yield(i, end) {
			return
		}
		i = end
	}
}

// Skip returns the end of the value that begins at v[i].
func Skip(v []byte, i int) int {
	if i >= len(v) {
		return i
	}
	switch v[i] {
	case '"':
		return stringEnd(v, i)
	case '{', '[':
		return bracketEnd(v, i)
	}
	for i < len(v) && !endsWord[v[i]] {
		i++
	}
	return i
}

// endsWord has the bytes that end a number or a word such as true.
var endsWord = [256]bool{',': true, ':': true, ']': true, '}': true, ' ': true, '\t': true, '\r': true, '\n': true}

// bracketEnd returns the end of the object or array that begins at v[i].
func bracketEnd(v []byte, i int) int {
	for depth := 0; i < len(v); {
		switch v[i] {
		case '"':
			i = stringEnd(v, i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
		i++
	}
	return len(v)
}

// stringEnd returns the end of the string whose first quote is at v[i].
func stringEnd(v []byte, i int) int {
	for i++; ; i += 2 {
		if i = stringRest(v, i); i >= len(v) {
			return len(v)
		}
		if v[i] == '"' {
			return i + 1
		}
	}
}

// stringRest returns the offset of the first quote or backslash at or after i,
// and looks at eight bytes at a time.
func stringRest(v []byte, i int) int {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	for i+8 <= len(v) {
		x := binary.LittleEndian.Uint64(v[i:])
		quote, slash := x^(ones*'"'), x^(ones*'\\')
		// Only the lowest bit set is right, as in notPlain.
		if found := ((quote-ones)&^quote | (slash-ones)&^slash) & high; found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
		i += 8
	}
	for i < len(v) && v[i] != '"' && v[i] != '\\' {
		i++
	}
	return i
}

// SkipSpace returns the offset of the first byte of v at or after i that is not
// space, and the length of v if there is none.
func SkipSpace(v []byte, i int) int {
	for i < len(v) && isSpace(v[i]) {
		i++
	}
	return i
}

// skipComma passes the comma behind a value, and the space around it.
func skipComma(v []byte, i int) int {
	if i = SkipSpace(v, i); i < len(v) && v[i] == ',' {
		return SkipSpace(v, i+1)
	}
	return i
}

// Named is Members with the keys decoded.
func Named(object []byte) iter.Seq2[string, json.RawMessage] {
	return func(yield func(string, json.RawMessage) bool) {
		eachMember(object, func(key Key, value json.RawMessage) bool { return yield(key.String(), value) })
	}
}
