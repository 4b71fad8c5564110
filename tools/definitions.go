package tools

import (
	"context"
	"encoding/json"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/paging"
)

type listDefinitionsIn struct {
	Name   string `json:"name,omitempty" jsonschema_description:"Part of the service's name, any case, such as hub."`
	Limit  int    `json:"limit,omitempty" jsonschema:"minimum=1,maximum=500" jsonschema_description:"How many; 50 if absent."`
	Cursor string `json:"cursor,omitempty" jsonschema_description:"page.next_cursor of the answer before."`
}

type definitionSummary struct {
	DefinitionID string `json:"definition_id"`
	Name         string `json:"name"`
	SupportLevel string `json:"support_level,omitempty"`
	Custom       bool   `json:"custom,omitempty"`
}

type listDefinitionsOut struct {
	Definitions []definitionSummary `json:"definitions" jsonschema_description:"Services: definition_id, name, support_level."`
	Page        paging.Page         `json:"page" jsonschema_description:"has_more, next_cursor."`
}

func listDefinitions() Tool {
	return Define(Tool{
		Name:        "list_definitions",
		Title:       "Find services to connect",
		Description: "Lists the services that can be connected (connector definitions), such as GitHub or Stripe. Pass name: there are hundreds. What is connected already is in list_connectors.",
		Effect:      Read,
	}, func(ctx context.Context, api *account.Account, in listDefinitionsIn) (listDefinitionsOut, error) {
		all, err := api.ListSourceDefinitions(ctx, in.Name)
		if err != nil {
			return listDefinitionsOut{}, err
		}
		if in.Limit == 0 {
			in.Limit = 50
		}
		some, p, err := paging.Cut(all, in.Limit, in.Cursor)
		if err != nil {
			return listDefinitionsOut{}, err
		}
		out := listDefinitionsOut{Definitions: make([]definitionSummary, 0, len(some)), Page: p}
		for _, d := range some {
			out.Definitions = append(out.Definitions, definitionSummary{
				DefinitionID: d.SourceDefinitionID, Name: d.Name, SupportLevel: d.SupportLevel,
				Custom: d.Custom != nil && *d.Custom,
			})
		}
		return out, nil
	})
}

type getDefinitionIn struct {
	DefinitionID string `json:"definition_id" jsonschema_description:"ID from list_definitions."`
}

type definitionOut struct {
	DefinitionID     string                          `json:"definition_id" jsonschema_description:"For create_connector."`
	Name             string                          `json:"name" jsonschema_description:"The service."`
	SupportLevel     string                          `json:"support_level,omitempty" jsonschema_description:"certified, community, archived or none."`
	Spec             json.RawMessage                 `json:"spec" jsonschema_description:"connectionSpecification (JSON Schema), documentationUrl, advanced_auth."`
	ExampleQuestions *airbyteclient.ExampleQuestions `json:"example_questions,omitempty" jsonschema_description:"What it can answer."`
}

func getDefinition() Tool {
	return Define(Tool{
		Name:        "get_definition",
		Title:       "Learn what a service needs",
		Description: "Shows how to connect one service: its ways to authenticate, the fields of each, the other settings, its documentation, and questions it can answer. Call it before create_connector.",
		Effect:      Read,
		Finder:      "list_definitions",
	}, func(ctx context.Context, api *account.Account, in getDefinitionIn) (definitionOut, error) {
		got, err := api.GetSourceDefinition(ctx, in.DefinitionID)
		if err != nil {
			return definitionOut{}, err
		}
		return definitionOut{
			DefinitionID: got.ID, Name: got.Definition.Name, SupportLevel: got.Definition.SupportLevel,
			Spec: rawjson.OrEmpty(got.Definition.Spec), ExampleQuestions: got.ExampleQuestions,
		}, nil
	})
}

type listDestinationsIn struct {
	ActorDefinitionIDs []string `json:"actor_definition_ids,omitempty" jsonschema_description:"Only these definition IDs."`
}

type listDestinationsOut struct {
	Destinations []airbyteclient.DestinationSummary `json:"destinations" jsonschema_description:"Kinds of destination: id, name, icon."`
}

func listDestinations() Tool {
	return Define(Tool{
		Name:        "list_destinations",
		Title:       "List kinds of destination",
		Description: "Lists the kinds of destination (warehouses, databases, lakes) that replication can write to.",
		Effect:      Read,
	}, func(ctx context.Context, api *account.Account, in listDestinationsIn) (listDestinationsOut, error) {
		got, err := api.ListDestinationDefinitions(ctx, in.ActorDefinitionIDs)
		return listDestinationsOut{Destinations: got}, err
	})
}

type getDestinationIn struct {
	DestinationDefinitionID string `json:"destination_definition_id" jsonschema_description:"ID from list_destinations."`
}

type getDestinationOut struct {
	DestinationDefinitionID string          `json:"destination_definition_id" jsonschema_description:"For create_conn_template."`
	Name                    string          `json:"name" jsonschema_description:"The kind of destination."`
	Spec                    json.RawMessage `json:"spec" jsonschema_description:"Its settings: connectionSpecification (JSON Schema)."`
}

func getDestination() Tool {
	return Define(Tool{
		Name:        "get_destination",
		Title:       "Learn what a destination needs",
		Description: "Shows the settings that one kind of destination takes, for destination_config of create_conn_template.",
		Effect:      Read,
		Finder:      "list_destinations",
	}, func(ctx context.Context, api *account.Account, in getDestinationIn) (getDestinationOut, error) {
		got, err := api.GetDestinationDefinition(ctx, in.DestinationDefinitionID)
		if err != nil {
			return getDestinationOut{}, err
		}
		return getDestinationOut{DestinationDefinitionID: got.ID, Name: got.Definition.Name, Spec: rawjson.OrEmpty(got.Definition.Spec)}, nil
	})
}
