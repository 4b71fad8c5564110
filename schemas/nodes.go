package schemas

import (
	"airbyte-agent-mcp/schemas/rawjson"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Node is one place of a JSON Schema of any origin: an object of keywords.
type Node struct {
	Path     string         // such as filter.names[]; empty for the root
	Root     bool           // the node is the whole schema
	Depth    int            // objects and arrays around it, itself among them
	Keywords map[string]any // as encoding/json decodes them
}

// Is reports whether "type" names the type, alone or in a list.
func (n Node) Is(kind string) bool {
	return slices.Contains(n.Types(), kind)
}

// Types returns the types that "type" names.
func (n Node) Types() []string {
	var types []string
	switch kind := n.Keywords["type"].(type) {
	case string:
		types = append(types, kind)
	case []any:
		for _, k := range kind {
			types = append(types, fmt.Sprint(k))
		}
	}
	return types
}

// Properties returns the keys of "properties", sorted.
func (n Node) Properties() []string {
	properties, _ := n.Keywords["properties"].(map[string]any)
	return slices.Sorted(maps.Keys(properties))
}

// Required returns the keys that "required" names.
func (n Node) Required() []string {
	list, _ := n.Keywords["required"].([]any)
	var keys []string
	for _, key := range list {
		keys = append(keys, fmt.Sprint(key))
	}
	return keys
}

// Nodes returns the places of a JSON Schema, root first, with those inside of
// properties, arrays, combinations and definitions. A schema that is true or
// false has no keywords.
func Nodes(schema json.RawMessage) ([]Node, error) {
	root, err := rawjson.Decode(schema)
	if err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	return nodes(nil, root, Node{Root: true}), nil
}

// inside has the keywords whose value is a schema, a list of schemas, or an
// object of schemas, and what they add to a path.
var inside = []struct{ keyword, path string }{
	{"items", "[]"}, {"prefixItems", "[]"}, {"contains", "[]"}, {"unevaluatedItems", "[]"},
	{"additionalProperties", "{}"}, {"unevaluatedProperties", "{}"}, {"patternProperties", "{}"}, {"propertyNames", "{}"},
	{"dependentSchemas", "{}"},
	{"anyOf", "|"}, {"oneOf", "|"}, {"allOf", "&"}, {"not", "!"}, {"if", "?"}, {"then", "?"}, {"else", "?"},
	{"$defs", "$"}, {"definitions", "$"},
}

func nodes(list []Node, schema any, at Node) []Node {
	at.Keywords, _ = schema.(map[string]any)
	if at.Is("object") || at.Is("array") {
		at.Depth++
	}
	list = append(list, at)
	properties, _ := at.Keywords["properties"].(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(properties)) {
		path := at.Path + "." + key
		list = nodes(list, properties[key], Node{Path: strings.TrimPrefix(path, "."), Depth: at.Depth})
	}
	for _, in := range inside {
		inner := Node{Path: at.Path + in.path, Depth: at.Depth}
		switch value := at.Keywords[in.keyword].(type) {
		case []any:
			for i, schema := range value {
				inner.Path = at.Path + in.path + strconv.Itoa(i)
				list = nodes(list, schema, inner)
			}
		case map[string]any:
			switch in.keyword {
			case "patternProperties", "dependentSchemas", "$defs", "definitions":
				for _, key := range slices.Sorted(maps.Keys(value)) {
					inner.Path = at.Path + in.path + key
					list = nodes(list, value[key], inner)
				}
			default:
				list = nodes(list, value, inner)
			}
		}
	}
	return list
}
