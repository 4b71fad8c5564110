package tools

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"airbyte-agent-mcp/airbyteclient"
)

// page tells whether more follows, in one shape for every list.
type page struct {
	HasMore    bool   `json:"has_more"`
	NextCursor string `json:"next_cursor,omitempty"`
	Total      int    `json:"total,omitempty"`
}

func pageAfter(cursor string) page {
	return page{HasMore: cursor != "", NextCursor: cursor}
}

// cut pages a list that the API gives whole: the cursor is the number of
// records already seen.
func cut[T any](all []T, limit int, cursor string) ([]T, page, error) {
	start := 0
	if cursor != "" {
		n, err := strconv.Atoi(cursor)
		if err != nil || n < 0 {
			return nil, page{}, refuse("The cursor %q is not one this tool gave out.", shown(cursor)).
				next("Call again without cursor to start over.")
		}
		start = min(n, len(all))
	}
	end := min(start+limit, len(all))
	p := page{Total: len(all)}
	if end < len(all) {
		p.HasMore, p.NextCursor = true, strconv.Itoa(end)
	}
	return all[start:end], p, nil
}

// The keys under which connectors say that more follows, and where, in the
// order of trust. Both letter cases are met, often side by side.
var (
	moreKeys   = []string{"has_more", "hasMore", "has_next_page", "hasNextPage", "more"}
	doneKeys   = []string{"done", "isLast", "is_last", "last_page"}
	cursorKeys = []string{
		"next_cursor", "nextCursor", "end_cursor", "endCursor", "cursor",
		"nextPageToken", "next_page_token", "next_page", "nextPage",
		"next_offset", "nextOffset", "nextRecordsUrl", "next_link", "nextLink", "next",
	}
)

// maxMetadata bounds the paging metadata that is looked at.
const maxMetadata = 64 << 10

// operationPage finds out whether more follows the result of an operation.
// Search puts that into the result (result.meta), everything else beside it,
// under keys that differ from connector to connector. It is nil where nothing
// is said.
func operationPage(x *airbyteclient.Execution) *page {
	metadata := x.ConnectorMetadata
	if bytes.HasPrefix(x.Result, []byte("{")) {
		if meta := airbyteclient.Member(x.Result, "meta"); bytes.HasPrefix(meta, []byte("{")) {
			metadata = meta
		}
	}
	if len(metadata) > maxMetadata || !bytes.HasPrefix(metadata, []byte("{")) {
		return nil
	}
	var m map[string]json.RawMessage
	if json.Unmarshal(metadata, &m) != nil {
		return nil
	}
	more, said := boolean(m, moreKeys)
	if done, ok := boolean(m, doneKeys); ok && !said {
		more, said = !done, true
	}
	cursor, has := "", false
	for _, key := range cursorKeys {
		if v, ok := m[key]; ok {
			has = true
			if cursor = fromURL(scalar(v)); cursor != "" {
				break
			}
		}
	}
	switch {
	case !said && !has:
		return nil
	case said && !more:
		return &page{}
	}
	return &page{HasMore: more || cursor != "", NextCursor: cursor}
}

// pageParams are the query parameters in which services put the next page.
var pageParams = []string{"page[after]", "after", "cursor", "starting_after", "pageToken", "page_token", "start_cursor", "offset", "startAt", "page"}

// fromURL takes the cursor out of the URL of a next page: actions take
// parameters, not URLs. A URL without one it knows stays as it is.
func fromURL(cursor string) string {
	if !strings.HasPrefix(cursor, "https://") && !strings.HasPrefix(cursor, "http://") {
		return cursor
	}
	u, err := url.Parse(cursor)
	if err != nil {
		return cursor
	}
	query := u.Query()
	for _, name := range pageParams {
		if value := query.Get(name); value != "" {
			return value
		}
	}
	return cursor
}

func boolean(m map[string]json.RawMessage, keys []string) (value, ok bool) {
	for _, key := range keys {
		switch string(m[key]) {
		case "true":
			return true, true
		case "false":
			return false, true
		}
	}
	return false, false
}

// scalar is the text of a string or number, empty for anything else.
func scalar(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var n json.Number
	if json.Unmarshal(raw, &n) == nil {
		return n.String()
	}
	return ""
}
