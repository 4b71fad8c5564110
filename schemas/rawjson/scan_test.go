package rawjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"airbyte-agent-mcp/schemas/safetext"
)

// Texts that a reader of JSON may get wrong, in one way or the other.
var texts = []string{
	`{}`, `[]`, `""`, `0`, `-0`, `-`, `01`, `1.`, `1.5`, `.5`, `1e5`, `1e`, `1E+5`, `1e-`, `1e-0`, `-1.2e+3`, `1e5.5`, `--1`, `+1`,
	`9007199254740993`, `true`, `tru`, `truex`, `false`, `null`, `nul`, `nan`, ``, ` `, `{`, `}`, `[`, `]`, `"`,
	`[1,2]`, `[1,]`, `[,1]`, `[1 2]`, `{"a":1}`, `{"a":1,}`, `{,}`, `{"a"}`, `{"a":}`, `{a:1}`, `{"a":1 "b":2}`, `{"a" :1}`, `{"a": 1}`,
	`{"a":1,"a":2}`, `{"a":{"b":[{"c":null}]}}`, `{"":0}`, `{"\u0061":1,"a":2}`, `{"a":1}x`, `{"a":1} {"b":2}`, `[[1],[{"x":[]}]]`,
	`"\n"`, "\"\n\"", "\"\t\"", `"\x"`, `"\u12"`, `"\u12G4"`, `"\u12f4"`, `"\uD800"`, `"\ud83d\ude00"`, `"\ud83d\u0041"`, `"\`, `"\"`, `"\\"`, `"\/"`, `"\b\f\n\r\t\"\\"`,
	"\"\x7f\"", "\"\xff\"", "\"\xc3\x28\"", "\"\xe2\x80\"", "\"\xed\xa0\x80\"", "\"\xf0\x9f\x99\"", "\"\xe0\x80\x80\"", "\"\xc0\xaf\"", "\"\xf4\x90\x80\x80\"",
	`"é漢🙂"`, "\"\u2028\"", "\xef\xbb\xbf{}", "{\n\"a\"\r\n:\t[ 1 ,\n2 ] }\n",
	`"12345678"`, `"1234567\"8"`, `"12345678\u00e9123456789"`, "\"1234567\x1f\"", `"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"`, `"– “quoted” it’s…"`,
	"\"\u200b\"", `"\u200B"`, `"\udb40\udc41"`, `"\udb40\u200b\udc41"`, "\"\xf3\xa0\u200b\x81\x81\"", "\"soft\u00adhyphen\"", "\"\U000E0041\"",
	`{"status":"success","result":{"data":[1]},"connector_metadata":null}`,
}

func addTexts(f *testing.F) {
	for _, text := range texts {
		f.Add([]byte(text))
	}
}

func TestCheckAgreesWithEncodingJSON(t *testing.T) {
	for _, text := range texts {
		compareCheck(t, []byte(text))
	}
}

func FuzzCheck(f *testing.F) {
	addTexts(f)
	f.Fuzz(compareCheck)
}

func compareCheck(t *testing.T, data []byte) {
	t.Helper()
	traits, err := Check(data)
	if errors.Is(err, ErrTooDeep) {
		if Depth(data) <= MaxDepth {
			t.Fatalf("%q is not that deep", data)
		}
		return
	}
	if valid := json.Valid(data); valid != (err == nil) {
		t.Fatalf("json.Valid says %v, Check %v, of %q", valid, err, data)
	}
	compareFault(t, data, err)
	if err != nil {
		return
	}
	compareTraits(t, Trim(data), traits)
}

// compareFault compares where and why a text is not valid.
func compareFault(t *testing.T, data []byte, err error) {
	t.Helper()
	theirs, ok := errors.AsType[*json.SyntaxError](json.Unmarshal(data, new(json.RawMessage)))
	if !ok {
		return
	}
	short := strings.Contains(theirs.Error(), "unexpected end") || // or a space that it adds to the end
		theirs.Offset == int64(len(data)) && strings.Contains(theirs.Error(), "invalid character ' '")
	ours, ok := errors.AsType[*SyntaxError](err)
	if !ok && (!short || !errors.Is(err, ErrCutShort)) || ok && int64(ours.Offset)+1 != theirs.Offset {
		t.Fatalf("the fault of %q is %v, want %v after %d bytes", data, err, theirs, theirs.Offset)
	}
}

// compareTraits finds the traits of a valid value the slow way.
func compareTraits(t *testing.T, data []byte, got Traits) {
	t.Helper()
	var compact bytes.Buffer
	if err := json.Compact(&compact, data); err != nil {
		t.Fatal(err)
	}
	var want Traits
	for trait, has := range map[Traits]bool{
		HasSpace:       compact.Len() != len(data),
		HasNewline:     bytes.ContainsAny(data, "\n\r"),
		HasEscape:      bytes.Contains(data, []byte(`\`)),
		HasNonASCII:    bytes.ContainsFunc(data, func(r rune) bool { return r >= utf8.RuneSelf }),
		HasInvalidUTF8: !utf8.Valid(data),
		HasInvisible:   hasInvisible(data),
	} {
		if has {
			want |= trait
		}
	}
	if got != want {
		t.Fatalf("traits of %q are %06b, want %06b", data, got, want)
	}
}

// hasInvisible decodes every escape by itself.
func hasInvisible(data []byte) bool {
	if bytes.ContainsFunc(data, safetext.Invisible) {
		return true
	}
	for i := 0; i < len(data); i++ {
		if data[i] == '\\' {
			if unit, ok := escapedUnit(data[i:]); ok && (safetext.Invisible(unit) || unit >= 0xDB40 && unit <= 0xDB43) {
				return true
			}
			i++
		}
	}
	return false
}

func TestDeepNestingIsRefused(t *testing.T) {
	for _, pair := range []string{"[]", `{"a":}`} {
		open, end := pair[:len(pair)-1], pair[len(pair)-1:]
		if _, err := Check([]byte(strings.Repeat(open, MaxDepth-1) + "[]" + strings.Repeat(end, MaxDepth-1))); err != nil {
			t.Errorf("%d levels of %s: %v", MaxDepth, pair, err)
		}
		if _, err := Check([]byte(strings.Repeat(open, MaxDepth) + "[]" + strings.Repeat(end, MaxDepth))); !errors.Is(err, ErrTooDeep) {
			t.Errorf("%d levels of %s: %v, want ErrTooDeep", MaxDepth+1, pair, err)
		}
		if _, err := Check([]byte(strings.Repeat(open, 10_000_000))); !errors.Is(err, ErrTooDeep) {
			t.Errorf("endless %s: %v, want ErrTooDeep", pair, err)
		}
	}
	s := NewScanner([]byte(strings.Repeat("[", 600)))
	var enter func()
	enter = func() {
		for range s.Elements() {
			enter()
		}
	}
	enter()
	if err := s.End(); !errors.Is(err, ErrTooDeep) {
		t.Errorf("entering endless arrays: %v, want ErrTooDeep", err)
	}
}

func TestFaultsNameTheirPlace(t *testing.T) {
	for text, want := range map[string]error{
		`{"a":1`:        ErrCutShort,
		`["a`:           ErrCutShort,
		`[tru`:          ErrCutShort,
		`[1.`:           ErrCutShort,
		``:              ErrCutShort,
		`{"a":x}`:       &SyntaxError{5},
		`{"a":1 "b":2}`: &SyntaxError{7},
		`[trux]`:        &SyntaxError{4},
		`["\x"]`:        &SyntaxError{3},
		"[\"\x01\"]":    &SyntaxError{2},
		`[1] 2`:         &SyntaxError{4},
		`[01]`:          &SyntaxError{2},
		`{1:2}`:         &SyntaxError{1},
		`[1.x]`:         &SyntaxError{3},
	} {
		if _, err := Check([]byte(text)); err == nil || err.Error() != want.Error() {
			t.Errorf("%s: %v, want %v", text, err, want)
		}
	}
}

// takeApart goes through a text with every method of a Scanner, takes each third
// value, and copies what it sees.
func takeApart(s *Scanner, dst []byte, n *int) []byte {
	if *n++; *n%3 == 0 {
		value, _ := s.Value()
		return append(dst, value...)
	}
	switch s.Kind() {
	case Object:
		dst = append(dst, '{')
		for key := range s.Members() {
			dst = append(append(comma(dst, '{'), key...), ':')
			dst = takeApart(s, dst, n)
		}
		return append(dst, '}')
	case Array:
		dst = append(dst, '[')
		for range s.Elements() {
			dst = takeApart(s, comma(dst, '['), n)
		}
		return append(dst, ']')
	}
	value, _ := s.Value()
	return append(dst, value...)
}

func FuzzScanner(f *testing.F) {
	addTexts(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		traits, want := Check(data)
		s, n := NewScanner(data), 0
		copied := takeApart(s, nil, &n)
		if err := s.End(); (err == nil) != (want == nil) || err != nil && err.Error() != want.Error() {
			t.Fatalf("%q taken apart: %v, checked: %v", data, err, want)
		}
		if want != nil {
			return
		}
		if s.Traits() != traits || !bytes.Equal(Compact(copied), Compact(Trim(data))) {
			t.Fatalf("%q became %q, traits %b and %b", data, copied, s.Traits(), traits)
		}
		s = NewScanner(data)
		for range s.Members() {
			break
		}
		for range s.Elements() {
			break
		}
		if err := s.End(); err != nil {
			t.Fatalf("%q after breaking off: %v", data, err)
		}
	})
}

func TestScannerGivesPartsOfTheText(t *testing.T) {
	body := []byte(" {\"status\":\"success\",\n \"result\":{\"data\":[{\"a\":\"\u2013\"},{\"b\":\"\\n\"}]},\"z\":[\n]}\n")
	s := NewScanner(body)
	var records []string
	var own []Traits
	var keys string
	for key := range s.Members() {
		keys += key.String() + " "
		if !key.Is("result") {
			continue
		}
		for key := range s.Members() {
			if !key.Is("data") || s.Kind() != Array {
				continue
			}
			for range s.Elements() {
				record, traits := s.Value()
				records, own = append(records, string(record)), append(own, traits)
				if cap(record) != len(record) {
					t.Error("an append would write into the text")
				}
			}
		}
	}
	if err := s.End(); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(records, " "), "{\"a\":\"\u2013\"} {\"b\":\"\\n\"}"; got != want || keys != "status result z " {
		t.Errorf("got %s of %s", got, keys)
	}
	if own[0] != HasNonASCII || own[1] != HasEscape || s.Traits() != HasNonASCII|HasEscape|HasSpace|HasNewline {
		t.Errorf("traits are %b and of the whole %b", own, s.Traits())
	}
}

func TestCheckDoesNotAllocate(t *testing.T) {
	body := typographic(64 << 10)
	if n := testing.AllocsPerRun(10, func() {
		if _, err := Check(body); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}
