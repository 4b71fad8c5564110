package tools

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"

	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/secrets"
)

// SecretMarks is what is marked as secret by the specification that the settings of a
// call go by. Where it cannot be had, names and looks must do.
func SecretMarks(ctx context.Context, api *account.Account, arguments json.RawMessage) secrets.Redactor {
	given := func(name string) string { return rawjson.Text(rawjson.Member(arguments, name)) }
	definition := cmp.Or(given("definition_id"), given("actor_definition_id"))
	template, kind, destination := given("source_template_id"), given("connector_type"), given("destination_definition_id")
	connector := account.ConnectorRef{ConnectorID: cmp.Or(given("connector_id"), given("replaces")), WorkspaceName: given("workspace_name")}
	if rawjson.Member(arguments, "partial_default_config") != nil {
		template = cmp.Or(template, given("template_id"))
	}
	key := strings.Join([]string{"marks", definition, template, kind, destination, connector.ConnectorID, connector.WorkspaceName}, "/")
	marked, _, _ := account.RecallWithin(ctx, api, key, account.BriefTime, func(ctx context.Context) (secrets.Redactor, error) {
		switch {
		case connector.ConnectorID != "":
			id, err := connector.Resolve(ctx, api)
			if err != nil {
				return secrets.Redactor{}, err
			}
			got, err := api.GetConnector(ctx, id)
			if err != nil {
				return secrets.Redactor{}, err
			}
			return secrets.MarkedBy(got.SourceTemplate.UserConfigSpec), nil
		case destination != "":
			got, err := api.GetDestinationDefinition(ctx, destination)
			if err != nil {
				return secrets.Redactor{}, err
			}
			return secrets.MarkedBy(got.Definition.Spec), nil
		case template != "":
			got, err := api.GetSourceTemplate(ctx, template)
			if err != nil {
				return secrets.Redactor{}, err
			}
			return secrets.MarkedBy(got.UserConfigSpec), nil
		}
		need := &CredentialsNeeded{DefinitionID: definition}
		if err := need.complete(ctx, api, kind); err != nil {
			return secrets.Redactor{}, err
		}
		got, err := api.GetSourceDefinition(ctx, need.DefinitionID)
		if err != nil {
			return secrets.Redactor{}, err
		}
		return secrets.MarkedBy(got.Definition.Spec), nil
	})
	return marked
}
