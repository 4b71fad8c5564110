package account

import (
	"context"

	"airbyte-agent-mcp/airbyteclient"
)

// Clients chooses the API client that serves the caller in ctx. The error is
// told to the caller.
type Clients func(ctx context.Context) (*airbyteclient.Client, error)

// OneClient serves every caller with the same account.
func OneClient(api *airbyteclient.Client) Clients {
	return func(context.Context) (*airbyteclient.Client, error) { return api, nil }
}
