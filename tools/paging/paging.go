package paging

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/refusal"
)

// Page tells whether more follows, in one shape for every list.
type Page struct {
	HasMore    bool   `json:"has_more"`
	NextCursor string `json:"next_cursor,omitempty"`
	Total      int    `json:"total,omitempty"`
}

func PageAfter(cursor string) Page {
	return Page{HasMore: cursor != "", NextCursor: cursor}
}

// Cut pages a list that the API gives whole: the cursor is the number of
// records already seen.
func Cut[T any](all []T, limit int, cursor string) ([]T, Page, error) {
	start := 0
	if cursor != "" {
		n, err := strconv.Atoi(cursor)
		if err != nil || n < 0 {
			return nil, Page{}, refusal.New("The cursor %q is not one this tool gave out.", safetext.Short(cursor)).
				Next("Call again without cursor to start over.")
		}
		start = min(n, len(all))
	}
	end := min(start+limit, len(all))
	p := Page{Total: len(all)}
	if end < len(all) {
		p.HasMore, p.NextCursor = true, strconv.Itoa(end)
	}
	return all[start:end], p, nil
}

// The keys under which connectors say that more follows, and where, in the
// order of trust. They stand here as snakeCase writes them: services use every
// letter case, often several side by side.
var (
	moreKeys   = []string{"has_more", "has_next_page", "has_next", "has_more_items", "has_more_results", "has_more_pages", "more", "more_items_in_collection", "is_truncated", "truncated"}
	doneKeys   = []string{"done", "is_last", "is_last_page", "last_page", "is_done", "is_end", "end_of_stream", "end_of_results", "complete"}
	cursorKeys = []string{
		"next_cursor", "end_cursor", "next_page_cursor", "next_page_token", "next_token", "next_page_id", "next_sync_token",
		"continuation_token", "next_continuation_token", "continuation", "next_marker", "next_bookmark", "next_starting_after", "next_start_cursor",
		"cursor", "after", "next_page", "next_page_number", "next_offset", "next_start", "next_skip",
		"next_records_url", "next_page_url", "next_page_link", "next_page_uri", "next_link", "next_url", "next_uri", "next",
		"scroll_id", "bookmark", "marker", "page_token", "paging_token", "offset_token", "starting_after",
	}

	// containerKeys hold such keys one level further in.
	containerKeys = []string{"page_info", "pagination", "paging", "pager", "page", "pages", "meta", "metadata", "response_metadata", "cursors", "cursor", "links", "_links", "list_info", "result_info", "search_metadata"}

	// insideKeys hold the cursor where a cursor is an object, such as
	// {"page":2,"starting_after":"x"} or {"href":"https://..."}.
	insideKeys = []string{"starting_after", "after", "cursor", "token", "page_token", "offset", "href", "url", "link", "page", "number"}

	// By these, pages and records can be counted where nothing else is said.
	pageKeys       = []string{"page", "current_page", "page_number", "current_page_number", "page_index"}
	totalPagesKeys = []string{"total_pages", "page_count", "pages", "last_page", "num_pages", "pages_count"}
	offsetKeys     = []string{"offset", "start_at", "start", "skip", "start_index"}
	sizeKeys       = []string{"limit", "max_results", "page_size", "per_page", "items_per_page", "size"}
	totalKeys      = []string{"total", "total_count", "total_records", "total_results", "total_size", "total_items", "count"}
)

const (
	// maxMetadata bounds the paging metadata that is looked at.
	maxMetadata = 64 << 10
	// maxLevels is how deep paging keys are looked for.
	maxLevels = 3
)

// OperationPage finds out whether more follows the result of an operation.
// Search puts that into the result (result.meta), everything else beside it,
// under keys that differ from connector to connector, and some do both. It is
// nil where nothing is said.
func OperationPage(x *airbyteclient.Execution) *Page {
	var said []level
	if meta := rawjson.Member(x.Result, "meta"); rawjson.FirstByte(meta) == '{' && len(meta) <= maxMetadata {
		said = levels(meta)
	}
	if len(x.ConnectorMetadata) <= maxMetadata {
		said = append(said, levels(x.ConnectorMetadata)...)
	}
	return pageOf(said, func() int { return len(RecordsIn(x.Result)) })
}

// pageOf reads paging metadata; records counts those of this page.
func pageOf(all []level, records func() int) *Page {
	more, said := firstBool(all, moreKeys)
	if done, ok := firstBool(all, doneKeys); ok && !said {
		more, said = !done, true
	}
	cursor, named := firstCursor(all)
	if cursor == "" && (!said || more) {
		if next, counted := countedOn(all, records); counted {
			cursor, named = next, true
		}
	}
	switch {
	case !said && !named:
		return nil
	case said && !more:
		return &Page{}
	}
	return &Page{HasMore: more || cursor != "", NextCursor: cursor}
}

// level is one object of the metadata, by plain keys.
type level map[string]json.RawMessage

// levels are the metadata and the containers in it, the outermost first.
func levels(metadata json.RawMessage) []level {
	var all []level
	row := []json.RawMessage{metadata}
	for range maxLevels {
		var inner []json.RawMessage
		for _, object := range row {
			l := level{}
			for name, value := range rawjson.Named(object) {
				l[snakeCase(name)] = value
			}
			if len(l) > 0 {
				all = append(all, l)
			}
			for _, key := range containerKeys {
				if rawjson.FirstByte(l[key]) == '{' {
					inner = append(inner, l[key])
				}
			}
		}
		row = inner
	}
	return all
}

// snakeCase brings a key into snake_case: hasNextPage, NextToken and
// @odata.nextLink become has_next_page, next_token and next_link.
func snakeCase(name string) string {
	if at := strings.LastIndexByte(name, '.'); at >= 0 && strings.HasPrefix(name, "@") {
		name = name[at+1:]
	}
	var b strings.Builder
	lower := false // the last letter was one
	for _, r := range name {
		switch {
		case r == '-' || r == ' ':
			r = '_'
		case 'A' <= r && r <= 'Z':
			if lower {
				b.WriteByte('_')
			}
			r += 'a' - 'A'
			lower = false
			b.WriteRune(r)
			continue
		}
		lower = r != '_'
		b.WriteRune(r)
	}
	return b.String()
}

func firstBool(all []level, keys []string) (value, ok bool) {
	for _, l := range all {
		for _, key := range keys {
			switch string(l[key]) {
			case "true", `"true"`:
				return true, true
			case "false", `"false"`:
				return false, true
			}
		}
	}
	return false, false
}

// firstCursor is the first cursor that is not empty; named says that there is a
// place for one.
func firstCursor(all []level) (cursor string, named bool) {
	for _, l := range all {
		for _, key := range cursorKeys {
			value, ok := l[key]
			if !ok || string(value) == "true" {
				continue
			}
			named = true
			if cursor = cursorOf(value); cursor != "" {
				return cursor, true
			}
		}
	}
	return "", named
}

// cursorOf is the cursor in a value: a text, a number, a URL that holds one, or
// an object that holds one of these.
func cursorOf(value json.RawMessage) string {
	if rawjson.FirstByte(value) != '{' {
		return fromURL(rawjson.Scalar(value))
	}
	l := level{}
	for name, inner := range rawjson.Named(value) {
		l[snakeCase(name)] = inner
	}
	for _, key := range insideKeys {
		if cursor := fromURL(rawjson.Scalar(l[key])); cursor != "" {
			return cursor
		}
	}
	return ""
}

// countedOn finds the next page where only page and total_pages, or offset and
// total, are told.
func countedOn(all []level, records func() int) (next string, ok bool) {
	for _, l := range all {
		if number, pages := firstInt(l, pageKeys), firstInt(l, totalPagesKeys); number >= 0 && pages >= 0 {
			if number < pages {
				return strconv.FormatInt(number+1, 10), true
			}
			return "", true
		}
		if offset, total := firstInt(l, offsetKeys), firstInt(l, totalKeys); offset >= 0 && total >= 0 {
			size := firstInt(l, sizeKeys)
			if size <= 0 {
				size = int64(records())
			}
			if size > 0 && offset+size < total {
				return strconv.FormatInt(offset+size, 10), true
			}
			return "", true
		}
	}
	return "", false
}

// firstInt is the first whole number under the keys, -1 when there is none.
func firstInt(l level, keys []string) int64 {
	for _, key := range keys {
		if n, err := strconv.ParseInt(rawjson.Scalar(l[key]), 10, 48); err == nil && n >= 0 {
			return n
		}
	}
	return -1
}

// pageParams are the query parameters in which services put the next page.
var pageParams = []string{
	"page[after]", "page[cursor]", "after", "cursor", "starting_after", "pageToken", "page_token", "nextPageToken", "next_page_token",
	"page_info", "start_cursor", "continuation_token", "$skiptoken", "startAt", "offset", "$skip", "page[number]", "page",
}

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

// recordLists are the members under which results keep their records when they
// are no list themselves.
var recordLists = []string{"data", "records", "results", "items", "searchRecords", "entries", "values", "nodes"}

// RecordsIn are the records of a result: its elements, those of the list in it,
// or the one record that it is.
func RecordsIn(result json.RawMessage) []json.RawMessage {
	list := result
	if rawjson.FirstByte(result) == '{' {
		for _, name := range recordLists {
			if inner := rawjson.Member(result, name); rawjson.FirstByte(inner) == '[' {
				list = inner
				break
			}
		}
	}
	switch rawjson.FirstByte(list) {
	case '[':
		var all []json.RawMessage
		for record := range rawjson.Elements(list) {
			all = append(all, record)
		}
		return all
	case 0, 'n':
		return nil
	}
	return []json.RawMessage{list}
}
