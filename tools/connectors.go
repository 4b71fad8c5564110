package tools

import (
	"context"
	"encoding/json"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/knowledge"
	"airbyte-agent-mcp/tools/secrets"
)

func connectorTools() []Tool {
	return []Tool{getConnector(), inspectConnector(), checkNewConnector()}
}

type listConnectorsIn struct {
	WorkspaceName string `json:"workspace_name,omitempty" jsonschema_description:"Workspace; the configured one if absent."`
	WorkspaceID   string `json:"workspace_id,omitempty" jsonschema_description:"Workspace by ID instead."`
	DefinitionID  string `json:"definition_id,omitempty" jsonschema_description:"Only connectors of this service."`
}

type connectorSummary struct {
	ConnectorID          string `json:"connector_id"`
	Name                 string `json:"name"`
	Slug                 string `json:"slug,omitempty"`
	Service              string `json:"service,omitempty"`
	DefinitionID         string `json:"definition_id,omitempty"`
	RuntimeMode          string `json:"runtime_mode,omitempty"`
	SupportsContextStore *bool  `json:"supports_context_store,omitempty"`
}

type listConnectorsOut struct {
	Data []connectorSummary `json:"data" jsonschema_description:"Connectors: connector_id, name, slug, service, definition_id, runtime_mode, supports_context_store."`
}

func ListConnectors() Tool {
	return Define(Tool{
		Name:        "list_connectors",
		Title:       "List what is connected",
		Description: "Lists the services connected in a workspace (connectors). Start here: other tools take a connector by the ID, name or slug shown.",
		Effect:      Read,
		Finder:      "list_workspaces",
	}, func(ctx context.Context, api *account.Account, in listConnectorsIn) (listConnectorsOut, error) {
		opts := airbyteclient.ListConnectorsOptions{WorkspaceID: in.WorkspaceID, DefinitionID: in.DefinitionID}
		if in.WorkspaceID == "" {
			opts.WorkspaceName = account.WorkspaceOrDefault(in.WorkspaceName, api)
		}
		all, err := api.ListConnectors(ctx, opts)
		if err != nil {
			return listConnectorsOut{}, err
		}
		out := listConnectorsOut{Data: make([]connectorSummary, 0, len(all))}
		for _, c := range all {
			out.Data = append(out.Data, connectorSummary{
				ConnectorID: c.ID, Name: c.Name,
				Slug: c.SourceTemplate.ConnectorName, Service: c.SourceTemplate.Name,
				DefinitionID: c.SourceTemplate.ActorDefinitionID,
				RuntimeMode:  c.SourceTemplate.RuntimeMode, SupportsContextStore: c.SourceTemplate.SupportsContextStore,
			})
		}
		return out, nil
	})
}

type entity struct {
	Entity string   `json:"entity" jsonschema_description:"Name of the entity."`
	Modes  []string `json:"modes,omitempty" jsonschema:"enum=read,enum=write" jsonschema_description:"What to allow."`
}

// newConnector is what creating and trying a connector have in common.
type newConnector struct {
	WorkspaceName                      string         `json:"workspace_name,omitempty" jsonschema_description:"Workspace; the configured one if absent."`
	DefinitionID                       string         `json:"definition_id,omitempty" jsonschema_description:"Service, from list_definitions. This, connector_type or source_template_id."`
	ConnectorType                      string         `json:"connector_type,omitempty" jsonschema_description:"Service by exact display name, such as GitHub."`
	SourceTemplateID                   string         `json:"source_template_id,omitempty" jsonschema_description:"Needed if the service has several templates."`
	Name                               string         `json:"name,omitempty" jsonschema_description:"Name of the connector."`
	Replaces                           string         `json:"replaces,omitempty" jsonschema_description:"Connector to renew with a new key: name and settings are kept."`
	Credentials                        schemas.Object `json:"credentials,omitempty" jsonschema_description:"Best left out. Fields as get_definition names them; values may be {\"from_env\": ...} or {\"from_file\": ...}."`
	ReplicationConfig                  schemas.Object `json:"replication_config,omitempty" jsonschema_description:"Settings that are not secret, such as {\"repositories\": [\"owner/repo\"]}."`
	Environment                        schemas.Object `json:"environment,omitempty" jsonschema_description:"Where the account lives, such as {\"subdomain\": ...}."`
	Entities                           []entity       `json:"entities,omitempty" jsonschema_description:"Entities to index."`
	ServerSideOAuthSecretID            string         `json:"server_side_oauth_secret_id,omitempty" jsonschema_description:"Secret of a finished OAuth flow, in place of credentials."`
	SelectedConnectionTemplateTags     []string       `json:"selected_connection_template_tags,omitempty" jsonschema_description:"Replicate by connection templates with these tags."`
	SelectedConnectionTemplateTagsMode string         `json:"selected_connection_template_tags_mode,omitempty" jsonschema:"enum=any,enum=all" jsonschema_description:"How tags match."`
}

func (in newConnector) request(api *account.Account) airbyteclient.CreateConnectorRequest {
	return airbyteclient.CreateConnectorRequest{
		Name:                               in.Name,
		WorkspaceName:                      account.WorkspaceOrDefault(in.WorkspaceName, api),
		ConnectorType:                      in.ConnectorType,
		DefinitionID:                       in.DefinitionID,
		SourceTemplateID:                   in.SourceTemplateID,
		ReplicationConfig:                  json.RawMessage(in.ReplicationConfig),
		Credentials:                        json.RawMessage(in.Credentials),
		Environment:                        json.RawMessage(in.Environment),
		Entities:                           requested(in.Entities),
		ServerSideOAuthSecretID:            in.ServerSideOAuthSecretID,
		SelectedConnectionTemplateTags:     in.SelectedConnectionTemplateTags,
		SelectedConnectionTemplateTagsMode: in.SelectedConnectionTemplateTagsMode,
	}
}

func requested(entities []entity) []airbyteclient.RequestedEntity {
	if entities == nil {
		return nil
	}
	out := make([]airbyteclient.RequestedEntity, 0, len(entities))
	for _, e := range entities {
		out = append(out, airbyteclient.RequestedEntity(e))
	}
	return out
}

// connectorOut is a connector without its secrets.
type connectorOut struct {
	ConnectorID          string                          `json:"connector_id"`
	Name                 string                          `json:"name"`
	Service              string                          `json:"service,omitempty"`
	DefinitionID         string                          `json:"definition_id,omitempty"`
	SourceTemplateID     string                          `json:"source_template_id,omitempty"`
	RuntimeMode          string                          `json:"runtime_mode,omitempty"`
	SupportsContextStore *bool                           `json:"supports_context_store,omitempty"`
	ReplicationConfig    json.RawMessage                 `json:"replication_config" jsonschema_description:"Secrets read [redacted]."`
	Entities             []airbyteclient.RequestedEntity `json:"entities,omitempty"`
	CreatedAt            string                          `json:"created_at,omitempty"`
	UpdatedAt            string                          `json:"updated_at,omitempty"`
	Next                 string                          `json:"next,omitempty"`
}

func shownConnector(c *airbyteclient.Connector, next string) connectorOut {
	return connectorOut{
		ConnectorID: c.ID, Name: c.Name,
		Service: c.SourceTemplate.Name, DefinitionID: c.SourceTemplate.SourceDefinitionID, SourceTemplateID: c.SourceTemplate.ID,
		RuntimeMode: c.SourceTemplate.RuntimeMode, SupportsContextStore: c.SourceTemplate.SupportsContextStore,
		ReplicationConfig: secrets.Redact(c.ReplicationConfig, c.SourceTemplate.UserConfigSpec),
		Entities:          c.Entities, CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt, Next: next,
	}
}

func createConnector() Tool {
	return Define(Tool{
		Name:         "create_connector",
		Title:        "Connect a service",
		Description:  "Connects a service to a workspace. get_definition tells which credentials and settings it takes. Best leave credentials out: the user then enters them on a page, past the chat, which tries them and creates the connector; the same call again tells the outcome. Given ones are stored untried: check_connector tries them.",
		Effect:       Write,
		Finder:       "list_definitions",
		Review:       createConnectorReview(),
		Form:         connectorForm,
		whenNotFound: newConnectorNotFound,
		whenInvalid:  newConnectorInvalid,
	}, func(ctx context.Context, api *account.Account, in newConnector) (connectorOut, error) {
		in, old, err := in.replacing(ctx, api)
		if err != nil {
			return connectorOut{}, err
		}
		asked := in.request(api)
		takesOver := old != nil && (in.Name == "" || in.Name == old.Name)
		if takesOver {
			asked.Name = airbyteclient.NameOfNew(old.Name)
		}
		got, err := api.CreateConnector(ctx, asked)
		if err != nil {
			return connectorOut{}, err
		}
		if takesOver {
			next := takeOver(ctx, api, got, old)
			return shownConnector(got, next), nil
		}
		return shownConnector(got, "check_connector tries the credentials; describe_connector shows what can be done."), nil
	})
}

type checkOut struct {
	Status             string                       `json:"status,omitempty" jsonschema_description:"succeeded, failed, pending, running, inconclusive, skipped or cancelled."`
	ErrorMessage       string                       `json:"error_message,omitempty" jsonschema_description:"Why it failed."`
	FailureReason      *airbyteclient.FailureReason `json:"failure_reason,omitempty" jsonschema_description:"Where it failed."`
	EntityCheckResults []airbyteclient.EntityCheck  `json:"entity_check_results,omitempty" jsonschema_description:"By entity."`
}

func shownCheck(c *airbyteclient.CheckResult, err error) (checkOut, error) {
	if err != nil {
		return checkOut{}, err
	}
	return checkOut{c.Status, c.ErrorMessage, c.FailureReason, c.EntityCheckResults}, nil
}

func checkNewConnector() Tool {
	return Define(Tool{
		Name:         "check_new_connector",
		Title:        "Try credentials",
		Description:  "Tries credentials and settings for a new connector without creating it. Takes what create_connector takes. A failed check is an answer with status failed, not an error.",
		Effect:       Read,
		Finder:       "list_definitions",
		Review:       checkNewConnectorReview(),
		whenNotFound: newConnectorNotFound,
		whenInvalid:  newConnectorInvalid,
	}, func(ctx context.Context, api *account.Account, in newConnector) (checkOut, error) {
		in, _, err := in.replacing(ctx, api)
		if err != nil {
			return checkOut{}, err
		}
		return shownCheck(api.CheckNewConnector(ctx, in.request(api)))
	})
}

// changedConnector is what updating and checking a connector have in common.
type changedConnector struct {
	account.ConnectorRef
	Name              string         `json:"name,omitempty" jsonschema_description:"New name."`
	ReplicationConfig schemas.Object `json:"replication_config,omitempty" jsonschema_description:"New settings that are not secret."`
	Entities          []entity       `json:"entities,omitzero" jsonschema_description:"New choice of entities; [] clears it."`
}

func (in changedConnector) request() airbyteclient.UpdateConnectorRequest {
	return airbyteclient.UpdateConnectorRequest{
		Name: in.Name, ReplicationConfig: json.RawMessage(in.ReplicationConfig), Entities: requested(in.Entities),
	}
}

func checkConnector() Tool {
	return Define(Tool{
		Name:        "check_connector",
		Title:       "Test a connector",
		Description: "Tests whether a connector still works: whether its key or token is still valid and its settings fit, optionally with changes that are not saved. A failed test is an answer with status failed, not an error.",
		Effect:      Read,
		Finder:      "list_connectors",
		Review:      checkConnectorReview(),
	}, func(ctx context.Context, api *account.Account, in changedConnector) (checkOut, error) {
		id, err := in.Resolve(ctx, api)
		if err != nil {
			return checkOut{}, err
		}
		return shownCheck(api.CheckConnector(ctx, id, in.request()))
	})
}

func updateConnector() Tool {
	return Define(Tool{
		Name:        "update_connector",
		Title:       "Change a connector",
		Description: "Renames a connector or changes its settings or entities; what is absent stays. For a new key: create_connector with replaces.",
		Effect:      Destroy,
		Idempotent:  true,
		Finder:      "list_connectors",
		Review:      updateConnectorReview(),
		invalid:     refuseNewCredentials,
	}, func(ctx context.Context, api *account.Account, in changedConnector) (connectorOut, error) {
		id, err := in.Resolve(ctx, api)
		if err != nil {
			return connectorOut{}, err
		}
		got, err := api.UpdateConnector(ctx, id, in.request())
		knowledge.Forget(api, id)
		if err != nil {
			return connectorOut{}, err
		}
		return shownConnector(got, ""), nil
	})
}

type deleteConnectorOut struct {
	ConnectorID string `json:"connector_id" jsonschema_description:"What is being deleted."`
	JobID       string `json:"job_id" jsonschema_description:"The job; it cannot be asked for."`
	Next        string `json:"next" jsonschema_description:"How to see that it is done."`
}

func deleteConnector() Tool {
	return Define(Tool{
		Name:        "delete_connector",
		Title:       "Remove a connector",
		Description: "Removes (disconnects) a service: deletes its connector with the stored credentials. It cannot be undone: ask the user first.",
		Effect:      Destroy,
		Idempotent:  true,
		Finder:      "list_connectors",
		Review:      deleteConnectorReview(),
	}, func(ctx context.Context, api *account.Account, in account.ConnectorRef) (deleteConnectorOut, error) {
		id, err := in.Resolve(ctx, api)
		if err != nil {
			return deleteConnectorOut{}, err
		}
		job, err := api.DeleteConnector(ctx, id)
		knowledge.Forget(api, id)
		if err != nil {
			return deleteConnectorOut{}, err
		}
		return deleteConnectorOut{id, job.JobID, "Deletion has begun. It is done once list_connectors no longer shows it."}, nil
	})
}

func getConnector() Tool {
	return Define(Tool{
		Name:        "get_connector",
		Title:       "Get a connector",
		Description: "Returns one connector with its settings, secrets blanked. For what can be done with it use describe_connector.",
		Effect:      Read,
		Finder:      "list_connectors",
	}, func(ctx context.Context, api *account.Account, in account.ConnectorRef) (connectorOut, error) {
		id, err := in.Resolve(ctx, api)
		if err != nil {
			return connectorOut{}, err
		}
		got, err := api.GetConnector(ctx, id)
		if err != nil {
			return connectorOut{}, err
		}
		return shownConnector(got, ""), nil
	})
}

func inspectConnector() Tool {
	return Define(Tool{
		Name:        "inspect_connector",
		Title:       "Inspect a connector",
		Description: "Returns the service's own account of a connector: where it belongs, which entities the Context Store holds and how fresh they are, and the ID of its documentation. describe_connector includes it.",
		Effect:      Read,
		Finder:      "list_connectors",
	}, func(ctx context.Context, api *account.Account, in account.ConnectorRef) (*airbyteclient.ConnectorInspection, error) {
		id, err := in.Resolve(ctx, api)
		if err != nil {
			return nil, err
		}
		return api.InspectConnector(ctx, id)
	})
}
