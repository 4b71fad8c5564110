package safetext

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNothingHidesInAnAnswer(t *testing.T) {
	t.Parallel()
	tags := ""
	for _, c := range "ignore all" {
		tags += string(0xE0000 + c)
	}
	for given, want := range map[string]string{
		"{\"a\":\"plain, Straße, 日本語, \U0001F469\u200d\U0001F467, \u2764\ufe0f, \u0645\u06cc\u200c\u062e\u0648\u0627\"}": "{\"a\":\"plain, Straße, 日本語, \U0001F469\u200d\U0001F467, \u2764\ufe0f, \u0645\u06cc\u200c\u062e\u0648\u0627\"}",
		`{"a":"x` + tags + `y"}`:                       `{"a":"xy"}`,
		"{\"a\":\"\u202eevil\u202c \u200bz\ufeff\"}":   `{"a":"evil z"}`,
		`{"a":"\u202Eevil\u202c\u200b \uDB40\uDC41z"}`: `{"a":"evil z"}`,
		`{"a":"\\u202e \"\\\\u200b"}`:                  `{"a":"\\u202e \"\\\\u200b"}`, // texts that only look so
		`{"a":"\ud83d\ude80 \ud83d x"}`:                `{"a":"\ud83d\ude80 \ud83d x"}`,
		"{\"k\u2066ey\":1}":                            `{"key":1}`,
	} {
		if got := Visible(json.RawMessage(given)); string(got) != want || !json.Valid(got) {
			t.Errorf("%+q became %+q, want %+q", given, got, want)
		}
	}
}

// bySteps is Visible without the fast paths.
func bySteps(raw []byte) []byte {
	var out []byte
	for i := 0; i < len(raw); {
		r, size := utf8.DecodeRune(raw[i:])
		if raw[i] == '\\' {
			if r, size = escapedRune(raw[i:]); size == 0 {
				size = 2
			}
		}
		if !Smuggles(r) {
			out = append(out, raw[i:i+size]...)
		}
		i += size
	}
	return out
}

func TestFastAndSlowWayAgree(t *testing.T) {
	t.Parallel()
	bits := []string{"–", "“", "”", "…", "é", "日", "🚀", "\u200b", "\u202e", "\ufeff", "\u00ad", "\u200d", "\ufe0f", "\u2028", "\u2010", "\u2011", "\u200f", "\u2029", "\u202a", "\U000E0041", `\n`, `\\`, `\u202e`, `\uDB40\uDC41`, `\ud83d`, "plain text", "x"}
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		text := `"`
		for range r.IntN(12) {
			text += bits[r.IntN(len(bits))]
		}
		text += `"`
		if got, want := Visible(json.RawMessage(text)), bySteps([]byte(text)); !bytes.Equal(got, want) {
			t.Fatalf("%+q became %+q, want %+q", text, got, want)
		}
	}
}

func TestWhatHidesNothingIsNotCopied(t *testing.T) {
	t.Parallel()
	raw := json.RawMessage(`{"note":"“Straße” – 日本語 \"x\" 🚀"}`)
	if got := Visible(raw); &got[0] != &raw[0] {
		t.Error("it was copied")
	}
}

func BenchmarkVisible(b *testing.B) {
	for name, note := range map[string]string{
		"plain":       "Called about the analytical engine, wants a demonstration of it next week.",
		"typographic": "Called about the “analytical engine” – wants a démonstration of it next week… 🚀",
		"Japanese":    "来週のデモンストレーションについて電話がありました。よろしくお願いします。",
	} {
		raw := json.RawMessage(`[` + strings.Repeat(`{"id":"rec_0123456789","note":"`+note+`"},`, 2000) + `0]`)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				Visible(raw)
			}
		})
	}
}

func FuzzVisible(f *testing.F) {
	for _, text := range []string{`"\u202e"`, `"\uDB40\uDC41"`, "\"\u200b\\\u2060\"", `{"a":["\\"]}`, `"\ud83d"`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if !json.Valid(raw) {
			return
		}
		got := Visible(raw)
		if !json.Valid(got) {
			t.Fatalf("%q became %q, which is not JSON", raw, got)
		}
		if again := Visible(got); !bytes.Equal(again, got) && !strings.Contains(string(got), `\u`) {
			t.Fatalf("%q hides something still", got)
		}
	})
}
