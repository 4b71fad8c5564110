package airbyteclient

import (
	"context"
	"encoding/json"
	"net/http"
)

var (
	opListSourceTemplates  = Operation{"ListSourceTemplates", "list source templates", http.MethodGet, "/api/v1/integrations/templates/sources"}
	opCreateSourceTemplate = Operation{"CreateSourceTemplate", "create source template", http.MethodPost, "/api/v1/integrations/templates/sources"}
	opGetSourceTemplate    = Operation{"GetSourceTemplate", "get source template", http.MethodGet, "/api/v1/integrations/templates/sources/{id}"}
	opUpdateSourceTemplate = Operation{"UpdateSourceTemplate", "update source template", http.MethodPatch, "/api/v1/integrations/templates/sources/{id}"}
	opDeleteSourceTemplate = Operation{"DeleteSourceTemplate", "delete source template", http.MethodDelete, "/api/v1/integrations/templates/sources/{id}"}
)

// SourceTemplate is a kind of source made ready for an organization's users:
// some of its configuration is given, the rest (UserConfigSpec) is asked for.
type SourceTemplate struct {
	ID                   string          `json:"id"`
	Name                 string          `json:"name"`
	Icon                 string          `json:"icon,omitempty"`
	SourceDefinitionID   string          `json:"source_definition_id"`
	UserConfigSpec       json.RawMessage `json:"user_config_spec"`
	PartialDefaultConfig json.RawMessage `json:"partial_default_config"`
	Customization        json.RawMessage `json:"customization,omitempty"`
	Tags                 []string        `json:"tags,omitempty"`
	// Mode is DIRECT, REPLICATION or MULTI; prefer RuntimeMode.
	Mode           string `json:"mode,omitempty"`
	IsExperimental bool   `json:"is_experimental"`
	// RuntimeMode is direct_only, context_store_only, direct_and_context_store,
	// or empty where the service does not say.
	RuntimeMode string `json:"runtime_mode,omitempty"`
	// SupportsContextStore is true unless the service says otherwise; nil when it does not say.
	SupportsContextStore *bool  `json:"supports_context_store,omitempty"`
	CreatedAt            string `json:"created_at,omitempty"`
	UpdatedAt            string `json:"updated_at,omitempty"`
	// AuthTooltip is a text, or texts by way of authentication. It and
	// ConnectorName come with GetSourceTemplate only.
	AuthTooltip   json.RawMessage `json:"auth_tooltip,omitempty"`
	ConnectorName string          `json:"connector_name,omitempty"`
}

// SourceTemplateSummary is a source template as lists show it.
type SourceTemplateSummary struct {
	ID                   string          `json:"id"`
	Name                 string          `json:"name"`
	Icon                 *string         `json:"icon"`
	ActorDefinitionID    string          `json:"actor_definition_id"`
	ConnectorName        string          `json:"connector_name,omitempty"`
	OrganizationID       string          `json:"organization_id,omitempty"`
	Tags                 []string        `json:"tags,omitempty"`
	Customization        json.RawMessage `json:"customization,omitempty"`
	Mode                 string          `json:"mode,omitempty"`
	RuntimeMode          string          `json:"runtime_mode,omitempty"`
	SupportsContextStore *bool           `json:"supports_context_store,omitempty"`
	CreatedAt            string          `json:"created_at,omitempty"`
	UpdatedAt            string          `json:"updated_at,omitempty"`
}

// ListSourceTemplatesOptions filters source templates.
type ListSourceTemplatesOptions struct {
	// UseGlobal asks for Airbyte's own templates in place of the organization's.
	UseGlobal bool
	Tags      []string
	// TagsMode is all (what the API does when empty) or any.
	TagsMode string
}

// CreateSourceTemplateRequest makes a template of a connector definition.
type CreateSourceTemplateRequest struct {
	ActorDefinitionID    string          `json:"actor_definition_id"`
	PartialDefaultConfig json.RawMessage `json:"partial_default_config"`
	Name                 string          `json:"name,omitempty"`
	Customization        json.RawMessage `json:"customization,omitempty"`
	Mode                 string          `json:"mode,omitempty"`
}

// CloneSourceTemplateRequest makes a template of another one.
type CloneSourceTemplateRequest struct {
	OriginalSourceTemplateID string `json:"original_source_template_id"`
	Name                     string `json:"name,omitempty"`
	Mode                     string `json:"mode,omitempty"`
}

// UpdateSourceTemplateRequest changes the fields that are set.
type UpdateSourceTemplateRequest struct {
	Name string `json:"name,omitempty"`
	// Propagate also changes the connectors made from the template.
	Propagate            *bool           `json:"propagate,omitempty"`
	PartialDefaultConfig json.RawMessage `json:"partial_default_config,omitempty"`
	Customization        json.RawMessage `json:"customization,omitempty"`
	Mode                 string          `json:"mode,omitempty"`
}

type sourceTemplateList struct {
	Data []SourceTemplateSummary `json:"data"`
}

func (o ListSourceTemplatesOptions) query() query {
	q := query{}.set("tags", o.Tags...).set("tags_mode", o.TagsMode)
	if o.UseGlobal {
		q = q.set("use_global", "true")
	}
	return q
}

// ListSourceTemplates returns source templates: GET /integrations/templates/sources.
func (c *Client) ListSourceTemplates(ctx context.Context, opts ListSourceTemplatesOptions) ([]SourceTemplateSummary, error) {
	list, err := call[sourceTemplateList](ctx, c, request{op: opListSourceTemplates, query: opts.query()})
	if err != nil {
		return nil, err
	}
	return filled(list.Data), nil
}

// CreateSourceTemplate makes a source template: POST /integrations/templates/sources.
func (c *Client) CreateSourceTemplate(ctx context.Context, body CreateSourceTemplateRequest) (*SourceTemplate, error) {
	return call[SourceTemplate](ctx, c, request{op: opCreateSourceTemplate, body: body})
}

// CloneSourceTemplate copies a source template: POST /integrations/templates/sources.
func (c *Client) CloneSourceTemplate(ctx context.Context, body CloneSourceTemplateRequest) (*SourceTemplate, error) {
	return call[SourceTemplate](ctx, c, request{op: opCreateSourceTemplate, body: body})
}

// GetSourceTemplate returns one source template: GET /integrations/templates/sources/{id}.
func (c *Client) GetSourceTemplate(ctx context.Context, id string) (*SourceTemplate, error) {
	return call[SourceTemplate](ctx, c, request{op: opGetSourceTemplate, path: []string{id}})
}

// UpdateSourceTemplate changes a source template: PATCH /integrations/templates/sources/{id}.
func (c *Client) UpdateSourceTemplate(ctx context.Context, id string, body UpdateSourceTemplateRequest) (*SourceTemplate, error) {
	return call[SourceTemplate](ctx, c, request{op: opUpdateSourceTemplate, path: []string{id}, body: body})
}

// DeleteSourceTemplate deletes a source template: DELETE /integrations/templates/sources/{id}.
func (c *Client) DeleteSourceTemplate(ctx context.Context, id string) (*Deleted, error) {
	return call[Deleted](ctx, c, request{op: opDeleteSourceTemplate, path: []string{id}})
}
