package knowledge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/refusal"
)

// learnTime bounds all of learning, so that an answer comes well before
// clients give up. What was not reached by then is unknown.
const learnTime = 20 * time.Second

// outlineTime leaves room to ask otherwise where no outline comes.
const outlineTime = 10 * time.Second

// sectionTime keeps one section from holding up the answer.
const sectionTime = 8 * time.Second

// maxSections is how many sections are read of one documentation.
const maxSections = 150

// sectionsAtOnce is how many are asked for together.
const sectionsAtOnce = 6

// Learn finds out about a connector. What is missing or fails alone stands in
// Unknown; the error is for what makes the rest worthless.
func Learn(ctx context.Context, api *account.Account, connectorID string) (*Connector, error) {
	key := knowledgeKey(connectorID)
	k, _, err := account.Recall(ctx, api, key, func(ctx context.Context) (*Connector, error) {
		ctx, cancel := context.WithTimeout(ctx, learnTime)
		defer cancel()
		l := learner{api: api, Connector: &Connector{ConnectorID: connectorID, LearnedAt: api.Now()}}
		if err := l.learn(ctx); err != nil {
			return nil, err
		}
		return l.Connector, nil
	})
	if err == nil && k.Partial {
		// The sections that came are remembered on their own: the next call
		// asks for the rest.
		api.Forget(key)
	}
	return k, err
}

func knowledgeKey(connectorID string) string { return "connector/" + strings.ToLower(connectorID) }

func outlineKey(connectorID string) string { return "outline/" + strings.ToLower(connectorID) }

// Forget drops what was learned of a connector that has changed.
func Forget(a *account.Account, connectorID string) {
	a.Forget(knowledgeKey(connectorID))
	a.Forget(outlineKey(connectorID))
}

// learner is one run of learn.
type learner struct {
	*Connector
	api *account.Account
}

func (l *learner) learn(ctx context.Context) error {
	inspection, inspectErr := l.api.InspectConnector(ctx, l.ConnectorID)
	switch {
	case inspectErr == nil:
		l.readInspection(inspection)
	case decisive(inspectErr):
		return inspectErr
	default:
		l.missed("workspace, warnings, Context Store and documentation (inspect)", inspectErr)
	}

	var connector *airbyteclient.Connector
	var definition *airbyteclient.SourceDefinition
	var connectorErr, definitionErr error
	briefly, cancel := context.WithTimeout(ctx, account.BriefTime)
	defer cancel()
	var aside sync.WaitGroup
	aside.Go(func() { connector, connectorErr = l.api.GetConnector(briefly, l.ConnectorID) })
	if id := l.DefinitionID; id != "" {
		aside.Go(func() { definition, definitionErr = l.api.GetSourceDefinition(briefly, id) })
	}
	err := l.readEntities(ctx)
	aside.Wait()
	if err != nil {
		return err
	}

	if connectorErr != nil {
		l.missed("mode and slug (get connector)", connectorErr)
	} else {
		l.readConnector(connector)
	}
	if definitionErr != nil {
		l.missed("example questions (definition)", definitionErr)
	} else if definition != nil {
		l.readDefinition(definition)
	}
	if inspectErr != nil && connectorErr != nil && len(l.Entities) == 0 {
		return inspectErr // nothing at all is known
	}
	if inspectErr == nil {
		l.readStore(inspection.ContextStoreReadiness)
	}
	return nil
}

// forgivable reports whether the rest of a description is still worth telling.
func forgivable(err error) bool {
	switch airbyteclient.KindOf(err) {
	case airbyteclient.KindCanceled, airbyteclient.KindUnauthorized,
		airbyteclient.KindMissingCredentials, airbyteclient.KindRateLimited:
		return false
	}
	return true
}

// decisive reports whether a failed inspect says all there is to say.
func decisive(err error) bool {
	switch airbyteclient.KindOf(err) {
	case airbyteclient.KindNotFound, airbyteclient.KindNotEnabled, airbyteclient.KindOrganizationNeeded,
		airbyteclient.KindBadRequest, airbyteclient.KindTimeout:
		return true
	}
	return !forgivable(err)
}

// passing reports whether what failed may be had by asking again.
func passing(err error) bool {
	switch airbyteclient.KindOf(err) {
	case airbyteclient.KindForbidden, airbyteclient.KindNotEnabled, airbyteclient.KindNotFound,
		airbyteclient.KindInvalid, airbyteclient.KindFailed, airbyteclient.KindTooLarge:
		return false
	}
	return true
}

// missed notes what could not be learned.
func (l *learner) missed(what string, err error) {
	l.Unknown = append(l.Unknown, what+": "+refusal.WithoutRequest(err))
	l.Partial = l.Partial || passing(err)
}

func (l *learner) readInspection(i *airbyteclient.ConnectorInspection) {
	l.Name, l.Service = i.Name, i.SourceDefinitionName
	l.Slug = SlugOf(i.SourceDefinitionName)
	l.WorkspaceID, l.DefinitionID = i.WorkspaceID, i.SourceDefinitionID
	l.OrganizationID = i.OrganizationID
	l.Warnings, l.SkillID = i.Warnings, i.DocsSkillID
	for listed := range rawjson.Elements(i.Actions) {
		entity, action := listedAction(listed)
		l.Add(entity, action)
	}
}

// SlugOf is what the service makes of a name such as Zendesk Support; only lists
// tell the slug itself.
func SlugOf(name string) string {
	return strings.Join(strings.Fields(strings.ToLower(name)), "-")
}

func (l *learner) readConnector(c *airbyteclient.Connector) {
	t := c.SourceTemplate
	l.Name = cmp.Or(l.Name, c.Name)
	l.Service = cmp.Or(l.Service, t.Name)
	l.Slug = cmp.Or(t.ConnectorName, SlugOf(l.Service))
	l.DefinitionID = cmp.Or(l.DefinitionID, t.SourceDefinitionID)
	l.Modes = cmp.Or(t.RuntimeMode, t.Mode)
}

func (l *learner) readDefinition(d *airbyteclient.SourceDefinition) {
	l.Service = cmp.Or(l.Service, d.Definition.Name)
	if q := d.ExampleQuestions; q != nil {
		l.Questions = append(slices.Clone(q.Direct), q.Search...)
	}
}

// readStore takes in what the Context Store holds.
func (l *learner) readStore(r *airbyteclient.ContextStoreReadiness) {
	if r == nil {
		return
	}
	undocumented := len(l.Entities) == 0
	for i := range r.ConfiguredEntities {
		store := &r.ConfiguredEntities[i]
		e := l.Entity(store.Entity)
		if e == nil {
			if len(l.Entities) >= maxEntities {
				continue
			}
			l.Entities = append(l.Entities, Entity{Name: store.Entity})
			e = &l.Entities[len(l.Entities)-1]
			if undocumented && store.ReadyForSearch {
				e.Actions = []Action{{Name: "context_store_search"}}
			}
		}
		e.Store = store
	}
}

// readEntities learns the entities and actions: from the documentation, or
// where that fails from the action that the service calls legacy.
func (l *learner) readEntities(ctx context.Context) error {
	if l.SkillID != "" {
		switch err := l.readDocs(ctx); {
		case err == nil:
		case !forgivable(err):
			return err
		default:
			l.missed("documentation", err)
		}
	}
	if len(l.Entities) > 0 {
		return nil
	}
	described, err := l.api.Execute(ctx, l.ConnectorID, airbyteclient.ExecuteRequest{Action: "describe", Idempotent: true})
	switch {
	case err == nil && described.File != nil:
		_ = described.File.Body.Close()
		l.Unknown = append(l.Unknown, "entities and actions (the describe action): the answer is a file")
	case err == nil:
		l.readDescribed(described.Result)
		if len(l.Entities) == 0 {
			l.Unknown = append(l.Unknown, "entities and actions: the service lists none that could be read")
		}
	case !forgivable(err):
		return err
	default:
		l.missed("entities and actions (the describe action)", err)
	}
	return nil
}

// readDocs reads the outline, and then every section that is about an action,
// some at a time.
func (l *learner) readDocs(ctx context.Context) error {
	docs, at, err := l.outline(ctx)
	if err != nil {
		return err
	}
	l.learnedAt(at)
	l.Guidance, l.Prefer, l.More = docs.guidance, docs.prefer, docs.more
	for _, w := range docs.warnings {
		if !slices.Contains(l.Warnings, w) {
			l.Warnings = append(l.Warnings, w)
		}
	}
	var toRead []actionSection
	for _, a := range docs.actions {
		l.Add(a.entity, a.action)
		if !a.action.Unavailable {
			toRead = append(toRead, a)
		}
	}
	for entity, about := range docs.abouts {
		l.describe(entity, about)
	}
	if over := len(toRead) - maxSections; over > 0 {
		toRead = toRead[:maxSections]
		l.Unknown = append(l.Unknown, fmt.Sprintf("parameters of %d more actions: the documentation has too many sections", over))
	}
	return l.readSections(ctx, toRead)
}

// readSections reads what the documentation says of single actions.
func (l *learner) readSections(ctx context.Context, list []actionSection) error {
	type read struct {
		action Action
		at     time.Time
		err    error
	}
	got := make([]read, len(list))
	var stop atomic.Bool // the service wants no more requests
	var g errgroup.Group
	g.SetLimit(sectionsAtOnce)
	for i, s := range list {
		g.Go(func() error {
			r := &got[i]
			if stop.Load() || ctx.Err() != nil {
				r.err = errNotAsked
				return nil
			}
			r.action, r.at, r.err = l.section(ctx, s)
			if r.err != nil && !forgivable(r.err) {
				stop.Store(true)
			}
			return nil
		})
	}
	_ = g.Wait() // what failed stands in got

	missing := map[string][]string{} // actions by what kept them from being read
	var reasons []string
	for i, s := range list {
		r := &got[i]
		switch kind := airbyteclient.KindOf(r.err); {
		case r.err == nil:
			l.Add(s.entity, r.action)
			l.learnedAt(r.at)
			continue
		case kind == airbyteclient.KindUnauthorized, kind == airbyteclient.KindMissingCredentials:
			return r.err
		}
		reason := refusal.WithoutRequest(r.err)
		if missing[reason] == nil {
			reasons = append(reasons, reason)
		}
		missing[reason] = append(missing[reason], s.entity+"."+s.action.Name)
		l.Partial = l.Partial || passing(r.err)
	}
	for _, reason := range reasons {
		l.Unknown = append(l.Unknown, "parameters of "+safetext.Some(missing[reason], 5)+": "+reason)
	}
	return nil
}

var errNotAsked = errors.New("not asked for, lest it take too long or be too much for the service")

// learnedAt dates the knowledge by its oldest part.
func (l *learner) learnedAt(at time.Time) {
	if at.Before(l.LearnedAt) {
		l.LearnedAt = at
	}
}

// outline reads the introduction and the outline of the documentation.
func (l *learner) outline(ctx context.Context) (*outline, time.Time, error) {
	return account.RecallWithin(ctx, l.api, l.key(""), outlineTime, func(ctx context.Context) (*outline, error) {
		docs, err := l.api.GetSkillDocs(ctx, airbyteclient.SkillDocsOptions{ID: l.SkillID})
		if err != nil {
			return nil, err
		}
		return readOutline(docs), nil
	})
}

// section reads what the documentation says of one action.
func (l *learner) section(ctx context.Context, s actionSection) (Action, time.Time, error) {
	return account.RecallWithin(ctx, l.api, l.key(s.id), sectionTime, func(ctx context.Context) (Action, error) {
		docs, err := l.api.GetSkillDocs(ctx, airbyteclient.SkillDocsOptions{ID: l.SkillID, Section: s.id})
		if err != nil {
			return Action{}, err
		}
		return readAction(s.action, docs.Content), nil
	})
}

func (l *learner) key(section string) string { return "docs/" + l.SkillID + "/" + section }
