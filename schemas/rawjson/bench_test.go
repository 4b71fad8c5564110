package rawjson

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// Records as people write them: dashes, curly quotes, accents, emoji, escapes.
var people = []string{
	`{"id":"rec_%07d","name":"Zoë Krüger","email":"zoe.krueger@example.com","company":"Müller & Söhne – Werkzeuge","amount":1234.5,"open":true,"tags":["renewal","tier-1"],"note":"She said “call me back on Tuesday” – the café’s owner isn’t sure about the price…\nFollow-up: send the \"annual\" offer."}`,
	`{"id":"rec_%07d","name":"Anna O’Connor","email":"anna@example.com","company":null,"amount":-17,"open":false,"tags":[],"note":"Ticket #4411 – reopened. Customer writes: “It doesn’t load 🙁”. Checked with François; it’s the proxy’s cache, not ours. Nothing else to do here until the vendor ships a fix for it."}`,
	`{"id":"rec_%07d","name":"José Álvarez","email":"jose@example.org","company":"Café del Mar","amount":98500,"open":true,"tags":["façade","naïve"],"note":"Plain words only in this one, so that long stretches without anything special are there too, as in most of what people write to each other at work; prices are in EUR and include 19 percent VAT."}`,
}

// typographic returns an answer of about size bytes.
func typographic(size int) []byte {
	var b strings.Builder
	b.WriteString(`{"status":"success","result":{"data":[`)
	for i := 0; b.Len() < size; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, people[i%len(people)], i)
	}
	b.WriteString(`]},"connector_metadata":null}`)
	return []byte(b.String())
}

// plain returns the same of records without anything special in them.
func plain(size int) []byte {
	const record = `{"id":"rec_0123456789","name":"Ada Lovelace","email":"ada@example.com","amount":1234.5,"tags":["a","b"],"note":"Called about the analytical engine; wants a demonstration of it next week."}`
	return []byte(`{"status":"success","result":{"data":[` + strings.Repeat(record+",", size/len(record)) + record + `]},"connector_metadata":null}`)
}

// compare runs ways of doing the same thing on the same text.
func compare(b *testing.B, data []byte, ways ...way) {
	for _, w := range ways {
		b.Run(w.name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				w.run()
			}
		})
	}
}

type way struct {
	name string
	run  func()
}

var sizes = []struct {
	name  string
	bytes int
}{{"2KB", 2 << 10}, {"200KB", 200 << 10}}

func BenchmarkCheck(b *testing.B) {
	for _, size := range sizes {
		for name, data := range map[string][]byte{"typographic": typographic(size.bytes), "ASCII": plain(size.bytes)} {
			b.Run(name+"/"+size.name, func(b *testing.B) {
				compare(b, data,
					way{"rawjson", func() { _, _ = Check(data) }},
					way{"encoding-json", func() { json.Valid(data) }})
			})
		}
	}
}

func BenchmarkElements(b *testing.B) {
	data := typographic(200 << 10)
	list := Member(Member(data, "result"), "data")
	compare(b, list,
		way{"rawjson", func() {
			for record := range Elements(list) {
				Member(record, "email")
			}
		}},
		way{"encoding-json", func() {
			var records []struct{ Email json.RawMessage }
			_ = json.Unmarshal(list, &records)
		}})
}

func BenchmarkEscape(b *testing.B) {
	data := typographic(200 << 10)
	text, dst := string(data), make([]byte, MaxEscape*len(data)+64)
	compare(b, data,
		way{"rawjson", func() { Escape(dst, data) }},
		way{"AppendString", func() { AppendString(dst[:0], text) }},
		way{"encoding-json", func() { _, _ = json.Marshal(text) }})
}

func BenchmarkRemoveInvisible(b *testing.B) {
	data := typographic(200 << 10)
	hiding := []byte(strings.ReplaceAll(string(data), "Tuesday", "Tues\u200bday"))
	compare(b, data,
		way{"nothing", func() { RemoveInvisible(data) }},
		way{"some", func() { RemoveInvisible(hiding) }})
}

func BenchmarkCompareNumbers(b *testing.B) {
	x, y := []byte("9007199254740993.25"), []byte("9007199254740993.5")
	compare(b, x,
		way{"rawjson", func() { CompareNumbers(x, y) }},
		way{"big.Rat", func() { Rat(x).Cmp(Rat(y)) }})
}
