package knowledge_test

import (
	"strings"
	"testing"
	"time"

	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/tools/account/accounttest"
	"airbyte-agent-mcp/tools/dispatch"
	"airbyte-agent-mcp/tools/dispatch/dispatchtest"
)

func TestWhatWasLearnedIsRemembered(t *testing.T) {
	t.Parallel()
	now := accounttest.StoryTime
	w := dispatchtest.New(t, sandbox.Options{}, dispatch.WithClock(func() time.Time { return now }))
	args := []byte(`{"connector_id": "` + w.ConnectorsOf(t)[0].ID + `"}`)
	if _, err := w.Call(t, "describe_connector", args); err != nil {
		t.Fatal(err)
	}
	w.Sandbox.ResetRequests()
	now = now.Add(2 * time.Minute)
	got, err := w.Call(t, "describe_connector", args)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(w.Sandbox.Requests()); n != 0 {
		t.Errorf("the second call made %d requests, want none", n)
	}
	if want := `"learned":"2026-11-02T09:00:00Z (2 min ago)"`; !strings.Contains(string(got), want) {
		t.Errorf("the answer does not say %s: %s", want, got)
	}
}
