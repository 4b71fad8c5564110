package tools

import (
	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/airbyteclient/sandbox"
	"net/http/httptest"
	"testing"
	"time"
)

// storyTime is when every story happens.
var storyTime = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

// apiWorld is a sandbox of its own with an account of it.
type apiWorld struct {
	sandbox *sandbox.Sandbox
	api     *Account
}

// newAPIWorld makes a sandbox at the time of the stories and serves it.
func newAPIWorld(t testing.TB, options sandbox.Options) apiWorld {
	t.Helper()
	if options.Now == nil {
		options.Now = func() time.Time { return storyTime }
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
	return apiWorld{s, &Account{Client: api, memory: newMemory(), now: func() time.Time { return storyTime }}}
}

// connectorsOf lists the connectors of the sandbox's default workspace.
func (w apiWorld) connectorsOf(t testing.TB) []airbyteclient.ConnectorSummary {
	t.Helper()
	list, err := w.api.ListConnectors(t.Context(), airbyteclient.ListConnectorsOptions{WorkspaceName: "default"})
	if err != nil {
		t.Fatal(err)
	}
	return list
}
