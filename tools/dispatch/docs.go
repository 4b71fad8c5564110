package dispatch

import (
	"context"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/knowledge"
)

// What a server tells of a connector besides the answers of tools. In all of
// these the connector goes by ID, name or slug.

// ConnectorDocs is one section of a connector's documentation, as Markdown.
func (r *Runner) ConnectorDocs(ctx context.Context, api *airbyteclient.Client, connector, section string) (string, error) {
	docs, err := r.skillDocs(ctx, api, connector, section)
	if err != nil {
		return "", err
	}
	return safetext.Clean(knowledge.Markdown(docs.Content)), nil
}

// ConnectorSections are the IDs that ConnectorDocs takes for a section.
func (r *Runner) ConnectorSections(ctx context.Context, api *airbyteclient.Client, connector string) ([]string, error) {
	docs, err := r.skillDocs(ctx, api, connector, "")
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, s := range docs.Outline {
		if s.Available == nil || *s.Available {
			ids = append(ids, s.ID)
		}
	}
	return ids, nil
}

// ConnectorActions are the names of a connector's actions, by entity.
func (r *Runner) ConnectorActions(ctx context.Context, api *airbyteclient.Client, connector string) (map[string][]string, error) {
	own := r.account(api)
	id, err := account.ConnectorRef{ConnectorID: connector}.Resolve(ctx, own)
	if err != nil {
		return nil, err
	}
	known, err := knowledge.Learn(ctx, own, id)
	if err != nil {
		return nil, err
	}
	actions := map[string][]string{}
	for _, e := range known.Entities {
		actions[e.Name] = []string{}
		for _, a := range e.Actions {
			actions[e.Name] = append(actions[e.Name], a.Name)
		}
	}
	return actions, nil
}

func (r *Runner) skillDocs(ctx context.Context, api *airbyteclient.Client, connector, section string) (*airbyteclient.SkillDocs, error) {
	id, err := account.ConnectorRef{ConnectorID: connector}.Resolve(ctx, r.account(api))
	if err != nil {
		return nil, err
	}
	inspection, err := api.InspectConnector(ctx, id)
	if err != nil {
		return nil, err
	}
	return api.GetSkillDocs(ctx, airbyteclient.SkillDocsOptions{ID: inspection.DocsSkillID, Section: section})
}

func (r *Runner) account(api *airbyteclient.Client) *account.Account {
	return &account.Account{Client: api, Memory: r.memory, Now: r.now, Files: r.files}
}
