package sandbox

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
)

func connectorProperties() []property {
	return []property{
		{name: "workspace_name", kind: "string", required: true},
		{name: "name", kind: "string"},
		{name: "connector_type", kind: "string"},
		{name: "definition_id", kind: "uuid"},
		{name: "source_template_id", kind: "uuid"},
		{name: "replication_config", kind: "object"},
		{name: "credentials", kind: "object"},
		{name: "environment", kind: "object"},
		{name: "entities", kind: "entities"},
		{name: "server_side_oauth_secret_id", kind: "string"},
		{name: "selected_connection_template_tags", kind: "strings"},
		{name: "selected_connection_template_tags_mode", kind: "string", enum: []string{"all", "any"}},
	}
}

func (c *connector) wire(st *store) object {
	t := st.templateByID(c.templateID)
	if t == nil {
		t = globalTemplate(c.definition) // the organization's was deleted since
	}
	o := object{
		"id": c.id, "name": c.name, "source_template": t.detailed(c.definition), "replication_config": c.config,
		"created_at": stamp(c.created), "updated_at": stamp(c.updated),
	}
	if c.entities != nil {
		o["entities"] = c.entities
	}
	return o
}

// resolved is what a create or check is about, once names have been looked up.
type resolved struct {
	workspace  *workspace
	template   *sourceTemplate
	definition *definition
	config     configuration
}

func (s *Sandbox) resolve(c *call) (resolved, *response) {
	var r resolved
	fail := func(resp response) (resolved, *response) { return r, &resp }
	if errs := check(c.body, connectorProperties()...); errs != nil {
		return fail(invalid(errs...))
	}
	given := func(name string) bool { return c.body[name] != nil }
	if !given("connector_type") && !given("definition_id") && !given("source_template_id") {
		return fail(invalid(fieldError{"body", "Value error, One of connector_type, definition_id, or source_template_id must be provided", "value_error"}))
	}
	if !given("credentials") && !given("replication_config") && !given("server_side_oauth_secret_id") {
		return fail(invalid(fieldError{"body", "Value error, At least one of credentials, replication_config, or server_side_oauth_secret_id must be provided", "value_error"}))
	}
	name := text(c.body["workspace_name"])
	if r.workspace = s.store.workspaceNamed(name); r.workspace == nil {
		return fail(detail(http.StatusNotFound, fmt.Sprintf("Workspace '%s' not found", name)))
	}
	if bad := c.caller.barred(r.workspace.id); bad != nil {
		return r, bad
	}
	template, bad := s.chooseTemplate(c.body)
	if bad != nil {
		return r, bad
	}
	r.template, r.definition = template, s.store.byID[template.definitionID]
	r.config, bad = readConfiguration(r.definition, withDefaults(template.defaults, c.body))
	return r, bad
}

// withDefaults lays the caller's settings over the template's.
func withDefaults(defaults, body object) object {
	given, _ := body["replication_config"].(object)
	if len(defaults) == 0 {
		return body
	}
	body = maps.Clone(body)
	merged := maps.Clone(defaults)
	maps.Copy(merged, given)
	body["replication_config"] = merged
	return body
}

func (s *Sandbox) createConnector(c *call) response {
	r, bad := s.resolve(c)
	if bad != nil {
		return *bad
	}
	name := text(c.body["name"])
	if name == "" {
		name = r.definition.name
	}
	now := s.now()
	conn := &connector{
		id: s.store.newID("connector"), name: name, workspaceID: r.workspace.id, templateID: r.template.id, definition: r.definition,
		credentials: r.config.credentials, environment: r.config.environment, entities: c.body["entities"],
		created: now, updated: now, refused: refused(r.config.credentials),
	}
	conn.config = maps.Clone(r.config.settings)
	if conn.config == nil {
		conn.config = object{}
	}
	maps.Copy(conn.config, r.config.environment)
	// Credentials that came inside replication_config are read back inside it: the
	// service is not known to leave them out, so whoever shows this to a model has to.
	s.store.addConnector(conn)
	return ok(conn.wire(s.store))
}

// workspaceOf reads the four ways in which a list may name its workspace.
func (s *Sandbox) workspaceOf(c *call, q url.Values) (string, *response) {
	if id := q.Get("workspace_id"); id != "" {
		if s.store.workspace(id) == nil {
			bad := notFound("Workspace", id)
			return "", &bad
		}
		return id, c.caller.barred(strings.ToLower(id))
	}
	for _, key := range []string{"workspace_name", "customer_name", "external_user_id"} {
		name := q.Get(key)
		if name == "" {
			continue
		}
		w := s.store.workspaceNamed(name)
		if w == nil {
			bad := detail(http.StatusNotFound, fmt.Sprintf("Workspace '%s' not found", name))
			return "", &bad
		}
		return w.id, c.caller.barred(w.id)
	}
	if c.caller.workspaceID != "" {
		return c.caller.workspaceID, nil
	}
	bad := failure(http.StatusBadRequest, "One of workspace_id or workspace_name must be provided")
	return "", &bad
}

func (s *Sandbox) listConnectors(c *call) response {
	q := c.URL.Query()
	workspaceID, bad := s.workspaceOf(c, q)
	if bad != nil {
		return *bad
	}
	seen := s.store.sight(func(conn *connector) bool {
		return strings.EqualFold(conn.workspaceID, workspaceID) && (q.Get("definition_id") == "" || strings.EqualFold(conn.definition.id, q.Get("definition_id")))
	})
	data := []object{}
	for _, conn := range seen {
		t := s.store.templateByID(conn.templateID)
		if t == nil {
			t = globalTemplate(conn.definition)
		}
		data = append(data, object{
			"id": conn.id, "name": conn.name, "summarized_source_template": t.summary(conn.definition),
			"created_at": stamp(conn.created), "updated_at": stamp(conn.updated),
		})
	}
	return ok(object{"data": data})
}

func (s *Sandbox) getConnector(c *call) response {
	if conn := s.store.connector(c.id); conn != nil {
		if bad := c.caller.barred(conn.workspaceID); bad != nil {
			return *bad
		}
	}
	seen := s.store.sight(func(conn *connector) bool { return strings.EqualFold(conn.id, c.id) })
	if len(seen) == 0 {
		return notFound("Connector", c.id)
	}
	return ok(seen[0].wire(s.store))
}

func updateProperties() []property {
	return []property{{name: "name", kind: "string"}, {name: "replication_config", kind: "object"}, {name: "entities", kind: "entities"}}
}

// updateConnector changes what is given: leaving entities out keeps them, an empty
// list clears them, and there is no way to change credentials here.
func (s *Sandbox) updateConnector(c *call) response {
	if errs := check(c.body, updateProperties()...); errs != nil {
		return invalid(errs...)
	}
	conn := s.store.connector(c.id)
	if conn == nil {
		return notFound("Connector", c.id)
	}
	if bad := c.caller.barred(conn.workspaceID); bad != nil {
		return *bad
	}
	conn = s.store.replaceConnector(c.id, func(conn *connector) {
		if name := text(c.body["name"]); name != "" {
			conn.name = name
		}
		if entities, given := c.body["entities"].([]any); given {
			conn.entities = entities
		}
		if config, given := c.body["replication_config"].(object); given {
			conn.config = maps.Clone(conn.config)
			maps.Copy(conn.config, config)
		}
		conn.updated = s.now()
	})
	return ok(conn.wire(s.store))
}

func (s *Sandbox) deleteConnector(c *call) response {
	conn := s.store.connector(c.id)
	if conn == nil {
		return notFound("Connector", c.id)
	}
	if bad := c.caller.barred(conn.workspaceID); bad != nil {
		return *bad
	}
	conn = s.store.replaceConnector(c.id, func(conn *connector) { conn.job, conn.sightings = s.store.newID("job"), 1 })
	return answer(http.StatusAccepted, object{"job_id": conn.job})
}

func (s *Sandbox) checkConfiguration(c *call) response {
	r, bad := s.resolve(c)
	if bad != nil {
		return *bad
	}
	return s.checked(r.definition, uuid("check", r.definition.id), refused(r.config.credentials), c.body["entities"])
}

func (s *Sandbox) checkConnector(c *call) response {
	if errs := check(c.body, updateProperties()...); errs != nil {
		return invalid(errs...)
	}
	conn, bad := s.reach(c)
	if bad != nil {
		return *bad
	}
	entities := c.body["entities"]
	if entities == nil {
		entities = conn.entities
	}
	config, _ := c.body["replication_config"].(object)
	return s.checked(conn.definition, conn.id, conn.refused || refused(config), entities)
}

// checked answers a check: a failed one is a 200, too.
func (s *Sandbox) checked(d *definition, id string, bad bool, entities any) response {
	out := object{"id": id, "status": "succeeded"}
	if bad {
		message := fmt.Sprintf("Unable to connect to %s: 401 Unauthorized. Check the credentials.", d.name)
		out["status"], out["error_message"] = "failed", message
		out["failure_reason"] = object{
			"timestamp": s.now().UnixMilli(), "failure_origin": "source", "failure_type": "config_error", "external_message": message,
			"internal_message": "HTTPError: 401 Client Error: Unauthorized", "stacktrace": "Traceback (most recent call last): …", "retryable": false,
		}
	}
	var results []any
	list, _ := entities.([]any)
	for _, item := range list {
		asked, _ := item.(object)
		name := text(asked["entity"])
		result := object{"entity": name, "status": "succeeded", "status_code": 200}
		switch {
		case bad:
			result["status"], result["status_code"], result["error_message"] = "failed", 401, "401 Unauthorized"
		case d.entity(name) == nil && d.entities != nil:
			result["status"], result["status_code"], result["error_message"] = "skipped", nil, fmt.Sprintf("Entity '%s' not found in connector.", name)
		}
		results = append(results, result)
	}
	if results != nil {
		out["entity_check_results"] = results
	}
	return ok(out)
}
