package airbyteclient_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/tools"
	"airbyte-agent-mcp/tools/dispatch"
)

// TestContract makes every operation of the client against the sandbox and
// holds both sides against the published document. An operation without a
// client method, a tool or a handler in the sandbox is named, and fails.
func TestContract(t *testing.T) {
	t.Parallel()
	doc := loadDocument(t)

	t.Run("client and document know the same operations", func(t *testing.T) {
		known := map[string]bool{}
		for _, op := range airbyteclient.Operations() {
			known[op.Method+" "+op.Path] = true
			if !slices.ContainsFunc(doc.operations, func(o documented) bool { return o.Method == op.Method && o.Path == op.Path }) {
				t.Errorf("the document has no operation for %s: %s %s", op.Name, op.Method, op.Path)
			}
		}
		for _, operation := range doc.operations {
			if !known[operation.Method+" "+operation.Path] {
				t.Errorf("no operation of the client: %s", operation)
			}
		}
	})

	t.Run("the sandbox handles every operation", func(t *testing.T) {
		t.Parallel()
		w := newContractWorld(t, doc)
		for _, operation := range doc.operations {
			if status, body := w.probe(operation); unknownRoute(status, body) {
				t.Errorf("no handler in the sandbox: %s", operation)
			}
		}
	})

	t.Run("every operation has a client method that works", func(t *testing.T) {
		t.Parallel()
		seen := &record{}
		t.Run("calls", func(t *testing.T) {
			for _, op := range airbyteclient.Operations() {
				t.Run(op.Name, func(t *testing.T) {
					t.Parallel()
					playCalls(t, doc, seen, op)
				})
			}
		})
		for _, row := range contractCalls {
			if !slices.ContainsFunc(airbyteclient.Operations(), func(op airbyteclient.Operation) bool { return op.Name == row.operation }) {
				t.Errorf("contractCalls has calls of %s, which is no operation of the client", row.operation)
			}
		}
		for _, operation := range doc.operations {
			if !seen.succeeded(operation) {
				t.Errorf("no client method made it and had a good answer: %s", operation)
			}
		}
	})

	t.Run("every operation is reached by a tool", func(t *testing.T) {
		t.Parallel()
		seen := &record{}
		shared := newContractWorld(t, doc)
		t.Run("calls", func(t *testing.T) {
			for _, set := range tools.Catalog() {
				for _, tool := range set.Tools {
					t.Run(tool.Name, func(t *testing.T) {
						t.Parallel()
						w := shared.again(t)
						if tool.Effect != tools.Read {
							w = newContractWorld(t, doc)
						}
						callByStory(t, w, tool)
						seen.join(w.wire.record)
					})
				}
			}
		})
		for _, operation := range doc.operations {
			if !seen.succeeded(operation) {
				t.Errorf("no tool reaches: %s", operation)
			}
		}
	})
}

// playCalls plays the calls of one operation.
func playCalls(t *testing.T, doc *document, seen *record, op airbyteclient.Operation) {
	var world *contractWorld
	for _, row := range contractCalls {
		if row.operation != op.Name {
			continue
		}
		if world == nil {
			world = newContractWorld(t, doc)
		}
		t.Run(row.story, func(t *testing.T) {
			w := world.again(t)
			row.play(t, w, op)
			seen.join(w.wire.record)
		})
	}
	if world == nil {
		t.Errorf("%s has no call in contractCalls", op.Name)
	}
}

// callByStory calls a tool with the arguments of its story.
func callByStory(t *testing.T, w *contractWorld, tool tools.Tool) {
	story, err := txtar.ParseFile(filepath.Join("../tools/testdata", tool.Name+".txtar"))
	if err != nil {
		t.Fatalf("the tool has no story to take arguments from: %v", err)
	}
	at := slices.IndexFunc(story.Files, func(f txtar.File) bool { return f.Name == "args.json" })
	if at < 0 {
		t.Fatal("the tool's story has no args.json")
	}
	arguments := story.Files[at].Data
	if bytes.Contains(arguments, []byte("{{continuation}}")) {
		return // it sends what the call before it would
	}
	if bytes.Contains(arguments, []byte("{{token}}")) {
		arguments = bytes.ReplaceAll(arguments, []byte("{{token}}"), []byte(w.scopedToken("default")))
	}
	runner, err := dispatch.NewRunner([]tools.Tool{tool}, dispatch.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer runner.Close()
	if _, err := runner.Call(t.Context(), w.Client, tool.Name, arguments); err != nil {
		t.Errorf("the story's call went wrong: %v", err)
	}
}

// workspace is a page of one workspace, with one property set to a value.
func workspace(property, value string) string {
	all := object{
		"id": nobody, "name": "n", "organization_id": nobody, "status": "active", "cache_enabled": true, "tombstone": false,
		"visibility": "shared", "color": nil, "created_at": "2026-11-02T09:00:00Z", "updated_at": "2026-11-02T09:00:00Z",
	}
	all[property] = json.RawMessage(value)
	page, err := json.Marshal(object{"next": nil, "data": []any{all}})
	if err != nil {
		panic(err)
	}
	return string(page)
}

// TestContractIsJudged holds exchanges that break the contract against the
// document, lest a judge who never objects pass for a good one.
func TestContractIsJudged(t *testing.T) {
	t.Parallel()
	doc := loadDocument(t)
	const stats = `{"active_count":1,"inactive_count":0,"total_count":1}`
	for _, row := range []struct {
		name, method, target, sent string
		status                     int
		got, says                  string
	}{
		{"a good exchange", "GET", "/workspaces/stats", "", 200, stats, ""},
		{"a path of nobody's", "GET", "/workspaces/stats/more", "", 200, stats, "no such operation"},
		{"a method of nobody's", "POST", "/workspaces/stats", "{}", 200, stats, "no such operation"},
		{"a misspelt query parameter", "GET", "/workspaces?name_contain=a", "", 200, `{"data":[]}`, "name_contain"},
		{"a limit beyond bounds", "GET", "/workspaces?limit=101", "", 200, `{"data":[]}`, "101"},
		{"a limit beyond bounds among the additions", "GET", "/skills?limit=101", "", 200, `{"data":[]}`, "101"},
		{"an ID that is none", "GET", "/integrations/connectors/seven", "", 404, `{"detail":"no"}`, "seven"},
		{"a required parameter left out", "GET", "/skills/docs", "", 404, `{"detail":"no"}`, "id"},
		{"a required property left out", "POST", "/integrations/connectors/x/execute", `{"entity":"a"}`, 400, `{"message":"m"}`, "action"},
		{"a misspelt property", "POST", "/integrations/connectors/x/execute", `{"entity":"a","action":"list","selectFields":[]}`, 400, `{"message":"m"}`, "selectFields"},
		{"an intent that is too long", "POST", "/integrations/connectors/x/execute", `{"entity":"a","action":"list","intent":"` + strings.Repeat("x", 513) + `"}`, 400, `{"message":"m"}`, "intent"},
		{"a body where none belongs", "GET", "/workspaces/stats", "{}", 200, stats, "body"},
		{"an answer without a property", "GET", "/workspaces/stats", "", 200, `{"active_count":1,"inactive_count":0}`, "total_count"},
		{"an answer of another type", "GET", "/workspaces/stats", "", 200, `{"active_count":"1","inactive_count":0,"total_count":1}`, "active_count"},
		{"an answer with a property too many", "GET", "/workspaces/stats", "", 200, `{"active_count":1,"inactive_count":0,"total_count":1,"extra":1}`, "extra"},
		{"an answer with a bad ID", "GET", "/account/applications/scoped-token/info", "", 200, `{"organization_id":"o","workspace_id":"w","workspace_name":"n"}`, "organization_id"},
		{"an answer with a bad date, deep within", "GET", "/workspaces", "", 200, workspace("created_at", `"yesterday"`), "created_at"},
		{"an answer with an unknown word, deep within", "GET", "/workspaces", "", 200, workspace("status", `"asleep"`), "status"},
		{"an answer with a property too many, deep within", "GET", "/workspaces", "", 200, workspace("colour", `"red"`), "colour"},
		{"an answer with null where none may be", "GET", "/workspaces", "", 200, workspace("tombstone", "null"), "tombstone"},
		{"an answer with null where one may be", "GET", "/workspaces", "", 200, workspace("cache_enabled", "null"), ""},
		{"an answer without what was added", "GET", "/workspaces", "", 200, strings.Replace(workspace("color", "null"), `"visibility"`, `"visible"`, 1), "visibility"},
		{"a good status that the document does not have", "GET", "/workspaces/stats", "", 201, stats, "status is not supported"},
		{"an envelope without its metadata", "POST", "/integrations/connectors/x/execute", `{"entity":"a","action":"list"}`, 200, `{"status":"success","result":[],"connector_metadata":null,"execution_metadata":null}`, "execution_metadata"},
		{"a skill of no known kind", "GET", "/skills", "", 200, `{"data":[{"id":"a","kind":"odd","title":"t","provenance":"p","version":"1","freshness":{}}]}`, "kind"},
		{"an error of another shape", "GET", "/workspaces/stats", "", 400, `{"detail":"no"}`, "detail"},
		{"an undeclared error of another shape", "GET", "/workspaces/stats", "", 401, `{"error":"no"}`, "no known shape"},
		{"bytes in place of the envelope", "POST", "/integrations/connectors/x/execute", `{"entity":"a","action":"list"}`, 200, "PK", "decode"},
	} {
		t.Run(row.name, func(t *testing.T) {
			request := httptest.NewRequest(row.method, "/api/v1"+row.target, strings.NewReader(row.sent))
			request.Header.Set("Authorization", "Bearer t")
			request.Header.Set("Content-Type", "application/json")
			answer := &http.Response{StatusCode: row.status, Header: http.Header{"Content-Type": {"application/json"}}}
			_, err := doc.judge(exchange{request, []byte(row.sent), answer, []byte(row.got)})
			if row.says == "" {
				if err != nil {
					t.Errorf("judged wrong: %v", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), row.says) {
				t.Errorf("got %v, want words of %q", err, row.says)
			}
		})
	}
	t.Run("a request without a token", func(t *testing.T) {
		request := httptest.NewRequest(http.MethodGet, "/api/v1/workspaces/stats", nil)
		answer := &http.Response{StatusCode: 401, Header: http.Header{"Content-Type": {"application/json"}}}
		_, err := doc.judge(exchange{request, nil, answer, []byte(`{"detail":"Not authenticated"}`)})
		if err == nil || !strings.Contains(err.Error(), "no bearer token") {
			t.Errorf("got %v", err)
		}
	})
}
