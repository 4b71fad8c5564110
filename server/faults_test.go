package server_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/server"
	"airbyte-agent-mcp/server/telemetry"
	"airbyte-agent-mcp/tools"
)

// scene is one way of calling one tool. IDs and no names, so that a fault meets
// the request that does the work and not the one that looks up a name.
type scene struct {
	name   string // the tool, and what tells apart several scenes of it
	args   string
	writes bool
}

func (s scene) tool() string {
	tool, _, _ := strings.Cut(s.name, " ")
	return tool
}

func (s scene) executes() bool { return s.tool() == "execute_operation" }

// The IDs of the sandbox's world that the scenes use.
const (
	stripeID     = "c0000003-0000-4000-8000-000000000003"
	slackID      = "c0000004-0000-4000-8000-000000000004"
	linearID     = "c0000005-0000-4000-8000-000000000005"
	driveID      = "c0000007-0000-4000-8000-000000000007"
	linearDef    = "1c5d8316-ed42-4473-8fbc-2626f03f070c"
	teamID       = "64246afc-fe18-4ff3-9b07-0a25a4f2b776"
	issueTitle   = "Export fails on faults"
	createIssue  = `{"connector_id": "` + linearID + `", "entity": "issues", "action": "create", "params": {"teamId": "` + teamID + `", "title": "` + issueTitle + `"}}`
	newLinear    = `{"definition_id": "` + linearDef + `", "name": "Linear of a fault", "credentials": {"api_key": "lin_api_4711"}}`
	oneTemplate  = `{"template_id": "8c66cda8-1750-46fb-8f61-a8bb57922e84"`
	oneSchedule  = `{"template_id": "ae9e5cee-20db-47f4-be8c-e5ea817d9537"`
	oneWorkspace = `{"workspace_id": "54fb1df6-886b-4990-8d02-d9c7eff11c4b"`
)

func scenes() []scene {
	return []scene{
		{"list_definitions", `{"name": "hub"}`, false},
		{"get_definition", `{"definition_id": "` + linearDef + `"}`, false},
		{"list_connectors", `{}`, false},
		{"describe_connector", `{"connector_id": "` + linearID + `"}`, false},
		{"describe_connector entity", `{"connector_id": "` + linearID + `", "entity": "issues"}`, false},
		{"read_records", `{"connector_id": "` + linearID + `", "entity": "issues", "limit": 2}`, false},
		{"read_records live", `{"connector_id": "stripe", "entity": "customers", "action": "list", "limit": 2}`, false},
		{"create_connector", newLinear, true},
		{"check_connector", `{"connector_id": "` + stripeID + `"}`, false},
		{"update_connector", `{"connector_id": "` + linearID + `", "name": "Linear (platform)"}`, true},
		{"delete_connector", `{"connector_id": "` + slackID + `"}`, true},
		{"execute_operation list", `{"connector_id": "` + stripeID + `", "entity": "customers", "action": "list", "params": {"limit": 2}}`, false},
		{"execute_operation by name", `{"connector_id": "stripe", "entity": "customers", "action": "list", "params": {"limit": 2}}`, false},
		{"execute_operation search", `{"connector_id": "` + linearID + `", "entity": "issues", "action": "context_store_search", "params": {"limit": 2}}`, false},
		{"execute_operation create", createIssue, true},
		{"execute_operation update", `{"connector_id": "` + stripeID + `", "entity": "customers", "action": "update", "params": {"id": "cus_Lw10000000Qx", "description": "met a fault"}}`, true},
		{"execute_operation delete", `{"connector_id": "` + stripeID + `", "entity": "customers", "action": "delete", "params": {"id": "cus_Lw10000000Qx"}}`, true},
		{"execute_operation download", `{"connector_id": "` + driveID + `", "entity": "files", "action": "download", "params": {"fileId": "1Lw-alderquay-0000"}}`, false},
		{"list_workspaces", `{"limit": 2}`, false},

		{"get_connector", `{"connector_id": "` + linearID + `"}`, false},
		{"inspect_connector", `{"connector_id": "` + linearID + `"}`, false},
		{"check_new_connector", newLinear, false},
		{"get_workspace", oneWorkspace + `}`, false},
		{"update_workspace", oneWorkspace + `, "cache_enabled": false}`, true},
		{"delete_workspace", oneWorkspace + `}`, true},
		{"get_workspace_stats", `{}`, false},
		{"list_templates", `{}`, false},
		{"get_template", oneTemplate + `}`, false},
		{"create_template", `{"actor_definition_id": "` + linearDef + `", "name": "Linear for teams", "mode": "DIRECT"}`, true},
		{"update_template", oneTemplate + `, "name": "Renamed"}`, true},
		{"delete_template", oneTemplate + `}`, true},
		{"list_destinations", `{}`, false},
		{"get_destination", `{"destination_definition_id": "cd20bf53-8ac9-43aa-9193-6898e2a0eaa4"}`, false},
		{"list_conn_templates", `{}`, false},
		{"get_conn_template", oneSchedule + `}`, false},
		{"create_conn_template", `{"destination_name": "Warehouse", "destination_definition_id": "cd20bf53-8ac9-43aa-9193-6898e2a0eaa4", "destination_config": {"host": "db.example"}, "cron_expression": "0 0 * * * ?"}`, true},
		{"update_conn_template", oneSchedule + `, "cron_expression": "0 30 6 * * ?"}`, true},
		{"delete_conn_template", oneSchedule + `}`, true},
		{"describe_cron", `{"cron_expression": "0 0 9 ? * MON-FRI"}`, false},
		{"create_scoped_token", `{"workspace_name": "new customer"}`, true},
		{"get_token_info", `{"token": "{{token}}"}`, false},
		{"create_widget_token", `{"allowed_origin": "https://app.example.com"}`, true},
		{"set_oauth_config", `{"connector_type": "GitHub", "configuration": {"client_id": "abc", "client_secret": "oauth-4711"}}`, true},
		{"delete_oauth_config", `{"connector_type": "GitHub"}`, true},
		{"list_skills", `{"limit": 2}`, false},
		{"search_skills", `{"query": "linear", "limit": 1}`, false},
		{"get_skill_docs", `{"id": "agent:mcp"}`, false},
	}
}

// TestScenesAreWhole keeps the tests below from proving nothing: without a fault
// every scene succeeds, and no tool is left out.
func TestScenesAreWhole(t *testing.T) {
	t.Parallel()
	stage := newStage(t)
	list := scenes()
	together(len(list), func(i int) {
		if got := stage.play(list[i], nil).said; got.isError || got.rpc != "" {
			t.Errorf("%s: %s%s", list[i].name, got.text, got.rpc)
		}
	})
	for _, tool := range stage.tools {
		if tool.Name == "read_more" {
			continue // what it does is the scene of the call before it
		}
		if !slices.ContainsFunc(list, func(s scene) bool { return s.tool() == tool.Name }) {
			t.Errorf("there is no scene of %s", tool.Name)
		}
	}
}

// TestFaultsEndInClearResults injects every fault under every tool.
func TestFaultsEndInClearResults(t *testing.T) {
	t.Parallel()
	stage := newStage(t)
	type cell struct {
		scene
		kind sandbox.FaultKind
		played
	}
	var cells []*cell
	for k, kind := range sandbox.FaultKinds() {
		for i, s := range scenes() {
			if !underRace || (i+k)%6 == 0 {
				cells = append(cells, &cell{scene: s, kind: sandbox.FaultKind(kind)})
			}
		}
	}
	together(len(cells), func(i int) {
		cells[i].played = stage.play(cells[i].scene, []sandbox.Fault{during(cells[i].kind)})
	})
	for _, c := range cells {
		t.Run(string(c.kind)+"/"+c.name, func(t *testing.T) {
			if c.said.rpc != "" {
				t.Fatalf("a JSON-RPC error, which no model sees: %s", c.said.rpc)
			}
			if c.took > patience {
				t.Errorf("took %v, longer than the client's timeout", c.took)
			}
			if !c.said.isError {
				if !harmless(c.kind, c.scene) {
					t.Errorf("succeeded: %.300s", c.said.text)
				}
				return
			}
			for _, fault := range unclear(c.said.text) {
				t.Errorf("%s:\n%s", fault, c.said.text)
			}
			for _, fault := range misadvised(c.kind, c.scene, c.said.text) {
				t.Errorf("%s:\n%s", fault, c.said.text)
			}
		})
	}
	for _, c := range cells {
		if c.writes {
			t.Run("once/"+string(c.kind)+"/"+c.name, func(t *testing.T) { writtenOnce(t, c.requests) })
		}
	}
}

// during is a fault that lasts.
func during(kind sandbox.FaultKind) sandbox.Fault {
	f := sandbox.Fault{Kind: kind}
	if kind == sandbox.Slow {
		f.Delay = time.Minute
	}
	return f
}

// harmless tells where a call rightly succeeds although the fault struck.
func harmless(kind sandbox.FaultKind, s scene) bool {
	switch {
	case kind == sandbox.ExpiredCredentials:
		return !s.executes() && s.tool() != "read_records"
	case kind == sandbox.Huge: // of a list as much is told as fits
		return s.executes() && s.name != "execute_operation by name" || s.tool() == "read_records"
	case s.tool() == "delete_oauth_config": // its answer has no body that could be spoiled
		return slices.Contains([]sandbox.FaultKind{sandbox.CutMidway, sandbox.BrokenJSON, sandbox.Empty, sandbox.Deep}, kind)
	case s.name == "execute_operation download":
		return kind == sandbox.BrokenJSON // half a file that says it is whole
	}
	return false
}

var (
	// nextStep is what an error must name: a tool, a setting, a time to wait, or
	// whether to call again.
	nextStep = func() *regexp.Regexp {
		var names []string
		for _, set := range tools.Catalog() {
			for _, tool := range set.Tools {
				names = append(names, tool.Name)
			}
		}
		return regexp.MustCompile(`AIRBYTE_[A-Z_]+|--[a-z]+-[a-z]+|[Ww]ait \d+ second|\bagain\b|\bonce more\b|\b(` + strings.Join(names, "|") + `)\b`)
	}()
	// whether tells if calling again can help.
	whether = regexp.MustCompile(`(?i)call(ing)? (again|once more)|try once more|wait \d+ seconds?|may pass|ask for less`)
	// machinery is what only a programmer reads.
	machinery = regexp.MustCompile(`&\{|0x[0-9a-fA-F]{2,}|goroutine|<nil>|%!|\.go:\d|panic|runtime error|Traceback|unmarshal|\bEOF\b|\b[a-z]+\.[A-Z][A-Za-z]+|https?://127\.`)
)

// unclear lists what keeps a text from being a good error for a model.
func unclear(text string) []string {
	var faults []string
	if n := utf8.RuneCountInString(text); n < 40 || n > 1500 {
		faults = append(faults, fmt.Sprintf("%d characters long", n))
	}
	if found := machinery.FindString(text); found != "" {
		faults = append(faults, fmt.Sprintf("shows %q", found))
	}
	if !nextStep.MatchString(text) {
		faults = append(faults, "names no next step")
	}
	if !whether.MatchString(text) {
		faults = append(faults, "does not say whether calling again can help")
	}
	if strings.Contains(text, "..") || strings.Contains(text, " .") || strings.Contains(text, "  ") {
		faults = append(faults, "is badly put together")
	}
	return faults
}

const mayHaveRun = "may have run all the same"

// misadvised lists what a text must say of its fault and does not, and what it
// must not and does.
func misadvised(kind sandbox.FaultKind, s scene, text string) []string {
	var must, mustNot []string
	switch kind {
	case sandbox.Unauthorized:
		must = []string{"AIRBYTE_CLIENT_ID", "AIRBYTE_CLIENT_SECRET", "will not help"}
		if s.executes() && s.name != "execute_operation by name" {
			must = append(must, "connected service", "check_connector")
		} else {
			mustNot = []string{"connected service"}
		}
	case sandbox.NotEnabled:
		must, mustNot = []string{"not enabled", "administrator", "will not help"}, []string{"does not exist", "not found"}
	case sandbox.Forbidden:
		must, mustNot = []string{"denied", "administrator", "will not help"}, []string{"does not exist", "not found", "not enabled"}
	case sandbox.Conflict:
		must = []string{"changed", "before you call again"}
	case sandbox.RateLimited:
		must = []string{"Wait 1 second,"}
	case sandbox.ServerError, sandbox.BadGateway, sandbox.Unavailable, sandbox.GatewayTimeout, sandbox.HTMLError:
		must = []string{"service's side"}
	case sandbox.Slow:
		must = []string{"in time", "--api-timeout"}
		if s.executes() && s.name != "execute_operation by name" {
			must[1] = "--execute-timeout"
		}
	case sandbox.Cut, sandbox.CutBefore, sandbox.CutMidway:
		must = []string{"connection", "AIRBYTE_API_HOST"}
		if kind == sandbox.CutMidway && strings.HasPrefix(s.name, "delete_") {
			must = []string{"an earlier try of this call was lost"} // it was repeated, and found nothing
		}
	case sandbox.HTML, sandbox.BrokenJSON, sandbox.Deep:
		must = []string{"cannot be used", "AIRBYTE_API_HOST"}
	case sandbox.Huge:
		must = []string{"longer than", "--max-answer-bytes"}
	case sandbox.ExpiredCredentials:
		must = []string{"expired", "check_connector"}
	case sandbox.MultiOrganization:
		must = []string{"AIRBYTE_ORGANIZATION_ID"}
	}
	if s.writes && !refusedBefore(kind) {
		must = append(must, mayHaveRun)
	} else {
		mustNot = append(mustNot, mayHaveRun)
	}
	var faults []string
	for _, words := range must {
		if !strings.Contains(text, words) {
			faults = append(faults, fmt.Sprintf("does not say %q", words))
		}
	}
	for _, words := range mustNot {
		if strings.Contains(text, words) {
			faults = append(faults, fmt.Sprintf("says %q", words))
		}
	}
	return faults
}

// refusedBefore tells which faults leave no doubt that a write took no effect.
func refusedBefore(kind sandbox.FaultKind) bool {
	return slices.Contains([]sandbox.FaultKind{
		sandbox.Unauthorized, sandbox.NotEnabled, sandbox.Forbidden, sandbox.Conflict, sandbox.RateLimited,
		sandbox.MultiOrganization, sandbox.ExpiredCredentials,
	}, kind)
}

// writtenOnce holds what arrived against the rule: a write comes again only after
// it was refused before it began, unless the method is idempotent by HTTP.
func writtenOnce(t *testing.T, requests []sandbox.Request) {
	t.Helper()
	var arrived []sandbox.Request
	for _, r := range requests {
		mint := strings.HasSuffix(r.Path, "/applications/token")
		if (r.Method == http.MethodPost || r.Method == http.MethodPatch) && !mint {
			arrived = append(arrived, r)
		}
	}
	for i, r := range arrived {
		last := i == len(arrived)-1
		if !last && r.Status != http.StatusUnauthorized && r.Status != http.StatusTooManyRequests {
			t.Errorf("%s %s arrived %d times, although arrival %d was answered %d", r.Method, r.Path, len(arrived), i+1, r.Status)
		}
	}
}

// TestPassingFaultsAreMendedByRepeats lists what a fault of one or two requests
// comes to: which calls recover from it, and by how many requests.
func TestPassingFaultsAreMendedByRepeats(t *testing.T) {
	t.Parallel()
	// The number of faults in a row that a call survives, by the method of its
	// request: reading by GET, reading by POST (which nobody knows to be one),
	// execute of a reading action, PUT and DELETE, writing by POST or PATCH.
	type survives struct{ get, post, execute, put, write int }
	table := map[sandbox.FaultKind]survives{
		sandbox.Unauthorized:   {1, 1, 1, 1, 1},
		sandbox.RateLimited:    {2, 2, 2, 2, 2},
		sandbox.BadGateway:     {2, 0, 2, 2, 0},
		sandbox.Unavailable:    {2, 0, 2, 2, 0},
		sandbox.GatewayTimeout: {2, 0, 2, 2, 0},
		sandbox.HTMLError:      {2, 0, 2, 2, 0},
		sandbox.Cut:            {2, 0, 2, 2, 0},
		sandbox.CutBefore:      {2, 0, 2, 2, 0},
		sandbox.CutMidway:      {2, 0, 2, 2, 0},
	}
	stage := newStage(t)
	type cell struct {
		scene
		kind  sandbox.FaultKind
		times int
		want  bool
		played
	}
	var cells []*cell
	for _, kind := range sandbox.FaultKinds() {
		kind := sandbox.FaultKind(kind)
		if kind == sandbox.ExpiredCredentials {
			continue // strikes execute alone
		}
		can := table[kind]
		for name, most := range map[string]int{
			"list_definitions": can.get, "check_connector": can.post, "execute_operation list": can.execute,
			"update_connector": can.put, "execute_operation create": can.write, "update_template": can.write,
		} {
			for times := 1; times <= 2; times++ {
				cells = append(cells, &cell{scene: sceneNamed(name), kind: kind, times: times, want: times <= most || kind == sandbox.Huge && strings.HasPrefix(name, "execute")})
			}
		}
	}
	together(len(cells), func(i int) {
		fault := during(cells[i].kind)
		fault.Times = cells[i].times
		cells[i].played = stage.play(cells[i].scene, []sandbox.Fault{fault})
	})
	for _, c := range cells {
		t.Run(fmt.Sprintf("%s/times %d/%s", c.kind, c.times, c.name), func(t *testing.T) {
			if recovered := !c.said.isError && c.said.rpc == ""; recovered != c.want {
				t.Errorf("recovered: %v, want %v\n%.300s%s", recovered, c.want, c.said.text, c.said.rpc)
			}
			if c.writes {
				writtenOnce(t, c.requests)
			}
		})
	}
}

func sceneNamed(name string) scene {
	for _, s := range scenes() {
		if s.name == name {
			return s
		}
	}
	panic("no scene " + name)
}

// TestFaultsAroundTheCallAreClear meets faults before the request that does the
// work: at the token, and where a connector's name is looked up.
func TestFaultsAroundTheCallAreClear(t *testing.T) {
	t.Parallel()
	stage := newStage(t)
	type cell struct {
		scene
		fault sandbox.Fault
		played
	}
	var cells []*cell
	for _, kind := range sandbox.FaultKinds() {
		kind := sandbox.FaultKind(kind)
		if kind == sandbox.ExpiredCredentials {
			continue
		}
		atToken, atLookup := during(kind), during(kind)
		atToken.Path, atLookup.Path = "/account/applications/token", "GET /api/v1/integrations/connectors"
		for _, name := range []string{"list_connectors", "execute_operation create"} {
			cells = append(cells, &cell{scene: sceneNamed(name), fault: atToken})
		}
		byName := sceneNamed("execute_operation create")
		byName.args = strings.ReplaceAll(byName.args, linearID, "linear")
		cells = append(cells, &cell{scene: byName, fault: atLookup})
	}
	together(len(cells), func(i int) {
		cells[i].played = stage.play(cells[i].scene, []sandbox.Fault{cells[i].fault})
	})
	for _, c := range cells {
		t.Run(fmt.Sprintf("%s/%s/%s", c.fault.Kind, c.fault.Path, c.name), func(t *testing.T) {
			if c.said.rpc != "" || !c.said.isError {
				t.Fatalf("not an error result: %s%.200s", c.said.rpc, c.said.text)
			}
			for _, fault := range unclear(c.said.text) {
				t.Errorf("%s:\n%s", fault, c.said.text)
			}
			for _, wrong := range []string{mayHaveRun, "connected service"} {
				if strings.Contains(c.said.text, wrong) {
					t.Errorf("says %q, although the operation was never sent:\n%s", wrong, c.said.text)
				}
			}
			for _, r := range c.requests {
				if strings.HasSuffix(r.Path, "/execute") {
					t.Errorf("the operation was sent: %s %s", r.Method, r.Path)
				}
			}
		})
	}
}

// TestFaultsAreClearOnEveryTransport plays a sample on the two other transports.
func TestFaultsAreClearOnEveryTransport(t *testing.T) {
	t.Parallel()
	stage := newStage(t)
	type cell struct {
		scene
		transport string
		kind      sandbox.FaultKind
		played
	}
	var cells []*cell
	for _, transport := range []string{"stdio", "sse"} {
		for _, kind := range sandbox.FaultKinds() {
			for _, name := range []string{"list_connectors", "execute_operation create"} {
				cells = append(cells, &cell{scene: sceneNamed(name), transport: transport, kind: sandbox.FaultKind(kind)})
			}
		}
	}
	together(len(cells), func(i int) {
		c := cells[i]
		c.played = stage.playOn(c.transport, c.scene, []sandbox.Fault{during(c.kind)})
	})
	for _, c := range cells {
		t.Run(fmt.Sprintf("%s/%s/%s", c.transport, c.kind, c.name), func(t *testing.T) {
			if c.said.rpc != "" {
				t.Fatalf("a JSON-RPC error, which no model sees: %s", c.said.rpc)
			}
			if c.said.isError == harmless(c.kind, c.scene) {
				t.Fatalf("is an error: %v: %.200s", c.said.isError, c.said.text)
			}
			if c.said.isError {
				for _, fault := range append(unclear(c.said.text), misadvised(c.kind, c.scene, c.said.text)...) {
					t.Errorf("%s:\n%s", fault, c.said.text)
				}
			}
			if c.writes {
				writtenOnce(t, c.requests)
			}
		})
	}
}

// Third parties refuse credentials with a status of their own choice.
func TestExpiredCredentialsPointToCheckConnectorWhateverTheStatus(t *testing.T) {
	t.Parallel()
	stage := newStage(t)
	statuses := []int{400, 401, 403, 422, 500}
	got := make([]played, len(statuses))
	together(len(statuses), func(i int) {
		got[i] = stage.play(sceneNamed("execute_operation list"), []sandbox.Fault{{Kind: sandbox.ExpiredCredentials, Status: statuses[i]}})
	})
	for i, p := range got {
		for _, fault := range append(unclear(p.said.text), misadvised(sandbox.ExpiredCredentials, sceneNamed("execute_operation list"), p.said.text)...) {
			t.Errorf("%d: %s:\n%s", statuses[i], fault, p.said.text)
		}
	}
}

func TestWaitIsNamedWhenItDoesNotFitTheDeadline(t *testing.T) {
	t.Parallel()
	stage := newStage(t)
	got := stage.play(sceneNamed("list_connectors"), []sandbox.Fault{{Kind: sandbox.RateLimited, RetryAfter: 90 * time.Second}})
	if !got.said.isError || !strings.Contains(got.said.text, "Wait 90 seconds,") || len(got.requests) != 2 {
		t.Errorf("after %d requests, of which one for a token: %s", len(got.requests), got.said.text)
	}
}

// A write that took effect before the connection broke is not made again.
func TestCutWriteLeavesOneRecord(t *testing.T) {
	t.Parallel()
	for _, kind := range []sandbox.FaultKind{sandbox.Cut, sandbox.CutMidway, sandbox.BrokenJSON, sandbox.Slow} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			stage := newStage(t)
			world := stage.newWorld(kind)
			defer world.close()
			fault := during(kind)
			if kind == sandbox.Slow {
				fault.Delay = time.Millisecond // it takes effect, and is answered
			}
			count := func() (issues, connectors int) {
				listed := stage.call(world, "execute_operation",
					`{"connector_id": "`+linearID+`", "entity": "issues", "action": "list", "params": {"first": 250}, "select_fields": ["title"]}`)
				return strings.Count(listed.text, issueTitle), strings.Count(stage.call(world, "list_connectors", `{}`).text, "Linear of a fault")
			}
			if issues, connectors := count(); issues+connectors > 0 {
				t.Fatalf("%d issues and %d connectors before", issues, connectors)
			}
			world.sandbox.Inject(fault)
			for tool, args := range map[string]string{"execute_operation": createIssue, "create_connector": newLinear} {
				if got := stage.call(world, tool, args); got.isError == (kind == sandbox.Slow) {
					t.Errorf("%s: %s", tool, got.text)
				}
			}
			world.sandbox.ClearFaults()
			if issues, connectors := count(); issues != 1 || connectors != 1 {
				t.Errorf("%d issues and %d connectors were made, want one of each", issues, connectors)
			}
		})
	}
}

// TestCanceledCallIsCanceledUpstream cancels while the service works on the
// request, once as stdio does it and once as HTTP does.
func TestCanceledCallIsCanceledUpstream(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"list_connectors", "execute_operation list", "execute_operation create"} {
		for _, transport := range []string{"stdio", "streamable-http"} {
			t.Run(transport+"/"+name, func(t *testing.T) {
				t.Parallel()
				stage := newStage(t)
				s := sceneNamed(name)
				arrived, gone := make(chan struct{}, 10), make(chan struct{}, 10)
				world := stage.newWorldBehind("", func(next http.Handler) http.Handler {
					return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						if strings.HasSuffix(r.URL.Path, "/applications/token") {
							next.ServeHTTP(w, r)
							return
						}
						_, _ = io.Copy(io.Discard, r.Body) // without which nobody notices that the caller left
						arrived <- struct{}{}
						<-r.Context().Done()
						gone <- struct{}{}
					})
				})
				if transport == "stdio" {
					in, client := io.Pipe()
					ended := make(chan error, 1)
					go func() { ended <- stage.newServer().ServeStdio(world.context(t.Context()), in, io.Discard) }()
					_, _ = io.WriteString(client, handshake+callLine(s.tool(), s.args))
					<-arrived
					_, _ = io.WriteString(client, `{"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 2}}`+"\n")
					<-gone
					client.Close()
					if err := <-ended; err != nil { // the call has ended by then
						t.Error(err)
					}
				} else {
					ctx, cancel := context.WithCancel(t.Context())
					ended := make(chan struct{})
					go func() { defer close(ended); stage.post(ctx, world, s.tool(), s.args) }()
					<-arrived
					cancel()
					<-gone
					<-ended
				}
				world.close() // waits for whatever is under way
				if again := len(arrived); again > 0 {
					t.Errorf("the canceled request was sent %d times more", again)
				}
			})
		}
	}
}

// patience is the client's timeout: far more than two repeats wait for.
const patience = time.Minute

// stage is an MCP server on every transport, whose callers each have a world of
// their own.
type stage struct {
	t         testing.TB
	tools     []tools.Tool
	log       *slog.Logger
	change    func(*server.Config) // of what is usual; nil for nothing
	inProcess *server.Server
	web       *httptest.Server
	session   string
	worlds    sync.Map // number → *world
}

// world is a sandbox behind a real listener, and a client of it.
type world struct {
	number   string
	sandbox  *sandbox.Sandbox // nil behind a handler of the test's own
	upstream *httptest.Server
	api      *airbyteclient.Client
	close    func()
}

type worldKey struct{}

// context is one in which the server acts with this world's client.
func (w *world) context(ctx context.Context) context.Context {
	return context.WithValue(ctx, worldKey{}, w.api)
}

func everyTool(t testing.TB) []tools.Tool {
	t.Helper()
	list, err := tools.Choose(tools.Catalog(), tools.Choice{Toolsets: []string{"all"}})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func newStage(t testing.TB) *stage { return newStageLogging(t, slog.DiscardHandler) }

func newStageLogging(t testing.TB, log slog.Handler) *stage { return newStageOf(t, log, nil) }

func newStageOf(t testing.TB, log slog.Handler, change func(*server.Config)) *stage {
	t.Helper()
	s := &stage{t: t, tools: everyTool(t), log: slog.New(log), change: change}
	s.inProcess = s.newServer()
	handler := s.inProcess.Handler()
	s.web = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if mine, ok := s.worlds.Load(r.Header.Get("X-World")); ok {
			r = r.WithContext(mine.(*world).context(r.Context()))
		}
		handler.ServeHTTP(w, r)
	}))
	s.web.Config.ErrorLog = slog.NewLogLogger(log, slog.LevelWarn)
	s.web.Client().Transport.(*http.Transport).MaxIdleConnsPerHost = 256
	t.Cleanup(s.web.Close)
	greeting := s.exchange(t.Context(), "", strings.SplitN(handshake, "\n", 2)[0])
	if s.session = greeting.header.Get("Mcp-Session-Id"); s.session == "" {
		t.Fatalf("no session: %s", greeting.bytes)
	}
	return s
}

func (s *stage) newServer() *server.Server {
	clients := func(ctx context.Context) (*airbyteclient.Client, error) {
		return ctx.Value(worldKey{}).(*airbyteclient.Client), nil
	}
	config := server.Config{
		Transport: "http", Address: "127.0.0.1:0", MaxRequestBytes: 4 << 20, SessionIdle: time.Minute, Version: "1.0.0",
	}
	if s.change != nil {
		s.change(&config)
	}
	made, err := server.New(s.tools, clients, config, s.log)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(made.Close)
	return made
}

func anySandbox() *sandbox.Sandbox {
	select {
	case s := <-unused:
		return s
	default:
		return sandbox.New(sandbox.Options{})
	}
}

// newWorld is impatient where the fault is slowness, and names no organization
// where the fault is that there are several.
func (s *stage) newWorld(kind sandbox.FaultKind) *world { return s.newWorldBehind(kind, nil) }

func (s *stage) newWorldBehind(kind sandbox.FaultKind, around func(http.Handler) http.Handler) *world {
	w := &world{}
	var handler http.Handler
	if around == nil {
		w.sandbox = anySandbox()
		handler = w.sandbox
	} else {
		behind := sync.OnceValue(anySandbox) // some never let a request through
		handler = around(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { behind().ServeHTTP(w, r) }))
	}
	w.upstream = httptest.NewServer(handler)
	w.number = w.upstream.URL
	config := airbyteclient.Config{
		APIHost: w.upstream.URL, ClientID: sandbox.ClientID, ClientSecret: airbyteclient.NewSecret(sandbox.ClientSecret),
		OrganizationID: sandbox.OrganizationID, Timeout: patience, ExecuteTimeout: patience, MaxAnswerBytes: 2 << 20,
	}
	switch kind {
	case sandbox.Slow:
		config.Timeout = 4 * time.Second // and patient enough for a busy machine
		if underRace {
			config.Timeout = 15 * time.Second
		}
		config.ExecuteTimeout = config.Timeout
	case sandbox.MultiOrganization:
		config.OrganizationID = ""
	}
	var err error
	if w.api, err = airbyteclient.New(config, airbyteclient.WithObserver(telemetry.Observe)); err != nil {
		s.t.Fatal(err)
	}
	s.worlds.Store(w.number, w)
	w.close = func() {
		s.worlds.Delete(w.number)
		w.api.CloseIdleConnections()
		w.upstream.Close()
	}
	return w
}

// played is how a scene went.
type played struct {
	said     said
	took     time.Duration
	requests []sandbox.Request
}

func (s *stage) play(sc scene, faults []sandbox.Fault) played {
	return s.playOn("streamable-http", sc, faults)
}

// playOn plays a scene in a new world.
func (s *stage) playOn(transport string, sc scene, faults []sandbox.Fault) played {
	kind := sandbox.FaultKind("")
	if len(faults) > 0 {
		kind = faults[0].Kind
	}
	w := s.newWorld(kind)
	var p played
	defer func() {
		w.close()
		changed := slices.Contains([]sandbox.FaultKind{sandbox.Cut, sandbox.CutMidway, sandbox.BrokenJSON}, kind)
		if !sc.writes || p.said.isError && !changed {
			w.sandbox.ClearFaults()
			w.sandbox.ResetRequests()
			select {
			case unused <- w.sandbox:
			default:
			}
		}
	}()
	if strings.Contains(sc.args, "{{token}}") {
		token, err := w.api.CreateScopedToken(s.t.Context(), airbyteclient.CreateScopedTokenRequest{WorkspaceName: "default"})
		if err != nil {
			s.t.Error(err)
			return played{}
		}
		sc.args = strings.ReplaceAll(sc.args, "{{token}}", token.Token)
		w.sandbox.ResetRequests()
	}
	for _, f := range faults {
		w.sandbox.Inject(f)
	}
	start := time.Now()
	switch transport {
	case "stdio":
		p.said = s.stdio(w, sc.tool(), sc.args)
	case "sse":
		p.said = s.sse(w, sc.tool(), sc.args)
	default:
		p.said = s.call(w, sc.tool(), sc.args)
	}
	p.took, p.requests = time.Since(start), w.sandbox.Requests()
	return p
}

const atOnce = 32

// unused are sandboxes in their initial state, since making one takes 15 ms.
var unused = make(chan *sandbox.Sandbox, 2*atOnce)

// slots are shared by all tests that play scenes: together they would keep two
// cores busy for longer than a call waits.
var slots = make(chan struct{}, atOnce)

// together runs n functions at once: they spend their time waiting.
func together(n int, f func(int)) {
	var all sync.WaitGroup
	for i := range n {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			f(i)
		})
	}
	all.Wait()
}

// said is what a client hears of one call.
type said struct {
	isError bool
	text    string
	rpc     string      // a JSON-RPC error, or whatever else is no result
	bytes   []byte      // the whole answer
	header  http.Header // its HTTP header
}

const handshake = `{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}}` +
	"\n" + `{"jsonrpc": "2.0", "method": "notifications/initialized"}` + "\n"

// callLine is a call of the ID 2, on one line.
func callLine(tool, args string) string {
	var line bytes.Buffer
	if err := json.Compact(&line, []byte(args)); err != nil {
		panic(fmt.Sprintf("arguments of %s: %v", tool, err))
	}
	return fmt.Sprintf(`{"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": %q, "arguments": %s}}`+"\n", tool, line.String())
}

// hear reads the answer to the call out of messages.
func hear(messages [][]byte) said {
	for _, message := range messages {
		var m struct {
			ID     json.RawMessage `json:"id"`
			Error  json.RawMessage `json:"error"`
			Result *struct {
				IsError bool                    `json:"isError"`
				Content []struct{ Text string } `json:"content"`
			} `json:"result"`
		}
		if err := json.Unmarshal(message, &m); err != nil || string(m.ID) != "2" {
			continue
		}
		if m.Result == nil || len(m.Result.Content) != 1 {
			return said{rpc: string(message)}
		}
		return said{isError: m.Result.IsError, text: m.Result.Content[0].Text}
	}
	return said{rpc: "no answer"}
}

func (s *stage) call(w *world, tool, args string) said {
	return s.post(s.t.Context(), w, tool, args)
}

// post calls by /mcp.
func (s *stage) post(ctx context.Context, w *world, tool, args string) said {
	got := s.exchange(ctx, w.number, callLine(tool, args))
	body := got.bytes
	if strings.HasPrefix(got.header.Get("Content-Type"), "text/event-stream") {
		body = nil
		for line := range bytes.Lines(got.bytes) {
			if data, ok := bytes.CutPrefix(line, []byte("data: ")); ok {
				body = data
			}
		}
	}
	heard := hear([][]byte{body})
	heard.bytes, heard.header = got.bytes, got.header
	if heard.rpc != "" {
		heard.rpc = got.rpc + string(got.bytes)
	}
	return heard
}

func (s *stage) exchange(ctx context.Context, world, message string) said {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.web.URL+"/mcp", strings.NewReader(message))
	if err != nil {
		return said{rpc: err.Error()}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	req.Header.Set("X-World", world)
	if s.session != "" {
		req.Header.Set("Mcp-Session-Id", s.session)
	}
	resp, err := s.web.Client().Do(req)
	if err != nil {
		return said{rpc: err.Error()}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return said{rpc: err.Error()}
	}
	return said{bytes: body, header: resp.Header, rpc: resp.Status}
}

// stdio calls on a server of its own, for one has one session.
func (s *stage) stdio(w *world, tool, args string) said {
	in, client := io.Pipe()
	out := untilAnswered{hangUp: func() { client.Close() }}
	go func() { _, _ = io.WriteString(client, handshake+callLine(tool, args)) }() // ends with the pipe at the latest
	if err := s.newServer().ServeStdio(w.context(s.t.Context()), in, &out); err != nil {
		return said{rpc: err.Error()}
	}
	heard := hear(bytes.Split(out.Bytes(), []byte("\n")))
	heard.bytes = out.Bytes()
	if heard.rpc != "" {
		heard.rpc += out.String()
	}
	return heard
}

// untilAnswered is a client that hears its call answered and leaves.
type untilAnswered struct {
	bytes.Buffer
	hangUp func()
}

func (u *untilAnswered) Write(p []byte) (int, error) {
	n, err := u.Buffer.Write(p)
	if bytes.HasSuffix(p, []byte("\n")) && bytes.Contains(u.Bytes(), []byte(`"id":2`)) {
		u.hangUp()
	}
	return n, err
}

// sse calls on an event stream of its own.
func (s *stage) sse(w *world, tool, args string) said {
	ctx, cancel := context.WithTimeout(s.t.Context(), 2*patience)
	defer cancel()
	send := func(method, path, message string) (*http.Response, error) {
		req, err := http.NewRequestWithContext(ctx, method, s.web.URL+path, strings.NewReader(message))
		if err != nil {
			return nil, err
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-World", w.number)
		return s.web.Client().Do(req)
	}
	stream, err := send(http.MethodGet, "/sse", "")
	if err != nil {
		return said{rpc: err.Error()}
	}
	defer stream.Body.Close()
	var all []byte
	lines := bufio.NewReader(stream.Body)
	next := func() ([]byte, error) {
		for {
			line, err := lines.ReadBytes('\n')
			all = append(all, line...)
			if data, ok := bytes.CutPrefix(line, []byte("data: ")); ok || err != nil {
				return bytes.TrimSpace(data), err
			}
		}
	}
	address, err := next()
	for _, message := range strings.SplitAfter(handshake+callLine(tool, args), "\n") {
		if message == "" || err != nil {
			continue
		}
		var resp *http.Response
		if resp, err = send(http.MethodPost, string(address), message); err == nil {
			body, _ := io.ReadAll(resp.Body)
			all = append(all, body...)
			resp.Body.Close()
		}
	}
	for err == nil {
		var message []byte
		if message, err = next(); err != nil {
			break
		}
		if heard := hear([][]byte{message}); heard.rpc != "no answer" {
			heard.bytes, heard.header = all, stream.Header
			return heard
		}
	}
	return said{rpc: fmt.Sprint(err), bytes: all}
}
