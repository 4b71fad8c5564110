package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// setOAuthCredentials keeps the organization's own OAuth application for a connector
// type. What is in configuration never comes back.
func (s *Sandbox) setOAuthCredentials(c *call) response {
	errs := check(c.body,
		property{name: "configuration", kind: "object", required: true},
		property{name: "connector_type", kind: "string"}, property{name: "connector_definition_id", kind: "uuid"})
	for name := range c.body {
		if !slices.Contains([]string{"configuration", "connector_type", "connector_definition_id"}, name) {
			errs = append(errs, fieldError{"body." + name, "Extra inputs are not permitted", "extra_forbidden"})
		}
	}
	if (c.body["connector_type"] == nil) == (c.body["connector_definition_id"] == nil) {
		errs = append(errs, fieldError{"body", "Value error, Exactly one of connector_type or connector_definition_id must be provided", "value_error"})
	}
	if errs != nil {
		return invalid(errs...)
	}
	id, kind := s.typeOf(c.body)
	if id == "" {
		return failure(http.StatusNotFound, fmt.Sprintf("Connector type '%s' not found", text(c.body["connector_type"])+text(c.body["connector_definition_id"])))
	}
	now := stamp(s.now())
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	kept := object{"id": uuid("oauth", id), "scope_type": "organization", "scope_id": OrganizationID, "connector_type": kind, "connector_definition_id": id, "created_at": now, "updated_at": now}
	if old, known := s.store.oauth[id]; known {
		kept["created_at"] = old["created_at"]
	}
	s.store.oauth[id] = kept
	return ok(kept)
}

// typeOf finds the definition that a request names, among sources and destinations.
func (s *Sandbox) typeOf(body object) (id, kind string) {
	name, wanted := text(body["connector_type"]), text(body["connector_definition_id"])
	for _, d := range s.store.definitions {
		if strings.EqualFold(d.id, wanted) || name != "" && (strings.EqualFold(d.name, name) || strings.EqualFold(d.slug, name)) {
			return d.id, "source"
		}
	}
	for _, d := range destinations() {
		if strings.EqualFold(d.id, wanted) || name != "" && strings.EqualFold(d.name, name) {
			return d.id, "destination"
		}
	}
	return "", ""
}

// deleteOAuthCredentials is idempotent: what is not there is gone.
func (s *Sandbox) deleteOAuthCredentials(c *call) response {
	id, _ := s.typeOf(object{"connector_type": c.id})
	if id == "" {
		return failure(http.StatusNotFound, fmt.Sprintf("Connector type '%s' not found", c.id))
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	delete(s.store.oauth, id)
	return response{status: http.StatusNoContent}
}
