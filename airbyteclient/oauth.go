package airbyteclient

import (
	"context"
	"encoding/json"
	"net/http"
)

var (
	opSetOAuthCredentials    = Operation{"SetOAuthCredentials", "set oauth credentials", http.MethodPut, "/api/v1/oauth/credentials"}
	opDeleteOAuthCredentials = Operation{"DeleteOAuthCredentials", "delete oauth credentials", http.MethodDelete, "/api/v1/oauth/credentials/connector_type/{connector_type}"}
)

// SetOAuthCredentialsRequest gives an organization's own OAuth application for
// one kind of connector. Exactly one of ConnectorType and
// ConnectorDefinitionID is set.
type SetOAuthCredentialsRequest struct {
	ConnectorType         string `json:"connector_type,omitempty"`
	ConnectorDefinitionID string `json:"connector_definition_id,omitempty"`
	// Configuration is a JSON object, most often client_id and client_secret.
	Configuration json.RawMessage `json:"configuration"`
}

// OAuthCredentials tells which OAuth application is set; its configuration is
// never given back.
type OAuthCredentials struct {
	ID string `json:"id"`
	// ScopeType is global or organization.
	ScopeType string  `json:"scope_type"`
	ScopeID   *string `json:"scope_id"`
	// ConnectorType is source or destination here.
	ConnectorType         string `json:"connector_type"`
	ConnectorDefinitionID string `json:"connector_definition_id"`
	CreatedAt             string `json:"created_at"`
	UpdatedAt             string `json:"updated_at"`
}

// SetOAuthCredentials sets or replaces an OAuth application: PUT /oauth/credentials.
func (c *Client) SetOAuthCredentials(ctx context.Context, body SetOAuthCredentialsRequest) (*OAuthCredentials, error) {
	return call[OAuthCredentials](ctx, c, request{op: opSetOAuthCredentials, body: body})
}

// DeleteOAuthCredentials removes the OAuth application of a kind of connector,
// if there is one: DELETE /oauth/credentials/connector_type/{connector_type}.
func (c *Client) DeleteOAuthCredentials(ctx context.Context, connectorType string) error {
	_, err := call[nothing](ctx, c, request{op: opDeleteOAuthCredentials, path: []string{connectorType}})
	return err
}
