package sandbox

import (
	"net/http"
	"strings"
)

// access says whose token an operation admits.
type access int

const (
	open        access = iota // no token
	anyone                    // an application token, or a scoped one for its workspace
	application               // an application token only
)

type route struct {
	method string
	path   []string // elements below /api/v1; "{…}" stands for one variable element
	access access
	handle handler
}

// table lists the operations. Fixed paths come before variable ones of the same length.
func (s *Sandbox) table() []route {
	routes := []route{}
	add := func(method, path string, who access, h handler) {
		routes = append(routes, route{method, strings.Split(path, "/"), who, h})
	}
	add("POST", "account/applications/token", open, s.mintToken)
	add("POST", "account/applications/scoped-token", application, s.mintScopedToken)
	add("GET", "account/applications/scoped-token/info", anyone, s.scopedTokenInfo)
	add("POST", "account/applications/widget-token", application, s.mintWidgetToken)

	add("GET", "workspaces", application, s.listWorkspaces)
	add("GET", "workspaces/stats", application, s.workspaceStats)
	add("GET", "workspaces/{uuid}", anyone, s.getWorkspace)
	add("PUT", "workspaces/{uuid}", application, s.updateWorkspace)
	add("DELETE", "workspaces/{uuid}", application, s.deleteWorkspace)

	add("POST", "integrations/connectors", anyone, s.createConnector)
	add("GET", "integrations/connectors", anyone, s.listConnectors)
	add("POST", "integrations/connectors/check", anyone, s.checkConfiguration)
	add("GET", "integrations/connectors/{uuid}", anyone, s.getConnector)
	add("PUT", "integrations/connectors/{uuid}", anyone, s.updateConnector)
	add("DELETE", "integrations/connectors/{uuid}", anyone, s.deleteConnector)
	add("POST", "integrations/connectors/{uuid}/check", anyone, s.checkConnector)
	add("POST", "integrations/connectors/{id}/execute", anyone, s.execute)
	add("GET", "integrations/connectors/{uuid}/inspect", anyone, s.inspectConnector)

	add("GET", "integrations/definitions/sources", anyone, s.listSourceDefinitions)
	add("GET", "integrations/definitions/sources/{uuid}", anyone, s.getSourceDefinition)
	add("GET", "integrations/definitions/destinations", anyone, s.listDestinationDefinitions)
	add("GET", "integrations/definitions/destinations/{uuid}", anyone, s.getDestinationDefinition)

	add("GET", "integrations/templates/sources", application, s.listSourceTemplates)
	add("POST", "integrations/templates/sources", application, s.createSourceTemplate)
	add("GET", "integrations/templates/sources/{uuid}", application, s.getSourceTemplate)
	add("PATCH", "integrations/templates/sources/{uuid}", application, s.updateSourceTemplate)
	add("DELETE", "integrations/templates/sources/{uuid}", application, s.deleteSourceTemplate)

	add("GET", "integrations/templates/connections", application, s.listConnectionTemplates)
	add("POST", "integrations/templates/connections", application, s.createConnectionTemplate)
	add("POST", "integrations/templates/connections/cron/describe", application, s.describeCron)
	add("GET", "integrations/templates/connections/{uuid}", application, s.getConnectionTemplate)
	add("PATCH", "integrations/templates/connections/{uuid}", application, s.updateConnectionTemplate)
	add("DELETE", "integrations/templates/connections/{uuid}", application, s.deleteConnectionTemplate)

	add("PUT", "oauth/credentials", application, s.setOAuthCredentials)
	add("DELETE", "oauth/credentials/connector_type/{id}", application, s.deleteOAuthCredentials)

	// Not in the published document: see airbyteclient.CreateSignInSession.
	add("POST", "internal/mcp_oauth/sessions", application, s.createSignInSession)
	add("GET", "internal/mcp_oauth/sessions/{uuid}", application, s.getSignInSession)
	add("PATCH", "internal/mcp_oauth/sessions/{uuid}", application, s.updateSignInSession)

	add("GET", "skills", anyone, s.listSkills)
	add("GET", "skills/search", anyone, s.searchSkills)
	add("GET", "skills/docs", anyone, s.getSkillDocs)
	return routes
}

// match finds the route of a request, its variable element, and, when only the
// method is wrong, the methods that would do.
func (s *Sandbox) match(method, path string) (found *route, id string, allowed []string) {
	rest, ok := strings.CutPrefix(path, "/api/v1/")
	if !ok {
		return nil, "", nil
	}
	elements := strings.Split(rest, "/")
	for i := range s.routes {
		r := &s.routes[i]
		value, fits := r.fits(elements)
		if !fits {
			continue
		}
		if r.method == method {
			return r, value, nil
		}
		allowed = append(allowed, r.method)
	}
	return nil, "", allowed
}

func (r *route) fits(elements []string) (id string, ok bool) {
	if len(elements) != len(r.path) {
		return "", false
	}
	for i, want := range r.path {
		if strings.HasPrefix(want, "{") {
			id = elements[i]
		} else if want != elements[i] {
			return "", false
		}
	}
	return id, true
}

// readUUIDs refuses identifiers that cannot be any, as the service's framework does.
func readUUIDs(r *http.Request, found *route, id string) *response {
	for _, element := range found.path {
		if element == "{uuid}" && !isUUID(id) {
			bad := invalid(fieldError{"path.id", "Input should be a valid UUID", "uuid_parsing"})
			return &bad
		}
	}
	for _, name := range []string{"workspace_id", "definition_id", "organization_id"} {
		if v := r.URL.Query().Get(name); v != "" && !isUUID(v) {
			bad := invalid(fieldError{"query." + name, "Input should be a valid UUID", "uuid_parsing"})
			return &bad
		}
	}
	return nil
}
