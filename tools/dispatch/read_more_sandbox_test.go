package dispatch_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/tools/answer"
	"airbyte-agent-mcp/tools/dispatch"
	"airbyte-agent-mcp/tools/dispatch/dispatchtest"
	"airbyte-agent-mcp/tools/secrets"
)

// replica is a process that serves these tools.
func replica(s *dispatchtest.SlowTools, t *testing.T, limits dispatch.Limits) func(tool, arguments string) (answer.Answer, error) {
	t.Helper()
	r, err := dispatch.NewRunner(s.List(), limits)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	client, err := airbyteclient.New(airbyteclient.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return func(tool, arguments string) (answer.Answer, error) {
		return r.Call(t.Context(), client, tool, json.RawMessage(arguments))
	}
}

// must makes a test end where a call fails.
func must(t *testing.T) func(answer.Answer, error) json.RawMessage {
	return func(a answer.Answer, err error) json.RawMessage {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return a.JSON
	}
}

func TestSlowCallIsAnsweredInTimeAndGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, must := &dispatchtest.SlowTools{Takes: 2 * time.Minute}, must(t)
		call := replica(s, t, dispatch.Limits{})
		start := time.Now()
		got := must(call("list_slowly", `{"name":"a"}`))
		if took := time.Since(start); took != 50*time.Second || string(rawjson.Member(got, "pending")) != "true" || string(rawjson.Member(got, "retry_after")) == "" {
			t.Fatalf("after %s: %s", took, got)
		}
		got = must(call(secrets.ReadMoreName, dispatchtest.More(got)))
		got = must(call(secrets.ReadMoreName, dispatchtest.More(got)))
		if string(got) != `{"result":"done a"}` {
			t.Errorf("%s", got)
		}
		if took := time.Since(start); took != 2*time.Minute || s.Reads.Load() != 1 {
			t.Errorf("it took %s and ran %d times", took, s.Reads.Load())
		}
	})
}

func TestSlowWriteIsSentOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, must := &dispatchtest.SlowTools{Takes: 2 * time.Minute}, must(t)
		call := replica(s, t, dispatch.Limits{})
		first := must(call("update_slowly", `{"name":"a"}`))
		if !strings.Contains(string(first), "will not be sent again") {
			t.Errorf("%s", first)
		}
		// The same call made anew waits for the first one; another one does not.
		must(call("update_slowly", `{ "name": "a" }`))
		go func() { _, _ = call("update_slowly", `{"name":"b"}`) }()
		synctest.Wait()
		if s.Sent.Load() != 2 {
			t.Fatalf("%d were sent, want a and b", s.Sent.Load())
		}
		if got := must(call(secrets.ReadMoreName, dispatchtest.More(first))); string(got) != `{"result":"done a"}` {
			t.Fatalf("%s", got)
		}
		// Its outcome is known now, so this is a new wish.
		must(call("update_slowly", `{"name":"a"}`))
		if s.Sent.Load() != 3 {
			t.Errorf("%d were sent", s.Sent.Load())
		}
	})
}

func TestOutcomeWaitsToBeAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, must := &dispatchtest.SlowTools{Takes: time.Minute}, must(t)
		call := replica(s, t, dispatch.Limits{})
		written, failed := must(call("update_slowly", `{"name":"a"}`)), must(call("update_slowly", `{"name":"panic"}`))
		time.Sleep(5 * time.Minute)
		if got := must(call(secrets.ReadMoreName, dispatchtest.More(written))); string(got) != `{"result":"done a"}` || s.Sent.Load() != 2 {
			t.Errorf("%s after %d were sent", got, s.Sent.Load())
		}
		func() {
			defer func() {
				if p, ok := recover().(*dispatch.Panic); !ok || p.Value != "out of order" || !strings.Contains(string(p.Stack), "SlowTools") {
					t.Errorf("the panic came as %v", p)
				}
			}()
			_, _ = call(secrets.ReadMoreName, dispatchtest.More(failed))
		}()
		// Asked for twice or too late, the write is still not sent again.
		if _, err := call(secrets.ReadMoreName, dispatchtest.More(written)); err == nil || !strings.Contains(err.Error(), "not sent again") || s.Sent.Load() != 2 {
			t.Errorf("%v after %d were sent", err, s.Sent.Load())
		}
	})
}

func TestCallerWhoLeavesEndsTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &dispatchtest.SlowTools{Takes: time.Minute}
		r, err := dispatch.NewRunner(s.List(), dispatch.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		client, err := airbyteclient.New(airbyteclient.Config{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, leave := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, leave)
		start := time.Now()
		_, err = r.Call(ctx, client, "update_slowly", json.RawMessage(`{}`))
		if !errors.Is(err, context.Canceled) || time.Since(start) != time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		// A caller with little time left is answered within it, and loses nothing.
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		start = time.Now()
		got := must(t)(r.Call(ctx, client, "update_slowly", json.RawMessage(`{"name":"a"}`)))
		if string(rawjson.Member(got, "pending")) != "true" || time.Since(start) >= 5*time.Second {
			t.Errorf("%s after %s", got, time.Since(start))
		}
		got = must(t)(r.Call(t.Context(), client, secrets.ReadMoreName, json.RawMessage(dispatchtest.More(got))))
		if got = must(t)(r.Call(t.Context(), client, secrets.ReadMoreName, json.RawMessage(dispatchtest.More(got)))); string(got) != `{"result":"done a"}` || s.Sent.Load() != 2 {
			t.Errorf("%s after %d were sent", got, s.Sent.Load())
		}
	})
}

func TestOtherReplicaGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keys := filepath.Join(t.TempDir(), "keys")
		if err := os.WriteFile(keys, []byte("# first\n"+base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), 32))+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		s, must := &dispatchtest.SlowTools{Takes: time.Minute}, must(t)
		one, other := replica(s, t, dispatch.Limits{SealKeyFile: keys}), replica(s, t, dispatch.Limits{SealKeyFile: keys})
		got := must(other(secrets.ReadMoreName, dispatchtest.More(must(one("list_slowly", `{"name":"a"}`)))))
		if s.Reads.Load() != 2 || string(rawjson.Member(got, "pending")) != "true" {
			t.Errorf("read %d times, want again by the replica that lacks it: %s", s.Reads.Load(), got)
		}
		_, err := other(secrets.ReadMoreName, dispatchtest.More(must(one("update_slowly", `{"name":"a"}`))))
		if err == nil || !strings.Contains(err.Error(), "not sent again") || s.Sent.Load() != 1 {
			t.Errorf("%v, sent %d times", err, s.Sent.Load())
		}
		if _, err = replica(s, t, dispatch.Limits{})(secrets.ReadMoreName, dispatchtest.More(got)); err == nil || !strings.Contains(err.Error(), "not made here") {
			t.Errorf("with other keys: %v", err)
		}
	})
}

func TestContinuationIsBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, must := &dispatchtest.SlowTools{Takes: time.Minute}, must(t)
		r, err := dispatch.NewRunner(s.List(), dispatch.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		mine, _ := airbyteclient.New(airbyteclient.Config{ClientID: "mine"})
		theirs, _ := airbyteclient.New(airbyteclient.Config{ClientID: "theirs"})
		got := must(r.Call(t.Context(), mine, "list_slowly", json.RawMessage(`{}`)))
		sealed := rawjson.Text(rawjson.Member(got, "continuation"))
		for i := range len(sealed) {
			if i%7 > 0 {
				continue
			}
			forged := []byte(sealed)
			forged[i] ^= 1
			if _, err := r.Call(t.Context(), mine, secrets.ReadMoreName, rawjson.AppendMember([]byte("{"), "continuation", append(rawjson.Of(string(forged)), '}'))); err == nil {
				t.Fatalf("a continuation changed at %d was taken", i)
			}
		}
		if _, err := r.Call(t.Context(), theirs, secrets.ReadMoreName, json.RawMessage(dispatchtest.More(got))); err == nil || !strings.Contains(err.Error(), "this caller") {
			t.Errorf("of another caller: %v", err)
		}
		time.Sleep(dispatch.ContinuationLife)
		if _, err := r.Call(t.Context(), mine, secrets.ReadMoreName, json.RawMessage(dispatchtest.More(got))); err == nil || !strings.Contains(err.Error(), "expired") {
			t.Errorf("after an hour: %v", err)
		}
	})
}

func TestCutTextIsNotWrittenBack(t *testing.T) {
	t.Parallel()
	s := &dispatchtest.SlowTools{}
	call := replica(s, t, dispatch.Limits{})
	for _, text := range []string{
		"the beginning…⟦cut 300 more characters; path /result/0/body⟧", "… [cut",
		"the beginning... [truncated — use `get` action with the record id to retrieve the full value]",
	} {
		_, err := call("update_slowly", string(append(rawjson.AppendMember([]byte("{"), "name", rawjson.Of(text)), '}')))
		if whole := text == "… [cut"; (err == nil) != whole {
			t.Errorf("%q: %v", text, err)
		}
	}
	if s.Sent.Load() != 1 {
		t.Errorf("%d were sent", s.Sent.Load())
	}
}
