package airbyteclient

import (
	"context"
	"encoding/json"
	"net/http"
)

var (
	opListConnectionTemplates  = Operation{"ListConnectionTemplates", "list connection templates", http.MethodGet, "/api/v1/integrations/templates/connections"}
	opCreateConnectionTemplate = Operation{"CreateConnectionTemplate", "create connection template", http.MethodPost, "/api/v1/integrations/templates/connections"}
	opGetConnectionTemplate    = Operation{"GetConnectionTemplate", "get connection template", http.MethodGet, "/api/v1/integrations/templates/connections/{id}"}
	opUpdateConnectionTemplate = Operation{"UpdateConnectionTemplate", "update connection template", http.MethodPatch, "/api/v1/integrations/templates/connections/{id}"}
	opDeleteConnectionTemplate = Operation{"DeleteConnectionTemplate", "delete connection template", http.MethodDelete, "/api/v1/integrations/templates/connections/{id}"}
	opDescribeCron             = Operation{"DescribeCron", "describe cron", http.MethodPost, "/api/v1/integrations/templates/connections/cron/describe"}
)

// The values of DataHostingType: who owns the destination.
const (
	UserHosted    = "user_hosted"
	AirbyteHosted = "airbyte_hosted"
)

// ConnectionTemplate says where the connectors of an organization write to and
// how often. The last four fields are those of a user-hosted destination.
type ConnectionTemplate struct {
	ID              string   `json:"id"`
	OrganizationID  string   `json:"organization_id"`
	DestinationName string   `json:"destination_name"`
	Icon            string   `json:"icon,omitempty"`
	CronExpression  string   `json:"cron_expression,omitempty"`
	DataHostingType string   `json:"data_hosting_type"`
	Tags            []string `json:"tags,omitempty"`
	CreatedAt       string   `json:"created_at,omitempty"`
	UpdatedAt       string   `json:"updated_at,omitempty"`

	DestinationDefinitionID string `json:"destination_definition_id,omitempty"`
	// DestinationConfig may hold secrets.
	DestinationConfig json.RawMessage `json:"destination_config,omitempty"`
	// NonBreakingChangesPreference is ignore, disable, propagate_columns or propagate_fully.
	NonBreakingChangesPreference string `json:"non_breaking_changes_preference,omitempty"`
	SyncOnCreate                 *bool  `json:"sync_on_create,omitempty"`
}

// ListConnectionTemplatesOptions filters connection templates.
type ListConnectionTemplatesOptions struct {
	Tags []string
	// TagsMode is all (what the API does when empty) or any.
	TagsMode string
}

// CreateConnectionTemplateRequest describes a new connection template. For
// AirbyteHosted, CronExpression is the only other field; for UserHosted the
// three that name and configure the destination are required.
type CreateConnectionTemplateRequest struct {
	DataHostingType         string          `json:"data_hosting_type,omitempty"`
	DestinationName         string          `json:"destination_name,omitempty"`
	DestinationDefinitionID string          `json:"destination_definition_id,omitempty"`
	DestinationConfig       json.RawMessage `json:"destination_config,omitempty"`
	// CronExpression is a Quartz expression; see DescribeCron.
	CronExpression               string `json:"cron_expression,omitempty"`
	NonBreakingChangesPreference string `json:"non_breaking_changes_preference,omitempty"`
	SyncOnCreate                 *bool  `json:"sync_on_create,omitempty"`
}

// UpdateConnectionTemplateRequest changes the fields that are set.
type UpdateConnectionTemplateRequest struct {
	DestinationName              string          `json:"destination_name,omitempty"`
	DestinationConfig            json.RawMessage `json:"destination_config,omitempty"`
	CronExpression               string          `json:"cron_expression,omitempty"`
	NonBreakingChangesPreference string          `json:"non_breaking_changes_preference,omitempty"`
	SyncOnCreate                 *bool           `json:"sync_on_create,omitempty"`
}

// CronDescription says in words when a cron expression fires.
type CronDescription struct {
	Description string `json:"description"`
	IsValid     bool   `json:"is_valid"`
}

type connectionTemplateList struct {
	Data []ConnectionTemplate `json:"data"`
}

type describeCronRequest struct {
	CronExpression string `json:"cron_expression"`
}

// ListConnectionTemplates returns connection templates: GET /integrations/templates/connections.
func (c *Client) ListConnectionTemplates(ctx context.Context, opts ListConnectionTemplatesOptions) ([]ConnectionTemplate, error) {
	list, err := call[connectionTemplateList](ctx, c, request{
		op:    opListConnectionTemplates,
		query: query{}.set("tags", opts.Tags...).set("tags_mode", opts.TagsMode),
	})
	if err != nil {
		return nil, err
	}
	return filled(list.Data), nil
}

// CreateConnectionTemplate makes a connection template: POST /integrations/templates/connections.
func (c *Client) CreateConnectionTemplate(ctx context.Context, body CreateConnectionTemplateRequest) (*ConnectionTemplate, error) {
	return call[ConnectionTemplate](ctx, c, request{op: opCreateConnectionTemplate, body: body})
}

// GetConnectionTemplate returns one connection template:
// GET /integrations/templates/connections/{id}.
func (c *Client) GetConnectionTemplate(ctx context.Context, id string) (*ConnectionTemplate, error) {
	return call[ConnectionTemplate](ctx, c, request{op: opGetConnectionTemplate, path: []string{id}})
}

// UpdateConnectionTemplate changes a connection template:
// PATCH /integrations/templates/connections/{id}.
func (c *Client) UpdateConnectionTemplate(ctx context.Context, id string, body UpdateConnectionTemplateRequest) (*ConnectionTemplate, error) {
	return call[ConnectionTemplate](ctx, c, request{op: opUpdateConnectionTemplate, path: []string{id}, body: body})
}

// DeleteConnectionTemplate deletes a connection template:
// DELETE /integrations/templates/connections/{id}.
func (c *Client) DeleteConnectionTemplate(ctx context.Context, id string) (*Deleted, error) {
	return call[Deleted](ctx, c, request{op: opDeleteConnectionTemplate, path: []string{id}})
}

// DescribeCron says in words what a Quartz cron expression means:
// POST /integrations/templates/connections/cron/describe.
func (c *Client) DescribeCron(ctx context.Context, expression string) (*CronDescription, error) {
	return call[CronDescription](ctx, c, request{op: opDescribeCron, body: describeCronRequest{expression}})
}
