package airbyteclient

import (
	"context"
	"encoding/json"
	"net/http"
)

var (
	opCreateConnector   = Operation{"CreateConnector", "create connector", http.MethodPost, "/api/v1/integrations/connectors"}
	opListConnectors    = Operation{"ListConnectors", "list connectors", http.MethodGet, "/api/v1/integrations/connectors"}
	opGetConnector      = Operation{"GetConnector", "get connector", http.MethodGet, "/api/v1/integrations/connectors/{id}"}
	opUpdateConnector   = Operation{"UpdateConnector", "update connector", http.MethodPut, "/api/v1/integrations/connectors/{id}"}
	opDeleteConnector   = Operation{"DeleteConnector", "delete connector", http.MethodDelete, "/api/v1/integrations/connectors/{id}"}
	opCheckNewConnector = Operation{"CheckNewConnector", "check new connector", http.MethodPost, "/api/v1/integrations/connectors/check"}
	opCheckConnector    = Operation{"CheckConnector", "check connector", http.MethodPost, "/api/v1/integrations/connectors/{id}/check"}
	opInspectConnector  = Operation{"InspectConnector", "inspect connector", http.MethodGet, "/api/v1/integrations/connectors/{id}/inspect"}
)

// Connector is a configured connector with the template it was made from.
type Connector struct {
	ID             string         `json:"id"`
	Name           string         `json:"name"`
	SourceTemplate SourceTemplate `json:"source_template"`
	// ReplicationConfig may hold secrets; nothing says that the service removes them.
	ReplicationConfig json.RawMessage   `json:"replication_config"`
	Entities          []RequestedEntity `json:"entities,omitempty"`
	CreatedAt         string            `json:"created_at,omitempty"`
	UpdatedAt         string            `json:"updated_at,omitempty"`
}

// ConnectorSummary is a connector as lists show it.
type ConnectorSummary struct {
	ID             string                `json:"id"`
	Name           string                `json:"name"`
	SourceTemplate SourceTemplateSummary `json:"summarized_source_template"`
	CreatedAt      string                `json:"created_at,omitempty"`
	UpdatedAt      string                `json:"updated_at,omitempty"`
}

// RequestedEntity asks for an entity; Modes are read and write.
type RequestedEntity struct {
	Entity string   `json:"entity"`
	Modes  []string `json:"modes,omitempty"`
}

// CreateConnectorRequest describes a new connector. WorkspaceName, one of the
// three that name the connector's type (prefer DefinitionID), and one of
// Credentials, ReplicationConfig and ServerSideOAuthSecretID are required.
type CreateConnectorRequest struct {
	Name             string `json:"name,omitempty"`
	WorkspaceName    string `json:"workspace_name"`
	ConnectorType    string `json:"connector_type,omitempty"`
	DefinitionID     string `json:"definition_id,omitempty"`
	SourceTemplateID string `json:"source_template_id,omitempty"`
	// ReplicationConfig, Credentials and Environment are JSON objects.
	ReplicationConfig                  json.RawMessage   `json:"replication_config,omitempty"`
	Credentials                        json.RawMessage   `json:"credentials,omitempty"`
	Environment                        json.RawMessage   `json:"environment,omitempty"`
	Entities                           []RequestedEntity `json:"entities,omitempty"`
	ServerSideOAuthSecretID            string            `json:"server_side_oauth_secret_id,omitempty"`
	SelectedConnectionTemplateTags     []string          `json:"selected_connection_template_tags,omitempty"`
	SelectedConnectionTemplateTagsMode string            `json:"selected_connection_template_tags_mode,omitempty"`
}

// UpdateConnectorRequest changes the fields that are set. Credentials cannot
// be changed. Nil Entities keep what is there, an empty list clears it.
type UpdateConnectorRequest struct {
	Name              string            `json:"name,omitempty"`
	ReplicationConfig json.RawMessage   `json:"replication_config,omitempty"`
	Entities          []RequestedEntity `json:"entities,omitzero"`
}

// ListConnectorsOptions names the workspace, by ID or by name (the service
// wants one of them), and may keep to one connector definition.
type ListConnectorsOptions struct {
	WorkspaceID   string
	WorkspaceName string
	DefinitionID  string
}

// DeleteJob is the job that deletes a connector. There is no way to ask for
// its state: the connector is gone when it can no longer be found.
type DeleteJob struct {
	JobID string `json:"job_id"`
}

// CheckResult tells whether credentials and configuration work. A check that
// went badly is an answer, not an error.
type CheckResult struct {
	ID string `json:"id"`
	// Status is pending, running, cancelled, failed, succeeded, inconclusive,
	// skipped, or empty.
	Status             string         `json:"status,omitempty"`
	ErrorMessage       string         `json:"error_message,omitempty"`
	FailureReason      *FailureReason `json:"failure_reason,omitempty"`
	EntityCheckResults []EntityCheck  `json:"entity_check_results,omitempty"`
}

// EntityCheck is the outcome of a check for one entity.
type EntityCheck struct {
	Entity       string `json:"entity"`
	Status       string `json:"status"`
	StatusCode   int    `json:"status_code,omitempty"`
	ErrorMessage string `json:"error_message,omitempty"`
}

// FailureReason explains a failed check. The service's internal message and
// stack trace are left out: nobody should be shown them.
type FailureReason struct {
	// Timestamp is in milliseconds since 1970.
	Timestamp        int64             `json:"timestamp"`
	FailureOrigin    string            `json:"failure_origin,omitempty"`
	FailureType      string            `json:"failure_type,omitempty"`
	ExternalMessage  string            `json:"external_message,omitempty"`
	Retryable        *bool             `json:"retryable,omitempty"`
	FromTraceMessage *bool             `json:"from_trace_message,omitempty"`
	StreamDescriptor *StreamDescriptor `json:"stream_descriptor,omitempty"`
}

// StreamDescriptor names a stream.
type StreamDescriptor struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace,omitempty"`
}

// ConnectorInspection tells how a connector stands and which skill documents
// it. Its entities and actions are in that skill, not here.
type ConnectorInspection struct {
	ConnectorID            string `json:"connector_id"`
	Name                   string `json:"name"`
	WorkspaceID            string `json:"workspace_id"`
	OrganizationID         string `json:"organization_id"`
	SourceDefinitionID     string `json:"source_definition_id"`
	SourceDefinitionName   string `json:"source_definition_name,omitempty"`
	SourceConfigTemplateID string `json:"source_config_template_id"`
	// DocsSkillID is for GetSkillDocs.
	DocsSkillID           string                 `json:"docs_skill_id"`
	Warnings              []string               `json:"warnings,omitempty"`
	ContextStoreReadiness *ContextStoreReadiness `json:"context_store_readiness,omitempty"`
	// Actions was proposed for a later version of the API; empty when absent.
	Actions json.RawMessage `json:"actions,omitempty"`
}

// ContextStoreReadiness tells what of a connector can be searched.
type ContextStoreReadiness struct {
	ConnectorID        string            `json:"connector_id"`
	SourceDefinitionID string            `json:"source_definition_id"`
	SupportedEntities  []SupportedEntity `json:"supported_context_store_entities"`
	ConfiguredEntities []CacheEntity     `json:"configured_cache_entities"`
}

// SupportedEntity is an entity that the Context Store could hold.
type SupportedEntity struct {
	Entity    string `json:"entity"`
	Suggested bool   `json:"suggested"`
}

// CacheEntity is an entity that the Context Store holds or will hold.
type CacheEntity struct {
	Entity               string           `json:"entity"`
	Status               string           `json:"status"`
	ReadyForSearch       bool             `json:"ready_for_search"`
	Supported            bool             `json:"supported"`
	EntityCount          *int64           `json:"entity_count,omitempty"`
	UpdatedAt            string           `json:"updated_at,omitempty"`
	SemanticSearchStatus []SemanticStatus `json:"semantic_search_status,omitempty"`
}

// SemanticStatus is INDEXING or READY, for one field.
type SemanticStatus struct {
	Field  string `json:"field"`
	Status string `json:"status"`
}

type connectorList struct {
	Data []ConnectorSummary `json:"data"`
}

func (o ListConnectorsOptions) query() query {
	return query{}.
		set("workspace_id", o.WorkspaceID).
		set("workspace_name", o.WorkspaceName).
		set("definition_id", o.DefinitionID)
}

// CreateConnector creates a connector without trying its credentials:
// POST /integrations/connectors.
func (c *Client) CreateConnector(ctx context.Context, body CreateConnectorRequest) (*Connector, error) {
	return call[Connector](ctx, c, request{op: opCreateConnector, body: body})
}

// ListConnectors returns the connectors of a workspace: GET /integrations/connectors.
func (c *Client) ListConnectors(ctx context.Context, opts ListConnectorsOptions) ([]ConnectorSummary, error) {
	list, err := call[connectorList](ctx, c, request{op: opListConnectors, query: opts.query()})
	if err != nil {
		return nil, err
	}
	return filled(list.Data), nil
}

// GetConnector returns one connector: GET /integrations/connectors/{id}.
func (c *Client) GetConnector(ctx context.Context, id string) (*Connector, error) {
	return call[Connector](ctx, c, request{op: opGetConnector, path: []string{id}})
}

// UpdateConnector changes a connector: PUT /integrations/connectors/{id}.
func (c *Client) UpdateConnector(ctx context.Context, id string, body UpdateConnectorRequest) (*Connector, error) {
	return call[Connector](ctx, c, request{op: opUpdateConnector, path: []string{id}, body: body})
}

// DeleteConnector begins to delete a connector: DELETE /integrations/connectors/{id}.
func (c *Client) DeleteConnector(ctx context.Context, id string) (*DeleteJob, error) {
	return call[DeleteJob](ctx, c, request{op: opDeleteConnector, path: []string{id}})
}

// CheckNewConnector tries a configuration without creating anything:
// POST /integrations/connectors/check.
func (c *Client) CheckNewConnector(ctx context.Context, body CreateConnectorRequest) (*CheckResult, error) {
	return c.check(ctx, request{op: opCheckNewConnector, body: body})
}

// CheckConnector tries a connector, with the changes in body:
// POST /integrations/connectors/{id}/check.
func (c *Client) CheckConnector(ctx context.Context, id string, body UpdateConnectorRequest) (*CheckResult, error) {
	return c.check(ctx, request{op: opCheckConnector, path: []string{id}, body: body})
}

// check also blanks what the service repeats of the credentials it was sent.
func (c *Client) check(ctx context.Context, r request) (*CheckResult, error) {
	result, err := call[CheckResult](ctx, c, r)
	if err != nil {
		return nil, err
	}
	blank := c.redactor(r)
	result.Status = blank.Replace(result.Status)
	result.ErrorMessage = blank.Replace(result.ErrorMessage)
	if result.FailureReason != nil {
		result.FailureReason.ExternalMessage = blank.Replace(result.FailureReason.ExternalMessage)
	}
	for i := range result.EntityCheckResults {
		entity := &result.EntityCheckResults[i]
		entity.ErrorMessage = blank.Replace(entity.ErrorMessage)
	}
	return result, nil
}

// InspectConnector tells how a connector stands: GET /integrations/connectors/{id}/inspect.
func (c *Client) InspectConnector(ctx context.Context, id string) (*ConnectorInspection, error) {
	return call[ConnectorInspection](ctx, c, request{op: opInspectConnector, path: []string{id}})
}

// NameOfNew and NameOfReplaced are what connectors are called while one takes
// over from another of that name.
func NameOfNew(name string) string      { return name + " (new)" }
func NameOfReplaced(name string) string { return name + " (replaced)" }

// TakeOverName gives a connector the name of another one, which gets out of its
// way first: people know connectors by their names, and nothing keeps two from
// having the same. Both requests may be repeated.
func (c *Client) TakeOverName(ctx context.Context, id, from, name string) error {
	if _, err := c.UpdateConnector(ctx, from, UpdateConnectorRequest{Name: NameOfReplaced(name)}); err != nil {
		return err
	}
	_, err := c.UpdateConnector(ctx, id, UpdateConnectorRequest{Name: name})
	return err
}
