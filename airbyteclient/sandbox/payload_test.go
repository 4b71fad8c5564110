package sandbox

import (
	"bytes"
	"encoding/json"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
)

// payloads are the two requests that Options.Payload sizes.
func (c *client) payloads() map[string]*http.Request {
	return map[string]*http.Request{
		"download": c.request("POST", "integrations/connectors/"+driveID+"/execute", object{"entity": "files", "action": "download", "params": object{"fileId": ManualFileID}}),
		"list":     c.request("POST", "integrations/connectors/"+zendeskID+"/execute", object{"entity": "articles", "action": "list"}),
	}
}

func TestPayloadsAreAsLongAsAsked(t *testing.T) {
	t.Parallel()
	for _, size := range []int{2 << 10, 200 << 10, 5 << 20} {
		c := start(t, Options{Payload: size})
		for name, req := range c.payloads() {
			_, body := c.raw(req)
			if off := len(body) - size; off < -size/100 || off > size/100 || name == "download" && off != 0 {
				t.Errorf("%s: %d bytes instead of %d", name, len(body), size)
			}
			if name == "list" && !json.Valid(body) {
				t.Errorf("%s of %d bytes is not JSON", name, size)
			}
		}
	}
}

func TestPayloadListIsAListLikeOthers(t *testing.T) {
	t.Parallel()
	c := start(t, Options{Payload: 100_000})
	out := c.must("POST", "integrations/connectors/"+zendeskID+"/execute", object{"entity": "articles", "action": "list", "params": object{"per_page": 20}, "select_fields": []any{"id"}})
	rows, metadata := out["result"].([]any), out["connector_metadata"].(object)
	if len(rows) != 25 || len(rows[0].(object)) != 1 || plain(metadata["count"]) != "25" || metadata["next_page"] != nil {
		t.Errorf("%d rows, first %v, %v", len(rows), rows[0], metadata)
	}
	if rows := c.execute(zendeskID, "articles", "list", object{"page": 2})["result"].([]any); len(rows) != 0 {
		t.Errorf("%d rows on the second page", len(rows))
	}
}

// TestPayloadsAreStreamed is alone with its sandbox: it does not run in parallel, as it
// watches the heap of the process.
func TestPayloadsAreStreamed(t *testing.T) {
	if testing.Short() {
		t.Skip("moves 400 MB")
	}
	const size, most = 200 << 20, 32 << 20
	c := start(t, Options{Payload: size})
	for name, req := range c.payloads() {
		req.Header.Set("Accept-Encoding", "identity")
		before := heap(true)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if known := resp.ContentLength == size; known != (name == "download") {
			t.Errorf("%s: Content-Length %d", name, resp.ContentLength)
		}
		watched := &heapWatch{Reader: resp.Body}
		records := 0
		if name == "list" {
			records = decodeRecords(t, watched)
		} else if _, err := io.Copy(io.Discard, watched); err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if off := watched.read - size; off < -size/100 || off > size/100 {
			t.Errorf("%s: %d bytes instead of %d", name, watched.read, size)
		}
		if grown := int(watched.highest) - int(before); grown > most {
			t.Errorf("%s: the heap grew by %d MiB", name, grown>>20)
		} else {
			t.Logf("%s: %d MiB, %d records, heap grew by %d KiB", name, watched.read>>20, records, grown>>10)
		}
	}
}

// decodeRecords reads the envelope up to the end of its result, record by record, and
// the rest to see that it is JSON.
func decodeRecords(t *testing.T, r io.Reader) (count int) {
	t.Helper()
	d := json.NewDecoder(r)
	for token := json.Token(nil); token != "result"; {
		var err error
		if token, err = d.Token(); err != nil {
			t.Fatal(err)
		}
	}
	d.Token()
	for last := 0; d.More(); count++ {
		var article struct {
			ID   int
			Body string
		}
		if err := d.Decode(&article); err != nil || article.ID <= last || len(article.Body) < 1<<10 || len(article.Body) > 8<<10 {
			t.Fatalf("record %d: %d with %d bytes after %d: %v", count, article.ID, len(article.Body), last, err)
		}
		last = article.ID
	}
	for {
		if _, err := d.Token(); err == io.EOF {
			return count
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// heapWatch looks at the heap every few megabytes.
type heapWatch struct {
	io.Reader
	read, looked int
	highest      uint64
}

func (h *heapWatch) Read(p []byte) (int, error) {
	n, err := h.Reader.Read(p)
	if h.read += n; h.read-h.looked > 4<<20 {
		h.looked, h.highest = h.read, max(h.highest, heap(false))
	}
	return n, err
}

func heap(collect bool) uint64 {
	if collect {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestRangesGiveTheirBytes(t *testing.T) {
	t.Parallel()
	const size = 100_000
	c := start(t, Options{Payload: size})
	whole := prose(size)
	load := func(span string) (*http.Response, string) {
		resp, body := c.raw(c.request("POST", "integrations/connectors/"+driveID+"/execute", object{"entity": "files", "action": "download", "params": object{"fileId": ManualFileID, "range_header": span}}))
		return resp, string(body)
	}
	for span, want := range map[string]struct {
		says string
		body string
	}{
		"bytes=0-0":           {"bytes 0-0/100000", whole[:1]},
		"bytes=0-99":          {"bytes 0-99/100000", whole[:100]},
		"bytes=77-20000":      {"bytes 77-20000/100000", whole[77:20001]},
		"bytes=99990-":        {"bytes 99990-99999/100000", whole[99990:]},
		"bytes=99990-9999999": {"bytes 99990-99999/100000", whole[99990:]},
		"bytes=0-":            {"bytes 0-99999/100000", whole},
	} {
		resp, body := load(span)
		if resp.StatusCode != http.StatusPartialContent || resp.Header.Get("Content-Range") != want.says || body != want.body || int(resp.ContentLength) != len(want.body) {
			t.Errorf("%s: %d %q, %d bytes, Content-Length %d", span, resp.StatusCode, resp.Header.Get("Content-Range"), len(body), resp.ContentLength)
		}
	}
	for _, span := range []string{"", "bytes=100000-", "bytes=5-4", "bytes=-5--9", "lines=1-2"} {
		if resp, body := load(span); resp.StatusCode != http.StatusOK || body != whole {
			t.Errorf("%q: %d, %d bytes", span, resp.StatusCode, len(body))
		}
	}
	t.Run("of a file that is held", func(t *testing.T) {
		resp, body := c.raw(c.request("POST", "integrations/connectors/"+driveID+"/execute", object{"entity": "files", "action": "download", "params": object{"fileId": UsageFileID, "range_header": "bytes=0-4"}}))
		if resp.StatusCode != http.StatusPartialContent || string(body) != "month" {
			t.Errorf("%d %q", resp.StatusCode, body)
		}
	})
}

func TestDriveHasFilesOfManyKinds(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	listed := map[string]object{}
	for _, f := range c.execute(driveID, "files", "list", nil)["result"].([]any) {
		listed[text(f.(object)["id"])] = f.(object)
	}
	for id, row := range map[string]struct{ name, kind, begins string }{
		LogoFileID:   {"logo.png", "image/png", "\x89PNG\r\n"},
		GuideFileID:  {"welcoming-a-customer.md", "text/markdown; charset=utf-8", "# Welcoming"},
		UsageFileID:  {"usage-alderquay.csv", "text/csv", "month,seats"},
		ReportFileID: {"report-cindermoor.pdf", "application/pdf", "%PDF-1.4\n%\xe2\xe3"},
		ManualFileID: {"manual.txt", "text/plain; charset=utf-8", "The manual"},
	} {
		resp, body := c.raw(c.request("POST", "integrations/connectors/"+driveID+"/execute", object{"entity": "files", "action": "download", "params": object{"fileId": id}}))
		if resp.Header.Get("Content-Type") != row.kind || resp.Header.Get("Content-Disposition") != `attachment; filename="`+row.name+`"` || !strings.HasPrefix(string(body), row.begins) {
			t.Errorf("%s: %v %.20q", id, resp.Header, body)
		}
		if f := listed[id]; f["name"] != row.name || f["mimeType"] != row.kind || f["size"] != plain(len(body)) || int(resp.ContentLength) != len(body) {
			t.Errorf("%s: %d bytes, listed as %v", id, len(body), f)
		}
		if id == LogoFileID {
			if picture, err := png.Decode(bytes.NewReader(body)); err != nil || picture.Bounds().Dx() != 64 {
				t.Errorf("the logo: %v", err)
			}
		}
	}
}

func TestStreamsCanBeCutAndBroken(t *testing.T) {
	t.Parallel()
	const size = 8 << 20
	c := start(t, Options{Payload: size})
	for _, kind := range []FaultKind{CutMidway, BrokenJSON} {
		for name, req := range c.payloads() {
			c.box.Inject(Fault{Kind: kind, Times: 1})
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if len(body) == 0 || len(body) > size/2 || (err == nil) != (kind == BrokenJSON) || json.Valid(body) {
				t.Errorf("%s %s: %d bytes, %v", kind, name, len(body), err)
			}
		}
	}
}

// BenchmarkNew guards against records that are made before anyone asks for them.
func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		New(Options{})
	}
}

func BenchmarkNewAndOneList(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		box := New(Options{})
		token := box.issue(claims{Kind: "application", Expires: epoch.AddDate(10, 0, 0).UnixMilli()})
		r := httptest.NewRequest("POST", "/api/v1/integrations/connectors/"+githubID+"/execute", strings.NewReader(`{"entity":"org_repositories","action":"list","params":{"org":"lanternworks"}}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+token)
		box.ServeHTTP(httptest.NewRecorder(), r)
	}
}
