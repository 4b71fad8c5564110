package tools

import (
	"context"
	"encoding/json"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/plan"
	"airbyte-agent-mcp/tools/secrets"
	"airbyte-agent-mcp/tools/toolcall"
)

func replicationTools() []Tool {
	return []Tool{
		listDestinations(), getDestination(),
		listConnTemplates(), getConnTemplate(), createConnTemplate(), updateConnTemplate(), deleteConnTemplate(),
		describeCron(),
	}
}

type listConnTemplatesIn struct {
	Tags     []string `json:"tags,omitempty" jsonschema_description:"Only templates with these tags."`
	TagsMode string   `json:"tags_mode,omitempty" jsonschema:"enum=all,enum=any" jsonschema_description:"Whether all tags must match, or any; all if absent."`
}

type listConnTemplatesOut struct {
	Data []airbyteclient.ConnectionTemplate `json:"data" jsonschema_description:"Templates: id, destination_name, cron_expression, data_hosting_type, tags and more."`
}

func listConnTemplates() Tool {
	return Define(Tool{
		Name:        "list_conn_templates",
		Title:       "List connection templates",
		Description: "Lists the connection templates: where the organization's connectors replicate to, and how often.",
		Effect:      Read,
	}, func(ctx context.Context, api *account.Account, in listConnTemplatesIn) (listConnTemplatesOut, error) {
		got, err := api.ListConnectionTemplates(ctx, airbyteclient.ListConnectionTemplatesOptions(in))
		for i := range got {
			got[i] = withoutSecrets(got[i])
		}
		return listConnTemplatesOut{got}, err
	})
}

// withoutSecrets blanks the secrets of a destination's settings.
func withoutSecrets(t airbyteclient.ConnectionTemplate) airbyteclient.ConnectionTemplate {
	if len(t.DestinationConfig) > 0 {
		t.DestinationConfig = secrets.Redact(t.DestinationConfig, nil)
	}
	return t
}

func connTemplateOut(t *airbyteclient.ConnectionTemplate, err error) (airbyteclient.ConnectionTemplate, error) {
	if err != nil {
		return airbyteclient.ConnectionTemplate{}, err
	}
	return withoutSecrets(*t), nil
}

type getConnTemplateIn struct {
	TemplateID string `json:"template_id" jsonschema_description:"ID of the connection template, from list_conn_templates."`
}

func getConnTemplate() Tool {
	return Define(Tool{
		Name:        "get_conn_template",
		Title:       "Get a connection template",
		Description: "Returns one connection template with its destination, secrets blanked, and its schedule.",
		Effect:      Read,
		Finder:      "list_conn_templates",
	}, func(ctx context.Context, api *account.Account, in getConnTemplateIn) (airbyteclient.ConnectionTemplate, error) {
		return connTemplateOut(api.GetConnectionTemplate(ctx, in.TemplateID))
	})
}

type createConnTemplateIn struct {
	DataHostingType              string         `json:"data_hosting_type,omitempty" jsonschema:"enum=user_hosted,enum=airbyte_hosted" jsonschema_description:"Who owns the destination; user_hosted if absent. airbyte_hosted takes only cron_expression beside it."`
	DestinationName              string         `json:"destination_name,omitempty" jsonschema_description:"Name of the destination (user_hosted)."`
	DestinationDefinitionID      string         `json:"destination_definition_id,omitempty" jsonschema_description:"Kind of destination, from list_destinations (user_hosted)."`
	DestinationConfig            schemas.Object `json:"destination_config,omitempty" jsonschema_description:"Settings of the destination, as get_destination tells (user_hosted)."`
	CronExpression               string         `json:"cron_expression,omitempty" jsonschema_description:"Quartz schedule, such as 0 0 * * * ?; try it with describe_cron."`
	NonBreakingChangesPreference string         `json:"non_breaking_changes_preference,omitempty" jsonschema:"enum=ignore,enum=disable,enum=propagate_columns,enum=propagate_fully" jsonschema_description:"What to do when a source's schema changes."`
	SyncOnCreate                 *bool          `json:"sync_on_create,omitempty" jsonschema_description:"Whether to sync at once; true if absent."`
}

func createConnTemplate() Tool {
	return Define(Tool{
		Name:        "create_conn_template",
		Title:       "Create a connection template",
		Description: "Makes a connection template: connectors created with its tags then replicate to its destination on its schedule.",
		Effect:      Write,
		Finder:      "list_destinations",
		Review:      createConnTemplateReview(),
	}, func(ctx context.Context, api *account.Account, in createConnTemplateIn) (airbyteclient.ConnectionTemplate, error) {
		return connTemplateOut(api.CreateConnectionTemplate(ctx, airbyteclient.CreateConnectionTemplateRequest{
			DataHostingType: in.DataHostingType, DestinationName: in.DestinationName,
			DestinationDefinitionID: in.DestinationDefinitionID, DestinationConfig: json.RawMessage(in.DestinationConfig),
			CronExpression: in.CronExpression, NonBreakingChangesPreference: in.NonBreakingChangesPreference,
			SyncOnCreate: in.SyncOnCreate,
		}))
	})
}

type updateConnTemplateIn struct {
	TemplateID                   string         `json:"template_id" jsonschema_description:"ID of the connection template, from list_conn_templates."`
	DestinationName              string         `json:"destination_name,omitempty" jsonschema_description:"New name."`
	DestinationConfig            schemas.Object `json:"destination_config,omitempty" jsonschema_description:"New settings of the destination."`
	CronExpression               string         `json:"cron_expression,omitempty" jsonschema_description:"New Quartz schedule."`
	NonBreakingChangesPreference string         `json:"non_breaking_changes_preference,omitempty" jsonschema:"enum=ignore,enum=disable,enum=propagate_columns,enum=propagate_fully" jsonschema_description:"What to do when a source's schema changes."`
	SyncOnCreate                 *bool          `json:"sync_on_create,omitempty" jsonschema_description:"Whether new connections sync at once."`
}

func updateConnTemplate() Tool {
	return Define(Tool{
		Name:        "update_conn_template",
		Title:       "Change a connection template",
		Description: "Changes a connection template; what is absent stays as it is.",
		Effect:      Destroy,
		Idempotent:  true,
		Finder:      "list_conn_templates",
		Review:      updateConnTemplateReview(),
	}, func(ctx context.Context, api *account.Account, in updateConnTemplateIn) (airbyteclient.ConnectionTemplate, error) {
		return connTemplateOut(api.UpdateConnectionTemplate(ctx, in.TemplateID, airbyteclient.UpdateConnectionTemplateRequest{
			DestinationName: in.DestinationName, DestinationConfig: json.RawMessage(in.DestinationConfig),
			CronExpression: in.CronExpression, NonBreakingChangesPreference: in.NonBreakingChangesPreference,
			SyncOnCreate: in.SyncOnCreate,
		}))
	})
}

func deleteConnTemplate() Tool {
	return Define(Tool{
		Name:        "delete_conn_template",
		Title:       "Delete a connection template",
		Description: "Deletes a connection template. Ask the user first.",
		Effect:      Destroy,
		Idempotent:  true,
		Finder:      "list_conn_templates",
		Review:      deleteConnTemplateReview(),
	}, func(ctx context.Context, api *account.Account, in getConnTemplateIn) (*airbyteclient.Deleted, error) {
		return api.DeleteConnectionTemplate(ctx, in.TemplateID)
	})
}

type describeCronIn struct {
	CronExpression string `json:"cron_expression" jsonschema_description:"Quartz expression: seconds, minutes, hours, day of month, month, day of week, such as 0 0 9 ? * MON-FRI."`
}

func describeCron() Tool {
	return Define(Tool{
		Name:        "describe_cron",
		Title:       "Read a schedule",
		Description: "Says in words when a Quartz cron expression fires, and whether it is valid.",
		Effect:      Read,
	}, func(ctx context.Context, api *account.Account, in describeCronIn) (*airbyteclient.CronDescription, error) {
		return api.DescribeCron(ctx, in.CronExpression)
	})
}

func createConnTemplateReview() plan.Review {
	return plan.Review{
		Summary: func(call toolcall.Call, _ *plan.Write, _ plan.Target, _ []plan.Change) string {
			return "Makes a connection template" + plan.QuotedIfAny(call.Argument("destination_name")) + " that new connectors replicate by."
		},
		Undo: func(toolcall.Call, *plan.Write, plan.Target) string {
			return "delete_conn_template with the id that the answer gives."
		},
	}
}

func updateConnTemplateReview() plan.Review {
	return plan.Review{
		Target: reviewedConnTemplate,
		Summary: func(call toolcall.Call, _ *plan.Write, found plan.Target, changes []plan.Change) string {
			return "Changes connection template " + templateLabel(call, found) + ": " + plan.FieldNames(changes) + "."
		},
		Undo: templateUndo,
	}
}

func deleteConnTemplateReview() plan.Review {
	return plan.Review{
		Target: reviewedConnTemplate,
		Summary: func(call toolcall.Call, _ *plan.Write, found plan.Target, _ []plan.Change) string {
			return "Deletes connection template " + templateLabel(call, found) + "."
		},
		Undo: plan.CannotBeUndone,
	}
}

// reviewedConnTemplate returns the connection template that a call changes.
func reviewedConnTemplate(ctx context.Context, api *account.Account, call toolcall.Call, w *plan.Write) plan.Target {
	got, err := api.GetConnectionTemplate(ctx, call.Argument("template_id"))
	if err != nil {
		return w.NewTarget(nil, nil, err)
	}
	return w.NewTarget(rawjson.Of(withoutSecrets(*got)), rawjson.Of(got), nil)
}
