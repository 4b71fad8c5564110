package tools

import (
	"context"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/knowledge"
	"airbyte-agent-mcp/tools/paging"
)

func skillTools() []Tool {
	return []Tool{listSkills(), searchSkills(), getSkillDocs()}
}

type listSkillsIn struct {
	Limit          int    `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100" jsonschema_description:"How many, 1 to 100; 20 if absent."`
	Cursor         string `json:"cursor,omitempty" jsonschema_description:"page.next_cursor of the answer before."`
	OrganizationID string `json:"organization_id,omitempty" jsonschema_description:"Only skills of this organization."`
	WorkspaceID    string `json:"workspace_id,omitempty" jsonschema_description:"Only skills of this workspace."`
}

type listSkillsOut struct {
	Data []airbyteclient.Skill `json:"data" jsonschema_description:"Skills: id, kind, title, summary, freshness, tags."`
	Page paging.Page           `json:"page" jsonschema_description:"has_more, next_cursor."`
}

func shownSkills(p *airbyteclient.SkillPage, err error) (listSkillsOut, error) {
	if err != nil {
		return listSkillsOut{}, err
	}
	return listSkillsOut{p.Data, paging.PageAfter(p.NextCursor)}, nil
}

func listSkills() Tool {
	return Define(Tool{
		Name:        "list_skills",
		Title:       "List skills",
		Description: "Lists the service's documents on how to use it and each connector.",
		Effect:      Read,
	}, func(ctx context.Context, api *account.Account, in listSkillsIn) (listSkillsOut, error) {
		return shownSkills(api.ListSkills(ctx, airbyteclient.ListSkillsOptions(in)))
	})
}

type searchSkillsIn struct {
	Query string `json:"query" jsonschema_description:"What to look for."`
	listSkillsIn
}

func searchSkills() Tool {
	return Define(Tool{
		Name:        "search_skills",
		Title:       "Search skills",
		Description: "Searches the service's documents on how to use it and each connector.",
		Effect:      Read,
	}, func(ctx context.Context, api *account.Account, in searchSkillsIn) (listSkillsOut, error) {
		return shownSkills(api.SearchSkills(ctx, in.Query, airbyteclient.ListSkillsOptions(in.listSkillsIn)))
	})
}

type getSkillDocsIn struct {
	ID             string `json:"id" jsonschema_description:"ID of the skill, from list_skills or inspect_connector."`
	Section        string `json:"section,omitempty" jsonschema_description:"ID of a section of its outline; the introduction if absent."`
	OrganizationID string `json:"organization_id,omitempty" jsonschema_description:"Organization of the skill."`
	WorkspaceID    string `json:"workspace_id,omitempty" jsonschema_description:"Workspace of the skill; give it for skills that belong to no connector."`
}

type getSkillDocsOut struct {
	ID        string              `json:"id" jsonschema_description:"The skill."`
	Title     string              `json:"title" jsonschema_description:"Its title."`
	SectionID string              `json:"section_id,omitempty" jsonschema_description:"The section shown."`
	Content   string              `json:"content" jsonschema_description:"The section, as Markdown."`
	Outline   []knowledge.Section `json:"outline" jsonschema_description:"What section may name: id, title, summary."`
	Warnings  []string            `json:"warnings,omitempty" jsonschema_description:"What to mind."`
}

func getSkillDocs() Tool {
	return Define(Tool{
		Name:        "get_skill_docs",
		Title:       "Read a skill",
		Description: "Reads one of the service's documents: its outline and one section. For a connector, describe_connector does it in one step.",
		Effect:      Read,
		Finder:      "list_skills",
	}, func(ctx context.Context, api *account.Account, in getSkillDocsIn) (getSkillDocsOut, error) {
		got, err := api.GetSkillDocs(ctx, airbyteclient.SkillDocsOptions(in))
		if err != nil {
			return getSkillDocsOut{}, err
		}
		out := getSkillDocsOut{
			ID: got.Metadata.ID, Title: got.Metadata.Title, SectionID: got.SectionID,
			Content: knowledge.Markdown(got.Content), Outline: []knowledge.Section{}, Warnings: got.Metadata.Warnings,
		}
		for _, s := range got.Outline {
			if s.Available == nil || *s.Available {
				out.Outline = append(out.Outline, knowledge.Section{ID: s.ID, Title: s.Title, Summary: s.Summary})
			}
		}
		return out, nil
	})
}
