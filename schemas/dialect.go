package schemas

import (
	"encoding"
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/invopop/jsonschema"

	"airbyte-agent-mcp/schemas/rawjson"
)

// rules are what differs between arguments and answers.
type rules struct {
	open      bool           // objects take keys without a field, and a Value may be anywhere
	maxDepth  int            // objects and arrays inside each other, the root among them
	maxFields int            // of one struct
	foreign   []reflect.Type // methods that would make the JSON differ from what the fields say
}

// The numbers for arguments are the strictest that any provider sets; answers are
// bounded only so that a mistake shows.
var (
	arguments = rules{maxDepth: 4, maxFields: 16, foreign: append([]reflect.Type{
		reflect.TypeFor[json.Unmarshaler](), reflect.TypeFor[encoding.TextUnmarshaler](),
	}, hooks...)}
	answers = rules{open: true, maxDepth: 8, maxFields: 100, foreign: append([]reflect.Type{
		reflect.TypeFor[json.Marshaler](), reflect.TypeFor[encoding.TextMarshaler](),
	}, hooks...)}

	// hooks let a type write its own schema, past every rule here.
	hooks = []reflect.Type{
		reflect.TypeFor[interface{ JSONSchema() *jsonschema.Schema }](),
		reflect.TypeFor[interface{ JSONSchemaExtend(*jsonschema.Schema) }](),
		reflect.TypeFor[interface{ JSONSchemaAlias() any }](),
		reflect.TypeFor[interface{ JSONSchemaProperty(string) any }](),
		reflect.TypeFor[interface{ GetFieldDocString(string) string }](),
	}

	objectType = reflect.TypeFor[Object]()
	valueType  = reflect.TypeFor[Value]()
	timeType   = reflect.TypeFor[time.Time]()
	numberType = reflect.TypeFor[json.Number]()
	urlType    = reflect.TypeFor[url.URL]()

	keyPattern = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,63}$`)
)

// maxKey is the length of the longest key that keyPattern takes.
const maxKey = 64

// maxDescription is the longest description, in characters, that every client
// shows in full.
const maxDescription = 900

// goField is a struct field as encoding/json sees it.
type goField struct {
	reflect.StructField
	owner    string // name of the struct it is written in
	key      string
	optional bool
}

func (f goField) where() string { return f.owner + "." + f.Name }

// goFields returns the fields of t, with those of embedded structs in their
// place, and an error for everything in their tags that encoding/json, the
// schema and a model would not read the same way.
func goFields(t reflect.Type, owner string) (fields []goField, errs []error) {
	for i := range t.NumField() {
		f := goField{StructField: t.Field(i), owner: owner}
		fail := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf("%s: "+format, append([]any{f.where()}, args...)...))
		}
		tag := f.Tag.Get("json")
		key, options, _ := strings.Cut(tag, ",")
		f.key = key
		switch {
		case tag == "-", !f.Anonymous && !f.IsExported():
			continue
		case f.Anonymous && (tag != "" || f.Type.Kind() != reflect.Struct):
			fail("embed structs only, by value and without a json tag")
			continue
		case f.Anonymous:
			inner, more := goFields(f.Type, typeName(f.Type, f.where()))
			fields, errs = append(fields, inner...), append(errs, more...)
			continue
		case !keyPattern.MatchString(key):
			fail("json key %q: want lower-case letters, digits and _, at most 64", key)
			continue
		}
		for option := range strings.SplitSeq(options, ",") {
			switch option {
			case "omitempty", "omitzero":
				f.optional = true
			case "":
			default:
				fail("json option %q: only omitempty and omitzero are known here", option)
			}
		}
		if err := checkKeywords(f.Tag.Get("jsonschema"), f.Type); err != nil {
			fail("%w", err)
		}
		if slices.ContainsFunc(fields, func(g goField) bool { return g.key == f.key }) {
			fail("json key %q is taken by another field", f.key)
			continue
		}
		fields = append(fields, f)
	}
	return fields, errs
}

// checkKeywords accepts the few keywords that no provider refuses, each where it
// has a meaning: the generator silently drops misplaced ones.
func checkKeywords(tag string, t reflect.Type) error {
	if tag == "" {
		return nil
	}
	if t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem() // keywords of an array apply to its elements
	}
	for keyword := range strings.SplitSeq(tag, ",") {
		name, value, _ := strings.Cut(keyword, "=")
		switch {
		case name == "enum" && jsonType(t) == "string" && t != timeType && value != "" && strings.TrimSpace(value) == value:
		case (name == "minimum" || name == "maximum") && rawjson.IsNumber(value) &&
			(jsonType(t) == "number" || jsonType(t) == "integer" && !strings.ContainsAny(value, ".eE")):
		default:
			return fmt.Errorf("jsonschema keyword %q: strings take enum=word, numbers minimum=n and maximum=n", keyword)
		}
	}
	return nil
}

// jsonType returns the type of t in a schema, or "" when it has none.
func jsonType(t reflect.Type) string {
	switch t {
	case objectType:
		return "object"
	case timeType:
		return "string"
	case valueType:
		return ""
	}
	switch t.Kind() {
	case reflect.Bool:
		return "boolean"
	case reflect.String:
		return "string"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "integer"
	case reflect.Float32, reflect.Float64:
		return "number"
	case reflect.Slice:
		return "array"
	case reflect.Struct, reflect.Map:
		return "object"
	}
	return ""
}

// typeName returns the name of a struct for errors. One without a name of its own
// is named for where it is.
func typeName(t reflect.Type, where string) string {
	if t.Name() == "" {
		return where
	}
	return t.Name()
}
