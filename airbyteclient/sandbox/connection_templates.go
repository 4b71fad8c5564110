package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// connectionTemplate says where new connectors of the organization sync to.
type connectionTemplate struct {
	id, name, hosting string
	cron              any // string or nil
	tags              []string
	created, updated  time.Time
	// of user-hosted templates:
	definitionID, preference string
	config                   object
	syncOnCreate             bool
}

func seedConnectionTemplates() []*connectionTemplate {
	born := epoch.AddDate(0, -2, 0)
	return []*connectionTemplate{
		{id: uuid("connection-template", "warehouse"), name: "Warehouse", hosting: "user_hosted", cron: "0 0 6 * * ?", tags: []string{"warehouse"}, created: born, updated: born,
			definitionID: uuid("destination", "snowflake"), preference: "ignore", syncOnCreate: true,
			config: object{"host": "lanternworks.snowflakecomputing.example", "database": "ANALYTICS", "warehouse": "LOADING", "schema": "PUBLIC", "username": "LOADER", "password": "**********"}},
		{id: uuid("connection-template", "context"), name: "Airbyte hosted", hosting: "airbyte_hosted", tags: []string{}, created: born, updated: born},
	}
}

func (t *connectionTemplate) wire() object {
	o := object{
		"id": t.id, "organization_id": OrganizationID, "destination_name": t.name, "icon": nil, "cron_expression": t.cron, "data_hosting_type": t.hosting,
		"tags": t.tags, "created_at": stamp(t.created), "updated_at": stamp(t.updated),
	}
	if t.hosting == "user_hosted" {
		if d, found := destinationByID(t.definitionID); found {
			o["icon"] = d.icon()
		}
		o["destination_definition_id"], o["destination_config"] = t.definitionID, t.config
		o["non_breaking_changes_preference"], o["sync_on_create"] = t.preference, t.syncOnCreate
	}
	return o
}

func (s *Sandbox) listConnectionTemplates(c *call) response {
	fits, bad := tagged(c)
	if bad != nil {
		return *bad
	}
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	data := []object{}
	for _, t := range s.store.connectionTemplates {
		if fits(t.tags) {
			data = append(data, t.wire())
		}
	}
	return ok(object{"data": data})
}

// templateProperties are those a create and a patch share.
func templateProperties(create bool) []property {
	return []property{
		{name: "destination_name", kind: "string", required: create}, {name: "destination_config", kind: "object", required: create},
		{name: "cron_expression", kind: "string"}, {name: "sync_on_create", kind: "boolean"},
		{name: "non_breaking_changes_preference", kind: "string", enum: []string{"ignore", "disable", "propagate_columns", "propagate_fully"}},
	}
}

func wrongCron(body object) []fieldError {
	expression := text(body["cron_expression"])
	if expression == "" {
		return nil
	}
	if words, valid := describeQuartz(expression); !valid {
		return []fieldError{{"body.cron_expression", "Value error, " + words, "value_error"}}
	}
	return nil
}

func (s *Sandbox) createConnectionTemplate(c *call) response {
	now := s.now()
	t := &connectionTemplate{id: s.store.newID("connection-template"), hosting: "user_hosted", preference: "ignore", syncOnCreate: true, tags: []string{}, created: now, updated: now}
	errs := check(c.body, property{name: "data_hosting_type", kind: "string", enum: []string{"user_hosted", "airbyte_hosted"}})
	if hosting := text(c.body["data_hosting_type"]); hosting != "" {
		t.hosting = hosting
	}
	if t.hosting == "user_hosted" {
		errs = append(errs, check(c.body, append(templateProperties(true), property{name: "destination_definition_id", kind: "uuid", required: true})...)...)
	}
	if errs = append(errs, wrongCron(c.body)...); errs != nil {
		return invalid(errs...)
	}
	if t.hosting == "airbyte_hosted" {
		t.name = "Airbyte hosted"
		if c.body["cron_expression"] != nil {
			t.cron = c.body["cron_expression"]
		}
	} else {
		t.definitionID = strings.ToLower(text(c.body["destination_definition_id"]))
		if _, found := destinationByID(t.definitionID); !found {
			return notFound("Destination definition", t.definitionID)
		}
		t.change(c.body)
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	s.store.connectionTemplates = append(s.store.connectionTemplates, t)
	return ok(t.wire())
}

// change lays what a body gives over the template; what it leaves out stays.
func (t *connectionTemplate) change(body object) {
	if v := text(body["destination_name"]); v != "" {
		t.name = v
	}
	if v, given := body["destination_config"].(object); given {
		t.config = v
	}
	if body["cron_expression"] != nil {
		t.cron = body["cron_expression"]
	}
	if v := text(body["non_breaking_changes_preference"]); v != "" {
		t.preference = v
	}
	if v, given := body["sync_on_create"].(bool); given {
		t.syncOnCreate = v
	}
}

func (s *Sandbox) getConnectionTemplate(c *call) response {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	for _, t := range s.store.connectionTemplates {
		if strings.EqualFold(t.id, c.id) {
			return ok(t.wire())
		}
	}
	return notFound("Connection template", c.id)
}

func (s *Sandbox) updateConnectionTemplate(c *call) response {
	if errs := append(check(c.body, templateProperties(false)...), wrongCron(c.body)...); errs != nil {
		return invalid(errs...)
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	for i, old := range s.store.connectionTemplates {
		if strings.EqualFold(old.id, c.id) {
			t := *old
			t.change(c.body)
			t.updated = s.now()
			s.store.connectionTemplates[i] = &t
			return ok(t.wire())
		}
	}
	return notFound("Connection template", c.id)
}

func (s *Sandbox) deleteConnectionTemplate(c *call) response {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	before := len(s.store.connectionTemplates)
	s.store.connectionTemplates = slices.DeleteFunc(s.store.connectionTemplates, func(t *connectionTemplate) bool { return strings.EqualFold(t.id, c.id) })
	if len(s.store.connectionTemplates) == before {
		return notFound("Connection template", c.id)
	}
	return answer(http.StatusOK, object{"id": strings.ToLower(c.id), "deleted_at": stamp(s.now())})
}

func (s *Sandbox) describeCron(c *call) response {
	if errs := check(c.body, property{name: "cron_expression", kind: "string", required: true}); errs != nil {
		return invalid(errs...)
	}
	words, valid := describeQuartz(text(c.body["cron_expression"]))
	return ok(object{"description": words, "is_valid": valid})
}
