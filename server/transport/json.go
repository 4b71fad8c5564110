package transport

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

const HeaderTimeout = 10 * time.Second

const BodyTimeout = 30 * time.Second

const IdleTimeout = 2 * time.Minute

const MaxHeader = 64 << 10

// DrainHTTP is how long calls may still run once we were told to stop.
const DrainHTTP = 6 * time.Second

func WriteJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// WriteRPCError answers a message that is refused before the SDK sees it.
func WriteRPCError(w http.ResponseWriter, status, code int, why string) {
	WriteJSON(w, status, mcp.JSONRPCError{
		JSONRPC: mcp.JSONRPC_VERSION,
		Error:   mcp.NewJSONRPCErrorDetails(code, why, nil),
	})
}
