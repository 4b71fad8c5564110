package airbyteclient

import (
	"context"
	"encoding/json"
	"net/http"
)

var (
	opListSourceDefinitions      = Operation{"ListSourceDefinitions", "list source definitions", http.MethodGet, "/api/v1/integrations/definitions/sources"}
	opGetSourceDefinition        = Operation{"GetSourceDefinition", "get source definition", http.MethodGet, "/api/v1/integrations/definitions/sources/{id}"}
	opListDestinationDefinitions = Operation{"ListDestinationDefinitions", "list destination definitions", http.MethodGet, "/api/v1/integrations/definitions/destinations"}
	opGetDestinationDefinition   = Operation{"GetDestinationDefinition", "get destination definition", http.MethodGet, "/api/v1/integrations/definitions/destinations/{id}"}
)

// Definition is a kind of connector. One of the two IDs is set.
type Definition struct {
	SourceDefinitionID      string `json:"sourceDefinitionId,omitempty"`
	DestinationDefinitionID string `json:"destinationDefinitionId,omitempty"`
	Name                    string `json:"name"`
	DockerRepository        string `json:"dockerRepository,omitempty"`
	IconURL                 string `json:"iconUrl,omitempty"`
	Custom                  *bool  `json:"custom,omitempty"`
	// SupportLevel is archived, certified, community, none, or empty.
	SupportLevel string `json:"supportLevel,omitempty"`
	// Spec says how to configure it (connectionSpecification is JSON Schema);
	// lists leave it out.
	Spec json.RawMessage `json:"spec,omitempty"`
}

// SourceDefinition is a kind of source with its spec.
type SourceDefinition struct {
	ID               string            `json:"id"`
	Definition       Definition        `json:"definition"`
	ExampleQuestions *ExampleQuestions `json:"example_questions,omitempty"`
}

// ExampleQuestions are questions that a source can answer, live or by search.
type ExampleQuestions struct {
	Direct []string `json:"direct,omitempty"`
	Search []string `json:"search,omitempty"`
}

// DestinationSummary is a kind of destination as lists show it.
type DestinationSummary struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Icon string `json:"icon"`
}

// DestinationDefinition is a kind of destination with its spec.
type DestinationDefinition struct {
	ID         string     `json:"id"`
	Definition Definition `json:"definition"`
}

type sourceDefinitionList struct {
	Definitions []Definition `json:"definitions"`
}

type destinationDefinitionList struct {
	Destinations []DestinationSummary `json:"destinations"`
}

// ListSourceDefinitions returns the kinds of source whose name contains name,
// without regard to case, or all: GET /integrations/definitions/sources.
func (c *Client) ListSourceDefinitions(ctx context.Context, name string) ([]Definition, error) {
	list, err := call[sourceDefinitionList](ctx, c, request{
		op:    opListSourceDefinitions,
		query: query{}.set("name", name),
	})
	if err != nil {
		return nil, err
	}
	return filled(list.Definitions), nil
}

// GetSourceDefinition returns one kind of source: GET /integrations/definitions/sources/{id}.
func (c *Client) GetSourceDefinition(ctx context.Context, id string) (*SourceDefinition, error) {
	return call[SourceDefinition](ctx, c, request{op: opGetSourceDefinition, path: []string{id}})
}

// ListDestinationDefinitions returns the kinds of destination with these IDs,
// or all: GET /integrations/definitions/destinations.
func (c *Client) ListDestinationDefinitions(ctx context.Context, ids []string) ([]DestinationSummary, error) {
	list, err := call[destinationDefinitionList](ctx, c, request{
		op:    opListDestinationDefinitions,
		query: query{}.set("actorDefinitionIds", ids...),
	})
	if err != nil {
		return nil, err
	}
	return filled(list.Destinations), nil
}

// GetDestinationDefinition returns one kind of destination:
// GET /integrations/definitions/destinations/{id}.
func (c *Client) GetDestinationDefinition(ctx context.Context, id string) (*DestinationDefinition, error) {
	return call[DestinationDefinition](ctx, c, request{op: opGetDestinationDefinition, path: []string{id}})
}
