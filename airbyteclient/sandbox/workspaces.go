package sandbox

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

func (w *workspace) wire() object {
	return object{
		"id": w.id, "name": w.name, "organization_id": OrganizationID, "status": w.status,
		"cache_enabled": w.cacheEnabled, "tombstone": false, "visibility": w.visibility, "color": w.color,
		"created_at": stamp(w.created), "updated_at": stamp(w.updated),
	}
}

func (s *Sandbox) listWorkspaces(c *call) response {
	q := c.URL.Query()
	limit, bad := limitOf(q)
	if bad != nil {
		return *bad
	}
	status := q.Get("status")
	if status != "" && status != "active" && status != "inactive" {
		return invalid(fieldError{"query.status", "Input should be 'active' or 'inactive'", "enum"})
	}
	from, good := readCursor("workspaces", q.Get("cursor"))
	if !good {
		return failure(http.StatusBadRequest, "Invalid cursor")
	}

	s.store.mu.RLock()
	var fits []object
	for _, w := range s.store.workspaces {
		if (status == "" || w.status == status) && strings.Contains(strings.ToLower(w.name), strings.ToLower(q.Get("name_contains"))) {
			fits = append(fits, w.wire())
		}
	}
	s.store.mu.RUnlock()

	from = min(from, len(fits))
	to := min(from+limit, len(fits))
	out := object{"data": append([]object{}, fits[from:to]...), "next": nil}
	if to < len(fits) {
		q.Set("cursor", cursor("workspaces", to))
		scheme := "http"
		if c.TLS != nil {
			scheme = "https"
		}
		next := url.URL{Scheme: scheme, Host: c.Host, Path: c.URL.Path, RawQuery: q.Encode()}
		out["next"] = next.String()
	}
	return ok(out)
}

func limitOf(q url.Values) (int, *response) {
	given := q.Get("limit")
	if given == "" {
		return 20, nil
	}
	n, err := strconv.Atoi(given)
	if err != nil {
		bad := invalid(fieldError{"query.limit", "Input should be a valid integer", "int_parsing"})
		return 0, &bad
	}
	if n < 1 || n > 100 {
		bad := invalid(fieldError{"query.limit", "Input should be between 1 and 100", "less_than_equal"})
		return 0, &bad
	}
	return n, nil
}

// cursor seals an offset into a token that says what it is for and is checked on return.
func cursor(purpose string, offset int) string {
	plain := purpose + ":" + strconv.Itoa(offset)
	return base64.RawURLEncoding.EncodeToString([]byte(plain + ":" + signature(plain)[:12]))
}

func readCursor(purpose, token string) (offset int, ok bool) {
	if token == "" {
		return 0, true
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return 0, false
	}
	plain, sum := string(raw), ""
	if at := strings.LastIndexByte(plain, ':'); at >= 0 {
		plain, sum = plain[:at], plain[at+1:]
	}
	if sum == "" || sum != signature(plain)[:12] {
		return 0, false
	}
	given, found := strings.CutPrefix(plain, purpose+":")
	offset, err = strconv.Atoi(given)
	return offset, found && err == nil && offset >= 0
}

func (s *Sandbox) workspaceStats(*call) response {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	active := 0
	for _, w := range s.store.workspaces {
		if w.status == "active" {
			active++
		}
	}
	total := len(s.store.workspaces)
	return ok(object{"active_count": active, "inactive_count": total - active, "total_count": total})
}

func (s *Sandbox) getWorkspace(c *call) response {
	w := s.store.workspace(c.id)
	if w == nil {
		return notFound("Workspace", c.id)
	}
	if bad := c.caller.barred(w.id); bad != nil {
		return *bad
	}
	return ok(w.wire())
}

// barred answers 403 when the caller's token is for another workspace.
func (c caller) barred(workspaceID string) *response {
	if c.workspaceID == "" || c.workspaceID == workspaceID {
		return nil
	}
	bad := failure(http.StatusForbidden, "You do not have access to this workspace.")
	return &bad
}

func (s *Sandbox) updateWorkspace(c *call) response {
	errs := check(c.body, property{name: "name", kind: "string"}, property{name: "status", kind: "string", enum: []string{"active", "inactive"}}, property{name: "cache_enabled", kind: "boolean"})
	if errs != nil {
		return invalid(errs...)
	}
	w := s.store.replaceWorkspace(c.id, func(w workspace) *workspace {
		if name, given := c.body["name"].(string); given {
			w.name = name
		}
		if status, given := c.body["status"].(string); given {
			w.status = status
		}
		if cache, given := c.body["cache_enabled"].(bool); given {
			w.cacheEnabled = cache
		}
		w.updated = s.now()
		return &w
	})
	if w == nil {
		return notFound("Workspace", c.id)
	}
	return ok(w.wire())
}

func (s *Sandbox) deleteWorkspace(c *call) response {
	w := s.store.replaceWorkspace(c.id, func(workspace) *workspace { return nil })
	if w == nil {
		return notFound("Workspace", c.id)
	}
	return ok(object{"id": w.id, "deleted_at": stamp(s.now())})
}
