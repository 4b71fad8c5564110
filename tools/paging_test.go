package tools

import (
	"encoding/json"
	"testing"

	"airbyte-agent-mcp/airbyteclient"
)

func TestPagesOfEveryDialectHaveOneShape(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, result, metadata, want string }{
		{"github", `[]`, `{"has_next_page":true,"end_cursor":"abc","total_count":9}`, `{"has_more":true,"next_cursor":"abc"}`},
		{"github, last page", `[]`, `{"has_next_page":false,"end_cursor":"abc"}`, `{"has_more":false}`},
		{"hubspot", `[]`, `{"next_cursor":"50","next_link":"https://x.example/?after=50","total":80}`, `{"has_more":true,"next_cursor":"50"}`},
		{"hubspot, last page", `[]`, `{"next_cursor":null,"next_link":null,"total":80}`, `{"has_more":false}`},
		{"salesforce", `[]`, `{"done":false,"nextRecordsUrl":"/q/01g-2000"}`, `{"has_more":true,"next_cursor":"/q/01g-2000"}`},
		{"stripe names no cursor", `[]`, `{"has_more":true}`, `{"has_more":true}`},
		{"slack", `[]`, `{"next_cursor":"","has_more":false}`, `{"has_more":false}`},
		{"zendesk", `[]`, `{"next_page":"https://x.example/?page=2","previous_page":null,"count":90}`, `{"has_more":true,"next_cursor":"2"}`},
		{"a URL that names no cursor", `[]`, `{"next_link":"https://x.example/q/7"}`, `{"has_more":true,"next_cursor":"https://x.example/q/7"}`},
		{"jira", `[]`, `{"nextPageToken":"t","isLast":false}`, `{"has_more":true,"next_cursor":"t"}`},
		{"jira, last page", `[]`, `{"isLast":true,"total":3}`, `{"has_more":false}`},
		{"linear", `[]`, `{"hasNextPage":true,"endCursor":"c"}`, `{"has_more":true,"next_cursor":"c"}`},
		{"google drive", `[]`, `{"nextPageToken":"x"}`, `{"has_more":true,"next_cursor":"x"}`},
		{"gong", `[]`, `{"cursor":"c","total_records":120,"current_page_number":0}`, `{"has_more":true,"next_cursor":"c"}`},
		{"a number for a cursor", `[]`, `{"next_offset":100}`, `{"has_more":true,"next_cursor":"100"}`},
		{"search", `{"data":[],"meta":{"has_more":true,"cursor":"s","took_ms":4}}`, `null`, `{"has_more":true,"next_cursor":"s"}`},
		{"search, last page", `{"data":[{"meta":{"has_more":true}}],"meta":{"has_more":false,"cursor":null}}`, `null`, `{"has_more":false}`},
		{"nothing said", `{"id":1}`, `{}`, `null`},
		{"nonsense", `{"meta":[1]}`, `[1]`, `null`},
		{"an object for a cursor", `[]`, `{"next":{"a":1}}`, `{"has_more":false}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got, err := encode(operationPage(&airbyteclient.Execution{
				Result: json.RawMessage(row.result), ConnectorMetadata: json.RawMessage(row.metadata),
			}))
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}

// The appended encoding is the one that encoding/json would make.
func TestOperationsEncodeAsTheirTypeSays(t *testing.T) {
	t.Parallel()
	type plain executeOperationOut
	for name, out := range map[string]executeOperationOut{
		"bare":  {Result: json.RawMessage(`[1,"two"]`)},
		"whole": {Result: json.RawMessage(`{"a":9007199254740993}`), Page: &page{HasMore: true, NextCursor: "c"}, Warning: &airbyteclient.Warning{Code: "x", Message: "<y>"}, ConnectorMetadata: json.RawMessage(`{"has_more":true}`), ExecutionMetadata: &airbyteclient.ExecutionMetadata{ConnectorInstanceID: "i", ExecutionTimeMS: 4}},
		"file":  {Result: json.RawMessage(`null`), File: &file{Name: "f", Size: 3, SHA256: "s", Text: "abc"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := encode(out)
			if err != nil {
				t.Fatal(err)
			}
			want, err := encode(plain(out))
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
