package tools

import (
	"context"

	"airbyte-agent-mcp/airbyteclient"
)

// What a server tells of a connector besides the answers of tools. In all of
// these the connector goes by ID, name or slug.

// ConnectorDocs is one section of a connector's documentation, as Markdown.
func (r *Runner) ConnectorDocs(ctx context.Context, api *airbyteclient.Client, connector, section string) (string, error) {
	docs, err := r.skillDocs(ctx, api, connector, section)
	if err != nil {
		return "", err
	}
	return visibleText(markdown(docs.Content)), nil
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
	account := r.account(api)
	id, err := connectorRef{ConnectorID: connector}.id(ctx, account)
	if err != nil {
		return nil, err
	}
	known, err := learn(ctx, account, id)
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
	id, err := connectorRef{ConnectorID: connector}.id(ctx, r.account(api))
	if err != nil {
		return nil, err
	}
	inspection, err := api.InspectConnector(ctx, id)
	if err != nil {
		return nil, err
	}
	return api.GetSkillDocs(ctx, airbyteclient.SkillDocsOptions{ID: inspection.DocsSkillID, Section: section})
}

func (r *Runner) account(api *airbyteclient.Client) *Account {
	return &Account{Client: api, memory: r.memory, now: r.now, files: r.files}
}
