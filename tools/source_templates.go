package tools

import (
	"context"
	"encoding/json"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/plan"
	"airbyte-agent-mcp/tools/refusal"
	"airbyte-agent-mcp/tools/secrets"
	"airbyte-agent-mcp/tools/toolcall"
)

func sourceTemplateTools() []Tool {
	return []Tool{listTemplates(), getTemplate(), createTemplate(), updateTemplate(), deleteTemplate()}
}

type listTemplatesIn struct {
	UseGlobal bool     `json:"use_global,omitempty" jsonschema_description:"Airbyte's own templates in place of the organization's."`
	Tags      []string `json:"tags,omitempty" jsonschema_description:"Only templates with these tags."`
	TagsMode  string   `json:"tags_mode,omitempty" jsonschema:"enum=all,enum=any" jsonschema_description:"Whether all tags must match, or any; all if absent."`
}

type listTemplatesOut struct {
	Data []airbyteclient.SourceTemplateSummary `json:"data" jsonschema_description:"Templates: id, name, actor_definition_id, connector_name, modes, tags."`
}

func listTemplates() Tool {
	return Define(Tool{
		Name:        "list_templates",
		Title:       "List source templates",
		Description: "Lists the organization's source templates: the services that its users may connect (enabled connectors), with their presets.",
		Effect:      Read,
	}, func(ctx context.Context, api *account.Account, in listTemplatesIn) (listTemplatesOut, error) {
		got, err := api.ListSourceTemplates(ctx, airbyteclient.ListSourceTemplatesOptions(in))
		for i := range got {
			got[i].Customization = withoutKeys(got[i].Customization)
		}
		return listTemplatesOut{got}, err
	})
}

type getTemplateIn struct {
	TemplateID string `json:"template_id" jsonschema_description:"ID of the source template, from list_templates."`
}

// templateOut is a template without the secrets of its presets.
func templateOut(t *airbyteclient.SourceTemplate, err error) (*airbyteclient.SourceTemplate, error) {
	if err != nil {
		return nil, err
	}
	t.PartialDefaultConfig = secrets.Redact(t.PartialDefaultConfig, t.UserConfigSpec)
	t.Customization = withoutKeys(t.Customization)
	t.UserConfigSpec = rawjson.OrEmpty(t.UserConfigSpec)
	return t, nil
}

// withoutKeys blanks the keys of mappers that encrypt.
func withoutKeys(customization json.RawMessage) json.RawMessage {
	if len(customization) == 0 || string(customization) == "null" {
		return customization
	}
	return secrets.Redact(customization, nil)
}

func getTemplate() Tool {
	return Define(Tool{
		Name:        "get_template",
		Title:       "Get a source template",
		Description: "Returns one source template: what users are asked for (user_config_spec), the presets (partial_default_config, secrets blanked), modes and tags.",
		Effect:      Read,
		Finder:      "list_templates",
	}, func(ctx context.Context, api *account.Account, in getTemplateIn) (*airbyteclient.SourceTemplate, error) {
		return templateOut(api.GetSourceTemplate(ctx, in.TemplateID))
	})
}

type createTemplateIn struct {
	ActorDefinitionID        string         `json:"actor_definition_id,omitempty" jsonschema_description:"Service to enable, from list_definitions. This or original_source_template_id."`
	OriginalSourceTemplateID string         `json:"original_source_template_id,omitempty" jsonschema_description:"Template to copy, from list_templates; takes only name and mode beside it."`
	Name                     string         `json:"name,omitempty" jsonschema_description:"Name of the template."`
	PartialDefaultConfig     schemas.Object `json:"partial_default_config,omitempty" jsonschema_description:"Settings given beforehand; {} if absent."`
	Customization            schemas.Object `json:"customization,omitempty" jsonschema_description:"stream_selection_mode (all, suggested, whitelist), stream_whitelist, stream_customizations, stream_mappers."`
	Mode                     string         `json:"mode,omitempty" jsonschema:"enum=DIRECT,enum=REPLICATION,enum=MULTI" jsonschema_description:"DIRECT: live calls only; REPLICATION: synced only; MULTI: both."`
}

func createTemplate() Tool {
	return Define(Tool{
		Name:        "create_template",
		Title:       "Enable a service",
		Description: "Makes a source template, so that users of the organization can connect a service; from a definition, or as a copy of another template.",
		Effect:      Write,
		Finder:      "list_templates",
		Review:      createTemplateReview(),
	}, func(ctx context.Context, api *account.Account, in createTemplateIn) (*airbyteclient.SourceTemplate, error) {
		switch {
		case (in.ActorDefinitionID == "") == (in.OriginalSourceTemplateID == ""):
			return nil, refusal.New("Give either actor_definition_id or original_source_template_id.").
				Next("list_definitions has the one, list_templates the other.")
		case in.OriginalSourceTemplateID != "":
			return templateOut(api.CloneSourceTemplate(ctx, airbyteclient.CloneSourceTemplateRequest{
				OriginalSourceTemplateID: in.OriginalSourceTemplateID, Name: in.Name, Mode: in.Mode,
			}))
		}
		return templateOut(api.CreateSourceTemplate(ctx, airbyteclient.CreateSourceTemplateRequest{
			ActorDefinitionID: in.ActorDefinitionID, Name: in.Name, Mode: in.Mode,
			PartialDefaultConfig: rawjson.OrEmpty(json.RawMessage(in.PartialDefaultConfig)), Customization: json.RawMessage(in.Customization),
		}))
	})
}

type updateTemplateIn struct {
	TemplateID           string         `json:"template_id" jsonschema_description:"ID of the source template, from list_templates."`
	Name                 string         `json:"name,omitempty" jsonschema_description:"New name."`
	Propagate            *bool          `json:"propagate,omitempty" jsonschema_description:"true also changes the connectors made from it."`
	PartialDefaultConfig schemas.Object `json:"partial_default_config,omitempty" jsonschema_description:"New presets."`
	Customization        schemas.Object `json:"customization,omitempty" jsonschema_description:"New customization."`
	Mode                 string         `json:"mode,omitempty" jsonschema:"enum=DIRECT,enum=REPLICATION,enum=MULTI" jsonschema_description:"New mode."`
}

func updateTemplate() Tool {
	return Define(Tool{
		Name:        "update_template",
		Title:       "Change a source template",
		Description: "Changes a source template; what is absent stays as it is. With propagate it also changes every connector made from it.",
		Effect:      Destroy,
		Idempotent:  true,
		Finder:      "list_templates",
		Review:      updateTemplateReview(),
	}, func(ctx context.Context, api *account.Account, in updateTemplateIn) (*airbyteclient.SourceTemplate, error) {
		return templateOut(api.UpdateSourceTemplate(ctx, in.TemplateID, airbyteclient.UpdateSourceTemplateRequest{
			Name: in.Name, Propagate: in.Propagate, Mode: in.Mode,
			PartialDefaultConfig: json.RawMessage(in.PartialDefaultConfig), Customization: json.RawMessage(in.Customization),
		}))
	})
}

func deleteTemplate() Tool {
	return Define(Tool{
		Name:        "delete_template",
		Title:       "Disable a service",
		Description: "Deletes a source template: users can no longer connect the service by it. Ask the user first.",
		Effect:      Destroy,
		Idempotent:  true,
		Finder:      "list_templates",
		Review:      deleteTemplateReview(),
	}, func(ctx context.Context, api *account.Account, in getTemplateIn) (*airbyteclient.Deleted, error) {
		return api.DeleteSourceTemplate(ctx, in.TemplateID)
	})
}

func createTemplateReview() plan.Review {
	return plan.Review{
		Summary: func(call toolcall.Call, _ *plan.Write, _ plan.Target, _ []plan.Change) string {
			return "Enables a service for the users of the organization, by a new source template" + plan.QuotedIfAny(call.Argument("name")) + "."
		},
		Undo: func(toolcall.Call, *plan.Write, plan.Target) string {
			return "delete_template with the id that the answer gives."
		},
	}
}

func updateTemplateReview() plan.Review {
	return plan.Review{
		Target: reviewedTemplate,
		Summary: func(call toolcall.Call, _ *plan.Write, found plan.Target, changes []plan.Change) string {
			summary := "Changes source template " + templateLabel(call, found) + ": " + plan.FieldNames(changes)
			if string(rawjson.Member(call.Arguments, "propagate")) == "true" {
				summary += ", and every connector made from it"
			}
			return summary + "."
		},
		Undo: templateUndo,
	}
}

func deleteTemplateReview() plan.Review {
	return plan.Review{
		Target: reviewedTemplate,
		Summary: func(call toolcall.Call, _ *plan.Write, found plan.Target, _ []plan.Change) string {
			return "Deletes source template " + templateLabel(call, found) + ": users can no longer connect the service by it."
		},
		Undo: plan.CannotBeUndone,
	}
}

// reviewedTemplate returns the source template that a call changes.
func reviewedTemplate(ctx context.Context, api *account.Account, call toolcall.Call, w *plan.Write) plan.Target {
	got, err := api.GetSourceTemplate(ctx, call.Argument("template_id"))
	if err != nil {
		return w.NewTarget(nil, nil, err)
	}
	whole := rawjson.Of(got)
	shown, err := templateOut(got, nil)
	return w.NewTarget(rawjson.Of(shown), whole, err)
}

// templateLabel names the template that a call is about.
func templateLabel(call toolcall.Call, found plan.Target) string {
	return safetext.QuoteShort(plan.RecordLabel(found.Record, call.Argument("template_id")))
}

// templateUndo names the call that restores the former values of a template.
func templateUndo(call toolcall.Call, w *plan.Write, found plan.Target) string {
	return w.UndoByRepeating(call, found, "template_id")
}
