package tools_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/tools/answer"
	"airbyte-agent-mcp/tools/dispatch"
	"airbyte-agent-mcp/tools/dispatch/dispatchtest"
	"airbyte-agent-mcp/tools/records"
	"airbyte-agent-mcp/tools/secrets"
)

// download is the call that downloads a file of the Drive.
func download(file string) string {
	return fmt.Sprintf(`{"connector_id":"c0000007-0000-4000-8000-000000000007","entity":"files","action":"download","params":{"fileId":%q}}`, file)
}

// A text of a few megabytes is read to its end by read_more alone: first what
// is held of it, then by range.
func TestLongTextIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	const size = 700 << 10
	w := dispatchtest.New(t, sandbox.Options{Payload: size})
	got, err := w.Runner.Call(t.Context(), w.Api.Client, "execute_operation", json.RawMessage(download(sandbox.ManualFileID)))
	if err != nil {
		t.Fatal(err)
	}
	sum := rawjson.Text(rawjson.Field(got.JSON, "file.sha256"))
	whole := rawjson.Text(rawjson.Field(got.JSON, "file.text"))
	for range 100 {
		if len(got.JSON) > 8000*answer.BytesPerToken {
			t.Fatalf("an answer of %d bytes", len(got.JSON))
		}
		next := rawjson.Member(got.JSON, "continuation")
		if next == nil {
			break
		}
		if got, err = w.Runner.Call(t.Context(), w.Api.Client, secrets.ReadMoreName, json.RawMessage(dispatchtest.More(got.JSON))); err != nil {
			t.Fatal(err)
		}
		if part := rawjson.Member(got.JSON, "text"); part != nil {
			whole += rawjson.Text(part)
		} else {
			whole += rawjson.Text(rawjson.Field(got.JSON, "file.text"))
		}
	}
	if have := sha256.Sum256([]byte(whole)); hex.EncodeToString(have[:]) != sum || len(whole) != size {
		t.Errorf("%d of %d bytes were read, or others than the file has", len(whole), size)
	}
}

// A list that is too long to be held is read to its end all the same, every
// record once and every text whole.
func TestListTooLongToHoldIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	w := dispatchtest.New(t, sandbox.Options{Payload: 12 << 20})
	call := func(tool, arguments string) json.RawMessage {
		t.Helper()
		got, err := w.Runner.Call(t.Context(), w.Api.Client, tool, json.RawMessage(arguments))
		if err != nil {
			t.Fatal(err)
		}
		return got.JSON
	}
	got := call("execute_operation", `{"connector_id":"c0000006-0000-4000-8000-000000000006","entity":"articles","action":"list","max_tokens":150000}`)
	of := rawjson.Scalar(rawjson.Field(got, "cut.records_of"))
	seen := map[string]bool{}
	for {
		n := 0
		for record := range rawjson.Elements(rawjson.Member(got, "result")) {
			if id := records.IdOf(record); seen[id] {
				t.Fatalf("record %s came twice", id)
			} else {
				seen[id] = true
			}
			n++
		}
		if n == 0 {
			t.Fatalf("an answer without records: %.500s", got)
		}
		next := dispatchtest.More(got)
		if rawjson.Member(got, "cut") == nil || !strings.Contains(rawjson.Text(rawjson.Member(got, "note_on_cut")), "goes on") {
			break
		}
		if before := rawjson.Scalar(rawjson.Field(got, "cut.records_before")); before > "2000" && len(before) == 4 {
			path := fmt.Sprintf("/result/%s/body", before)
			whole := call(secrets.ReadMoreName, strings.TrimSuffix(next, "}")+`,"path":"`+path+`"}`)
			if len(rawjson.Text(rawjson.Member(whole, "text"))) < 3000 || rawjson.Text(rawjson.Member(whole, "path")) != path {
				t.Errorf("%s is %.300s", path, whole)
			}
		}
		got = call(secrets.ReadMoreName, strings.TrimSuffix(next, "}")+`,"max_tokens":150000}`)
	}
	if fmt.Sprint(len(seen)) != of || len(seen) < 3000 {
		t.Errorf("%d of %s records were read", len(seen), of)
	}
}

func TestDownloadsAreSavedWhereAllowed(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	w := dispatchtest.New(t, sandbox.Options{})
	w.Runner = dispatchtest.NewRunner(t, dispatch.Limits{DownloadDir: folder})
	if err := os.WriteFile(filepath.Join(folder, "logo.png"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := w.Runner.Call(t.Context(), w.Api.Client, "execute_operation", json.RawMessage(download(sandbox.LogoFileID)))
	if err != nil {
		t.Fatal(err)
	}
	saved, err := os.ReadFile(filepath.Join(folder, "logo (1).png"))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(saved)
	if rawjson.Text(rawjson.Field(got.JSON, "file.sha256")) != hex.EncodeToString(sum[:]) || !strings.HasSuffix(rawjson.Text(rawjson.Field(got.JSON, "file.saved_as")), "logo (1).png") {
		t.Errorf("%s", got.JSON)
	}
	if mine, _ := os.ReadFile(filepath.Join(folder, "logo.png")); string(mine) != "mine" {
		t.Error("a file that was there before was overwritten")
	}
	if len(got.Attachments) != 1 || got.Attachments[0].ContentType != "image/png" || sha256.Sum256(got.Attachments[0].Data) != sum {
		t.Errorf("the image is not attached: %d attachments", len(got.Attachments))
	}
}

// However long what a service sends is, only a part of it is ever held.
func TestHugeAnswersAreNotHeld(t *testing.T) {
	if testing.Short() || dispatchtest.UnderRace {
		t.Skip("200 MB take seconds")
	}
	const size = 200 << 20
	w := dispatchtest.New(t, sandbox.Options{Payload: size})
	for name, arguments := range map[string]string{
		"download": download(sandbox.ManualFileID),
		"list":     `{"connector_id":"c0000006-0000-4000-8000-000000000006","entity":"articles","action":"list"}`,
	} {
		var got answer.Answer
		var err error
		grown := growth(func() {
			got, err = w.Runner.Call(t.Context(), w.Api.Client, "execute_operation", json.RawMessage(arguments))
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if grown > 64<<20 {
			t.Errorf("%s: the heap grew by %d MiB", name, grown>>20)
		}
		if len(got.JSON) > 8000*answer.BytesPerToken || rawjson.Member(got.JSON, "continuation") == nil {
			t.Errorf("%s: %d bytes, no way to go on: %.300s", name, len(got.JSON), got.JSON)
		}
		t.Logf("%s: %d bytes of %d, heap grew by %d KiB", name, len(got.JSON), size, grown>>10)
	}
}

// growth is how much the heap grows at most while f runs.
func growth(f func()) uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before := m.HeapInuse
	var most atomic.Uint64
	done := make(chan struct{})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most.Store(max(most.Load(), m.HeapInuse))
			}
		}
	}()
	f()
	close(done)
	<-watched
	return max(most.Load(), before) - before
}
