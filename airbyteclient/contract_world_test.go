package airbyteclient_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/airbyteclient/sandbox"
)

// contractWorld is a sandbox and a client of it, with the wire between them
// judged.
type contractWorld struct {
	*airbyteclient.Client
	t       *testing.T
	sandbox *sandbox.Sandbox
	server  *httptest.Server
	config  airbyteclient.Config
	wire    *wire
}

func newContractWorld(t *testing.T, doc *document) *contractWorld {
	t.Helper()
	w := &contractWorld{sandbox: sandbox.New(sandbox.Options{})}
	w.server = httptest.NewServer(w.sandbox)
	t.Cleanup(w.server.Close)
	w.wire = &wire{RoundTripper: w.server.Client().Transport, document: doc}
	w.config = airbyteclient.Config{
		APIHost: w.server.URL, ClientID: sandbox.ClientID,
		ClientSecret: airbyteclient.NewSecret(sandbox.ClientSecret), OrganizationID: sandbox.OrganizationID,
	}
	return w.again(t)
}

// again is the same world, with what is there, for another test: without
// faults, with a new client and a new record.
func (w *contractWorld) again(t *testing.T) *contractWorld {
	t.Helper()
	w.sandbox.ClearFaults()
	next := *w
	next.t = t
	next.wire = &wire{RoundTripper: w.wire.RoundTripper, document: w.wire.document, t: t, record: &record{}}
	next.Client = next.connect()
	return &next
}

// connect makes a client of the configuration as it is now.
func (w *contractWorld) connect() *airbyteclient.Client {
	w.t.Helper()
	client, err := airbyteclient.New(w.config, airbyteclient.WithTransport(w.wire))
	if err != nil {
		w.t.Fatal(err)
	}
	return client
}

// raw sends a request that is not judged.
func (w *contractWorld) raw(method, path, token string, body []byte) (int, []byte) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), method, w.server.URL+path, bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := w.server.Client().Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return response.StatusCode, got
}

// rawToken asks a token operation for a token.
func (w *contractWorld) rawToken(path, bearer string, body object) string {
	w.t.Helper()
	sent, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	status, got := w.raw(http.MethodPost, "/api/v1/account/applications/"+path, bearer, sent)
	var minted struct {
		Token       string `json:"token"`
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal(got, &minted); err != nil || status != http.StatusOK {
		w.t.Fatalf("mint by %s: %d %s", path, status, got)
	}
	return minted.Token + minted.AccessToken
}

func (w *contractWorld) applicationToken() string {
	w.t.Helper()
	return w.rawToken("token", "", object{"client_id": sandbox.ClientID, "client_secret": sandbox.ClientSecret})
}

// scopedToken is minted unseen, so that no tool gets the credit for it.
func (w *contractWorld) scopedToken(workspace string) string {
	w.t.Helper()
	return w.rawToken("scoped-token", w.applicationToken(), object{"workspace_name": workspace})
}

var pathParameter = regexp.MustCompile(`\{[^}]+\}`)

// probe asks whether there is a handler at all; what it answers is not the
// point.
func (w *contractWorld) probe(operation documented) (int, []byte) {
	w.t.Helper()
	path := pathParameter.ReplaceAllString(operation.Path, "00000000-0000-4000-8000-000000000000")
	var body []byte
	if operation.Method != http.MethodGet && operation.Method != http.MethodDelete {
		body = []byte("{}")
	}
	return w.raw(operation.Method, path, w.applicationToken(), body)
}

// unknownRoute tells the answer of a service that has no such operation from
// that of one that has no such record.
func unknownRoute(status int, body []byte) bool {
	return status == http.StatusMethodNotAllowed || status == http.StatusNotImplemented ||
		status == http.StatusNotFound && strings.TrimSpace(string(body)) == `{"detail":"Not Found"}`
}

// find takes the one that fits from a list.
func find[T any](w *contractWorld, what string, list []T, err error, fits func(T) bool) T {
	w.t.Helper()
	for _, item := range list {
		if err == nil && fits(item) {
			return item
		}
	}
	w.t.Fatalf("no %s among %d: %v", what, len(list), err)
	var none T
	return none
}

func (w *contractWorld) workspaceID(ctx context.Context, name string) string {
	w.t.Helper()
	page, err := w.ListWorkspaces(ctx, airbyteclient.ListWorkspacesOptions{NameContains: name})
	if err != nil {
		w.t.Fatal(err)
	}
	return find(w, "workspace "+name, page.Data, nil, func(found airbyteclient.Workspace) bool { return found.Name == name }).ID
}

func (w *contractWorld) connectorID(ctx context.Context, workspace, slug string) string {
	w.t.Helper()
	list, err := w.ListConnectors(ctx, airbyteclient.ListConnectorsOptions{WorkspaceName: workspace})
	return find(w, "connector "+slug, list, err, func(c airbyteclient.ConnectorSummary) bool { return c.SourceTemplate.ConnectorName == slug }).ID
}

func (w *contractWorld) definitionID(ctx context.Context, name string) string {
	w.t.Helper()
	list, err := w.ListSourceDefinitions(ctx, name)
	return find(w, "definition "+name, list, err, func(d airbyteclient.Definition) bool { return d.Name == name }).SourceDefinitionID
}

func (w *contractWorld) destinationID(ctx context.Context, name string) string {
	w.t.Helper()
	list, err := w.ListDestinationDefinitions(ctx, nil)
	return find(w, "destination "+name, list, err, func(d airbyteclient.DestinationSummary) bool { return d.Name == name }).ID
}

func (w *contractWorld) sourceTemplateID(ctx context.Context, slug string) string {
	w.t.Helper()
	list, err := w.ListSourceTemplates(ctx, airbyteclient.ListSourceTemplatesOptions{})
	return find(w, "source template "+slug, list, err, func(s airbyteclient.SourceTemplateSummary) bool { return s.ConnectorName == slug }).ID
}

func (w *contractWorld) connectionTemplateID(ctx context.Context, hosting string) string {
	w.t.Helper()
	list, err := w.ListConnectionTemplates(ctx, airbyteclient.ListConnectionTemplatesOptions{})
	return find(w, "connection template", list, err, func(c airbyteclient.ConnectionTemplate) bool { return c.DataHostingType == hosting }).ID
}
