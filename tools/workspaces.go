package tools

import (
	"context"
	"fmt"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/paging"
	"airbyte-agent-mcp/tools/plan"
	"airbyte-agent-mcp/tools/refusal"
	"airbyte-agent-mcp/tools/toolcall"
)

func workspaceTools() []Tool {
	return []Tool{getWorkspace(), updateWorkspace(), deleteWorkspace(), getWorkspaceStats()}
}

type listWorkspacesIn struct {
	NameContains string `json:"name_contains,omitempty" jsonschema_description:"Part of the name, any case."`
	Status       string `json:"status,omitempty" jsonschema:"enum=active,enum=inactive" jsonschema_description:"Only workspaces of this status."`
	Limit        int    `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100" jsonschema_description:"How many, 1 to 100; 20 if absent."`
	Cursor       string `json:"cursor,omitempty" jsonschema_description:"page.next_cursor of the answer before."`
}

type workspaceSummary struct {
	WorkspaceID  string `json:"workspace_id"`
	Name         string `json:"name"`
	Status       string `json:"status"`
	CacheEnabled *bool  `json:"cache_enabled,omitempty"`
	Visibility   string `json:"visibility,omitempty"`
}

type listWorkspacesOut struct {
	Data []workspaceSummary `json:"data" jsonschema_description:"Workspaces: workspace_id, name, status, cache_enabled."`
	Page paging.Page        `json:"page" jsonschema_description:"has_more, next_cursor."`
}

func listWorkspaces() Tool {
	return Define(Tool{
		Name:        "list_workspaces",
		Title:       "List workspaces",
		Description: "Lists the workspaces of the organization. A workspace holds connectors; tools that take workspace_name use the configured one if it is absent, so this is needed only to work in another.",
		Effect:      Read,
	}, func(ctx context.Context, api *account.Account, in listWorkspacesIn) (listWorkspacesOut, error) {
		got, err := api.ListWorkspaces(ctx, airbyteclient.ListWorkspacesOptions{
			NameContains: in.NameContains, Status: in.Status, Limit: in.Limit, Cursor: in.Cursor,
		})
		if err != nil {
			return listWorkspacesOut{}, err
		}
		out := listWorkspacesOut{Data: make([]workspaceSummary, 0, len(got.Data)), Page: paging.PageAfter(got.NextCursor())}
		for _, w := range got.Data {
			out.Data = append(out.Data, workspaceSummary{w.ID, w.Name, w.Status, w.CacheEnabled, w.Visibility})
		}
		return out, nil
	})
}

type getWorkspaceIn struct {
	WorkspaceID string `json:"workspace_id" jsonschema_description:"ID of the workspace, from list_workspaces."`
}

func getWorkspace() Tool {
	return Define(Tool{
		Name:        "get_workspace",
		Title:       "Get a workspace",
		Description: "Returns one workspace: name, status, and whether its Context Store is on (cache_enabled; null inherits from the organization).",
		Effect:      Read,
		Finder:      "list_workspaces",
	}, func(ctx context.Context, api *account.Account, in getWorkspaceIn) (*airbyteclient.Workspace, error) {
		return api.GetWorkspace(ctx, in.WorkspaceID)
	})
}

type updateWorkspaceIn struct {
	WorkspaceID  string `json:"workspace_id" jsonschema_description:"ID of the workspace, from list_workspaces."`
	Name         string `json:"name,omitempty" jsonschema_description:"New name."`
	Status       string `json:"status,omitempty" jsonschema:"enum=active,enum=inactive" jsonschema_description:"New status; inactive disables every connection in it."`
	CacheEnabled *bool  `json:"cache_enabled,omitempty" jsonschema_description:"Whether the Context Store indexes this workspace."`
}

func updateWorkspace() Tool {
	return Define(Tool{
		Name:        "update_workspace",
		Title:       "Change a workspace",
		Description: "Renames a workspace, switches it on or off, or switches its Context Store on or off. What is absent stays as it is.",
		Effect:      Destroy,
		Idempotent:  true,
		Finder:      "list_workspaces",
		Review:      updateWorkspaceReview(),
	}, func(ctx context.Context, api *account.Account, in updateWorkspaceIn) (*airbyteclient.Workspace, error) {
		return api.UpdateWorkspace(ctx, in.WorkspaceID, airbyteclient.UpdateWorkspaceRequest{
			Name: in.Name, Status: in.Status, CacheEnabled: in.CacheEnabled,
		})
	})
}

func deleteWorkspace() Tool {
	return Define(Tool{
		Name:        "delete_workspace",
		Title:       "Delete a workspace",
		Description: "Deletes a workspace with everything connected in it, at once. Ask the user first; update_workspace with status inactive is the gentle way.",
		Effect:      Destroy,
		Idempotent:  true,
		Finder:      "list_workspaces",
		Review:      deleteWorkspaceReview(),
	}, func(ctx context.Context, api *account.Account, in getWorkspaceIn) (*airbyteclient.Deleted, error) {
		return api.DeleteWorkspace(ctx, in.WorkspaceID)
	})
}

type nothing struct{}

func getWorkspaceStats() Tool {
	return Define(Tool{
		Name:        "get_workspace_stats",
		Title:       "Count workspaces",
		Description: "Counts the active and inactive workspaces of the organization.",
		Effect:      Read,
	}, func(ctx context.Context, api *account.Account, _ nothing) (*airbyteclient.WorkspaceStats, error) {
		return api.GetWorkspaceStats(ctx)
	})
}

func updateWorkspaceReview() plan.Review {
	return plan.Review{
		Target: reviewedWorkspace,
		Summary: func(call toolcall.Call, w *plan.Write, _ plan.Target, changes []plan.Change) string {
			if call.Argument("status") == "inactive" {
				return "Switches workspace " + safetext.QuoteShort(w.Workspace) + " off, with every connection in it."
			}
			return "Changes workspace " + safetext.QuoteShort(w.Workspace) + ": " + plan.FieldNames(changes) + "."
		},
		Undo: func(call toolcall.Call, w *plan.Write, found plan.Target) string {
			return w.UndoByRepeating(call, found, "workspace_id")
		},
	}
}

func deleteWorkspaceReview() plan.Review {
	return plan.Review{
		Target: reviewedWorkspace,
		Summary: func(_ toolcall.Call, w *plan.Write, found plan.Target, _ []plan.Change) string {
			return fmt.Sprintf("Deletes workspace %s with everything connected in it (%d connectors).", safetext.QuoteShort(w.Workspace), max(0, found.Affected-1))
		},
		Undo: plan.CannotBeUndone,
	}
}

// reviewedWorkspace returns the workspace that a call changes, with the
// connectors in it.
func reviewedWorkspace(ctx context.Context, api *account.Account, call toolcall.Call, w *plan.Write) plan.Target {
	id := call.Argument("workspace_id")
	got, err := api.GetWorkspace(ctx, id)
	if err != nil {
		w.Workspace = id
		return w.NewTarget(nil, nil, err)
	}
	w.Workspace = got.Name
	if got.OrganizationID != "" {
		w.Account = "organization " + got.OrganizationID
	}
	whole := []any{got}
	connectors, err := api.ListConnectors(ctx, airbyteclient.ListConnectorsOptions{WorkspaceID: id})
	if err != nil {
		w.Note("How many connectors are in it could not be found out: " + refusal.WithoutRequest(err) + ".")
	} else if len(connectors) > 0 {
		w.Note(fmt.Sprintf("It holds %d connectors.%s", len(connectors), account.NameConnectors(" They are", connectors)))
	}
	for _, c := range connectors {
		whole = append(whole, c.ID, c.Name)
	}
	t := w.NewTarget(rawjson.Of(got), rawjson.Of(whole), nil)
	t.Affected = 1 + len(connectors)
	return t
}
