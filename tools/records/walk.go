package records

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/knowledge"
	"airbyte-agent-mcp/tools/paging"
	"airbyte-agent-mcp/tools/refusal"
)

// Position is a place in a read. As text it is the outward cursor: all that is
// needed to go on, and a sum of what is read, so that it goes on with that.
type Position struct {
	Action string `json:"a"`           // it may have been chosen for the caller
	Native string `json:"n,omitempty"` // the service's own cursor; the first page without one
	Skip   int    `json:"s,omitempty"` // records of that page that have been given
	Size   int    `json:"z,omitempty"` // records asked for in a page
	Of     string `json:"o"`
}

// maxCursor bounds a cursor in bytes.
const maxCursor = 32 << 10

func (p Position) String() string {
	return base64.RawURLEncoding.EncodeToString(rawjson.Of(p))
}

// offset is the native cursor where it counts records.
func (p Position) offset() int {
	n, _ := strconv.Atoi(p.Native)
	return max(n, 0)
}

// OpenPosition reads an outward cursor; an empty one is the beginning.
func OpenPosition(cursor string) (Position, error) {
	var p Position
	if cursor == "" {
		return p, nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err == nil && len(cursor) <= maxCursor {
		decoder := json.NewDecoder(strings.NewReader(string(raw)))
		decoder.DisallowUnknownFields()
		err = decoder.Decode(&p)
	}
	if err != nil || p.String() != cursor || p.Skip < 0 || p.Size < 0 || p.Size > maxLimit || !slices.Contains(knowledge.ReadActions, p.Action) {
		return Position{}, refusal.New("The cursor %q is not one that read_records gave out.", safetext.Short(cursor)).
			Next("Nothing was read. Use page.next_cursor of an earlier answer as it is, or leave cursor out; a cursor of the service goes into params.")
	}
	return p, nil
}

// fingerprint tells one read from another.
func (r *reading) fingerprint() string {
	var params any
	decoder := json.NewDecoder(strings.NewReader(string(rawjson.Of(r.params))))
	decoder.UseNumber()
	_ = decoder.Decode(&params) // sorted when written again
	sum := sha256.Sum256(rawjson.Of([]any{r.id, r.entity, r.action, params}))
	return base64.RawURLEncoding.EncodeToString(sum[:6])
}

// walk is a way over the pages of a read.
type walk struct {
	*reading
	maxRecords int // 0 takes all
	maxPages   int
	take       func(json.RawMessage)

	// What came of it:
	pages, records, again int
	more                  bool      // there is more, or it cannot be told
	next                  *Position // where to go on; nil where that is not possible
	warning               *airbyteclient.Warning

	bytes int
	seed  maphash.Seed
	seen  map[uint64]struct{}
}

// maxReadBytes bounds what one call reads.
const maxReadBytes = 64 << 20

// go over the pages from a position on, until there are enough records or pages.
// A later page that fails ends the walk with what there is.
func (w *walk) run(ctx context.Context, at Position) error {
	w.seed, w.seen = maphash.MakeSeed(), map[uint64]struct{}{}
	visited := map[string]bool{at.Native: true}
	at.Action, at.Size, at.Of = w.action, w.size, w.fingerprint()
	within := false // a page that is longer than what is held of one
	for {
		x, err := w.fetch(ctx, at)
		if err != nil {
			if w.pages == 0 || ctx.Err() != nil {
				return err
			}
			w.note("Page %d failed (%s); what came before is here. Read on with the cursor.", w.pages+1, refusal.KindOf(err))
			w.more, w.next = true, &at
			return nil
		}
		if !within {
			w.pages++
		}
		w.bytes += len(x.Result)
		if x.Warning != nil {
			w.warning = x.Warning
		}
		records := w.recordsOf(x)
		first, of := 0, len(records)
		if x.Seen != nil { // the page is held in part
			first, of = x.Seen.First, x.Seen.Of
		}
		skip := min(max(at.Skip-first, 0), len(records))
		taken, news := w.takeAll(records[skip:])
		if within = first+skip+taken < of; within {
			at.Skip = first + skip + taken
			if taken == 0 || w.enough() {
				w.more, w.next = true, &at
				return nil
			}
			continue
		}
		native, more := w.after(at, x, records, of)
		w.more = more
		if !more || native == "" {
			return nil
		}
		if visited[native] || len(records) > 0 && news == 0 && skip == 0 {
			w.note("The service gave the same page again; stopped there.")
			return nil
		}
		visited[native] = true
		at.Native, at.Skip = native, 0
		if w.enough() || w.pages >= w.maxPages {
			w.next = &at
			return nil
		}
	}
}

// enough tells whether no more is wanted, or may be read.
func (w *walk) enough() bool {
	return w.maxRecords > 0 && w.records >= w.maxRecords || w.bytes > maxReadBytes
}

// takeAll takes records until there are enough, leaving out those that came on
// an earlier page already. It says how many it went through, and took.
func (w *walk) takeAll(records []json.RawMessage) (through, news int) {
	for _, record := range records {
		if w.maxRecords > 0 && w.records >= w.maxRecords {
			return through, news
		}
		through++
		if IdOf(record) != "" {
			sum := maphash.Bytes(w.seed, record)
			if _, twice := w.seen[sum]; twice {
				w.again++
				continue
			}
			w.seen[sum] = struct{}{}
		}
		w.records++
		news++
		w.take(record)
	}
	return through, news
}

// IdOf is the record's ID, empty when it has none.
func IdOf(record json.RawMessage) string {
	for _, name := range []string{"id", "Id", "ID"} {
		if id := rawjson.Scalar(rawjson.Member(record, name)); id != "" {
			return id
		}
	}
	return ""
}

// pageBytes is how much of a page is held at a time.
const pageBytes = 8 << 20

// window keeps a page that is longer than anyone would ask for from filling
// the memory.
func (r *reading) window(at Position) *airbyteclient.Window {
	if r.action == knowledge.GetAction {
		return nil
	}
	return &airbyteclient.Window{Skip: at.Skip, Bytes: pageBytes}
}

// fetch gets one page.
func (r *reading) fetch(ctx context.Context, at Position) (*airbyteclient.Execution, error) {
	x, err := r.api.Execute(ctx, r.id, airbyteclient.ExecuteRequest{
		Entity: r.entity, Action: r.action, Params: r.requestParams(at), SelectFields: r.fields, Idempotent: true,
		Window: r.window(at),
	})
	if err == nil && x.File != nil {
		_ = x.File.Body.Close()
		err = errors.New("the service sent a file instead of records")
	}
	if err == nil {
		return x, nil
	}
	hint := ""
	if r.from() == "context_store" {
		hint = knowledge.SearchHint
	}
	return nil, refusal.Hinted{Err: err, Hint: hint, ReadOnly: true}
}

// recordsOf are the records of an answer: of get, the one that it is.
func (r *reading) recordsOf(x *airbyteclient.Execution) []json.RawMessage {
	if r.action == knowledge.GetAction && rawjson.FirstByte(x.Result) == '{' {
		return []json.RawMessage{x.Result}
	}
	return paging.RecordsIn(x.Result)
}

// after finds the cursor of the page after one of so many records, the last of
// which are given. More without a cursor is more that
// cannot be asked for, and a note says so.
func (r *reading) after(at Position, x *airbyteclient.Execution, records []json.RawMessage, of int) (native string, more bool) {
	p := paging.OperationPage(x)
	switch {
	case r.action == knowledge.GetAction:
		return "", false
	case r.dialect.Soql:
		return r.afterSOQL(at, of, p)
	case p == nil && of > 0 && of >= r.asked() && r.dialect.Next != "":
		if native = r.count(at, of); native == "" {
			return "", r.uncertain(of)
		}
		return native, true // whoever counts goes on until a page is short
	case p == nil:
		return "", r.uncertain(of)
	case !p.HasMore:
		return "", false
	case r.dialect.Next == "":
		r.note("More follow. %s", r.howToGoOn(p.NextCursor))
		return "", true
	case p.NextCursor != "":
		return p.NextCursor, true
	case r.dialect.LastID && len(records) > 0:
		native = IdOf(records[len(records)-1])
	default:
		native = r.count(at, of)
	}
	if native == "" {
		r.note("More follow, and the service does not say where. Raise limit (a page has up to %d) or narrow the read.", r.pageSize(0))
	}
	return native, true
}

// asked is the number of records that a full page has, 1 where that is not known.
func (r *reading) asked() int {
	if r.dialect.Size == "" {
		return 1
	}
	if n, err := strconv.Atoi(rawjson.Scalar(r.params[r.dialect.Size])); err == nil {
		return n
	}
	return r.size
}

// uncertain says whether there may be more where the service says nothing: only
// when it is not known to say it, and the page was full.
func (r *reading) uncertain(records int) bool {
	known := r.knownAction(r.action)
	if r.dialect.Next != "" || known != nil && known.Known || records == 0 || r.from() == "context_store" {
		return false
	}
	if paging.Dialects[r.slug] != nil || r.dialect.Size != "" && records < r.size {
		return false
	}
	r.note("The service does not say whether more follow.")
	return true
}

func (r *reading) howToGoOn(cursor string) string {
	switch {
	case r.action == knowledge.StoreSQL:
		return "Put LIMIT and OFFSET into the statement."
	case cursor != "":
		return "No parameter for the next page is known; describe_connector with entity may name it. In params it takes " + strconv.Quote(safetext.Short(cursor)) + "."
	}
	return "No parameter for the next page is known; raise limit or narrow the read."
}

// count is the next page where pages or records are counted, and the service
// says no more than that there is one.
func (r *reading) count(at Position, records int) string {
	given := at.Native
	if given == "" {
		given = rawjson.Scalar(r.params[r.dialect.Next])
	}
	n, err := strconv.Atoi(given)
	switch r.dialect.Next {
	case "page", "page_number", "page[number]":
		if err != nil {
			n = 1
		}
		return strconv.Itoa(n + 1)
	case "offset", "startAt", "start_at", "skip", "$skip":
		return strconv.Itoa(max(n, 0) + records)
	}
	return ""
}
