package airbyteclient

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"airbyte-agent-mcp/schemas/rawjson"
)

// Texts that a reader of JSON may get wrong, in one way or the other.
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

// Answers to execute that a reader may get wrong, in one way or the other.
var answerTexts = []string{
	`{}`, `[]`, `null`, ``, ` `, `{`, `{"status"}`, `{"status":"success"}`, `{"status":"success",}`, `{"status":1}`,
	`{"status":"success","result":{"data":[1]},"connector_metadata":null}`,
	`{"status":"failed","status":"success","result":1,"result":2}`,
	`{"st\u0061tus":"success","res\u0075lt":"\u0061"}`,
	"{\n \"status\" : \"success\",\r\n\"result\":[1,\n2],\"warning\":{\"message\":\"x\"} }\n",
	"{\"status\":\"success\",\"result\":\"a\xffb\",\"execution_metadata\":7}",
	`{"status":"success","result":tru}`, `{"status":"success"} x`, `{"status":"success","other":{"result":1}}`,
}

func FuzzReadExecution(f *testing.F) {
	for _, text := range append(answerTexts, jsonTexts...) {
		f.Add([]byte(text))
	}
	f.Fuzz(compareExecution)
}

// compareExecution reads an answer as encoding/json would.
func compareExecution(t *testing.T, body []byte) {
	x, err := readExecution(body)
	if errors.Is(err, errTooDeep) {
		return
	}
	var members map[string]json.RawMessage
	wantErr := json.Unmarshal(body, &members)
	var status string
	good := wantErr == nil && json.Unmarshal(members["status"], &status) == nil && status != ""
	if good != (err == nil) {
		t.Fatalf("%q: %v, and encoding/json %v", body, err, wantErr)
	}
	if !good {
		return
	}
	want := members["result"]
	if want == nil {
		want = json.RawMessage("null")
	}
	if x.Status != status || strings.ContainsAny(string(x.Result), "\n\r") || !utf8.Valid(x.Result) {
		t.Fatalf("%q is %q with %q", body, x.Status, x.Result)
	}
	if got := string(rawjson.Compact(x.Result)); got != strings.ToValidUTF8(string(rawjson.Compact(want)), "\uFFFD") {
		t.Fatalf("the result of %q is %q", body, got)
	}
}

func TestFaultsOfAnAnswerAreWorded(t *testing.T) {
	deep := strings.Repeat("[", rawjson.MaxDepth) + strings.Repeat("]", rawjson.MaxDepth)
	for body, want := range map[string]string{
		``:                           "the answer is empty",
		`[{"status":"success"}]`:     "the answer is not a JSON object",
		`{"status":"success`:         "the answer ends within its JSON",
		`{"status":"success"`:        "the answer ends within its JSON",
		`{"status":tru}`:             "the answer is not valid JSON (at byte 13)",
		`{"status":"success"}x`:      "the answer is not valid JSON (at byte 20)",
		`{"status":1}`:               "the answer has no status: it is not the outcome of an operation",
		`{"result":` + deep + `}`:    "the answer is nested deeper than 512 levels",
		`{"a":` + deep[1:511] + `:}`: "the answer is not valid JSON (at byte 515)",
	} {
		if _, err := readExecution([]byte(body)); err == nil || err.Error() != want {
			t.Errorf("%.40s: got %v, want %s", body, err, want)
		}
	}
}

func TestResultKeepsItsBytesUnlessTheyDoNotFitOnALine(t *testing.T) {
	for _, row := range []struct{ name, value, want string }{
		{"as it came", `{"n":9007199254740993, "s":"<a>\u0041"}`, `{"n":9007199254740993, "s":"<a>\u0041"}`},
		{"pretty", "{\n  \"a\": [\r\n 1 ]\n}", `{"a":[1]}`},
		{"newline in a string", `"a\nb"`, `"a\nb"`},
		{"not UTF-8", "\"a\xffb\"", "\"a\uFFFDb\""},
	} {
		t.Run(row.name, func(t *testing.T) {
			x, err := readExecution([]byte("{\n\"status\":\"success\",\"result\":\n" + row.value + "\n,\"y\":1}\n"))
			if err != nil {
				t.Fatal(err)
			}
			if string(x.Result) != row.want {
				t.Errorf("got %s, want %s", x.Result, row.want)
			}
		})
	}
}

func TestResultIsPartOfTheAnswer(t *testing.T) {
	body := []byte(`{"result":[1,2,3],"status":"success"}`)
	x, err := readExecution(body)
	if err != nil {
		t.Fatal(err)
	}
	body[11] = '7'
	if got := x.Result; string(got) != "[7,2,3]" || cap(got) != len(got) {
		t.Errorf("got %s of capacity %d: a copy, or one that an append would spill from", got, cap(got))
	}
}

// executionOf is an answer to execute of about size bytes.
func executionOf(size int) []byte {
	const record = `{"id":"rec_0123456789","name":"Zoë Krüger","email":"zoe@example.com","amount":1234.5,"tags":["a","b"],"note":"She said “call back” – the café’s owner isn’t sure…\nSend the \"annual\" offer."}`
	list := strings.Repeat(record+",", size/len(record)) + record
	return []byte(`{"status":"success","result":{"data":[` + list + `]},"connector_metadata":null,"execution_metadata":{"connector_instance_id":"c1","execution_time_ms":12}}`)
}

func BenchmarkReadExecution(b *testing.B) {
	for _, size := range []struct {
		name  string
		bytes int
	}{{"2KB", 2 << 10}, {"200KB", 200 << 10}, {"5MB", 5 << 20}} {
		body := executionOf(size.bytes)
		for name, read := range map[string]func(){
			"ours":       func() { _, _ = readExecution(body) },
			"json.Valid": func() { json.Valid(body) },
		} {
			b.Run(name+"/"+size.name, func(b *testing.B) {
				b.SetBytes(int64(len(body)))
				b.ReportAllocs()
				for b.Loop() {
					read()
				}
			})
		}
	}
}
