package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

const staticSkill = "agent:mcp"

func skillID(conn *connector) string { return "connector-source:" + conn.id }

// skill is a document for a model: about the service, or about one connector.
type skill struct {
	metadata object
	outline  []any
	section  func(id string) ([]any, bool)
}

// skillsFor lists the documents of a workspace; of all the caller may see when none is named.
func (s *Sandbox) skillsFor(c *call) ([]skill, *response) {
	q := c.URL.Query()
	if id := q.Get("organization_id"); id != "" && !strings.EqualFold(id, OrganizationID) {
		bad := notFound("Organization", id)
		return nil, &bad
	}
	workspaceID := strings.ToLower(q.Get("workspace_id"))
	if workspaceID != "" {
		if s.store.workspace(workspaceID) == nil {
			bad := notFound("Workspace", workspaceID)
			return nil, &bad
		}
		if bad := c.caller.barred(workspaceID); bad != nil {
			return nil, bad
		}
	} else {
		workspaceID = c.caller.workspaceID
	}
	all := []skill{agentSkill()}
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	for _, conn := range s.store.connectors {
		if conn.job == "" && (workspaceID == "" || conn.workspaceID == workspaceID) {
			all = append(all, s.connectorSkill(conn))
		}
	}
	return all, nil
}

func (s *Sandbox) listSkills(c *call) response {
	return s.skillPage(c, func(skill) bool { return true })
}

func (s *Sandbox) searchSkills(c *call) response {
	query := c.URL.Query().Get("query")
	if query == "" {
		return invalid(fieldError{"query.query", "String should have at least 1 character", "string_too_short"})
	}
	return s.skillPage(c, func(k skill) bool {
		return fuzzy(plain(k.metadata["title"])+" "+plain(k.metadata["summary"])+" "+fmt.Sprint(k.metadata["tags"]), query)
	})
}

func (s *Sandbox) skillPage(c *call, fits func(skill) bool) response {
	q := c.URL.Query()
	limit, bad := limitOf(q)
	if bad != nil {
		return *bad
	}
	all, bad := s.skillsFor(c)
	if bad != nil {
		return *bad
	}
	var found []any
	for _, k := range all {
		if fits(k) {
			found = append(found, k.metadata)
		}
	}
	purpose := "skills/" + q.Get("query")
	from, good := readCursor(purpose, q.Get("cursor"))
	if !good {
		return failure(http.StatusBadRequest, "Invalid cursor")
	}
	from = min(from, len(found))
	to := min(from+limit, len(found))
	out := object{"data": append([]any{}, found[from:to]...), "next_cursor": nil}
	if to < len(found) {
		out["next_cursor"] = cursor(purpose, to)
	}
	return ok(out)
}

func (s *Sandbox) getSkillDocs(c *call) response {
	q := c.URL.Query()
	id, section := q.Get("id"), q.Get("section")
	if id == "" {
		return invalid(fieldError{"query.id", "Field required", "missing"})
	}
	all, bad := s.skillsFor(c)
	if bad != nil {
		return *bad
	}
	for _, k := range all {
		if k.metadata["id"] != id {
			continue
		}
		content, found := k.section(section)
		if !found {
			return notFound("Section", section)
		}
		out := object{"metadata": k.metadata, "outline": k.outline, "section_id": nil, "content": content}
		if section != "" {
			out["section_id"] = section
		}
		return ok(out)
	}
	return notFound("Skill", id)
}

func paragraph(s string) any { return object{"type": "paragraph", "text": s} }

func heading(s string) any { return object{"type": "heading", "level": 2, "text": s} }

func outlined(id, title, summary string) object {
	return object{"id": id, "title": title, "summary": summary, "available": true}
}

func agentSkill() skill {
	sections := map[string][]any{
		"": {
			heading("Working with connectors"),
			object{"type": "list", "items": []string{"List the connectors of a workspace and pick one by its ID.", "Inspect it, read the outline of its document, then one section.", "Execute one action, and ask for the fields you need only."}},
		},
		"order":  {paragraph("List connectors, inspect, outline, one section, execute.")},
		"safety": {paragraph("Never repeat a failed write against another target. Show the user what failed.")},
	}
	return skill{
		metadata: object{
			"id": staticSkill, "kind": "static", "title": "Using Airbyte connectors from an agent", "provenance": "airbyte", "version": "1.4.0", "summary": "How to find, inspect and execute connectors.",
			"tags": []string{"mcp", "guide"}, "warnings": []string{}, "freshness": object{"state": "static", "checked_at": nil},
		},
		outline: []any{outlined("order", "Order of calls", "What to call first."), outlined("safety", "Safety", "Rules for writes.")},
		section: func(id string) ([]any, bool) {
			content, found := sections[id]
			return content, found
		},
	}
}

func (s *Sandbox) connectorSkill(conn *connector) skill {
	d := conn.definition
	state, warnings := "live", []string{}
	if d.indexing {
		state, warnings = "degraded", []string{"The Context Store is still loading."}
	}
	outline := []any{outlined("overview", "Overview", "What "+d.name+" offers and how to read it.")}
	for i := range d.entities {
		e := &d.entities[i]
		for _, name := range d.actionNames(e) {
			o := outlined("actions."+e.name+"."+name, e.name+" "+name, describeAction(e, e.action(name), name))
			o["available"] = name != contextStoreSearch || !d.indexing
			outline = append(outline, o)
		}
	}
	return skill{
		metadata: object{
			"id": skillID(conn), "kind": "connector_source", "title": conn.name + " (" + d.name + ")", "provenance": "connector", "version": "2026.11", "summary": "Entities, actions and parameters of " + d.name + ".",
			"tags": []string{d.slug}, "warnings": warnings, "freshness": object{"state": state, "checked_at": stamp(epoch)},
		},
		outline: outline,
		section: func(id string) ([]any, bool) { return s.section(d, id) },
	}
}

// section writes one part of a connector's document; the overview when none is named.
func (s *Sandbox) section(d *definition, id string) ([]any, bool) {
	if id == "" || id == "overview" {
		return d.overview(), true
	}
	rest, isAction := strings.CutPrefix(id, "actions.")
	name, verb, _ := strings.Cut(rest, ".")
	e := d.entity(name)
	if !isAction || e == nil {
		return nil, false
	}
	for _, known := range d.actionNames(e) {
		if known == verb {
			return d.manual(e, verb, documentedFields(s.store.synced(d.slug, e.rows()))), true
		}
	}
	return nil, false
}

func (d *definition) overview() []any {
	guide := "Read with " + contextStoreSearch + " unless you need the newest state; then use list."
	switch {
	case d.directOnly:
		guide = d.name + " has no Context Store. Read with list and get."
	case d.indexing:
		guide = "The Context Store is still loading. Read with list and get until inspect says ready_for_search."
	}
	rows := [][]string{}
	for i := range d.entities {
		e := &d.entities[i]
		rows = append(rows, []string{e.name, e.about, strings.Join(d.actionNames(e), ", ")})
	}
	return []any{
		heading(d.name), paragraph("Execution guidance: " + guide + " Send select_fields or exclude_fields with every call."),
		object{"type": "table", "headers": []string{"Entity", "Description", "Actions"}, "rows": rows},
	}
}

func (d *definition) manual(e *entity, verb string, fields []field) []any {
	a := e.action(verb)
	params := searchParams(e)
	if a != nil {
		params = a.params
	}
	rows, example := [][]string{}, object{}
	for _, p := range params {
		required := "no"
		if p.required {
			required = "yes"
			example[p.name] = p.example()
		}
		about := p.describe()
		if len(p.enum) > 0 {
			about += " One of: " + strings.Join(p.enum, ", ") + "."
		}
		rows = append(rows, []string{p.name, p.kind, p.in, required, about})
	}
	if verb == contextStoreSearch {
		example = object{"limit": 10}
		if at := slices.IndexFunc(fields, func(f field) bool { return f.kind == "string" && f.weight("") > 0 }); at >= 0 {
			example["query"] = object{"filter": object{"fuzzy": object{fields[at].path: "alderquay"}}}
		}
	}
	request := object{"entity": e.name, "action": verb, "params": example, "select_fields": []string{"id"}}
	if slices.Contains([]string{"list", "get", "api_search", contextStoreSearch}, verb) && len(fields) > 0 {
		request["select_fields"] = fieldNames(fields[:min(len(fields), 3)])
	}
	content := []any{
		heading(e.name + " " + verb), paragraph(describeAction(e, a, verb)),
		object{"type": "table", "headers": []string{"Parameter", "Type", "In", "Required", "Description"}, "rows": rows},
		object{"type": "code", "language": "json", "code": string(encode(request))},
	}
	if verb == contextStoreSearch {
		content = append(content, fieldTable(fields)...)
	}
	if about := d.pagingWords(a, verb); about != "" {
		content = append(content, paragraph("Paging: "+about))
	}
	return content
}

func fieldTable(fields []field) []any {
	rows := [][]string{}
	for _, f := range fields {
		rows = append(rows, []string{f.path, f.kind})
	}
	return []any{object{"type": "heading", "level": 3, "text": "Searchable fields"}, object{"type": "table", "headers": []string{"Field", "Type"}, "rows": rows}}
}

func (p param) example() any {
	switch {
	case len(p.enum) > 0:
		return p.enum[0]
	case p.kind == "integer":
		return 1
	case p.kind == "object":
		return object{}
	case p.kind == "array":
		return []any{}
	}
	return "…"
}

func describeAction(e *entity, a *action, verb string) string {
	if a != nil && a.about != "" {
		return a.about
	}
	noun := strings.ReplaceAll(e.name, "_", " ")
	switch verb {
	case "list":
		return "Lists " + noun + " live from the service."
	case "get":
		return "Reads one of the " + noun + " live from the service."
	case "api_search":
		return "Searches " + noun + " with the service's own search."
	case contextStoreSearch:
		return "Searches the synced " + noun + "; the default way to read."
	case "download":
		return "Downloads the bytes of one of the " + noun + "."
	}
	return strings.ToUpper(verb[:1]) + verb[1:] + "s one of the " + noun + "."
}

func (d *definition) pagingWords(a *action, verb string) string {
	switch {
	case verb == contextStoreSearch:
		return "while result.meta.has_more, send result.meta.cursor as cursor."
	case a == nil || a.pages == nil:
		return ""
	case a.pages.words != "":
		return a.pages.words
	case a.pages.next == "":
		return ""
	}
	words := fmt.Sprintf("the next page is asked for with %s, %s", a.pages.next, a.pages.from())
	if a.pages.size != "" {
		words += fmt.Sprintf("; %s sets the page size (%d unless given, at most %d)", a.pages.size, a.pages.usual, a.pages.max)
	}
	return words + "."
}
