package tools

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"airbyte-agent-mcp/airbyteclient"
)

var uuidPattern = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// connectorRef is how every tool takes a connector.
type connectorRef struct {
	ConnectorID   string `json:"connector_id" jsonschema_description:"ID, name or slug, from list_connectors."`
	WorkspaceName string `json:"workspace_name,omitempty" jsonschema_description:"Where to look up names."`
}

// id finds the connector's ID. An ID goes through as it is; a name or slug is
// looked up without regard to case, a connector's own name before that of its
// kind, and an ambiguity is answered with the candidates.
func (r connectorRef) id(ctx context.Context, api *Account) (string, error) {
	ref := strings.TrimSpace(r.ConnectorID)
	if uuidPattern.MatchString(ref) {
		return ref, nil
	}
	workspace := orDefault(r.WorkspaceName, api)
	connectors, err := api.ListConnectors(ctx, airbyteclient.ListConnectorsOptions{WorkspaceName: workspace})
	if err != nil {
		return "", hinted{err: err, reads: true} // whatever its tool goes on to do
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
		return "", refuse("No connector %q in workspace %q.%s", shown(ref), shown(workspace), named(" It has", connectors)).
			next("Use an ID or name from list_connectors, or connect the service with create_connector.")
	}
	return "", refuse("%d connectors in workspace %q go by %q.%s", len(matches), shown(workspace), shown(ref), named(" They are", matches)).
		next("Call again with the ID of the one you mean.")
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

// named lists a few connectors for an error.
func named(lead string, connectors []airbyteclient.ConnectorSummary) string {
	const most = 12
	if len(connectors) == 0 {
		return " It has none."
	}
	var list []string
	for _, c := range connectors[:min(len(connectors), most)] {
		list = append(list, fmt.Sprintf("%s (%s)", shown(c.Name), shown(c.ID)))
	}
	if rest := len(connectors) - most; rest > 0 {
		list = append(list, fmt.Sprintf("%d more", rest))
	}
	return lead + ": " + strings.Join(list, ", ") + "."
}

func orDefault(workspace string, api *Account) string {
	if workspace == "" {
		return api.Workspace()
	}
	return workspace
}
