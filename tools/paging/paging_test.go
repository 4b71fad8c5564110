package paging

import (
	"encoding/json"
	"testing"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas/rawjson"
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
		{"jira users say nothing", `[]`, `{}`, `null`},
		{"jira, numbered", `[]`, `{"next_offset":50,"max_results":50,"total":120}`, `{"has_more":true,"next_cursor":"50"}`},
		{"jira, URL", `[]`, `{"nextPage":"https://x.example/rest/api/3/project/search?startAt=50&maxResults=50","total":120}`, `{"has_more":true,"next_cursor":"50"}`},
		{"notion", `[]`, `{"has_more":true,"next_cursor":"n-1"}`, `{"has_more":true,"next_cursor":"n-1"}`},
		{"intercom, object", `[]`, `{"next_page":{"page":2,"starting_after":"WzE2"}}`, `{"has_more":true,"next_cursor":"WzE2"}`},
		{"intercom, nested", `[]`, `{"pages":{"type":"pages","next":{"page":2,"starting_after":"WzE2"},"page":1,"total_pages":4}}`, `{"has_more":true,"next_cursor":"WzE2"}`},
		{"stripe search says it on both sides", `{"data":[{"id":"a"}],"meta":{"has_more":true}}`, `{"has_more":true,"next_page":"p2"}`, `{"has_more":true,"next_cursor":"p2"}`},
		{"GraphQL", `[]`, `{"pageInfo":{"hasNextPage":true,"endCursor":"e"}}`, `{"has_more":true,"next_cursor":"e"}`},
		{"GraphQL, last page keeps its cursor", `[]`, `{"page_info":{"has_next_page":false,"end_cursor":"e"}}`, `{"has_more":false}`},
		{"AWS", `[]`, `{"NextToken":"t"}`, `{"has_more":true,"next_cursor":"t"}`},
		{"AWS, truncated", `[]`, `{"IsTruncated":true,"NextMarker":"m"}`, `{"has_more":true,"next_cursor":"m"}`},
		{"OData", `[]`, `{"@odata.nextLink":"https://x.example/users?$skiptoken=s1"}`, `{"has_more":true,"next_cursor":"s1"}`},
		{"HAL", `[]`, `{"_links":{"next":{"href":"https://x.example/?cursor=h"}}}`, `{"has_more":true,"next_cursor":"h"}`},
		{"JSON:API", `[]`, `{"links":{"next":"https://x.example/?page%5Bcursor%5D=j"}}`, `{"has_more":true,"next_cursor":"j"}`},
		{"JSON:API, last page", `[]`, `{"links":{"next":null}}`, `{"has_more":false}`},
		{"slack itself", `[]`, `{"response_metadata":{"next_cursor":"r"}}`, `{"has_more":true,"next_cursor":"r"}`},
		{"hubspot itself", `[]`, `{"paging":{"next":{"after":"100","link":"?after=100"}}}`, `{"has_more":true,"next_cursor":"100"}`},
		{"two levels", `[]`, `{"meta":{"pagination":{"next_cursor":"d","has_more":true}}}`, `{"has_more":true,"next_cursor":"d"}`},
		{"has_more apart from its cursor", `[]`, `{"has_more":true,"paging":{"next_page_token":"q"}}`, `{"has_more":true,"next_cursor":"q"}`},
		{"continuation token", `[]`, `{"continuation_token":"c"}`, `{"has_more":true,"next_cursor":"c"}`},
		{"scroll", `[]`, `{"scroll_id":"s"}`, `{"has_more":true,"next_cursor":"s"}`},
		{"bookmark", `[]`, `{"bookmark":"b"}`, `{"has_more":true,"next_cursor":"b"}`},
		{"marker, done", `[]`, `{"marker":"m","isLastPage":true}`, `{"has_more":false}`},
		{"page of pages", `[]`, `{"page":2,"total_pages":5}`, `{"has_more":true,"next_cursor":"3"}`},
		{"last page of pages", `[]`, `{"currentPage":5,"totalPages":5}`, `{"has_more":false}`},
		{"nested page of pages", `[]`, `{"pagination":{"page":1,"page_count":2,"total":30}}`, `{"has_more":true,"next_cursor":"2"}`},
		{"last_page as a number", `[]`, `{"meta":{"current_page":1,"last_page":3}}`, `{"has_more":true,"next_cursor":"2"}`},
		{"offset of a total", `[]`, `{"offset":20,"limit":20,"total":50}`, `{"has_more":true,"next_cursor":"40"}`},
		{"offset at the end", `[]`, `{"startAt":40,"maxResults":20,"total":50}`, `{"has_more":false}`},
		{"offset without a size", `[{"id":1},{"id":2}]`, `{"offset":0,"total_count":5}`, `{"has_more":true,"next_cursor":"2"}`},
		{"next is a flag", `[]`, `{"next":false,"has_next":true}`, `{"has_more":true}`},
		{"flags as texts", `[]`, `{"has_more":"true","next_cursor":"x"}`, `{"has_more":true,"next_cursor":"x"}`},
		{"no_more by empty URL", `[]`, `{"next_page_url":""}`, `{"has_more":false}`},
		{"nothing said", `{"id":1}`, `{}`, `null`},
		{"nonsense", `{"meta":[1]}`, `[1]`, `null`},
		{"an object for a cursor", `[]`, `{"next":{"a":1}}`, `{"has_more":false}`},
		{"a number too large to count with", `[]`, `{"offset":1,"limit":1e9,"total":99999999999999999999}`, `null`},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got, err := rawjson.Marshal(OperationPage(&airbyteclient.Execution{
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

func FuzzPage(f *testing.F) {
	f.Add(`{"data":[],"meta":{"has_more":true}}`, `{"paging":{"next":{"after":"1"}}}`)
	f.Add(`[{"id":1}]`, `{"offset":281474976710655,"limit":281474976710655,"total":281474976710655}`)
	f.Add(`[]`, `{"next_page":"http://[::1]:namedport/?page=2","pages":{"page":{"page":{}}}}`)
	f.Fuzz(func(t *testing.T, result, metadata string) {
		if !json.Valid([]byte(result)) || !json.Valid([]byte(metadata)) {
			return
		}
		p := OperationPage(&airbyteclient.Execution{Result: json.RawMessage(result), ConnectorMetadata: json.RawMessage(metadata)})
		if p != nil && p.NextCursor != "" && !p.HasMore {
			t.Errorf("a cursor, and no more: %+v", p)
		}
	})
}
