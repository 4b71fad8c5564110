package journal_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/tools/dispatch"
	"airbyte-agent-mcp/tools/dispatch/dispatchtest"
	"airbyte-agent-mcp/tools/journal"
	"airbyte-agent-mcp/tools/plan"
)

func steps(list []string) (said []string) {
	for _, line := range list {
		said = append(said, rawjson.Text(rawjson.Member([]byte(line), "step")))
	}
	return said
}

func verified(t *testing.T, file string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if n, err := journal.Verify(f); err != nil || n != len(dispatchtest.Lines(t, file)) {
		t.Errorf("%d lines, %v", n, err)
	}
}

func TestJournalTellsTheStoryOfAWrite(t *testing.T) {
	t.Parallel()
	w, file := dispatchtest.Journaled(t, plan.Confirm)
	p := w.Ask(t, "execute_operation", dispatchtest.Creating)
	w.Decide(t, p, true)
	if _, err := w.Call(t, "execute_operation", []byte(dispatchtest.Creating)); err != nil {
		t.Fatal(err)
	}
	w.Decide(t, w.Ask(t, "execute_operation", dispatchtest.Creating), false)
	w.Runner.Close()
	list := dispatchtest.Lines(t, file)
	if got := strings.Join(steps(list), " "); got != "begun planned approved sent outcome planned refused" {
		t.Fatalf("steps %s", got)
	}
	verified(t, file)
	sent, outcome := []byte(list[3]), []byte(list[4])
	if !slices.Equal([]string{rawjson.Text(rawjson.Member(sent, "tool")), rawjson.Text(rawjson.Member(sent, "connector")), rawjson.Text(rawjson.Member(sent, "entity")), rawjson.Text(rawjson.Member(sent, "action")), rawjson.Text(rawjson.Member(sent, "decision")), rawjson.Text(rawjson.Member(sent, "by"))},
		[]string{"execute_operation", dispatchtest.LinearID, "issues", "create", "yes", "test"}) {
		t.Errorf("sent: %s", sent)
	}
	if rawjson.Text(rawjson.Member(outcome, "outcome")) != "ok" || rawjson.Text(rawjson.Member(outcome, "request_id")) != "req-1" || rawjson.Text(rawjson.Member(outcome, "plan")) != rawjson.Text(rawjson.Member([]byte(list[1]), "plan")) {
		t.Errorf("outcome: %s", outcome)
	}
	if string(rawjson.Field(sent, "shape.params")) != `{"teamId":"string","title":"string"}` {
		t.Errorf("shape: %s", rawjson.Member(sent, "shape"))
	}
	// Who knows a value can check it.
	salt, err := hex.DecodeString(rawjson.Text(rawjson.Member([]byte(list[0]), "salt")))
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, salt)
	mac.Write([]byte("Export fails"))
	if got := rawjson.Text(rawjson.Member(rawjson.Member(sent, "hashes"), "params.title")); got != hex.EncodeToString(mac.Sum(nil)) {
		t.Errorf("hash of the title: %s", got)
	}
	whole := strings.Join(list, "")
	for _, secret := range []string{"Export fails", dispatchtest.TeamID, p.Code, p.Sealed} {
		if strings.Contains(whole, secret) {
			t.Errorf("the journal holds %q", secret)
		}
	}
}

func TestJournalHoldsNoSecret(t *testing.T) {
	t.Parallel()
	w, file := dispatchtest.Journaled(t, plan.Allow)
	for tool, arguments := range map[string]string{
		"create_connector":  `{"connector_type": "Linear", "name": "n", "credentials": {"api_key": "canary-1", "nested": {"deep": ["canary-2", 4242421]}}}`,
		"set_oauth_config":  `{"connector_type": "GitHub", "configuration": {"client_id": "canary-3", "client_secret": "canary-4"}}`,
		"execute_operation": `{"connector_id": "linear", "entity": "issues", "action": "create", "params": {"teamId": "` + dispatchtest.TeamID + `", "title": "https://u:canary@example.com"}}`,
	} {
		_, _ = w.Call(t, tool, []byte(arguments)) // what the service refuses is journaled too
	}
	if n := len(dispatchtest.Lines(t, file)); n != 7 {
		t.Errorf("%d lines", n)
	}
	whole := strings.Join(dispatchtest.Lines(t, file), "")
	if strings.Contains(whole, "canary") || strings.Contains(whole, "424242") || strings.Contains(whole, sandbox.ClientSecret) {
		t.Errorf("a secret stands in\n%s", whole)
	}
	for _, path := range []string{`"credentials.api_key"`, `"credentials.nested.deep.0"`, `"configuration.client_secret"`, `"params.title"`} {
		if strings.Contains(whole, path) {
			t.Errorf("the secret at %s is hashed: it could be guessed", path)
		}
	}
}

func TestJournalFindsWhatWasDoneToIt(t *testing.T) {
	t.Parallel()
	w, file := dispatchtest.Journaled(t, plan.Allow)
	for range 3 {
		if _, err := w.Call(t, "execute_operation", []byte(dispatchtest.Creating)); err != nil {
			t.Fatal(err)
		}
	}
	list := dispatchtest.Lines(t, file)
	if len(list) != 7 {
		t.Fatalf("%d lines", len(list))
	}
	changed := func(change func([]string) []string) string { return strings.Join(change(slices.Clone(list)), "") }
	for name, row := range map[string]struct{ text, want string }{
		"altered":       {changed(func(l []string) []string { l[3] = strings.Replace(l[3], "create", "delete", 1); return l }), "line 4: it was altered"},
		"last altered":  {changed(func(l []string) []string { l[6] = strings.Replace(l[6], `"ok"`, `"no"`, 1); return l }), "line 7: it was altered"},
		"missing":       {changed(func(l []string) []string { return slices.Delete(l, 3, 4) }), "line 4: it was written as line 5"},
		"first missing": {changed(func(l []string) []string { return l[1:] }), "line 1: it is not the one that begins"},
		"out of order":  {changed(func(l []string) []string { l[2], l[3] = l[3], l[2]; return l }), "line 3: it was written as line 4"},
		"twice":         {changed(func(l []string) []string { return slices.Insert(l, 3, l[2]) }), "line 4: it was written as line 3"},
		"cut off":       {changed(func(l []string) []string { l[6] = l[6][:40]; return l }), "line 7: it is not whole"},
		"no line end":   {strings.TrimSuffix(changed(slices.Clip[[]string]), "\n"), "line 7: it is not whole"},
		"empty line":    {changed(func(l []string) []string { return slices.Insert(l, 2, "\n") }), "line 3: it is not whole"},
		"nothing":       {"", "line 1: there is none"},
		"other text":    {"hello\n", "line 1: it is not whole"},
		"forged line": {changed(func(l []string) []string {
			body := strings.Replace(l[3][:strings.LastIndex(l[3], journal.SumMember)], "create", "delete", 1)
			l[3] = body + journal.SumMember + journal.LineSum([]byte(body)) + "\"}\n"
			return l
		}), "line 5: the line before is not the one"},
	} {
		if _, err := journal.Verify(strings.NewReader(row.text)); err == nil || !strings.HasPrefix(err.Error(), row.want) {
			t.Errorf("%s: %v, want %s", name, err, row.want)
		}
	}
}

func TestJournalGoesOn(t *testing.T) {
	t.Parallel()
	w, file := dispatchtest.Journaled(t, plan.Allow)
	if _, err := w.Call(t, "execute_operation", []byte(dispatchtest.Creating)); err != nil {
		t.Fatal(err)
	}
	w.Runner.Close()
	again := dispatchtest.New(t, sandbox.Options{}, dispatch.WithWrites(plan.Policy{Audit: file}))
	if _, err := again.Call(t, "execute_operation", []byte(dispatchtest.Creating)); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(steps(dispatchtest.Lines(t, file)), " "); got != "begun sent outcome sent outcome" {
		t.Errorf("steps %s", got)
	}
	verified(t, file)
	for name, spoil := range map[string]func(string) string{
		"cut":     func(s string) string { return s[:len(s)-10] },
		"altered": func(s string) string { return strings.Replace(s, `"outcome":"ok"`, `"outcome":"no"`, -1) },
		"foreign": func(string) string { return "notes of mine\n" },
		"newline": func(string) string { return "\n" },
	} {
		spoiled := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(spoiled, []byte(spoil(strings.Join(dispatchtest.Lines(t, file), ""))), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := dispatch.NewRunner(nil, dispatch.Limits{}, dispatch.WithWrites(plan.Policy{Audit: spoiled})); err == nil || !strings.HasPrefix(err.Error(), "--audit: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := dispatch.NewRunner(nil, dispatch.Limits{}, dispatch.WithWrites(plan.Policy{Audit: t.TempDir()})); err == nil {
		t.Error("a folder was taken for a journal")
	}
}

func TestJournalThatCannotBeWrittenStopsWritesNotReads(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(t *testing.T, w dispatchtest.World, file string){
		"another process writes to it": func(t *testing.T, _ dispatchtest.World, file string) {
			f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			_, _ = f.WriteString("{}\n")
		},
		"it was cut": func(t *testing.T, _ dispatchtest.World, file string) {
			if err := os.Truncate(file, 10); err != nil {
				t.Fatal(err)
			}
		},
		"it was removed": func(t *testing.T, _ dispatchtest.World, file string) {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		},
		"it was closed": func(_ *testing.T, w dispatchtest.World, _ string) { _ = w.Runner.Journal().CloseFile() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, file := dispatchtest.Journaled(t, plan.Allow)
			spoil(t, w, file)
			for range 2 {
				_, err := w.Call(t, "execute_operation", []byte(dispatchtest.Creating))
				if err == nil || !strings.Contains(err.Error(), "--audit") || len(w.Wrote()) > 0 {
					t.Errorf("%v after %q", err, w.Wrote())
				}
			}
			if _, err := w.Call(t, "list_connectors", []byte(`{}`)); err != nil {
				t.Errorf("reading: %v", err)
			}
		})
	}
	w, file := dispatchtest.Journaled(t, plan.Confirm)
	p := w.Ask(t, "execute_operation", dispatchtest.Creating)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := w.Runner.Approver().Decide(p.Sealed, w.Api.Identity(), true, "test"); err == nil {
		t.Error("a yes was taken that the journal does not hold")
	}
}

func TestAnswerWaitsForTheJournal(t *testing.T) {
	t.Parallel()
	w, file := dispatchtest.Journaled(t, plan.Allow)
	w.Sandbox.Inject(sandbox.Fault{Kind: sandbox.Slow, Path: "/execute", Delay: 300 * time.Millisecond})
	answered := make(chan error, 1)
	go func() {
		_, err := w.Runner.Call(context.Background(), w.Api.Client, "execute_operation", json.RawMessage(dispatchtest.Creating))
		answered <- err
	}()
	for len(w.Wrote()) == 0 { // until it is sent
		select {
		case err := <-answered:
			t.Fatal(err)
		default:
		}
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err == nil || !strings.Contains(err.Error(), "Do not repeat the call") || strings.Contains(err.Error(), "Nothing was sent") {
		t.Errorf("%v", err)
	}
}

func TestFailedWriteIsJournaledWithWhatIsKnown(t *testing.T) {
	t.Parallel()
	w, file := dispatchtest.Journaled(t, plan.Allow)
	w.Sandbox.Inject(sandbox.Fault{Kind: sandbox.Cut, Path: "/execute"})
	if _, err := w.Call(t, "execute_operation", []byte(dispatchtest.Creating)); err == nil {
		t.Fatal("it did not fail")
	}
	list := dispatchtest.Lines(t, file)
	last := []byte(list[len(list)-1])
	if rawjson.Text(rawjson.Member(last, "outcome")) != string(airbyteclient.KindNetwork) || string(rawjson.Member(last, "may_have_run")) != "true" || len(w.Wrote()) != 1 {
		t.Errorf("%s after %q", last, w.Wrote())
	}
}

func TestJournalOnStderrIsAChainToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		s := &dispatchtest.SlowTools{Takes: time.Second}
		r, err := dispatch.NewRunner(s.List(), dispatch.Limits{}, dispatch.WithWrites(plan.Policy{Audit: "stderr", Stderr: &out}))
		if err != nil {
			t.Fatal(err)
		}
		client, err := airbyteclient.New(airbyteclient.Config{})
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			go func() { _, _ = r.Call(t.Context(), client, "update_slowly", json.RawMessage(`{}`)) }()
		}
		synctest.Wait()
		go func() {
			defer func() { _ = recover() }()
			_, _ = r.Call(t.Context(), client, "update_slowly", json.RawMessage(`{"name":"panic"}`))
		}()
		time.Sleep(10 * time.Second)
		r.Close()
		if n, err := journal.Verify(&out); err != nil || n != 13 {
			t.Errorf("%d lines, %v", n, err)
		}
	})
}

func TestStoppedServerWritesDownWhatWasUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		s := &dispatchtest.SlowTools{Takes: time.Minute}
		r, err := dispatch.NewRunner(s.List(), dispatch.Limits{}, dispatch.WithWrites(plan.Policy{Audit: "stderr", Stderr: &out}))
		if err != nil {
			t.Fatal(err)
		}
		client, _ := airbyteclient.New(airbyteclient.Config{})
		if _, err := r.Call(t.Context(), client, "update_slowly", json.RawMessage(`{}`)); err != nil {
			t.Fatal(err)
		}
		r.Close()
		if !strings.Contains(out.String(), `"outcome":"internal","may_have_run":true`) {
			t.Errorf("%s", out.String())
		}
	})
}
