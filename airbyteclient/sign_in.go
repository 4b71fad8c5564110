package airbyteclient

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
)

// These are known from the browser credential flow of Airbyte's own command
// line. The published document does not have them, so Operations does not list
// them, and a service may refuse them.
var (
	opCreateSignInSession = Operation{"CreateSignInSession", "create sign-in session", http.MethodPost, "/api/v1/internal/mcp_oauth/sessions"}
	opGetSignInSession    = Operation{"GetSignInSession", "get sign-in session", http.MethodGet, "/api/v1/internal/mcp_oauth/sessions/{id}"}
	opUpdateSignInSession = Operation{"UpdateSignInSession", "update sign-in session", http.MethodPatch, "/api/v1/internal/mcp_oauth/sessions/{id}"}
)

// CreateSignInSessionRequest says what a person is to sign in to, and for which
// workspace. All three are required.
type CreateSignInSessionRequest struct {
	SourceDefinitionID string `json:"source_definition_id"`
	WorkspaceID        string `json:"workspace_id"`
	SourceTemplateID   string `json:"source_template_id"`
}

// CreatedSignInSession names a session that was begun.
type CreatedSignInSession struct {
	SessionID string `json:"session_id"`
}

// What a session can come to; with any other status the person has not finished.
const (
	SignInCompleted = "completed"
	SignInFailed    = "failed"
	SignInError     = "error"
)

// SignInSession is how a person's sign-in in the web app stands.
type SignInSession struct {
	Status string `json:"status"`
	// Error is the web app's word on a sign-in that failed.
	Error string `json:"error,omitempty"`
	// SourceID is the connector, where one has been created for the session.
	SourceID         string      `json:"source_id,omitempty"`
	SourceTemplateID string      `json:"source_template_id,omitempty"`
	AuthPayload      AuthPayload `json:"auth_payload,omitzero"`
}

// UpdateSignInSessionRequest tells which connector was made of a session.
type UpdateSignInSessionRequest struct {
	SourceID string `json:"source_id"`
}

// AuthPayload is what a sign-in gave: tokens, by name. It prints, logs and
// encodes as [redacted]; only its Config has the tokens.
type AuthPayload struct{ object Secret }

// UnmarshalJSON takes an object, or null for none.
func (p *AuthPayload) UnmarshalJSON(raw []byte) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(raw, &object); err != nil {
		return errors.New("what the sign-in gave is not an object") // without the value
	}
	if p.object = (Secret{}); len(object) > 0 {
		p.object = NewSecret(string(raw))
	}
	return nil
}

// IsZero tells whether the sign-in has given nothing.
func (p AuthPayload) IsZero() bool { return p.object.IsZero() }

func (p AuthPayload) Format(f fmt.State, verb rune) { p.object.Format(f, verb) }
func (p AuthPayload) LogValue() slog.Value          { return p.object.LogValue() }
func (p AuthPayload) MarshalJSON() ([]byte, error)  { return p.object.MarshalJSON() }

// CreateSignInSession begins a session for a person to sign in to a service in
// Airbyte's web app, as the browser credential flow of Airbyte's own command
// line does. It is not in the published document:
// POST /internal/mcp_oauth/sessions.
func (c *Client) CreateSignInSession(ctx context.Context, body CreateSignInSessionRequest) (*CreatedSignInSession, error) {
	return call[CreatedSignInSession](ctx, c, request{op: opCreateSignInSession, body: body})
}

// GetSignInSession tells how a session stands. It is not in the published
// document: GET /internal/mcp_oauth/sessions/{id}.
func (c *Client) GetSignInSession(ctx context.Context, id string) (*SignInSession, error) {
	return call[SignInSession](ctx, c, request{op: opGetSignInSession, path: []string{id}})
}

// UpdateSignInSession tells that the session has become a connector, so that no
// second one is made of it. It is not in the published document:
// PATCH /internal/mcp_oauth/sessions/{id}.
func (c *Client) UpdateSignInSession(ctx context.Context, id string, body UpdateSignInSessionRequest) error {
	_, err := call[nothing](ctx, c, request{op: opUpdateSignInSession, path: []string{id}, body: body})
	return err
}

// WorkspaceID is the workspace that the token reaches. The token is base64 of
// {"widgetUrl", "token"}, and the URL's query names the workspace; no public
// operation gives its ID for its name alone. Errors do not repeat the token.
func (t WidgetToken) WorkspaceID() (string, error) {
	raw, err := base64.StdEncoding.DecodeString(t.Token)
	if err != nil {
		return "", errors.New("widget token: it is not base64")
	}
	var inner struct {
		WidgetURL string `json:"widgetUrl"`
	}
	if json.Unmarshal(raw, &inner) != nil {
		return "", errors.New("widget token: it holds no JSON object")
	}
	if u, err := url.Parse(inner.WidgetURL); err == nil && u.Query().Get("workspaceId") != "" {
		return u.Query().Get("workspaceId"), nil
	}
	return "", errors.New("widget token: it names no workspace")
}
