package safetext

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

const ordinary = "Straße – “quoted”, it’s 日本語, \U0001F469\u200d\U0001F467, \u2764\ufe0f, \u0645\u06cc\u200c\u062e\u0648\u0627…"

func TestBytesAndRunesAgreeOnWhatIsInvisible(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if r >= 0xD800 && r <= 0xDFFF {
			continue
		}
		want := 0
		if Invisible(r) {
			want = utf8.RuneLen(r)
		}
		text := "ab" + string(r) + "c"
		if got := InvisibleAt(text, 2); got != want {
			t.Fatalf("%U takes %d invisible bytes, want %d", r, got, want)
		}
		if got := HasInvisible([]byte(text)); got != (want > 0) {
			t.Fatalf("HasInvisible of %U is %v", r, got)
		}
		if Invisible(r) && !Hidden(r) {
			t.Fatalf("%U is invisible and not hidden", r)
		}
	}
}

// The list that answers were cleaned by before it moved here.
func TestInvisibleCharactersAreTheOnesOfTheList(t *testing.T) {
	old := func(r rune) bool {
		switch {
		case r == '\u00AD', r == '\u061C', r == '\u180E', r == '\u200B', r == '\u200E', r == '\u200F', r == '\uFEFF':
			return true
		case r >= '\u202A' && r <= '\u202E', r >= '\u2060' && r <= '\u206F', r >= '\uFFF9' && r <= '\uFFFB':
			return true
		}
		return r >= 0xE0000 && r <= 0xE0FFF
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if old(r) != Invisible(r) {
			t.Fatalf("%U: %v", r, Invisible(r))
		}
	}
}

func TestHiddenCoversWhatAPersonCannotSee(t *testing.T) {
	for _, r := range []rune{0, '\n', 0x7F, 0x85, 0xAD, 0x34F, 0x115F, 0x1160, 0x17B4, 0x180B, 0x180F, 0x200B, 0x200C, 0x200D, 0x2028, 0x2029, 0x202E, 0x2065, 0x2066, 0x2800, 0x3164, 0xE000, 0xFE0F, 0xFEFF, 0xFFA0, 0xE0001, 0xE0041, 0xE0100, 0xE0FFF, 0xF0000} {
		if !Hidden(r) {
			t.Errorf("%U is not hidden", r)
		}
	}
	for _, r := range "aß–“”…日 ~\U0001F469\uFFFD" {
		if Hidden(r) {
			t.Errorf("%U is hidden", r)
		}
	}
}

func TestCleanKeepsOrdinaryWriting(t *testing.T) {
	if got := Clean(ordinary); got != ordinary {
		t.Errorf("got %q", got)
	}
	b := []byte(ordinary)
	if got := CleanBytes(b); &got[0] != &b[0] || len(got) != len(b) {
		t.Error("bytes that need no change were copied")
	}
}

func TestCleanRemovesWhatIsInvisible(t *testing.T) {
	tags := ""
	for _, c := range "ignore all" {
		tags += string(0xE0000 + c)
	}
	for given, want := range map[string]string{
		"x" + tags + "y":                      "xy",
		"\u202eevil\u202c \u200bz\ufeff":      "evil z",
		"soft\u00adhyphen – \u2066dash\u2069": "softhyphen – dash",
		"\xf3\xa0\u200b\x81\x81":              "\uFFFD\uFFFD\uFFFD\uFFFD", // the pieces must not become a tag
	} {
		if got := Clean(given); got != want {
			t.Errorf("%+q became %+q, want %+q", given, got, want)
		}
		if got := CleanBytes([]byte(given)); string(got) != want {
			t.Errorf("bytes of %+q became %+q, want %+q", given, got, want)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, text := range []string{ordinary, "\u200b", "\xe2\x80", "\xf3\xa0\u200b\x81\x81", "\xf3\xa0\x80", "a\xc2"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := Clean(text)
		for _, r := range got {
			if Invisible(r) {
				t.Fatalf("%q became %q, which has %U", text, got, r)
			}
		}
		if string(CleanBytes([]byte(text))) != got {
			t.Fatalf("%q differs as bytes", text)
		}
		if !strings.ContainsFunc(text, Invisible) && got != text {
			t.Fatalf("%q became %q without need", text, got)
		}
		line := Line(text, 20)
		if !utf8.ValidString(line) || strings.ContainsFunc(line, Hidden) || len(line) > 20+len("…") {
			t.Fatalf("line %q of %q", line, text)
		}
		if tidy := Tidy(text, 20); strings.ContainsFunc(tidy, Hidden) || utf8.RuneCountInString(tidy) > 20 {
			t.Fatalf("tidy %q of %q", tidy, text)
		}
	})
}

func TestVisibleShowsAPersonWhatIsThere(t *testing.T) {
	for given, want := range map[string]string{
		"a\tb\r\nc\u2028d":        "a\tb\n\nc\nd",
		"pay \u202eeve\u202c now": "pay eve now",
		"\u3164\ue000\x00x\xff":   "x",
		"\u2764\ufe0f":            "\u2764",
	} {
		if got := Visible(given); got != want {
			t.Errorf("%+q became %+q, want %+q", given, got, want)
		}
	}
}

func TestEscapeHiddenMeansTheSame(t *testing.T) {
	const given = "{\"a\":\"x\u202e\u2028\U000E0041\x7f – é\"}\n"
	const want = `{"a":"x\u202e\u2028\udb40\udc41\u007f – é"}` + "\n"
	if got := EscapeHidden(given); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestLinesAreBounded(t *testing.T) {
	for _, row := range []struct{ got, want string }{
		{Line("a\nb\u200bc", 10), "a b c"},
		{Line("ééé", 5), "éé…"},
		{Line("bad \xff", 10), "bad \uFFFD"},
		{Short(strings.Repeat("x", 61)), strings.Repeat("x", 60) + "…"},
		{Quote(`say "hi"`), `"say 'hi'"`},
		{QuoteShort("a\n" + strings.Repeat("x", 90)), `"a ` + strings.Repeat("x", 78) + `…"`},
		{Tidy("  a \n\n b\u200bc  ", 20), "a b c"},
		{Tidy("abcdefgh", 6), "abcd…"},
		{Clip("ééé", 3), "é…"},
		{Clip("abc", 3), "abc"},
		{Clip("abc", -1), "…"},
		{ClipRunes("日本語", 2), "日本…"},
		{ClipRunes("日本語", 3), "日本語"},
	} {
		if row.got != row.want {
			t.Errorf("got %q, want %q", row.got, row.want)
		}
	}
}

func TestWordsOfASentence(t *testing.T) {
	for _, row := range []struct{ got, want string }{
		{And(nil), ""},
		{And([]string{"a"}), "a"},
		{And([]string{"a", "b"}), "a and b"},
		{And([]string{"a", "b", "c"}), "a, b and c"},
		{Some([]string{"a", "b", "c"}, 2), "a, b, c"},
		{Some([]string{"a", "b", "c", "d"}, 2), "a, b and 2 more"},
		{Words("a", "", "b"), "a b"},
		{Sentence(" It failed.. "), "It failed"},
	} {
		if row.got != row.want {
			t.Errorf("got %q, want %q", row.got, row.want)
		}
	}
}

func TestNearestForgivesMisspelling(t *testing.T) {
	known := []string{"connector_id", "entity", "select_fields"}
	for name, want := range map[string]string{
		"connectorId": "connector_id", "conector_id": "connector_id", "entiyt": "entity", "fields": "", "x": "", strings.Repeat("e", 200): "",
	} {
		if got := Nearest(name, known); got != want {
			t.Errorf("nearest to %q is %q, want %q", name, got, want)
		}
	}
	if got, want := DidYouMean("entitty", known), `; did you mean "entity"?`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := Suggest("zzz", known), "; there are connector_id, entity, select_fields."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	many := make([]string, 50)
	for i := range many {
		many[i] = fmt.Sprintf("name%02d", i)
	}
	if got := Suggest("zzz", many); !strings.HasSuffix(got, "name39 and 10 more.") {
		t.Errorf("got %q", got)
	}
}

// An edit is an insertion, deletion, replacement or swap of neighbors.
func TestEditsAreCounted(t *testing.T) {
	for _, row := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "ab", 2}, {"ab", "ba", 1}, {"abcd", "acbd", 1}, {"kitten", "sitting", 3}, {"abc", "", 3}} {
		if got := edits(row.a, row.b); got != row.want {
			t.Errorf("%q to %q takes %d edits, want %d", row.a, row.b, got, row.want)
		}
	}
}

func BenchmarkCleanBytes(b *testing.B) {
	for name, text := range map[string][]byte{
		"ASCII":      bytes.Repeat([]byte("Called about the analytical engine; wants it. "), 4000),
		"typography": bytes.Repeat([]byte("Anna’s note – “call back”, naïve café… 🙂 and plain words after that. "), 3000),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				CleanBytes(text)
			}
		})
	}
}
