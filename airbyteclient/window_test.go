package airbyteclient

import (
	"airbyte-agent-mcp/schemas/rawjson"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Records that a reader who goes by brackets and quotes may get wrong.
var trickyRecords = []string{
	`{"id":1,"name":"Ada"}`, `{}`, `[]`, `[[1,[2]],{"a":[{}]}]`, `"a, b] } \" \\"`, `"\\\\\""`, `""`, `0`, `-1.50e+10`, `9007199254740993`,
	`true`, `null`, `{"a":"]","b":"[","c":"{\"d\":\"}\"}","\"]":"\\"}`, `"é漢🙂\u00e9\ud83d\ude42"`, `{ "spaced" : [ 1 , 2 ] }`,
	`{"data":[1,2],"result":[3],"status":"failed"}`, `"` + strings.Repeat(`\\\"x`, 40) + `"`, `{"long":"` + strings.Repeat("prose, ", 60) + `"}`,
	"{\n  \"id\": 2,\r\n\t\"tags\": [\n\"a\"\n]\n}", `[{"a":[{"b":[{"c":"[[["}]}]}]`, `false`,
}

// listShapes are answers with a list; %s is where its records go.
var listShapes = map[string]string{
	"array":              `{"status":"success","result":[%s],"connector_metadata":{"has_more":true},"execution_metadata":{"connector_instance_id":"c","execution_time_ms":1},"warning":{"code":"w","message":"m"}}`,
	"data and meta":      `{"status":"success","result":{"data":[%s],"meta":{"cursor":"[{\"","has_more":true}},"connector_metadata":null,"execution_metadata":null}`,
	"other member":       `{"status":"success","result":{"total":3,"paging":{"next":[1]},"results":[%s],"links":["x","y"]}}`,
	"data behind arrays": `{"status":"success","result":{"columns":["a","b","c"],"errors":[],"data":[%s],"rest":[1,2,3]}}`,
	"data that is none":  `{"status":"success","result":{"data":{"id":1},"items":[%s]}}`,
	"spread over lines":  "\n{\n \"connector_metadata\" : { \"a\" : [ 1 ] } ,\r\n \"result\" : {\n\t\"data\" : [\n %s \n]\n , \"meta\" : { }\n} ,\n \"status\" : \"success\"\n}\n\n",
	"escaped names":      `{"\u0073tatus":"success","re\u0073ult":{"d\u0061ta":[%s]},"status":"success"}`,
	"several results":    `{"status":"success","result":{"data":[1,2,3,4,5,6,7,8,9]},"result":[%s]}`,
}

// noLists are answers without one.
var noLists = []string{
	`{"status":"success","result":{"id":1,"name":"[{","nested":{"data":[1,2,3]}}}`, `{"status":"success","result":{}}`, `{"status":"success","result":null}`,
	`{"status":"success","result":"a \" [1,2,3] \\"}`, `{"status":"success","result":-12.5e3,"bundle":[1,2,3]}`, `{"status":"success"}`, " { \"status\" : \"success\" , \"result\" : true } ",
}

// steps reads so many bytes at a time.
type steps struct {
	io.Reader
	size int
}

func (s steps) Read(p []byte) (int, error) { return s.Reader.Read(p[:min(len(p), s.size)]) }

// window is what a test reads through: Window, and limits that are no settings.
type window struct {
	skip, bytes, around, most, step int
}

// through reads an answer as Execute does.
func (v window) through(body []byte) (*Execution, error) {
	got := &answer{op: opExecute}
	w := &windowReader{got: got, src: steps{bytes.NewReader(body), v.step}, skip: v.skip, bytes: int64(v.bytes), around: int64(v.around), most: int64(v.most), longest: 1 << 30}
	if v.skip == 0 {
		head, err := readUpTo(w.src, -1, w.bytes)
		if err == nil {
			return readExecution(head)
		}
		w.begin(head)
	}
	if err := w.answer(); err != nil {
		return nil, err
	}
	x, err := readExecution(w.out)
	if err == nil {
		x.Seen = w.seen()
	}
	return x, err
}

// splitResult goes by Window's rules on the whole result: which list is that of
// the records, what stands around it, and how many lists are called data.
func splitResult(t *testing.T, result json.RawMessage) (records []json.RawMessage, found bool, around map[string]string, data int) {
	t.Helper()
	around = map[string]string{}
	list, name, number := []byte(nil), "", 0
	if bytes.HasPrefix(result, []byte("[")) {
		list = result
	} else if rawjson.KindOf(rawjson.Trim(result)) != rawjson.Object {
		around[""] = compacted(t, result)
	}
	for key, value := range rawjson.Members(result) {
		number++
		isData := key.Is("data")
		if value[0] == '[' {
			if isData {
				data++
			}
			if list == nil || isData {
				list, name = value, fmt.Sprint(number, string(key))
			}
		}
		around[fmt.Sprint(number, string(key))] = compacted(t, value)
	}
	delete(around, name)
	if list != nil {
		if err := json.Unmarshal(list, &records); err != nil {
			t.Fatalf("list %q: %v", list, err)
		}
	}
	return records, list != nil, around, data
}

func compacted(t *testing.T, value []byte) string {
	t.Helper()
	var line bytes.Buffer
	if err := json.Compact(&line, value); err != nil {
		t.Fatalf("%q: %v", value, err)
	}
	return line.String()
}

// checkPart fails unless part is whole but for the records it leaves out, and
// returns the ones it has and how many there are.
func checkPart(t *testing.T, whole, part *Execution) (records []json.RawMessage, of int) {
	t.Helper()
	all, found, around, _ := splitResult(t, whole.Result)
	held, heldFound, heldAround, _ := splitResult(t, part.Result)
	seen := Seen{Kept: len(all), Of: len(all)}
	if part.Seen != nil {
		seen = *part.Seen
	} else if compacted(t, whole.Result) != compacted(t, part.Result) {
		t.Fatalf("unseen, %q became %q", whole.Result, part.Result)
	}
	if found != heldFound || seen.Of != len(all) || seen.Kept != len(held) || seen.First < 0 || seen.First+seen.Kept > seen.Of {
		t.Fatalf("%+v of a list of %d has %d records", seen, len(all), len(held))
	}
	for i, record := range held {
		if want := all[seen.First+i]; compacted(t, record) != compacted(t, want) {
			t.Fatalf("record %d is %q, want %q", seen.First+i, record, want)
		}
	}
	if diff := cmp.Diff(around, heldAround); diff != "" {
		t.Fatalf("around the list (-want +got):\n%s", diff)
	}
	w, p := *whole, *part
	w.Result, p.Result, p.Seen = nil, nil, nil
	if diff := cmp.Diff(w, p); diff != "" {
		t.Fatalf("envelope (-want +got):\n%s", diff)
	}
	return held, seen.Of
}

func TestAnswerThatFitsIntoItsWindowIsAsWithout(t *testing.T) {
	var bodies []string
	for _, shape := range listShapes {
		bodies = append(bodies, fmt.Sprintf(shape, strings.Join(trickyRecords, " , ")), fmt.Sprintf(shape, ""))
	}
	for _, body := range append(bodies, noLists...) {
		want, err := execute(t, Config{}, "list", says(200, body))
		if err != nil {
			t.Fatal(err)
		}
		for _, window := range []Window{{}, {Bytes: int64(len(body))}, {Bytes: 1 << 40}} {
			got, err := executeThrough(t, Config{}, window, says(200, body))
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%+v: %v (-want +got):\n%s", window, err, diff)
			}
		}
	}
}

func executeThrough(t *testing.T, config Config, window Window, answer func() (*http.Response, error)) (*Execution, error) {
	t.Helper()
	config.ClientID, config.ClientSecret = "client", NewSecret(testSecret)
	c := newTestClient(t, config, WithTransport(minting(func(*http.Request) (*http.Response, error) { return answer() })))
	return c.Execute(t.Context(), "c", ExecuteRequest{Entity: "e", Action: "list", Window: &window})
}

func TestAnswerWithoutAListIsHeldWhole(t *testing.T) {
	for _, body := range noLists {
		want, err := readExecution([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		for _, window := range []Window{{Bytes: 1}, {Skip: 1, Bytes: 1}, {Skip: 1000}} {
			got, err := executeThrough(t, Config{}, window, says(200, body))
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%+v of %s: %v (-want +got):\n%s", window, body, err, diff)
			}
		}
	}
}

func TestEveryRecordIsReachedThroughAWindow(t *testing.T) {
	for name, shape := range listShapes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := fmt.Appendf(nil, shape, strings.Join(trickyRecords, " , "))
			whole, err := readExecution(bytes.Clone(body))
			if err != nil {
				t.Fatal(err)
			}
			for _, step := range []int{1, 2, 7, 64, windowChunk} {
				for _, size := range []int{1, 50, 400, 600, 1000, len(body) - 1, len(body), 1 << 20} {
					for _, around := range []int{1, 200, 1 << 20} {
						v := window{bytes: size, around: max(around, len(shape)), most: 1 << 20, step: step}
						v.walk(t, body, whole)
						for v.skip = range len(trickyRecords) + 3 {
							v.once(t, body, whole)
						}
					}
				}
			}
		})
	}
}

// walk reads one part after the other.
func (v window) walk(t *testing.T, body []byte, whole *Execution) {
	t.Helper()
	v.skip = 0
	for of := len(trickyRecords); v.skip < of; {
		kept, seen := v.once(t, body, whole)
		if seen != of || kept == 0 {
			t.Fatalf("%+v: %d of %d", v, kept, seen)
		}
		v.skip += kept
	}
}

func (v window) once(t *testing.T, body []byte, whole *Execution) (kept, of int) {
	t.Helper()
	part, err := v.through(bytes.Clone(body))
	if err != nil {
		t.Fatalf("%+v: %v", v, err)
	}
	records, of := checkPart(t, whole, part)
	if want := min(v.skip, of); part.Seen != nil && part.Seen.First != want || v.skip > 0 && part.Seen == nil {
		t.Fatalf("%+v: %+v", v, part.Seen)
	}
	for i, record := range records {
		// The records of this list stand on one line, but for one.
		if want := trickyRecords[v.skip+i]; string(record) != want && compacted(t, record) != compacted(t, []byte(want)) {
			t.Fatalf("%+v: record %d is %s, want %s", v, v.skip+i, record, want)
		}
	}
	return len(records), of
}

func TestRecordsKeepTheirBytesThroughAWindow(t *testing.T) {
	var records []string
	for _, record := range trickyRecords {
		if !strings.Contains(record, "\n") {
			records = append(records, record)
		}
	}
	body := fmt.Sprintf(listShapes["array"], strings.Join(records, ","))
	for skip := range records {
		got, err := executeThrough(t, Config{}, Window{Skip: skip, Bytes: 700}, says(200, body))
		if err != nil {
			t.Fatal(err)
		}
		if want := "[" + strings.Join(records[skip:skip+got.Seen.Kept], ",") + "]"; string(got.Result) != want {
			t.Errorf("from %d %s, want %s", skip, got.Result, want)
		}
	}
}

func TestWindowHoldsAsManyRecordsAsFit(t *testing.T) {
	long := strings.Repeat("x", 100)
	record := `{"a":"` + long + `"}`
	body := fmt.Sprintf(listShapes["array"], strings.Repeat(record+",", 99)+record)
	before := strings.Index(body, "{\"a\"")
	for _, row := range []struct {
		window Window
		want   Seen
	}{
		{Window{Bytes: 1}, Seen{0, 1, 100}},
		{Window{Bytes: int64(before + 10*len(record) + 9)}, Seen{0, 10, 100}},
		{Window{Bytes: int64(before + 10*len(record) + 8)}, Seen{0, 9, 100}},
		{Window{Skip: 42, Bytes: int64(before + 10*len(record) + 9)}, Seen{42, 10, 100}},
		{Window{Skip: 42, Bytes: int64(before + 10*len(record) + 8)}, Seen{42, 9, 100}},
		{Window{Skip: 95}, Seen{95, 5, 100}},
		{Window{Skip: 100}, Seen{100, 0, 100}},
		{Window{Skip: 1000, Bytes: 1}, Seen{100, 0, 100}},
		{Window{Skip: -5, Bytes: 1}, Seen{0, 1, 100}},
	} {
		got, err := executeThrough(t, Config{}, row.window, says(200, body))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&row.want, got.Seen); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", row.window, diff)
		}
		if row.want.Kept == 0 && string(got.Result) != "[]" {
			t.Errorf("%+v: result %s", row.window, got.Result)
		}
	}
}

// megabytes is an answer of so many, with records of about 200 bytes.
func megabytes(n int) []byte { return executionOf(n << 20) }

func TestLongAnswerIsReachedThroughSmallWindows(t *testing.T) {
	body := megabytes(5)
	whole, err := readExecution(body)
	if err != nil {
		t.Fatal(err)
	}
	reply := func() (*http.Response, error) {
		resp := reply(200, "")
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), -1
		return resp, nil
	}
	reached := 0
	for of := 1; reached < of; {
		got, err := executeThrough(t, Config{MaxAnswerBytes: 2 << 20}, Window{Skip: reached, Bytes: 300 << 10}, reply)
		if err != nil {
			t.Fatal(err)
		}
		last := got.Seen.First+got.Seen.Kept == got.Seen.Of
		if got.Seen.First != reached || got.Seen.Kept < 1000 && !last || len(got.Result) > 300<<10 {
			t.Fatalf("%+v in %d bytes", got.Seen, len(got.Result))
		}
		reached, of = reached+got.Seen.Kept, got.Seen.Of
	}
	if all, _, _, _ := splitResult(t, whole.Result); reached != len(all) {
		t.Errorf("%d records of %d were reached", reached, len(all))
	}
}

func TestWindowIsBounded(t *testing.T) {
	text := func(n int) string { return strings.Repeat("x", n) }
	config := Config{MaxAnswerBytes: 2 << 20, MaxDownloadBytes: 4 << 20}
	half := Window{Bytes: 1 << 19}
	for _, row := range []struct {
		name, body string
		window     Window
		want       string // empty if it is not too large
	}{
		{"text", `{"status":"success","result":"` + text(3<<20) + `"}`, half, "the answer is longer than 2 MiB"},
		{"text that just fits", `{"status":"success","result":"` + text(2<<20-32) + `"}`, half, ""},
		{"text that just does not", `{"status":"success","result":"` + text(2<<20-31) + `"}`, half, "the answer is longer than 2 MiB"},
		{"spaces", `{"status":"success"}` + strings.Repeat(" ", 3<<20), half, "the answer is longer than 2 MiB"},
		{"name", `{"status":"success","result":{"` + text(3<<20) + `":1}}`, half, "the answer is longer than 2 MiB"},
		{"record", `{"status":"success","result":[1,"` + text(3<<20) + `",2]}`, Window{Skip: 1}, "record 1 of the answer, counted from 0, is longer than 2 MiB"},
		{"first record", `{"status":"success","result":["` + text(3<<20) + `",2]}`, half, "record 0 of the answer, counted from 0, is longer than 2 MiB"},
		{"record that is not asked for", `{"status":"success","result":[1,"` + text(3<<20) + `",2]}`, half, ""},
		{"record that is left out", `{"status":"success","result":[1,"` + text(3<<20) + `",2]}`, Window{Skip: 2}, ""},
		{"beside the list", `{"status":"success","result":{"data":[1,"` + text(1<<20) + `"],"more":"` + text(3<<19) + `"}}`, half, "what the answer holds beside its records is longer than 1 MiB"},
		{"beside the list, but short in all", `{"status":"success","result":{"data":[1,2],"more":"` + text(3<<19) + `"}}`, half, ""},
		{"before the list", `{"status":"success","result":{"one":["x","` + text(3<<19) + `","y"],"data":[1,2]}}`, half, "what the answer holds before its records is longer than 1 MiB"},
		{"spaces in the list", `{"status":"success","result":[1,` + strings.Repeat(" ", 3<<20) + `2]}`, half, ""},
		{"spaces before the list's records", `{"status":"success","result":[` + strings.Repeat(" ", 3<<20) + `2]}`, half, ""},
		{"longer than a download", `{"status":"success","result":["` + text(2<<20) + `","` + text(2<<20) + `"]}`, half, "the answer is longer than 4 MiB"},
	} {
		for _, size := range []int64{-1, int64(len(row.body))} {
			_, err := executeThrough(t, config, row.window, func() (*http.Response, error) {
				resp := reply(200, row.body)
				resp.ContentLength = size
				return resp, nil
			})
			if row.want == "" && err == nil {
				continue
			}
			if e := kindIs(t, err, KindTooLarge); e.Message != row.want || !e.MaybeSent || e.Status != 200 {
				t.Errorf("%s: %#v, want %q", row.name, e, row.want)
			}
		}
	}
}

func TestEndlessAnswerIsLeftThroughAWindow(t *testing.T) {
	for _, begin := range []string{"", `{"status":"success","result":[1,`} {
		body := &endless{}
		_, err := executeThrough(t, Config{MaxAnswerBytes: 1 << 20, MaxDownloadBytes: 2 << 20}, Window{Bytes: 1000}, func() (*http.Response, error) {
			resp := reply(200, "")
			resp.Body, resp.ContentLength = io.NopCloser(io.MultiReader(strings.NewReader(begin), body)), -1
			return resp, nil
		})
		if kindIs(t, err, KindTooLarge); body.read > 2<<20+windowChunk {
			t.Errorf("%d bytes were read", body.read)
		}
	}
}

func TestFailuresThroughAWindow(t *testing.T) {
	deep := strings.Repeat("[", rawjson.MaxDepth-1) + strings.Repeat("]", rawjson.MaxDepth-1)
	for _, row := range []struct {
		name, body string
		kind       Kind
		want       string
	}{
		{"status failed", `{"status":"failed","result":{"message":"no such owner","detail":[1,2,3,4,5,6]}}`, KindFailed, `the operation ended with status "failed": no such owner`},
		{"status behind what failed", `{"result":{"detail":[{"loc":["body","owner"],"msg":"is missing"}]},"status":"failed"}`, KindFailed, ""},
		{"no status", `{"result":[1,2,3,4,5]}`, KindBadAnswer, "the answer has no status: it is not the outcome of an operation"},
		{"array", `[1,2,3,4,5,6,7,8]`, KindBadAnswer, "the answer is not a JSON object"},
		{"empty", ``, KindBadAnswer, "the answer is empty"},
		{"space", "   \n     ", KindBadAnswer, "the answer is not a JSON object"},
		{"broken where it is held", `{"status":"success","result":[1,2],"warning":tru}`, KindBadAnswer, ""}, // the byte is that of what is held
		{"no record behind a comma", `{"status":"success","result":[1,]}`, KindBadAnswer, "the answer is not valid JSON (at byte 32)"},
		{"no comma", `{"status":"success","result":[1 2]}`, KindBadAnswer, "the answer is not valid JSON (at byte 32)"},
		{"brackets that do not match", `{"status":"success","result":[1,2,3,{"a":[}]]}`, KindBadAnswer, "the answer is not valid JSON (at byte 42)"},
		{"no list's end", `{"status":"success","result":[1,2}`, KindBadAnswer, "the answer is not valid JSON (at byte 33)"},
		{"more after the end", `{"status":"success","result":1}{}`, KindBadAnswer, "the answer is not valid JSON (at byte 31)"},
		{"ends in a string", `{"status":"success","result":["a","b\`, KindBadAnswer, "the answer ends within its JSON"},
		{"ends in a list", `{"status":"success","result":[1,2,3,4,5`, KindBadAnswer, "the answer ends within its JSON"},
		{"too deep where it is held", `{"status":"success","result":{"a":` + deep + `}}`, KindBadAnswer, "the answer is nested deeper than 512 levels"},
		{"too deep where it is left out", `{"status":"success","result":[1,2,3,` + deep + `,4]}`, KindBadAnswer, "the answer is nested deeper than 512 levels"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, plain := execute(t, Config{}, "list", says(200, row.body))
			for _, window := range []Window{{Bytes: 1}, {Bytes: 10}, {Skip: 1}, {Skip: 1, Bytes: 1}, {Skip: 1000}} {
				_, err := executeThrough(t, Config{}, window, says(200, row.body))
				e := kindIs(t, err, row.kind)
				if e.Message != row.want && row.want != "" || !e.MaybeSent {
					t.Errorf("%+v: %#v, want message %q", window, e, row.want)
				}
				if diff := cmp.Diff(plain.Error(), err.Error()); diff != "" && !strings.Contains(diff, "at byte") {
					t.Errorf("%+v (-without +with a window):\n%s", window, diff)
				}
			}
		})
	}
}

func TestCutAnswerFailsThroughAWindowWhereverItIsCut(t *testing.T) {
	for name, shape := range listShapes {
		body := strings.TrimSpace(fmt.Sprintf(shape, strings.Join(trickyRecords[:8], ",")))
		for at := range body {
			for _, window := range []Window{{Bytes: 20}, {Skip: 3, Bytes: 20}} {
				_, err := executeThrough(t, Config{}, window, says(200, body[:at]))
				kindIs(t, err, KindBadAnswer)
				for cut, kind := range map[error]Kind{io.ErrUnexpectedEOF: KindNetwork, errors.New("reset"): KindNetwork, context.Canceled: KindCanceled, context.DeadlineExceeded: KindTimeout} {
					_, err := executeThrough(t, Config{}, window, func() (*http.Response, error) {
						resp := reply(200, "")
						resp.Body, resp.ContentLength = io.NopCloser(io.MultiReader(strings.NewReader(body[:at]), errReader{cut})), -1
						return resp, nil
					})
					if e := kindIs(t, err, kind); !e.MaybeSent || e.Status != 200 {
						t.Fatalf("%s cut at %d by %v: %#v", name, at, cut, e)
					}
				}
			}
		}
	}
}

func TestCallThroughAWindowIsRepeatedAsOthers(t *testing.T) {
	body := fmt.Sprintf(listShapes["array"], strings.Join(trickyRecords, ","))
	cut := func() (*http.Response, error) {
		resp := reply(200, "")
		resp.Body, resp.ContentLength = io.NopCloser(io.MultiReader(strings.NewReader(body[:300]), errReader{io.ErrUnexpectedEOF})), -1
		return resp, nil
	}
	for _, idempotent := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			var sent int
			c := clientOf(t, script(&sent, cut, says(503, ""), says(200, body)))
			got, err := c.Execute(t.Context(), "c", ExecuteRequest{Action: "list", Idempotent: idempotent, Window: &Window{Skip: 2, Bytes: 50}})
			if idempotent && (err != nil || sent != 3 || got.Seen.First != 2) {
				t.Errorf("sent %d times: %v", sent, err)
			}
			if !idempotent && (KindOf(err) != KindNetwork || sent != 1) {
				t.Errorf("sent %d times: %v", sent, err)
			}
		})
	}
}

func TestTimeoutEndsACallThroughAWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clientOf(t, func(r *http.Request) (*http.Response, error) {
			resp := reply(200, "")
			resp.Body, resp.ContentLength = io.NopCloser(io.MultiReader(strings.NewReader(`{"status":"success","result":["`), &slow{ctx: r.Context()})), -1
			return resp, nil
		})
		start := time.Now()
		_, err := c.Execute(t.Context(), "c", ExecuteRequest{Action: "list", Window: &Window{Bytes: 10}})
		if e := kindIs(t, err, KindTimeout); !e.MaybeSent || time.Since(start) != DefaultExecuteTimeout {
			t.Errorf("after %s: %#v", time.Since(start), e)
		}
	})
}

func TestGzipIsReadThroughAWindow(t *testing.T) {
	body := megabytes(3)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(body)
	_ = z.Close()
	whole, err := readExecution(body)
	if err != nil {
		t.Fatal(err)
	}
	for _, cut := range []int{0, 20} {
		c := serving(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(packed.Bytes()[:packed.Len()-cut])
		})
		got, err := c.Execute(t.Context(), "c", ExecuteRequest{Action: "list", Window: &Window{Skip: 100, Bytes: 10_000}})
		if cut > 0 {
			kindIs(t, err, KindNetwork)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		checkPart(t, whole, got)
	}
}

func TestWindowIsNotForFilesAndPages(t *testing.T) {
	got, err := executeThrough(t, Config{}, Window{Skip: 1, Bytes: 1}, says(200, "a,b", "Content-Type", "text/csv"))
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(got.File.Body); string(body) != "a,b" || err != nil {
		t.Errorf("got %q, %v", body, err)
	}
	_, err = executeThrough(t, Config{}, Window{Skip: 1, Bytes: 1}, says(200, "<html><title>Sign in</title>", "Content-Type", "text/html"))
	if e := kindIs(t, err, KindBadAnswer); !strings.Contains(e.Message, "Sign in") {
		t.Errorf("got %#v", e)
	}
}

func FuzzWindow(f *testing.F) {
	for _, shape := range listShapes {
		f.Add(fmt.Appendf(nil, shape, strings.Join(trickyRecords, ",\n")), uint8(3), uint16(100), uint16(10), uint8(7))
		f.Add(fmt.Appendf(nil, shape, "1,2,3"), uint8(1), uint16(1), uint16(0), uint8(1))
	}
	for _, text := range append(noLists, jsonTexts...) {
		f.Add([]byte(text), uint8(0), uint16(1), uint16(1), uint8(2))
		f.Add(fmt.Appendf(nil, listShapes["other member"], text), uint8(1), uint16(1), uint16(1), uint8(3))
	}
	f.Fuzz(func(t *testing.T, body []byte, skip uint8, size, around uint16, step uint8) {
		v := window{skip: int(skip), bytes: max(1, int(size)), around: int(around), most: len(body) + 1, step: max(1, int(step))}
		whole, wholeErr := readExecution(bytes.Clone(body))
		part, err := v.through(bytes.Clone(body))
		switch {
		case err == nil && part.Status != "success":
			// Execute makes an error of it.
		case wholeErr != nil && err == nil:
			// What is left out may be anything that closes its brackets.
			if part.Seen == nil || part.Seen.Kept == part.Seen.Of && skip == 0 {
				t.Fatalf("%q is broken (%v), but not through %+v", body, wholeErr, v)
			}
		case wholeErr != nil:
		case err != nil:
			if _, _, _, data := splitResult(t, whole.Result); KindOf(err) != KindTooLarge || data == 0 {
				t.Fatalf("%q is broken only through %+v: %v", body, v, err)
			}
		default:
			if _, _, _, data := splitResult(t, whole.Result); data < 2 {
				checkPart(t, whole, part)
			}
		}
	})
}

func BenchmarkWindow(b *testing.B) {
	body := megabytes(5)
	for _, row := range []struct {
		name   string
		window *Window
	}{
		{"none", nil}, {"fits", &Window{}}, {"1MB", &Window{Bytes: 1 << 20}}, {"1MB from the middle", &Window{Skip: 12_000, Bytes: 1 << 20}}, {"all left out", &Window{Skip: 1e9, Bytes: 1 << 20}},
	} {
		b.Run(row.name, func(b *testing.B) {
			c, err := New(testConfig(), WithTransport(minting(func(*http.Request) (*http.Response, error) {
				resp := reply(200, "")
				resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), -1
				return resp, nil
			})))
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Execute(b.Context(), "c", ExecuteRequest{Action: "list", Window: row.window}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
