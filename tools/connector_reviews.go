package tools

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"

	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/plan"
	"airbyte-agent-mcp/tools/refusal"
	"airbyte-agent-mcp/tools/toolcall"
)

const (
	newConnectorNotFound = "list_definitions has the services, list_workspaces the workspaces; create_scoped_token creates a workspace, if the person who runs this server adds it (--tools create_scoped_token). Calling again unchanged will not help."
	newConnectorInvalid  = "Nothing was created. get_definition shows the fields that the service wants; settings that are not secret go in replication_config, not in credentials. Mend it and call again."
)

func createConnectorReview() plan.Review {
	return plan.Review{
		ConnectorArgument: "replaces", NamesConnector: true,
		Find: findNewConnector,
		Target: func(_ context.Context, _ *account.Account, _ toolcall.Call, w *plan.Write) plan.Target {
			if w.Current == nil {
				return plan.Target{}
			}
			return w.NewTarget(nil, rawjson.Of(w.Current), nil) // which it replaces
		},
		Summary: func(call toolcall.Call, w *plan.Write, _ plan.Target, _ []plan.Change) string {
			service := plan.QuotedOr(w.Service, "a service")
			switch name := call.Argument("name"); {
			case call.Argument("replaces") != "" && name != "":
				return "Connects " + service + " as " + safetext.QuoteShort(name) + w.InWorkspace() + ", with the credentials given and the settings of the connector " + safetext.QuoteShort(w.Connector) + ", which stays as it is."
			case call.Argument("replaces") != "":
				return "Connects " + service + " anew" + w.InWorkspace() + ", with the credentials given, in place of the connector " + safetext.QuoteShort(w.Connector) + ", which is renamed and stays."
			}
			return "Connects " + service + " as " + plan.QuotedOr(w.Connector, "a new connector") + w.InWorkspace() + ", with the credentials given."
		},
		Undo: func(toolcall.Call, *plan.Write, plan.Target) string {
			return "delete_connector with the connector_id that the answer gives."
		},
	}
}

func checkNewConnectorReview() plan.Review {
	return plan.Review{Find: findNewConnector, Summary: checkSummary}
}

func checkConnectorReview() plan.Review {
	return plan.Review{Find: findOldConnector, Summary: checkSummary}
}

func updateConnectorReview() plan.Review {
	return plan.Review{
		Find: findOldConnector, Target: reviewedConnector, NamesConnector: true,
		Summary: func(_ toolcall.Call, w *plan.Write, _ plan.Target, changes []plan.Change) string {
			return "Changes the connector" + w.ConnectorPhrase() + w.InWorkspace() + ": " + plan.FieldNames(changes) + "."
		},
		Undo: func(call toolcall.Call, w *plan.Write, found plan.Target) string {
			return w.UndoByRepeating(call, found, "connector_id")
		},
	}
}

func deleteConnectorReview() plan.Review {
	return plan.Review{
		Find: findOldConnector, Target: reviewedConnector,
		Summary: func(_ toolcall.Call, w *plan.Write, _ plan.Target, _ []plan.Change) string {
			return "Deletes the connector" + w.ConnectorPhrase() + w.InWorkspace() + ", with its stored credentials."
		},
		Undo: func(toolcall.Call, *plan.Write, plan.Target) string {
			return "Cannot be undone: its credentials go with it, so the service would have to be connected anew."
		},
	}
}

func checkSummary(_ toolcall.Call, w *plan.Write, _ plan.Target, _ []plan.Change) string {
	return "Sends the secrets that its references name to " + plan.QuotedOr(w.Service, "a service") + w.InWorkspace() + " to try them; nothing is saved."
}

func findOldConnector(ctx context.Context, api *account.Account, call toolcall.Call, w *plan.Write) error {
	w.ConnectorID = call.Argument("connector_id")
	return w.FindConnector(ctx, api)
}

func reviewedConnector(_ context.Context, _ *account.Account, _ toolcall.Call, w *plan.Write) plan.Target {
	if w.Current == nil {
		return plan.Target{}
	}
	return w.NewTarget(rawjson.Of(shownConnector(w.Current, "")), rawjson.Of(w.Current), nil)
}

// findNewConnector finds out which service a new connector is of, and about the
// connector that it takes over from.
func findNewConnector(ctx context.Context, api *account.Account, call toolcall.Call, w *plan.Write) error {
	w.Connector, w.Service, w.DefinitionID = call.Argument("name"), call.Argument("connector_type"), call.Argument("definition_id")
	w.Workspace = account.WorkspaceOrDefault(call.Argument("workspace_name"), api)
	w.Unknown = w.Service == ""
	if err := findService(ctx, api, call.Argument("source_template_id"), w); err != nil {
		return err
	}
	old := call.Argument("replaces")
	if old == "" {
		return nil
	}
	id, err := account.ConnectorRef{ConnectorID: old, WorkspaceName: w.Workspace}.Resolve(ctx, api)
	if err != nil {
		return err
	}
	w.ConnectorID, w.Unknown = id, false
	err = w.FindConnector(ctx, api)
	w.Disposable = false // it is the old one that may be deleted freely
	return err
}

// findService finds out which service a new connector is of: what the arguments
// call it counts only where nothing else does.
func findService(ctx context.Context, api *account.Account, template string, w *plan.Write) error {
	called := w.Service
	if template != "" {
		got, err := api.GetSourceTemplate(ctx, template)
		if err != nil {
			return err
		}
		if w.DefinitionID != "" && !strings.EqualFold(w.DefinitionID, got.SourceDefinitionID) {
			return refusal.New("definition_id and source_template_id are of two services.").Next("Nothing was sent. Give one of them.")
		}
		w.DefinitionID = got.SourceDefinitionID
	}
	if w.DefinitionID == "" {
		return nil
	}
	name, _, err := account.RecallWithin(ctx, api, "service/"+w.DefinitionID, account.BriefTime, func(ctx context.Context) (string, error) {
		got, err := api.GetSourceDefinition(ctx, w.DefinitionID)
		if err != nil {
			return "", err
		}
		return got.Definition.Name, nil
	})
	w.Service, w.Unknown = name, err != nil
	if err != nil {
		return err
	}
	if called != "" && !strings.EqualFold(called, w.Service) {
		return refusal.New("connector_type is %s, and what is connected is %s.", safetext.QuoteShort(called), safetext.QuoteShort(w.Service)).Next("Nothing was sent. Leave connector_type out, or give the right one alone.")
	}
	return nil
}

// connectorForm returns what a person must enter to create the connector of a
// call that leaves the credentials to them; nil for any other call, and where it
// is not allowed to ask.
func connectorForm(ctx context.Context, api *account.Account, call toolcall.Call, allowed func() (bool, error)) (*CredentialsNeeded, error) {
	var in newConnector
	if json.Unmarshal(call.Arguments, &in) != nil || call.Secrets.Present || !in.withoutCredentials() {
		return nil, nil
	}
	if ok, err := allowed(); err != nil || !ok {
		return nil, err
	}
	in, old, err := in.replacing(ctx, api)
	if err != nil {
		return nil, err
	}
	need := &CredentialsNeeded{
		WorkspaceName: account.WorkspaceOrDefault(in.WorkspaceName, api), DefinitionID: in.DefinitionID, SourceTemplateID: in.SourceTemplateID, Name: in.Name,
		ReplicationConfig: json.RawMessage(in.ReplicationConfig), Environment: json.RawMessage(in.Environment),
		Entities: requested(in.Entities), Tags: in.SelectedConnectionTemplateTags, TagsMode: in.SelectedConnectionTemplateTagsMode,
	}
	if old != nil {
		need.ReplacesID, need.ReplacesName, need.Name = old.ID, old.Name, cmp.Or(need.Name, old.Name)
	}
	return need, need.complete(ctx, api, in.ConnectorType)
}
