package tools

import (
	"encoding/json"

	"airbyte-agent-mcp/schemas/rawjson"
)

// Definition is the tool as MCP's tools/list shows it: all that a model and its
// client see, and pay for with every request.
func (t Tool) Definition() (json.RawMessage, error) {
	schema, err := t.Schemas()
	if err != nil {
		return nil, err
	}
	return rawjson.Marshal(struct {
		Name         string          `json:"name"`
		Title        string          `json:"title"`
		Description  string          `json:"description"`
		InputSchema  json.RawMessage `json:"inputSchema"`
		OutputSchema json.RawMessage `json:"outputSchema"`
		Annotations  annotations     `json:"annotations"`
	}{t.Name, t.Title, t.Description, schema.Input.JSON(), schema.Output.JSON(), t.annotations()})
}

// annotations are MCP's hints for whoever approves a call. All four are always
// given, because clients take an absent one for the worst.
type annotations struct {
	ReadOnly    bool `json:"readOnlyHint"`
	Destructive bool `json:"destructiveHint"`
	Idempotent  bool `json:"idempotentHint"`
	OpenWorld   bool `json:"openWorldHint"`
}

func (t Tool) annotations() annotations {
	return annotations{
		ReadOnly:    t.Effect == Read,
		Destructive: t.Effect == Destroy,
		Idempotent:  t.Idempotent || t.Effect == Read,
		OpenWorld:   true, // every tool reaches a service on the internet
	}
}

// Tokens estimates what the tool costs a model with every request: a quarter of
// the bytes of its definition.
func (t Tool) Tokens() int {
	definition, err := t.Definition()
	if err != nil {
		return 0
	}
	return Tokens(definition)
}

func Tokens(text []byte) int { return (len(text) + 3) / 4 }
