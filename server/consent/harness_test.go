package consent

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/server/telemetry"
)

// sandboxClient is a client of a sandbox behind a real listener.
func sandboxClient(t testing.TB, api http.Handler, around func(http.Handler) http.Handler) *airbyteclient.Client {
	t.Helper()
	if around != nil {
		api = around(api)
	}
	upstream := httptest.NewServer(api)
	t.Cleanup(upstream.Close)
	transport := &http.Transport{MaxIdleConnsPerHost: 256}
	t.Cleanup(transport.CloseIdleConnections)
	client, err := airbyteclient.New(airbyteclient.Config{
		ClientID: sandbox.ClientID, ClientSecret: airbyteclient.NewSecret(sandbox.ClientSecret),
		OrganizationID: sandbox.OrganizationID, APIHost: upstream.URL, WebAppURL: upstream.URL,
	}, airbyteclient.WithObserver(telemetry.Observe), airbyteclient.WithTransport(transport))
	if err != nil {
		t.Fatal(err)
	}
	return client
}
