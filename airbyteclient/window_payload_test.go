package airbyteclient_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/airbyteclient/sandbox"
)

// heapWatch looks at the heap every few megabytes of an answer.
type heapWatch struct {
	http.RoundTripper
	read, looked int
	highest      uint64
}

func (h *heapWatch) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := h.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Body = &watchedBody{resp.Body, h}
	}
	return resp, err
}

type watchedBody struct {
	io.ReadCloser
	*heapWatch
}

func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.read += n; b.read-b.looked > 2<<20 || err != nil {
		b.look()
	}
	return n, err
}

func (h *heapWatch) look() { h.looked, h.highest = h.read, max(h.highest, heap()) }

func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestAnswerOf200MBIsReachedThroughAWindow does not run in parallel, as it
// watches the heap of the process, in which the sandbox lives too.
func TestAnswerOf200MBIsReachedThroughAWindow(t *testing.T) {
	if testing.Short() {
		t.Skip("moves 400 MB")
	}
	const size, most = 200 << 20, 32 << 20
	server := httptest.NewServer(sandbox.New(sandbox.Options{Payload: size}))
	t.Cleanup(server.Close)
	watch := &heapWatch{RoundTripper: server.Client().Transport}
	c, err := airbyteclient.New(airbyteclient.Config{
		APIHost: server.URL, ClientID: sandbox.ClientID, ClientSecret: airbyteclient.NewSecret(sandbox.ClientSecret), OrganizationID: sandbox.OrganizationID,
	}, airbyteclient.WithTransport(watch))
	if err != nil {
		t.Fatal(err)
	}
	id := (&contractWorld{Client: c, t: t}).connectorID(t.Context(), "default", "zendesk-support")
	for skip, last := 0, 0; ; {
		*watch = heapWatch{RoundTripper: watch.RoundTripper}
		runtime.GC()
		before, start := heap(), time.Now()
		x, err := c.Execute(t.Context(), id, airbyteclient.ExecuteRequest{Entity: "articles", Action: "list", Window: &airbyteclient.Window{Skip: skip, Bytes: 4 << 20}})
		if err != nil {
			t.Fatal(err)
		}
		took := time.Since(start)
		watch.look()
		grown := int(watch.highest) - int(before)
		if t.Logf("%d MiB in %s, %+v, heap grew by %d KiB", watch.read>>20, took, x.Seen, grown>>10); grown > most {
			t.Errorf("the heap grew by %d MiB", grown>>20)
		}
		var articles []struct{ ID int }
		if err := json.Unmarshal(x.Result, &articles); err != nil || len(articles) != x.Seen.Kept || x.Seen.First != skip || x.Seen.Of < size>>13 {
			t.Fatalf("%d articles, %+v: %v", len(articles), x.Seen, err)
		}
		if articles[0].ID <= last && skip > 0 {
			t.Errorf("record %d has ID %d, that of an earlier one", skip, articles[0].ID)
		}
		if last = articles[0].ID; skip > 0 {
			return
		}
		skip = x.Seen.Of - 1 // the last record of all
	}
}
