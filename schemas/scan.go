package schemas

import (
	"bytes"
	"encoding/json"
	"iter"
	"strings"
)

// The functions here walk JSON that json.Valid has accepted, and so need no
// errors of their own. They hand out pieces of the input instead of decoded
// values: a value nobody has to look into keeps its bytes, and a key that comes
// twice is seen twice.

// members yields the members of an object in the order they were sent.
func members(object json.RawMessage) iter.Seq2[string, json.RawMessage] {
	return func(yield func(string, json.RawMessage) bool) {
		for i := next(object, 1); object[i] != '}'; {
			end := valueEnd(object, i)
			key := unquote(object[i:end])
			i = next(object, next(object, end)+1) // over the colon
			end = valueEnd(object, i)
			if !yield(key, object[i:end]) {
				return
			}
			i = afterComma(object, end)
		}
	}
}

// elements yields the elements of an array.
func elements(array json.RawMessage) iter.Seq[json.RawMessage] {
	return func(yield func(json.RawMessage) bool) {
		for i := next(array, 1); array[i] != ']'; {
			end := valueEnd(array, i)
			if !yield(array[i:end]) {
				return
			}
			i = afterComma(array, end)
		}
	}
}

// next is the position of the first byte at or after i that is not white space.
func next(raw []byte, i int) int {
	for i < len(raw) && (raw[i] == ' ' || raw[i] == '\t' || raw[i] == '\n' || raw[i] == '\r') {
		i++
	}
	return i
}

// afterComma is the position of what follows the value that ends at i: another
// value, or the closing bracket.
func afterComma(raw []byte, i int) int {
	i = next(raw, i)
	if raw[i] == ',' {
		i = next(raw, i+1)
	}
	return i
}

// valueEnd is the position just after the value that begins at i.
func valueEnd(raw []byte, i int) int {
	switch raw[i] {
	case '"':
		return stringEnd(raw, i)
	case '{', '[':
		return bracketEnd(raw, i)
	}
	for i < len(raw) && strings.IndexByte(" \t\n\r,:]}", raw[i]) < 0 {
		i++
	}
	return i
}

func stringEnd(raw []byte, i int) int {
	for i++; raw[i] != '"'; i++ {
		if raw[i] == '\\' {
			i++
		}
	}
	return i + 1
}

func bracketEnd(raw []byte, i int) int {
	for depth := 0; ; {
		switch raw[i] {
		case '"':
			i = stringEnd(raw, i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		i++
		if depth == 0 {
			return i
		}
	}
}

// nesting is how many brackets are open at the deepest place of raw.
func nesting(raw []byte) int {
	depth, deepest := 0, 0
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			i = stringEnd(raw, i) - 1
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
		case '}', ']':
			depth--
		}
	}
	return deepest
}

// unquote gives the text of a JSON string.
func unquote(raw json.RawMessage) string {
	if inner := raw[1 : len(raw)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	var text string
	_ = json.Unmarshal(raw, &text) // cannot fail: raw is a string in valid JSON
	return text
}

// quote gives text as a JSON string. Unlike json.Marshal it leaves <, > and &
// readable: nothing here ends up inside HTML.
func quote(text string) json.RawMessage {
	if !strings.ContainsFunc(text, needsEscape) {
		return json.RawMessage(`"` + text + `"`)
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(text) // cannot fail: strings always encode
	return bytes.TrimRight(out.Bytes(), "\n")
}

func needsEscape(r rune) bool {
	return r < ' ' || r > '~' || r == '"' || r == '\\'
}
