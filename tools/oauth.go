package tools

import (
	"context"
	"encoding/json"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas"
)

func oauthTools() []Tool {
	return []Tool{setOAuthConfig(), deleteOAuthConfig()}
}

type setOAuthConfigIn struct {
	ConnectorType         string         `json:"connector_type,omitempty" jsonschema_description:"Service by exact display name, such as GitHub. This or connector_definition_id."`
	ConnectorDefinitionID string         `json:"connector_definition_id,omitempty" jsonschema_description:"Service by ID, from list_definitions."`
	Configuration         schemas.Object `json:"configuration" jsonschema_description:"The OAuth application, most often client_id and client_secret."`
}

func setOAuthConfig() Tool {
	return define(Tool{
		Name:        "set_oauth_config",
		Title:       "Set an OAuth application",
		Description: "Sets or replaces the organization's own OAuth application for one service. The configuration is stored and never shown again.",
		Effect:      Destroy,
		Idempotent:  true,
		Finder:      "list_definitions",
		review:      setOAuthReview(),
	}, func(ctx context.Context, api *Account, in setOAuthConfigIn) (*airbyteclient.OAuthCredentials, error) {
		if (in.ConnectorType == "") == (in.ConnectorDefinitionID == "") {
			return nil, refuse("Give either connector_type or connector_definition_id.").next("list_definitions has both.")
		}
		return api.SetOAuthCredentials(ctx, airbyteclient.SetOAuthCredentialsRequest{
			ConnectorType: in.ConnectorType, ConnectorDefinitionID: in.ConnectorDefinitionID,
			Configuration: json.RawMessage(in.Configuration),
		})
	})
}

type deleteOAuthConfigIn struct {
	ConnectorType string `json:"connector_type" jsonschema_description:"Service by exact display name, such as GitHub."`
}

type deleteOAuthConfigOut struct {
	ConnectorType string `json:"connector_type" jsonschema_description:"The service."`
	Deleted       bool   `json:"deleted" jsonschema_description:"Always true: removing what is not there succeeds."`
}

func deleteOAuthConfig() Tool {
	return define(Tool{
		Name:        "delete_oauth_config",
		Title:       "Remove an OAuth application",
		Description: "Removes the organization's own OAuth application for one service; Airbyte's serves again. Ask the user first.",
		Effect:      Destroy,
		Idempotent:  true,
		Finder:      "list_definitions",
		review:      deleteOAuthReview(),
	}, func(ctx context.Context, api *Account, in deleteOAuthConfigIn) (deleteOAuthConfigOut, error) {
		return deleteOAuthConfigOut{in.ConnectorType, true}, api.DeleteOAuthCredentials(ctx, in.ConnectorType)
	})
}

func setOAuthReview() Review {
	return Review{
		target: storedOAuth,
		summary: func(call Call, _ *aboutWrite, _ target, _ []Change) string {
			return "Replaces the organization's OAuth application for " + quoted(call.argument("connector_type")+call.argument("connector_definition_id")) + "."
		},
		undo: func(Call, *aboutWrite, target) string {
			return "delete_oauth_config takes it back to Airbyte's own; a former one of yours is lost."
		},
	}
}

func deleteOAuthReview() Review {
	return Review{
		target: storedOAuth,
		summary: func(call Call, _ *aboutWrite, _ target, _ []Change) string {
			return "Removes the organization's OAuth application for " + quoted(call.argument("connector_type")) + "; Airbyte's serves again."
		},
		undo: cannotBeUndone,
	}
}

// storedOAuth notes that an OAuth application is never shown again.
func storedOAuth(_ context.Context, _ *Account, _ Call, w *aboutWrite) target {
	w.note("What is stored now cannot be read, so it is not shown.")
	return target{}
}
