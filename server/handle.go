package server

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"airbyte-agent-mcp/server/consent"
	"airbyte-agent-mcp/server/telemetry"
	"airbyte-agent-mcp/server/transport"
	"airbyte-agent-mcp/tools"
	"airbyte-agent-mcp/tools/answer"
	"airbyte-agent-mcp/tools/approval"
	"airbyte-agent-mcp/tools/plan"
	"airbyte-agent-mcp/tools/refusal"
)

// declare makes the SDK's own description of a tool, by which it finds and
// calls it. What clients see of it is the tool's Definition.
func declare(t tools.Tool) mcp.Tool {
	return mcp.Tool{Name: t.Name, Title: t.Title, Description: t.Description, RawInputSchema: t.InputSchema()}
}

// encodeTools encodes the list once, one tool after the other, so that a tool
// that cannot be encoded is found at start and named; the SDK would answer
// tools/list with nothing at all.
func encodeTools(list []tools.Tool) ([]byte, error) {
	var faults []error
	var encoded [][]byte
	for _, t := range list {
		definition, err := t.Definition()
		if err == nil && !json.Valid(definition) {
			err = fmt.Errorf("tool %s: its definition is not JSON", t.Name)
		}
		faults = append(faults, err)
		encoded = append(encoded, definition)
	}
	return bytes.Join(encoded, []byte(",")), errors.Join(faults...)
}

// listEncoded makes tools/list answer with the bytes of encodeTools: the list
// is the same until the process ends, and as long as many answers. The SDK
// wants tools, so it is given one whose name is the marker.
func listEncoded(encoded []byte, count int) mcpserver.OnAfterListToolsFunc {
	return func(ctx context.Context, _ any, _ *mcp.ListToolsRequest, result *mcp.ListToolsResult) {
		out := transport.OutletFrom(ctx)
		if out == nil || len(result.Tools) != count || count == 0 {
			return
		}
		n, err := out.Hold(encoded)
		if err != nil {
			return
		}
		result.Tools = []mcp.Tool{{Name: out.Mark[1:] + n + string(transport.AsList)}}
	}
}

// handler serves tools/call for one tool. Whatever fails is a result that the
// model can read; a JSON-RPC error would not reach it.
func (s *Server) handler(t tools.Tool) mcpserver.ToolHandlerFunc {
	return func(ctx context.Context, req mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		out := transport.OutletFrom(ctx)
		ctx, release := out.Bind(ctx)
		defer release()
		defer keepTold(out, req.Params.Meta)()
		if words := s.consent.Heard(ctx, req); words != "" {
			return transport.ErrorResult(words), nil
		}
		return s.answered(ctx, t, req), nil
	}
}

// answered is the result of a call, which waits for a person where it needs one.
func (s *Server) answered(ctx context.Context, t tools.Tool, req mcp.CallToolRequest) *mcp.CallToolResult {
	patience := s.patience()
	late, cancel := context.WithTimeout(ctx, patience+callAfter)
	defer cancel()
	waiting, cancel := context.WithTimeout(late, patience)
	defer cancel()
	answer, words, err := s.call(ctx, t, req.Params.RawArguments)
	for {
		if need, ok := errors.AsType[*tools.CredentialsNeeded](err); ok {
			return s.consent.Connect(waiting, req, need)
		}
		waits, ok := errors.AsType[*approval.ConfirmNeeded](err)
		if !ok {
			return s.result(ctx, req, answer, words)
		}
		if result := s.consent.Confirm(waiting, req, waits.Plan, words); result != nil {
			return result
		}
		answer, words, err = s.call(late, t, req.Params.RawArguments)
	}
}

// result is what a client gets of an answer, or of the words in its place.
func (s *Server) result(ctx context.Context, req mcp.CallToolRequest, answer answer.Answer, words string) *mcp.CallToolResult {
	if words != "" {
		return transport.ErrorResult(words)
	}
	result, err := transport.OutletFrom(ctx).Result(answer.JSON)
	if err != nil {
		return transport.ErrorResult("The answer was dropped: " + err.Error() + ".")
	}
	result.Content = append(result.Content, attached(answer.Attachments, transport.QuirkOf(transport.ClientName(ctx, req.Params.Meta)))...)
	return result
}

// progressEvery is how often a client that asked for it hears of a call that
// takes long.
const progressEvery = 10 * time.Second

// keepTold tells a client that its call goes on, until the returned function
// is called. MCP wants the numbers to grow; they are seconds.
func keepTold(out *transport.Outlet, meta *mcp.Meta) (stop func()) {
	if out == nil || meta == nil || meta.ProgressToken == nil {
		return func() {}
	}
	start, done := time.Now(), make(chan struct{})
	told := make(chan struct{})
	go func() {
		defer close(told)
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				seconds := int(time.Since(start).Seconds())
				_ = out.Notify("notifications/progress", map[string]any{
					"progressToken": meta.ProgressToken, "progress": seconds,
					"message": fmt.Sprintf("Still working after %d seconds.", seconds),
				})
			}
		}
	}()
	return func() { close(done); <-told }
}

// attached are the files of an answer as content: images for every client,
// others for those that keep them from their model. The answer names them all.
func attached(files []answer.Attachment, client transport.Quirk) []mcp.Content {
	var content []mcp.Content
	for _, f := range files {
		data := base64.StdEncoding.EncodeToString(f.Data)
		switch {
		case strings.HasPrefix(f.ContentType, "image/"):
			content = append(content, mcp.ImageContent{Type: "image", Data: data, MIMEType: f.ContentType})
		case client.Blobs:
			content = append(content, mcp.EmbeddedResource{Type: "resource", Resource: mcp.BlobResourceContents{URI: f.URI, MIMEType: f.ContentType, Blob: data}})
		}
	}
	return content
}

// Call runs one tool as a client would and returns its answer, one JSON
// object, or else the words that tell a model what went wrong. Where a write
// waits for a person, ask shows them its plan and returns their yes or no; nil
// where there is nobody. The error is for a tool that is not served, and what
// ask returns.
func (s *Server) Call(ctx context.Context, tool string, arguments json.RawMessage, ask func(plan string) (bool, error)) (answer json.RawMessage, words string, err error) {
	t, ok := s.runner.Tools()[tool]
	if !ok {
		return nil, "", fmt.Errorf("no tool %q is served", tool)
	}
	for {
		got, words, err := s.call(ctx, t, arguments)
		waits, ok := errors.AsType[*approval.ConfirmNeeded](err)
		if !ok || ask == nil {
			return got.JSON, words, nil
		}
		plan, err := consent.ForTerminal(consent.InWords(waits.Plan))
		if err != nil {
			return nil, "", err
		}
		yes, err := ask(plan)
		if err != nil {
			return nil, "", err
		}
		if _, err := s.runner.Approver().DecideCode(waits.Plan.Code, yes, "terminal"); err != nil {
			return nil, "The answer could not be taken: " + err.Error() + ". Nothing was sent.", nil
		}
	}
}

func (s *Server) call(ctx context.Context, t tools.Tool, arguments json.RawMessage) (reply answer.Answer, words string, err error) {
	start := time.Now()
	ctx, trace := telemetry.WithTrace(ctx, s.log)
	outcome := "ok"
	defer func() {
		if p := recover(); p != nil {
			telemetry.LogPanic(s.log, t.Name, p)
			reply, outcome, err = answer.Answer{}, "panic", nil
			words = "The server failed inside this tool; the operator's log has the details. Calling again is unlikely to help."
		}
		s.log.LogAttrs(ctx, slog.LevelInfo, "call",
			slog.String("tool", t.Name),
			slog.Duration("duration", time.Since(start)),
			slog.Int("bytes", len(reply.JSON)),
			slog.String("outcome", outcome),
			slog.String("request_id", trace.RequestID()))
	}()
	if s.config.ReadOnly && t.Effect != tools.Read {
		outcome = "read_only"
		return answer.Answer{}, t.Name + " changes something, and this server is read-only (--read-only). Calling again will not help.", nil
	}
	if session := mcpserver.ClientSessionFromContext(ctx); session != nil && !mcp.IsModernProtocol(mcpserver.RequestProtocolVersion(ctx)) {
		ctx = plan.InSession(ctx, session.SessionID()) // 2026-07-28 has none that outlasts a request
	}
	api, err := s.clients(ctx)
	if err == nil {
		reply, err = s.runner.Call(ctx, api, t.Name, arguments)
	}
	if err != nil {
		outcome = refusal.KindOf(err)
		return answer.Answer{}, t.Explain(err), err
	}
	return reply, "", nil
}
