package knowledge

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/tools/account/accounttest"
)

// The sandbox tells its tables twice: as documentation and as JSON. What is
// read of the one must be what is read of the other.
func TestDocumentationTellsWhatTheServiceHas(t *testing.T) {
	t.Parallel()
	w := accounttest.New(t, sandbox.Options{})
	for _, c := range w.ConnectorsOf(t) {
		k, err := Learn(t.Context(), w.Api, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		described, err := w.Api.Execute(t.Context(), c.ID, airbyteclient.ExecuteRequest{Action: "describe"})
		if err != nil {
			t.Fatal(err)
		}
		var told Connector
		told.readDescribed(described.Result)
		want, got := paramsOf(&told, k), paramsOf(k, k)
		if len(want) < 10 {
			t.Fatalf("%s: only %d parameters were told", c.Name, len(want))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-told +learned):\n%s", c.Name, diff)
		}
		if len(k.Unknown) > 0 {
			t.Errorf("%s: unknown: %q", c.Name, k.Unknown)
		}
	}
}

// paramsOf lists entity.action.param with its properties, for the actions that
// the documentation holds available: it has no sections of others.
func paramsOf(k, documentation *Connector) map[string]string {
	params := map[string]string{}
	for _, e := range k.Entities {
		for _, a := range e.Actions {
			if like := documentation.Entity(e.Name).Action(a.Name); like != nil && like.Unavailable {
				continue
			}
			params[e.Name+"."+a.Name] = fmt.Sprint(a.Known)
			for _, p := range a.Params {
				params[e.Name+"."+a.Name+"."+p.Name] = fmt.Sprint(p.Type, " ", p.In, " ", p.Required, " ", p.Enum)
			}
		}
	}
	return params
}

// learnGitHub learns the connector with the most sections.
func learnGitHub(t *testing.T, faults ...sandbox.Fault) (accounttest.World, *Connector, error) {
	t.Helper()
	w := accounttest.New(t, sandbox.Options{})
	id := w.ConnectorsOf(t)[0].ID
	for _, f := range faults {
		w.Sandbox.Inject(f)
	}
	k, err := Learn(t.Context(), w.Api, id)
	return w, k, err
}

// again learns the same once the faults are over, and counts the requests.
func again(t *testing.T, w accounttest.World, id string) (*Connector, int) {
	t.Helper()
	w.Sandbox.ClearFaults()
	w.Sandbox.ResetRequests()
	k, err := Learn(t.Context(), w.Api, id)
	if err != nil {
		t.Fatal(err)
	}
	return k, len(w.Sandbox.Requests())
}

func TestOneSectionThatFailsIsUnknownAndAskedForAgain(t *testing.T) {
	t.Parallel()
	w, k, err := learnGitHub(t, sandbox.Fault{Kind: sandbox.ServerError, Path: "/skills/docs", Skip: 4, Times: 1})
	if err != nil {
		t.Fatal(err)
	}
	unknown := 0
	for _, e := range k.Entities {
		for _, a := range e.Actions {
			if !a.Known {
				unknown++
				if want := "parameters of " + e.Name + "." + a.Name + ": get skill docs: HTTP 500"; len(k.Unknown) != 1 || !strings.HasPrefix(k.Unknown[0], want) {
					t.Errorf("unknown is %q, want %s…", k.Unknown, want)
				}
			}
		}
	}
	if unknown != 1 {
		t.Errorf("%d actions are not known, want 1", unknown)
	}
	k, requests := again(t, w, k.ConnectorID)
	if len(k.Unknown) > 0 || requests != 4 {
		t.Errorf("unknown is %q after %d requests, want nothing after 4: inspect, connector, definition, section", k.Unknown, requests)
	}
	if _, requests = again(t, w, k.ConnectorID); requests != 0 {
		t.Errorf("what is whole now is not remembered: %d requests", requests)
	}
}

func TestWithoutDocumentationTheDescribeActionIsAsked(t *testing.T) {
	t.Parallel()
	w, k, err := learnGitHub(t, sandbox.Fault{Kind: sandbox.ServerError, Path: "/skills/docs"})
	if err != nil {
		t.Fatal(err)
	}
	if len(k.Unknown) != 1 || !strings.HasPrefix(k.Unknown[0], "documentation: get skill docs: HTTP 500") {
		t.Errorf("unknown is %q", k.Unknown)
	}
	if e := k.Entity("issues"); e == nil || e.Store == nil || e.Action("create") == nil || e.Action("create").param("title") == nil {
		t.Errorf("issues are not known: %+v", e)
	}
	if got := k.Recommended("issues"); got != "context_store_search" {
		t.Errorf("issues are read with %q", got)
	}
	if k, _ = again(t, w, k.ConnectorID); len(k.Unknown) > 0 {
		t.Errorf("it was remembered: %q", k.Unknown)
	}
}

func TestWithoutDocumentationAndDescribeTheContextStoreIsLeft(t *testing.T) {
	t.Parallel()
	_, k, err := learnGitHub(t,
		sandbox.Fault{Kind: sandbox.ServerError, Path: "/skills/docs"}, sandbox.Fault{Kind: sandbox.Forbidden, Path: "/execute"})
	if err != nil {
		t.Fatal(err)
	}
	if got := k.Recommended("issues"); got != "context_store_search" {
		t.Errorf("issues are read with %q", got)
	}
	if len(k.Unknown) != 2 || !strings.Contains(k.Unknown[1], "entities and actions") {
		t.Errorf("unknown is %q", k.Unknown)
	}
}

func TestWithoutInspectTheDescribeActionIsAsked(t *testing.T) {
	t.Parallel()
	_, k, err := learnGitHub(t, sandbox.Fault{Kind: sandbox.ServerError, Path: "/inspect"})
	if err != nil {
		t.Fatal(err)
	}
	if k.Name != "GitHub" || k.Entity("issues") == nil || k.Recommended("issues") != "list" {
		t.Errorf("%s is read with %q", k.Name, k.Recommended("issues"))
	}
	if len(k.Unknown) == 0 || !strings.Contains(k.Unknown[0], "(inspect)") {
		t.Errorf("unknown is %q", k.Unknown)
	}
}

func TestWhatMakesTheRestWorthlessIsAnError(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		faults []sandbox.Fault
		want   airbyteclient.Kind
	}{
		{[]sandbox.Fault{{Kind: sandbox.NotEnabled, Path: "/inspect"}}, airbyteclient.KindNotEnabled},
		{[]sandbox.Fault{{Kind: sandbox.Unauthorized, Path: "/skills/docs"}}, airbyteclient.KindUnauthorized},
		{[]sandbox.Fault{{Kind: sandbox.ServerError}}, airbyteclient.KindServer},
	} {
		_, _, err := learnGitHub(t, row.faults...)
		if got := airbyteclient.KindOf(err); got != row.want {
			t.Errorf("%v: %q (%v), want %q", row.faults, got, err, row.want)
		}
	}
	w := accounttest.New(t, sandbox.Options{})
	_, err := Learn(t.Context(), w.Api, "c9999999-0000-4000-8000-000000000000")
	if got := airbyteclient.KindOf(err); got != airbyteclient.KindNotFound {
		t.Errorf("a connector that is not there: %v", err)
	}
}

func TestTheRestIsNotWaitedForWithoutEnd(t *testing.T) {
	t.Parallel()
	w := accounttest.New(t, sandbox.Options{})
	k, err := Learn(t.Context(), w.Api, w.ConnectorsOf(t)[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	w.Sandbox.Inject(sandbox.Fault{Kind: sandbox.Slow, Path: "/skills/docs", Delay: time.Minute, Skip: 3})
	l := learner{api: w.Api, Connector: &Connector{ConnectorID: k.ConnectorID, SkillID: k.SkillID}}
	var sections []actionSection
	for i := range 40 {
		sections = append(sections, actionSection{fmt.Sprintf("actions.issues.list#%d", i), "issues", Action{Name: "list"}})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := l.readSections(ctx, sections); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	// Which of them were asked for when time was up is a matter of luck.
	unknown := strings.Join(l.Unknown, "\n")
	if !l.Partial || !strings.Contains(unknown, "not asked for") && !strings.Contains(unknown, "no answer in time") {
		t.Errorf("unknown is %q", l.Unknown)
	}
}

// The shapes in which lists of actions may come differ; none is published.
func TestDescribedActions(t *testing.T) {
	t.Parallel()
	want := `[{"Name":"notes","Actions":[{"Name":"get","Params":["id*"],"Known":true}]}]`
	for _, told := range []string{
		`{"entities":[{"entity_name":"notes","available_actions":["get"],"parameters":{"get":[{"name":"id","required":true}]}}]}`,
		`{"schema":{"entities":[{"name":"notes","actions":[{"name":"get","parameters":[{"name":"id","required":true}]}]}]}}`,
		`[{"entity":"notes","parameters":{"get":{"type":"object","properties":{"id":{"type":"string"}},"required":["id"]}}}]`,
		`{"entities":{"notes":{"actions":{"get":{"parameters":{"id":{"required":true}}}}}}}`,
	} {
		var k Connector
		k.readDescribed(json.RawMessage(told))
		if diff := cmp.Diff(want, brief(t, &k)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", told, diff)
		}
	}
	var k Connector
	entity, action := listedAction(json.RawMessage(`{"entity":"notes","action":"get","required_params":["id"],"optional_params":[]}`))
	k.Add(entity, action)
	if diff := cmp.Diff(want, brief(t, &k)); diff != "" {
		t.Errorf("inspect's (-want +got):\n%s", diff)
	}
}

func brief(t *testing.T, k *Connector) string {
	t.Helper()
	type action struct {
		Name   string
		Params []string
		Known  bool
	}
	type entity struct {
		Name    string
		Actions []action
	}
	var list []entity
	for _, e := range k.Entities {
		out := entity{Name: e.Name}
		for _, a := range e.Actions {
			var params []string
			for _, p := range a.Params {
				if p.Required {
					p.Name += "*"
				}
				params = append(params, p.Name)
			}
			out.Actions = append(out.Actions, action{a.Name, params, a.Known})
		}
		list = append(list, out)
	}
	b, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestASlowInspectIsWaitedFor(t *testing.T) {
	t.Parallel()
	_, k, err := learnGitHub(t, sandbox.Fault{Kind: sandbox.Slow, Path: "/inspect", Delay: 300 * time.Millisecond})
	if err != nil || len(k.Unknown) > 0 || len(k.Entities) < 20 {
		t.Errorf("learned %+v, %v", k, err)
	}
}
