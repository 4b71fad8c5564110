package tools

import (
	"context"
	"encoding/json"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/plan"
	"airbyte-agent-mcp/tools/refusal"
	"airbyte-agent-mcp/tools/toolcall"
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
	return Define(Tool{
		Name:        "set_oauth_config",
		Title:       "Set an OAuth application",
		Description: "Sets or replaces the organization's own OAuth application for one service. The configuration is stored and never shown again.",
		Effect:      Destroy,
		Idempotent:  true,
		Finder:      "list_definitions",
		Review:      setOAuthReview(),
	}, func(ctx context.Context, api *account.Account, in setOAuthConfigIn) (*airbyteclient.OAuthCredentials, error) {
		if (in.ConnectorType == "") == (in.ConnectorDefinitionID == "") {
			return nil, refusal.New("Give either connector_type or connector_definition_id.").Next("list_definitions has both.")
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
	return Define(Tool{
		Name:        "delete_oauth_config",
		Title:       "Remove an OAuth application",
		Description: "Removes the organization's own OAuth application for one service; Airbyte's serves again. Ask the user first.",
		Effect:      Destroy,
		Idempotent:  true,
		Finder:      "list_definitions",
		Review:      deleteOAuthReview(),
	}, func(ctx context.Context, api *account.Account, in deleteOAuthConfigIn) (deleteOAuthConfigOut, error) {
		return deleteOAuthConfigOut{in.ConnectorType, true}, api.DeleteOAuthCredentials(ctx, in.ConnectorType)
	})
}

func setOAuthReview() plan.Review {
	return plan.Review{
		Target: storedOAuth,
		Summary: func(call toolcall.Call, _ *plan.Write, _ plan.Target, _ []plan.Change) string {
			return "Replaces the organization's OAuth application for " + safetext.QuoteShort(call.Argument("connector_type")+call.Argument("connector_definition_id")) + "."
		},
		Undo: func(toolcall.Call, *plan.Write, plan.Target) string {
			return "delete_oauth_config takes it back to Airbyte's own; a former one of yours is lost."
		},
	}
}

func deleteOAuthReview() plan.Review {
	return plan.Review{
		Target: storedOAuth,
		Summary: func(call toolcall.Call, _ *plan.Write, _ plan.Target, _ []plan.Change) string {
			return "Removes the organization's OAuth application for " + safetext.QuoteShort(call.Argument("connector_type")) + "; Airbyte's serves again."
		},
		Undo: plan.CannotBeUndone,
	}
}

// storedOAuth notes that an OAuth application is never shown again.
func storedOAuth(_ context.Context, _ *account.Account, _ toolcall.Call, w *plan.Write) plan.Target {
	w.Note("What is stored now cannot be read, so it is not shown.")
	return plan.Target{}
}
