package tools

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/airbyteclient/sandbox"
)

func updating(id, title string) string {
	return `{"connector_id": "` + linearID + `", "entity": "issues", "action": "update", "params": {"id": "` + id + `", "title": "` + title + `"}}`
}

func TestNothingIsWrittenWithoutAYes(t *testing.T) {
	t.Parallel()
	w := confirming(t)
	for name, tool := range w.runner.Tools() {
		if tool.Effect == Read || name == "execute_operation" {
			continue
		}
		arguments := map[string]string{
			"create_connector":     `{"definition_id": "1c5d8316-ed42-4473-8fbc-2626f03f070c", "name": "x", "credentials": {"api_key": "lin_api_canary"}}`,
			"update_connector":     `{"connector_id": "slack", "name": "y"}`,
			"delete_connector":     `{"connector_id": "slack"}`,
			"create_scoped_token":  `{}`,
			"create_widget_token":  `{"allowed_origin": "https://app.example.com"}`,
			"set_oauth_config":     `{"connector_type": "GitHub", "configuration": {"client_id": "a", "client_secret": "canary"}}`,
			"delete_oauth_config":  `{"connector_type": "GitHub"}`,
			"create_conn_template": `{"destination_name": "warehouse"}`,
			"create_template":      `{"actor_definition_id": "1c5d8316-ed42-4473-8fbc-2626f03f070c"}`,
			"update_workspace":     `{"workspace_id": "none"}`,
			"delete_workspace":     `{"workspace_id": "none"}`,
		}[name]
		if arguments == "" {
			arguments = `{"template_id": "none"}`
		}
		p := w.ask(t, name, arguments)
		shown := string(encoded(p))
		if p.Summary == "" || len(p.Sends) == 0 || p.Affected < 1 || strings.Contains(shown, "canary") || strings.Contains(shown, p.Code) || strings.Contains(shown, p.Sealed) {
			t.Errorf("%s: %s", name, shown)
		}
		words := tool.Explain(&ConfirmNeeded{p})
		if strings.Contains(words, p.Code) || strings.Contains(words, p.Sealed) || !strings.Contains(words, "very same arguments") || !strings.Contains(words, "Nothing was sent") {
			t.Errorf("%s: %s", name, words)
		}
	}
	w.ask(t, "execute_operation", creating)
	w.ask(t, "execute_operation", `{"connector_id": "linear", "entity": "issues", "action": "no_such_verb"}`)
	if wrote := w.wrote(); len(wrote) > 0 {
		t.Errorf("sent without a yes: %q", wrote)
	}
}

func TestYesIsForOneCall(t *testing.T) {
	t.Parallel()
	w := confirming(t)
	p := w.ask(t, "execute_operation", creating)
	if again := w.ask(t, "execute_operation", creating); again.Code != p.Code {
		t.Error("a plan that waits is made twice")
	}
	w.decide(t, p, true)
	if err := w.runner.Approver().Decide(p.Sealed, w.api.Identity(), true, "test"); !errors.Is(err, errAnswered) {
		t.Errorf("a second yes: %v", err)
	}
	other := strings.Replace(creating, "Export fails", "Export works", 1)
	if q := w.ask(t, "execute_operation", other); q.Code == p.Code {
		t.Error("changed arguments have the same plan")
	}
	if len(w.wrote()) > 0 {
		t.Fatalf("sent: %q", w.wrote())
	}
	// The ID names the same connector as its name does.
	if _, err := w.call(t, "execute_operation", []byte(strings.Replace(creating, `"linear"`, `"`+linearID+`"`, 1))); err != nil {
		t.Fatal(err)
	}
	if n := len(w.wrote()); n != 1 {
		t.Fatalf("%d were sent", n)
	}
	next := w.ask(t, "execute_operation", creating)
	if err := w.runner.Approver().Decide(p.Sealed, w.api.Identity(), true, "test"); !errors.Is(err, errAnswered) {
		t.Errorf("replayed after use: %v", err)
	}
	if next.Code == p.Code || len(w.wrote()) != 1 {
		t.Errorf("a used yes was good for more: %q", w.wrote())
	}
}

func TestNoIsToldOnce(t *testing.T) {
	t.Parallel()
	w := confirming(t)
	p := w.ask(t, "execute_operation", creating)
	w.decide(t, p, true)
	w.decide(t, p, false) // taken back before it was used
	_, err := w.call(t, "execute_operation", []byte(creating))
	if err == nil || !strings.Contains(err.Error(), "said no") || Kind(err) != "refused" {
		t.Errorf("after a no: %v", err)
	}
	if q := w.ask(t, "execute_operation", creating); q.Code == p.Code {
		t.Error("the plan outlives its no")
	}
	if err := w.runner.Approver().Decide(p.Sealed, w.api.Identity(), true, "test"); err == nil {
		t.Error("a no became a yes")
	}
	if len(w.wrote()) > 0 {
		t.Errorf("sent: %q", w.wrote())
	}
}

func TestPlanIsOneCallersAndOneServers(t *testing.T) {
	t.Parallel()
	w := confirming(t)
	p := w.ask(t, "execute_operation", creating)
	if err := w.runner.Approver().Decide(p.Sealed, "another", true, "test"); !errors.Is(err, errForged) {
		t.Errorf("another caller: %v", err)
	}
	theirs, err := airbyteclient.New(airbyteclient.Config{ClientID: "theirs"})
	if err != nil {
		t.Fatal(err)
	}
	w.decide(t, p, true)
	if _, err := w.runner.Call(t.Context(), theirs, "execute_operation", json.RawMessage(strings.Replace(creating, `"linear"`, `"`+linearID+`"`, 1))); err == nil {
		t.Error("another caller used the yes")
	}
	if len(w.wrote()) > 0 {
		t.Errorf("sent: %q", w.wrote())
	}
	// Another process with the same keys cannot know whether it was used.
	q := w.ask(t, "delete_connector", `{"connector_id": "slack"}`)
	other, err := OpenLedger("", w.runner.Seal())
	if err != nil {
		t.Fatal(err)
	}
	if err := NewApprover(Writes{}, w.runner.Seal(), other, nil, func() time.Time { return storyTime }).Decide(q.Sealed, w.api.Identity(), true, "test"); !errors.Is(err, errForged) {
		t.Errorf("after a restart: %v", err)
	}
}

func TestCodeDecidesInThisProcess(t *testing.T) {
	t.Parallel()
	w := confirming(t)
	p := w.ask(t, "execute_operation", creating)
	if got, err := w.runner.Approver().PlanOf(strings.ToLower(p.Code)); err != nil || got.Summary != p.Summary {
		t.Fatalf("the plan of %s: %v", p.Code, err)
	}
	if _, err := w.runner.Approver().DecideCode("AAAA-AAAA-AAAA-AAAA", true, "terminal"); err == nil {
		t.Error("a made-up code was taken")
	}
	if got, err := w.runner.Approver().DecideCode(p.Code, true, "terminal"); err != nil || got.Code != p.Code {
		t.Fatalf("%v", err)
	}
	if _, err := w.runner.Approver().PlanOf(p.Code); err == nil {
		t.Error("an answered plan still waits")
	}
	if _, err := w.runner.Approver().DecideCode(p.Code, true, "terminal"); err == nil {
		t.Error("a code was used twice")
	}
	if _, err := w.call(t, "execute_operation", []byte(creating)); err != nil || len(w.wrote()) != 1 {
		t.Errorf("%v after %q", err, w.wrote())
	}
}

func TestPlanOfAnUpdateShowsWhatChanges(t *testing.T) {
	t.Parallel()
	w := confirming(t)
	id := w.anIssue(t)
	p := w.ask(t, "execute_operation", updating(id, "Renamed\u202e by hand"))
	if len(p.Changes) != 1 || p.Changes[0].Path != "title" || p.Changes[0].Before == "" || p.Changes[0].After != "Renamed  by hand" {
		t.Errorf("changes: %+v", p.Changes)
	}
	if text(member(p.Target, "id")) != id || p.Service != "Linear" || p.Workspace != "default" || p.Account != "organization "+sandbox.OrganizationID || p.Affected != 1 {
		t.Errorf("%s", encoded(p))
	}
	want := `execute_operation {"connector_id":"` + linearID + `","entity":"issues","action":"update","params":{"id":"` + id + `","title":"` + p.Changes[0].Before + `"}}`
	if p.Undo != want {
		t.Errorf("undo %s\nwant %s", p.Undo, want)
	}
	if !strings.HasPrefix(p.Summary, `Changes title of one record ("`) {
		t.Errorf("summary %s", p.Summary)
	}
}

func TestChangedRecordIsShownAgain(t *testing.T) {
	t.Parallel()
	w := confirming(t)
	id := w.anIssue(t)
	p := w.ask(t, "execute_operation", updating(id, "Mine"))
	w.decide(t, p, true)
	theirs := json.RawMessage(`{"id": "` + id + `", "title": "Theirs"}`)
	if _, err := w.api.Execute(t.Context(), linearID, airbyteclient.ExecuteRequest{Entity: "issues", Action: "update", Params: theirs}); err != nil {
		t.Fatal(err)
	}
	q := w.ask(t, "execute_operation", updating(id, "Mine"))
	if q.Changes[0].Before != "Theirs" || !strings.Contains(strings.Join(q.Notes, " "), "no longer as it was") || len(w.wrote()) != 1 {
		t.Errorf("%s after %q", encoded(q), w.wrote())
	}
	w.decide(t, q, true)
	if _, err := w.call(t, "execute_operation", []byte(updating(id, "Mine"))); err != nil || len(w.wrote()) != 2 {
		t.Errorf("%v after %q", err, w.wrote())
	}
}

func TestPlanShowsWhatItCanWithoutTheRecord(t *testing.T) {
	t.Parallel()
	w := confirming(t)
	p := w.ask(t, "execute_operation", `{"connector_id": "github", "entity": "issues", "action": "update", "params": {"owner": "lanternworks", "repo": "x", "title": "z"}}`)
	if len(p.Changes) != 1 || p.Changes[0] != (Change{"title", "", "z"}) || p.Target != nil || p.Undo != "" || !strings.Contains(strings.Join(p.Notes, " "), "getting it takes number") {
		t.Errorf("%s", encoded(p))
	}
}

func TestSignedURLsAreNoChange(t *testing.T) {
	t.Parallel()
	first, later := `{"file":"https://f.example/a?sig=1","site":"https:\/\/s.example?x=1"}`, `{"file":"https://f.example/a?sig=2","site":"https:\/\/s.example?x=2"}`
	if a, b := lasting([]byte(first), nil), lasting([]byte(later), nil); string(a) != string(b) {
		t.Errorf("%s is not %s", a, b)
	}
	if a, b := lasting([]byte(first), []byte(`{"site":"n"}`)), lasting([]byte(later), []byte(`{"site":"n"}`)); string(a) == string(b) {
		t.Error("a field that is written may have changed")
	}
}

func TestSecretsOfRecordsAreNotInAPlan(t *testing.T) {
	t.Parallel()
	w := &aboutWrite{Tool: "execute_operation", Action: "update", Entity: "hooks", known: &knowledge{}, review: Operation()}
	call := Call{Tool: "execute_operation", Arguments: json.RawMessage(`{"params":{"id":1,"secret":"canary-new","credentials":{"deep":"canary-new"},"url":"https://u:canary-new@h.example","note":"n\u202e"}}`)}
	found := target{record: json.RawMessage(`{"secret":"canary-old","credentials":{"deep":"canary-old"},"url":"https://u:canary-old@h.example","note":"old\u202e"}`), named: []string{"id"}}
	target, _ := forPerson(found.record)
	sends, blanked := forPerson(call.Arguments)
	changes := w.changes(call, found)
	undo := w.undo(call, found)
	all := string(target) + string(sends) + string(encoded(changes)) + undo
	if strings.Contains(all, "canary") || strings.Contains(all, "\u202e") || !blanked || len(changes) != 4 {
		t.Errorf("%s", all)
	}
	if !strings.Contains(undo, `"note":"old\u202e"`) || !strings.Contains(undo, "left out") {
		t.Errorf("undo %s", undo)
	}
}

func TestPlanIsBounded(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{
		"long text":  `{"a":"` + strings.Repeat("x", 100_000) + `"}`,
		"long list":  `{"a":[` + strings.Repeat(`"some text",`, 20_000) + `1]}`,
		"deep":       strings.Repeat(`{"a":`, 500) + "1" + strings.Repeat("}", 500),
		"enormous":   `{"a":"` + strings.Repeat("x", 2_000_000) + `"}`,
		"long names": `{"` + strings.Repeat("n", 100_000) + `":1}`,
		"big number": `{"a":` + strings.Repeat("1", 50_000) + `}`,
		"not JSON":   `{`,
	} {
		got, _ := forPerson(json.RawMessage(raw))
		if len(got) > maxPlanPart || !json.Valid(got) {
			t.Errorf("%s: %d bytes, valid %v", name, len(got), json.Valid(got))
		}
	}
}

func TestPlanOfADeletionShowsTheDoomed(t *testing.T) {
	t.Parallel()
	w := confirming(t)
	got, err := w.call(t, "execute_operation", []byte(`{"connector_id": "stripe", "entity": "customers", "action": "list", "params": {"limit": 1}}`))
	if err != nil {
		t.Fatal(err)
	}
	customer := field(got, "result.0")
	if customer == nil {
		customer = field(got, "result.data.0")
	}
	p := w.ask(t, "execute_operation", `{"connector_id": "stripe", "entity": "customers", "action": "delete", "params": {"id": "`+text(member(customer, "id"))+`"}}`)
	if text(member(p.Target, "name")) != text(member(customer, "name")) || !strings.Contains(p.Summary, text(member(customer, "name"))) {
		t.Errorf("%s", encoded(p))
	}
	if !strings.HasPrefix(p.Undo, "Cannot be undone; a record like it can be created") || !strings.Contains(p.Undo, text(member(customer, "email"))) {
		t.Errorf("undo %s", p.Undo)
	}
	p = w.ask(t, "delete_connector", `{"connector_id": "slack"}`)
	if p.Service != "Slack" || text(member(p.Target, "connector_id")) != p.ConnectorID || !strings.HasPrefix(p.Undo, "Cannot be undone") {
		t.Errorf("%s", encoded(p))
	}
	workspaces, err := w.api.ListWorkspaces(t.Context(), airbyteclient.ListWorkspacesOptions{NameContains: "default"})
	if err != nil {
		t.Fatal(err)
	}
	p = w.ask(t, "delete_workspace", `{"workspace_id": "`+workspaces.Data[0].ID+`"}`)
	if p.Workspace != "default" || p.Affected != 1+len(w.connectorsOf(t)) || text(member(p.Target, "name")) != "default" {
		t.Errorf("%s", encoded(p))
	}
	if len(w.wrote()) > 0 {
		t.Errorf("sent: %q", w.wrote())
	}
}

func TestPlanOfACreationTellsHowToUndo(t *testing.T) {
	t.Parallel()
	w := confirming(t)
	p := w.ask(t, "execute_operation", `{"connector_id": "stripe", "entity": "customers", "action": "create", "params": {"name": "New", "email": "new@example.com"}}`)
	if !strings.Contains(p.Undo, `"action":"delete"`) || p.Target != nil || !strings.HasPrefix(p.Summary, "Creates one record of \"customers\" in connector ") {
		t.Errorf("%s", encoded(p))
	}
	p = w.ask(t, "create_connector", `{"connector_type": "Linear", "name": "x [Disposable]", "credentials": {"api_key": "lin_api_canary"}}`)
	if !strings.HasPrefix(p.Undo, "delete_connector") || !strings.Contains(strings.Join(p.Notes, " "), "without asking") || !strings.Contains(string(p.Sends), redacted) {
		t.Errorf("%s", encoded(p))
	}
}

func TestFailingFetchDoesNotKeepFromDeciding(t *testing.T) {
	t.Parallel()
	w := confirming(t)
	id := w.anIssue(t)
	w.ask(t, "execute_operation", updating(id, "a")) // what it learns is remembered
	w.sandbox.Inject(sandbox.Fault{Kind: sandbox.ServerError, Path: "/execute"})
	p := w.ask(t, "execute_operation", updating(id, "b"))
	if p.Target != nil || !strings.Contains(strings.Join(p.Notes, " "), "could not be fetched") || len(p.Changes) != 1 {
		t.Errorf("%s", encoded(p))
	}
}

func TestDeniedWritesNameWhatDeniesThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{}, WithWrites(Writes{Writes: deny}))
	_, err := w.call(t, "execute_operation", []byte(creating))
	if err == nil || !strings.Contains(err.Error(), "--writes=deny") || len(w.sandbox.Requests()) > 0 {
		t.Errorf("%v after %d requests", err, len(w.sandbox.Requests()))
	}
	if _, err := w.call(t, "list_connectors", []byte(`{}`)); err != nil {
		t.Errorf("reading: %v", err)
	}
	w = newWorld(t, sandbox.Options{}, WithWrites(Writes{Writes: allow, Rules: []WriteRule{{Connector: "linear", Action: "create", Decide: deny}}}))
	_, err = w.call(t, "execute_operation", []byte(creating))
	if err == nil || !strings.Contains(err.Error(), "mcp.writes[0]") || len(w.wrote()) > 0 {
		t.Errorf("%v after %q", err, w.wrote())
	}
	// What connects another one is a creation too.
	if _, err = w.call(t, "create_connector", []byte(`{"definition_id": "1c5d8316-ed42-4473-8fbc-2626f03f070c", "name": "x", "credentials": {"api_key": "lin_api_x"}}`)); err == nil || len(w.wrote()) > 0 {
		t.Errorf("%v after %q", err, w.wrote())
	}
}

func TestDisposableConnectorIsDeletedWithoutAsking(t *testing.T) {
	t.Parallel()
	w := confirming(t)
	rename := `{"connector_id": "slack", "name": "Slack [disposable]"}`
	w.decide(t, w.ask(t, "update_connector", rename), true)
	if _, err := w.call(t, "update_connector", []byte(rename)); err != nil {
		t.Fatal(err)
	}
	w.ask(t, "execute_operation", `{"connector_id": "slack", "entity": "channels", "action": "create", "params": {"name": "x"}}`)
	if _, err := w.call(t, "delete_connector", []byte(`{"connector_id": "slack [disposable]"}`)); err != nil {
		t.Fatal(err)
	}
	if n := len(w.wrote()); n != 2 {
		t.Errorf("%q", w.wrote())
	}
}

func TestPlanAndYesExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slowTools{takes: time.Second}
		r, client := slowly(t, s)
		ask := func() Plan {
			t.Helper()
			_, err := r.Call(t.Context(), client, "update_slowly", json.RawMessage(`{"name":"a"}`))
			waits, ok := errors.AsType[*ConfirmNeeded](err)
			if !ok {
				t.Fatalf("%v, want a plan", err)
			}
			return waits.Plan
		}
		p := ask()
		time.Sleep(planLife)
		if err := r.Approver().Decide(p.Sealed, client.Identity(), true, "test"); !errors.Is(err, errExpired) {
			t.Errorf("an old plan: %v", err)
		}
		if _, err := r.Approver().PlanOf(p.Code); err == nil {
			t.Error("an old plan still waits")
		}
		q := ask()
		if q.Code == p.Code {
			t.Fatal("an old plan is shown again")
		}
		if err := r.Approver().Decide(q.Sealed, client.Identity(), true, "test"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(yesLife)
		ask()
		if s.sent.Load() > 0 {
			t.Error("an old yes was good")
		}
	})
}

func TestRunningWriteNeedsNoSecondYes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slowTools{takes: 2 * time.Minute}
		r, client := slowly(t, s)
		call := func() (Answer, error) {
			return r.Call(t.Context(), client, "update_slowly", json.RawMessage(`{"name":"a"}`))
		}
		_, err := call()
		waits, ok := errors.AsType[*ConfirmNeeded](err)
		if !ok {
			t.Fatal(err)
		}
		if _, err := r.Approver().DecideCode(waits.Plan.Code, true, "test"); err != nil {
			t.Fatal(err)
		}
		if got, err := call(); err != nil || string(member(got.JSON, "pending")) != "true" {
			t.Fatalf("%s, %v", got.JSON, err)
		}
		if got, err := call(); err != nil || string(member(got.JSON, "pending")) != "true" {
			t.Fatalf("%s, %v", got.JSON, err)
		}
		if got, err := call(); err != nil || string(got.JSON) != `{"result":"done a"}` || s.sent.Load() != 1 {
			t.Errorf("%s, %v after %d were sent", got.JSON, err, s.sent.Load())
		}
		if _, err := call(); Kind(err) != "confirm_needed" || s.sent.Load() != 1 {
			t.Errorf("made anew: %v", err)
		}
	})
}

func TestTwoCallsShareNoYes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slowTools{takes: time.Second}
		r, client := slowly(t, s)
		_, err := r.Call(t.Context(), client, "update_slowly", json.RawMessage(`{}`))
		waits, _ := errors.AsType[*ConfirmNeeded](err)
		if _, err := r.Approver().DecideCode(waits.Plan.Code, true, "test"); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			go func() { _, _ = r.Call(t.Context(), client, "update_slowly", json.RawMessage(`{}`)) }()
		}
		time.Sleep(time.Minute)
		if s.sent.Load() != 1 {
			t.Errorf("%d were sent", s.sent.Load())
		}
	})
}

// FuzzDecide answers plans that were made here, for others, for something else,
// in another time or not at all: one is good for its caller, once, and as it was
// made.
func FuzzDecide(f *testing.F) {
	w := confirming(f)
	ledger, approver := w.runner.Ledger(), w.runner.Approver()
	shown := w.ask(f, "execute_operation", creating)
	var id sealedPlan
	if err := w.runner.Seal().Open(planPurpose(ledger), w.api.Identity(), storyTime, shown.Sealed, &id); err != nil {
		f.Fatal(err)
	}
	const here = "plan @" // where @ stands for the ledger, which differs from process to process
	ours, now := w.api.Identity(), storyTime.Unix()
	f.Add(here, ours, now+900, "nonce", 0, byte(0), "")
	f.Add(here, ours, now+900, id.Nonce, 0, byte(0), "") // another copy of a plan
	f.Add(here, ours, now, "late", 0, byte(0), "")       // expired
	f.Add(here, "theirs", now+900, "theirs", 0, byte(0), "")
	f.Add(here, ours+"\x00", now+900, "longer", 0, byte(0), "")
	f.Add(here+"\x00"+ours, "", now+900, "shifted", 0, byte(0), "")
	for _, purpose := range []string{"plan", "plan another", "continuation", "connect @", "approve @", "done", "form token", ""} {
		f.Add(purpose, ours, now+900, purpose, 0, byte(0), "")
	}
	for _, at := range []int{0, 3, 4, 15, 16, 40, -1} { // of the key's name, the nonce, the text, the tag
		f.Add(here, ours, now+900, "changed", at, byte(1), "")
	}
	f.Add(here, ours, now+900, "padded", 0, byte(0), "A")
	f.Add(here, ours, now+900, "spaced", 0, byte(0), " \n")
	spent := map[string]bool{}
	f.Fuzz(func(t *testing.T, purpose, caller string, until int64, nonce string, at int, flip byte, more string) {
		if !utf8.ValidString(nonce) || until < 0 || until > now+1e6 || len(more) > 64 {
			t.Skip("cannot be sealed so")
		}
		if len(spent) > 2000 { // the time stands still, so that nothing is ever over
			clear(spent)
			var err error
			if ledger, err = OpenLedger("", w.runner.Seal()); err != nil {
				t.Fatal(err)
			}
			approver = NewApprover(Writes{Writes: confirm}, w.runner.Seal(), ledger, nil, func() time.Time { return storyTime })
		}
		purpose = strings.ReplaceAll(purpose, "@", ledger.ID())
		plan := id
		plan.Nonce = nonce
		sealed, err := w.runner.Seal().Close(purpose, caller, time.Unix(until, 0), plan)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := base64.RawURLEncoding.DecodeString(sealed)
		if err != nil {
			t.Fatal(err)
		}
		raw[(at%len(raw)+len(raw))%len(raw)] ^= flip
		sealed = base64.RawURLEncoding.EncodeToString(raw) + more
		good := purpose+"\x00"+caller == planPurpose(ledger)+"\x00"+ours && flip == 0 && strings.TrimSpace(more) == "" &&
			until > now && !spent[nonce] && len(sealed) <= maxSealedPlan
		if err := approver.Decide(sealed, ours, true, "fuzz"); (err == nil) != good {
			t.Errorf("a plan that is good: %v, was taken: %v", good, err)
		}
		spent[nonce] = spent[nonce] || good
		if approver.Decide(sealed, ours, true, "fuzz") == nil {
			t.Error("it was taken twice")
		}
	})
}

// What is sealed for one thing is good for nothing else.
func TestPlanIsNoContinuation(t *testing.T) {
	t.Parallel()
	w := confirming(t)
	p := w.ask(t, "execute_operation", creating)
	if _, err := w.call(t, "read_more", encoded(map[string]string{"continuation": p.Sealed})); err == nil {
		t.Error("a plan was read on")
	}
	if _, err := w.runner.Approver().PlanOf(p.Sealed); err == nil {
		t.Error("a sealed plan is a code")
	}
	if _, err := w.runner.Approver().DecideCode(p.Sealed, true, "test"); err == nil || len(w.wrote()) > 0 {
		t.Errorf("decided by %v, wrote %q", err, w.wrote())
	}
}

// GitHub changes an issue by issue_number and gets it by number.
func TestRecordIsFoundUnderTheOtherNameOfItsID(t *testing.T) {
	t.Parallel()
	w := confirming(t)
	got, err := w.call(t, "execute_operation", []byte(`{"connector_id": "github", "entity": "issues", "action": "list", "params": {"owner": "lanternworks", "repo": "platform", "per_page": 1}}`))
	if err != nil {
		t.Fatal(err)
	}
	issue := field(got, "result.0")
	number, title := string(member(issue, "number")), text(member(issue, "title"))
	for _, given := range []string{number, `"` + number + `"`} {
		p := w.ask(t, "execute_operation", `{"connector_id": "github", "entity": "issues", "action": "update", "params": {"owner": "lanternworks", "repo": "platform", "issue_number": `+given+`, "title": "Renamed"}}`)
		if title == "" || string(member(p.Target, "number")) != number || len(p.Changes) != 1 || p.Changes[0].Before != title {
			t.Errorf("issue_number %s: %s", given, encoded(p))
		}
		if !strings.Contains(p.Undo, `"issue_number":`+given) || !strings.Contains(p.Undo, title) {
			t.Errorf("undo: %s", p.Undo)
		}
	}
}

func TestOtherNameIsTakenOnlyWhereItIsClear(t *testing.T) {
	t.Parallel()
	get := []knownParam{{Name: "owner"}, {Name: "number"}}
	for _, c := range []struct {
		inPath []string
		want   string
	}{
		{[]string{"owner", "issue_number"}, "issue_number"},
		{[]string{"owner"}, ""},
		{[]string{"owner", "issue_number", "comment_number"}, ""},
		{[]string{"owner", "issue_id"}, ""},
		{[]string{"owner", "phonenumber"}, ""},
	} {
		if got := otherName("number", get, c.inPath); got != c.want {
			t.Errorf("%q: got %q", c.inPath, got)
		}
	}
}

// What a service would make of a name that is given twice nobody knows.
func TestNameGivenTwiceIsNotWritten(t *testing.T) {
	t.Parallel()
	w := confirming(t)
	id := w.anIssue(t)
	for _, params := range []string{
		`{"id":"` + id + `","id":"other","title":"a"}`,
		`{"id":"` + id + `","title":"seen","t\u0069tle":"sent?"}`,
		`{"id":"` + id + `","labels":[{"name":"a","name":"b"}]}`,
		`"{\"id\":\"` + id + `\",\"title\":\"a\",\"title\":\"b\"}"`,
	} {
		_, err := w.call(t, "execute_operation", []byte(`{"connector_id":"`+linearID+`","entity":"issues","action":"update","params":`+params+`}`))
		if err == nil || !strings.Contains(err.Error(), "is given twice") {
			t.Errorf("%s: %v", params, err)
		}
	}
	if len(w.wrote()) > 0 {
		t.Errorf("sent: %q", w.wrote())
	}
}

// A person sees all that is sent, however much is around it.
func TestPlanShowsAllThatIsSent(t *testing.T) {
	t.Parallel()
	w := confirming(t)
	id := w.anIssue(t)
	filler := ""
	for i := range 300 {
		filler += fmt.Sprintf(`"a%03d":"%s",`, i, strings.Repeat("x", 40))
	}
	long := strings.Repeat("y", 3000) + " the end"
	p := w.ask(t, "execute_operation", `{"connector_id":"`+linearID+`","entity":"issues","action":"update","params":{"id":"`+id+`",`+filler+`"description":"`+long+`","zz":"last"}}`)
	shown := map[string]string{}
	for _, c := range p.Changes {
		shown[c.Path] = c.After
	}
	if shown["description"] != long || shown["zz"] != "last" || shown["a299"] == "" {
		t.Errorf("%d changes, zz %q, description of %d", len(p.Changes), shown["zz"], len(shown["description"]))
	}
	if string(field(p.Sends, "params.zz")) != `"last"` || text(field(p.Sends, "params.description")) != long {
		t.Error("what is sent is not shown whole")
	}
	if p.Record != `id="`+id+`"` {
		t.Errorf("which record it is: %s", p.Record)
	}
	_, err := w.call(t, "execute_operation", []byte(`{"connector_id":"`+linearID+`","entity":"issues","action":"update","params":{"id":"`+id+`","description":"`+strings.Repeat("z", maxPlanned)+`"}}`))
	if err == nil || !strings.Contains(err.Error(), "cannot look through") || len(w.wrote()) > 0 {
		t.Errorf("too long to look at: %v", err)
	}
}

// A value is not hidden by giving it as a secret, too.
func TestNothingIsHiddenBehindASecret(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "writes")
	w := newWorld(t, sandbox.Options{}, WithWrites(Writes{Writes: confirm, Audit: path}))
	id := w.anIssue(t)
	p := w.ask(t, "execute_operation", `{"connector_id":"`+linearID+`","entity":"issues","action":"update","params":{"id":"`+id+`","title":"what is really sent","password":"what is really sent"}}`)
	if len(p.Changes) != 2 || p.Changes[0].After != "what is really sent" || p.Changes[1].After != redacted {
		t.Errorf("%+v", p.Changes)
	}
	lines, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(lines), `"title":"string"`) || !strings.Contains(string(lines), `"password":"secret"`) || !strings.Contains(string(lines), `"params.title":"`) {
		t.Errorf("%v: %s", err, lines)
	}
}

// A rule goes by what is connected, and a person is told it: not what the
// arguments call it.
func TestServiceIsWhatItIsNotWhatItIsCalled(t *testing.T) {
	t.Parallel()
	w := confirming(t, WriteRule{Connector: "stripe*", Action: "create", Decide: deny})
	const stripe = `"definition_id":"e094cb9a-26de-4645-8761-65c0c425d1de"`
	for _, arguments := range []string{
		`{` + stripe + `,"connector_type":"GitHub","credentials":{"api_key":"k"}}`,
		`{` + stripe + `,"credentials":{"api_key":"k"}}`,
		`{"connector_type":"Stripe","credentials":{"api_key":"k"}}`,
		`{` + stripe + `,"connector_type":"GitHub"}`,
	} {
		if _, err := w.call(t, "create_connector", []byte(arguments)); Kind(err) != "refused" {
			t.Errorf("%s: %v", arguments, err)
		}
	}
	templates, err := w.api.ListSourceTemplates(t.Context(), airbyteclient.ListSourceTemplatesOptions{UseGlobal: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, template := range templates {
		if template.Name == "Stripe" {
			_, err := w.call(t, "create_connector", []byte(`{"source_template_id":"`+template.ID+`","connector_type":"GitHub","credentials":{"api_key":"k"}}`))
			if Kind(err) != "refused" {
				t.Errorf("by its template: %v", err)
			}
		}
	}
	if len(w.wrote()) > 0 {
		t.Errorf("sent: %q", w.wrote())
	}
}

func TestPlanThatIsNearlyOverIsNotShownAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, client := slowly(t, &slowTools{takes: time.Second})
		ask := func() string {
			t.Helper()
			_, err := r.Call(t.Context(), client, "update_slowly", json.RawMessage(`{"name":"a"}`))
			waits, ok := errors.AsType[*ConfirmNeeded](err)
			if !ok {
				t.Fatalf("%v, want a plan", err)
			}
			return waits.Plan.Code
		}
		first := ask()
		time.Sleep(planLife - planReuse - time.Second)
		if ask() != first {
			t.Error("a plan with time left is not shown again")
		}
		time.Sleep(2 * time.Second)
		if ask() == first {
			t.Error("a plan that is nearly over is shown again")
		}
	})
}
