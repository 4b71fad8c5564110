package transport

import (
	"encoding/json"
	"net/http"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"
)

// arriving is what we must know of a message before the SDK sees it.
type arriving struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params struct {
		Meta *mcp.Meta `json:"_meta"`
	} `json:"params"`
}

// foreignCancel reports whether a message is a cancellation in an era that has
// no sessions. There the SDK finds the call by its id alone, which any other
// client may use too; a client of that era cancels by closing its stream.
func (m arriving) foreignCancel(h http.Header) bool {
	return m.Method == "notifications/cancelled" && (m.modern(h) || h.Get(mcpserver.HeaderKeySessionID) == "")
}

// modern reports whether the message belongs to the era without sessions.
func (m arriving) modern(h http.Header) bool {
	return mcp.IsModernProtocol(h.Get(mcp.HeaderProtocolVersion)) || mcp.IsModernProtocol(m.Params.Meta.ProtocolVersion())
}

// initializes reports whether the message is an initialize that can succeed.
func (m arriving) initializes(body []byte) bool {
	var request struct {
		Params mcp.InitializeParams `json:"params"`
	}
	return len(m.ID) > 0 && string(m.ID) != "null" &&
		json.Unmarshal(body, &request) == nil && request.Params.ProtocolVersion != ""
}
