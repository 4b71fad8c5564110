package tools

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
)

// replica is a process that serves these tools.
func (s *slowTools) replica(t *testing.T, limits Limits) func(tool, arguments string) (Answer, error) {
	t.Helper()
	r, err := NewRunner(s.list(), limits)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	client, err := airbyteclient.New(airbyteclient.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return func(tool, arguments string) (Answer, error) {
		return r.Call(t.Context(), client, tool, json.RawMessage(arguments))
	}
}

// must makes a test end where a call fails.
func must(t *testing.T) func(Answer, error) json.RawMessage {
	return func(a Answer, err error) json.RawMessage {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return a.JSON
	}
}

func TestSlowCallIsAnsweredInTimeAndGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, must := &slowTools{takes: 2 * time.Minute}, must(t)
		call := s.replica(t, Limits{})
		start := time.Now()
		got := must(call("list_slowly", `{"name":"a"}`))
		if took := time.Since(start); took != 50*time.Second || string(member(got, "pending")) != "true" || string(member(got, "retry_after")) == "" {
			t.Fatalf("after %s: %s", took, got)
		}
		got = must(call(readMoreName, more(got)))
		got = must(call(readMoreName, more(got)))
		if string(got) != `{"result":"done a"}` {
			t.Errorf("%s", got)
		}
		if took := time.Since(start); took != 2*time.Minute || s.reads.Load() != 1 {
			t.Errorf("it took %s and ran %d times", took, s.reads.Load())
		}
	})
}

func TestSlowWriteIsSentOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, must := &slowTools{takes: 2 * time.Minute}, must(t)
		call := s.replica(t, Limits{})
		first := must(call("update_slowly", `{"name":"a"}`))
		if !strings.Contains(string(first), "will not be sent again") {
			t.Errorf("%s", first)
		}
		// The same call made anew waits for the first one; another one does not.
		must(call("update_slowly", `{ "name": "a" }`))
		go func() { _, _ = call("update_slowly", `{"name":"b"}`) }()
		synctest.Wait()
		if s.sent.Load() != 2 {
			t.Fatalf("%d were sent, want a and b", s.sent.Load())
		}
		if got := must(call(readMoreName, more(first))); string(got) != `{"result":"done a"}` {
			t.Fatalf("%s", got)
		}
		// Its outcome is known now, so this is a new wish.
		must(call("update_slowly", `{"name":"a"}`))
		if s.sent.Load() != 3 {
			t.Errorf("%d were sent", s.sent.Load())
		}
	})
}

func TestOutcomeWaitsToBeAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, must := &slowTools{takes: time.Minute}, must(t)
		call := s.replica(t, Limits{})
		written, failed := must(call("update_slowly", `{"name":"a"}`)), must(call("update_slowly", `{"name":"panic"}`))
		time.Sleep(5 * time.Minute)
		if got := must(call(readMoreName, more(written))); string(got) != `{"result":"done a"}` || s.sent.Load() != 2 {
			t.Errorf("%s after %d were sent", got, s.sent.Load())
		}
		func() {
			defer func() {
				if p, ok := recover().(*Panic); !ok || p.Value != "out of order" || !strings.Contains(string(p.Stack), "slowTools") {
					t.Errorf("the panic came as %v", p)
				}
			}()
			_, _ = call(readMoreName, more(failed))
		}()
		// Asked for twice or too late, the write is still not sent again.
		if _, err := call(readMoreName, more(written)); err == nil || !strings.Contains(err.Error(), "not sent again") || s.sent.Load() != 2 {
			t.Errorf("%v after %d were sent", err, s.sent.Load())
		}
	})
}

func TestCallerWhoLeavesEndsTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slowTools{takes: time.Minute}
		r, err := NewRunner(s.list(), Limits{})
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
		if string(member(got, "pending")) != "true" || time.Since(start) >= 5*time.Second {
			t.Errorf("%s after %s", got, time.Since(start))
		}
		got = must(t)(r.Call(t.Context(), client, readMoreName, json.RawMessage(more(got))))
		if got = must(t)(r.Call(t.Context(), client, readMoreName, json.RawMessage(more(got)))); string(got) != `{"result":"done a"}` || s.sent.Load() != 2 {
			t.Errorf("%s after %d were sent", got, s.sent.Load())
		}
	})
}

func TestOtherReplicaGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keys := filepath.Join(t.TempDir(), "keys")
		if err := os.WriteFile(keys, []byte("# first\n"+base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), 32))+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		s, must := &slowTools{takes: time.Minute}, must(t)
		one, other := s.replica(t, Limits{SealKeyFile: keys}), s.replica(t, Limits{SealKeyFile: keys})
		got := must(other(readMoreName, more(must(one("list_slowly", `{"name":"a"}`)))))
		if s.reads.Load() != 2 || string(member(got, "pending")) != "true" {
			t.Errorf("read %d times, want again by the replica that lacks it: %s", s.reads.Load(), got)
		}
		_, err := other(readMoreName, more(must(one("update_slowly", `{"name":"a"}`))))
		if err == nil || !strings.Contains(err.Error(), "not sent again") || s.sent.Load() != 1 {
			t.Errorf("%v, sent %d times", err, s.sent.Load())
		}
		if _, err = s.replica(t, Limits{})(readMoreName, more(got)); err == nil || !strings.Contains(err.Error(), "not made here") {
			t.Errorf("with other keys: %v", err)
		}
	})
}

func TestContinuationIsBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, must := &slowTools{takes: time.Minute}, must(t)
		r, err := NewRunner(s.list(), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		mine, _ := airbyteclient.New(airbyteclient.Config{ClientID: "mine"})
		theirs, _ := airbyteclient.New(airbyteclient.Config{ClientID: "theirs"})
		got := must(r.Call(t.Context(), mine, "list_slowly", json.RawMessage(`{}`)))
		sealed := text(member(got, "continuation"))
		for i := range len(sealed) {
			if i%7 > 0 {
				continue
			}
			forged := []byte(sealed)
			forged[i] ^= 1
			if _, err := r.Call(t.Context(), mine, readMoreName, appendMember([]byte("{"), "continuation", append(encoded(string(forged)), '}'))); err == nil {
				t.Fatalf("a continuation changed at %d was taken", i)
			}
		}
		if _, err := r.Call(t.Context(), theirs, readMoreName, json.RawMessage(more(got))); err == nil || !strings.Contains(err.Error(), "this caller") {
			t.Errorf("of another caller: %v", err)
		}
		time.Sleep(continuationLife)
		if _, err := r.Call(t.Context(), mine, readMoreName, json.RawMessage(more(got))); err == nil || !strings.Contains(err.Error(), "expired") {
			t.Errorf("after an hour: %v", err)
		}
	})
}

func TestCutTextIsNotWrittenBack(t *testing.T) {
	t.Parallel()
	s := &slowTools{}
	call := s.replica(t, Limits{})
	for _, text := range []string{
		"the beginning…⟦cut 300 more characters; path /result/0/body⟧", "… [cut",
		"the beginning... [truncated — use `get` action with the record id to retrieve the full value]",
	} {
		_, err := call("update_slowly", string(append(appendMember([]byte("{"), "name", encoded(text)), '}')))
		if whole := text == "… [cut"; (err == nil) != whole {
			t.Errorf("%q: %v", text, err)
		}
	}
	if s.sent.Load() != 1 {
		t.Errorf("%d were sent", s.sent.Load())
	}
}

func TestKeysRotate(t *testing.T) {
	t.Parallel()
	old, fresh := bytes.Repeat([]byte("o"), 32), bytes.Repeat([]byte("f"), 32)
	before, err := NewSeal(old)
	if err != nil {
		t.Fatal(err)
	}
	during, _ := NewSeal(fresh, old)
	after, _ := NewSeal(fresh)
	now := time.Now()
	var got string
	sealed, err := before.Close("p", "c", now.Add(time.Minute), "x")
	if err != nil || during.Open("p", "c", now, sealed, &got) != nil || got != "x" {
		t.Errorf("the old key does not open during rotation: %v", err)
	}
	if !errors.Is(after.Open("p", "c", now, sealed, &got), errForged) {
		t.Error("a dropped key still opens")
	}
	if !errors.Is(during.Open("q", "c", now, sealed, &got), errForged) {
		t.Error("it opens for another purpose")
	}
	if _, err := NewSeal([]byte("short")); err == nil {
		t.Error("a short key is taken")
	}
}

// What was given as a secret is not handed out again, not even sealed.
func TestContinuationCarriesNoSecret(t *testing.T) {
	t.Parallel()
	client, err := airbyteclient.New(airbyteclient.Config{})
	if err != nil {
		t.Fatal(err)
	}
	api := &Account{Client: client}
	for arguments, carried := range map[string]bool{
		`{"connector_id":"x"}`:                 true,
		`{"credentials":{"api_key":"k-4711"}}`: false,
		`{"token":"k-4711"}`:                   false,
		`{"configuration":{"secret":"k"}}`:     false,
	} {
		call := Call{Tool: "check_new_connector", Arguments: json.RawMessage(arguments)}
		sealed := call.forContinuation(api.Identity())
		if got := sealed.Arguments != nil; got != carried || sealed.key(api.Identity()) != call.key(api.Identity()) {
			t.Errorf("%s is carried: %v", arguments, got)
		}
	}
	write := Call{Tool: "update_workspace", Arguments: json.RawMessage(`{"name":"n"}`), Writes: true}
	if write.forContinuation(api.Identity()).Arguments != nil {
		t.Error("a write is carried, though it is never made again")
	}
}
