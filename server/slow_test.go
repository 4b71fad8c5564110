package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"airbyte-agent-mcp/tools/account"
)

const slowUpstream = 130 * time.Second

// slowly is a service that takes its time for every operation, and counts them.
func slowly(ran *atomic.Int32) upstream {
	return func(r *http.Request) (string, error) {
		if strings.HasSuffix(r.URL.Path, "/token") {
			return `{"access_token":"t","token_type":"bearer","expires_in":900}`, nil
		}
		if !strings.HasSuffix(r.URL.Path, "/execute") {
			return "", fmt.Errorf("unexpected %s", r.URL.Path)
		}
		ran.Add(1)
		select {
		case <-time.After(slowUpstream):
			return `{"status":"success","result":{"id":7},"connector_metadata":null,"execution_metadata":null}`, nil
		case <-r.Context().Done():
			return "", r.Context().Err()
		}
	}
}

const slowWrite = `{"connector_id":"c0000005-0000-4000-8000-000000000005","entity":"issues","action":"create","params":{"title":"x"}}`

// callTold is a call whose client wants to hear of its progress.
func callTold(token, tool, arguments string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%q,"method":"tools/call","params":{"name":%q,"_meta":{"progressToken":%q},"arguments":%s}}`, token, tool, token, arguments)
}

// upToAnswer is what comes of a message: notifications and the answer.
func (c *stream) upToAnswer(body string) []message {
	c.t.Helper()
	c.send(body)
	var got []message
	for len(got) == 0 || last(got).Method != "" {
		got = append(got, c.next())
	}
	return got
}

// handedOver reads an answer that only says that the work goes on.
func handedOver(t *testing.T, m message) (continuation string) {
	t.Helper()
	var got struct {
		StructuredContent struct {
			Pending      bool
			Continuation string
			RetryAfter   int `json:"retry_after"`
		}
	}
	if err := json.Unmarshal(m.Result, &got); err != nil || !got.StructuredContent.Pending || got.StructuredContent.RetryAfter == 0 {
		t.Fatalf("%s", m.raw)
	}
	return got.StructuredContent.Continuation
}

// A client hears of a call that takes long, has an answer before it gives up,
// and the outcome in the end; the write was sent once. On every transport.
func TestSlowWriteIsToldOfAndSentOnce(t *testing.T) {
	t.Parallel()
	// exchange sends a message and returns the notifications and the answer.
	type exchange func(body string) []message
	for name, connect := range map[string]func(*testing.T, *bench) exchange{
		"stdio": func(t *testing.T, b *bench) exchange {
			c := b.stdio(t)
			c.greet("2025-11-25", "{}")
			return c.upToAnswer
		},
		"sse": func(t *testing.T, b *bench) exchange {
			c := b.listen(t).sse()
			c.greet("2024-11-05", "{}")
			return c.upToAnswer
		},
		"http": func(t *testing.T, b *bench) exchange {
			c := b.listen(t).greet("2025-11-25", "{}")
			return func(body string) []message {
				got, err := c.try(t.Context(), http.MethodPost, "/mcp", body)
				if err != nil {
					t.Fatal(err)
				}
				return got.messages
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var ran atomic.Int32
				say := connect(t, newBench(t, settings{clients: account.OneClient(slowly(&ran).client(t))}))
				start := time.Now()
				got := say(callTold("p-1", "execute_operation", slowWrite))
				if took := time.Since(start); took != 50*time.Second {
					t.Errorf("it was answered after %s", took)
				}
				told := 0
				for _, m := range got[:len(got)-1] {
					if m.Method == "notifications/progress" && strings.Contains(string(m.Params), `"p-1"`) {
						told++
					}
				}
				if told < 3 {
					t.Errorf("in 50 s it was told of %d times", told)
				}
				continuation := handedOver(t, got[len(got)-1])
				handedOver(t, last(say(callTold("p-2", "execute_operation", slowWrite)))) // the model tries again
				answer := last(say(callTold("p-3", "read_more", fmt.Sprintf(`{"continuation":%q}`, continuation))))
				if !strings.Contains(string(answer.Result), `"result":{"id":7}`) || ran.Load() != 1 {
					t.Errorf("sent %d times: %s", ran.Load(), answer.raw)
				}
			})
		})
	}
}

func last(messages []message) message { return messages[len(messages)-1] }
