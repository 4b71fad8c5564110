package tools

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"
)

const (
	newConnectorNotFound = "list_definitions has the services, list_workspaces the workspaces; create_scoped_token creates a workspace, if the person who runs this server adds it (--tools create_scoped_token). Calling again unchanged will not help."
	newConnectorInvalid  = "Nothing was created. get_definition shows the fields that the service wants; settings that are not secret go in replication_config, not in credentials. Mend it and call again."
)

func createConnectorReview() Review {
	return Review{
		connector: "replaces", namesConnector: true,
		find: findNewConnector,
		target: func(_ context.Context, _ *Account, _ Call, w *aboutWrite) target {
			if w.connector == nil {
				return target{}
			}
			return w.found(nil, encoded(w.connector), nil) // which it replaces
		},
		summary: func(call Call, w *aboutWrite, _ target, _ []Change) string {
			service := orWord(w.Service, "a service")
			switch name := call.argument("name"); {
			case call.argument("replaces") != "" && name != "":
				return "Connects " + service + " as " + quoted(name) + w.in() + ", with the credentials given and the settings of the connector " + quoted(w.Connector) + ", which stays as it is."
			case call.argument("replaces") != "":
				return "Connects " + service + " anew" + w.in() + ", with the credentials given, in place of the connector " + quoted(w.Connector) + ", which is renamed and stays."
			}
			return "Connects " + service + " as " + orWord(w.Connector, "a new connector") + w.in() + ", with the credentials given."
		},
		undo: func(Call, *aboutWrite, target) string {
			return "delete_connector with the connector_id that the answer gives."
		},
	}
}

func checkNewConnectorReview() Review {
	return Review{find: findNewConnector, summary: checkSummary}
}

func checkConnectorReview() Review {
	return Review{find: findOldConnector, summary: checkSummary}
}

func updateConnectorReview() Review {
	return Review{
		find: findOldConnector, target: reviewedConnector, namesConnector: true,
		summary: func(_ Call, w *aboutWrite, _ target, changes []Change) string {
			return "Changes the connector" + w.whose() + w.in() + ": " + fieldsOf(changes) + "."
		},
		undo: func(call Call, w *aboutWrite, found target) string { return w.again(call, found, "connector_id") },
	}
}

func deleteConnectorReview() Review {
	return Review{
		find: findOldConnector, target: reviewedConnector,
		summary: func(_ Call, w *aboutWrite, _ target, _ []Change) string {
			return "Deletes the connector" + w.whose() + w.in() + ", with its stored credentials."
		},
		undo: func(Call, *aboutWrite, target) string {
			return "Cannot be undone: its credentials go with it, so the service would have to be connected anew."
		},
	}
}

func checkSummary(_ Call, w *aboutWrite, _ target, _ []Change) string {
	return "Sends the secrets that its references name to " + orWord(w.Service, "a service") + w.in() + " to try them; nothing is saved."
}

func findOldConnector(ctx context.Context, api *Account, call Call, w *aboutWrite) error {
	w.ConnectorID = call.argument("connector_id")
	return w.findConnector(ctx, api)
}

func reviewedConnector(_ context.Context, _ *Account, _ Call, w *aboutWrite) target {
	if w.connector == nil {
		return target{}
	}
	return w.found(encoded(shownConnector(w.connector, "")), encoded(w.connector), nil)
}

// findNewConnector finds out which service a new connector is of, and about the
// connector that it takes over from.
func findNewConnector(ctx context.Context, api *Account, call Call, w *aboutWrite) error {
	w.Connector, w.Service, w.DefinitionID = call.argument("name"), call.argument("connector_type"), call.argument("definition_id")
	w.Workspace = orDefault(call.argument("workspace_name"), api)
	w.unknown = w.Service == ""
	if err := findService(ctx, api, call.argument("source_template_id"), w); err != nil {
		return err
	}
	old := call.argument("replaces")
	if old == "" {
		return nil
	}
	id, err := connectorRef{old, w.Workspace}.id(ctx, api)
	if err != nil {
		return err
	}
	w.ConnectorID, w.unknown = id, false
	err = w.findConnector(ctx, api)
	w.free = false // it is the old one that may be deleted freely
	return err
}

// findService finds out which service a new connector is of: what the arguments
// call it counts only where nothing else does.
func findService(ctx context.Context, api *Account, template string, w *aboutWrite) error {
	called := w.Service
	if template != "" {
		got, err := api.GetSourceTemplate(ctx, template)
		if err != nil {
			return err
		}
		if w.DefinitionID != "" && !strings.EqualFold(w.DefinitionID, got.SourceDefinitionID) {
			return refuse("definition_id and source_template_id are of two services.").next("Nothing was sent. Give one of them.")
		}
		w.DefinitionID = got.SourceDefinitionID
	}
	if w.DefinitionID == "" {
		return nil
	}
	name, _, err := recallWithin(ctx, api, "service/"+w.DefinitionID, asideTime, func(ctx context.Context) (string, error) {
		got, err := api.GetSourceDefinition(ctx, w.DefinitionID)
		if err != nil {
			return "", err
		}
		return got.Definition.Name, nil
	})
	w.Service, w.unknown = name, err != nil
	if err != nil {
		return err
	}
	if called != "" && !strings.EqualFold(called, w.Service) {
		return refuse("connector_type is %s, and what is connected is %s.", quoted(called), quoted(w.Service)).next("Nothing was sent. Leave connector_type out, or give the right one alone.")
	}
	return nil
}

// connectorForm returns what a person must enter to create the connector of a
// call that leaves the credentials to them; nil for any other call, and where it
// is not allowed to ask.
func connectorForm(ctx context.Context, api *Account, call Call, allowed func() (bool, error)) (*CredentialsNeeded, error) {
	var in newConnector
	if json.Unmarshal(call.Arguments, &in) != nil || call.Secrets.found || !in.withoutCredentials() {
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
		WorkspaceName: orDefault(in.WorkspaceName, api), DefinitionID: in.DefinitionID, SourceTemplateID: in.SourceTemplateID, Name: in.Name,
		ReplicationConfig: json.RawMessage(in.ReplicationConfig), Environment: json.RawMessage(in.Environment),
		Entities: requested(in.Entities), Tags: in.SelectedConnectionTemplateTags, TagsMode: in.SelectedConnectionTemplateTagsMode,
	}
	if old != nil {
		need.ReplacesID, need.ReplacesName, need.Name = old.ID, old.Name, cmp.Or(need.Name, old.Name)
	}
	return need, need.complete(ctx, api, in.ConnectorType)
}
