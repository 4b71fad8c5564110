package tools

import (
	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/airbyteclient/sandbox"
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
)

// world is an apiWorld with a runner of every tool.
type world struct {
	apiWorld
	runner *Runner
}

// newWorld makes a world at the time of the stories.
func newWorld(t testing.TB, options sandbox.Options, more ...Option) world {
	t.Helper()
	return world{newAPIWorld(t, options), newRunner(t, Limits{}, more...)}
}

// newRunner makes a runner of every tool, at the time of the stories.
func newRunner(t testing.TB, limits Limits, options ...Option) *Runner {
	t.Helper()
	options = append([]Option{WithClock(func() time.Time { return storyTime })}, options...)
	list, err := Choose(Catalog(), Choice{Toolsets: []string{"all"}})
	if err != nil {
		t.Fatal(err)
	}
	runner, err := NewRunner(list, limits, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(runner.Close)
	return runner
}

// call calls a tool as a server does. What is sealed differs from run to run
// and is left out.
func (w world) call(t testing.TB, tool string, arguments []byte) (json.RawMessage, error) {
	t.Helper()
	got, err := w.runner.Call(t.Context(), w.api.Client, tool, arguments)
	return sealedText.ReplaceAll(got.JSON, []byte(`"continuation":"…"`)), err
}

var sealedText = regexp.MustCompile(`"continuation":"[^"]+"`)

// ask makes a call that waits, and gives its plan.
func (w world) ask(t testing.TB, tool, arguments string) Plan {
	t.Helper()
	_, err := w.call(t, tool, []byte(arguments))
	waits, ok := errors.AsType[*ConfirmNeeded](err)
	if !ok {
		t.Fatalf("%s %s: %v, want a plan", tool, arguments, err)
	}
	return waits.Plan
}

func (w world) decide(t testing.TB, p Plan, yes bool) {
	t.Helper()
	if err := w.runner.Approver().Decide(p.Sealed, w.api.Identity(), yes, "test"); err != nil {
		t.Fatal(err)
	}
}

// wrote lists what reached the service that is no reading.
func (w world) wrote() []string {
	var list []string
	for _, r := range w.sandbox.Requests() {
		action := text(member(json.RawMessage(r.Body), "action"))
		reads := r.Method == "GET" || strings.HasSuffix(r.Path, "/applications/token") ||
			strings.HasSuffix(r.Path, "/execute") && airbyteclient.ReadingAction(action)
		if !reads {
			list = append(list, r.Method+" "+r.Path+" "+action)
		}
	}
	return list
}

// anIssue is the ID of an issue in Linear.
func (w world) anIssue(t testing.TB) string {
	t.Helper()
	got, err := w.call(t, "execute_operation", []byte(`{"connector_id": "linear", "entity": "issues", "action": "list", "params": {"first": 1}, "select_fields": ["id"]}`))
	if err != nil {
		t.Fatal(err)
	}
	id := text(field(got, "result.0.id"))
	if id == "" {
		id = text(field(got, "result.data.0.id"))
	}
	if id == "" {
		t.Fatalf("no issue in %s", got)
	}
	return id
}

// confirming is a world in which writes wait for a person.
func confirming(t testing.TB, rules ...WriteRule) world {
	t.Helper()
	return newWorld(t, sandbox.Options{}, WithWrites(Writes{Writes: confirm, Rules: rules}))
}

func everything(t *testing.T) []Tool {
	t.Helper()
	list, err := Choose(Catalog(), Choice{Toolsets: []string{"all"}})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// more is the arguments that go on after an answer.
func more(answer json.RawMessage) string {
	return string(append(appendMember([]byte("{"), "continuation", member(answer, "continuation")), '}'))
}

// journaled is a world that keeps a journal in a file.
func journaled(t *testing.T, writes string) (world, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "writes.jsonl")
	return newWorld(t, sandbox.Options{}, WithWrites(Writes{
		Writes: writes, Audit: file, RequestID: func(context.Context) string { return "req-1" },
	})), file
}

func lines(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.SplitAfter(strings.TrimSuffix(string(text), "\n")+"\n", "\n")[:bytes.Count(text, []byte("\n"))]
}

// replicas are two servers with the same keys and, where there is a folder, one
// ledger, in front of one service.
func replicas(t *testing.T, folder string, more ...Option) (a, b world) {
	t.Helper()
	a = newWorld(t, sandbox.Options{}, WithWrites(Writes{Writes: confirm}))
	b = a
	for _, w := range []*world{&a, &b} {
		options := append([]Option{WithWrites(Writes{Writes: confirm}), WithLedger(ledgerIn(t, folder))}, more...)
		w.runner = newRunner(t, Limits{SealKeyFile: keysForTest(t)}, options...)
	}
	return a, b
}

func sealForTest(t testing.TB) *Seal {
	t.Helper()
	seal, err := NewSeal([]byte("0123456789abcdef0123456789abcdef"))
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

func ledgerIn(t testing.TB, folder string) *Ledger {
	t.Helper()
	l, err := OpenLedger(folder, sealForTest(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

func (w world) reads(t *testing.T, session, tool, arguments string) json.RawMessage {
	t.Helper()
	got, err := w.runner.Call(InSession(t.Context(), session), w.api.Client, tool, json.RawMessage(arguments))
	if err != nil {
		t.Fatalf("%s %s: %v", tool, arguments, err)
	}
	return got.JSON
}

// writes tells how a write to Linear ends.
func (w world) writes(t *testing.T, session string) (kind, words string) {
	t.Helper()
	_, err := w.runner.Call(InSession(t.Context(), session), w.api.Client, "execute_operation", json.RawMessage(creating))
	if err == nil {
		return "ok", ""
	}
	return Kind(err), w.runner.Tools()["execute_operation"].Explain(err)
}

// keeping is a world with rules about where data may go.
func keeping(t *testing.T, writes string, flows ...FlowRule) world {
	t.Helper()
	return newWorld(t, sandbox.Options{}, WithWrites(Writes{Writes: writes, Flows: flows}))
}

// slowTools are tools that take a while, and how often they ran.
type slowTools struct {
	takes       time.Duration
	reads, sent atomic.Int32
}

type slowIn struct {
	Name   string `json:"name,omitempty" jsonschema_description:"x"`
	Action string `json:"action,omitempty" jsonschema_description:"x"`
}

type slowOut struct {
	Result json.RawMessage `json:"result"`
}

func (s *slowTools) list() []Tool {
	run := func(ran *atomic.Int32) func(context.Context, *Account, slowIn) (slowOut, error) {
		return func(ctx context.Context, _ *Account, in slowIn) (slowOut, error) {
			ran.Add(1)
			select {
			case <-time.After(s.takes):
			case <-ctx.Done():
				return slowOut{}, ctx.Err()
			}
			if in.Name == "panic" {
				panic("out of order")
			}
			return slowOut{encoded("done " + in.Name)}, nil
		}
	}
	return []Tool{
		define(Tool{Name: "list_slowly", Title: "x", Description: "x"}, run(&s.reads)),
		define(Tool{Name: "update_slowly", Title: "x", Description: "x", Effect: Destroy}, run(&s.sent)),
		readMoreTool(),
	}
}

const (
	linearID = "c0000005-0000-4000-8000-000000000005"
	teamID   = "64246afc-fe18-4ff3-9b07-0a25a4f2b776"
	creating = `{"connector_id": "linear", "entity": "issues", "action": "create", "params": {"teamId": "` + teamID + `", "title": "Export fails"}}`
)

const (
	readingHubSpot = `{"connector_id": "hubspot", "entity": "companies", "limit": 1}`
	readingGitHub  = `{"connector_id": "github", "entity": "repositories", "limit": 1}`
)

// readMoreTool returns read_more.
func readMoreTool() Tool {
	for _, set := range Catalog() {
		for _, t := range set.Tools {
			if t.Name == "read_more" {
				return t
			}
		}
	}
	panic("there is no read_more")
}

// slowly is a process whose writes take a while and wait for a person.
func slowly(t *testing.T, s *slowTools) (*Runner, *airbyteclient.Client) {
	t.Helper()
	r, err := NewRunner(s.list(), Limits{}, WithWrites(Writes{Writes: confirm}))
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

var update = flag.Bool("update", false, "rewrite what the stories in testdata record")
