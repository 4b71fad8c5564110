package sandbox

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// sourceTemplate is a connector type as an organization has enabled it.
type sourceTemplate struct {
	id, name, definitionID, mode string
	global                       bool
	defaults                     object
	customization                any
	tags                         []string
	created, updated             time.Time
}

// globalTemplate is the one that everybody has, made from the definition alone.
func globalTemplate(d *definition) *sourceTemplate {
	return &sourceTemplate{id: uuid("template", "global", d.slug), name: d.name, definitionID: d.id, mode: d.mode(), global: true, defaults: object{}, tags: []string{}, created: epoch.AddDate(0, -2, 0), updated: epoch.AddDate(0, -2, 0)}
}

func (d *definition) mode() string {
	switch {
	case d.directOnly:
		return "DIRECT"
	case d.entities != nil:
		return "MULTI"
	}
	return "REPLICATION"
}

// seedSourceTemplates enables the types that have credentials to check.
func seedSourceTemplates(all []*definition) []*sourceTemplate {
	tags := map[string][]string{"hubspot": {"crm", "revenue"}, "salesforce": {"crm", "revenue"}, "stripe": {"revenue"}, "zendesk-support": {"support"}, "intercom": {"support"}, "github": {"engineering"}, "linear": {"engineering"}, "jira": {"engineering"}}
	var list []*sourceTemplate
	for _, d := range all {
		if d.support != "certified" {
			continue
		}
		t := globalTemplate(d)
		t.id, t.global = uuid("template", d.slug), false
		t.tags = append(t.tags, tags[d.slug]...)
		list = append(list, t)
	}
	return list
}

func (st *store) templateByID(id string) *sourceTemplate {
	st.mu.RLock()
	defer st.mu.RUnlock()
	for _, t := range st.sourceTemplates {
		if strings.EqualFold(t.id, id) {
			return t
		}
	}
	for _, d := range st.definitions {
		if t := globalTemplate(d); strings.EqualFold(t.id, id) {
			return t
		}
	}
	return nil
}

// chooseTemplate finds the template a new connector is of. A type with several needs
// to be told which.
func (s *Sandbox) chooseTemplate(body object) (*sourceTemplate, *response) {
	if id := text(body["source_template_id"]); id != "" {
		t := s.store.templateByID(id)
		if t == nil {
			bad := notFound("Source template", id)
			return nil, &bad
		}
		return t, nil
	}
	d := s.store.byID[strings.ToLower(text(body["definition_id"]))]
	if name := text(body["connector_type"]); name != "" && d == nil {
		for _, other := range s.store.definitions {
			if strings.EqualFold(other.name, name) {
				d = other
			}
		}
		if d == nil {
			bad := failure(http.StatusNotFound, fmt.Sprintf("Connector type '%s' not found. Use the exact name, such as 'Zendesk Support'.", name))
			return nil, &bad
		}
	}
	if d == nil {
		bad := notFound("Source definition", text(body["definition_id"]))
		return nil, &bad
	}
	own := s.store.templatesOf(d.id)
	switch len(own) {
	case 0:
		return globalTemplate(d), nil
	case 1:
		return own[0], nil
	}
	bad := failure(http.StatusBadRequest, fmt.Sprintf("Multiple source templates found for '%s'; specify source_template_id.", d.name))
	return nil, &bad
}

func (st *store) templatesOf(definitionID string) []*sourceTemplate {
	st.mu.RLock()
	defer st.mu.RUnlock()
	var own []*sourceTemplate
	for _, t := range st.sourceTemplates {
		if t.definitionID == definitionID {
			own = append(own, t)
		}
	}
	return own
}

func (d *definition) runtimeMode() string {
	switch {
	case d.directOnly:
		return "direct_only"
	case d.entities == nil:
		return "context_store_only"
	}
	return "direct_and_context_store"
}

func (d *definition) icon() string { return text(d.summary()["iconUrl"]) }

func (t *sourceTemplate) summary(d *definition) object {
	o := object{
		"id": t.id, "name": t.name, "icon": d.icon(), "connector_name": d.slug, "actor_definition_id": t.definitionID,
		"tags": t.tags, "customization": t.customization, "mode": t.mode,
		"runtime_mode": d.runtimeMode(), "supports_context_store": !d.directOnly,
		"created_at": stamp(t.created), "updated_at": stamp(t.updated),
	}
	if !t.global {
		o["organization_id"] = OrganizationID
	}
	return o
}

func (t *sourceTemplate) detailed(d *definition) object {
	return object{
		"id": t.id, "name": t.name, "icon": d.icon(), "source_definition_id": t.definitionID,
		"user_config_spec": d.spec(), "partial_default_config": t.defaults, "customization": t.customization,
		"tags": t.tags, "mode": t.mode, "is_experimental": false,
		"runtime_mode": d.runtimeMode(), "supports_context_store": !d.directOnly,
		"created_at": stamp(t.created), "updated_at": stamp(t.updated),
	}
}

// tagged reads the tags and tags_mode of a list of templates.
func tagged(c *call) (func([]string) bool, *response) {
	q := c.URL.Query()
	wanted, mode := q["tags"], q.Get("tags_mode")
	if mode != "" && mode != "all" && mode != "any" {
		bad := invalid(fieldError{"query.tags_mode", "Input should be 'all' or 'any'", "enum"})
		return nil, &bad
	}
	return func(have []string) bool {
		count := 0
		for _, w := range wanted {
			if slices.Contains(have, w) {
				count++
			}
		}
		return count == len(wanted) || mode == "any" && count > 0
	}, nil
}

func (s *Sandbox) listSourceTemplates(c *call) response {
	fits, bad := tagged(c)
	if bad != nil {
		return *bad
	}
	templates := s.store.ownTemplates()
	switch global := c.URL.Query().Get("use_global"); global {
	case "", "false":
	case "true":
		templates = nil
		for _, d := range s.store.definitions {
			templates = append(templates, globalTemplate(d))
		}
	default:
		return invalid(fieldError{"query.use_global", "Input should be a valid boolean", "bool_parsing"})
	}
	data := []object{}
	for _, t := range templates {
		if fits(t.tags) {
			data = append(data, t.summary(s.store.byID[t.definitionID]))
		}
	}
	return ok(object{"data": data})
}

func (st *store) ownTemplates() []*sourceTemplate {
	st.mu.RLock()
	defer st.mu.RUnlock()
	return slices.Clone(st.sourceTemplates)
}

func modeProperty() property {
	return property{name: "mode", kind: "string", enum: []string{"DIRECT", "REPLICATION", "MULTI"}}
}

func (s *Sandbox) createSourceTemplate(c *call) response {
	if c.body["original_source_template_id"] != nil {
		return s.cloneSourceTemplate(c)
	}
	errs := check(c.body,
		property{name: "actor_definition_id", kind: "uuid", required: true},
		property{name: "partial_default_config", kind: "object", required: true},
		property{name: "name", kind: "string"}, property{name: "customization", kind: "object"}, modeProperty())
	if errs != nil {
		return invalid(errs...)
	}
	d := s.store.byID[strings.ToLower(text(c.body["actor_definition_id"]))]
	if d == nil {
		return notFound("Source definition", text(c.body["actor_definition_id"]))
	}
	t := globalTemplate(d)
	t.defaults, t.customization = c.body["partial_default_config"].(object), c.body["customization"]
	return s.keepTemplate(c, t, d)
}

func (s *Sandbox) cloneSourceTemplate(c *call) response {
	errs := check(c.body, property{name: "original_source_template_id", kind: "uuid", required: true}, property{name: "name", kind: "string"}, modeProperty())
	if errs != nil {
		return invalid(errs...)
	}
	original := s.store.templateByID(text(c.body["original_source_template_id"]))
	if original == nil {
		return notFound("Source template", text(c.body["original_source_template_id"]))
	}
	t := *original
	t.name += " (copy)"
	return s.keepTemplate(c, &t, s.store.byID[t.definitionID])
}

// keepTemplate gives a new template its identity and what the request says of it.
func (s *Sandbox) keepTemplate(c *call, t *sourceTemplate, d *definition) response {
	t.id, t.global, t.created, t.updated = s.store.newID("template"), false, s.now(), s.now()
	if name := text(c.body["name"]); name != "" {
		t.name = name
	}
	if mode := text(c.body["mode"]); mode != "" {
		t.mode = mode
	}
	s.store.mu.Lock()
	s.store.sourceTemplates = append(s.store.sourceTemplates, t)
	s.store.mu.Unlock()
	return ok(t.detailed(d))
}

func (s *Sandbox) getSourceTemplate(c *call) response {
	t := s.store.templateByID(c.id)
	if t == nil {
		return notFound("Source template", c.id)
	}
	d := s.store.byID[t.definitionID]
	out := t.detailed(d)
	out["connector_name"] = d.slug
	out["auth_tooltip"] = d.tooltip()
	return ok(out)
}

// tooltip is one sentence, or one per way to authorize where there are several.
func (d *definition) tooltip() any {
	if len(d.auth) == 1 {
		return fmt.Sprintf("Find the %s in your %s settings.", strings.ToLower(d.auth[0].title), d.name)
	}
	tips := object{}
	for _, o := range d.auth {
		_, value, _ := strings.Cut(o.discriminator, "=")
		tips[value] = fmt.Sprintf("Choose %s in your %s settings.", o.title, d.name)
	}
	return tips
}

func (s *Sandbox) updateSourceTemplate(c *call) response {
	errs := check(c.body,
		property{name: "name", kind: "string"}, property{name: "propagate", kind: "boolean"},
		property{name: "partial_default_config", kind: "object"}, property{name: "customization", kind: "object"}, modeProperty())
	if errs != nil {
		return invalid(errs...)
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	for i, old := range s.store.sourceTemplates {
		if !strings.EqualFold(old.id, c.id) {
			continue
		}
		t := *old
		if name := text(c.body["name"]); name != "" {
			t.name = name
		}
		if mode := text(c.body["mode"]); mode != "" {
			t.mode = mode
		}
		if defaults, given := c.body["partial_default_config"].(object); given {
			t.defaults = defaults
		}
		if c.body["customization"] != nil {
			t.customization = c.body["customization"]
		}
		t.updated = s.now()
		s.store.sourceTemplates[i] = &t
		if c.body["propagate"] == true {
			s.store.propagate(&t)
		}
		return ok(t.detailed(s.store.byID[t.definitionID]))
	}
	return notFound("Source template", c.id)
}

// propagate lays a template's defaults over the connectors made from it. The caller
// holds the lock.
func (st *store) propagate(t *sourceTemplate) {
	for i, old := range st.connectors {
		if old.templateID != t.id {
			continue
		}
		changed := *old
		changed.config = maps.Clone(old.config)
		maps.Copy(changed.config, t.defaults)
		st.connectors[i] = &changed
	}
}

func (s *Sandbox) deleteSourceTemplate(c *call) response {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	before := len(s.store.sourceTemplates)
	s.store.sourceTemplates = slices.DeleteFunc(s.store.sourceTemplates, func(t *sourceTemplate) bool { return strings.EqualFold(t.id, c.id) })
	if len(s.store.sourceTemplates) == before {
		return notFound("Source template", c.id)
	}
	return ok(object{"id": strings.ToLower(c.id), "deleted_at": stamp(s.now())})
}
