package airbyteclient_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/airbyteclient/sandbox"
)

// contractCall is one call of one client method, and the status it is answered
// with. The calls of one operation share a world and come in this order.
type contractCall struct {
	operation string // airbyteclient.Operation.Name
	story     string
	status    int
	call      func(context.Context, *contractWorld) error
}

func (row contractCall) play(t *testing.T, w *contractWorld, op airbyteclient.Operation) {
	err := row.call(t.Context(), w)
	e, isError := errors.AsType[*airbyteclient.Error](err)
	switch {
	case err == nil && row.status >= 300:
		t.Errorf("no error, want one of status %d", row.status)
	case err != nil && row.status < 300:
		t.Errorf("%v", err)
	case isError && e.Status != row.status:
		t.Errorf("error of status %d, want %d: %v", e.Status, row.status, err)
	}
	if !w.wire.record.answered(op.Method, op.Path, row.status) {
		t.Errorf("%s was not answered with %d", op.Name, row.status)
	}
}

// only drops an answer that the wire has judged already.
func only[T any](_ T, err error) error { return err }

func raw(text string) json.RawMessage { return json.RawMessage(text) }

func ptr[T any](value T) *T { return &value }

const nobody = "00000000-0000-4000-8000-000000000000"

// contractCalls has at least one good call of every operation, one of each
// variant, and the errors that the service is known to give.
var contractCalls = slices.Concat(resourceCalls, executeCalls)

var resourceCalls = []contractCall{
	{"MintToken", "", 200, func(ctx context.Context, w *contractWorld) error { return w.Ready(ctx) }},
	{"MintToken", "with a wrong secret", 401, func(ctx context.Context, w *contractWorld) error {
		w.config.ClientSecret = airbyteclient.NewSecret("wrong")
		return w.connect().Ready(ctx)
	}},
	{"MintToken", "for another organization", 403, func(ctx context.Context, w *contractWorld) error {
		w.config.OrganizationID = nobody
		return w.connect().Ready(ctx)
	}},

	{"CreateScopedToken", "of a new workspace", 200, func(ctx context.Context, w *contractWorld) error {
		return only(w.CreateScopedToken(ctx, airbyteclient.CreateScopedTokenRequest{WorkspaceName: "brand new", RegionID: "b9e48d61-f082-4a14-a8d0-799a907938cb"}))
	}},
	{"CreateScopedToken", "without a name", 422, func(ctx context.Context, w *contractWorld) error {
		return only(w.CreateScopedToken(ctx, airbyteclient.CreateScopedTokenRequest{}))
	}},
	{"GetScopedTokenInfo", "", 200, func(ctx context.Context, w *contractWorld) error {
		minted, err := w.CreateScopedToken(ctx, airbyteclient.CreateScopedTokenRequest{WorkspaceName: "default"})
		if err != nil {
			return err
		}
		return only(w.GetScopedTokenInfo(ctx, minted.Token))
	}},
	{"GetScopedTokenInfo", "of a token that is none", 401, func(ctx context.Context, w *contractWorld) error {
		return only(w.GetScopedTokenInfo(ctx, "abc"))
	}},
	{"GetScopedTokenInfo", "of an application token", 403, func(ctx context.Context, w *contractWorld) error {
		return only(w.GetScopedTokenInfo(ctx, w.applicationToken()))
	}},
	{"CreateWidgetToken", "", 200, func(ctx context.Context, w *contractWorld) error {
		return only(w.CreateWidgetToken(ctx, airbyteclient.CreateWidgetTokenRequest{
			WorkspaceName: "default", AllowedOrigin: "https://app.example",
			SelectedSourceTemplateTags: []string{"crm"}, SelectedSourceTemplateTagsMode: "all",
			SelectedConnectionTemplateTags: []string{"warehouse"}, SelectedConnectionTemplateTagsMode: "any",
		}))
	}},
	{"CreateWidgetToken", "for no origin", 422, func(ctx context.Context, w *contractWorld) error {
		return only(w.CreateWidgetToken(ctx, airbyteclient.CreateWidgetTokenRequest{WorkspaceName: "default"}))
	}},

	{"ListWorkspaces", "page by page", 200, func(ctx context.Context, w *contractWorld) error {
		count := 0
		for _, err := range w.Workspaces(ctx, airbyteclient.ListWorkspacesOptions{Limit: 2}) {
			if err != nil {
				return err
			}
			count++
		}
		if count < 3 {
			return fmt.Errorf("%d workspaces on all pages", count)
		}
		return nil
	}},
	{"ListWorkspaces", "filtered", 200, func(ctx context.Context, w *contractWorld) error {
		return only(w.ListWorkspaces(ctx, airbyteclient.ListWorkspacesOptions{NameContains: "ARCH", Status: "inactive", Limit: 100}))
	}},
	{"ListWorkspaces", "with a cursor that is none", 400, func(ctx context.Context, w *contractWorld) error {
		return only(w.ListWorkspaces(ctx, airbyteclient.ListWorkspacesOptions{Cursor: "x"}))
	}},
	{"ListWorkspaces", "of many organizations", 400, func(ctx context.Context, w *contractWorld) error {
		w.sandbox.Inject(sandbox.Fault{Kind: sandbox.MultiOrganization})
		w.config.OrganizationID = ""
		return only(w.connect().ListWorkspaces(ctx, airbyteclient.ListWorkspacesOptions{}))
	}},
	{"GetWorkspaceStats", "", 200, func(ctx context.Context, w *contractWorld) error { return only(w.GetWorkspaceStats(ctx)) }},
	{"GetWorkspaceStats", "too often", 429, func(ctx context.Context, w *contractWorld) error {
		// Asked to wait longer than it has, the client does not wait at all.
		w.sandbox.Inject(sandbox.Fault{Kind: sandbox.RateLimited, RetryAfter: time.Hour})
		return only(w.GetWorkspaceStats(ctx))
	}},
	{"GetWorkspaceStats", "of a service that fails", 500, func(ctx context.Context, w *contractWorld) error {
		w.sandbox.Inject(sandbox.Fault{Kind: sandbox.ServerError})
		return only(w.GetWorkspaceStats(ctx))
	}},
	{"GetWorkspaceStats", "with a token that does not last", 401, func(ctx context.Context, w *contractWorld) error {
		w.sandbox.Inject(sandbox.Fault{Kind: sandbox.Unauthorized})
		return only(w.GetWorkspaceStats(ctx))
	}},
	{"GetWorkspace", "", 200, func(ctx context.Context, w *contractWorld) error {
		return only(w.GetWorkspace(ctx, w.workspaceID(ctx, "staging")))
	}},
	{"GetWorkspace", "of nobody", 404, func(ctx context.Context, w *contractWorld) error { return only(w.GetWorkspace(ctx, nobody)) }},
	{"UpdateWorkspace", "", 200, func(ctx context.Context, w *contractWorld) error {
		return only(w.UpdateWorkspace(ctx, w.workspaceID(ctx, "staging"), airbyteclient.UpdateWorkspaceRequest{
			Name: "renamed", Status: "inactive", CacheEnabled: ptr(false),
		}))
	}},
	{"UpdateWorkspace", "at the same time as another", 409, func(ctx context.Context, w *contractWorld) error {
		id := w.workspaceID(ctx, "default")
		w.sandbox.Inject(sandbox.Fault{Kind: sandbox.Conflict})
		return only(w.UpdateWorkspace(ctx, id, airbyteclient.UpdateWorkspaceRequest{Name: "renamed"}))
	}},
	{"DeleteWorkspace", "", 200, func(ctx context.Context, w *contractWorld) error {
		return only(w.DeleteWorkspace(ctx, w.workspaceID(ctx, "archive")))
	}},

	{"CreateConnector", "with credentials in each dialect", 200, func(ctx context.Context, w *contractWorld) error {
		for _, body := range w.credentials(ctx) {
			if _, err := w.CreateConnector(ctx, body); err != nil {
				return fmt.Errorf("%s: %w", body.Name, err)
			}
		}
		return nil
	}},
	{"CreateConnector", "by type, with entities", 200, func(ctx context.Context, w *contractWorld) error {
		return only(w.CreateConnector(ctx, airbyteclient.CreateConnectorRequest{
			WorkspaceName: "default", ConnectorType: "stripe", Credentials: raw(`{"api_key":"sk_test_1"}`),
			Entities:                       []airbyteclient.RequestedEntity{{Entity: "customers", Modes: []string{"read", "write"}}, {Entity: "charges"}},
			SelectedConnectionTemplateTags: []string{"warehouse"}, SelectedConnectionTemplateTagsMode: "any",
		}))
	}},
	{"CreateConnector", "of a template", 200, func(ctx context.Context, w *contractWorld) error {
		return only(w.CreateConnector(ctx, airbyteclient.CreateConnectorRequest{
			WorkspaceName: "default", SourceTemplateID: w.sourceTemplateID(ctx, "linear"), Credentials: raw(`{"api_key":"lin_api_1"}`),
		}))
	}},
	{"CreateConnector", "with a stored OAuth secret", 200, func(ctx context.Context, w *contractWorld) error {
		return only(w.CreateConnector(ctx, airbyteclient.CreateConnectorRequest{
			WorkspaceName: "default", DefinitionID: w.definitionID(ctx, "HubSpot"), ServerSideOAuthSecretID: "secret_1",
		}))
	}},
	{"CreateConnector", "of no type", 422, func(ctx context.Context, w *contractWorld) error {
		return only(w.CreateConnector(ctx, airbyteclient.CreateConnectorRequest{WorkspaceName: "default", Credentials: raw(`{"api_key":"x"}`)}))
	}},
	{"CreateConnector", "without a setting it needs", 422, func(ctx context.Context, w *contractWorld) error {
		return only(w.CreateConnector(ctx, airbyteclient.CreateConnectorRequest{WorkspaceName: "default", ConnectorType: "GitHub", Credentials: raw(`{"token":"x"}`)}))
	}},
	{"CreateConnector", "with credentials of no scheme", 400, func(ctx context.Context, w *contractWorld) error {
		return only(w.CreateConnector(ctx, airbyteclient.CreateConnectorRequest{WorkspaceName: "default", ConnectorType: "Linear", Credentials: raw(`{"password":"x"}`)}))
	}},
	{"CreateConnector", "of an unknown type", 404, func(ctx context.Context, w *contractWorld) error {
		return only(w.CreateConnector(ctx, airbyteclient.CreateConnectorRequest{WorkspaceName: "default", ConnectorType: "zendesk_support", Credentials: raw(`{"token":"x"}`)}))
	}},
	{"CreateConnector", "in no workspace", 404, func(ctx context.Context, w *contractWorld) error {
		return only(w.CreateConnector(ctx, airbyteclient.CreateConnectorRequest{WorkspaceName: "nowhere", ConnectorType: "Linear", Credentials: raw(`{"api_key":"x"}`)}))
	}},
	{"ListConnectors", "of a workspace by ID", 200, func(ctx context.Context, w *contractWorld) error {
		return only(w.ListConnectors(ctx, airbyteclient.ListConnectorsOptions{WorkspaceID: w.workspaceID(ctx, "default"), DefinitionID: w.definitionID(ctx, "Stripe")}))
	}},
	{"ListConnectors", "of no workspace", 400, func(ctx context.Context, w *contractWorld) error {
		return only(w.ListConnectors(ctx, airbyteclient.ListConnectorsOptions{}))
	}},
	{"ListConnectors", "of an unknown workspace", 404, func(ctx context.Context, w *contractWorld) error {
		return only(w.ListConnectors(ctx, airbyteclient.ListConnectorsOptions{WorkspaceName: "nowhere"}))
	}},
	{"GetConnector", "of every kind", 200, func(ctx context.Context, w *contractWorld) error {
		list, err := w.ListConnectors(ctx, airbyteclient.ListConnectorsOptions{WorkspaceName: "default"})
		for _, connector := range list {
			err = errors.Join(err, only(w.GetConnector(ctx, connector.ID)))
		}
		return err
	}},
	{"GetConnector", "of nobody", 404, func(ctx context.Context, w *contractWorld) error { return only(w.GetConnector(ctx, nobody)) }},
	{"UpdateConnector", "", 200, func(ctx context.Context, w *contractWorld) error {
		return only(w.UpdateConnector(ctx, w.connectorID(ctx, "default", "github"), airbyteclient.UpdateConnectorRequest{
			Name: "GitHub (read only)", ReplicationConfig: raw(`{"repositories":["a/b"]}`), Entities: []airbyteclient.RequestedEntity{{Entity: "issues", Modes: []string{"read"}}},
		}))
	}},
	{"UpdateConnector", "so that it has no entities", 200, func(ctx context.Context, w *contractWorld) error {
		return only(w.UpdateConnector(ctx, w.connectorID(ctx, "default", "github"), airbyteclient.UpdateConnectorRequest{Entities: []airbyteclient.RequestedEntity{}}))
	}},
	{"DeleteConnector", "", 202, func(ctx context.Context, w *contractWorld) error {
		return only(w.DeleteConnector(ctx, w.connectorID(ctx, "default", "slack")))
	}},
	{"DeleteConnector", "of nobody", 404, func(ctx context.Context, w *contractWorld) error { return only(w.DeleteConnector(ctx, nobody)) }},
	{"CheckNewConnector", "in each dialect", 200, func(ctx context.Context, w *contractWorld) error {
		for _, body := range w.credentials(ctx) {
			if got, err := w.CheckNewConnector(ctx, body); err != nil || got.Status != "succeeded" {
				return fmt.Errorf("%s: %+v, %v", body.Name, got, err)
			}
		}
		return nil
	}},
	{"CheckNewConnector", "that fails", 200, func(ctx context.Context, w *contractWorld) error {
		return status("failed")(w.CheckNewConnector(ctx, airbyteclient.CreateConnectorRequest{
			WorkspaceName: "default", ConnectorType: "Linear", Credentials: raw(`{"api_key":"invalid"}`), Entities: []airbyteclient.RequestedEntity{{Entity: "issues"}},
		}))
	}},
	{"CheckConnector", "that succeeds", 200, func(ctx context.Context, w *contractWorld) error {
		return status("succeeded")(w.CheckConnector(ctx, w.connectorID(ctx, "default", "stripe"), airbyteclient.UpdateConnectorRequest{
			Entities: []airbyteclient.RequestedEntity{{Entity: "customers"}, {Entity: "unknown"}},
		}))
	}},
	{"CheckConnector", "that fails", 200, func(ctx context.Context, w *contractWorld) error {
		return status("failed")(w.CheckConnector(ctx, w.connectorID(ctx, "staging", "linear"), airbyteclient.UpdateConnectorRequest{Entities: []airbyteclient.RequestedEntity{{Entity: "issues"}}}))
	}},
	{"InspectConnector", "of every kind", 200, func(ctx context.Context, w *contractWorld) error {
		list, err := w.ListConnectors(ctx, airbyteclient.ListConnectorsOptions{WorkspaceName: "default"})
		for _, connector := range list {
			err = errors.Join(err, only(w.InspectConnector(ctx, connector.ID)))
		}
		return err
	}},
	{"InspectConnector", "of nobody", 404, func(ctx context.Context, w *contractWorld) error { return only(w.InspectConnector(ctx, nobody)) }},

	{"ListSourceDefinitions", "", 200, func(ctx context.Context, w *contractWorld) error { return only(w.ListSourceDefinitions(ctx, "")) }},
	{"ListSourceDefinitions", "by name", 200, func(ctx context.Context, w *contractWorld) error { return only(w.ListSourceDefinitions(ctx, "HUB")) }},
	{"GetSourceDefinition", "of every kind", 200, func(ctx context.Context, w *contractWorld) error {
		list, err := w.ListSourceDefinitions(ctx, "")
		for _, definition := range list {
			err = errors.Join(err, only(w.GetSourceDefinition(ctx, definition.SourceDefinitionID)))
		}
		return err
	}},
	{"GetSourceDefinition", "of nobody", 404, func(ctx context.Context, w *contractWorld) error { return only(w.GetSourceDefinition(ctx, nobody)) }},
	{"ListDestinationDefinitions", "", 200, func(ctx context.Context, w *contractWorld) error {
		return only(w.ListDestinationDefinitions(ctx, nil))
	}},
	{"ListDestinationDefinitions", "by ID", 200, func(ctx context.Context, w *contractWorld) error {
		return only(w.ListDestinationDefinitions(ctx, []string{w.destinationID(ctx, "Snowflake"), w.destinationID(ctx, "S3")}))
	}},
	{"GetDestinationDefinition", "of every kind", 200, func(ctx context.Context, w *contractWorld) error {
		list, err := w.ListDestinationDefinitions(ctx, nil)
		for _, destination := range list {
			err = errors.Join(err, only(w.GetDestinationDefinition(ctx, destination.ID)))
		}
		return err
	}},

	{"ListSourceTemplates", "", 200, func(ctx context.Context, w *contractWorld) error {
		return only(w.ListSourceTemplates(ctx, airbyteclient.ListSourceTemplatesOptions{}))
	}},
	{"ListSourceTemplates", "of everybody, by tags", 200, func(ctx context.Context, w *contractWorld) error {
		return only(w.ListSourceTemplates(ctx, airbyteclient.ListSourceTemplatesOptions{UseGlobal: true, Tags: []string{"crm", "revenue"}, TagsMode: "any"}))
	}},
	{"CreateSourceTemplate", "of a definition", 200, func(ctx context.Context, w *contractWorld) error {
		return only(w.CreateSourceTemplate(ctx, airbyteclient.CreateSourceTemplateRequest{
			ActorDefinitionID: w.definitionID(ctx, "Linear"), PartialDefaultConfig: raw(`{"start_date":"2026-01-01T00:00:00Z"}`), Name: "Linear for all", Mode: "DIRECT", Customization: raw(customization),
		}))
	}},
	{"CreateSourceTemplate", "of another template", 200, func(ctx context.Context, w *contractWorld) error {
		return only(w.CloneSourceTemplate(ctx, airbyteclient.CloneSourceTemplateRequest{OriginalSourceTemplateID: w.sourceTemplateID(ctx, "linear"), Name: "Linear again", Mode: "MULTI"}))
	}},
	{"CreateSourceTemplate", "of an unknown definition", 404, func(ctx context.Context, w *contractWorld) error {
		return only(w.CreateSourceTemplate(ctx, airbyteclient.CreateSourceTemplateRequest{ActorDefinitionID: nobody, PartialDefaultConfig: raw(`{}`)}))
	}},
	{"GetSourceTemplate", "of every kind", 200, func(ctx context.Context, w *contractWorld) error {
		list, err := w.ListSourceTemplates(ctx, airbyteclient.ListSourceTemplatesOptions{})
		for _, template := range list {
			err = errors.Join(err, only(w.GetSourceTemplate(ctx, template.ID)))
		}
		return err
	}},
	{"UpdateSourceTemplate", "", 200, func(ctx context.Context, w *contractWorld) error {
		return only(w.UpdateSourceTemplate(ctx, w.sourceTemplateID(ctx, "stripe"), airbyteclient.UpdateSourceTemplateRequest{
			Name: "Stripe EU", Propagate: ptr(true), PartialDefaultConfig: raw(`{"account_id":"acct_1"}`), Customization: raw(customization), Mode: "REPLICATION",
		}))
	}},
	{"DeleteSourceTemplate", "", 200, func(ctx context.Context, w *contractWorld) error {
		return only(w.DeleteSourceTemplate(ctx, w.sourceTemplateID(ctx, "jira")))
	}},
	{"DeleteSourceTemplate", "of nobody", 404, func(ctx context.Context, w *contractWorld) error { return only(w.DeleteSourceTemplate(ctx, nobody)) }},

	{"ListConnectionTemplates", "", 200, func(ctx context.Context, w *contractWorld) error {
		return only(w.ListConnectionTemplates(ctx, airbyteclient.ListConnectionTemplatesOptions{}))
	}},
	{"ListConnectionTemplates", "by tags", 200, func(ctx context.Context, w *contractWorld) error {
		return only(w.ListConnectionTemplates(ctx, airbyteclient.ListConnectionTemplatesOptions{Tags: []string{"warehouse"}, TagsMode: "all"}))
	}},
	{"CreateConnectionTemplate", "to the user's own destination", 200, func(ctx context.Context, w *contractWorld) error {
		return only(w.CreateConnectionTemplate(ctx, airbyteclient.CreateConnectionTemplateRequest{
			DataHostingType: airbyteclient.UserHosted, DestinationName: "Lake", DestinationDefinitionID: w.destinationID(ctx, "S3"), DestinationConfig: raw(`{"s3_bucket_name":"b"}`),
			CronExpression: "0 0 6 * * ?", NonBreakingChangesPreference: "propagate_fully", SyncOnCreate: ptr(false),
		}))
	}},
	{"CreateConnectionTemplate", "to the user's own destination, unsaid", 200, func(ctx context.Context, w *contractWorld) error {
		return only(w.CreateConnectionTemplate(ctx, airbyteclient.CreateConnectionTemplateRequest{
			DestinationName: "Lake", DestinationDefinitionID: w.destinationID(ctx, "S3"), DestinationConfig: raw(`{"s3_bucket_name":"b"}`),
		}))
	}},
	{"CreateConnectionTemplate", "hosted by Airbyte", 200, func(ctx context.Context, w *contractWorld) error {
		return only(w.CreateConnectionTemplate(ctx, airbyteclient.CreateConnectionTemplateRequest{DataHostingType: airbyteclient.AirbyteHosted, CronExpression: "0 0 6 * * ?"}))
	}},
	{"CreateConnectionTemplate", "with a broken schedule", 422, func(ctx context.Context, w *contractWorld) error {
		return only(w.CreateConnectionTemplate(ctx, airbyteclient.CreateConnectionTemplateRequest{DataHostingType: airbyteclient.AirbyteHosted, CronExpression: "daily"}))
	}},
	{"GetConnectionTemplate", "of both kinds", 200, func(ctx context.Context, w *contractWorld) error {
		list, err := w.ListConnectionTemplates(ctx, airbyteclient.ListConnectionTemplatesOptions{})
		for _, template := range list {
			err = errors.Join(err, only(w.GetConnectionTemplate(ctx, template.ID)))
		}
		return err
	}},
	{"UpdateConnectionTemplate", "", 200, func(ctx context.Context, w *contractWorld) error {
		return only(w.UpdateConnectionTemplate(ctx, w.connectionTemplateID(ctx, airbyteclient.UserHosted), airbyteclient.UpdateConnectionTemplateRequest{
			DestinationName: "Warehouse EU", DestinationConfig: raw(`{"host":"db.example"}`), CronExpression: "0 30 6 ? * MON-FRI", NonBreakingChangesPreference: "disable", SyncOnCreate: ptr(true),
		}))
	}},
	{"DeleteConnectionTemplate", "", 200, func(ctx context.Context, w *contractWorld) error {
		return only(w.DeleteConnectionTemplate(ctx, w.connectionTemplateID(ctx, airbyteclient.AirbyteHosted)))
	}},
	{"DescribeCron", "", 200, func(ctx context.Context, w *contractWorld) error {
		return only(w.DescribeCron(ctx, "0 0/15 9-17 ? * MON-FRI"))
	}},
	{"DescribeCron", "that is none", 200, func(ctx context.Context, w *contractWorld) error { return only(w.DescribeCron(ctx, "daily")) }},

	{"SetOAuthCredentials", "by type", 200, func(ctx context.Context, w *contractWorld) error {
		return only(w.SetOAuthCredentials(ctx, airbyteclient.SetOAuthCredentialsRequest{ConnectorType: "Zendesk Support", Configuration: raw(`{"client_id":"a","client_secret":"b"}`)}))
	}},
	{"SetOAuthCredentials", "of a destination", 200, func(ctx context.Context, w *contractWorld) error {
		return only(w.SetOAuthCredentials(ctx, airbyteclient.SetOAuthCredentialsRequest{ConnectorDefinitionID: w.destinationID(ctx, "BigQuery"), Configuration: raw(`{}`)}))
	}},
	{"SetOAuthCredentials", "of no type", 422, func(ctx context.Context, w *contractWorld) error {
		return only(w.SetOAuthCredentials(ctx, airbyteclient.SetOAuthCredentialsRequest{Configuration: raw(`{}`)}))
	}},
	{"DeleteOAuthCredentials", "", 204, func(ctx context.Context, w *contractWorld) error {
		return w.DeleteOAuthCredentials(ctx, "Zendesk Support")
	}},

	{"ListSkills", "page by page", 200, func(ctx context.Context, w *contractWorld) error {
		for _, err := range w.Skills(ctx, airbyteclient.ListSkillsOptions{Limit: 3, OrganizationID: sandbox.OrganizationID, WorkspaceID: w.workspaceID(ctx, "default")}) {
			if err != nil {
				return err
			}
		}
		return nil
	}},
	{"ListSkills", "of an unknown workspace", 404, func(ctx context.Context, w *contractWorld) error {
		return only(w.ListSkills(ctx, airbyteclient.ListSkillsOptions{WorkspaceID: nobody}))
	}},
	{"SearchSkills", "", 200, func(ctx context.Context, w *contractWorld) error {
		return only(w.SearchSkills(ctx, "linear", airbyteclient.ListSkillsOptions{Limit: 1}))
	}},
	{"GetSkillDocs", "of every skill", 200, func(ctx context.Context, w *contractWorld) error {
		for skill, err := range w.Skills(ctx, airbyteclient.ListSkillsOptions{Limit: 100}) {
			if err == nil {
				_, err = w.GetSkillDocs(ctx, airbyteclient.SkillDocsOptions{ID: skill.ID})
			}
			if err != nil {
				return err
			}
		}
		return nil
	}},
	{"GetSkillDocs", "by section", 200, func(ctx context.Context, w *contractWorld) error {
		connector, err := w.InspectConnector(ctx, w.connectorID(ctx, "default", "gong"))
		if err != nil {
			return err
		}
		docs, err := w.GetSkillDocs(ctx, airbyteclient.SkillDocsOptions{ID: connector.DocsSkillID})
		if err != nil {
			return err
		}
		for _, section := range docs.Outline {
			err = errors.Join(err, only(w.GetSkillDocs(ctx, airbyteclient.SkillDocsOptions{ID: connector.DocsSkillID, Section: section.ID, WorkspaceID: connector.WorkspaceID})))
		}
		return err
	}},
	{"GetSkillDocs", "of nobody", 404, func(ctx context.Context, w *contractWorld) error {
		return only(w.GetSkillDocs(ctx, airbyteclient.SkillDocsOptions{ID: "agent:nobody"}))
	}},
}

// customization has one mapper of each kind.
const customization = `{
	"stream_selection_mode": "whitelist", "stream_whitelist": ["issues"],
	"stream_customizations": {"issues": {"primary_key_fields": [["id"]], "cursor_field": ["updatedAt"]}},
	"stream_mappers": {"issues": [
		{"type": "hashing", "mapper_configuration": {"target_field": "title", "method": "SHA256", "field_name_suffix": "_hashed"}},
		{"type": "field-renaming", "mapper_configuration": {"original_field_name": "a", "new_field_name": "b"}},
		{"type": "field-filtering", "mapper_configuration": {"target_field": "description"}},
		{"type": "encryption", "mapper_configuration": {"target_field": "email", "public_key": "-----BEGIN PUBLIC KEY-----"}},
		{"type": "row-filtering", "mapper_configuration": {"conditions": {"type": "equal", "field_name": "state", "comparison_value": "done"}}}
	]}
}`

// status expects a check to end with a status.
func status(want string) func(*airbyteclient.CheckResult, error) error {
	return func(got *airbyteclient.CheckResult, err error) error {
		if err == nil && got.Status != want {
			return fmt.Errorf("the check ended with %q", got.Status)
		}
		return err
	}
}

// credentials are the connectors that can be configured, each with every
// dialect in which its credentials may be said.
func (w *contractWorld) credentials(ctx context.Context) []airbyteclient.CreateConnectorRequest {
	w.t.Helper()
	definitions, err := w.ListSourceDefinitions(ctx, "")
	var all []airbyteclient.CreateConnectorRequest
	for _, c := range []struct{ name, credentials, config, environment string }{
		{"GitHub", `{"token":"x"}`, `{"repositories":["a/b"]}`, ""},
		{"GitHub", `{"access_token":"x"}`, `{"repositories":["a/b"]}`, ""},
		{"GitHub", `{"option_title":"PAT Credentials","personal_access_token":"x"}`, `{"repositories":["a/b"],"start_date":"2026-01-01T00:00:00Z"}`, ""},
		{"GitHub", "", `{"repositories":["a/b"],"credentials":{"option_title":"OAuth Credentials","access_token":"x"}}`, ""},
		{"HubSpot", `{"private_app_token":"x"}`, "", ""},
		{"HubSpot", `{"credentials_title":"Private App Credentials","access_token":"x"}`, "", ""},
		{"HubSpot", `{"refresh_token":"x","client_id":"y","client_secret":"z"}`, "", ""},
		{"Salesforce", `{"refresh_token":"x","client_id":"y","client_secret":"z"}`, "", `{"instance_url":"https://login.salesforce.com"}`},
		{"Salesforce", "", `{"refresh_token":"x","client_id":"y","client_secret":"z"}`, ""},
		{"Stripe", `{"api_key":"x"}`, `{"account_id":"acct_1"}`, `{}`},
		{"Stripe", "", `{"account_id":"acct_1","client_secret":"x"}`, ""},
		{"Slack", `{"bot_key":"x"}`, `{"start_date":"2026-01-01T00:00:00Z","lookback_window":1,"join_channels":false}`, ""},
		{"Slack", `{"option_title":"API Token Credentials","api_token":"x"}`, "", ""},
		{"Zendesk Support", `{"email":"a@b.example","api_token":"x"}`, "", `{"subdomain":"acme"}`},
		{"Zendesk Support", "", `{"subdomain":"acme","credentials":{"credentials":"api_token","email":"a@b.example","api_token":"x"}}`, ""},
		{"Jira", `{"username":"a@b.example","password":"x"}`, "", `{"subdomain":"acme"}`},
		{"Jira", "", `{"email":"a@b.example","api_token":"x"}`, `{"subdomain":"acme"}`},
		{"Notion", `{"token":"x"}`, "", ""},
		{"Notion", `{"auth_type":"token","token":"x"}`, "", ""},
		{"Linear", `{"api_key":"x"}`, "", ""},
		{"Google Drive", `{"refresh_token":"x","client_id":"y","client_secret":"z"}`, `{"folder_url":"https://drive.google.com/drive/folders/1"}`, ""},
		{"Google Drive", `{"auth_type":"Client","refresh_token":"x"}`, "", ""},
		{"Gong", `{"access_key":"x","access_key_secret":"y"}`, "", ""},
		{"Gong", `{"auth_type":"APIKey","access_key":"x","access_key_secret":"y"}`, "", ""},
		{"Intercom", `{"access_token":"x"}`, `{"start_date":"2026-01-01T00:00:00Z"}`, ""},
	} {
		definition := find(w, "definition "+c.name, definitions, err, func(d airbyteclient.Definition) bool { return d.Name == c.name })
		all = append(all, airbyteclient.CreateConnectorRequest{
			WorkspaceName: "default", Name: c.name, DefinitionID: definition.SourceDefinitionID,
			Credentials: raw(c.credentials), ReplicationConfig: raw(c.config), Environment: raw(c.environment),
		})
	}
	return all
}
