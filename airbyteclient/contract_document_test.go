package airbyteclient_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// The published document and what the API gained since lie beside the project
// and are never copied into it.
const documentFolder = "../../shared/agent-api"

type object = map[string]any

// document is the published API, additions included, in its strictest reading:
// what it does not name is not allowed.
type document struct {
	router     routers.Router
	operations []documented
}

// documented is one operation as the document names it.
type documented struct{ Method, Path, ID string }

func (o documented) String() string { return o.Method + " " + o.Path + " (" + o.ID + ")" }

func loadDocument(t *testing.T) *document {
	t.Helper()
	merged := readJSON(t, "openapi-2026-05.json")
	merge(merged, readJSON(t, "additions-2026-09.json"))
	closeObjects(merged)
	nameEveryType(merged)
	merged["servers"] = []any{} // it says http://localhost; the paths are what counts
	raw, err := json.Marshal(merged)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		t.Fatalf("load the merged document: %v", err)
	}
	if err := loaded.Validate(t.Context()); err != nil {
		t.Fatalf("the merged document is not valid OpenAPI: %v", err)
	}
	router, err := gorillamux.NewRouter(loaded)
	if err != nil {
		t.Fatal(err)
	}
	d := &document{router: router}
	for _, path := range slices.Sorted(maps.Keys(loaded.Paths.Map())) {
		operations := loaded.Paths.Value(path).Operations()
		for _, method := range slices.Sorted(maps.Keys(operations)) {
			d.operations = append(d.operations, documented{method, path, operations[method].OperationID})
		}
	}
	return d
}

func readJSON(t *testing.T, name string) object {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(documentFolder, name))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("the API's published document is not here: %s is missing in %s", name, documentFolder)
	}
	if err != nil {
		t.Fatal(err)
	}
	var out object
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return out
}

// merge lays the additions over the document, as their note says: new paths,
// new schemas, and new properties of schemas that are there.
func merge(document, additions object) {
	paths := document["paths"].(object)
	for path, item := range additions["paths"].(object) {
		for _, operation := range item.(object) {
			complete(operation.(object))
		}
		paths[path] = item
	}
	schemas := document["components"].(object)["schemas"].(object)
	for name, compact := range additions["schemas"].(object) {
		schemas[name] = unfold(compact.(object))
	}
	for names, fields := range additions["fields"].(object) {
		for name := range strings.SplitSeq(names, ", ") {
			schema := schemas[name].(object)
			for field, compact := range fields.(object) {
				addField(schema, field, compact.(object))
			}
		}
	}
}

// complete gives an added operation what the document gives to all of its own:
// the bearer token, the organization header, and the errors.
func complete(operation object) {
	operation["security"] = []any{object{"HTTPBearer": []any{}}}
	operation["parameters"] = append(operation["parameters"].([]any), object{
		"name": "x-organization-id", "in": "header", "schema": object{"type": "string", "format": "uuid"},
	})
	responses := operation["responses"].(object)
	for _, status := range []string{"400", "403", "422", "500"} {
		responses[status] = object{"$ref": "ApiErrorResponse"}
	}
	for status, response := range responses {
		full := object{"description": status}
		if named, ok := response.(object); ok {
			full["content"] = object{"application/json": object{"schema": reference(named["$ref"].(string))}}
		}
		responses[status] = full
	}
}

func reference(name string) object { return object{"$ref": "#/components/schemas/" + name} }

func orNull(schema object) object { return object{"anyOf": []any{schema, object{"type": "null"}}} }

// nested says what some properties of the added schemas hold, which the
// additions leave unsaid: one object of a schema, or a list of them.
var nested = map[string]struct {
	schema string
	list   bool
}{
	"context_store_readiness":          {"ConnectorInspectContextStoreReadiness", false},
	"supported_context_store_entities": {"ConnectorInspectSupportedContextStoreEntity", true},
	"configured_cache_entities":        {"ConnectorInspectConfiguredCacheEntity", true},
	"semantic_search_status":           {"ConnectorInspectSemanticSearchStatus", true},
	"data":                             {"SkillMetadata", true},
	"metadata":                         {"SkillMetadata", false},
	"freshness":                        {"SkillFreshness", false},
	"outline":                          {"SkillOutlineSection", true},
	"content":                          {"SkillContentBlock", true},
}

// unfold makes a schema of the compact form {required, optional, enum}, in
// which properties have no types.
func unfold(compact object) object {
	if values, ok := compact["enum"].([]any); ok {
		return object{"type": "string", "enum": values}
	}
	enums, _ := compact["enum"].(object)
	properties := object{}
	add := func(name any, required bool) {
		var schema object
		inner, isNested := nested[name.(string)]
		values, isEnum := enums[name.(string)]
		switch {
		case isNested && inner.list:
			schema = object{"type": "array", "items": reference(inner.schema)}
		case isNested:
			schema = reference(inner.schema)
		case isEnum:
			schema = object{"type": "string", "enum": values}
		default:
			properties[name.(string)] = object{}
			return
		}
		if !required {
			schema = orNull(schema)
		}
		properties[name.(string)] = schema
	}
	required, _ := compact["required"].([]any)
	for _, name := range required {
		add(name, true)
	}
	optional, _ := compact["optional"].([]any)
	for _, name := range optional {
		add(name, false)
	}
	return object{"type": "object", "properties": properties, "required": append([]any{}, required...)}
}

func addField(schema object, name string, compact object) {
	field := object{}
	for key, value := range compact {
		if key != "required" {
			field[key] = value
		}
	}
	if target, ok := compact["$ref"].(string); ok {
		field = reference(target)
	}
	if compact["required"] == true {
		required, _ := schema["required"].([]any)
		schema["required"] = append(required, name)
	} else {
		field = orNull(field)
	}
	schema["properties"].(object)[name] = field
}

// closeObjects forbids what a schema does not name. The document leaves its
// objects open, and an open schema takes a misspelt optional property for none.
func closeObjects(node any) {
	switch node := node.(type) {
	case object:
		_, hasProperties := node["properties"].(object)
		_, decided := node["additionalProperties"]
		if node["type"] == "object" && hasProperties && !decided {
			node["additionalProperties"] = false
		}
		for _, child := range node {
			closeObjects(child)
		}
	case []any:
		for _, child := range node {
			closeObjects(child)
		}
	}
}

// nameEveryType gives untyped properties all types. kin-openapi holds schemas
// with references against the rules of OpenAPI 3.0, by which no type means
// anything but null; the document is of 3.1, by which it means anything.
func nameEveryType(node any) {
	switch node := node.(type) {
	case object:
		properties, _ := node["properties"].(object)
		for _, property := range properties {
			if schema, ok := property.(object); ok && untyped(schema) {
				schema["type"] = []any{"array", "boolean", "null", "number", "object", "string"}
			}
		}
		for _, child := range node {
			nameEveryType(child)
		}
	case []any:
		for _, child := range node {
			nameEveryType(child)
		}
	}
}

func untyped(schema object) bool {
	for _, key := range []string{"type", "$ref", "anyOf", "oneOf", "allOf", "enum", "const"} {
		if _, has := schema[key]; has {
			return false
		}
	}
	return true
}
