package tools_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/tools"
	"airbyte-agent-mcp/tools/dispatch/dispatchtest"
)

// A story is testdata/TOOL.txtar or testdata/TOOL.CASE.txtar: a comment that
// says what it tells, args.json and first.json, a call that comes before, are written by hand; what was sent over
// HTTP, what a model reads, and how a client sees the tool are recorded.
func TestStories(t *testing.T) {
	byName := map[string]tools.Tool{}
	for _, set := range tools.Catalog() {
		for _, tool := range set.Tools {
			byName[tool.Name] = tool
		}
	}
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, file := range files {
		name, kind, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".txtar"), ".")
		tool, ok := byName[name]
		if !ok {
			t.Errorf("%s: there is no tool %q", file, name)
			continue
		}
		told[name] = told[name] || kind == ""
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			story, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := tell(t, tool, story, kind == "")
			if *dispatchtest.Update {
				if err := os.WriteFile(file, txtar.Format(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(txtar.Format(story)), string(txtar.Format(got))); diff != "" {
				t.Errorf("the story changed (-want +got); if that is meant, run go test ./tools -update\n%s", diff)
			}
		})
	}
	for name := range byName {
		if !told[name] {
			t.Errorf("tool %s has no story: write testdata/%s.txtar with a comment and args.json", name, name)
		}
	}
}

// tell plays a story in a world of its own.
func tell(t *testing.T, tool tools.Tool, story *txtar.Archive, withTool bool) *txtar.Archive {
	if len(bytes.TrimSpace(story.Comment)) == 0 {
		t.Errorf("the story has no comment that says what it tells")
	}
	var args, first []byte
	for _, f := range story.Files {
		switch f.Name {
		case "args.json":
			args = f.Data
		case "first.json":
			first = f.Data
		}
	}
	world := dispatchtest.New(t, sandbox.Options{})
	filled := bytes.ReplaceAll(args, []byte("{{token}}"), []byte(scopedToken(world, t, args)))
	filled = bytes.ReplaceAll(filled, []byte("{{continuation}}"), []byte(continuation(world, t, first)))
	answer, err := world.Call(t, tool.Name, filled)
	got := &txtar.Archive{Comment: story.Comment}
	add := func(name, data string) {
		got.Files = append(got.Files, txtar.File{Name: name, Data: []byte(strings.TrimRight(data, "\n") + "\n")})
	}
	if first != nil {
		add("first.json", string(first))
	}
	add("args.json", string(args))
	add("http", sent(world))
	if err != nil {
		add("error.txt", tool.Explain(err))
	} else {
		add("answer.json", indented(t, answer))
		if err := checkAnswer(tool, answer); err != nil {
			t.Errorf("the answer does not fit the tool's output schema: %v", err)
		}
	}
	if withTool {
		add("tool.json", described(t, tool))
	}
	return got
}

func checkAnswer(t tools.Tool, answer json.RawMessage) error {
	schema, err := t.Schemas()
	if err != nil {
		return err
	}
	return schema.Output.Check(answer)
}

func indented(t *testing.T, raw json.RawMessage) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		t.Fatalf("the answer is not JSON: %v\n%s", err, raw)
	}
	const most = 6000
	if b.Len() > most {
		return b.String()[:most] + fmt.Sprintf("\n… %d bytes more", b.Len()-most)
	}
	return b.String()
}

func described(t *testing.T, tool tools.Tool) string {
	t.Helper()
	b, err := tool.Definition()
	if err != nil {
		t.Fatal(err)
	}
	return indented(t, b)
}

// scopedToken mints a token where the arguments ask for one.
func scopedToken(w dispatchtest.World, t *testing.T, args []byte) string {
	t.Helper()
	if !bytes.Contains(args, []byte("{{token}}")) {
		return ""
	}
	got, err := w.Api.CreateScopedToken(t.Context(), airbyteclient.CreateScopedTokenRequest{WorkspaceName: "default"})
	if err != nil {
		t.Fatal(err)
	}
	w.Sandbox.ResetRequests()
	return got.Token
}

// continuation is what the call of a tool that comes first hands out, empty
// where none does.
func continuation(w dispatchtest.World, t *testing.T, first []byte) string {
	t.Helper()
	if first == nil {
		return ""
	}
	got, err := w.Runner.Call(t.Context(), w.Api.Client, rawjson.Text(rawjson.Member(first, "tool")), rawjson.Member(first, "arguments"))
	if err != nil {
		t.Fatal(err)
	}
	w.Sandbox.ResetRequests()
	return rawjson.Text(rawjson.Member(got.JSON, "continuation"))
}

// sent lists the requests that reached the API, the token mint left out. Those
// that a tool sends side by side stand in the order of the alphabet.
func sent(w dispatchtest.World) string {
	var lines []string
	for _, r := range w.Sandbox.Requests() {
		if strings.HasSuffix(r.Path, "/applications/token") {
			continue
		}
		line := r.Method + " " + r.Path
		if r.Query != "" {
			line += "?" + r.Query
		}
		if len(r.Body) > 0 {
			line += "\n" + string(bytes.TrimSpace([]byte(r.Body)))
		}
		lines = append(lines, fmt.Sprintf("%s\n=> %d\n", line, r.Status))
	}
	for start := 0; start < len(lines); start++ {
		end := start
		for end < len(lines) && strings.HasPrefix(lines[end], "GET ") {
			end++
		}
		slices.Sort(lines[start:end])
		start = max(start, end)
	}
	return strings.Join(lines, "")
}
