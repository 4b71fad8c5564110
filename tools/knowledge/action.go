package knowledge

import (
	"context"

	"airbyte-agent-mcp/tools/account"
)

// LearnOutline finds out what a read wants to know of a connector beforehand:
// which entities and actions it has, and how its Context Store stands. It takes
// three requests where learn, which reads the documentation of every action, may
// take a hundred; both remember the outline in the same place.
func LearnOutline(ctx context.Context, api *account.Account, connectorID string) (*Connector, error) {
	key := outlineKey(connectorID)
	k, _, err := account.Recall(ctx, api, key, func(ctx context.Context) (*Connector, error) {
		ctx, cancel := context.WithTimeout(ctx, learnTime)
		defer cancel()
		l := learner{api: api, Connector: &Connector{ConnectorID: connectorID, LearnedAt: api.Now()}}
		if err := l.learnOutline(ctx); err != nil {
			return nil, err
		}
		return l.Connector, nil
	})
	if err == nil && k.Partial {
		api.Forget(key)
	}
	return k, err
}

func (l *learner) learnOutline(ctx context.Context) error {
	inspection, err := l.api.InspectConnector(ctx, l.ConnectorID)
	if err != nil {
		return err
	}
	l.readInspection(inspection)
	if connector, err := l.api.GetConnector(ctx, l.ConnectorID); err != nil {
		l.missed("slug (get connector)", err)
	} else {
		l.readConnector(connector)
	}
	if err := l.readActions(ctx); err != nil {
		return err
	}
	l.readStore(inspection.ContextStoreReadiness)
	return nil
}

// readActions learns which entities and actions there are from the outline of
// the documentation.
func (l *learner) readActions(ctx context.Context) error {
	if l.SkillID == "" {
		l.Unknown = append(l.Unknown, "entities and actions: there is no documentation")
		return nil
	}
	docs, at, err := l.outline(ctx)
	switch {
	case err != nil && !forgivable(err):
		return err
	case err != nil:
		l.missed("documentation", err)
		return nil
	case len(docs.actions) == 0:
		l.Unknown = append(l.Unknown, "entities and actions: the documentation lists none")
	}
	l.learnedAt(at)
	l.Prefer = docs.prefer
	for _, a := range docs.actions {
		l.Add(a.entity, a.action)
	}
	return nil
}

// LearnAction reads what the documentation says of one action; nil where it
// says nothing or cannot be read.
func LearnAction(ctx context.Context, api *account.Account, known *Connector, entity, action string) *Action {
	if known.SkillID == "" {
		return nil
	}
	l := learner{api: api, Connector: known}
	docs, _, err := l.outline(ctx)
	if err != nil {
		return nil
	}
	for _, a := range docs.actions {
		if a.entity == entity && a.action.Name == action && !a.action.Unavailable {
			if learned, _, err := l.section(ctx, a); err == nil {
				return &learned
			}
		}
	}
	return nil
}
