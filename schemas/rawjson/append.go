package rawjson

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// AppendMember appends a member to an object that dst ends with and that is not
// closed yet. The comma is added where one is needed. The value must be valid
// JSON.
func AppendMember(dst []byte, name string, value []byte) []byte {
	return append(AppendKey(dst, name), value...)
}

// AppendKey is AppendMember for a value that the caller appends itself.
func AppendKey(dst []byte, name string) []byte {
	return append(AppendString(comma(dst, '{'), name), ':')
}

// AppendElement appends an element to an array that dst ends with and that is
// not closed yet, with the comma where one is needed. Together with an empty dst
// it begins the array.
func AppendElement(dst, value []byte) []byte {
	if len(dst) == 0 {
		dst = append(dst, '[')
	}
	return append(comma(dst, '['), value...)
}

// CloseArray closes the array that was begun by AppendElement; without any
// element it is [].
func CloseArray(dst []byte) json.RawMessage {
	if len(dst) == 0 {
		return json.RawMessage("[]")
	}
	return append(dst, ']')
}

// comma appends one, unless nothing is behind the opening bracket yet.
func comma(dst []byte, opening byte) []byte {
	if len(dst) > 0 && dst[len(dst)-1] != opening {
		return append(dst, ',')
	}
	return dst
}

// AppendString appends text as a JSON string, byte for byte as encoding/json
// does without escaping HTML: U+2028 and U+2029 are escaped, and bytes that are
// not UTF-8 become \ufffd.
func AppendString(dst []byte, text string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c < utf8.RuneSelf && escapes[c] == 0:
			i++
			continue
		case c < utf8.RuneSelf:
			dst = appendEscape(append(dst, text[from:i]...), c)
			i++
			from = i
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			dst = append(append(dst, text[from:i]...), `\ufffd`...)
			from = i + size
		case r == '\u2028', r == '\u2029':
			dst = append(append(dst, text[from:i]...), `\u202`...)
			dst = append(dst, hexDigits[r&0xF])
			from = i + size
		}
		i += size
	}
	return append(append(dst, text[from:]...), '"')
}

// Quote returns text as a JSON string; see AppendString.
func Quote(text string) json.RawMessage {
	return AppendString(make([]byte, 0, len(text)+2), text)
}

// Marshal is json.Marshal without the escaping of HTML: models read <, > and &.
func Marshal(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Of is Marshal for values that always encode. Of others it returns null.
func Of(v any) json.RawMessage {
	switch v := v.(type) {
	case string:
		return Quote(v)
	case int:
		return strconv.AppendInt(nil, int64(v), 10)
	}
	raw, err := Marshal(v)
	if err != nil {
		return json.RawMessage("null")
	}
	return raw
}

// Decode decodes a value as encoding/json does, numbers as json.Number.
func Decode(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}

// OrEmpty returns an object, or {} in place of nothing or null.
func OrEmpty(object json.RawMessage) json.RawMessage {
	if len(object) == 0 || string(object) == "null" {
		return json.RawMessage("{}")
	}
	return object
}

// Without copies an object, leaving out the members of one name. The copy is not
// closed: members may be appended before that.
func Without(object []byte, name string) []byte {
	out := append(make([]byte, 0, len(object)+1), '{')
	for key, value := range Members(object) {
		if !key.Is(name) {
			out = AppendRawMember(out, key, value)
		}
	}
	return out
}

// Overlay returns an object with the members of another in place of its own of
// the same names, and behind those that are left.
func Overlay(object, with []byte) json.RawMessage {
	out := append(make([]byte, 0, len(object)+len(with)), '{')
	for key, value := range Members(object) {
		if Member(with, key.String()) == nil {
			out = AppendRawMember(out, key, value)
		}
	}
	for key, value := range Members(with) {
		out = AppendRawMember(out, key, value)
	}
	return append(out, '}')
}

// AppendRawMember is AppendMember for a key of another object, whose spelling is
// kept.
func AppendRawMember(dst []byte, key Key, value []byte) []byte {
	dst = append(append(comma(dst, '{'), key...), ':')
	return append(dst, value...)
}
