package airbyteclient

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
)

var (
	opCreateScopedToken  = Operation{"CreateScopedToken", "create scoped token", http.MethodPost, "/api/v1/account/applications/scoped-token"}
	opGetScopedTokenInfo = Operation{"GetScopedTokenInfo", "get scoped token info", http.MethodGet, "/api/v1/account/applications/scoped-token/info"}
	opCreateWidgetToken  = Operation{"CreateWidgetToken", "create widget token", http.MethodPost, "/api/v1/account/applications/widget-token"}
)

// CreateScopedTokenRequest asks for a token that reaches one workspace. The
// service creates the workspace when there is none of that name.
type CreateScopedTokenRequest struct {
	WorkspaceName string `json:"workspace_name"`
	// RegionID is where a new workspace keeps its data; empty means the default.
	RegionID string `json:"region_id,omitempty"`
}

// ScopedToken is a token that reaches one workspace, for about 20 minutes.
// Printed or logged it is [redacted]; encoded as JSON it is not.
type ScopedToken struct {
	Token string `json:"token"`
}

// ScopedTokenInfo tells what a scoped token reaches.
type ScopedTokenInfo struct {
	OrganizationID string `json:"organization_id"`
	WorkspaceID    string `json:"workspace_id"`
	WorkspaceName  string `json:"workspace_name"`
}

// CreateWidgetTokenRequest asks for a token for Airbyte's browser widget. Nil
// tags are left to the service, empty ones are sent.
type CreateWidgetTokenRequest struct {
	WorkspaceName string `json:"workspace_name"`
	// AllowedOrigin is the origin of the page that shows the widget.
	AllowedOrigin                      string   `json:"allowed_origin"`
	RegionID                           string   `json:"region_id,omitempty"`
	SelectedSourceTemplateTags         []string `json:"selected_source_template_tags,omitzero"`
	SelectedSourceTemplateTagsMode     string   `json:"selected_source_template_tags_mode,omitempty"`
	SelectedConnectionTemplateTags     []string `json:"selected_connection_template_tags,omitzero"`
	SelectedConnectionTemplateTagsMode string   `json:"selected_connection_template_tags_mode,omitempty"`
}

// WidgetToken is a token for Airbyte's browser widget. Printed or logged it is
// [redacted]; encoded as JSON it is not.
type WidgetToken struct {
	Token string `json:"token"`
}

func (ScopedToken) Format(f fmt.State, verb rune) { Secret{}.Format(f, verb) }
func (ScopedToken) LogValue() slog.Value          { return Secret{}.LogValue() }
func (WidgetToken) Format(f fmt.State, verb rune) { Secret{}.Format(f, verb) }
func (WidgetToken) LogValue() slog.Value          { return Secret{}.LogValue() }

// CreateScopedToken mints a token for one workspace:
// POST /account/applications/scoped-token.
func (c *Client) CreateScopedToken(ctx context.Context, body CreateScopedTokenRequest) (*ScopedToken, error) {
	return call[ScopedToken](ctx, c, request{op: opCreateScopedToken, body: body})
}

// GetScopedTokenInfo tells what a scoped token reaches, asked with that token
// in place of the client's own: GET /account/applications/scoped-token/info.
func (c *Client) GetScopedTokenInfo(ctx context.Context, token string) (*ScopedTokenInfo, error) {
	return call[ScopedTokenInfo](ctx, c, request{op: opGetScopedTokenInfo, bearer: NewSecret(token), auth: authBearer})
}

// CreateWidgetToken mints a token for the browser widget:
// POST /account/applications/widget-token.
func (c *Client) CreateWidgetToken(ctx context.Context, body CreateWidgetTokenRequest) (*WidgetToken, error) {
	return call[WidgetToken](ctx, c, request{op: opCreateWidgetToken, body: body})
}
