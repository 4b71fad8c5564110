package tools

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas"
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
		actions = []knownAction{*a}
	}
	out := d.about()
	out.ContextStore = d.contextStore()
	out.Signatures = []string{"name*: type or a|b (where the service takes it) - description. * is required; string unless a type follows; a|b are the legal values. All go into params."}
	narrowed := describedEntity{Entity: e.Name, About: e.About, Fields: fieldWords(e.fields(), maxFields), Store: d.store(e), ReadWith: d.reading(e)}
	if action != "" && len(actions) == 1 {
		out.Examples = []exampleCall{*d.knowledge.callOf(e, &actions[0])}
	} else {
		only := knowledge{ConnectorID: d.ConnectorID, Prefer: d.Prefer, Entities: []knownEntity{*e}}
		out.Examples = only.exampleCalls(d.writes)
	}
	for _, most := range []int{maxNotes, 1000, 300, 80, 0} {
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
func (d *description) detail(e *knownEntity, a *knownAction, most int) describedAction {
	out := describedAction{
		Action: a.Name, About: clip(a.Summary, most), Params: []string{},
		Paging: d.pagingOf(e, a).words(), Notes: upToParagraph(a.Notes, most),
	}
	if len(a.Example) <= most {
		out.Example = schemas.Object(a.Example)
	}
	for _, p := range a.Params {
		out.Params = append(out.Params, p.line(most))
	}
	switch {
	case a.Unavailable:
		out.About = join(out.About, "Not available at present.")
	case !a.Known:
		out.About = join(out.About, "Its parameters are not known.")
	}
	return out
}

// find is the entity of a name, letter case aside.
func (d *description) find(name string) (*knownEntity, error) {
	if e := d.entity(name); e != nil {
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
		return nil, refuse("The entities of %s could not be learned: %s.", shown(d.Name), sentence(strings.Join(d.Unknown, "; "))).
			next("Call again without entity for what is known.")
	}
	return nil, refuse("%s has no entity %q%s It has %s.", shown(d.Name), shown(name), nearest(name, names), some(names, 60)).
		next("Call again with one of these.")
}

func (d *description) findAction(e *knownEntity, name string) (*knownAction, error) {
	if a := e.action(name); a != nil {
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
		return nil, refuse("The actions of %s could not be learned.", shown(e.Name)).next("Call again without action for what is known.")
	}
	return nil, refuse("There is no action %q for %s of %s%s There are %s.", shown(name), shown(e.Name), shown(d.Name), nearest(name, names), some(names, 60)).
		next("Call again with one of these.")
}

// nearest ends a sentence that says that there is nothing of a name.
func nearest(name string, names []string) string {
	if near := schemas.Nearest(name, names); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return "."
}

// section passes on a section of the documentation that is about no action.
func (d *description) section(ctx context.Context, api *Account, id string) (describeConnectorOut, error) {
	var ids []string
	for _, s := range d.More {
		ids = append(ids, s.ID)
	}
	if d.SkillID == "" || len(ids) > 0 && !slices.Contains(ids, id) || len(ids) == 0 && !d.partial {
		r := refuse("The documentation of %s has no further section %q%s", shown(d.Name), shown(id), nearest(id, ids))
		if len(ids) == 0 {
			return describeConnectorOut{}, r.next("Call again without section; entity and action narrow the answer.")
		}
		return describeConnectorOut{}, r.next("It has %s.", some(ids, 20))
	}
	text, at, err := recall(ctx, api, "text/"+d.SkillID+"/"+id, func(ctx context.Context) (string, error) {
		docs, err := api.GetSkillDocs(ctx, airbyteclient.SkillDocsOptions{ID: d.SkillID, Section: id})
		if err != nil {
			return "", err
		}
		return markdown(docs.Content), nil
	})
	if err != nil {
		return describeConnectorOut{}, err
	}
	out := d.about()
	out.Connector.Learned = d.learned(at)
	out.Guidance = upToParagraph(text, detailBytes-2000)
	return out, nil
}
