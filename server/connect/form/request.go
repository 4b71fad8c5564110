package form

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"

	"airbyte-agent-mcp/airbyteclient"
)

// Request names the service to connect and what is known already. Secrets in
// it are not used: a person enters them.
type Request struct {
	WorkspaceName     string          `json:"workspace,omitempty"`
	DefinitionID      string          `json:"definition,omitempty"`
	Name              string          `json:"name,omitempty"`
	SourceTemplateID  string          `json:"template,omitempty"`
	ReplicationConfig json.RawMessage `json:"settings,omitempty"`
	Environment       json.RawMessage `json:"environment,omitempty"`
	// Entities are those asked for, Tags those of connection templates that the
	// new connector replicates by, and TagsMode says how they match.
	Entities []airbyteclient.RequestedEntity `json:"entities,omitempty"`
	Tags     []string                        `json:"tags,omitempty"`
	TagsMode string                          `json:"tags_mode,omitempty"`
	// Replaces is the connector that the new one takes over from.
	Replaces Replaced `json:"replaces,omitzero"`
}

// Replaced is a connector whose name a new one gets, to change its credentials.
type Replaced struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// environmentNames are the settings that the service wants under environment.
var environmentNames = []string{"subdomain", "instance_url"}

// Requests puts a configuration as the service documents it, credentials and
// environment apart; and as the definition spells it, all in one, which is how
// templates that only replicate want it.
func (f *Form) Requests(r Request, auth, settings map[string]any, name string) ([]airbyteclient.CreateConnectorRequest, error) {
	environment, rest := DecodeObject(r.Environment), f.Unasked(r.ReplicationConfig)
	for _, x := range f.Settings {
		delete(environment, x.Key)
	}
	for key, v := range settings {
		if slices.Contains(environmentNames, key) || DecodeMembers(r.Environment).has(key) {
			environment[key] = v
		} else {
			rest[key] = v
		}
	}
	whole := maps.Clone(rest)
	maps.Copy(whole, environment)
	maps.Copy(whole, auth)
	credentials := auth
	if len(f.Auth) == 1 && len(f.Auth[0].path) == 1 {
		if inner, ok := auth[f.Auth[0].Key].(map[string]any); ok {
			credentials = inner
		}
	}
	apart := airbyteclient.CreateConnectorRequest{
		Name: cmp.Or(name, r.Name), WorkspaceName: r.WorkspaceName, DefinitionID: r.DefinitionID, SourceTemplateID: r.SourceTemplateID,
		Entities: r.Entities, SelectedConnectionTemplateTags: r.Tags, SelectedConnectionTemplateTagsMode: r.TagsMode,
	}
	one := apart
	var err error
	encode := func(v map[string]any) json.RawMessage {
		if len(v) == 0 {
			return nil
		}
		raw, failed := json.Marshal(v)
		err = cmp.Or(err, failed)
		return raw
	}
	one.ReplicationConfig = encode(whole)
	if one.ReplicationConfig == nil {
		one.ReplicationConfig = json.RawMessage("{}")
	}
	if len(credentials) == 0 {
		return []airbyteclient.CreateConnectorRequest{one}, err
	}
	apart.Credentials, apart.Environment, apart.ReplicationConfig = encode(credentials), encode(environment), encode(rest)
	return []airbyteclient.CreateConnectorRequest{apart, one}, err
}

// Unasked are the settings that came with the request and that the form has no
// field for: they go along, and the page shows them.
func (f *Form) Unasked(config json.RawMessage) map[string]any {
	given := DecodeObject(config)
	for _, x := range append(slices.Clone(f.Auth), f.Settings...) {
		delete(given, x.Key)
	}
	return given
}

func DecodeObject(raw json.RawMessage) map[string]any {
	v, _ := decodeValue(raw).(map[string]any)
	if v == nil {
		v = map[string]any{}
	}
	return v
}
