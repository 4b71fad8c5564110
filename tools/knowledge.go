package tools

import (
	"context"
	"time"

	"airbyte-agent-mcp/airbyteclient"
)

// knowledge is what could be learned of a connector: how it is read, which
// entities it has, and what may be done with each.
type knowledge struct {
	ConnectorID, Name string
	Service, Slug     string // such as Zendesk Support, zendesk-support
	DefinitionID      string
	WorkspaceID       string
	Modes             string // runtime_mode or mode of its template
	Warnings          []string
	Prefer            string // the reading action that the service's guidance names; empty if it names none
	Guidance          string // the service's own words, as Markdown
	Entities          []knownEntity
	Unknown           []string // what could not be learned, and why
	LearnedAt         time.Time
}

// knownEntity is a kind of record of a connector.
type knownEntity struct {
	Name    string
	Actions []knownAction
	Store   *airbyteclient.CacheEntity // nil where the Context Store does not hold it
}

// knownAction is what may be done with an entity.
type knownAction struct {
	Name    string
	Summary string
	Params  []knownParam
	Known   bool   // Params is all of them
	Example string // a request that the service shows, JSON; empty if it shows none
}

// knownParam is one parameter of an action.
type knownParam struct {
	Name        string
	Type        string
	In          string // path, query or body
	Required    bool
	Enum        []string
	Description string
}

// learn finds out about a connector. What is missing or fails alone stands in
// Unknown; the error is for what makes the rest worthless.
func learn(ctx context.Context, api *Account, connectorID string) (*knowledge, error) {
	k, _, err := recall(ctx, api, "connector/"+connectorID, func(ctx context.Context) (*knowledge, error) {
		inspection, err := api.InspectConnector(ctx, connectorID)
		if err != nil {
			return nil, err
		}
		return &knowledge{ConnectorID: connectorID, Name: inspection.Name}, nil
	})
	return k, err
}

// entity is the entity of the name, nil when it is not known.
func (k *knowledge) entity(name string) *knownEntity {
	for i := range k.Entities {
		if k.Entities[i].Name == name {
			return &k.Entities[i]
		}
	}
	return nil
}

// action is the action of the name, nil when it is not known.
func (e *knownEntity) action(name string) *knownAction {
	for i := range e.Actions {
		if e.Actions[i].Name == name {
			return &e.Actions[i]
		}
	}
	return nil
}

// recommended is the action to read the entity with; empty when it cannot be
// told.
func (k *knowledge) recommended(entityName string) string { return k.Prefer }
