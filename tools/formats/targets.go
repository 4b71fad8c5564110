package formats

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
)

//go:embed targets.json
var targetsJSON []byte

// Rules is what clients and model providers take, as it was known on a day.
type Rules struct {
	AsOf    string   `json:"as_of"`
	Targets []Target `json:"targets"`
}

// Target is a client or a model provider, and what it refuses, cuts or loses.
// A figure of zero means that no limit is known.
type Target struct {
	Name       string `json:"name"`
	Form       Format `json:"form"` // what of the exported formats it is given
	Source     string `json:"source"`
	Note       string `json:"note"`
	Unverified bool   `json:"unverified"` // nothing is known that could be checked

	NamePattern     *regexp.Regexp `json:"name_pattern"`
	MaxName         int            `json:"max_name"` // characters, prefix included
	Prefix          int            `json:"prefix"`   // characters that it puts before a name, at worst
	MaxTools        int            `json:"max_tools"`
	DefersAbove     int            `json:"defers_above"` // tools, beyond which it loads them on demand
	MaxDescription  int            `json:"max_description"`
	MaxInstructions int            `json:"max_instructions"` // characters of the server's own

	KeyPattern      *regexp.Regexp `json:"key_pattern"`
	KeysAtRoot      bool           `json:"keys_at_root"` // only those of the root must match
	Forbidden       []string       `json:"forbidden"`    // keywords
	ForbiddenAtRoot []string       `json:"forbidden_at_root"`
	Formats         []string       `json:"formats"` // the only ones taken
	MaxDepth        int            `json:"max_depth"`
	MaxUnions       int            `json:"max_unions"` // places in a schema with more than one type
	Require         []string       `json:"require"`    // names of requirements

	Results Results `json:"results"`
}

// Results is how much of an answer a target takes.
type Results struct {
	WarnTokens          int `json:"warn_tokens"`
	MaxTokens           int `json:"max_tokens"`
	MaxCharacters       int `json:"max_characters"`
	MaxRaisedCharacters int `json:"max_raised_characters"` // if a tool asks for more
	Seconds             int `json:"seconds"`               // for one call
}

// KnownRules are the rules this program was built with.
func KnownRules() (Rules, error) {
	return readRules(targetsJSON)
}

func readRules(text []byte) (Rules, error) {
	var rules Rules
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&rules); err != nil {
		return Rules{}, fmt.Errorf("read rules: %w", err)
	}
	for _, target := range rules.Targets {
		for _, name := range target.Require {
			if _, known := requirements[name]; !known && name != objectOutput {
				return Rules{}, fmt.Errorf("read rules: %s: there is no requirement %q", target.Name, name)
			}
		}
	}
	return rules, nil
}
