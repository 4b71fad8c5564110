package menu

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/server/telemetry"
	"airbyte-agent-mcp/server/transport"
	"airbyte-agent-mcp/tools/refusal"
)

// Resources are what tools tell, by address: for people who pick context from a
// menu. Which there are depends on the caller, so none is kept in the SDK, where
// every caller would see it, and which pages them by names that need not be
// unique and finds the template of an address by chance. There is one handler
// instead, to which routed sends every address of ours, and listed fills each
// list anew.

const (
	scheme = "airbyte:"
	// routedURI is what the SDK has to find for any address of ours.
	routedURI = scheme + "resource"
	maxURI    = 1024
	// maxElement bounds one element of an address, in bytes.
	maxElement = 256
	// maxDocs bounds a section of documentation, in bytes: some 8,000 tokens.
	maxDocs = 32 << 10

	resourcePage    = 100
	mostWorkspaces  = 100
	mostConnectors  = 200
	ListTime        = 3 * time.Second // the longest that a list waits for the API
	cursorBeginning = "\xff"          // behind every name, so that the SDK lists nothing of its own
)

// resourceKind is a template, and what its addresses are about.
type resourceKind struct {
	template, name, title, description, mimeType string
	tool                                         string // that it needs, and that words its errors
}

const (
	definitionsKind = iota
	workspaceKind
	connectorKind
	docsKind
)

var ResourceKinds = []resourceKind{
	definitionsKind: {
		"airbyte://definitions{?name,cursor}", "definitions", "Services that can be connected",
		"Names and IDs of the services that can be connected; name keeps those that contain it, cursor is page.next_cursor of the page before.",
		"application/json", "list_definitions",
	},
	workspaceKind: {
		"airbyte://workspaces/{name}/connectors", "workspace-connectors", "Connectors of a workspace",
		"What is connected in one workspace.", "application/json", "list_connectors",
	},
	connectorKind: {
		"airbyte://connectors/{id}", "connector", "A connector",
		"What can be done with one connector: its entities and actions.", "application/json", "describe_connector",
	},
	docsKind: {
		"airbyte://connectors/{id}/docs/{section}", "connector-docs", "Documentation of a connector",
		"One section of a connector's documentation.", "text/markdown", "describe_connector",
	},
}

// address is a parsed URI of ours.
type address struct {
	kind            int
	name            string // of a workspace or connector, or part of a service's
	section, cursor string
}

// addResources offers what can be read with the tools that are served.
func (m *Menu) addResources(hooks *mcpserver.Hooks) {
	hooks.AddBeforeReadResource(routed)
	hooks.AddBeforeListResources(checkCursor)
	hooks.AddAfterListResources(m.listed)
	hooks.AddOnError(resourceNotFound)
	m.mcp.AddResource(mcp.Resource{URI: routedURI, Name: routedURI}, m.readResource)
	for _, k := range ResourceKinds {
		if !m.serves(k.tool) {
			continue
		}
		template := mcp.NewResourceTemplate(k.template, k.name,
			mcp.WithTemplateTitle(k.title), mcp.WithTemplateDescription(k.description), mcp.WithTemplateMIMEType(k.mimeType))
		m.mcp.AddResourceTemplate(template, m.readResource)
	}
}

// routed sends every address of ours to the one handler.
func routed(_ context.Context, _ any, req *mcp.ReadResourceRequest) {
	if uri := req.Params.URI; len(uri) >= len(scheme) && strings.EqualFold(uri[:len(scheme)], scheme) {
		req.Params.URI, req.Params.Arguments = routedURI, map[string]any{"uri": uri}
	}
}

// readResource serves resources/read. The method has no result that tells of a
// failure, so failures are errors of the protocol.
func (m *Menu) readResource(ctx context.Context, req mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
	uri, _ := req.Params.Arguments["uri"].(string)
	ctx, release := transport.OutletFrom(ctx).Bind(ctx)
	defer release()
	content, fault := m.read(ctx, uri)
	if fault != nil {
		return nil, transport.RefuseWith(ctx, fault.Code, fault.Message, fault.Data)
	}
	return []mcp.ResourceContents{content}, nil
}

// read reads one address. Where the caller may not have what it names, there is
// nothing.
func (m *Menu) read(ctx context.Context, uri string) (content mcp.TextResourceContents, fault *mcp.JSONRPCErrorDetails) {
	start := time.Now()
	ctx, trace := telemetry.WithTrace(ctx, m.log)
	outcome := "ok"
	defer func() {
		if p := recover(); p != nil {
			telemetry.LogPanic(m.log, "resource", p)
			outcome, fault = "panic", &mcp.JSONRPCErrorDetails{Code: mcp.INTERNAL_ERROR, Message: "internal error"}
		}
		m.log.LogAttrs(ctx, slog.LevelInfo, "read",
			slog.String("resource", plain(uri, 200)),
			slog.Duration("duration", time.Since(start)),
			slog.Int("bytes", len(content.Text)),
			slog.String("outcome", outcome),
			slog.String("request_id", trace.RequestID()))
	}()
	a, ok := parseURI(uri)
	if !ok || !m.serves(ResourceKinds[a.kind].tool) {
		outcome = "not_found"
		return content, noResource(ctx, uri, "")
	}
	kind := ResourceKinds[a.kind]
	api, err := m.clients(ctx)
	var text string
	if err == nil {
		text, err = m.contents(ctx, api, a)
	}
	if err == nil {
		return mcp.TextResourceContents{URI: uri, MIMEType: kind.mimeType, Text: text}, nil
	}
	outcome = refusal.KindOf(err)
	words := m.runner.Tools()[kind.tool].Explain(err)
	switch outcome {
	case string(airbyteclient.KindNotFound), "refused":
		return content, noResource(ctx, uri, words)
	case "bad_arguments":
		return content, &mcp.JSONRPCErrorDetails{Code: mcp.INVALID_PARAMS, Message: words}
	}
	return content, &mcp.JSONRPCErrorDetails{Code: mcp.INTERNAL_ERROR, Message: words}
}

// contents are what the tool of a resource says.
func (m *Menu) contents(ctx context.Context, api *airbyteclient.Client, a address) (string, error) {
	arguments := map[string]string{}
	switch a.kind {
	case definitionsKind:
		arguments["name"], arguments["cursor"] = a.name, a.cursor
	case workspaceKind:
		arguments["workspace_name"] = a.name
	case connectorKind:
		arguments["connector_id"] = a.name
	case docsKind:
		text, err := m.runner.ConnectorDocs(ctx, api, a.name, a.section)
		if len(text) > maxDocs {
			text = strings.ToValidUTF8(text[:maxDocs], "") + "\n\n(The rest of this section is left out.)"
		}
		return text, err
	}
	for name, value := range arguments {
		if value == "" {
			delete(arguments, name)
		}
	}
	encoded, err := json.Marshal(arguments)
	if err != nil {
		return "", err
	}
	answer, err := m.runner.Call(ctx, api, ResourceKinds[a.kind].tool, encoded)
	return string(answer.JSON), err
}

// noResource is the error for an address that leads nowhere. Since 2026-07-28
// that is a bad parameter.
func noResource(ctx context.Context, uri, words string) *mcp.JSONRPCErrorDetails {
	code := mcp.RESOURCE_NOT_FOUND
	if mcp.IsModernProtocol(mcpserver.RequestProtocolVersion(ctx)) {
		code = mcp.INVALID_PARAMS
	}
	shown := plain(uri, maxElement)
	if words == "" {
		words = fmt.Sprintf("There is no resource %s. resources/list and resources/templates/list have those there are.", shown)
	}
	return &mcp.JSONRPCErrorDetails{Code: code, Message: words, Data: map[string]string{"uri": shown}}
}

// resourceNotFound names the address where the SDK itself finds nothing.
func resourceNotFound(ctx context.Context, _ any, _ mcp.MCPMethod, message any, err error) {
	if req, ok := message.(*mcp.ReadResourceRequest); ok && errors.Is(err, mcpserver.ErrResourceNotFound) {
		fault := noResource(ctx, req.Params.URI, "")
		_ = transport.RefuseWith(ctx, fault.Code, fault.Message, fault.Data)
	}
}

// parseURI takes an address of ours apart. Elements are decoded once; what
// would lead elsewhere if someone decoded or joined them again is refused.
func parseURI(uri string) (a address, ok bool) {
	if len(uri) > maxURI {
		return a, false
	}
	u, err := url.Parse(uri)
	if err != nil || u.Scheme+":" != scheme || u.Opaque != "" || u.User != nil || u.Fragment != "" || strings.Contains(uri, "#") {
		return a, false
	}
	var elements []string
	if path := u.EscapedPath(); path != "" {
		for escaped := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
			element, err := url.PathUnescape(escaped)
			if err != nil || !harmless(element) {
				return a, false
			}
			elements = append(elements, element)
		}
	}
	if u.Host == "definitions" && len(elements) == 0 && !strings.HasSuffix(uri, "/") {
		return definitionsAddress(u)
	}
	if u.RawQuery != "" || u.ForceQuery {
		return a, false
	}
	switch {
	case u.Host == "workspaces" && len(elements) == 2 && elements[1] == "connectors":
		return address{kind: workspaceKind, name: elements[0]}, true
	case u.Host == "connectors" && len(elements) == 1:
		return address{kind: connectorKind, name: elements[0]}, true
	case u.Host == "connectors" && len(elements) == 3 && elements[1] == "docs":
		return address{kind: docsKind, name: elements[0], section: elements[2]}, true
	}
	return a, false
}

func definitionsAddress(u *url.URL) (a address, ok bool) {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return a, false
	}
	a.kind = definitionsKind
	for key, values := range query {
		if len(values) != 1 || values[0] != "" && !harmless(values[0]) {
			return a, false
		}
		switch key {
		case "name":
			a.name = values[0]
		case "cursor":
			a.cursor = values[0]
		default:
			return a, false
		}
	}
	return a, true
}

// harmless reports whether an element can be meant as a name.
func harmless(element string) bool {
	return element != "" && len(element) <= maxElement && element == plain(element, maxElement) &&
		!strings.ContainsAny(element, `/\`) && element != "." && !strings.Contains(element, "..")
}

// listed fills resources/list for the caller.
func (m *Menu) listed(ctx context.Context, _ any, req *mcp.ListResourcesRequest, result *mcp.ListResourcesResult) {
	ctx, release := transport.OutletFrom(ctx).Bind(ctx)
	defer release()
	all := m.resources(ctx)
	if after, more := readCursor(req.Params.Cursor); more {
		all = slices.DeleteFunc(all, func(r mcp.Resource) bool { return compareURIs(r.URI, after) <= 0 })
	}
	if len(all) > resourcePage {
		all = all[:resourcePage]
		result.NextCursor = CursorAfter(all[resourcePage-1].URI)
	}
	known := slices.DeleteFunc(result.Resources, func(r mcp.Resource) bool { return r.URI == routedURI })
	result.Resources = append(known, all...)
}

// resources are all that the caller is told of, each URI and name once. Where
// the API does not tell in time, they are those that need no asking.
func (m *Menu) resources(ctx context.Context) []mcp.Resource {
	all := []mcp.Resource{}
	add := func(kind int, uri, name, title, description string) {
		if k := ResourceKinds[kind]; m.serves(k.tool) {
			all = append(all, mcp.Resource{URI: uri, Name: name, Title: plain(title, 100), Description: plain(description, 200), MIMEType: k.mimeType})
		}
	}
	add(definitionsKind, scheme+"//definitions", "definitions", "Services that can be connected", "Names and IDs of the services that can be connected.")
	workspace := func(name string) {
		if uri := scheme + "//workspaces/" + url.PathEscape(name) + "/connectors"; readable(uri) {
			add(workspaceKind, uri, "workspace "+name, "Connectors of "+name, "What is connected in the workspace "+name+".")
		}
	}
	ctx, cancel := context.WithTimeout(ctx, ListTime)
	defer cancel()
	api, err := m.clients(ctx)
	if err == nil {
		workspace(api.Workspace())
		err = m.listAccount(ctx, api, workspace, func(c airbyteclient.ConnectorSummary) {
			if uri := scheme + "//connectors/" + url.PathEscape(c.ID); readable(uri) {
				add(connectorKind, uri, "connector "+c.ID, c.Name, connectorDescription(c))
			}
		})
	}
	if err != nil {
		m.log.LogAttrs(ctx, slog.LevelInfo, "resources not listed", slog.String("outcome", refusal.KindOf(err)))
	}
	slices.SortFunc(all, func(a, b mcp.Resource) int { return compareURIs(a.URI, b.URI) })
	return slices.CompactFunc(all, func(a, b mcp.Resource) bool { return a.URI == b.URI })
}

// listAccount goes through what the account has, as far as tools that are
// served would tell of it.
func (m *Menu) listAccount(ctx context.Context, api *airbyteclient.Client, workspace func(name string), connector func(airbyteclient.ConnectorSummary)) error {
	var faults []error
	if m.servesAll([]string{"list_connectors", "describe_connector"}) {
		connectors, err := api.ListConnectors(ctx, airbyteclient.ListConnectorsOptions{WorkspaceName: api.Workspace()})
		faults = append(faults, err)
		for _, c := range connectors[:min(len(connectors), mostConnectors)] {
			connector(c)
		}
	}
	if m.servesAll([]string{"list_connectors", "list_workspaces"}) && ctx.Err() == nil {
		page, err := api.ListWorkspaces(ctx, airbyteclient.ListWorkspacesOptions{Limit: mostWorkspaces})
		faults = append(faults, err)
		if page != nil {
			for _, w := range page.Data {
				workspace(w.Name)
			}
		}
	}
	return errors.Join(faults...)
}

func connectorDescription(c airbyteclient.ConnectorSummary) string {
	if service := c.SourceTemplate.Name; service != "" {
		return "What can be done with this " + service + " connector: its entities and actions."
	}
	return "What can be done with this connector: its entities and actions."
}

func readable(uri string) bool {
	_, ok := parseURI(uri)
	return ok
}

// compareURIs puts what is general first.
func compareURIs(a, b string) int {
	rank := func(uri string) int {
		return slices.IndexFunc([]string{scheme + "//d", scheme + "//w", scheme + "//"}, func(begin string) bool { return strings.HasPrefix(uri, begin) })
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
}

// A cursor holds the last URI of the page before, so that nothing is lost or
// comes twice when the list changes in between.
func CursorAfter(uri string) mcp.Cursor {
	return mcp.Cursor(base64.StdEncoding.EncodeToString([]byte(cursorBeginning + uri)))
}

func readCursor(cursor mcp.Cursor) (uri string, ok bool) {
	raw, err := base64.StdEncoding.DecodeString(string(cursor))
	if err != nil {
		return "", false
	}
	after, ok := bytes.CutPrefix(raw, []byte(cursorBeginning))
	return string(after), ok && readable(string(after))
}

// checkCursor refuses cursors that are not ours. The SDK would take some.
func checkCursor(ctx context.Context, _ any, req *mcp.ListResourcesRequest) {
	if req.Params.Cursor == "" {
		return
	}
	if _, ok := readCursor(req.Params.Cursor); !ok {
		_ = transport.RefuseWith(ctx, mcp.INVALID_PARAMS, "The cursor is not one that resources/list gave. List again without it.", nil)
		req.Params.Cursor = "!" // which the SDK refuses
	}
}
