package formats

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"airbyte-agent-mcp/tools"
)

func knownRules(t *testing.T) Rules {
	t.Helper()
	rules, err := KnownRules()
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

func (r Rules) target(t *testing.T, name string) Target {
	t.Helper()
	i := slices.IndexFunc(r.Targets, func(target Target) bool { return target.Name == name })
	if i < 0 {
		t.Fatalf("there is no target %q", name)
	}
	return r.Targets[i]
}

// What a server may show, with all tools or few, suits every target.
func TestEveryToolSuitsEveryTarget(t *testing.T) {
	t.Parallel()
	for name, choice := range map[string]tools.Choice{
		"core":                 {},
		"everything":           {Toolsets: []string{"all"}},
		"everything read-only": {Toolsets: []string{"all"}, ReadOnly: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list, err := tools.Choose(tools.Catalog(), choice)
			if err != nil {
				t.Fatal(err)
			}
			faults, err := knownRules(t).Check(list, list)
			if err != nil {
				t.Fatal(err)
			}
			for _, fault := range faults {
				t.Error(fault)
			}
		})
	}
}

func TestTargets(t *testing.T) {
	t.Parallel()
	rules := knownRules(t)
	var names []string
	for _, target := range rules.Targets {
		names = append(names, target.Name)
		if target.Source == "" {
			t.Errorf("%s: no source", target.Name)
		}
		if !slices.Contains(Formats(), target.Form) {
			t.Errorf("%s: there is no form %q", target.Name, target.Form)
		}
	}
	want := []string{
		"MCP specification", "Claude API", "Claude API strict", "Claude Code", "Claude Desktop", "OpenAI", "OpenAI strict", "Gemini parameters",
		"Gemini parametersJsonSchema", "Gemini CLI", "VS Code Copilot", "Cursor", "Windsurf", "MCP SDK clients", "OpenCode", "Copilot CLI",
	}
	if diff := cmp.Diff(want, names); diff != "" || rules.AsOf == "" {
		t.Errorf("rules of %q (-want +got):\n%s", rules.AsOf, diff)
	}
}

// A tool that breaks one rule is told by name; all kinds of rules are here.
func TestEveryRuleCanFail(t *testing.T) {
	t.Parallel()
	rules := knownRules(t)
	nested := `{"type":"string"}`
	for range 5 {
		nested = object(`"a":`+nested, "a")
	}
	var unions []string
	for i := range 17 {
		unions = append(unions, fmt.Sprintf(`"p%d":{"type":["string","null"]}`, i))
	}
	told := map[string]bool{"tool-count": true} // which has a test of its own
	for _, row := range []struct {
		target, rule string
		form         form
		want         string
	}{
		{"MCP specification", "name-pattern", form{name: "list contacts"}, "want ^[A-Za-z0-9_.-]+$"},
		{"OpenAI", "name-pattern", form{name: "list.contacts"}, "want ^[a-zA-Z0-9_-]+$"},
		{"Claude Code", "name-length", form{name: "list_all_the_contacts_"}, "22 characters, at most 21 after a prefix of 43"},
		{"OpenAI", "name-length", form{name: strings.Repeat("a", 65)}, "65 characters, at most 64 after a prefix of 0"},
		{"VS Code Copilot", "description-length", form{description: strings.Repeat("é", 1025)}, "1025 characters, at most 1024"},
		{"Claude API", "key-pattern", form{input: raw(object(`"filter[x]":{"type":"string"}`))}, `the root has the key "filter[x]", want ^[a-zA-Z0-9_.-]{1,64}$`},
		{"Gemini parameters", "key-pattern", form{input: raw(`{"type":"object","properties":{"a":{"type":"object","properties":{"b-c":{"type":"string"}}}}}`)}, `a has the key "b-c", want ^[A-Za-z_][A-Za-z0-9_]{0,63}$`},
		{"Gemini parameters", "keyword", form{input: raw(`{"type":"object","properties":{"a":{"type":"string","const":"b"}}}`)}, "a has const"},
		{"Claude API", "root-keyword", form{input: raw(`{"type":"object","oneOf":[]}`)}, "the root has oneOf"},
		{"OpenAI strict", "format", form{input: raw(object(`"a":{"type":"string","format":"uri"}`, "a"))}, "a has format uri, want one of date-time, time, date, duration, email, hostname, ipv4, ipv6, uuid"},
		{"OpenAI strict", "depth", form{input: raw(object(`"a":`+nested, "a"))}, "a.a.a.a.a is 6 levels deep, at most 5"},
		{"Claude API strict", "union-count", form{input: raw(object(strings.Join(unions, ",")))}, "17 places with several types, at most 16"},
		{"MCP specification", "root-object", form{input: raw(`{"type":"array"}`)}, "the root is not of type object"},
		{"MCP SDK clients", "object-output", form{output: raw(`{"anyOf":[]}`)}, "is not of type object"},
		{"Gemini parameters", "some-properties", form{input: raw(`{"type":"object","properties":{}}`)}, "the root has no properties: the schema must be left out"},
		{"OpenAI strict", "typed", form{input: raw(object(`"a":{"description":"Anything."}`, "a"))}, "a has no type"},
		{"Gemini parameters", "single-type", form{input: raw(`{"type":"object","properties":{"a":{"type":["string","null"]}}}`)}, "a has a list of types"},
		{"OpenAI", "array-items", form{input: raw(object(`"a":{"type":"array"}`))}, "a is an array without items"},
		{"OpenAI", "array-items", form{input: raw(object(`"a":{"type":"array","items":{"type":"array","items":{}}}`))}, "a[] is an array without items"},
		{"Claude API strict", "few-min-items", form{input: raw(object(`"a":{"type":"array","items":{"type":"string"},"minItems":2}`))}, "a has minItems above 1"},
		{"OpenAI strict", "closed-objects", form{input: raw(object(`"a":{"type":"object"}`, "a"))}, "a lacks additionalProperties: false"},
		{"OpenAI strict", "all-required", form{input: raw(object(`"a":{"type":"string"},"b":{"type":"string"}`, "b"))}, "the root does not require a"},
		{"VS Code Copilot", "known-required", form{input: raw(object(`"a":{"type":"string"}`, "a", "b"))}, "the root requires what it does not have: b"},
		{"Gemini parameters", "object-keywords", form{input: raw(`{"type":"object","properties":{"a":{"type":"string","properties":{}}}}`)}, "a has properties or required, and is no object"},
		{"Gemini parameters", "string-enum", form{input: raw(`{"type":"object","properties":{"a":{"type":"integer","enum":[1]}}}`)}, "a has an enum of other values than strings"},
		{"OpenAI strict", "lone-ref", form{input: raw(object(`"a":{"$ref":"#/$defs/b","title":"B"}`, "a"))}, "a has $ref, title beside each other"},
		{"OpenAI strict", "plain-pattern", form{input: raw(object(`"a":{"type":"string","pattern":"^(?!x)"}`, "a"))}, "a has a pattern that looks around"},
	} {
		told[row.rule] = true
		t.Run(row.target+" "+row.rule, func(t *testing.T) {
			t.Parallel()
			bad := row.form
			if bad.name == "" {
				bad.name = "bad"
			}
			faults, err := rules.target(t, row.target).check(bad)
			if err != nil {
				t.Fatal(err)
			}
			want := []Fault{{bad.name, row.target, row.rule, row.want}}
			if diff := cmp.Diff(want, faults); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	for _, name := range slices.Sorted(maps.Keys(requirements)) {
		if !told[name] {
			t.Errorf("nothing fails %s", name)
		}
	}
}

func raw(text string) json.RawMessage { return json.RawMessage(text) }

// object is a closed object's schema.
func object(properties string, required ...string) string {
	keys, _ := json.Marshal(append([]string{}, required...))
	return `{"type":"object","properties":{` + properties + `},"required":` + string(keys) + `,"additionalProperties":false}`
}

func TestTooManyToolsAreAFaultOnlyWhenServedTogether(t *testing.T) {
	t.Parallel()
	var many []tools.Tool
	for range 41 {
		many = append(many, tools.ListConnectors())
	}
	rules := knownRules(t)
	for name, row := range map[string]struct {
		together []tools.Tool
		want     []string
	}{
		"few of many": {many[:40], nil},
		"all of many": {many, []string{"catalog: Cursor: tool-count: 41 tools, at most 40"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			faults, err := rules.Check(many, row.together)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, fault := range faults {
				got = append(got, fault.String())
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRulesAreReadStrictly(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"targets":[{"name":"X","max_nmae":1}]}`:        `read rules: json: unknown field "max_nmae"`,
		`{"targets":[{"name":"X","require":["round"]}]}`: `read rules: X: there is no requirement "round"`,
		`{"targets":[{"name":"X","name_pattern":"("}]}`:  "read rules: error parsing regexp: missing closing ): `(`",
	} {
		if _, err := readRules([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%s:\ngot  %v\nwant %s", text, err, want)
		}
	}
}
