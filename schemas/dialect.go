package schemas

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/invopop/jsonschema"
)

// rules are what arguments and answers do not have in common.
type rules struct {
	open      bool           // objects take keys without a field, and a Value may stand anywhere
	maxDepth  int            // objects and lists inside each other, the root among them
	maxFields int            // of one struct
	foreign   []reflect.Type // methods that would make the JSON differ from what the fields say
}

// The figures for arguments are the strictest that any provider sets; answers
// are bounded only so that a mistake shows.
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

	keyPattern    = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,63}$`)
	numberPattern = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)
)

// maxDescription keeps a property within what every client shows in full.
const maxDescription = 900

// goField is a struct field as encoding/json sees it.
type goField struct {
	reflect.StructField
	owner    string // name of the struct it is written in
	key      string
	optional bool
}

func (f goField) where() string { return f.owner + "." + f.Name }

// goFields lists the fields of t with those of embedded structs in their place,
// and everything about their tags that encoding/json, the schema and a model
// would not read alike.
func goFields(t reflect.Type, owner string) (fields []goField, faults []error) {
	for i := range t.NumField() {
		f := goField{StructField: t.Field(i), owner: owner}
		fault := func(format string, args ...any) {
			faults = append(faults, fmt.Errorf("%s: "+format, append([]any{f.where()}, args...)...))
		}
		tag := f.Tag.Get("json")
		key, options, _ := strings.Cut(tag, ",")
		f.key = key
		switch {
		case tag == "-", !f.Anonymous && !f.IsExported():
			continue
		case f.Anonymous && (tag != "" || f.Type.Kind() != reflect.Struct):
			fault("embed structs only, by value and without a json tag")
			continue
		case f.Anonymous:
			inner, more := goFields(f.Type, typeName(f.Type, f.where()))
			fields, faults = append(fields, inner...), append(faults, more...)
			continue
		case !keyPattern.MatchString(key):
			fault("json key %q: want lower-case letters, digits and _, at most 64", key)
			continue
		}
		for option := range strings.SplitSeq(options, ",") {
			switch option {
			case "omitempty", "omitzero":
				f.optional = true
			case "":
			default:
				fault("json option %q: only omitempty and omitzero are known here", option)
			}
		}
		if err := checkKeywords(f.Tag.Get("jsonschema"), f.Type); err != nil {
			fault("%w", err)
		}
		if slices.ContainsFunc(fields, func(g goField) bool { return g.key == f.key }) {
			fault("json key %q is taken by another field", f.key)
			continue
		}
		fields = append(fields, f)
	}
	return fields, faults
}

// checkKeywords admits the few keywords that no provider refuses, each where it
// has a meaning: the generator drops misplaced ones without a word.
func checkKeywords(tag string, t reflect.Type) error {
	if tag == "" {
		return nil
	}
	if t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem() // of a list, keywords go to its elements
	}
	for keyword := range strings.SplitSeq(tag, ",") {
		name, value, _ := strings.Cut(keyword, "=")
		switch {
		case name == "enum" && jsonType(t) == "string" && t != timeType && value != "" && strings.TrimSpace(value) == value:
		case (name == "minimum" || name == "maximum") && numberPattern.MatchString(value) &&
			(jsonType(t) == "number" || jsonType(t) == "integer" && !strings.ContainsAny(value, ".eE")):
		default:
			return fmt.Errorf("jsonschema keyword %q: strings take enum=word, numbers minimum=n and maximum=n", keyword)
		}
	}
	return nil
}

// jsonType is the type of t in a schema, or "" when it has none.
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

// shapeOf examines t and, when it keeps to the dialect, reads its schema.
func shapeOf(t reflect.Type, r rules) (*shape, error) {
	if t.Kind() != reflect.Struct || t == timeType {
		return nil, fmt.Errorf("%s: the root of a schema must be a struct", t)
	}
	e := examiner{rules: r}
	e.value(t, "struct", 0)
	if len(e.faults) > 0 {
		return nil, errors.Join(e.faults...)
	}
	reflector := jsonschema.Reflector{Anonymous: true, DoNotReference: true, ExpandedStruct: true, Mapper: mapped}
	return readShape(reflector.ReflectFromType(t), t)
}

// mapped gives the schemas of the types the generator reads differently: both
// are slices of bytes. Each call gives a new one, for the generator writes the
// field's description into it.
func mapped(t reflect.Type) *jsonschema.Schema {
	switch t {
	case objectType:
		return &jsonschema.Schema{Type: "object"}
	case valueType:
		return &jsonschema.Schema{}
	}
	return nil
}
