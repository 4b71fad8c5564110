// Package demo plays an agent's session, so that a person can watch what an
// agent sees: a real MCP client drives the program's own binary over standard
// input and output, which serves the sandbox.
package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"
)

// step is one call of the session.
type step struct {
	say  string // why an agent makes the call
	tool string
	args string            // JSON; {{name}} stands for something kept
	keep map[string]string // name → dotted path into the answer
}

// Run starts binary with args as an MCP server and plays the session to w.
func Run(ctx context.Context, w io.Writer, binary string, args ...string) error {
	start := time.Now()
	p := printer{w: w, color: isTerminal(w)}
	p.title("An agent's session with airbyte-agent-mcp")
	p.note("Server: this program with --sandbox, over stdio. Client: a real MCP client. No account, no internet.")
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	c, err := client.NewStdioMCPClientWithOptions(binary, nil, args, transport.WithCommandFunc(
		func(ctx context.Context, command string, _ []string, args []string) (*exec.Cmd, error) {
			cmd := exec.CommandContext(ctx, command, args...)
			// Settings for real use are not meant for the sandbox.
			cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "AIRBYTE_") })
			return cmd, nil
		}))
	if err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	defer c.Close()
	var hello mcp.InitializeRequest
	hello.Params.ProtocolVersion = mcp.LATEST_LEGACY_PROTOCOL_VERSION
	hello.Params.ClientInfo = mcp.Implementation{Name: "demo", Version: "1"}
	server, err := c.Initialize(ctx, hello)
	if err != nil {
		return fmt.Errorf("initialize: %w", err)
	}
	list, err := c.ListTools(ctx, mcp.ListToolsRequest{})
	if err != nil {
		return fmt.Errorf("list tools: %w", err)
	}
	var names []string
	for _, t := range list.Tools {
		names = append(names, t.Name)
	}
	p.note(fmt.Sprintf("Connected to %s %s, MCP %s. Tools: %s.",
		server.ServerInfo.Name, server.ServerInfo.Version, server.ProtocolVersion, strings.Join(names, ", ")))

	kept := map[string]string{}
	for i, s := range session() {
		p.step(i+1, s.say)
		for name, value := range kept {
			s.args = strings.ReplaceAll(s.args, "{{"+name+"}}", value)
		}
		if err := play(ctx, c, p, s, kept); err != nil {
			return fmt.Errorf("step %d, %s: %w", i+1, s.tool, err)
		}
	}
	p.title(fmt.Sprintf("Done in %.1f s.", time.Since(start).Seconds()))
	p.note("Point your own client at it: see README.md, or try `airbyte-agent-mcp --sandbox`.")
	return nil
}

func play(ctx context.Context, c *client.Client, p printer, s step, kept map[string]string) error {
	p.call(s.tool, s.args)
	var req mcp.CallToolRequest
	req.Params.Name = s.tool
	req.Params.Arguments = json.RawMessage(s.args)
	start := time.Now()
	result, err := c.CallTool(ctx, req)
	if err != nil {
		return err
	}
	text := ""
	if len(result.Content) > 0 {
		if t, ok := result.Content[0].(mcp.TextContent); ok {
			text = t.Text
		}
	}
	p.answer(text, result.IsError, time.Since(start))
	if result.IsError && len(s.keep) > 0 {
		return errors.New(text)
	}
	for name, path := range s.keep {
		value, err := lookUp([]byte(text), path)
		if err != nil {
			return fmt.Errorf("the answer has no %s: %w", path, err)
		}
		kept[name] = value
	}
	return nil
}

// lookUp follows a dotted path, with numbers for list items, to a text.
func lookUp(doc []byte, path string) (string, error) {
	value := json.RawMessage(doc)
	for key := range strings.SplitSeq(path, ".") {
		if n, err := strconv.Atoi(key); err == nil {
			var list []json.RawMessage
			if err := json.Unmarshal(value, &list); err != nil {
				return "", err
			}
			if n >= len(list) {
				return "", fmt.Errorf("only %d items", len(list))
			}
			value = list[n]
			continue
		}
		var object map[string]json.RawMessage
		if err := json.Unmarshal(value, &object); err != nil {
			return "", err
		}
		value = object[key]
	}
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text, nil
	}
	return string(value), nil
}

// printer writes for a person, in color on a terminal.
type printer struct {
	w     io.Writer
	color bool
}

const (
	bold  = "1"
	dim   = "2"
	red   = "31"
	green = "32"
	cyan  = "36"
)

func (p printer) paint(code, text string) string {
	if !p.color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (p printer) title(text string) { fmt.Fprintf(p.w, "\n%s\n", p.paint(bold, text)) }
func (p printer) note(text string)  { fmt.Fprintf(p.w, "%s\n", p.paint(dim, text)) }

func (p printer) step(n int, say string) {
	fmt.Fprintf(p.w, "\n%s\n", p.paint(bold, fmt.Sprintf("%d. %s", n, say)))
}

func (p printer) call(tool, args string) {
	fmt.Fprintf(p.w, "   %s %s\n", p.paint(cyan, "→ "+tool), args)
}

// answer shows the beginning of an answer and its size.
func (p printer) answer(text string, failed bool, took time.Duration) {
	const maxLines, maxWidth = 14, 110
	code, mark := green, "←"
	if failed {
		code, mark = red, "✗"
	} else {
		var b bytes.Buffer
		if json.Indent(&b, []byte(text), "", "  ") == nil {
			defer func(whole string) {
				p.note(fmt.Sprintf("     %d bytes, about %d tokens, %d ms", len(whole), len(whole)/4, took.Milliseconds()))
			}(text)
			text = b.String()
		}
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if i == maxLines && len(lines) > maxLines+1 {
			p.note(fmt.Sprintf("     … %d more lines", len(lines)-i))
			break
		}
		if r := []rune(line); len(r) > maxWidth && !failed {
			line = string(r[:maxWidth]) + "…"
		}
		lead := "    "
		if i == 0 {
			lead = "   " + p.paint(code, mark)
		}
		fmt.Fprintf(p.w, "%s %s\n", lead, line)
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
