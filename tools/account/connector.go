package account

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/refusal"
)

var UuidPattern = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// ConnectorRef is how every tool takes a connector.
type ConnectorRef struct {
	ConnectorID   string `json:"connector_id" jsonschema_description:"ID, name or slug, from list_connectors."`
	WorkspaceName string `json:"workspace_name,omitempty" jsonschema_description:"Where to look up names."`
}

// Resolve finds the connector's ID. An ID goes through as it is; a name or slug is
// looked up without regard to case, a connector's own name before that of its
// kind, and an ambiguity is answered with the candidates.
func (r ConnectorRef) Resolve(ctx context.Context, api *Account) (string, error) {
	ref := strings.TrimSpace(r.ConnectorID)
	if UuidPattern.MatchString(ref) {
		return ref, nil
	}
	workspace := WorkspaceOrDefault(r.WorkspaceName, api)
	connectors, err := api.ListConnectors(ctx, airbyteclient.ListConnectorsOptions{WorkspaceName: workspace})
	if err != nil {
		return "", refusal.Hinted{Err: err, ReadOnly: true} // whatever its tool goes on to do
	}
	matches := matching(connectors, func(c airbyteclient.ConnectorSummary) bool {
		return strings.EqualFold(c.Name, ref)
	})
	if len(matches) == 0 {
		matches = matching(connectors, func(c airbyteclient.ConnectorSummary) bool {
			return strings.EqualFold(c.SourceTemplate.ConnectorName, ref) || strings.EqualFold(c.SourceTemplate.Name, ref)
		})
	}
	switch len(matches) {
	case 1:
		return matches[0].ID, nil
	case 0:
		return "", refusal.New("No connector %q in workspace %q.%s", safetext.Short(ref), safetext.Short(workspace), NameConnectors(" It has", connectors)).
			Next("Use an ID or name from list_connectors, or connect the service with create_connector.")
	}
	return "", refusal.New("%d connectors in workspace %q go by %q.%s", len(matches), safetext.Short(workspace), safetext.Short(ref), NameConnectors(" They are", matches)).
		Next("Call again with the ID of the one you mean.")
}

func matching(all []airbyteclient.ConnectorSummary, match func(airbyteclient.ConnectorSummary) bool) []airbyteclient.ConnectorSummary {
	var found []airbyteclient.ConnectorSummary
	seen := map[string]bool{}
	for _, c := range all {
		if match(c) && !seen[c.ID] {
			seen[c.ID] = true
			found = append(found, c)
		}
	}
	return found
}

// NameConnectors lists a few connectors for an error.
func NameConnectors(lead string, connectors []airbyteclient.ConnectorSummary) string {
	const most = 12
	if len(connectors) == 0 {
		return " It has none."
	}
	var list []string
	for _, c := range connectors[:min(len(connectors), most)] {
		list = append(list, fmt.Sprintf("%s (%s)", safetext.Short(c.Name), safetext.Short(c.ID)))
	}
	if rest := len(connectors) - most; rest > 0 {
		list = append(list, fmt.Sprintf("%d more", rest))
	}
	return lead + ": " + strings.Join(list, ", ") + "."
}

func WorkspaceOrDefault(workspace string, api *Account) string {
	if workspace == "" {
		return api.Workspace()
	}
	return workspace
}
