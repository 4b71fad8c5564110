package tools

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"airbyte-agent-mcp/airbyteclient"
)

type describeConnectorIn struct {
	connectorRef
	Section string `json:"section,omitempty" jsonschema_description:"ID of a section from an earlier answer, such as actions.contacts.list: shows its parameters."`
}

type section struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Summary string `json:"summary,omitempty"`
}

type describeConnectorOut struct {
	ConnectorID  string                      `json:"connector_id" jsonschema_description:"For execute_operation."`
	Name         string                      `json:"name,omitempty" jsonschema_description:"Its name."`
	Service      string                      `json:"service,omitempty" jsonschema_description:"What it connects."`
	Warnings     []string                    `json:"warnings,omitempty" jsonschema_description:"What is wrong with it."`
	ContextStore []airbyteclient.CacheEntity `json:"context_store,omitempty" jsonschema_description:"Entities that can be searched: readiness, count, updated_at."`
	Guidance     string                      `json:"guidance,omitempty" jsonschema_description:"The service's own words, as Markdown."`
	SectionID    string                      `json:"section_id,omitempty" jsonschema_description:"The section shown."`
	Sections     []section                   `json:"sections,omitempty" jsonschema_description:"id (for section), title, summary."`
	Actions      json.RawMessage             `json:"actions,omitempty" jsonschema_description:"Entities and actions, where the service lists them."`
	Unknown      []string                    `json:"unknown,omitempty" jsonschema_description:"What could not be learned, and why."`
}

func describeConnector() Tool {
	return define(Tool{
		Name:        "describe_connector",
		Title:       "Learn a connector",
		Description: "Tells what can be done with a connector: its entities and actions, which action to prefer for reading, whether the Context Store is ready. Then call it with section for the exact parameters of one action and how to page. Names differ between services, so read this before execute_operation.",
		Effect:      Read,
		Finder:      "list_connectors",
	}, func(ctx context.Context, api *Account, in describeConnectorIn) (describeConnectorOut, error) {
		id, err := in.id(ctx, api)
		if err != nil {
			return describeConnectorOut{}, err
		}
		inspection, err := api.InspectConnector(ctx, id)
		if err != nil {
			return describeConnectorOut{}, err
		}
		out := describeConnectorOut{
			ConnectorID: id, Name: inspection.Name, Service: inspection.SourceDefinitionName,
			Warnings: inspection.Warnings, Actions: inspection.Actions,
		}
		if r := inspection.ContextStoreReadiness; r != nil && in.Section == "" {
			out.ContextStore = r.ConfiguredEntities
		}
		docs, err := api.GetSkillDocs(ctx, airbyteclient.SkillDocsOptions{ID: inspection.DocsSkillID, Section: in.Section})
		if err == nil {
			out.read(docs, in.Section)
			return out, nil
		}
		if in.Section != "" || !forgivable(err) {
			return describeConnectorOut{}, err
		}
		// Without its documentation, the action that the service calls legacy
		// is the only one left to ask.
		out.Unknown = append(out.Unknown, "the documentation: "+err.Error())
		described, err := api.Execute(ctx, id, airbyteclient.ExecuteRequest{Action: "describe", Idempotent: true})
		if err != nil && !forgivable(err) {
			return describeConnectorOut{}, err
		}
		if err != nil {
			out.Unknown = append(out.Unknown, "the entities and actions: "+err.Error())
			return out, nil
		}
		out.Actions = described.Result
		return out, nil
	})
}

// forgivable reports whether the rest of a description is still worth telling.
func forgivable(err error) bool {
	switch airbyteclient.KindOf(err) {
	case airbyteclient.KindCanceled, airbyteclient.KindTimeout, airbyteclient.KindUnauthorized,
		airbyteclient.KindMissingCredentials, airbyteclient.KindRateLimited:
		return false
	}
	return true
}

// read takes in a connector's documentation: the content of the section asked
// for, or else the introduction and the names of all sections.
func (out *describeConnectorOut) read(docs *airbyteclient.SkillDocs, asked string) {
	out.SectionID = docs.SectionID
	out.Guidance = markdown(docs.Content)
	if asked != "" {
		return
	}
	for _, s := range docs.Outline {
		if s.Available == nil || *s.Available {
			out.Sections = append(out.Sections, section{s.ID, s.Title, s.Summary})
		}
	}
}

// markdown renders blocks of documentation; a block of an unknown kind stays
// as it came.
func markdown(blocks []airbyteclient.SkillBlock) string {
	var b strings.Builder
	for _, block := range blocks {
		if b.Len() > 0 {
			b.WriteString("\n\n")
		}
		switch block.Type {
		case "heading":
			b.WriteString(strings.Repeat("#", max(1, min(block.Level, 6))) + " " + block.Text)
		case "paragraph":
			b.WriteString(block.Text)
		case "list":
			b.WriteString("- " + strings.Join(block.Items, "\n- "))
		case "code":
			fmt.Fprintf(&b, "```%s\n%s\n```", block.Language, cmp.Or(block.Code, block.Text))
		case "table":
			b.WriteString(row(block.Headers) + "\n|" + strings.Repeat("---|", len(block.Headers)))
			for _, cells := range block.Rows {
				b.WriteString("\n" + row(cells))
			}
		default:
			b.Write(block.Raw)
		}
	}
	return b.String()
}

func row(cells []string) string {
	var b strings.Builder
	b.WriteString("|")
	for _, cell := range cells {
		b.WriteString(" " + strings.NewReplacer("|", `\|`, "\n", " ").Replace(cell) + " |")
	}
	return b.String()
}
