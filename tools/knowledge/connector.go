package knowledge

import (
	"slices"
	"strings"
	"time"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas/safetext"
)

// Connector is what could be learned of a connector: how it is read, which
// entities it has, and what may be done with each. Calls share it: it is not
// to be changed once it is learned.
type Connector struct {
	ConnectorID, Name string
	Service, Slug     string // such as Zendesk Support, zendesk-support
	DefinitionID      string
	WorkspaceID       string
	OrganizationID    string
	Modes             string // runtime_mode or mode of its template
	Warnings          []string
	Prefer            string // the reading action that the service's guidance names; empty if it names none
	Guidance          string // the service's own words, as Markdown
	Entities          []Entity
	More              []Section // documentation that is neither introduction nor of one action
	Questions         []string  // what the service says can be asked of it
	SkillID           string    // of its documentation; empty if unknown
	Unknown           []string  // what could not be learned, and why
	LearnedAt         time.Time // of the oldest part

	Partial bool // what is unknown may be learned by asking again
}

// Entity is a kind of record of a connector.
type Entity struct {
	Name    string
	About   string // what its records are, as the service says it
	Actions []Action
	Store   *airbyteclient.CacheEntity // nil where the Context Store does not hold it
}

// Action is what may be done with an entity.
type Action struct {
	Name        string
	Summary     string
	Params      []Param
	Known       bool   // Params is all of them
	Unavailable bool   // the service says that it cannot be used at present
	Example     string // a request that the service shows, JSON; empty if it shows none
	Notes       string // what else the service says of it, as Markdown
	Fields      []Field
}

// Field is a value that the records of an entity have.
type Field struct {
	Path, Type string // the path is dotted
}

// Param is one parameter of an action.
type Param struct {
	Name        string
	Type        string
	In          string // path, query or body
	Required    bool
	Enum        []string
	Description string
}

// Entity is the entity of the name, nil when it is not known.
func (k *Connector) Entity(name string) *Entity {
	for i := range k.Entities {
		if k.Entities[i].Name == name {
			return &k.Entities[i]
		}
	}
	return nil
}

// Action is the action of the name, nil when it is not known.
func (e *Entity) Action(name string) *Action {
	for i := range e.Actions {
		if e.Actions[i].Name == name {
			return &e.Actions[i]
		}
	}
	return nil
}

// param is the parameter of the name, nil when it is not known.
func (a *Action) param(name string) *Param {
	for i := range a.Params {
		if a.Params[i].Name == name {
			return &a.Params[i]
		}
	}
	return nil
}

// Requires tells whether the action has a required parameter.
func (a *Action) Requires() bool {
	return slices.ContainsFunc(a.Params, func(p Param) bool { return p.Required })
}

// Has tells whether an action of the entity is worth trying now.
func (e *Entity) Has(action string) bool {
	a := e.Action(action)
	return a != nil && !a.Unavailable && (!searchesStore(action) || e.Ready())
}

// Ready tells whether the Context Store can be asked for the entity.
func (e *Entity) Ready() bool { return e.Store != nil && e.Store.ReadyForSearch }

func searchesStore(action string) bool { return strings.HasPrefix(action, "context_store_") }

// Recommended is the action to read the entity with; empty when it cannot be
// told.
func (k *Connector) Recommended(entityName string) string {
	e := k.Entity(entityName)
	if e == nil {
		return ""
	}
	for _, action := range []string{k.Prefer, "context_store_search", "context_store_sql_query", "list", "api_search"} {
		if action != "" && action != "get" && e.Has(action) {
			return action
		}
	}
	return ""
}

// ReadFields are those that an action of the entity is said to read; empty where
// the service names none.
func (e *Entity) ReadFields() []Field {
	for _, name := range []string{StoreSearch, StoreSQL, ListAction, GetAction, ApiSearch} {
		if a := e.Action(name); a != nil && len(a.Fields) > 0 {
			return a.Fields
		}
	}
	return nil
}

// describe says what the records of an entity are, unless that is known.
func (k *Connector) describe(entity, about string) {
	if e := k.Entity(entity); e != nil && e.About == "" {
		e.About = safetext.Clip(about, MaxWords)
	}
}

// Add takes in an action of an entity; what was known of it is kept where the
// new says nothing.
func (k *Connector) Add(entity string, a Action) {
	if entity == "" || a.Name == "" {
		return
	}
	e := k.Entity(entity)
	if e == nil {
		if len(k.Entities) >= maxEntities {
			return
		}
		k.Entities = append(k.Entities, Entity{Name: entity})
		e = &k.Entities[len(k.Entities)-1]
	}
	old := e.Action(a.Name)
	if old == nil {
		if len(e.Actions) < maxActions {
			e.Actions = append(e.Actions, a)
		}
		return
	}
	old.Unavailable = old.Unavailable || a.Unavailable
	if a.Summary != "" {
		old.Summary = a.Summary
	}
	if a.Known {
		old.Params, old.Known = a.Params, true
	}
	if a.Example != "" {
		old.Example = a.Example
	}
	if a.Notes != "" {
		old.Notes = a.Notes
	}
	if len(a.Fields) > 0 {
		old.Fields = a.Fields
	}
}

// What a service tells is bounded: so much is kept of it.
const (
	maxEntities = 400
	maxActions  = 40
	maxParams   = 100
	MaxFields   = 300
	MaxEnum     = 100
)
