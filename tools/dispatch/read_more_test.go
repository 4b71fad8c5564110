package dispatch

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/ledger"
	"airbyte-agent-mcp/tools/toolcall"
)

func TestKeysRotate(t *testing.T) {
	t.Parallel()
	old, fresh := bytes.Repeat([]byte("o"), 32), bytes.Repeat([]byte("f"), 32)
	before, err := ledger.NewSeal(old)
	if err != nil {
		t.Fatal(err)
	}
	during, _ := ledger.NewSeal(fresh, old)
	after, _ := ledger.NewSeal(fresh)
	now := time.Now()
	var got string
	sealed, err := before.Close("p", "c", now.Add(time.Minute), "x")
	if err != nil || during.Open("p", "c", now, sealed, &got) != nil || got != "x" {
		t.Errorf("the old key does not open during rotation: %v", err)
	}
	if !errors.Is(after.Open("p", "c", now, sealed, &got), ledger.ErrForged) {
		t.Error("a dropped key still opens")
	}
	if !errors.Is(during.Open("q", "c", now, sealed, &got), ledger.ErrForged) {
		t.Error("it opens for another purpose")
	}
	if _, err := ledger.NewSeal([]byte("short")); err == nil {
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
	api := &account.Account{Client: client}
	for arguments, carried := range map[string]bool{
		`{"connector_id":"x"}`:                 true,
		`{"credentials":{"api_key":"k-4711"}}`: false,
		`{"token":"k-4711"}`:                   false,
		`{"configuration":{"secret":"k"}}`:     false,
	} {
		call := toolcall.Call{Tool: "check_new_connector", Arguments: json.RawMessage(arguments)}
		sealed := call.ForContinuation(api.Identity())
		if got := sealed.Arguments != nil; got != carried || sealed.Key(api.Identity()) != call.Key(api.Identity()) {
			t.Errorf("%s is carried: %v", arguments, got)
		}
	}
	write := toolcall.Call{Tool: "update_workspace", Arguments: json.RawMessage(`{"name":"n"}`), Writes: true}
	if write.ForContinuation(api.Identity()).Arguments != nil {
		t.Error("a write is carried, though it is never made again")
	}
}
