package accounttest

import (
	"net/http/httptest"
	"testing"
	"time"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/tools/account"
)

// StoryTime is when every story happens.
var StoryTime = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

// World is a sandbox of its own with an account of it.
type World struct {
	Sandbox *sandbox.Sandbox
	Api     *account.Account
}

// New makes a sandbox at the time of the stories and serves it.
func New(t testing.TB, options sandbox.Options) World {
	t.Helper()
	if options.Now == nil {
		options.Now = func() time.Time { return StoryTime }
	}
	s := sandbox.New(options)
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	api, err := airbyteclient.New(airbyteclient.Config{
		APIHost: srv.URL, ClientID: sandbox.ClientID,
		ClientSecret: airbyteclient.NewSecret(sandbox.ClientSecret), OrganizationID: sandbox.OrganizationID,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(api.CloseIdleConnections)
	return World{s, &account.Account{Client: api, Memory: account.NewMemory(), Now: func() time.Time { return StoryTime }}}
}

// ConnectorsOf lists the connectors of the sandbox's default workspace.
func (w World) ConnectorsOf(t testing.TB) []airbyteclient.ConnectorSummary {
	t.Helper()
	list, err := w.Api.ListConnectors(t.Context(), airbyteclient.ListConnectorsOptions{WorkspaceName: "default"})
	if err != nil {
		t.Fatal(err)
	}
	return list
}
