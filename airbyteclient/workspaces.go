package airbyteclient

import (
	"context"
	"iter"
	"net/http"
	"strconv"
)

var (
	opListWorkspaces    = Operation{"ListWorkspaces", "list workspaces", http.MethodGet, "/api/v1/workspaces"}
	opGetWorkspaceStats = Operation{"GetWorkspaceStats", "get workspace stats", http.MethodGet, "/api/v1/workspaces/stats"}
	opGetWorkspace      = Operation{"GetWorkspace", "get workspace", http.MethodGet, "/api/v1/workspaces/{workspace_id}"}
	opUpdateWorkspace   = Operation{"UpdateWorkspace", "update workspace", http.MethodPut, "/api/v1/workspaces/{workspace_id}"}
	opDeleteWorkspace   = Operation{"DeleteWorkspace", "delete workspace", http.MethodDelete, "/api/v1/workspaces/{workspace_id}"}
)

// Workspace is a container of connectors within an organization.
type Workspace struct {
	ID             string `json:"id"`
	Name           string `json:"name"`
	OrganizationID string `json:"organization_id"`
	// Status is active or inactive; an inactive workspace runs no connections.
	Status string `json:"status"`
	// CacheEnabled says whether the Context Store is on; nil inherits from the organization.
	CacheEnabled *bool `json:"cache_enabled"`
	Tombstone    bool  `json:"tombstone"`
	// Visibility (shared or private) and Color are absent from older answers.
	Visibility string  `json:"visibility,omitempty"`
	Color      *string `json:"color"`
	CreatedAt  string  `json:"created_at"`
	UpdatedAt  string  `json:"updated_at"`
}

// WorkspaceStats counts the workspaces of an organization.
type WorkspaceStats struct {
	ActiveCount   int `json:"active_count"`
	InactiveCount int `json:"inactive_count"`
	TotalCount    int `json:"total_count"`
}

// Deleted tells what was deleted and when.
type Deleted struct {
	ID        string `json:"id"`
	DeletedAt string `json:"deleted_at"`
}

// ListWorkspacesOptions filters and pages a list of workspaces.
type ListWorkspacesOptions struct {
	// NameContains is matched anywhere in the name, without regard to case.
	NameContains string
	// Status is active or inactive; both when empty.
	Status string
	// Limit is the page size, 1 to 100; the API takes 20 when it is 0.
	Limit int
	// Cursor is WorkspacePage.NextCursor of the page before.
	Cursor string
}

// WorkspacePage is one page of a list of workspaces.
type WorkspacePage struct {
	// Next is the URL of the next page, empty on the last one.
	Next string      `json:"next,omitempty"`
	Data []Workspace `json:"data"`
}

// UpdateWorkspaceRequest changes the fields that are set.
type UpdateWorkspaceRequest struct {
	Name         string `json:"name,omitempty"`
	Status       string `json:"status,omitempty"`
	CacheEnabled *bool  `json:"cache_enabled,omitempty"`
}

func (o ListWorkspacesOptions) query() query {
	q := query{}.
		set("name_contains", o.NameContains).
		set("status", o.Status).
		set("cursor", o.Cursor)
	if o.Limit != 0 {
		q = q.set("limit", strconv.Itoa(o.Limit))
	}
	return q
}

// ListWorkspaces returns one page of workspaces: GET /workspaces. A next page
// on another host is an error of kind bad_answer.
func (c *Client) ListWorkspaces(ctx context.Context, opts ListWorkspacesOptions) (*WorkspacePage, error) {
	page, err := call[WorkspacePage](ctx, c, request{op: opListWorkspaces, query: opts.query()})
	if err != nil {
		return nil, err
	}
	if err := c.checkNext(page.Next); err != nil {
		return nil, newError(opListWorkspaces, KindBadAnswer, err)
	}
	page.Data = filled(page.Data)
	return page, nil
}

// Workspaces goes through all workspaces, page after page: GET /workspaces. It
// ends after the first error, which a repeated cursor is too.
func (c *Client) Workspaces(ctx context.Context, opts ListWorkspacesOptions) iter.Seq2[Workspace, error] {
	return pages(opListWorkspaces, opts.Cursor, func(cursor string) ([]Workspace, string, error) {
		opts.Cursor = cursor
		page, err := c.ListWorkspaces(ctx, opts)
		if err != nil {
			return nil, "", err
		}
		return page.Data, page.NextCursor(), nil
	})
}

// GetWorkspaceStats counts workspaces: GET /workspaces/stats.
func (c *Client) GetWorkspaceStats(ctx context.Context) (*WorkspaceStats, error) {
	return call[WorkspaceStats](ctx, c, request{op: opGetWorkspaceStats})
}

// GetWorkspace returns one workspace: GET /workspaces/{workspace_id}.
func (c *Client) GetWorkspace(ctx context.Context, id string) (*Workspace, error) {
	return call[Workspace](ctx, c, request{op: opGetWorkspace, path: []string{id}})
}

// UpdateWorkspace changes a workspace: PUT /workspaces/{workspace_id}.
func (c *Client) UpdateWorkspace(ctx context.Context, id string, body UpdateWorkspaceRequest) (*Workspace, error) {
	return call[Workspace](ctx, c, request{op: opUpdateWorkspace, path: []string{id}, body: body})
}

// DeleteWorkspace deletes a workspace at once: DELETE /workspaces/{workspace_id}.
func (c *Client) DeleteWorkspace(ctx context.Context, id string) (*Deleted, error) {
	return call[Deleted](ctx, c, request{op: opDeleteWorkspace, path: []string{id}})
}
