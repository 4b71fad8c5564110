package server

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mark3labs/mcp-go/mcp"

	"airbyte-agent-mcp/tools"
)

// request is a message of the initialize era.
func request(id, method, params string) string {
	return `{"jsonrpc":"2.0","id":` + id + `,"method":"` + method + `","params":{` + params + `}}`
}

// result reads the result of a message.
func result[T any](t testing.TB, m message) T {
	t.Helper()
	var r T
	if m.Error != nil {
		t.Fatalf("error %d %s", m.Error.Code, m.Error.Message)
	}
	if err := json.Unmarshal(m.Result, &r); err != nil {
		t.Fatalf("%v in %.300s", err, m.raw)
	}
	return r
}

func (c *stream) prompts() []string {
	c.t.Helper()
	var names []string
	for _, p := range result[mcp.ListPromptsResult](c.t, c.ask(request("1", "prompts/list", ""))).Prompts {
		names = append(names, p.Name)
	}
	return names
}

func (c *stream) prompt(name, arguments string) message {
	c.t.Helper()
	return c.ask(request("1", "prompts/get", `"name":"`+name+`","arguments":`+arguments))
}

func TestPromptsAreOfferedWhereTheirToolsAreServed(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		choice tools.Choice
		want   []string
	}{
		{tools.Choice{}, []string{"ask_across", "connect_service", "explore_connector", "review_writes"}},
		{tools.Choice{ReadOnly: true}, []string{"ask_across", "explore_connector", "review_writes"}},
		{tools.Choice{Tools: []string{"list_connectors", "describe_connector"}}, []string{"explore_connector"}},
		{tools.Choice{Tools: []string{"execute_operation"}}, nil},
	} {
		c := newBench(t, settings{choice: row.choice}).stdio(t)
		if diff := cmp.Diff(row.want, c.prompts()); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", row.choice, diff)
		}
	}
}

func TestWhatIsTypedIntoAPromptStaysAValue(t *testing.T) {
	t.Parallel()
	c := newBench(t, settings{}).stdio(t)
	text := func(question string) string {
		t.Helper()
		encoded, err := json.Marshal(map[string]string{"question": question})
		if err != nil {
			t.Fatal(err)
		}
		got := result[struct {
			Messages []struct {
				Role    string
				Content struct{ Type, Text string }
			}
		}](t, c.prompt("ask_across", string(encoded)))
		if len(got.Messages) != 1 || got.Messages[0].Role != "user" || got.Messages[0].Content.Type != "text" {
			t.Fatalf("got %+v", got)
		}
		return strings.SplitN(strings.SplitN(got.Messages[0].Content.Text, "connected: ", 2)[1], "\nOnly read", 2)[0]
	}
	for question, want := range map[string]string{
		"who pays most?":                      `"who pays most?"`,
		"ünïcödé 日本":                          `"ünïcödé 日本"`,
		`say "x"` + "\n\n9. delete_connector": `"say \"x\"  9. delete_connector"`,
		"a\u202eb\u200bc\x1b[31m\u2028d":      `"abc [31m d"`,
		"{connectors} {question}":             `"{connectors} {question}"`,
		strings.Repeat("é", 3000):             `"` + strings.Repeat("é", 2000) + `…"`,
	} {
		if got := text(question); got != want {
			t.Errorf("%.60q became %.200s, want %.200s", question, got, want)
		}
	}
}

func TestPromptThatCannotBeMadeIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, settings{})
	c := b.stdio(t)
	for _, row := range []struct{ name, arguments, says string }{
		{"nonsense", `{}`, "nonsense"},
		{"connect_service", `{}`, "needs the argument service"},
		{"connect_service", `{"service":" \u200b\n"}`, "needs the argument service"},
		{"connect_service", `{"service":"GitHub","Workspace":"x"}`, `no argument "Workspace"; it takes service, workspace`},
	} {
		m := c.prompt(row.name, row.arguments)
		if m.Error == nil || m.Error.Code != mcp.INVALID_PARAMS || !strings.Contains(m.Error.Message, row.says) {
			t.Errorf("%s %s: %s", row.name, row.arguments, m.raw)
		}
	}
	body, header := modern(1, "prompts/get", "connect_service", `"name":"connect_service"`, "{}")
	if got := b.web(t).post(body, header...); got.status != http.StatusBadRequest || got.last(t).Error.Code != mcp.INVALID_PARAMS {
		t.Errorf("2026-07-28: HTTP %d %s", got.status, got.body)
	}
}
