package safetext

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
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
