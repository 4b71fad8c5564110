package tools

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"airbyte-agent-mcp/airbyteclient/sandbox"
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
		if got := visible(json.RawMessage(given)); string(got) != want || !json.Valid(got) {
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
		got := visible(raw)
		if !json.Valid(got) {
			t.Fatalf("%q became %q, which is not JSON", raw, got)
		}
		if again := visible(got); !bytes.Equal(again, got) && !strings.Contains(string(got), `\u`) {
			t.Fatalf("%q hides something still", got)
		}
	})
}

func TestForeignDataIsMarkedFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{}, WithWrites(Writes{Writes: "allow"}))
	for _, c := range []struct {
		tool, arguments string
		marked          bool
	}{
		{"execute_operation", `{"connector_id":"linear","entity":"issues","action":"list","params":{"first":2}}`, true},
		{"execute_operation", creating, true},
		{"read_records", `{"connector_id":"linear","entity":"issues","limit":2}`, true},
		{"read_records", `{"connectors":["linear","github"],"entity":"issues","limit":1}`, true},
		{"list_connectors", `{}`, false},
		{"describe_connector", `{"connector_id":"linear"}`, false},
	} {
		got, err := w.call(t, c.tool, []byte(c.arguments))
		if err != nil || !json.Valid(got) {
			t.Fatalf("%s: %v, %s", c.tool, err, got)
		}
		if bytes.HasPrefix(got, []byte(foreignMark)) != c.marked {
			t.Errorf("%s: %.200s", c.tool, got)
		}
	}
	// So is what read_more gives of them.
	long := Call{Tool: "execute_operation", Arguments: json.RawMessage(`{"connector_id":"linear","entity":"issues","action":"list","params":{"first":50}}`)}
	first, err := w.runner.Call(t.Context(), w.api.Client, long.Tool, json.RawMessage(strings.TrimSuffix(string(long.Arguments), "}")+`,"max_tokens":400}`))
	if err != nil {
		t.Fatal(err)
	}
	next := `{"continuation":` + string(member(first.JSON, "continuation")) + `}`
	if got, err := w.runner.Call(t.Context(), w.api.Client, readMoreName, json.RawMessage(next)); err != nil || !bytes.HasPrefix(got.JSON, []byte(foreignMark)) {
		t.Errorf("%v, %.200s", err, got.JSON)
	}
}
