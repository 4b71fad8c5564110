package sandbox

func (s *Sandbox) inspectConnector(c *call) response {
	conn, bad := s.reach(c)
	if bad != nil {
		return *bad
	}
	d := conn.definition
	out := object{
		"connector_id": conn.id, "name": conn.name, "workspace_id": conn.workspaceID, "organization_id": OrganizationID,
		"source_definition_id": d.id, "source_config_template_id": conn.templateID, "source_definition_name": d.name,
		"docs_skill_id": skillID(conn), "warnings": []string{},
	}
	if d.indexing {
		out["warnings"] = []string{"The Context Store of this connector is still loading; read it with live actions until it is ready."}
	}
	if d.directOnly {
		return ok(out)
	}
	supported, configured := []any{}, []any{}
	for i := range d.entities {
		e := &d.entities[i]
		if !e.indexed {
			continue
		}
		supported = append(supported, object{"entity": e.name, "suggested": true})
		entry := object{"entity": e.name, "status": "ready", "ready_for_search": true, "supported": true, "semantic_search_status": []any{}}
		if d.indexing {
			entry["status"], entry["ready_for_search"] = "loading", false
		} else {
			entry["entity_count"], entry["updated_at"] = len(s.store.synced(d.slug, e.rows())), stamp(epoch)
		}
		if e.semantic != "" {
			state := "READY"
			if d.indexing {
				state = "INDEXING"
			}
			entry["semantic_search_status"] = []any{object{"field": e.semantic, "status": state}}
		}
		configured = append(configured, entry)
	}
	out["context_store_readiness"] = object{
		"connector_id": conn.id, "source_definition_id": d.id, "supported_context_store_entities": supported, "configured_cache_entities": configured,
	}
	return ok(out)
}
