package airbyteclient

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"
)

// Config is the configuration of a connector that a person has signed in to:
// the template's own, over it settings (a JSON object, or nothing), over both
// what the sign-in gave. That goes where the template's spec puts it
// (advanced_auth), else with the credentials, else beside the settings. It
// follows the browser credential flow of Airbyte's own command line.
func (p AuthPayload) Config(t *SourceTemplate, settings json.RawMessage) (json.RawMessage, error) {
	given := objectOf(json.RawMessage(p.object.reveal()))
	config := objectOf(t.PartialDefaultConfig)
	maps.Copy(config, objectOf(settings))
	var spec templateSpec
	_ = json.Unmarshal(t.UserConfigSpec, &spec) // what is not as expected is as if it were not there
	if len(spec.Connection.Properties) == 0 {
		_ = json.Unmarshal(t.UserConfigSpec, &spec.Connection) // its inner part alone
	}
	spec.Connection.fill(config)
	if !spec.Advanced.place(given, config) {
		spec.Connection.place(given, config)
	}
	raw, err := json.Marshal(config)
	if err != nil {
		return nil, errors.New("what the sign-in gave does not fit the template")
	}
	return raw, nil
}

func objectOf(raw json.RawMessage) map[string]any {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var object map[string]any
	if d.Decode(&object) != nil || object == nil {
		return map[string]any{}
	}
	return object
}

// templateSpec is what counts here of a template's user_config_spec.
type templateSpec struct {
	Connection configSpec   `json:"connectionSpecification"`
	Advanced   advancedAuth `json:"advanced_auth"`
}

// advancedAuth says what makes a configuration one of a sign-in (the predicate)
// and where each part of what the sign-in gives belongs.
type advancedAuth struct {
	PredicateKey   []string `json:"predicate_key"`
	PredicateValue any      `json:"predicate_value"`
	OAuth          struct {
		Server signInOutput `json:"complete_oauth_server_output_specification"`
		Output signInOutput `json:"complete_oauth_output_specification"`
	} `json:"oauth_config_specification"`
}

type signInOutput struct {
	Properties map[string]struct {
		Path []string `json:"path_in_connector_config"`
	} `json:"properties"`
}

// place reports whether anything had a place.
func (a advancedAuth) place(given, config map[string]any) (placed bool) {
	if a.PredicateValue != nil {
		put(config, a.PredicateKey, a.PredicateValue)
	}
	for _, output := range []signInOutput{a.OAuth.Server, a.OAuth.Output} {
		for name, property := range output.Properties {
			if value, found := given[name]; found && len(property.Path) > 0 {
				put(config, property.Path, value)
				placed = true
			}
		}
	}
	return placed
}

func put(object map[string]any, path []string, value any) {
	for i, name := range path {
		if i == len(path)-1 {
			object[name] = value
			return
		}
		inner, ok := object[name].(map[string]any)
		if !ok {
			inner = map[string]any{}
			object[name] = inner
		}
		object = inner
	}
}

// configSpec is a JSON Schema of a configuration, or of a part of one.
type configSpec struct {
	Required   []string              `json:"required"`
	Properties map[string]configSpec `json:"properties"`
	OneOf      []configSpec          `json:"oneOf"`
	Default    any                   `json:"default"`
	Const      any                   `json:"const"`
	Enum       []any                 `json:"enum"`
	Format     string                `json:"format"`
}

// historyYears is how far back a connector reads that must be told when to begin
// and is not: as the command line has it.
const historyYears = 2

// fill sets what is required and not given: to its default, or a start date.
func (s configSpec) fill(config map[string]any) {
	for _, name := range s.Required {
		property := s.Properties[name]
		_, given := config[name]
		switch {
		case given:
		case property.Default != nil:
			config[name] = property.Default
		case property.Format == "date-time" && slices.Contains([]string{"start_date", "startDate", "from_date", "since_date", "sync_from_date"}, name):
			config[name] = time.Now().UTC().AddDate(-historyYears, 0, 0).Format(time.RFC3339)
		}
	}
}

// place is for specs that do not say where a sign-in's result belongs.
func (s configSpec) place(given, config map[string]any) {
	credentials, apart := s.Properties["credentials"]
	if _, whole := given["credentials"].(map[string]any); !apart || whole || len(credentials.Properties)+len(credentials.OneOf) == 0 {
		maps.Copy(config, given)
		return
	}
	inner, ok := config["credentials"].(map[string]any)
	if !ok {
		inner = map[string]any{}
	}
	for name, property := range credentials.option(given, inner).Properties {
		if only := property.constant(); only != "" {
			inner[name] = only
		}
	}
	maps.Copy(inner, given)
	config["credentials"] = inner
}

// option is the one whose names are those that were given, or whose constant is
// chosen already; the spec itself where there is no choice.
func (s configSpec) option(given, chosen map[string]any) configSpec {
	for _, o := range s.OneOf {
		fits := true
		for name, property := range o.Properties {
			only, value := property.constant(), chosen[name]
			fits = fits && (only == "" || value == nil || value == any(only))
		}
		for name := range given {
			_, known := o.Properties[name]
			fits = fits && known
		}
		if fits {
			return o
		}
	}
	return s
}

// constant is the only text that a property may have, if there is but one.
func (s configSpec) constant() string {
	only, _ := s.Const.(string)
	if len(s.Enum) == 1 {
		only, _ = s.Enum[0].(string)
	}
	return only
}
