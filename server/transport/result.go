package transport

import (
	"github.com/mark3labs/mcp-go/mcp"
)

func ErrorResult(words string) *mcp.CallToolResult {
	return &mcp.CallToolResult{
		Content: []mcp.Content{mcp.TextContent{Type: "text", Text: words}},
		IsError: true,
	}
}
