package tools

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/knowledge"
	"airbyte-agent-mcp/tools/refusal"
	"airbyte-agent-mcp/tools/secrets"
)

// The API cannot change the credentials of a connector. What can be done is to
// connect the account anew beside it, try that, give it the old one's name, and
// delete the old one once a person agrees.

// noNewCredentials is for who tries to change them.
var noNewCredentials = refusal.New("The credentials of a connector cannot be changed.").
	Next("Nothing was sent. create_connector with replaces set to this connector keeps its name and settings; best leave credentials out there, so that the user enters the new ones on a page.")

// refuseNewCredentials returns noNewCredentials for arguments with credentials.
func refuseNewCredentials(arguments json.RawMessage) error {
	if rawjson.Member(arguments, "credentials") != nil {
		return noNewCredentials
	}
	return nil
}

// replacing fills in what a new connector has in common with the one that it
// replaces, which is nil if there is none.
func (in newConnector) replacing(ctx context.Context, api *account.Account) (newConnector, *airbyteclient.Connector, error) {
	if in.Replaces == "" {
		return in, nil, nil
	}
	id, err := account.ConnectorRef{ConnectorID: in.Replaces, WorkspaceName: in.WorkspaceName}.Resolve(ctx, api)
	if err != nil {
		return in, nil, err
	}
	old, err := api.GetConnector(ctx, id)
	if err != nil {
		return in, nil, err
	}
	from := old.SourceTemplate
	service := from.SourceDefinitionID
	if in.DefinitionID != "" && service != "" && !strings.EqualFold(in.DefinitionID, service) {
		return in, nil, refusal.New("%s is a connector of another service.", safetext.QuoteShort(old.Name)).
			Next("Nothing was sent. Leave definition_id out: it is taken from the connector that is replaced.")
	}
	if in.DefinitionID, in.ConnectorType = service, ""; service == "" {
		in.SourceTemplateID = cmp.Or(in.SourceTemplateID, from.ID)
	}
	if in.WorkspaceName == "" {
		if in.WorkspaceName, err = workspaceOf(ctx, api, id); err != nil {
			return in, nil, err
		}
	}
	kept := withoutBlanks(secrets.Redact(old.ReplicationConfig, from.UserConfigSpec))
	in.ReplicationConfig = schemas.Object(rawjson.Overlay(kept, json.RawMessage(in.ReplicationConfig)))
	if in.Entities == nil {
		for _, e := range old.Entities {
			in.Entities = append(in.Entities, entity(e))
		}
	}
	return in, old, nil
}

// workspaceOf is the name of the workspace that a connector is in.
func workspaceOf(ctx context.Context, api *account.Account, id string) (string, error) {
	inspection, err := api.InspectConnector(ctx, id)
	if err != nil {
		return "", err
	}
	workspace, err := api.GetWorkspace(ctx, inspection.WorkspaceID)
	if err != nil {
		return "", err
	}
	return workspace.Name, nil
}

// withoutBlanks leaves out of a configuration what was blanked in it, and what
// then is empty.
func withoutBlanks(config json.RawMessage) json.RawMessage {
	out := []byte{'{'}
	for name, value := range rawjson.Named(config) {
		switch {
		case name == "credentials", strings.Contains(string(value), secrets.Redacted) && rawjson.FirstByte(value) != '{':
			continue
		case rawjson.FirstByte(value) == '{':
			if value = withoutBlanks(value); rawjson.IsEmpty(value) {
				continue
			}
		}
		out = rawjson.AppendMember(out, name, value)
	}
	return append(out, '}')
}

// takeOver tries a new connector and, if it works, gives it the name of the one
// that it replaces. It returns what to do next.
func takeOver(ctx context.Context, api *account.Account, created, old *airbyteclient.Connector) (next string) {
	check, err := api.CheckConnector(ctx, created.ID, airbyteclient.UpdateConnectorRequest{})
	switch {
	case err != nil:
		return fmt.Sprintf("Created, but whether it works could not be tried (%s). The old connector %s is as it was. check_connector tries again; then rename them with update_connector, and delete the old one.", refusal.WithoutRequest(err), old.ID)
	case check.Status != "succeeded":
		return fmt.Sprintf("Created, but trying it ended as %s: %s. The old connector %s is as it was. delete_connector takes this new one away.", safetext.QuoteShort(check.Status), safetext.QuoteShort(check.ErrorMessage), old.ID)
	}
	if err := api.TakeOverName(ctx, created.ID, old.ID, old.Name); err != nil {
		return fmt.Sprintf("It works, but has not got the name of the old connector %s (%s). Rename them with update_connector.", old.ID, refusal.WithoutRequest(err))
	}
	knowledge.Forget(api, created.ID)
	knowledge.Forget(api, old.ID)
	created.Name = old.Name
	return fmt.Sprintf("It works and has the old one's name. The old connector is still there, as %s: delete_connector with connector_id %s removes it, once the user agrees.", safetext.QuoteShort(airbyteclient.NameOfReplaced(old.Name)), old.ID)
}
