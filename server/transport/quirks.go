package transport

import (
	"context"
	_ "embed"
	"encoding/json"
	"strings"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"
)

//go:embed quirks.json
var quirksFile []byte

// Quirk is what is known of one client: how an answer must look on the wire so
// that its facts arrive. The facts themselves are the same for every client.
type Quirk struct {
	Name  string `json:"name"`
	Match string `json:"match"` // part of clientInfo.name, in lower case
	// Blobs says that the client keeps an embedded resource away from its
	// model. Of a client that is not known it is not assumed: a file in base64
	// would fill the context window.
	Blobs bool   `json:"blobs"`
	Why   string `json:"why"`
}

var quirks = sync.OnceValues(func() ([]Quirk, error) {
	var file struct{ Clients []Quirk }
	err := json.Unmarshal(quirksFile, &file)
	return file.Clients, err
})

// QuirkOf looks a client up by the name that it gave itself.
func QuirkOf(client string) Quirk {
	known, _ := quirks() // a test reads the file
	client = strings.ToLower(client)
	for _, q := range known {
		if strings.Contains(client, q.Match) {
			return q
		}
	}
	return Quirk{}
}

// ClientName is what the client calls itself: with each request since
// 2026-07-28, with the first one before.
func ClientName(ctx context.Context, meta *mcp.Meta) string {
	if meta != nil {
		if info := meta.ClientInfo(); info != nil && info.Name != "" {
			return info.Name
		}
	}
	if s, ok := mcpserver.ClientSessionFromContext(ctx).(mcpserver.SessionWithClientInfo); ok {
		return s.GetClientInfo().Name
	}
	return ""
}
