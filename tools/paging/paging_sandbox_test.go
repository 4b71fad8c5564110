package paging_test

import (
	"encoding/json"
	"testing"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/tools"
	"airbyte-agent-mcp/tools/paging"
	"airbyte-agent-mcp/tools/records"
)

// The appended encoding is the one that encoding/json would make.
func TestOperationsEncodeAsTheirTypeSays(t *testing.T) {
	t.Parallel()
	type plain tools.ExecuteOperationOut
	for name, out := range map[string]tools.ExecuteOperationOut{
		"bare":  {Result: json.RawMessage(`[1,"two"]`)},
		"whole": {Result: json.RawMessage(`{"a":9007199254740993}`), Page: &paging.Page{HasMore: true, NextCursor: "c"}, Warning: &airbyteclient.Warning{Code: "x", Message: "<y>"}, ConnectorMetadata: json.RawMessage(`{"has_more":true}`), ExecutionMetadata: &airbyteclient.ExecutionMetadata{ConnectorInstanceID: "i", ExecutionTimeMS: 4}},
		"file":  {Result: json.RawMessage(`null`), File: &tools.File{Name: "f", Size: 3, SHA256: "s", Text: "abc"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := rawjson.Marshal(out)
			if err != nil {
				t.Fatal(err)
			}
			want, err := rawjson.Marshal(plain(out))
			if err != nil {
				t.Fatal(err)
			}
			if !sameJSON(t, got, want) {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

// sameJSON compares without regard to the order of members.
func sameJSON(t *testing.T, a, b json.RawMessage) bool {
	t.Helper()
	var x, y any
	if err := json.Unmarshal(a, &x); err != nil {
		t.Fatalf("%v: %s", err, a)
	}
	if err := json.Unmarshal(b, &y); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	p, _ := json.Marshal(x)
	q, _ := json.Marshal(y)
	return string(p) == string(q)
}

func FuzzPosition(f *testing.F) {
	f.Add(records.Position{Action: "list", Native: "x", Skip: 3, Size: 50, Of: "abcdefgh"}.String())
	f.Add("e30")
	f.Fuzz(func(t *testing.T, cursor string) {
		p, err := records.OpenPosition(cursor)
		if err == nil && cursor != "" && p.String() != cursor {
			t.Errorf("%q reads as another: %q", cursor, p)
		}
	})
}
