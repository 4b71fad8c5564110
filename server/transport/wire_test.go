package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
)

// response encodes a tool result as the SDK's transports do.
func response(t testing.TB, result *mcp.CallToolResult) []byte {
	t.Helper()
	b, err := json.Marshal(mcp.NewJSONRPCResultResponse(mcp.NewRequestId(7), result))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// spliced sends an answer through an outlet.
func spliced(t testing.TB, answer []byte) []byte {
	t.Helper()
	out := newOutlet(context.Background(), newSecret())
	result, err := out.Result(answer)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := out.splice(&b, response(t, result)); err != nil {
		t.Fatal(err)
	}
	if len(out.held) != 0 || out.bytes != 0 {
		t.Errorf("%d answers (%d bytes) are still held after they left", len(out.held), out.bytes)
	}
	return b.Bytes()
}

func TestAnswerLeavesAsTheSDKWouldEncodeIt(t *testing.T) {
	t.Parallel()
	long := strings.Repeat(`"é€😀 \\ \" \n\u0001 tab`, 20_000)
	quoted, err := json.Marshal(long)
	if err != nil {
		t.Fatal(err)
	}
	for name, answer := range map[string]string{
		"empty object":   `{}`,
		"escapes":        `{"a":"quote \" backslash \\ newline \n unicode \u00e9 é 😀 slash / \/"}`,
		"big integers":   `{"id":9007199254740993,"n":-0.1e+10}`,
		"marker in data": `{"a":"airbyte:0000:1t"}`,
		"long":           `{"data":[` + string(quoted) + `]}`,
		"a whole buffer": `{"a":"` + strings.Repeat("x", piecesSize) + `"}`,
		"all quotes":     `{"a":[` + strings.TrimSuffix(strings.Repeat(`"",`, piecesSize), ",") + `]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var unaware *Outlet // the SDK's own way
			plain, err := unaware.Result([]byte(answer))
			if err != nil {
				t.Fatal(err)
			}
			want := response(t, plain)
			if got := spliced(t, []byte(answer)); !bytes.Equal(got, want) {
				t.Errorf("got  %.200s\nwant %.200s", got, want)
			}
		})
	}
}

// What encoding/json escapes for HTML's sake stays as it is; it means the same.
func TestAnswerWithMarkupMeansTheSame(t *testing.T) {
	t.Parallel()
	answer := `{"html":"<a href=\"x\">&</a>","separators":"` + "\u2028\u2029" + `"}`
	var got struct {
		Result struct {
			Content           []struct{ Text string }
			StructuredContent json.RawMessage
		}
	}
	if err := json.Unmarshal(spliced(t, []byte(answer)), &got); err != nil {
		t.Fatal(err)
	}
	if got.Result.Content[0].Text != answer || string(got.Result.StructuredContent) != answer {
		t.Errorf("got %+v", got.Result)
	}
}

func TestToolListIsEncodedOnce(t *testing.T) {
	t.Parallel()
	out := newOutlet(context.Background(), newSecret())
	list := []byte(`{"name":"a"},{"name":"b"}`)
	n, err := out.Hold(list)
	if err != nil {
		t.Fatal(err)
	}
	message, err := json.Marshal(mcp.ListToolsResult{Tools: []mcp.Tool{{Name: out.Mark[1:] + n + string(AsList)}}})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := out.splice(&b, message); err != nil {
		t.Fatal(err)
	}
	if want := `{"tools":[{"name":"a"},{"name":"b"}]}`; b.String() != want {
		t.Errorf("got %s, want %s", b.String(), want)
	}
}

func TestAnswersThatNobodyReadsAreBounded(t *testing.T) {
	t.Parallel()
	out := newOutlet(context.Background(), newSecret())
	if _, err := out.Hold(make([]byte, maxHeld)); err != nil {
		t.Fatalf("one answer must always fit: %v", err)
	}
	if _, err := out.Hold([]byte("{}")); err == nil {
		t.Error("a second answer was held beyond the bound")
	}
}

func BenchmarkAnswer(b *testing.B) {
	record := `{"id":12345,"name":"Acme \"Ltd\"","email":"a@example.com","amount":12.5,"note":"text of some length, as records have"},`
	for _, size := range []struct {
		name  string
		bytes int
	}{{"2KB", 2 << 10}, {"200KB", 200 << 10}, {"5MB", 5 << 20}} {
		answer := []byte(`{"result":[` + strings.TrimSuffix(strings.Repeat(record, size.bytes/len(record)), ",") + `]}`)
		for _, way := range []string{"bytes", "encoder"} {
			b.Run(size.name+"/"+way, func(b *testing.B) {
				b.SetBytes(int64(len(answer)))
				b.ReportAllocs()
				for b.Loop() {
					out := newOutlet(context.Background(), "0123456789abcdef0123456789abcdef")
					if way == "encoder" {
						out = nil
					}
					result, err := out.Result(answer)
					if err != nil {
						b.Fatal(err)
					}
					message := response(b, result)
					if out != nil {
						if err := out.splice(discard{}, message); err != nil {
							b.Fatal(err)
						}
					}
				}
			})
		}
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// Every byte, at every place of a word, is escaped as encoding/json does.
func TestStringsAreEscapedAsJSONWants(t *testing.T) {
	t.Parallel()
	for c := range 0x80 {
		for at := range 17 {
			text := strings.Repeat("x", at) + string(rune(c)) + strings.Repeat("\"", at%3) + "é" + strings.Repeat("y", 9)
			var b bytes.Buffer
			p := newPieces(&b)
			p.addString([]byte(text))
			p.flush()
			p.free()
			var back string
			if err := json.Unmarshal(b.Bytes(), &back); err != nil || back != text {
				t.Fatalf("byte %#x at %d: %q reads back as %q (%v)", c, at, b.String(), back, err)
			}
		}
	}
}
