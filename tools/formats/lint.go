package formats

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"airbyte-agent-mcp/schemas"
	"airbyte-agent-mcp/tools"
)

// Fault is a rule of a target that a tool breaks.
type Fault struct{ Tool, Target, Rule, What string }

func (f Fault) String() string {
	return f.Tool + ": " + f.Target + ": " + f.Rule + ": " + f.What
}

// Check holds each tool, in the form that goes to each target, to the target's
// rules, and the number of the tools that are served together to its count.
func (r Rules) Check(each, together []tools.Tool) ([]Fault, error) {
	var faults []Fault
	for _, tool := range each {
		for _, target := range r.Targets {
			shown, err := formed(tool, target.Form)
			if err != nil {
				return nil, err
			}
			found, err := target.check(shown)
			if err != nil {
				return nil, fmt.Errorf("tool %s: %w", tool.Name, err)
			}
			faults = append(faults, found...)
		}
	}
	for _, target := range r.Targets {
		if n := len(together); target.MaxTools > 0 && n > target.MaxTools {
			faults = append(faults, Fault{"catalog", target.Name, "tool-count", fmt.Sprintf("%d tools, at most %d", n, target.MaxTools)})
		}
	}
	return faults, nil
}

// form is what a target gets to see of a tool.
type form struct {
	name, description string
	input, output     json.RawMessage // schemas; nil where the form has none
}

func formed(t tools.Tool, f Format) (form, error) {
	input, err := arguments(t, f)
	if err != nil {
		return form{}, err
	}
	shown := form{name: t.Name, description: t.Description, input: input}
	if f == MCP {
		schema, err := t.Schemas()
		if err != nil {
			return form{}, err
		}
		shown.output = schema.Output.JSON()
	}
	return shown, nil
}

// check lists what in a form the target does not take.
func (t Target) check(shown form) ([]Fault, error) {
	var faults []Fault
	fault := func(rule, format string, args ...any) {
		faults = append(faults, Fault{shown.name, t.Name, rule, fmt.Sprintf(format, args...)})
	}
	if t.NamePattern != nil && !t.NamePattern.MatchString(shown.name) {
		fault("name-pattern", "want %s", t.NamePattern)
	}
	if n, room := utf8.RuneCountInString(shown.name), t.MaxName-t.Prefix; t.MaxName > 0 && n > room {
		fault("name-length", "%d characters, at most %d after a prefix of %d", n, room, t.Prefix)
	}
	if n := utf8.RuneCountInString(shown.description); t.MaxDescription > 0 && n > t.MaxDescription {
		fault("description-length", "%d characters, at most %d", n, t.MaxDescription)
	}
	if shown.input != nil {
		nodes, err := schemas.Nodes(shown.input)
		if err != nil {
			return nil, err
		}
		unions := 0
		for _, node := range nodes {
			t.checkNode(node, fault)
			if len(node.Types()) > 1 || node.Keywords["anyOf"] != nil {
				unions++
			}
		}
		if t.MaxUnions > 0 && unions > t.MaxUnions {
			fault("union-count", "%d places with several types, at most %d", unions, t.MaxUnions)
		}
	}
	if shown.output != nil && slices.Contains(t.Require, objectOutput) {
		nodes, err := schemas.Nodes(shown.output)
		if err != nil {
			return nil, err
		}
		if what := requirements["root-object"](nodes[0]); what != "" {
			fault(objectOutput, "%s", what)
		}
	}
	return faults, nil
}

// checkNode holds one place of a schema to the rules.
func (t Target) checkNode(node schemas.Node, fault func(rule, format string, args ...any)) {
	at := node.Path
	if node.Root {
		at = "the root"
	}
	for _, keyword := range t.Forbidden {
		if _, there := node.Keywords[keyword]; there {
			fault("keyword", "%s has %s", at, keyword)
		}
	}
	for _, keyword := range t.ForbiddenAtRoot {
		if _, there := node.Keywords[keyword]; there && node.Root {
			fault("root-keyword", "%s has %s", at, keyword)
		}
	}
	if t.KeyPattern != nil && (node.Root || !t.KeysAtRoot) {
		for _, key := range node.Properties() {
			if !t.KeyPattern.MatchString(key) {
				fault("key-pattern", "%s has the key %q, want %s", at, key, t.KeyPattern)
			}
		}
	}
	if format, there := node.Keywords["format"].(string); there && t.Formats != nil && !slices.Contains(t.Formats, format) {
		fault("format", "%s has format %s, want one of %s", at, format, strings.Join(t.Formats, ", "))
	}
	if t.MaxDepth > 0 && node.Depth == t.MaxDepth+1 && (node.Is("object") || node.Is("array")) {
		fault("depth", "%s is %d levels deep, at most %d", at, node.Depth, t.MaxDepth)
	}
	for _, name := range t.Require {
		if requirement := requirements[name]; requirement != nil {
			if what := requirement(node); what != "" {
				fault(name, "%s %s", at, what)
			}
		}
	}
}

// objectOutput is the one requirement of the schema of answers.
const objectOutput = "object-output"

// lookaround finds what a regular expression that runs in linear time lacks.
var lookaround = regexp.MustCompile(`\(\?<?[=!]`)

// requirements are what a target may want of every place of a schema. Each says
// what is wrong, or nothing.
var requirements = map[string]func(schemas.Node) string{
	"root-object": func(n schemas.Node) string {
		return when(n.Root && n.Keywords["type"] != "object", "is not of type object")
	},
	"some-properties": func(n schemas.Node) string {
		return when(n.Root && len(n.Properties()) == 0, "has no properties: the schema must be left out")
	},
	"typed": func(n schemas.Node) string {
		return when(len(n.Types()) == 0 && n.Keywords["anyOf"] == nil && n.Keywords["$ref"] == nil, "has no type")
	},
	"single-type": func(n schemas.Node) string {
		_, list := n.Keywords["type"].([]any)
		return when(list, "has a list of types")
	},
	"array-items": func(n schemas.Node) string {
		items, _ := n.Keywords["items"].(map[string]any)
		return when(n.Is("array") && len(items) == 0, "is an array without items")
	},
	"few-min-items": func(n schemas.Node) string {
		least, there := n.Keywords["minItems"]
		return when(there && fmt.Sprint(least) != "0" && fmt.Sprint(least) != "1", "has minItems above 1")
	},
	"closed-objects": func(n schemas.Node) string {
		return when(n.Is("object") && n.Keywords["additionalProperties"] != false, "lacks additionalProperties: false")
	},
	"all-required": func(n schemas.Node) string {
		missing := without(n.Properties(), n.Required())
		return when(len(missing) > 0, "does not require "+strings.Join(missing, ", "))
	},
	"known-required": func(n schemas.Node) string {
		unknown := without(n.Required(), n.Properties())
		return when(len(unknown) > 0, "requires what it does not have: "+strings.Join(unknown, ", "))
	},
	"object-keywords": func(n schemas.Node) string {
		_, properties := n.Keywords["properties"]
		_, required := n.Keywords["required"]
		return when((properties || required) && !n.Is("object"), "has properties or required, and is no object")
	},
	"string-enum": func(n schemas.Node) string {
		values, _ := n.Keywords["enum"].([]any)
		other := slices.ContainsFunc(values, func(v any) bool { _, text := v.(string); return !text })
		return when(other, "has an enum of other values than strings")
	},
	"lone-ref": func(n schemas.Node) string {
		return when(n.Keywords["$ref"] != nil && len(n.Keywords) > 1, "has "+strings.Join(slices.Sorted(maps.Keys(n.Keywords)), ", ")+" beside each other")
	},
	"plain-pattern": func(n schemas.Node) string {
		pattern, _ := n.Keywords["pattern"].(string)
		return when(lookaround.MatchString(pattern), "has a pattern that looks around")
	},
}

func when(wrong bool, what string) string {
	if wrong {
		return what
	}
	return ""
}

func without(list, others []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(others, s) })
}
