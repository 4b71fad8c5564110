package answer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/tools"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/answer"
	"airbyte-agent-mcp/tools/dispatch"
	"airbyte-agent-mcp/tools/dispatch/dispatchtest"
	"airbyte-agent-mcp/tools/secrets"
)

// records makes an array of about so many bytes.
func records(size int, record func(i int) string) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString(record(i))
	}
	return "[" + b.String() + "]"
}

// payloads are answers of the shapes that services give, by name.
func payloads(size int) map[string]string {
	prose := func(seed, n int) string {
		r := rand.New(rand.NewPCG(1, uint64(seed)))
		var b strings.Builder
		for b.Len() < n {
			b.WriteString([]string{"invoice ", "Straße ", "\"quoted\" ", "日本語 ", "line\nline ", "\u2028", "🚀 ", "\\ "}[r.IntN(8)])
		}
		return string(rawjson.Of(b.String()))
	}
	return map[string]string{
		"small records": `{"result":` + records(size, func(i int) string { return fmt.Sprintf(`{"id":%d,"name":"record %d"}`, i, i) }) + `}`,
		"long texts":    `{"result":` + records(size, func(i int) string { return fmt.Sprintf(`{"id":%d,"body":%s}`, i, prose(i, 6000)) }) + `}`,
		"wrapped": `{"result":{"data":` + records(size, func(i int) string {
			return fmt.Sprintf(`{"id":%d,"labels":["a","b"],"note":%s}`, i, prose(i, 300))
		}) + `,"meta":{"has_more":true}},"page":{"has_more":true}}`,
		"one text":   `{"result":{"id":1,"body":` + prose(1, size) + `,"end":"x"}}`,
		"one record": `{"result":{"id":1,"lines":` + records(size, func(i int) string { return fmt.Sprintf(`{"line":%d}`, i) }) + `,"end":"x"}}`,
		"wide": `{"result":{` + strings.Trim(records(size, func(i int) string {
			return fmt.Sprintf(`"field %d/%d~":{"value":%d,"words":%s}`, i, i, i, prose(i, 50))
		}), "[]") + `}}`,
		"wide records": `{"result":` + records(size, func(i int) string {
			return `{"id":` + fmt.Sprint(i) + `,` + strings.Trim(records(max(size/3, 100), func(j int) string { return fmt.Sprintf(`"f%d":%d`, j, j) }), "[]") + `}`
		}) + `}`,
		"long lists in records": `{"result":` + records(size, func(i int) string {
			return fmt.Sprintf(`{"id":%d,"tags":%s}`, i, records(size/3, func(j int) string { return fmt.Sprint(j) }))
		}) + `}`,
		"long around": `{"result":` + records(size/2, func(i int) string { return fmt.Sprint(i) }) + `,"guidance":` + prose(2, size/3) + `,"more":` + prose(3, size/3) + `}`,
		"long number": `{"result":[1,` + strings.Repeat("1234567890", size/10) + `]}`,
	}
}

// servedOut is an answer that is JSON from the start.
type servedOut struct{ whole answer.Plain }

func (out servedOut) Size() int                                      { return out.whole.Size() }
func (out servedOut) Without(*secrets.Set) answer.Result             { return out }
func (out servedOut) Answer(f *answer.Fitter) (answer.Answer, error) { return out.whole.Answer(f) }

// serving makes a runner of read_more and of a tool that answers with payload.
func serving(t testing.TB, payload string, calls *int) (*dispatch.Runner, *airbyteclient.Client) {
	t.Helper()
	fake := tools.Define(tools.Tool{Name: "list_things", Title: "x", Description: "x"}, func(context.Context, *account.Account, struct{}) (servedOut, error) {
		*calls++
		return servedOut{answer.Plain(payload)}, nil
	})
	r, err := dispatch.NewRunner([]tools.Tool{fake, dispatchtest.ReadMoreTool()}, dispatch.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	client, err := airbyteclient.New(airbyteclient.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return r, client
}

// reader follows everything that answers leave out.
type reader struct {
	t      *testing.T
	runner *dispatch.Runner
	client *airbyteclient.Client
	tokens int
	calls  int
}

func (r *reader) call(tool string, arguments map[string]any) map[string]any {
	r.t.Helper()
	if r.calls++; r.calls > 20_000 {
		r.t.Fatal("reading on does not end")
	}
	arguments["max_tokens"] = r.tokens
	got, err := r.runner.Call(r.t.Context(), r.client, tool, rawjson.Of(arguments))
	if err != nil {
		r.t.Fatalf("%s %v: %v", tool, arguments, err)
	}
	if most := r.tokens * answer.BytesPerToken; len(got.JSON) > most+most/20 {
		r.t.Errorf("an answer of %d bytes, the budget is %d: %.300s", len(got.JSON), most, got.JSON)
	}
	return decodeObject(r.t, got.JSON)
}

func decodeObject(t *testing.T, raw []byte) map[string]any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var out map[string]any
	if err := d.Decode(&out); err != nil {
		t.Fatalf("not a JSON object: %v: %.300s", err, raw)
	}
	return out
}

var markPath = regexp.MustCompile(`(?s)⟦cut [0-9]+ [a-z ]+; path (.*)⟧$`)

// whole puts a value together from an answer and what read_more gives.
func (r *reader) whole(v any, continuation string) any {
	switch v := v.(type) {
	case string:
		if m := markPath.FindStringSubmatch(v); m != nil {
			return r.at(m[1], continuation)
		}
	case []any:
		if len(v) > 0 {
			if s, ok := v[len(v)-1].(string); ok && strings.HasPrefix(s, answer.CutMark) && strings.Contains(s, " more items; ") {
				return r.at(markPath.FindStringSubmatch(s)[1], continuation)
			}
		}
		for i := range v {
			v[i] = r.whole(v[i], continuation)
		}
	case map[string]any:
		if s, ok := v["⟦cut⟧"].(string); ok {
			return r.at(markPath.FindStringSubmatch(s)[1], continuation)
		}
		for k := range v {
			v[k] = r.whole(v[k], continuation)
		}
	}
	return v
}

// at fetches all of the value at a path.
func (r *reader) at(path, continuation string) any {
	got := r.call(secrets.ReadMoreName, map[string]any{"continuation": continuation, "path": path})
	if s, ok := got["text"].(string); ok {
		for got["continuation"] != nil {
			got = r.call(secrets.ReadMoreName, map[string]any{"continuation": got["continuation"]})
			s += got["text"].(string)
		}
		if raw := []byte(s); strings.HasSuffix(path, "/1") && json.Valid(raw) {
			return json.Number(s) // of hundreds of digits
		}
		return s
	}
	value := r.partOf(got)
	for got["continuation"] != nil && goesOn(got) {
		got = r.call(secrets.ReadMoreName, map[string]any{"continuation": got["continuation"]})
		switch part := r.partOf(got).(type) {
		case []any:
			value = append(value.([]any), part...)
		case map[string]any:
			for k, v := range part {
				value.(map[string]any)[k] = v
			}
		}
	}
	return value
}

func (r *reader) partOf(got map[string]any) any {
	continuation, _ := got["continuation"].(string)
	return r.whole(got["value"], continuation)
}

func goesOn(got map[string]any) bool {
	note, _ := got["note_on_cut"].(string)
	return strings.Contains(note, "goes on")
}

// everything reads an answer to its end. list is where its records stand.
func (r *reader) everything(list string) any {
	got := r.call("list_things", map[string]any{})
	var all any
	for {
		continuation, _ := got["continuation"].(string)
		more := goesOn(got)
		for _, added := range []string{"cut", "note_on_cut", "continuation"} {
			delete(got, added)
		}
		part := r.whole(got, continuation)
		if all == nil {
			all = part
		} else {
			into, from := listAt(all, list), listAt(part, list)
			*into = append(*into, *from...)
			all = withList(all, list, *into)
		}
		if !more {
			return all
		}
		got = r.call(secrets.ReadMoreName, map[string]any{"continuation": continuation})
	}
}

func listAt(v any, path string) *[]any {
	for _, key := range strings.Split(path, ".") {
		v = v.(map[string]any)[key]
	}
	list := v.([]any)
	return &list
}

func withList(v any, path string, list []any) any {
	object := v.(map[string]any)
	key, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		object[key] = list
	} else {
		object[key] = withList(object[key], rest, list)
	}
	return v
}

// Whatever a service answers, no answer is longer than its budget, and the
// answers of read_more put together are what the service sent.
func TestEverythingCutIsReachable(t *testing.T) {
	t.Parallel()
	lists := map[string]string{"wrapped": "result.data", "one record": "result.lines"}
	for _, size := range []int{2 << 10, 200 << 10} {
		for name, payload := range payloads(size) {
			for _, tokens := range []int{400, 2000, 8000} {
				if dispatchtest.UnderRace && size > 2<<10 {
					continue // one goroutine reads; it is only slow there
				}
				t.Run(fmt.Sprintf("%s of %d in %d", name, size, tokens), func(t *testing.T) {
					t.Parallel()
					calls := 0
					r := &reader{t: t, tokens: tokens}
					r.runner, r.client = serving(t, payload, &calls)
					list := lists[name]
					if list == "" {
						list = "result"
					}
					got := r.everything(list)
					if diff := cmp.Diff(decodeObject(t, []byte(payload)), got); diff != "" {
						t.Fatalf("put together it is not what was sent (-want +got):\n%.3000s", diff)
					}
					if calls != 1 {
						t.Errorf("the service was asked %d times, the cache saves all but one", calls)
					}
				})
			}
		}
	}
}
