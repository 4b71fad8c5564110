package formats

import (
	"bytes"
	"encoding/json"
	"fmt"

	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/tools"
)

// Format is a way to write tools, named for who takes it.
type Format string

const (
	MCP          Format = "mcp"           // definitions of tools/list
	OpenAI       Format = "openai"        // tools of Chat Completions
	OpenAIStrict Format = "openai-strict" // the same, with strict set
	Anthropic    Format = "anthropic"     // tools of the Messages API
	Gemini       Format = "gemini"        // tools of generateContent, with parameters
	LangChain    Format = "langchain"     // JSON Schemas with a title, for bind_tools or args_schema
	Vercel       Format = "vercel"        // by name; the AI SDK's jsonSchema() takes each inputSchema
)

// Formats are all of them.
func Formats() []Format {
	return []Format{MCP, OpenAI, OpenAIStrict, Anthropic, Gemini, LangChain, Vercel}
}

// Export writes tools in a format: what its readers take stands under tools;
// beside it the version of the program and an estimate of the tokens that a
// model pays for each tool with every request. It needs no account and no
// network, and the same tools give the same bytes.
func Export(list []tools.Tool, f Format, version string) ([]byte, error) {
	total, costs, byName := 0, []byte{'{'}, []byte{'{'}
	entries := make([]json.RawMessage, 0, len(list))
	for _, t := range list {
		entry, err := Render(t, f)
		if err != nil {
			return nil, err
		}
		total += tools.Tokens(entry)
		costs = rawjson.AppendMember(costs, t.Name, fmt.Append(nil, tools.Tokens(entry)))
		byName = rawjson.AppendMember(byName, t.Name, entry)
		entries = append(entries, entry)
	}
	var shown any = entries
	switch {
	case f == Vercel:
		shown = json.RawMessage(append(byName, '}'))
	case f == Gemini && len(entries) > 0:
		shown = []any{map[string]any{"functionDeclarations": entries}}
	}
	type cost struct {
		Total   int             `json:"total"`
		PerTool json.RawMessage `json:"per_tool"`
	}
	text, err := rawjson.Marshal(struct {
		Format  Format `json:"format"`
		Version string `json:"version"`
		Tokens  cost   `json:"tokens"`
		Tools   any    `json:"tools"`
	}{f, version, cost{total, append(costs, '}')}, shown})
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, text, "", "  "); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// Render is the tool in a format.
func Render(t tools.Tool, f Format) (json.RawMessage, error) {
	arguments, err := arguments(t, f)
	if err != nil {
		return nil, err
	}
	switch f {
	case MCP:
		return t.Definition()
	case OpenAI, OpenAIStrict:
		type function struct {
			Name        string          `json:"name"`
			Description string          `json:"description"`
			Parameters  json.RawMessage `json:"parameters"`
			Strict      bool            `json:"strict"`
		}
		return rawjson.Marshal(struct {
			Type     string   `json:"type"`
			Function function `json:"function"`
		}{"function", function{t.Name, t.Description, arguments, f == OpenAIStrict}})
	case Anthropic:
		return rawjson.Marshal(struct {
			Name        string          `json:"name"`
			Description string          `json:"description"`
			InputSchema json.RawMessage `json:"input_schema"`
		}{t.Name, t.Description, arguments})
	case Gemini:
		return rawjson.Marshal(struct {
			Name        string          `json:"name"`
			Description string          `json:"description"`
			Parameters  json.RawMessage `json:"parameters,omitempty"`
		}{t.Name, t.Description, arguments})
	case LangChain:
		heading, err := rawjson.Marshal(struct {
			Title       string `json:"title"`
			Description string `json:"description"`
		}{t.Name, t.Description})
		if err != nil {
			return nil, err
		}
		return append(append(heading[:len(heading)-1], ','), arguments[1:]...), nil
	case Vercel:
		return rawjson.Marshal(struct {
			Description string          `json:"description"`
			InputSchema json.RawMessage `json:"inputSchema"`
		}{t.Description, arguments})
	}
	return nil, fmt.Errorf("there is no format %q", f)
}

// arguments is the schema of the tool's arguments in the dialect of a format;
// nil for a tool without any where the format wants none: Gemini refuses an
// object with no properties.
func arguments(t tools.Tool, f Format) (json.RawMessage, error) {
	schema, err := t.Schemas()
	switch {
	case err != nil:
		return nil, err
	case f == OpenAIStrict:
		return schema.Input.Strict(), nil
	case f == Gemini && schema.Input.Empty():
		return nil, nil
	case f == Gemini:
		return schema.Input.OpenAPI(), nil
	}
	return schema.Input.JSON(), nil
}
