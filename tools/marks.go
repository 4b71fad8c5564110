package tools

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"
)

// marks is what is marked as secret by the specification that the settings of a
// call go by. Where it cannot be had, names and looks must do.
func marks(ctx context.Context, api *Account, arguments json.RawMessage) redactor {
	given := func(name string) string { return text(member(arguments, name)) }
	definition := cmp.Or(given("definition_id"), given("actor_definition_id"))
	template, kind, destination := given("source_template_id"), given("connector_type"), given("destination_definition_id")
	connector := connectorRef{cmp.Or(given("connector_id"), given("replaces")), given("workspace_name")}
	if member(arguments, "partial_default_config") != nil {
		template = cmp.Or(template, given("template_id"))
	}
	key := strings.Join([]string{"marks", definition, template, kind, destination, connector.ConnectorID, connector.WorkspaceName}, "/")
	marked, _, _ := recallWithin(ctx, api, key, asideTime, func(ctx context.Context) (redactor, error) {
		switch {
		case connector.ConnectorID != "":
			id, err := connector.id(ctx, api)
			if err != nil {
				return redactor{}, err
			}
			got, err := api.GetConnector(ctx, id)
			if err != nil {
				return redactor{}, err
			}
			return markedBy(got.SourceTemplate.UserConfigSpec), nil
		case destination != "":
			got, err := api.GetDestinationDefinition(ctx, destination)
			if err != nil {
				return redactor{}, err
			}
			return markedBy(got.Definition.Spec), nil
		case template != "":
			got, err := api.GetSourceTemplate(ctx, template)
			if err != nil {
				return redactor{}, err
			}
			return markedBy(got.UserConfigSpec), nil
		}
		need := &CredentialsNeeded{DefinitionID: definition}
		if err := need.complete(ctx, api, kind); err != nil {
			return redactor{}, err
		}
		got, err := api.GetSourceDefinition(ctx, need.DefinitionID)
		if err != nil {
			return redactor{}, err
		}
		return markedBy(got.Definition.Spec), nil
	})
	return marked
}
