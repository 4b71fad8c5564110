package server

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"airbyte-agent-mcp/server/transport"
	"airbyte-agent-mcp/tools"
)

// The tools, prompts and resources that the conformance suite calls by name.
// They run behind the same handler, guard and transports as our own.

// withFixtures makes a server of the given tools and the suite's.
func withFixtures(list []tools.Tool, config Config) (*Server, error) {
	s, err := newServer(list, noAccount, config, slog.New(slog.DiscardHandler),
		mcpserver.WithToolCapabilities(true),
		mcpserver.WithPromptCapabilities(true),
		mcpserver.WithResourceCapabilities(true, true),
		mcpserver.WithCompletions(),
		mcpserver.WithPromptCompletionProvider(completions{}),
		mcpserver.WithResourceCompletionProvider(completions{}),
		mcpserver.WithLogging(),
		mcpserver.WithElicitation(),
	)
	if err != nil {
		return nil, err
	}
	addContentTools(s.mcp)
	addNotifyingTools(s.mcp)
	addAskingTools(s.mcp)
	addAskingInRoundsTools(s.mcp)
	addListChangingTools(s.mcp)
	addResources(s.mcp)
	addPrompts(s.mcp)
	return s, nil
}

// fixture adds a tool that takes any arguments.
func fixture(s *mcpserver.MCPServer, name, description string, run mcpserver.ToolHandlerFunc) {
	s.AddTool(mcp.NewToolWithRawSchema(name, description, json.RawMessage(`{"type":"object"}`)), run)
}

// answering is a handler that always gives the same answer.
func answering(content ...mcp.Content) mcpserver.ToolHandlerFunc {
	return func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return &mcp.CallToolResult{Content: content}, nil
	}
}

func text(words string) mcp.TextContent { return mcp.TextContent{Type: "text", Text: words} }

const (
	onePixelPNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC"
	silentWAV   = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA="
)

func addContentTools(s *mcpserver.MCPServer) {
	embedded := func(uri, mime, body string) mcp.Content {
		return mcp.NewEmbeddedResource(mcp.TextResourceContents{URI: uri, MIMEType: mime, Text: body})
	}
	image := mcp.NewImageContent(onePixelPNG, "image/png")
	fixture(s, "test_simple_text", "Answers with text.", answering(text("This is a simple text response for testing.")))
	fixture(s, "test_image_content", "Answers with an image.", answering(image))
	fixture(s, "test_audio_content", "Answers with a sound.", answering(mcp.NewAudioContent(silentWAV, "audio/wav")))
	fixture(s, "test_embedded_resource", "Answers with a resource.",
		answering(embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")))
	fixture(s, "test_multiple_content_types", "Answers with text, an image and a resource.",
		answering(text("Multiple content types test:"), image,
			embedded("test://mixed-content-resource", "application/json", `{"test":"data","value":123}`)))
	fixture(s, "test_error_handling", "Always fails.", func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return transport.ErrorResult("This tool intentionally returns an error for testing"), nil
	})
	s.AddTool(mcp.NewToolWithRawSchema("json_schema_2020_12_tool", "Has a schema of the whole 2020-12 vocabulary.",
		json.RawMessage(wholeSchema)), answering(text("ok")))
	s.AddTool(mcp.NewToolWithRawSchema("test_header_parameter", "Has a parameter that also travels in a header.",
		json.RawMessage(`{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"}},"required":["region"]}`)),
		answering(text("ok")))
}

const wholeSchema = `{
	"$schema": "https://json-schema.org/draft/2020-12/schema",
	"type": "object",
	"$defs": {"address": {"$anchor": "addressDef", "type": "object", "properties": {"street": {"type": "string"}, "city": {"type": "string"}}}},
	"properties": {
		"name": {"type": "string"},
		"address": {"$ref": "#/$defs/address"},
		"contactMethod": {"type": "string", "enum": ["phone", "email"]},
		"phone": {"type": "string"},
		"email": {"type": "string"}
	},
	"allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
	"if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
	"then": {"required": ["phone"]},
	"else": {"required": ["email"]},
	"additionalProperties": false
}`

// addNotifyingTools sends through our outlet and without a pause, also right
// before the answer, where the SDK's own way loses messages.
func addNotifyingTools(s *mcpserver.MCPServer) {
	logging := func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		for _, words := range []string{"Tool execution started", "Tool processing data", "Tool execution completed"} {
			if err := sendLog(ctx, words); err != nil {
				return nil, err
			}
		}
		return mcp.NewToolResultText("logged"), nil
	}
	fixture(s, "test_tool_with_logging", "Logs while it works.", logging)
	fixture(s, "test_logging_tool", "Logs while it works, if the request asks for it.", logging)
	fixture(s, "test_tool_with_progress", "Tells how far it is.", func(ctx context.Context, req mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		if req.Params.Meta == nil || req.Params.Meta.ProgressToken == nil {
			return mcp.NewToolResultText("nobody asked for progress"), nil
		}
		for _, done := range []int{0, 50, 100} {
			params := map[string]any{"progressToken": req.Params.Meta.ProgressToken, "progress": done, "total": 100}
			if err := transport.OutletFrom(ctx).Notify("notifications/progress", params); err != nil {
				return nil, err
			}
		}
		return mcp.NewToolResultText("progress told"), nil
	})
}

func sendLog(ctx context.Context, words string) error {
	if info := mcpserver.RequestProtocolInfoFromContext(ctx); info != nil && info.Modern && info.LogLevel == "" {
		return nil
	}
	return transport.OutletFrom(ctx).Notify("notifications/message", map[string]any{"level": "info", "logger": "conformance", "data": words})
}

// asking is a handler that wants one answer from the person, then repeats it.
func asking(question mcp.ElicitationParams, answered string) mcpserver.ToolHandlerFunc {
	return func(_ context.Context, req mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		answer := mcpserver.ElicitationResponse(req.Params.InputResponses, "answer")
		if answer == nil {
			return mcpserver.NewInputRequestBuilder("").Elicit("answer", question).ToolResult(), nil
		}
		content, err := json.Marshal(answer.Content)
		if err != nil {
			return nil, err
		}
		return mcp.NewToolResultText(fmt.Sprintf("%s: action=%s, content=%s", answered, answer.Action, content)), nil
	}
}

func addAskingTools(s *mcpserver.MCPServer) {
	fixture(s, "test_elicitation", "Asks for a name and an address.", func(ctx context.Context, req mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return asking(form(req.GetString("message", "Who are you?"), `{
			"username": {"type": "string", "description": "User's response"},
			"email": {"type": "string", "description": "User's email address"}
		}`, "username", "email"), "User response")(ctx, req)
	})
	fixture(s, "test_elicitation_sep1034_defaults", "Asks with defaults.", asking(form("Check these", `{
		"name": {"type": "string", "default": "John Doe"},
		"age": {"type": "integer", "default": 30},
		"score": {"type": "number", "default": 95.5},
		"status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
		"verified": {"type": "boolean", "default": true}
	}`), "Elicitation completed"))
	fixture(s, "test_elicitation_sep1330_enums", "Asks with choices.", asking(form("Choose", `{
		"untitledSingle": {"type": "string", "enum": ["option1", "option2", "option3"]},
		"titledSingle": {"type": "string", "oneOf": [{"const": "value1", "title": "First Option"}, {"const": "value2", "title": "Second Option"}]},
		"legacyEnum": {"type": "string", "enum": ["opt1", "opt2", "opt3"], "enumNames": ["Option One", "Option Two", "Option Three"]},
		"untitledMulti": {"type": "array", "items": {"type": "string", "enum": ["option1", "option2", "option3"]}},
		"titledMulti": {"type": "array", "items": {"anyOf": [{"const": "value1", "title": "First Choice"}, {"const": "value2", "title": "Second Choice"}]}}
	}`), "Elicitation completed"))
	sampling := func(ctx context.Context, req mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		answer := mcpserver.SamplingResponse(req.Params.InputResponses, "answer")
		if answer == nil {
			return mcpserver.NewInputRequestBuilder("").Sample("answer", sample(req.GetString("prompt", "Say hello"), 100)).ToolResult(), nil
		}
		return mcp.NewToolResultText("LLM response: " + sampled(answer)), nil
	}
	fixture(s, "test_sampling", "Asks the client's model.", sampling)
	fixture(s, "test_missing_capability", "Asks the client's model, which a client must have declared.", sampling)
	fixture(s, "test_streaming_elicitation", "Tells how far it is, then asks.", func(ctx context.Context, req mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		if err := sendLog(ctx, "about to ask"); err != nil {
			return nil, err
		}
		return asking(form("Go on?", `{"ok": {"type": "boolean"}}`, "ok"), "Answered")(ctx, req)
	})
}

// form is a question with the given properties.
func form(message, properties string, required ...string) mcp.ElicitationParams {
	schema := map[string]any{"type": "object", "properties": json.RawMessage(properties)}
	if len(required) > 0 {
		schema["required"] = required
	}
	return mcp.ElicitationParams{Message: message, RequestedSchema: schema}
}

func sample(prompt string, tokens int) mcp.CreateMessageParams {
	return mcp.CreateMessageParams{
		Messages:  []mcp.SamplingMessage{{Role: mcp.RoleUser, Content: text(prompt)}},
		MaxTokens: tokens,
	}
}

func sampled(answer *mcp.CreateMessageResult) string {
	content, err := json.Marshal(answer.Content)
	if err != nil {
		return err.Error()
	}
	return string(content)
}

// addAskingInRoundsTools are the tools of the 2026-07-28 scenarios, in which the
// client sends the call again with the answers.
func addAskingInRoundsTools(s *mcpserver.MCPServer) {
	askName := form("What is your name?", `{"name": {"type": "string"}}`, "name")
	askOK := form("Please confirm", `{"ok": {"type": "boolean"}}`, "ok")
	fixture(s, "test_input_required_result_elicitation", "Asks for a name.", func(_ context.Context, req mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		name := field(req, "user_name", "name")
		if name == nil {
			return mcpserver.NewInputRequestBuilder("").Elicit("user_name", askName).ToolResult(), nil
		}
		return mcp.NewToolResultText(fmt.Sprintf("Hello, %v!", name)), nil
	})
	fixture(s, "test_input_required_result_sampling", "Asks the client's model.", func(_ context.Context, req mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		answer := mcpserver.SamplingResponse(req.Params.InputResponses, "capital_question")
		if answer == nil {
			return mcpserver.NewInputRequestBuilder("").Sample("capital_question", sample("What is the capital of France?", 100)).ToolResult(), nil
		}
		return mcp.NewToolResultText(sampled(answer)), nil
	})
	fixture(s, "test_input_required_result_list_roots", "Asks for the roots.", func(_ context.Context, req mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		answer := mcpserver.RootsResponse(req.Params.InputResponses, "client_roots")
		if answer == nil {
			return mcpserver.NewInputRequestBuilder("").Roots("client_roots").ToolResult(), nil
		}
		var uris []string
		for _, root := range answer.Roots {
			uris = append(uris, root.URI)
		}
		return mcp.NewToolResultText("Roots: " + strings.Join(uris, ", ")), nil
	})
	confirming := func(_ context.Context, req mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		if len(req.Params.InputResponses) == 0 {
			return mcpserver.NewInputRequestBuilder(sealed("confirm")).Elicit("confirm", askOK).ToolResult(), nil
		}
		if err := opened(req.Params.RequestState, "confirm"); err != nil {
			return nil, err
		}
		return mcp.NewToolResultText("state-ok"), nil
	}
	fixture(s, "test_input_required_result_request_state", "Asks, and wants its state back.", confirming)
	fixture(s, "test_input_required_result_tampered_state", "Asks, and refuses a state that is not its own.", confirming)
	fixture(s, "test_input_required_result_multiple_inputs", "Asks three things at once.", func(_ context.Context, req mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		if len(req.Params.InputResponses) < 3 {
			return mcpserver.NewInputRequestBuilder(sealed("three")).Elicit("user_name", askName).
				Sample("greeting", sample("Generate a greeting", 50)).Roots("client_roots").ToolResult(), nil
		}
		if err := opened(req.Params.RequestState, "three"); err != nil {
			return nil, err
		}
		return mcp.NewToolResultText("all answered"), nil
	})
	fixture(s, "test_input_required_result_multi_round", "Asks twice.", func(_ context.Context, req mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		switch {
		case field(req, "step2", "color") != nil:
			return mcp.NewToolResultText("done"), opened(req.Params.RequestState, "round 2")
		case field(req, "step1", "name") != nil:
			return mcpserver.NewInputRequestBuilder(sealed("round 2")).
				Elicit("step2", form("Step 2: What is your favorite color?", `{"color": {"type": "string"}}`, "color")).ToolResult(), nil
		}
		return mcpserver.NewInputRequestBuilder(sealed("round 1")).
			Elicit("step1", form("Step 1: What is your name?", `{"name": {"type": "string"}}`, "name")).ToolResult(), nil
	})
	fixture(s, "test_input_required_result_capabilities", "Asks what the client can answer.", func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		wanted := mcpserver.NewInputRequestBuilder("")
		if info := mcpserver.RequestProtocolInfoFromContext(ctx); info != nil && info.ClientCapabilities.Sampling != nil {
			wanted.Sample("greeting", sample("Generate a greeting", 50))
		} else {
			wanted.Elicit("user_name", askName)
		}
		return wanted.ToolResult(), nil
	})
}

// field is what the person entered, or nil.
func field(req mcp.CallToolRequest, id, name string) any {
	answer := mcpserver.ElicitationResponse(req.Params.InputResponses, id)
	if answer == nil {
		return nil
	}
	content, _ := answer.Content.(map[string]any)
	return content[name]
}

// sealed is a request state that a client cannot change unnoticed.
func sealed(state string) string {
	mac := hmac.New(sha256.New, []byte("the suite's"))
	mac.Write([]byte(state))
	return hex.EncodeToString(mac.Sum(nil))
}

func opened(state, want string) error {
	if !hmac.Equal([]byte(state), []byte(sealed(want))) {
		return errors.New("the request state is not the one that was sent")
	}
	return nil
}

func addListChangingTools(s *mcpserver.MCPServer) {
	fixture(s, "test_trigger_tool_change", "Changes the list of tools.", func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		fixture(s, "test_added_tool", "Comes and goes.", answering(text("ok")))
		s.DeleteTools("test_added_tool")
		return mcp.NewToolResultText("changed"), nil
	})
	fixture(s, "test_trigger_prompt_change", "Changes the list of prompts.", func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		s.AddPrompt(mcp.NewPrompt("test_added_prompt", mcp.WithPromptDescription("Comes and goes.")), saying(text("ok")))
		s.DeletePrompts("test_added_prompt")
		return mcp.NewToolResultText("changed"), nil
	})
}

func addResources(s *mcpserver.MCPServer) {
	s.AddResource(mcp.NewResource("test://static-text", "static-text", mcp.WithResourceDescription("A text."), mcp.WithMIMEType("text/plain")),
		func(context.Context, mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
			return []mcp.ResourceContents{mcp.TextResourceContents{
				URI: "test://static-text", MIMEType: "text/plain", Text: "This is the content of the static text resource.",
			}}, nil
		})
	s.AddResource(mcp.NewResource("test://static-binary", "static-binary", mcp.WithResourceDescription("An image."), mcp.WithMIMEType("image/png")),
		func(context.Context, mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
			return []mcp.ResourceContents{mcp.BlobResourceContents{URI: "test://static-binary", MIMEType: "image/png", Blob: onePixelPNG}}, nil
		})
	s.AddResourceTemplate(mcp.NewResourceTemplate("test://template/{id}/data", "template",
		mcp.WithTemplateDescription("Data of an id."), mcp.WithTemplateMIMEType("application/json")),
		func(_ context.Context, req mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
			id := strings.TrimSuffix(strings.TrimPrefix(req.Params.URI, "test://template/"), "/data")
			return []mcp.ResourceContents{mcp.TextResourceContents{
				URI: req.Params.URI, MIMEType: "application/json",
				Text: fmt.Sprintf(`{"id":%q,"templateTest":true,"data":%q}`, id, "Data for ID: "+id),
			}}, nil
		})
}

// saying is a prompt that is always the same.
func saying(contents ...mcp.Content) mcpserver.PromptHandlerFunc {
	return func(context.Context, mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		result := &mcp.GetPromptResult{}
		for _, c := range contents {
			result.Messages = append(result.Messages, mcp.PromptMessage{Role: mcp.RoleUser, Content: c})
		}
		return result, nil
	}
}

func addPrompts(s *mcpserver.MCPServer) {
	s.AddPrompt(mcp.NewPrompt("test_simple_prompt", mcp.WithPromptDescription("A prompt.")),
		saying(text("This is a simple prompt for testing.")))
	s.AddPrompt(mcp.NewPrompt("test_prompt_with_image", mcp.WithPromptDescription("A prompt with an image.")),
		saying(mcp.NewImageContent(onePixelPNG, "image/png"), text("Please analyze the image above.")))
	s.AddPrompt(mcp.NewPrompt("test_prompt_with_arguments", mcp.WithPromptDescription("A prompt with arguments."),
		mcp.WithArgument("arg1", mcp.ArgumentDescription("The first."), mcp.RequiredArgument()),
		mcp.WithArgument("arg2", mcp.ArgumentDescription("The second."), mcp.RequiredArgument())),
		func(ctx context.Context, req mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			words := fmt.Sprintf("Prompt with arguments: arg1='%s', arg2='%s'", req.Params.Arguments["arg1"], req.Params.Arguments["arg2"])
			return saying(text(words))(ctx, req)
		})
	s.AddPrompt(mcp.NewPrompt("test_prompt_with_embedded_resource", mcp.WithPromptDescription("A prompt with a resource."),
		mcp.WithArgument("resourceUri", mcp.ArgumentDescription("The resource."), mcp.RequiredArgument())),
		func(ctx context.Context, req mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			resource := mcp.NewEmbeddedResource(mcp.TextResourceContents{
				URI: req.Params.Arguments["resourceUri"], MIMEType: "text/plain", Text: "Embedded resource content for testing.",
			})
			return saying(resource, text("Please process the embedded resource above."))(ctx, req)
		})
	s.AddPrompt(mcp.NewPrompt("test_input_required_result_prompt", mcp.WithPromptDescription("A prompt that asks first.")),
		func(ctx context.Context, req mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			answer := mcpserver.ElicitationResponse(req.Params.InputResponses, "user_context")
			if answer == nil {
				return mcpserver.NewInputRequestBuilder("").Elicit("user_context",
					form("What context should the prompt use?", `{"context": {"type": "string"}}`, "context")).PromptResult(), nil
			}
			return saying(text(fmt.Sprint("Context: ", answer.Content)))(ctx, req)
		})
}

// completions completes any argument with the cities that begin like it.
type completions struct{}

func (completions) CompletePromptArgument(_ context.Context, _ string, argument mcp.CompleteArgument, _ mcp.CompleteContext) (*mcp.Completion, error) {
	return complete(argument), nil
}

func (completions) CompleteResourceArgument(_ context.Context, _ string, argument mcp.CompleteArgument, _ mcp.CompleteContext) (*mcp.Completion, error) {
	return complete(argument), nil
}

func complete(argument mcp.CompleteArgument) *mcp.Completion {
	cities := []string{"paris", "parma", "test"}
	cities = slices.DeleteFunc(cities, func(city string) bool { return !strings.HasPrefix(city, argument.Value) })
	return &mcp.Completion{Values: cities, Total: len(cities)}
}
