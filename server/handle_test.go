package server

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/tools"
)

// executes answers every execute by f and leaves the rest to the sandbox.
func executes(f http.HandlerFunc) func(http.Handler) http.Handler {
	return func(api http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "/execute") {
				api.ServeHTTP(w, r)
				return
			}
			_, _ = io.Copy(io.Discard, r.Body)
			f(w, r)
		})
	}
}

func TestConnectorDataPassesThroughUntouched(t *testing.T) {
	t.Parallel()
	const data = `[
	  {"id": 9007199254740993, "n": -0.10e+10, "big": 123456789012345678901234567890},
	  {"separators": "` + "\u2028\u2029" + `", "escapes": "\u2028 \" \\ \/ \n \u0001", "html": "<a href='x'>&amp;</a>",` + "\r\n\t" + `"empty": [ ], "é": "😀 \ud83d\ude00"}
	]`
	b := newBench(t, settings{upstream: executes(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "{\n \"status\": \"success\",\n \"result\": "+data+",\n \"connector_metadata\": {\"has_more\": false},\n \"execution_metadata\": {\"connector_instance_id\": \"x\", \"execution_time_ms\": 5}\n}\n")
	})})
	c := b.web(t)
	l, std := c.sse(), b.stdio(t)
	call := callMessage(1, "execute_operation", listCustomers)
	body, header := modernCall(1, "execute_operation", listCustomers)
	for name, m := range map[string]message{
		"stdio": std.ask(call), "sse": l.ask(call), // whose readers refuse what is not one line
		"http":   c.greet("2025-11-25", "{}").post(call).last(t),
		"modern": c.post(body, header...).last(t),
	} {
		r := m.toolResult(t)
		if r.text() != string(r.StructuredContent) {
			t.Errorf("%s: text and structure differ:\n%s\n%s", name, r.text(), r.StructuredContent)
		}
		for _, part := range []string{
			`9007199254740993`, `-0.10e+10`, `123456789012345678901234567890`, "\u2028\u2029", `\u2028 \" \\ \/ \n \u0001`, `<a href='x'>&amp;</a>`, `\ud83d\ude00`,
		} {
			if !strings.Contains(r.text(), part) {
				t.Errorf("%s: %q is lost in %s", name, part, r.text())
			}
		}
		var got struct{ Result json.RawMessage }
		if err := json.Unmarshal(r.StructuredContent, &got); err != nil || compact(got.Result) != compact([]byte(data)) {
			t.Errorf("%s: %v in %s", name, err, r.StructuredContent)
		}
	}
}

func TestCanceledCallEndsItsUpstreamRequest(t *testing.T) {
	t.Parallel()
	entered, ended := make(chan struct{}, 8), make(chan struct{}, 8)
	b := newBench(t, settings{upstream: executes(func(_ http.ResponseWriter, r *http.Request) {
		entered <- struct{}{}
		<-r.Context().Done()
		ended <- struct{}{}
	})})
	wait := func(from chan struct{}, what string) {
		t.Helper()
		select {
		case <-from:
		case <-time.After(patience):
			t.Fatalf("the upstream request never %s", what)
		}
	}
	c := b.web(t)
	call := callMessage(1, "execute_operation", listCustomers)
	for name, row := range map[string]func() (cancel func()){
		"stdio, notification": func() func() {
			std := b.stdio(t)
			std.send(call)
			return func() {
				std.send(canceled(1))
				if m := std.next(); !m.toolResult(t).IsError || !strings.Contains(m.toolResult(t).text(), "canceled") {
					t.Errorf("answer: %s", m.raw)
				}
			}
		},
		"sse, notification": func() func() { l := c.sse(); l.send(call); return func() { l.send(canceled(1)) } },
		"sse, stream":       func() func() { l := c.sse(); l.send(call); return l.close },
		"http, request": func() func() {
			ctx, cancel := context.WithCancel(t.Context())
			session := c.greet("2025-11-25", "{}")
			go func() { _, _ = session.try(ctx, http.MethodPost, "/mcp", call) }()
			return cancel
		},
		"http, notification": func() func() {
			session := c.greet("2025-11-25", "{}")
			go func() { _, _ = session.try(t.Context(), http.MethodPost, "/mcp", call) }()
			return func() { session.post(canceled(1)) }
		},
		"modern, request": func() func() {
			ctx, cancel := context.WithCancel(t.Context())
			body, header := modernCall(1, "execute_operation", listCustomers)
			go func() { _, _ = c.try(ctx, http.MethodPost, "/mcp", body, header...) }()
			return cancel
		},
	} {
		t.Run(name, func(t *testing.T) {
			cancel := row()
			wait(entered, "began")
			cancel()
			wait(ended, "ended")
		})
	}
}

func TestEveryCallLogsOneLineWithoutValues(t *testing.T) {
	t.Parallel()
	b := newBench(t, settings{choice: tools.Choice{Toolsets: []string{"all"}}})
	session := b.web(t).greet("2025-11-25", "{}")
	const value = "value-that-nobody-may-log"
	for _, row := range []struct{ tool, arguments, outcome string }{
		{"execute_operation", listCustomers, "ok"},
		{"execute_operation", `{"connector_id":"` + value + `","entity":"x","action":"list"}`, "refused"},
		{"execute_operation", `{"entity":"` + value + `","token":"` + value + `"}`, "bad_arguments"},
		{"get_connector", `{"connector_id":"00000000-0000-4000-8000-000000000000"}`, "not_found"},
		{"create_connector", `{"definition_id":"` + value + `","name":"` + value + `","credentials":{"api_key":"` + value + `"}}`, ""},
	} {
		before := len(b.log.lines("call"))
		session.post(callMessage(1, row.tool, row.arguments))
		lines := b.log.lines("call")
		if len(lines) != before+1 {
			t.Fatalf("%s logged %d lines", row.tool, len(lines)-before)
		}
		line := lines[before]
		if line["tool"] != row.tool || row.outcome != "" && line["outcome"] != row.outcome {
			t.Errorf("%s is logged as %v", row.tool, line)
		}
		if _, ok := line["duration"].(float64); !ok {
			t.Errorf("no duration in %v", line)
		}
		if n, ok := line["bytes"].(float64); !ok || (n > 0) != (row.outcome == "ok") {
			t.Errorf("bytes %v in %v", line["bytes"], line)
		}
		if id := fmt.Sprint(line["request_id"]); row.outcome == "ok" && !strings.HasPrefix(id, "req-sandbox-") {
			t.Errorf("request ID %q in %v", id, line)
		}
	}
	for _, secret := range []string{value, sandbox.ClientSecret, "eyJ", session.session} {
		if strings.Contains(b.log.String(), secret) {
			t.Errorf("%s is in the log:\n%s", secret, b.log)
		}
	}
}

func TestManyCallsRunSideBySide(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	b := newBench(t, settings{sandbox: sandbox.Options{Latency: 200 * time.Millisecond}})
	std := b.stdio(t)
	c := b.web(t)
	session := c.greet("2025-11-25", "{}")
	warm := callMessage(`"warm"`, "execute_operation", listCustomers)
	session.post(warm)
	std.ask(warm)
	const calls, bound = 200, 5 * time.Second // one after the other they take 40
	for name, run := range map[string]func(){
		"stdio": func() {
			for i := range calls {
				std.send(callMessage(i, "execute_operation", listCustomers))
			}
			for range calls {
				if m := std.next(); m.toolResult(t).IsError {
					t.Errorf("answer: %s", m.raw)
				}
			}
		},
		"http": func() {
			var wait sync.WaitGroup
			for i := range calls {
				wait.Go(func() {
					got, err := session.try(context.Background(), http.MethodPost, "/mcp", callMessage(i, "execute_operation", listCustomers))
					if err != nil || !strings.Contains(got.body, `"structuredContent"`) {
						t.Errorf("answer: %s %v", got.body, err)
					}
				})
			}
			wait.Wait()
		},
	} {
		start := time.Now()
		run()
		took := time.Since(start)
		t.Logf("%s: %d calls of 200 ms in %v", name, calls, took)
		if took > bound {
			t.Errorf("%s: %d calls of 200 ms took %v", name, calls, took)
		}
	}
}

// usage is what lives after a collection.
func usage() (heap uint64, goroutines int) {
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc, runtime.NumGoroutine()
}

// It does not run in parallel: what others allocate would count.
func TestTenThousandCallsLeaveTheMemoryFlat(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	body := `{"status":"success","result":[{"id":1}],"connector_metadata":null,"execution_metadata":{"connector_instance_id":"x","execution_time_ms":1}}`
	b := newBench(t, settings{upstream: executes(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body)
	})})
	b.log.discard.Store(true)
	std, c := b.stdio(t), b.web(t)
	std.greet("2025-11-25", "{}")
	session := c.greet("2025-11-25", "{}")
	overStdio := func(calls int) {
		underWay := make(chan struct{}, 32)
		go func() {
			for i := range calls {
				underWay <- struct{}{}
				std.send(callMessage(i, "execute_operation", listCustomers))
			}
		}()
		for range calls {
			if m := std.next(); m.Result == nil {
				t.Errorf("answer: %s", m.raw)
			}
			<-underWay
		}
	}
	overHTTP := func(calls int) {
		var sent atomic.Int64
		var wait sync.WaitGroup
		for lane := range 8 {
			wait.Go(func() {
				for i := sent.Add(1); i <= int64(calls); i = sent.Add(1) {
					client, request, header := session, callMessage(i, "execute_operation", listCustomers), []string(nil)
					if lane%2 == 1 {
						client = c
						request, header = modernCall(i, "execute_operation", listCustomers)
					}
					got, err := client.try(context.Background(), http.MethodPost, "/mcp", request, header...)
					if err != nil || got.status != http.StatusOK {
						t.Errorf("HTTP %d %s %v", got.status, got.body, err)
					}
				}
			})
		}
		wait.Wait()
	}
	for _, way := range []struct {
		name string
		run  func(int)
	}{{"stdio", overStdio}, {"http", overHTTP}} {
		way.run(1000)
		heap, goroutines := usage()
		start := time.Now()
		way.run(10_000)
		took := time.Since(start)
		var heapAfter uint64
		var goroutinesAfter int
		eventually(t, way.name+" came to rest", func() bool {
			heapAfter, goroutinesAfter = usage()
			return goroutinesAfter <= goroutines+20
		})
		t.Logf("%s: 10,000 calls in %v; heap %d → %d KB, %d → %d goroutines", way.name, took, heap>>10, heapAfter>>10, goroutines, goroutinesAfter)
		if heapAfter > heap+4<<20 {
			t.Errorf("%s: the heap grew from %d to %d KB", way.name, heap>>10, heapAfter>>10)
		}
	}
}

// Whoever keeps opening sessions leaves nothing behind that grows.
func TestOpenedAndEndedSessionsLeaveTheMemoryFlat(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	b := newBench(t, settings{clients: noAccount})
	b.log.discard.Store(true)
	h := b.Handler()
	run := func(n int) {
		for i := range n {
			got := served(t, h, "", initializeMessage(i, "2025-11-25", "{}"))
			req, err := (&web{session: got.header.Get("Mcp-Session-Id")}).request(t.Context(), http.MethodDelete, "/mcp", "")
			if err != nil {
				t.Fatal(err)
			}
			if got := servedRequest(t, h, req); got.status != http.StatusOK {
				t.Fatalf("DELETE: HTTP %d", got.status)
			}
		}
	}
	run(500)
	heap, goroutines := usage()
	run(5000)
	heapAfter, goroutinesAfter := usage()
	// Their ids are remembered until they would have expired.
	t.Logf("5,000 sessions: heap %d → %d KB, %d → %d goroutines", heap>>10, heapAfter>>10, goroutines, goroutinesAfter)
	if heapAfter > heap+4<<20 || goroutinesAfter > goroutines+20 {
		t.Errorf("5,000 sessions: heap %d → %d KB, %d → %d goroutines", heap>>10, heapAfter>>10, goroutines, goroutinesAfter)
	}
}
