package tools

import (
	"context"
	"encoding/json"
	"strings"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/refusal"
)

// CredentialsNeeded is the error of a call that wants a connector without its
// credentials: a person is to enter them on a page, which then creates it.
type CredentialsNeeded struct {
	WorkspaceName, DefinitionID, SourceTemplateID, Name string
	ReplicationConfig, Environment                      json.RawMessage
	// ReplacesID and ReplacesName are of the connector that it takes over from.
	ReplacesID, ReplacesName string
	// Entities, Tags and TagsMode are as CreateConnectorRequest has them.
	Entities []airbyteclient.RequestedEntity
	Tags     []string
	TagsMode string

	asked func(form string) error // set by OnAsked
}

// OnAsked sets what Asked calls.
func (c *CredentialsNeeded) OnAsked(asked func(form string) error) { c.asked = asked }

// Kind names the error in one word, for logs and metrics.
func (c *CredentialsNeeded) Kind() string { return "credentials_needed" }

// Asked writes down that a person is asked by a form. Where it fails they must
// not be.
func (c *CredentialsNeeded) Asked(form string) error { return c.asked(form) }

func (c *CredentialsNeeded) Error() string {
	return "the credentials are missing, and a person must enter them"
}

// complete finds the definition where only the service's name is known.
func (c *CredentialsNeeded) complete(ctx context.Context, api *account.Account, connectorType string) error {
	if c.DefinitionID != "" || c.SourceTemplateID != "" {
		return nil
	}
	if connectorType == "" {
		return refusal.New("Which service? Give its definition_id (from list_definitions).").Next("Nothing was sent.")
	}
	all, err := api.ListSourceDefinitions(ctx, connectorType)
	if err != nil {
		return err
	}
	for _, d := range all {
		if strings.EqualFold(d.Name, connectorType) {
			c.DefinitionID = d.SourceDefinitionID
			return nil
		}
	}
	return refusal.New("There is no service of the exact name %q.", safetext.Short(connectorType)).Next("list_definitions finds it; use its definition_id.")
}

// withoutCredentials tells whether a call leaves the credentials to a form. A
// configuration may hold them too.
func (in newConnector) withoutCredentials() bool {
	return rawjson.IsEmpty(json.RawMessage(in.Credentials)) && in.ServerSideOAuthSecretID == "" && rawjson.Member(json.RawMessage(in.ReplicationConfig), "credentials") == nil
}
