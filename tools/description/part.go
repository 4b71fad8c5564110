package description

import (
	"context"
	"slices"
	"strings"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/knowledge"
	"airbyte-agent-mcp/tools/refusal"
)

// part describes one entity, or one action of it.
func (d *description) part(entity, action string) (describeConnectorOut, error) {
	e, err := d.find(entity)
	if err != nil {
		return describeConnectorOut{}, err
	}
	actions := e.Actions
	if action != "" {
		a, err := d.findAction(e, action)
		if err != nil {
			return describeConnectorOut{}, err
		}
		actions = []knowledge.Action{*a}
	}
	out := d.about()
	out.ContextStore = d.contextStore()
	out.Signatures = []string{"name*: type or a|b (where the service takes it) - description. * is required; string unless a type follows; a|b are the legal values. All go into params."}
	narrowed := describedEntity{Entity: e.Name, About: e.About, Fields: knowledge.FieldWords(e.ReadFields(), knowledge.MaxFields), Store: d.store(e), ReadWith: d.reading(e)}
	if action != "" && len(actions) == 1 {
		out.Examples = []exampleCall{*callOf(d.Connector, e, &actions[0])}
	} else {
		only := knowledge.Connector{ConnectorID: d.ConnectorID, Prefer: d.Prefer, Entities: []knowledge.Entity{*e}}
		out.Examples = exampleCalls(&only, d.writes)
	}
	for _, most := range []int{knowledge.MaxNotes, 1000, 300, 80, 0} {
		narrowed.Details = []describedAction{}
		for i := range actions {
			narrowed.Details = append(narrowed.Details, d.detail(e, &actions[i], most))
		}
		out.Entities = []describedEntity{narrowed}
		if n, err := lengthOf(out); err != nil || n <= detailBytes {
			return out, err
		}
	}
	return out, nil
}

// detail tells all of an action, no single text longer than most.
func (d *description) detail(e *knowledge.Entity, a *knowledge.Action, most int) describedAction {
	out := describedAction{
		Action: a.Name, About: safetext.Clip(a.Summary, most), Params: []string{},
		Paging: d.pagingOf(e, a).words(), Notes: upToParagraph(a.Notes, most),
	}
	if len(a.Example) <= most {
		out.Example = schemas.Object(a.Example)
	}
	for _, p := range a.Params {
		out.Params = append(out.Params, line(&p, most))
	}
	switch {
	case a.Unavailable:
		out.About = safetext.Words(out.About, "Not available at present.")
	case !a.Known:
		out.About = safetext.Words(out.About, "Its parameters are not known.")
	}
	return out
}

// find is the entity of a name, letter case aside.
func (d *description) find(name string) (*knowledge.Entity, error) {
	if e := d.Entity(name); e != nil {
		return e, nil
	}
	var names []string
	for i := range d.Entities {
		if strings.EqualFold(d.Entities[i].Name, strings.TrimSpace(name)) {
			return &d.Entities[i], nil
		}
		names = append(names, d.Entities[i].Name)
	}
	if len(names) == 0 {
		return nil, refusal.New("The entities of %s could not be learned: %s.", safetext.Short(d.Name), safetext.Sentence(strings.Join(d.Unknown, "; "))).
			Next("Call again without entity for what is known.")
	}
	return nil, refusal.New("%s has no entity %q%s It has %s.", safetext.Short(d.Name), safetext.Short(name), safetext.DidYouMean(name, names), safetext.Some(names, 60)).
		Next("Call again with one of these.")
}

func (d *description) findAction(e *knowledge.Entity, name string) (*knowledge.Action, error) {
	if a := e.Action(name); a != nil {
		return a, nil
	}
	var names []string
	for i := range e.Actions {
		if strings.EqualFold(e.Actions[i].Name, strings.TrimSpace(name)) {
			return &e.Actions[i], nil
		}
		names = append(names, e.Actions[i].Name)
	}
	if len(names) == 0 {
		return nil, refusal.New("The actions of %s could not be learned.", safetext.Short(e.Name)).Next("Call again without action for what is known.")
	}
	return nil, refusal.New("There is no action %q for %s of %s%s There are %s.", safetext.Short(name), safetext.Short(e.Name), safetext.Short(d.Name), safetext.DidYouMean(name, names), safetext.Some(names, 60)).
		Next("Call again with one of these.")
}

// section passes on a section of the documentation that is about no action.
func (d *description) section(ctx context.Context, api *account.Account, id string) (describeConnectorOut, error) {
	var ids []string
	for _, s := range d.More {
		ids = append(ids, s.ID)
	}
	if d.SkillID == "" || len(ids) > 0 && !slices.Contains(ids, id) || len(ids) == 0 && !d.Partial {
		r := refusal.New("The documentation of %s has no further section %q%s", safetext.Short(d.Name), safetext.Short(id), safetext.DidYouMean(id, ids))
		if len(ids) == 0 {
			return describeConnectorOut{}, r.Next("Call again without section; entity and action narrow the answer.")
		}
		return describeConnectorOut{}, r.Next("It has %s.", safetext.Some(ids, 20))
	}
	text, at, err := account.Recall(ctx, api, "text/"+d.SkillID+"/"+id, func(ctx context.Context) (string, error) {
		docs, err := api.GetSkillDocs(ctx, airbyteclient.SkillDocsOptions{ID: d.SkillID, Section: id})
		if err != nil {
			return "", err
		}
		return knowledge.Markdown(docs.Content), nil
	})
	if err != nil {
		return describeConnectorOut{}, err
	}
	out := d.about()
	out.Connector.Learned = d.learned(at)
	out.Guidance = upToParagraph(text, detailBytes-2000)
	return out, nil
}
