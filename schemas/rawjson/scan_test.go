package rawjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// Texts that a JSON scanner may get wrong, in one way or the other.
var jsonTexts = []string{
	`{}`, `[]`, `""`, `0`, `-0`, `-`, `01`, `1.`, `1.5`, `.5`, `1e5`, `1e`, `1E+5`, `1e-`, `1e-0`, `-1.2e+3`,
	`9007199254740993`, `true`, `tru`, `truex`, `false`, `null`, `nul`, `nan`, ``, ` `, `{`, `}`, `[`, `]`, `"`,
	`[1,2]`, `[1,]`, `[,1]`, `[1 2]`, `{"a":1}`, `{"a":1,}`, `{,}`, `{"a"}`, `{"a":}`, `{a:1}`, `{"a":1 "b":2}`,
	`{"a":1,"a":2}`, `{"a":{"b":[{"c":null}]}}`, `{"":0}`, `{"\u0061":1}`, `{"a":1}x`, `{"a":1} {"b":2}`,
	`"\n"`, "\"\n\"", "\"\t\"", `"\x"`, `"\u12"`, `"\u12G4"`, `"\u12f4"`, `"\uD800"`, `"\`, `"\"`, `"\\"`, `"\/"`,
	"\"\x7f\"", "\"\xff\"", "\"\xc3\x28\"", `"é漢🙂"`, "\"\u2028\"", "\xef\xbb\xbf{}", "{\n\"a\"\r\n:\t[ 1 ,\n2 ] }\n",
	`"12345678"`, `"1234567\"8"`, `"12345678\u00e9123456789"`, "\"1234567\x1f\"", `"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"`,
	`{"status":"success","result":{"data":[1]},"connector_metadata":null}`,
}

func TestScanAgreesWithEncodingJSON(t *testing.T) {
	for _, text := range jsonTexts {
		compareScan(t, []byte(text))
	}
}

func FuzzScan(f *testing.F) {
	for _, text := range jsonTexts {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) { compareScan(t, data) })
}

func compareScan(t *testing.T, data []byte) {
	t.Helper()
	line, err := OneLine(data)
	if errors.Is(err, ErrTooDeep) {
		return
	}
	if valid := json.Valid(data); valid != (err == nil) {
		t.Fatalf("json.Valid says %v, the scan %v, of %q", valid, err, data)
	}
	if err != nil {
		return
	}
	if bytes.ContainsAny(line, "\n\r") || !utf8.Valid(line) || !json.Valid(line) {
		t.Fatalf("%q came out as %q", data, line)
	}
	compareMembers(t, data)
}

func compareMembers(t *testing.T, data []byte) {
	t.Helper()
	var want map[string]json.RawMessage
	wantErr := json.Unmarshal(data, &want)
	got := map[string]json.RawMessage{}
	err := ScanObject(data, func(m ScannedMember) { got[m.Name()] = json.RawMessage(m.Value) })
	if errors.Is(err, ErrNoObject) {
		if wantErr == nil && want != nil {
			t.Fatalf("%q is an object", data)
		}
		return
	}
	if err != nil {
		t.Fatalf("members of %q: %v", data, err)
	}
	// encoding/json replaces what is not UTF-8 in a name.
	for name := range got {
		if !utf8.ValidString(name) {
			return
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("members of %q (-want +got):\n%s", data, diff)
	}
}

func TestDeepNestingIsRefused(t *testing.T) {
	for _, pair := range []string{"[]", `{"a":}`} {
		open, end := pair[:len(pair)-1], pair[len(pair)-1:]
		if _, err := OneLine([]byte(strings.Repeat(open, MaxDepth-1) + "[]" + strings.Repeat(end, MaxDepth-1))); err != nil {
			t.Errorf("%d levels of %s: %v", MaxDepth, pair, err)
		}
		if _, err := OneLine([]byte(strings.Repeat(open, MaxDepth) + "[]" + strings.Repeat(end, MaxDepth))); !errors.Is(err, ErrTooDeep) {
			t.Errorf("%d levels of %s: %v, want ErrTooDeep", MaxDepth+1, pair, err)
		}
		if _, err := OneLine([]byte(strings.Repeat(open, 10_000_000))); !errors.Is(err, ErrTooDeep) {
			t.Errorf("endless %s: %v, want ErrTooDeep", pair, err)
		}
	}
}

func TestValueKeepsItsBytesUnlessTheyDoNotFitOnALine(t *testing.T) {
	for _, row := range []struct{ name, value, want string }{
		{"as it came", `{"n":9007199254740993, "s":"<a>\u0041"}`, `{"n":9007199254740993, "s":"<a>\u0041"}`},
		{"pretty", "{\n  \"a\": [\r\n 1 ]\n}", `{"a":[1]}`},
		{"newline in a string", `"a\nb"`, `"a\nb"`},
		{"not UTF-8", "\"a\xffb\"", "\"a\uFFFDb\""},
	} {
		t.Run(row.name, func(t *testing.T) {
			body := []byte("{\n\"x\":\n" + row.value + "\n,\"y\":1}\n")
			var got json.RawMessage
			if err := ScanObject(body, func(m ScannedMember) {
				if m.Name() == "x" {
					got = m.Line()
				}
			}); err != nil {
				t.Fatal(err)
			}
			if string(got) != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}

func TestValueIsPartOfTheBuffer(t *testing.T) {
	body := []byte(`{"result":[1,2,3],"z":0}`)
	_ = ScanObject(body, func(m ScannedMember) {
		if m.Name() == "result" {
			body[11] = '7'
			if got := m.Line(); string(got) != "[7,2,3]" || cap(got) != len(got) {
				t.Errorf("got %s of capacity %d: a copy, or one that an append would spill from", got, cap(got))
			}
		}
	})
}

func TestScanDoesNotAllocate(t *testing.T) {
	body := typographic(64 << 10)
	if n := testing.AllocsPerRun(10, func() {
		s := scanner{data: body}
		if !s.value(0) {
			t.Fatal("not valid")
		}
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

// typographic returns an answer of about size bytes with text as people write
// it: dashes, quotes, accents, escapes and emoji.
func typographic(size int) []byte {
	const record = `{"id":"rec_0123456789","name":"Zoë Lovelace","email":"zoe@example.com","amount":1234.5,"tags":["a","b"],"note":"Called about the “analytical engine” – wants a démonstration of it next week…\nSaid: \"soon\" 🚀"}`
	list := strings.Repeat(record+",", size/len(record)) + record
	return []byte(`{"status":"success","result":{"data":[` + list + `]},"connector_metadata":null}`)
}

func BenchmarkScan(b *testing.B) {
	for _, size := range []struct {
		name  string
		bytes int
	}{{"2KB", 2 << 10}, {"200KB", 200 << 10}, {"5MB", 5 << 20}} {
		body := typographic(size.bytes)
		b.Run("ours/"+size.name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				s := scanner{data: body}
				s.value(0)
			}
		})
		b.Run("json.Valid/"+size.name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				json.Valid(body)
			}
		})
	}
}
