package dispatchtest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/tools"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/account/accounttest"
	"airbyte-agent-mcp/tools/approval"
	"airbyte-agent-mcp/tools/dispatch"
	"airbyte-agent-mcp/tools/ledger"
	"airbyte-agent-mcp/tools/plan"
	"airbyte-agent-mcp/tools/refusal"
)

// World is an apiWorld with a runner of every tool.
type World struct {
	accounttest.World
	Runner *dispatch.Runner
}

// New makes a world at the time of the stories.
func New(t testing.TB, options sandbox.Options, more ...dispatch.Option) World {
	t.Helper()
	return World{accounttest.New(t, options), NewRunner(t, dispatch.Limits{}, more...)}
}

// NewRunner makes a runner of every tool, at the time of the stories.
func NewRunner(t testing.TB, limits dispatch.Limits, options ...dispatch.Option) *dispatch.Runner {
	t.Helper()
	options = append([]dispatch.Option{dispatch.WithClock(func() time.Time { return accounttest.StoryTime })}, options...)
	list, err := tools.Choose(tools.Catalog(), tools.Choice{Toolsets: []string{"all"}})
	if err != nil {
		t.Fatal(err)
	}
	runner, err := dispatch.NewRunner(list, limits, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(runner.Close)
	return runner
}

// Call calls a tool as a server does. What is sealed differs from run to run
// and is left out.
func (w World) Call(t testing.TB, tool string, arguments []byte) (json.RawMessage, error) {
	t.Helper()
	got, err := w.Runner.Call(t.Context(), w.Api.Client, tool, arguments)
	return sealedText.ReplaceAll(got.JSON, []byte(`"continuation":"…"`)), err
}

var sealedText = regexp.MustCompile(`"continuation":"[^"]+"`)

// Ask makes a call that waits, and gives its plan.
func (w World) Ask(t testing.TB, tool, arguments string) plan.Plan {
	t.Helper()
	_, err := w.Call(t, tool, []byte(arguments))
	waits, ok := errors.AsType[*approval.ConfirmNeeded](err)
	if !ok {
		t.Fatalf("%s %s: %v, want a plan", tool, arguments, err)
	}
	return waits.Plan
}

func (w World) Decide(t testing.TB, p plan.Plan, yes bool) {
	t.Helper()
	if err := w.Runner.Approver().Decide(p.Sealed, w.Api.Identity(), yes, "test"); err != nil {
		t.Fatal(err)
	}
}

// Wrote lists what reached the service that is no reading.
func (w World) Wrote() []string {
	var list []string
	for _, r := range w.Sandbox.Requests() {
		action := rawjson.Text(rawjson.Member(json.RawMessage(r.Body), "action"))
		reads := r.Method == "GET" || strings.HasSuffix(r.Path, "/applications/token") ||
			strings.HasSuffix(r.Path, "/execute") && airbyteclient.ReadingAction(action)
		if !reads {
			list = append(list, r.Method+" "+r.Path+" "+action)
		}
	}
	return list
}

// AnIssue is the ID of an issue in Linear.
func (w World) AnIssue(t testing.TB) string {
	t.Helper()
	got, err := w.Call(t, "execute_operation", []byte(`{"connector_id": "linear", "entity": "issues", "action": "list", "params": {"first": 1}, "select_fields": ["id"]}`))
	if err != nil {
		t.Fatal(err)
	}
	id := rawjson.Text(rawjson.Field(got, "result.0.id"))
	if id == "" {
		id = rawjson.Text(rawjson.Field(got, "result.data.0.id"))
	}
	if id == "" {
		t.Fatalf("no issue in %s", got)
	}
	return id
}

// Confirming is a world in which writes wait for a person.
func Confirming(t testing.TB, rules ...plan.WriteRule) World {
	t.Helper()
	return New(t, sandbox.Options{}, dispatch.WithWrites(plan.Policy{Mode: plan.Confirm, Rules: rules}))
}

func Everything(t *testing.T) []tools.Tool {
	t.Helper()
	list, err := tools.Choose(tools.Catalog(), tools.Choice{Toolsets: []string{"all"}})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// More is the arguments that go on after an answer.
func More(answer json.RawMessage) string {
	return string(append(rawjson.AppendMember([]byte("{"), "continuation", rawjson.Member(answer, "continuation")), '}'))
}

// Journaled is a world that keeps a journal in a file.
func Journaled(t *testing.T, writes string) (World, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "writes.jsonl")
	return New(t, sandbox.Options{}, dispatch.WithWrites(plan.Policy{
		Mode: writes, Audit: file, RequestID: func(context.Context) string { return "req-1" },
	})), file
}

func Lines(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.SplitAfter(strings.TrimSuffix(string(text), "\n")+"\n", "\n")[:bytes.Count(text, []byte("\n"))]
}

// Replicas are two servers with the same keys and, where there is a folder, one
// ledger, in front of one service.
func Replicas(t *testing.T, folder string, more ...dispatch.Option) (a, b World) {
	t.Helper()
	a = New(t, sandbox.Options{}, dispatch.WithWrites(plan.Policy{Mode: plan.Confirm}))
	b = a
	for _, w := range []*World{&a, &b} {
		options := append([]dispatch.Option{dispatch.WithWrites(plan.Policy{Mode: plan.Confirm}), dispatch.WithLedger(LedgerIn(t, folder))}, more...)
		w.Runner = NewRunner(t, dispatch.Limits{SealKeyFile: keysForTest(t)}, options...)
	}
	return a, b
}

func sealForTest(t testing.TB) *ledger.Seal {
	t.Helper()
	seal, err := ledger.NewSeal([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	return seal
}

// keysForTest returns a file with the keys of sealForTest.
func keysForTest(t testing.TB) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(file, []byte(base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef"))+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func LedgerIn(t testing.TB, folder string) *ledger.Ledger {
	t.Helper()
	l, err := ledger.OpenLedger(folder, sealForTest(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

func (w World) Reads(t *testing.T, session, tool, arguments string) json.RawMessage {
	t.Helper()
	got, err := w.Runner.Call(plan.InSession(t.Context(), session), w.Api.Client, tool, json.RawMessage(arguments))
	if err != nil {
		t.Fatalf("%s %s: %v", tool, arguments, err)
	}
	return got.JSON
}

// Writes tells how a write to Linear ends.
func (w World) Writes(t *testing.T, session string) (kind, words string) {
	t.Helper()
	_, err := w.Runner.Call(plan.InSession(t.Context(), session), w.Api.Client, "execute_operation", json.RawMessage(Creating))
	if err == nil {
		return "ok", ""
	}
	return refusal.KindOf(err), w.Runner.Tools()["execute_operation"].Explain(err)
}

// Keeping is a world with rules about where data may go.
func Keeping(t *testing.T, writes string, flows ...plan.FlowRule) World {
	t.Helper()
	return New(t, sandbox.Options{}, dispatch.WithWrites(plan.Policy{Mode: writes, Flows: flows}))
}

// SlowTools are tools that take a while, and how often they ran.
type SlowTools struct {
	Takes       time.Duration
	Reads, Sent atomic.Int32
}

type slowIn struct {
	Name   string `json:"name,omitempty" jsonschema_description:"x"`
	Action string `json:"action,omitempty" jsonschema_description:"x"`
}

type slowOut struct {
	Result json.RawMessage `json:"result"`
}

func (s *SlowTools) List() []tools.Tool {
	run := func(ran *atomic.Int32) func(context.Context, *account.Account, slowIn) (slowOut, error) {
		return func(ctx context.Context, _ *account.Account, in slowIn) (slowOut, error) {
			ran.Add(1)
			select {
			case <-time.After(s.Takes):
			case <-ctx.Done():
				return slowOut{}, ctx.Err()
			}
			if in.Name == "panic" {
				panic("out of order")
			}
			return slowOut{rawjson.Of("done " + in.Name)}, nil
		}
	}
	return []tools.Tool{
		tools.Define(tools.Tool{Name: "list_slowly", Title: "x", Description: "x"}, run(&s.Reads)),
		tools.Define(tools.Tool{Name: "update_slowly", Title: "x", Description: "x", Effect: tools.Destroy}, run(&s.Sent)),
		ReadMoreTool(),
	}
}

const (
	LinearID = "c0000005-0000-4000-8000-000000000005"
	TeamID   = "64246afc-fe18-4ff3-9b07-0a25a4f2b776"
	Creating = `{"connector_id": "linear", "entity": "issues", "action": "create", "params": {"teamId": "` + TeamID + `", "title": "Export fails"}}`
)

const (
	ReadingHubSpot = `{"connector_id": "hubspot", "entity": "companies", "limit": 1}`
	ReadingGitHub  = `{"connector_id": "github", "entity": "repositories", "limit": 1}`
)

// ReadMoreTool returns read_more.
func ReadMoreTool() tools.Tool {
	for _, set := range tools.Catalog() {
		for _, t := range set.Tools {
			if t.Name == "read_more" {
				return t
			}
		}
	}
	panic("there is no read_more")
}

// Slowly is a process whose writes take a while and wait for a person.
func Slowly(t *testing.T, s *SlowTools) (*dispatch.Runner, *airbyteclient.Client) {
	t.Helper()
	r, err := dispatch.NewRunner(s.List(), dispatch.Limits{}, dispatch.WithWrites(plan.Policy{Mode: plan.Confirm}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	client, err := airbyteclient.New(airbyteclient.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return r, client
}

var Update = flag.Bool("update", false, "rewrite what the stories in testdata record")
