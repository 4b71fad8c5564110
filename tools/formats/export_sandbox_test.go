package formats_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/schemas"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/tools"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/dispatch/dispatchtest"
	"airbyte-agent-mcp/tools/formats"
)

// The tools of a catalog made for tests, so that its golden files change with
// the formats only.
type sortIn struct {
	Shelf  string         `json:"shelf" jsonschema_description:"Name of the shelf, from list_shelves."`
	Order  string         `json:"order,omitempty" jsonschema:"enum=title,enum=year" jsonschema_description:"What to sort by."`
	Limit  int            `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100" jsonschema_description:"How many books."`
	Filter schemas.Object `json:"filter,omitempty" jsonschema_description:"Which books, such as {\"year\": 1922}."`
	Marks  []mark         `json:"marks,omitempty" jsonschema_description:"Where to put <marks> & flags."`
}

type mark struct {
	Page   int      `json:"page" jsonschema_description:"Page."`
	Labels []string `json:"labels,omitempty" jsonschema_description:"Words on it."`
}

type sortOut struct {
	Books []string `json:"books" jsonschema_description:"Titles."`
}

func library() []tools.Tool {
	sortBooks := func(context.Context, *account.Account, sortIn) (sortOut, error) { return sortOut{}, nil }
	listShelves := func(context.Context, *account.Account, struct{}) (sortOut, error) { return sortOut{}, nil }
	return []tools.Tool{
		tools.Define(tools.Tool{Name: "sort_books", Title: "Sort books", Description: "Sorts the books of a shelf.", Effect: tools.Write}, sortBooks),
		tools.Define(tools.Tool{Name: "list_shelves", Title: "List shelves", Description: "Lists the shelves.", Effect: tools.Read}, listShelves),
	}
}

func TestExport(t *testing.T) {
	t.Parallel()
	for _, f := range formats.Formats() {
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			got, err := formats.Export(library(), f, "v1.2.3")
			if err != nil {
				t.Fatal(err)
			}
			golden := "testdata/export." + string(f) + ".json"
			if *dispatchtest.Update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("(-want +got); go test ./tools -update\n%s", diff)
			}
		})
	}
}

func TestExportRefusesUnknownFormats(t *testing.T) {
	t.Parallel()
	if _, err := formats.Export(library(), "cobol", "v1"); err == nil || err.Error() != `there is no format "cobol"` {
		t.Errorf("got %v", err)
	}
}

// exported is the tools of a catalog as a reader of the format finds them: the
// schema of the arguments by name.
func exported(t *testing.T, list []tools.Tool, f formats.Format) map[string]map[string]any {
	t.Helper()
	text, err := formats.Export(list, f, "v1")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Tokens struct {
			Total   int
			PerTool map[string]int `json:"per_tool"`
		}
		Tools any
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, n := range doc.Tokens.PerTool {
		sum += n
	}
	if sum != doc.Tokens.Total || len(doc.Tokens.PerTool) != len(list) {
		t.Errorf("%s: tokens are %+v", f, doc.Tokens)
	}
	found := map[string]map[string]any{}
	add := func(name, schema any) { found[name.(string)], _ = schema.(map[string]any) }
	if f == formats.Vercel {
		for name, tool := range doc.Tools.(map[string]any) {
			add(name, tool.(map[string]any)["inputSchema"])
		}
		return found
	}
	entries := doc.Tools.([]any)
	if f == formats.Gemini {
		entries = entries[0].(map[string]any)["functionDeclarations"].([]any)
	}
	for _, entry := range entries {
		tool := entry.(map[string]any)
		switch f {
		case formats.MCP:
			add(tool["name"], tool["inputSchema"])
		case formats.OpenAI, formats.OpenAIStrict:
			function := tool["function"].(map[string]any)
			add(function["name"], function["parameters"])
		case formats.Anthropic:
			add(tool["name"], tool["input_schema"])
		case formats.Gemini:
			add(tool["name"], tool["parameters"])
		case formats.LangChain:
			add(tool["title"], tool)
		}
	}
	return found
}

// written is arguments as a model writes them that was shown a schema: where
// nothing may be absent null stands for it, and where an object is asked for as
// a string its text does.
func written(schema map[string]any, value any) any {
	types, nullable := schema["type"].([]any)
	text := schema["type"] == "string" || nullable && slices.Contains(types, any("string"))
	switch value := value.(type) {
	case map[string]any:
		if text {
			encoded, _ := json.Marshal(value)
			return string(encoded)
		}
		properties, ours := schema["properties"].(map[string]any)
		if !ours {
			return value
		}
		out := map[string]any{}
		required, _ := schema["required"].([]any)
		for key, inner := range properties {
			if given, there := value[key]; there {
				out[key] = written(inner.(map[string]any), given)
			} else if slices.Contains(required, any(key)) {
				out[key] = nil
			}
		}
		return out
	case []any:
		out := []any{}
		for _, element := range value {
			out = append(out, written(schema["items"].(map[string]any), element))
		}
		return out
	}
	return value
}

// sample is a value that fits a schema: all of it, or what is required.
func sample(schema map[string]any, all bool) any {
	if enum, ok := schema["enum"].([]any); ok {
		return enum[0]
	}
	switch schema["type"] {
	case "object":
		properties, ours := schema["properties"].(map[string]any)
		if !ours {
			return map[string]any{"filter[x]": []any{"<1>", nil}, "id": 7}
		}
		required, _ := schema["required"].([]any)
		out := map[string]any{}
		for key, inner := range properties {
			if all || slices.Contains(required, any(key)) {
				out[key] = sample(inner.(map[string]any), all)
			}
		}
		return out
	case "array":
		return []any{sample(schema["items"].(map[string]any), all)}
	case "integer", "number":
		return 1
	case "boolean":
		return true
	}
	return "word"
}

// Whatever form a model was shown, its arguments mean the same to the server.
func TestArgumentsOfEveryFormComeToTheSame(t *testing.T) {
	t.Parallel()
	list := append(dispatchtest.Everything(t), library()...)
	plain := exported(t, list, formats.MCP)
	for _, f := range formats.Formats() {
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			shown := exported(t, list, f)
			for _, tool := range list {
				for _, all := range []bool{true, false} {
					arguments := sample(plain[tool.Name], all)
					want := mended(t, tool, arguments)
					got := mended(t, tool, written(shown[tool.Name], arguments))
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("%s, all %v (-plain +%s):\n%s", tool.Name, all, f, diff)
					}
				}
			}
		})
	}
}

func mended(t *testing.T, tool tools.Tool, arguments any) string {
	t.Helper()
	schema, err := tool.Schemas()
	if err != nil {
		t.Fatal(err)
	}
	text, err := rawjson.Marshal(arguments)
	if err != nil {
		t.Fatal(err)
	}
	out, err := schema.Input.Coerce(text)
	if err != nil {
		t.Errorf("%s: %v\n%s", tool.Name, err, text)
	}
	return string(bytes.ReplaceAll(out, []byte(`\u003c1\u003e`), []byte("<1>"))) // however an object's text was escaped
}

// One call of each form reaches the API and gives the same answer.
func TestCallsOfEveryFormGiveTheSameAnswer(t *testing.T) {
	t.Parallel()
	list := dispatchtest.Everything(t)
	for name, arguments := range map[string]any{
		"list_connectors": map[string]any{},
		"execute_operation": map[string]any{
			"connector_id": "stripe", "entity": "customers", "action": "list",
			"params": map[string]any{"limit": 2}, "select_fields": []any{"id", "name"},
		},
		"get_workspace_stats": map[string]any{},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answers := map[formats.Format]string{}
			for _, f := range formats.Formats() {
				text, err := rawjson.Marshal(written(exported(t, list, f)[name], arguments))
				if err != nil {
					t.Fatal(err)
				}
				answer, err := dispatchtest.New(t, sandbox.Options{}).Call(t, name, text)
				if err != nil {
					t.Fatalf("%s: %s: %v", f, text, err)
				}
				answers[f] = string(answer)
				if diff := cmp.Diff(answers[formats.MCP], answers[f]); diff != "" {
					t.Errorf("%s: %s (-mcp +%s):\n%s", f, text, f, diff)
				}
			}
			if len(answers[formats.MCP]) < 10 {
				t.Errorf("the answer is %s", answers[formats.MCP])
			}
		})
	}
}
