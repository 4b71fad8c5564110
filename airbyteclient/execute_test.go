package airbyteclient

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func execute(t *testing.T, config Config, action string, answer func() (*http.Response, error)) (*Execution, error) {
	t.Helper()
	config.ClientID, config.ClientSecret = "client", NewSecret(testSecret)
	c := newTestClient(t, config, WithTransport(minting(func(*http.Request) (*http.Response, error) { return answer() })))
	return c.Execute(t.Context(), "c", ExecuteRequest{Entity: "e", Action: action})
}

func TestExecuteSendsWhatIsSet(t *testing.T) {
	yes := false
	for _, row := range []struct {
		in   ExecuteRequest
		want string
	}{
		{ExecuteRequest{Action: "describe"}, `{"entity":"","action":"describe"}`},
		{ExecuteRequest{Entity: "contacts", Action: "list", Params: json.RawMessage(`{"big": 9007199254740993,"html":"<b>&"}`), SelectFields: []string{"id"}, ExcludeFields: []string{"x.y"}, SkipTruncation: &yes, Intent: "why", Idempotent: true},
			`{"entity":"contacts","action":"list","params":{"big":9007199254740993,"html":"<b>&"},"select_fields":["id"],"exclude_fields":["x.y"],"skip_truncation":false,"intent":"why"}`},
	} {
		var sent []byte
		c := clientOf(t, func(r *http.Request) (*http.Response, error) {
			sent, _ = io.ReadAll(r.Body)
			return reply(200, `{"status":"success"}`), nil
		})
		if _, err := c.Execute(t.Context(), "c", row.in); err != nil {
			t.Fatal(err)
		}
		if string(sent) != row.want {
			t.Errorf("sent %s, want %s", sent, row.want)
		}
	}
}

func TestExecuteReadsTheEnvelope(t *testing.T) {
	null := json.RawMessage("null")
	for _, row := range []struct {
		name, body string
		want       Execution
	}{
		{"whole", `{"status":"success","result":[{"id":9007199254740993, "x":1.10}],"connector_metadata":{"has_more":true},"execution_metadata":{"connector_instance_id":"source_id:1","execution_time_ms":12},"warning":{"code":"c","message":"m","stale_since":"s"}}`,
			Execution{Result: json.RawMessage(`[{"id":9007199254740993, "x":1.10}]`), ConnectorMetadata: json.RawMessage(`{"has_more":true}`), ExecutionMetadata: &ExecutionMetadata{"source_id:1", 12}, Warning: &Warning{Code: "c", Message: "m", StaleSince: "s"}}},
		{"nulls", `{"status":"success","result":null,"connector_metadata":null,"execution_metadata":null,"warning":null}`, Execution{Result: null, ConnectorMetadata: null}},
		{"missing", `{"status":"success"}`, Execution{Result: null, ConnectorMetadata: null}},
		{"metadata of another shape", `{"status":"success","result":1,"execution_metadata":[1],"warning":"w","bundle":{}}`, Execution{Result: json.RawMessage("1"), ConnectorMetadata: null}},
		{"spread over lines", "{\n  \"status\": \"success\",\n  \"result\": {\n    \"a\": [1,\r\n 2]\n  }\n}\n", Execution{Result: json.RawMessage(`{"a":[1,2]}`), ConnectorMetadata: null}},
		{"not UTF-8", "{\"status\":\"success\",\"result\":\"a\xff\"}", Execution{Result: json.RawMessage("\"a\uFFFD\""), ConnectorMetadata: null}},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.want.Status = "success"
			got, err := execute(t, Config{}, "list", says(200, row.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&row.want, got); diff != "" {
				t.Errorf("execution (-want +got):\n%s", diff)
			}
		})
	}
}

func TestExecuteFailures(t *testing.T) {
	for _, row := range []struct {
		name, body string
		kind       Kind
		want       string
	}{
		{"status failed", `{"status":"failed","result":{"message":"no such owner"}}`, KindFailed, `the operation ended with status "failed": no such owner`},
		{"status error without a word", `{"status":"error","result":null}`, KindFailed, `the operation ended with status "error"`},
		{"no status", `{"result":[]}`, KindBadAnswer, "the answer has no status: it is not the outcome of an operation"},
		{"status of another type", `{"status":1,"result":[]}`, KindBadAnswer, "the answer has no status: it is not the outcome of an operation"},
		{"array", `[]`, KindBadAnswer, "the answer is not a JSON object"},
		{"empty", ``, KindBadAnswer, "the answer is empty"},
		{"broken", `{"status":"success","result":[1,]}`, KindBadAnswer, "the answer is not valid JSON (at byte 32)"},
		{"more after the end", `{"status":"success"}{}`, KindBadAnswer, "the answer is not valid JSON (at byte 20)"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := execute(t, Config{}, "create", says(200, row.body))
			if e := kindIs(t, err, row.kind); e.Message != row.want || !e.MaybeSent {
				t.Errorf("got %#v, want message %q", e, row.want)
			}
		})
	}
}

func TestDownloadIsStreamed(t *testing.T) {
	const content = "%PDF-1.7 \x00\x01\xff"
	for _, row := range []struct {
		name, contentType, disposition string
		wantName                       string
	}{
		{"file", "application/pdf", `attachment; filename="report.pdf"`, "report.pdf"},
		{"path in the name", "application/pdf", `attachment; filename="../../etc/pass\\wd"`, "wd"},
		{"name with an encoding", "image/png", `attachment; filename*=UTF-8''%e2%82%ac.png`, "€.png"},
		{"no name", "application/octet-stream", "", ""},
		{"JSON file", "application/json", `attachment; filename=data.json`, "data.json"},
		{"HTML file", "text/html", `inline; filename=page.html`, "page.html"},
		{"broken disposition", "text/plain", `;;=`, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := execute(t, Config{}, "download", says(206, content, "Content-Type", row.contentType, "Content-Disposition", row.disposition))
			if err != nil {
				t.Fatal(err)
			}
			file := got.File
			body, err := io.ReadAll(file.Body)
			if string(body) != content || err != nil || file.Name != row.wantName || file.ContentType != row.contentType || file.Size != int64(len(content)) {
				t.Errorf("got %+v, %q, %v", file, body, err)
			}
			if err := file.Body.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestDownloadOfNothingIsNotFound(t *testing.T) {
	for _, contentType := range []string{"application/octet-stream", "application/json", ""} {
		_, err := execute(t, Config{}, "download", says(200, "", "Content-Type", contentType))
		e := kindIs(t, err, KindNotFound)
		if e.Status != 200 {
			t.Errorf("got %#v", e)
		}
	}
}

func TestDownloadIsBounded(t *testing.T) {
	endlessly := func(size int64) func() (*http.Response, error) {
		return func() (*http.Response, error) {
			resp := reply(200, "", "Content-Type", "video/mp4")
			resp.Body, resp.ContentLength = &endless{}, size
			return resp, nil
		}
	}
	config := Config{MaxDownloadBytes: 1 << 20}
	_, err := execute(t, config, "download", endlessly(1<<20+1))
	kindIs(t, err, KindTooLarge)
	got, err := execute(t, config, "download", endlessly(-1))
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, got.File.Body)
	if kindIs(t, err, KindTooLarge); n != 1<<20 {
		t.Errorf("%d bytes came", n)
	}
	if n, err := got.File.Body.Read(make([]byte, 1)); n != 0 || KindOf(err) != KindTooLarge {
		t.Errorf("afterwards: %d, %v", n, err)
	}
}

func TestDownloadThatJustFitsIsWhole(t *testing.T) {
	got, err := execute(t, Config{MaxDownloadBytes: 5}, "download", func() (*http.Response, error) {
		resp := reply(200, "12345", "Content-Type", "text/csv")
		resp.ContentLength = -1
		return resp, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(got.File.Body); string(body) != "12345" || err != nil {
		t.Errorf("got %q, %v", body, err)
	}
}

func TestDownloadCutOffSaysSo(t *testing.T) {
	got, err := execute(t, Config{}, "download", func() (*http.Response, error) {
		resp := reply(200, "", "Content-Type", "text/csv")
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader("abc"), errReader{io.ErrUnexpectedEOF}))
		return resp, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(got.File.Body)
	if kindIs(t, err, KindNetwork); string(body) != "abc" {
		t.Errorf("got %q", body)
	}
}

// slow is a body whose reads end with the request's context.
type slow struct {
	ctx  context.Context
	sent bool
}

func (s *slow) Read(p []byte) (int, error) {
	if !s.sent {
		s.sent = true
		return copy(p, "x"), nil
	}
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}

func (s *slow) Close() error { return nil }

func TestDownloadLivesUntilItsTimeoutOrItsClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var body *slow
		c := clientOf(t, func(r *http.Request) (*http.Response, error) {
			body = &slow{ctx: r.Context()}
			resp := reply(200, "", "Content-Type", "text/csv")
			resp.Body, resp.ContentLength = body, -1
			return resp, nil
		})
		got, err := c.Execute(t.Context(), "c", ExecuteRequest{Action: "download"})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		_, err = io.ReadAll(got.File.Body)
		if kindIs(t, err, KindTimeout); time.Since(start) != DefaultExecuteTimeout {
			t.Errorf("after %s", time.Since(start))
		}
		got, err = c.Execute(t.Context(), "c", ExecuteRequest{Action: "download"})
		if err != nil || body.ctx.Err() != nil {
			t.Fatal(err, body.ctx.Err())
		}
		if _ = got.File.Body.Close(); body.ctx.Err() == nil {
			t.Error("the request lives on")
		}
	})
}

func TestPageInPlaceOfADownloadIsNoFile(t *testing.T) {
	_, err := execute(t, Config{}, "download", says(200, "<html><title>Sign in</title>", "Content-Type", "text/html"))
	kindIs(t, err, KindBadAnswer)
}

func BenchmarkExecute(b *testing.B) {
	body := executionOf(200 << 10)
	c, err := New(testConfig(), WithTransport(minting(func(*http.Request) (*http.Response, error) {
		resp := reply(200, "")
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		return resp, nil
	})))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Execute(b.Context(), "c", ExecuteRequest{Action: "list"}); err != nil {
			b.Fatal(err)
		}
	}
}
