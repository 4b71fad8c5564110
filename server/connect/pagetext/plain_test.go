package pagetext

import (
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestPlain(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a  b\n\tc":                         "a b c",
		"\u202eevil\u2066 \u200btext\ufeff": "evil text",
		"tag\U000E0041s and \u3164 fillers": "tags and fillers",
		"bell\a and \x1b[31mred":            "bell and [31mred",
		"Grüße, 世界":                         "Grüße, 世界",
		"broken \xff utf":                   "broken utf",
	} {
		if got := OneLine(in, 100); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	if got := OneLine("0123456789012", 10); got != "0123456789…" {
		t.Errorf("cut: %q", got)
	}
}

func TestRuns(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][]Run{
		"plain":                             {{Text: "plain"}},
		"a <b>bold</b> &amp; <br/>old word": {{Text: "a bold & old word"}},
		`See <a target="_blank" href="https://x.example/a">the docs</a>.`: {{Text: "See "}, {"the docs", "https://x.example/a"}, {Text: "."}},
		`[docs](https://x.example) <a href="javascript:x">no</a>`:         {{"docs", "https://x.example"}, {Text: " "}, {Text: "no"}},
		`<a href="https://me@x.example">user</a>`:                         {{Text: "user"}},
		"": nil,
	} {
		if diff := cmp.Diff(want, Runs(in, 1000)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", in, diff)
		}
	}
}

func FuzzPlain(f *testing.F) {
	f.Add("a\u202eb\xff<a href='https://x'>y</a>", 10)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = min(max(limit, 1), 5000)
		if got := OneLine(s, limit); !utf8.ValidString(got) || utf8.RuneCountInString(got) > limit+1 {
			t.Errorf("plain: %q", got)
		}
		for _, r := range Runs(s, limit) {
			if r.URL != "" && WebLink(r.URL) == "" {
				t.Errorf("a link to %q", r.URL)
			}
		}
	})
}
