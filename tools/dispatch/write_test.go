package dispatch_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/tools"
	"airbyte-agent-mcp/tools/account/accounttest"
	"airbyte-agent-mcp/tools/answer"
	"airbyte-agent-mcp/tools/approval"
	"airbyte-agent-mcp/tools/dispatch"
	"airbyte-agent-mcp/tools/dispatch/dispatchtest"
	"airbyte-agent-mcp/tools/ledger"
	"airbyte-agent-mcp/tools/plan"
	"airbyte-agent-mcp/tools/refusal"
	"airbyte-agent-mcp/tools/secrets"
)

func updating(id, title string) string {
	return `{"connector_id": "` + dispatchtest.LinearID + `", "entity": "issues", "action": "update", "params": {"id": "` + id + `", "title": "` + title + `"}}`
}

func TestNothingIsWrittenWithoutAYes(t *testing.T) {
	t.Parallel()
	w := dispatchtest.Confirming(t)
	for name, tool := range w.Runner.Tools() {
		if tool.Effect == tools.Read || name == "execute_operation" {
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
		p := w.Ask(t, name, arguments)
		shown := string(rawjson.Of(p))
		if p.Summary == "" || len(p.Sends) == 0 || p.Affected < 1 || strings.Contains(shown, "canary") || strings.Contains(shown, p.Code) || strings.Contains(shown, p.Sealed) {
			t.Errorf("%s: %s", name, shown)
		}
		words := tool.Explain(&approval.ConfirmNeeded{Plan: p})
		if strings.Contains(words, p.Code) || strings.Contains(words, p.Sealed) || !strings.Contains(words, "very same arguments") || !strings.Contains(words, "Nothing was sent") {
			t.Errorf("%s: %s", name, words)
		}
	}
	w.Ask(t, "execute_operation", dispatchtest.Creating)
	w.Ask(t, "execute_operation", `{"connector_id": "linear", "entity": "issues", "action": "no_such_verb"}`)
	if wrote := w.Wrote(); len(wrote) > 0 {
		t.Errorf("sent without a yes: %q", wrote)
	}
}

func TestNoIsToldOnce(t *testing.T) {
	t.Parallel()
	w := dispatchtest.Confirming(t)
	p := w.Ask(t, "execute_operation", dispatchtest.Creating)
	w.Decide(t, p, true)
	w.Decide(t, p, false) // taken back before it was used
	_, err := w.Call(t, "execute_operation", []byte(dispatchtest.Creating))
	if err == nil || !strings.Contains(err.Error(), "said no") || refusal.KindOf(err) != "refused" {
		t.Errorf("after a no: %v", err)
	}
	if q := w.Ask(t, "execute_operation", dispatchtest.Creating); q.Code == p.Code {
		t.Error("the plan outlives its no")
	}
	if err := w.Runner.Approver().Decide(p.Sealed, w.Api.Identity(), true, "test"); err == nil {
		t.Error("a no became a yes")
	}
	if len(w.Wrote()) > 0 {
		t.Errorf("sent: %q", w.Wrote())
	}
}

func TestPlanIsOneCallersAndOneServers(t *testing.T) {
	t.Parallel()
	w := dispatchtest.Confirming(t)
	p := w.Ask(t, "execute_operation", dispatchtest.Creating)
	if err := w.Runner.Approver().Decide(p.Sealed, "another", true, "test"); !errors.Is(err, ledger.ErrForged) {
		t.Errorf("another caller: %v", err)
	}
	theirs, err := airbyteclient.New(airbyteclient.Config{ClientID: "theirs"})
	if err != nil {
		t.Fatal(err)
	}
	w.Decide(t, p, true)
	if _, err := w.Runner.Call(t.Context(), theirs, "execute_operation", json.RawMessage(strings.Replace(dispatchtest.Creating, `"linear"`, `"`+dispatchtest.LinearID+`"`, 1))); err == nil {
		t.Error("another caller used the yes")
	}
	if len(w.Wrote()) > 0 {
		t.Errorf("sent: %q", w.Wrote())
	}
	// Another process with the same keys cannot know whether it was used.
	q := w.Ask(t, "delete_connector", `{"connector_id": "slack"}`)
	other, err := ledger.OpenLedger("", w.Runner.Seal())
	if err != nil {
		t.Fatal(err)
	}
	if err := approval.NewApprover(plan.Policy{}, w.Runner.Seal(), other, nil, func() time.Time { return accounttest.StoryTime }).Decide(q.Sealed, w.Api.Identity(), true, "test"); !errors.Is(err, ledger.ErrForged) {
		t.Errorf("after a restart: %v", err)
	}
}

func TestCodeDecidesInThisProcess(t *testing.T) {
	t.Parallel()
	w := dispatchtest.Confirming(t)
	p := w.Ask(t, "execute_operation", dispatchtest.Creating)
	if got, err := w.Runner.Approver().PlanOf(strings.ToLower(p.Code)); err != nil || got.Summary != p.Summary {
		t.Fatalf("the plan of %s: %v", p.Code, err)
	}
	if _, err := w.Runner.Approver().DecideCode("AAAA-AAAA-AAAA-AAAA", true, "terminal"); err == nil {
		t.Error("a made-up code was taken")
	}
	if got, err := w.Runner.Approver().DecideCode(p.Code, true, "terminal"); err != nil || got.Code != p.Code {
		t.Fatalf("%v", err)
	}
	if _, err := w.Runner.Approver().PlanOf(p.Code); err == nil {
		t.Error("an answered plan still waits")
	}
	if _, err := w.Runner.Approver().DecideCode(p.Code, true, "terminal"); err == nil {
		t.Error("a code was used twice")
	}
	if _, err := w.Call(t, "execute_operation", []byte(dispatchtest.Creating)); err != nil || len(w.Wrote()) != 1 {
		t.Errorf("%v after %q", err, w.Wrote())
	}
}

func TestPlanOfAnUpdateShowsWhatChanges(t *testing.T) {
	t.Parallel()
	w := dispatchtest.Confirming(t)
	id := w.AnIssue(t)
	p := w.Ask(t, "execute_operation", updating(id, "Renamed\u202e by hand"))
	if len(p.Changes) != 1 || p.Changes[0].Path != "title" || p.Changes[0].Before == "" || p.Changes[0].After != "Renamed  by hand" {
		t.Errorf("changes: %+v", p.Changes)
	}
	if rawjson.Text(rawjson.Member(p.Target, "id")) != id || p.Service != "Linear" || p.Workspace != "default" || p.Account != "organization "+sandbox.OrganizationID || p.Affected != 1 {
		t.Errorf("%s", rawjson.Of(p))
	}
	want := `execute_operation {"connector_id":"` + dispatchtest.LinearID + `","entity":"issues","action":"update","params":{"id":"` + id + `","title":"` + p.Changes[0].Before + `"}}`
	if p.Undo != want {
		t.Errorf("undo %s\nwant %s", p.Undo, want)
	}
	if !strings.HasPrefix(p.Summary, `Changes title of one record ("`) {
		t.Errorf("summary %s", p.Summary)
	}
}

func TestChangedRecordIsShownAgain(t *testing.T) {
	t.Parallel()
	w := dispatchtest.Confirming(t)
	id := w.AnIssue(t)
	p := w.Ask(t, "execute_operation", updating(id, "Mine"))
	w.Decide(t, p, true)
	theirs := json.RawMessage(`{"id": "` + id + `", "title": "Theirs"}`)
	if _, err := w.Api.Execute(t.Context(), dispatchtest.LinearID, airbyteclient.ExecuteRequest{Entity: "issues", Action: "update", Params: theirs}); err != nil {
		t.Fatal(err)
	}
	q := w.Ask(t, "execute_operation", updating(id, "Mine"))
	if q.Changes[0].Before != "Theirs" || !strings.Contains(strings.Join(q.Notes, " "), "no longer as it was") || len(w.Wrote()) != 1 {
		t.Errorf("%s after %q", rawjson.Of(q), w.Wrote())
	}
	w.Decide(t, q, true)
	if _, err := w.Call(t, "execute_operation", []byte(updating(id, "Mine"))); err != nil || len(w.Wrote()) != 2 {
		t.Errorf("%v after %q", err, w.Wrote())
	}
}

func TestPlanShowsWhatItCanWithoutTheRecord(t *testing.T) {
	t.Parallel()
	w := dispatchtest.Confirming(t)
	p := w.Ask(t, "execute_operation", `{"connector_id": "github", "entity": "issues", "action": "update", "params": {"owner": "lanternworks", "repo": "x", "title": "z"}}`)
	if len(p.Changes) != 1 || p.Changes[0] != (plan.Change{Path: "title", Before: "", After: "z"}) || p.Target != nil || p.Undo != "" || !strings.Contains(strings.Join(p.Notes, " "), "getting it takes number") {
		t.Errorf("%s", rawjson.Of(p))
	}
}

func TestPlanOfADeletionShowsTheDoomed(t *testing.T) {
	t.Parallel()
	w := dispatchtest.Confirming(t)
	got, err := w.Call(t, "execute_operation", []byte(`{"connector_id": "stripe", "entity": "customers", "action": "list", "params": {"limit": 1}}`))
	if err != nil {
		t.Fatal(err)
	}
	customer := rawjson.Field(got, "result.0")
	if customer == nil {
		customer = rawjson.Field(got, "result.data.0")
	}
	p := w.Ask(t, "execute_operation", `{"connector_id": "stripe", "entity": "customers", "action": "delete", "params": {"id": "`+rawjson.Text(rawjson.Member(customer, "id"))+`"}}`)
	if rawjson.Text(rawjson.Member(p.Target, "name")) != rawjson.Text(rawjson.Member(customer, "name")) || !strings.Contains(p.Summary, rawjson.Text(rawjson.Member(customer, "name"))) {
		t.Errorf("%s", rawjson.Of(p))
	}
	if !strings.HasPrefix(p.Undo, "Cannot be undone; a record like it can be created") || !strings.Contains(p.Undo, rawjson.Text(rawjson.Member(customer, "email"))) {
		t.Errorf("undo %s", p.Undo)
	}
	p = w.Ask(t, "delete_connector", `{"connector_id": "slack"}`)
	if p.Service != "Slack" || rawjson.Text(rawjson.Member(p.Target, "connector_id")) != p.ConnectorID || !strings.HasPrefix(p.Undo, "Cannot be undone") {
		t.Errorf("%s", rawjson.Of(p))
	}
	workspaces, err := w.Api.ListWorkspaces(t.Context(), airbyteclient.ListWorkspacesOptions{NameContains: "default"})
	if err != nil {
		t.Fatal(err)
	}
	p = w.Ask(t, "delete_workspace", `{"workspace_id": "`+workspaces.Data[0].ID+`"}`)
	if p.Workspace != "default" || p.Affected != 1+len(w.ConnectorsOf(t)) || rawjson.Text(rawjson.Member(p.Target, "name")) != "default" {
		t.Errorf("%s", rawjson.Of(p))
	}
	if len(w.Wrote()) > 0 {
		t.Errorf("sent: %q", w.Wrote())
	}
}

func TestPlanOfACreationTellsHowToUndo(t *testing.T) {
	t.Parallel()
	w := dispatchtest.Confirming(t)
	p := w.Ask(t, "execute_operation", `{"connector_id": "stripe", "entity": "customers", "action": "create", "params": {"name": "New", "email": "new@example.com"}}`)
	if !strings.Contains(p.Undo, `"action":"delete"`) || p.Target != nil || !strings.HasPrefix(p.Summary, "Creates one record of \"customers\" in connector ") {
		t.Errorf("%s", rawjson.Of(p))
	}
	p = w.Ask(t, "create_connector", `{"connector_type": "Linear", "name": "x [Disposable]", "credentials": {"api_key": "lin_api_canary"}}`)
	if !strings.HasPrefix(p.Undo, "delete_connector") || !strings.Contains(strings.Join(p.Notes, " "), "without asking") || !strings.Contains(string(p.Sends), secrets.Redacted) {
		t.Errorf("%s", rawjson.Of(p))
	}
}

func TestFailingFetchDoesNotKeepFromDeciding(t *testing.T) {
	t.Parallel()
	w := dispatchtest.Confirming(t)
	id := w.AnIssue(t)
	w.Ask(t, "execute_operation", updating(id, "a")) // what it learns is remembered
	w.Sandbox.Inject(sandbox.Fault{Kind: sandbox.ServerError, Path: "/execute"})
	p := w.Ask(t, "execute_operation", updating(id, "b"))
	if p.Target != nil || !strings.Contains(strings.Join(p.Notes, " "), "could not be fetched") || len(p.Changes) != 1 {
		t.Errorf("%s", rawjson.Of(p))
	}
}

func TestDeniedWritesNameWhatDeniesThem(t *testing.T) {
	t.Parallel()
	w := dispatchtest.New(t, sandbox.Options{}, dispatch.WithWrites(plan.Policy{Mode: plan.Deny}))
	_, err := w.Call(t, "execute_operation", []byte(dispatchtest.Creating))
	if err == nil || !strings.Contains(err.Error(), "--writes=deny") || len(w.Sandbox.Requests()) > 0 {
		t.Errorf("%v after %d requests", err, len(w.Sandbox.Requests()))
	}
	if _, err := w.Call(t, "list_connectors", []byte(`{}`)); err != nil {
		t.Errorf("reading: %v", err)
	}
	w = dispatchtest.New(t, sandbox.Options{}, dispatch.WithWrites(plan.Policy{Mode: plan.Allow, Rules: []plan.WriteRule{{Connector: "linear", Action: "create", Decide: plan.Deny}}}))
	_, err = w.Call(t, "execute_operation", []byte(dispatchtest.Creating))
	if err == nil || !strings.Contains(err.Error(), "mcp.writes[0]") || len(w.Wrote()) > 0 {
		t.Errorf("%v after %q", err, w.Wrote())
	}
	// What connects another one is a creation too.
	if _, err = w.Call(t, "create_connector", []byte(`{"definition_id": "1c5d8316-ed42-4473-8fbc-2626f03f070c", "name": "x", "credentials": {"api_key": "lin_api_x"}}`)); err == nil || len(w.Wrote()) > 0 {
		t.Errorf("%v after %q", err, w.Wrote())
	}
}

func TestDisposableConnectorIsDeletedWithoutAsking(t *testing.T) {
	t.Parallel()
	w := dispatchtest.Confirming(t)
	rename := `{"connector_id": "slack", "name": "Slack [disposable]"}`
	w.Decide(t, w.Ask(t, "update_connector", rename), true)
	if _, err := w.Call(t, "update_connector", []byte(rename)); err != nil {
		t.Fatal(err)
	}
	w.Ask(t, "execute_operation", `{"connector_id": "slack", "entity": "channels", "action": "create", "params": {"name": "x"}}`)
	if _, err := w.Call(t, "delete_connector", []byte(`{"connector_id": "slack [disposable]"}`)); err != nil {
		t.Fatal(err)
	}
	if n := len(w.Wrote()); n != 2 {
		t.Errorf("%q", w.Wrote())
	}
}

func TestRunningWriteNeedsNoSecondYes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &dispatchtest.SlowTools{Takes: 2 * time.Minute}
		r, client := dispatchtest.Slowly(t, s)
		call := func() (answer.Answer, error) {
			return r.Call(t.Context(), client, "update_slowly", json.RawMessage(`{"name":"a"}`))
		}
		_, err := call()
		waits, ok := errors.AsType[*approval.ConfirmNeeded](err)
		if !ok {
			t.Fatal(err)
		}
		if _, err := r.Approver().DecideCode(waits.Plan.Code, true, "test"); err != nil {
			t.Fatal(err)
		}
		if got, err := call(); err != nil || string(rawjson.Member(got.JSON, "pending")) != "true" {
			t.Fatalf("%s, %v", got.JSON, err)
		}
		if got, err := call(); err != nil || string(rawjson.Member(got.JSON, "pending")) != "true" {
			t.Fatalf("%s, %v", got.JSON, err)
		}
		if got, err := call(); err != nil || string(got.JSON) != `{"result":"done a"}` || s.Sent.Load() != 1 {
			t.Errorf("%s, %v after %d were sent", got.JSON, err, s.Sent.Load())
		}
		if _, err := call(); refusal.KindOf(err) != "confirm_needed" || s.Sent.Load() != 1 {
			t.Errorf("made anew: %v", err)
		}
	})
}

func TestTwoCallsShareNoYes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &dispatchtest.SlowTools{Takes: time.Second}
		r, client := dispatchtest.Slowly(t, s)
		_, err := r.Call(t.Context(), client, "update_slowly", json.RawMessage(`{}`))
		waits, _ := errors.AsType[*approval.ConfirmNeeded](err)
		if _, err := r.Approver().DecideCode(waits.Plan.Code, true, "test"); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			go func() { _, _ = r.Call(t.Context(), client, "update_slowly", json.RawMessage(`{}`)) }()
		}
		time.Sleep(time.Minute)
		if s.Sent.Load() != 1 {
			t.Errorf("%d were sent", s.Sent.Load())
		}
	})
}

// What is sealed for one thing is good for nothing else.
func TestPlanIsNoContinuation(t *testing.T) {
	t.Parallel()
	w := dispatchtest.Confirming(t)
	p := w.Ask(t, "execute_operation", dispatchtest.Creating)
	if _, err := w.Call(t, "read_more", rawjson.Of(map[string]string{"continuation": p.Sealed})); err == nil {
		t.Error("a plan was read on")
	}
	if _, err := w.Runner.Approver().PlanOf(p.Sealed); err == nil {
		t.Error("a sealed plan is a code")
	}
	if _, err := w.Runner.Approver().DecideCode(p.Sealed, true, "test"); err == nil || len(w.Wrote()) > 0 {
		t.Errorf("decided by %v, wrote %q", err, w.Wrote())
	}
}

// GitHub changes an issue by issue_number and gets it by number.
func TestRecordIsFoundUnderTheOtherNameOfItsID(t *testing.T) {
	t.Parallel()
	w := dispatchtest.Confirming(t)
	got, err := w.Call(t, "execute_operation", []byte(`{"connector_id": "github", "entity": "issues", "action": "list", "params": {"owner": "lanternworks", "repo": "platform", "per_page": 1}}`))
	if err != nil {
		t.Fatal(err)
	}
	issue := rawjson.Field(got, "result.0")
	number, title := string(rawjson.Member(issue, "number")), rawjson.Text(rawjson.Member(issue, "title"))
	for _, given := range []string{number, `"` + number + `"`} {
		p := w.Ask(t, "execute_operation", `{"connector_id": "github", "entity": "issues", "action": "update", "params": {"owner": "lanternworks", "repo": "platform", "issue_number": `+given+`, "title": "Renamed"}}`)
		if title == "" || string(rawjson.Member(p.Target, "number")) != number || len(p.Changes) != 1 || p.Changes[0].Before != title {
			t.Errorf("issue_number %s: %s", given, rawjson.Of(p))
		}
		if !strings.Contains(p.Undo, `"issue_number":`+given) || !strings.Contains(p.Undo, title) {
			t.Errorf("undo: %s", p.Undo)
		}
	}
}

// What a service would make of a name that is given twice nobody knows.
func TestNameGivenTwiceIsNotWritten(t *testing.T) {
	t.Parallel()
	w := dispatchtest.Confirming(t)
	id := w.AnIssue(t)
	for _, params := range []string{
		`{"id":"` + id + `","id":"other","title":"a"}`,
		`{"id":"` + id + `","title":"seen","t\u0069tle":"sent?"}`,
		`{"id":"` + id + `","labels":[{"name":"a","name":"b"}]}`,
		`"{\"id\":\"` + id + `\",\"title\":\"a\",\"title\":\"b\"}"`,
	} {
		_, err := w.Call(t, "execute_operation", []byte(`{"connector_id":"`+dispatchtest.LinearID+`","entity":"issues","action":"update","params":`+params+`}`))
		if err == nil || !strings.Contains(err.Error(), "is given twice") {
			t.Errorf("%s: %v", params, err)
		}
	}
	if len(w.Wrote()) > 0 {
		t.Errorf("sent: %q", w.Wrote())
	}
}

// A person sees all that is sent, however much is around it.
func TestPlanShowsAllThatIsSent(t *testing.T) {
	t.Parallel()
	w := dispatchtest.Confirming(t)
	id := w.AnIssue(t)
	filler := ""
	for i := range 300 {
		filler += fmt.Sprintf(`"a%03d":"%s",`, i, strings.Repeat("x", 40))
	}
	long := strings.Repeat("y", 3000) + " the end"
	p := w.Ask(t, "execute_operation", `{"connector_id":"`+dispatchtest.LinearID+`","entity":"issues","action":"update","params":{"id":"`+id+`",`+filler+`"description":"`+long+`","zz":"last"}}`)
	shown := map[string]string{}
	for _, c := range p.Changes {
		shown[c.Path] = c.After
	}
	if shown["description"] != long || shown["zz"] != "last" || shown["a299"] == "" {
		t.Errorf("%d changes, zz %q, description of %d", len(p.Changes), shown["zz"], len(shown["description"]))
	}
	if string(rawjson.Field(p.Sends, "params.zz")) != `"last"` || rawjson.Text(rawjson.Field(p.Sends, "params.description")) != long {
		t.Error("what is sent is not shown whole")
	}
	if p.Record != `id="`+id+`"` {
		t.Errorf("which record it is: %s", p.Record)
	}
	_, err := w.Call(t, "execute_operation", []byte(`{"connector_id":"`+dispatchtest.LinearID+`","entity":"issues","action":"update","params":{"id":"`+id+`","description":"`+strings.Repeat("z", plan.MaxArguments)+`"}}`))
	if err == nil || !strings.Contains(err.Error(), "cannot look through") || len(w.Wrote()) > 0 {
		t.Errorf("too long to look at: %v", err)
	}
}

// A value is not hidden by giving it as a secret, too.
func TestNothingIsHiddenBehindASecret(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "writes")
	w := dispatchtest.New(t, sandbox.Options{}, dispatch.WithWrites(plan.Policy{Mode: plan.Confirm, Audit: path}))
	id := w.AnIssue(t)
	p := w.Ask(t, "execute_operation", `{"connector_id":"`+dispatchtest.LinearID+`","entity":"issues","action":"update","params":{"id":"`+id+`","title":"what is really sent","password":"what is really sent"}}`)
	if len(p.Changes) != 2 || p.Changes[0].After != "what is really sent" || p.Changes[1].After != secrets.Redacted {
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
	w := dispatchtest.Confirming(t, plan.WriteRule{Connector: "stripe*", Action: "create", Decide: plan.Deny})
	const stripe = `"definition_id":"e094cb9a-26de-4645-8761-65c0c425d1de"`
	for _, arguments := range []string{
		`{` + stripe + `,"connector_type":"GitHub","credentials":{"api_key":"k"}}`,
		`{` + stripe + `,"credentials":{"api_key":"k"}}`,
		`{"connector_type":"Stripe","credentials":{"api_key":"k"}}`,
		`{` + stripe + `,"connector_type":"GitHub"}`,
	} {
		if _, err := w.Call(t, "create_connector", []byte(arguments)); refusal.KindOf(err) != "refused" {
			t.Errorf("%s: %v", arguments, err)
		}
	}
	templates, err := w.Api.ListSourceTemplates(t.Context(), airbyteclient.ListSourceTemplatesOptions{UseGlobal: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, template := range templates {
		if template.Name == "Stripe" {
			_, err := w.Call(t, "create_connector", []byte(`{"source_template_id":"`+template.ID+`","connector_type":"GitHub","credentials":{"api_key":"k"}}`))
			if refusal.KindOf(err) != "refused" {
				t.Errorf("by its template: %v", err)
			}
		}
	}
	if len(w.Wrote()) > 0 {
		t.Errorf("sent: %q", w.Wrote())
	}
}
