package rawjson

import (
	"bytes"
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// encodedText is text as encoding/json writes it without escaping HTML.
func encodedText(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func compareString(t *testing.T, text string) {
	t.Helper()
	want := encodedText(t, text)
	got := Quote(text)
	if !bytes.Equal(got, want) {
		t.Fatalf("%q is quoted as %s, want %s", text, got, want)
	}
	if back := Text(got); back != strings.ToValidUTF8(text, "\uFFFD") && utf8.ValidString(text) {
		t.Fatalf("%s means %q, want %q", got, back, text)
	}
	for limit := range 20 {
		part := PrefixWithin(text, limit)
		if len(Quote(part))-2 > limit || !strings.HasPrefix(text, part) {
			t.Fatalf("%q is the part of %q within %d bytes", part, text, limit)
		}
	}
	if utf8.ValidString(text) {
		compareEscape(t, text)
	}
}

// compareEscape escapes a text in pieces, and reads it back.
func compareEscape(t *testing.T, text string) {
	t.Helper()
	for _, room := range []int{64, 100, 10 * (len(text) + 10)} {
		var out []byte
		for src := []byte(text); len(src) > 0; {
			dst := make([]byte, room)
			written, read := Escape(dst, src)
			if read == 0 {
				t.Fatalf("nothing of %q was read", src)
			}
			out, src = append(out, dst[:written]...), src[read:]
		}
		var back string
		if err := json.Unmarshal([]byte(`"`+string(out)+`"`), &back); err != nil || back != text {
			t.Fatalf("%q was escaped as %s: %v", text, out, err)
		}
		if want := strings.NewReplacer(`\u2028`, "\u2028", `\u2029`, "\u2029").Replace(string(encodedText(t, strings.ReplaceAll(text, `\u202`, "")))); !strings.Contains(text, `\u202`) && `"`+string(out)+`"` != want {
			t.Fatalf("%q was escaped as %s, want %s", text, out, want)
		}
	}
}

func TestStringsAreQuotedAsEncodingJSONDoes(t *testing.T) {
	for c := range rune(0x180) {
		for at := range 17 {
			compareString(t, strings.Repeat("x", at)+string(c)+strings.Repeat("\"", at%3)+"é"+strings.Repeat("y", 9))
		}
	}
	for c := range 256 {
		compareString(t, "a"+string([]byte{byte(c)})+"b")
	}
}

func FuzzQuote(f *testing.F) {
	for _, text := range []string{"", "plain", "a\"b\\c\n\x01\x7f", "\u2028\u2029", "\xff\xe2\x80", "<a href='x'>&</a>", "😀 – “x”", `{"a":"b\n"}`, "\ufffd"} {
		f.Add(text)
	}
	f.Fuzz(compareString)
}

// compareTexts compares two JSON strings by their bytes and by what they mean.
func compareTexts(t *testing.T, a, b []byte) {
	t.Helper()
	var x, y string
	if !utf8.Valid(a) || !utf8.Valid(b) || KindOf(a) != String || KindOf(b) != String || json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return
	}
	a, b = Trim(a), Trim(b)
	if got := Text(a); got != x {
		t.Fatalf("%s means %q, want %q", a, got, x)
	}
	if got := string(AppendText([]byte("x"), a)); got != "x"+x {
		t.Fatalf("%s was appended as %q", a, got)
	}
	if !TextIs(a, x) || TextIs(a, y) != (x == y) || TextIs(a, x+"x") || EqualText(a, b) != (x == y) || !Key(a).Is(x) {
		t.Fatalf("%s and %s compare wrong", a, b)
	}
	if got := CompareText(a, b); got != strings.Compare(x, y) {
		t.Fatalf("%s to %s is %d", a, b, got)
	}
	if Equal(a, b) != (x == y) || Compare(a, b) != strings.Compare(x, y) {
		t.Fatalf("values %s and %s compare wrong", a, b)
	}
}

func FuzzCompareText(f *testing.F) {
	all := []string{`"a"`, `"\u0061"`, `""`, `"ab"`, `"a\u0062"`, `"\ud83d\ude00"`, `"😀"`, `"\ud83d"`, `"\ud83dx"`, `"\ud83d\ud83d\ude00"`, `"\n"`, `"\/"`, `"/"`, `"\\n"`, `"\"`, `"é"`, `"\u00e9"`}
	for _, a := range all {
		for _, b := range all {
			f.Add([]byte(a), []byte(b))
		}
	}
	f.Fuzz(compareTexts)
}

var numbers = []string{
	"0", "-0", "0.0", "0e9", "1", "-1", "1.0", "10e-1", "100", "1e2", "1E+2", "99.99", "99.990", "-99.99", "9007199254740993", "9007199254740992", "9007199254740993.0",
	"0.1", "0.10", "0.01", "1e-1", "0.09999999999999999999", "123456789012345678901234567890", "123456789012345678901234567890.5", "1e300", "1e-300", "-1e300", "0.000e5", "5e-324", "42", "4.2e1", "4.25e1",
}

func compareNumbers(t *testing.T, a, b string) {
	t.Helper()
	if IsNumber(a) != (json.Valid([]byte(a)) && KindOf([]byte(a)) == Number && string(Trim([]byte(a))) == a) {
		t.Fatalf("IsNumber of %q is %v", a, IsNumber(a))
	}
	if !IsNumber(a) || !IsNumber(b) {
		return
	}
	if got := CompareNumbers([]byte(a), []byte(a)); got != 0 {
		t.Fatalf("%s to itself is %d", a, got)
	}
	x, y := Rat([]byte(a)), Rat([]byte(b))
	if x == nil || y == nil {
		return
	}
	if got, want := CompareNumbers([]byte(a), []byte(b)), x.Cmp(y); got != want || Equal([]byte(a), []byte(b)) != (want == 0) {
		t.Fatalf("%s to %s is %d, want %d", a, b, got, want)
	}
	if IsZero(a) != (x.Sign() == 0) {
		t.Fatalf("IsZero of %s is %v", a, IsZero(a))
	}
	whole, ok := Integer(a)
	if ok != x.IsInt() || ok && whole != x.Num().String() {
		t.Fatalf("%s is the whole number %q, %v", a, whole, ok)
	}
	if back := FromRat(x); CompareNumbers(back, []byte(a)) != 0 {
		t.Fatalf("%s came back as %s", a, back)
	}
}

func FuzzCompareNumbers(f *testing.F) {
	for _, a := range numbers {
		for _, b := range numbers {
			f.Add(a, b)
		}
	}
	f.Fuzz(compareNumbers)
}

func TestHugeNumbersCompareAtOnce(t *testing.T) {
	for _, row := range []struct {
		a, b string
		want int
	}{
		{"1e999999999", "1e999999998", 1},
		{"-1e999999999", "1", -1},
		{"1e-999999999", "0", 1},
		{"1e99999999999999999999999", "2e99999999999999999999999", -1},
		{strings.Repeat("9", 1000), strings.Repeat("9", 999) + "8", 1},
	} {
		if got := CompareNumbers([]byte(row.a), []byte(row.b)); got != row.want {
			t.Errorf("%.20s to %.20s is %d", row.a, row.b, got)
		}
	}
	if Rat([]byte("1e999999999")) != nil || Rat([]byte(`"1"`)) != nil || Rat(nil) != nil {
		t.Error("these are no numbers to reckon with")
	}
	if _, ok := Integer("1e401"); ok {
		t.Error("1e401 has too many digits")
	}
	if got := FromRat(big.NewRat(1, 3)); string(got) != "0.3333333333" {
		t.Errorf("a third is %s", got)
	}
}

func TestValuesAreOrderedByKind(t *testing.T) {
	sorted := []string{`null`, `"a"`, `"\u0062"`, `"c"`, `-1`, `9007199254740992`, `9007199254740993`, `1e20`}
	got := slices.Clone(sorted)
	slices.Reverse(got)
	slices.SortFunc(got, func(a, b string) int { return Compare([]byte(a), []byte(b)) })
	if !slices.Equal(got, sorted) {
		t.Errorf("got %q", got)
	}
	if !Equal([]byte(`[1]`), []byte(`[1]`)) || Equal([]byte(`[1]`), []byte(`[1.0]`)) || Equal([]byte(`1`), []byte(`"1"`)) {
		t.Error("Equal is wrong")
	}
}
