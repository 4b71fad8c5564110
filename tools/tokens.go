package tools

import (
	"context"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/plan"
	"airbyte-agent-mcp/tools/toolcall"
)

func tokenTools() []Tool {
	return []Tool{createScopedToken(), getTokenInfo(), createWidgetToken()}
}

type createScopedTokenIn struct {
	WorkspaceName string `json:"workspace_name,omitempty" jsonschema_description:"Workspace; the configured one if absent. One that does not exist is created."`
	RegionID      string `json:"region_id,omitempty" jsonschema_description:"Region of a new workspace; 645a183f-b12b-4c6e-8ad3-99e165603450 (US) if absent, b9e48d61-f082-4a14-a8d0-799a907938cb is the EU."`
}

type tokenOut struct {
	Token string `json:"token" jsonschema_description:"The token: a secret."`
	Note  string `json:"note" jsonschema_description:"How to treat it."`
}

const tokenNote = "A secret: pass it on only to the program it was asked for."

func createScopedToken() Tool {
	return Define(Tool{
		Name:        "create_scoped_token",
		Title:       "Mint a workspace token",
		Description: "Mints a token that reaches one workspace for about 20 minutes, and creates that workspace if there is none of the name: the only way to create one. The token appears in the answer: use it only when the user wants the token, or the workspace.",
		Effect:      Write,
		Finder:      "list_workspaces",
		Review:      scopedTokenReview(),
	}, func(ctx context.Context, api *account.Account, in createScopedTokenIn) (tokenOut, error) {
		got, err := api.CreateScopedToken(ctx, airbyteclient.CreateScopedTokenRequest{
			WorkspaceName: account.WorkspaceOrDefault(in.WorkspaceName, api), RegionID: in.RegionID,
		})
		if err != nil {
			return tokenOut{}, err
		}
		return tokenOut{got.Token, tokenNote}, nil
	})
}

type getTokenInfoIn struct {
	Token string `json:"token" jsonschema_description:"A token from create_scoped_token."`
}

func getTokenInfo() Tool {
	return Define(Tool{
		Name:        "get_token_info",
		Title:       "Look at a workspace token",
		Description: "Tells which organization and workspace a scoped token reaches.",
		Effect:      Read,
	}, func(ctx context.Context, api *account.Account, in getTokenInfoIn) (*airbyteclient.ScopedTokenInfo, error) {
		return api.GetScopedTokenInfo(ctx, in.Token)
	})
}

type createWidgetTokenIn struct {
	WorkspaceName                      string   `json:"workspace_name,omitempty" jsonschema_description:"Workspace; the configured one if absent."`
	AllowedOrigin                      string   `json:"allowed_origin" jsonschema_description:"Origin of the page that shows the widget, such as https://app.example.com."`
	RegionID                           string   `json:"region_id,omitempty" jsonschema_description:"Region of a new workspace."`
	SelectedSourceTemplateTags         []string `json:"selected_source_template_tags,omitempty" jsonschema_description:"Offer only source templates with these tags."`
	SelectedSourceTemplateTagsMode     string   `json:"selected_source_template_tags_mode,omitempty" jsonschema:"enum=any,enum=all" jsonschema_description:"How those tags match."`
	SelectedConnectionTemplateTags     []string `json:"selected_connection_template_tags,omitempty" jsonschema_description:"Replicate by connection templates with these tags."`
	SelectedConnectionTemplateTagsMode string   `json:"selected_connection_template_tags_mode,omitempty" jsonschema:"enum=any,enum=all" jsonschema_description:"How those tags match."`
}

func createWidgetToken() Tool {
	return Define(Tool{
		Name:        "create_widget_token",
		Title:       "Mint a widget token",
		Description: "Mints a token for Airbyte's browser widget, in which a person connects services on a page of yours. The token appears in the answer.",
		Effect:      Write,
		Finder:      "list_workspaces",
		Review:      widgetTokenReview(),
	}, func(ctx context.Context, api *account.Account, in createWidgetTokenIn) (tokenOut, error) {
		got, err := api.CreateWidgetToken(ctx, airbyteclient.CreateWidgetTokenRequest{
			WorkspaceName: account.WorkspaceOrDefault(in.WorkspaceName, api), AllowedOrigin: in.AllowedOrigin, RegionID: in.RegionID,
			SelectedSourceTemplateTags: in.SelectedSourceTemplateTags, SelectedSourceTemplateTagsMode: in.SelectedSourceTemplateTagsMode,
			SelectedConnectionTemplateTags: in.SelectedConnectionTemplateTags, SelectedConnectionTemplateTagsMode: in.SelectedConnectionTemplateTagsMode,
		})
		if err != nil {
			return tokenOut{}, err
		}
		return tokenOut{got.Token, tokenNote}, nil
	})
}

func scopedTokenReview() plan.Review {
	return plan.Review{
		Find: tokenWorkspace,
		Summary: func(_ toolcall.Call, w *plan.Write, _ plan.Target, _ []plan.Change) string {
			return "Mints a token that reaches workspace " + safetext.QuoteShort(w.Workspace) + " for about 20 minutes and shows it to the model; a workspace that does not exist is created."
		},
		Undo: func(toolcall.Call, *plan.Write, plan.Target) string {
			return "The token cannot be taken back; it ends by itself after about 20 minutes. A workspace that it creates goes with delete_workspace."
		},
	}
}

func widgetTokenReview() plan.Review {
	return plan.Review{
		Find: tokenWorkspace,
		Summary: func(call toolcall.Call, w *plan.Write, _ plan.Target, _ []plan.Change) string {
			return "Mints a token for Airbyte's widget on pages of " + safetext.QuoteShort(call.Argument("allowed_origin")) + ", for workspace " + safetext.QuoteShort(w.Workspace) + ", and shows it to the model."
		},
		Undo: func(toolcall.Call, *plan.Write, plan.Target) string {
			return "The token cannot be taken back; it ends by itself."
		},
	}
}

// tokenWorkspace names the workspace that a token reaches.
func tokenWorkspace(_ context.Context, api *account.Account, call toolcall.Call, w *plan.Write) error {
	w.Workspace = account.WorkspaceOrDefault(call.Argument("workspace_name"), api)
	return nil
}
