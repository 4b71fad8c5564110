// Package schemas turns Go structs into JSON Schemas that every model provider
// accepts, and makes the arguments that a model sends fit them. A struct type
// comes in, a Schema goes out; arguments come in as JSON and go out as JSON that
// decodes into the struct, or as an error in words that a model can act on. The
// catalog of tools imports it; it knows no tools, no protocol and no API.
//
// A struct is described once, by its own tags:
//
//	type listIn struct {
//		Kind  string `json:"kind" jsonschema:"enum=source,enum=destination" jsonschema_description:"What to list."`
//		Limit int    `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100" jsonschema_description:"How many."`
//	}
//
// Of the tags, json names a field and says whether it is optional (omitempty,
// omitzero), jsonschema_description tells a model what to fill in, and jsonschema
// takes enum, minimum and maximum, in an array for its elements.
//
// For returns the schema. Its methods JSON, Strict and OpenAPI write it for three
// kinds of readers; Coerce takes what any of them leads a model to send.
package schemas

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Object is any JSON object, kept as the bytes it came in: keys that nobody knows
// beforehand, such as the parameters of a connector's action, pass through it
// unread, and integers beyond 2^53 survive. Its schema is a described object
// without properties.
type Object json.RawMessage

// MarshalJSON returns the bytes as they are. An empty Object is {}, because null
// would not fit the schema.
func (o Object) MarshalJSON() ([]byte, error) {
	if len(o) == 0 {
		return []byte("{}"), nil
	}
	return o, nil
}

// UnmarshalJSON keeps a copy of an object's bytes and refuses any other kind of
// value. A null changes nothing, as encoding/json asks.
func (o *Object) UnmarshalJSON(raw []byte) error {
	if string(raw) == "null" {
		return nil
	}
	if len(raw) == 0 || raw[0] != '{' {
		return errors.New("want a JSON object")
	}
	*o = append((*o)[:0], raw...)
	return nil
}

// Value is JSON of any kind. Only answers may have one: its schema is nothing but
// a description, which model providers refuse in arguments.
type Value = json.RawMessage

// Schema is the JSON Schema of one struct, in the dialect that all model
// providers accept. Make one with For or ForOutput. It never changes and may be
// used from many goroutines.
type Schema struct {
	root     *shape
	text     json.RawMessage
	compiled func() (*jsonschema.Schema, error)
}

// For returns the schema of the arguments that decode into T, a struct. Objects
// are closed: what has no field is refused. Whatever in T is outside the dialect
// is an error; all of them are joined, and each names its type and field.
func For[T any]() (*Schema, error) {
	return newSchema(reflect.TypeFor[T](), arguments)
}

// ForOutput returns the schema of the answers that T, a struct or a pointer to
// one, encodes to: its own properties, without those of inner objects. It allows
// five things that For does not: objects take further keys, so that an older
// client does not refuse a field added later; no key is required; descriptions
// may be missing; a Value may be anywhere; and nesting and the number of fields
// are hardly limited.
func ForOutput[T any]() (*Schema, error) {
	return newSchema(reflect.TypeFor[T](), answers)
}

func newSchema(t reflect.Type, r rules) (*Schema, error) {
	if r.open && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	root, err := shapeOf(t, r)
	if err != nil {
		return nil, err
	}
	as := plain
	if r.open {
		as = answer
	}
	text := root.appendSchema(nil, as)
	return &Schema{
		root:     root,
		text:     text,
		compiled: sync.OnceValues(func() (*jsonschema.Schema, error) { return compile(text) }),
	}, nil
}

// JSON returns the schema as compact JSON, properties in the order of the fields.
// The bytes are the caller's own.
func (s *Schema) JSON() json.RawMessage {
	return bytes.Clone(s.text)
}

// Strict returns the schema of arguments for decoders that are bound to it, such
// as OpenAI's with strict set: every property is required and what is optional
// may be null, objects are closed, an Object is a string with JSON in it, and the
// limits of numbers are in the description. Coerce takes what comes back.
func (s *Schema) Strict() json.RawMessage {
	return s.root.appendSchema(nil, strict)
}

// OpenAPI returns the schema of arguments in OpenAPI's subset of JSON Schema,
// which Gemini reads: each type is a single one, and additionalProperties is left
// out.
func (s *Schema) OpenAPI() json.RawMessage {
	return s.root.appendSchema(nil, openAPI)
}

// Empty reports whether there are no arguments to give.
func (s *Schema) Empty() bool { return len(s.root.fields) == 0 }

// Coerce brings what a language model sent as arguments into the shape of the
// schema. What it returns decodes into the schema's Go type, fits the schema, and
// is returned unchanged when it is coerced again.
//
// It accepts what models and clients are known to send: numbers, booleans, arrays
// and objects inside strings (the whole arguments, too), a number for a string,
// one value for an array, an enum value or a key in another spelling ("List ",
// "connectorId"), null or "" for what is optional, null or nothing for no
// arguments. It does not guess further. The contents of an Object are not looked
// into; they keep their bytes.
//
// When something remains that does not fit, the error is a *ValidationError with
// all of it. A required string must not be blank. The caller bounds the size.
func (s *Schema) Coerce(args json.RawMessage) (json.RawMessage, error) {
	var c coercer
	out := c.arguments(s.root, args)
	if err := c.err(); err != nil {
		return nil, err
	}
	return out, nil
}

// Compile returns an error if an independent validator does not understand the
// schema. The work is done once, at the first call of Compile or Check; Coerce
// needs none of it.
func (s *Schema) Compile() error {
	_, err := s.compiled()
	return err
}

// Check returns an error if doc does not fit the schema, in the words of an
// independent validator. It is for answers and for tests; use Coerce for
// arguments.
func (s *Schema) Check(doc json.RawMessage) (err error) {
	compiled, err := s.compiled()
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
	if err != nil {
		return fmt.Errorf("read document: %w", err)
	}
	// The validator (v6.0.3) compares numbers as big.Rat and follows a nil one
	// when an exponent passes a million: 1e9999999 against a minimum. This is
	// also why Coerce does not use it on what strangers send.
	defer func() {
		if recover() != nil {
			err = errors.New("check document: a number is out of range")
		}
	}()
	return compiled.Validate(value)
}

func compile(text json.RawMessage) (*jsonschema.Schema, error) {
	const url = "mem:///schema" // a bare name would become a path of this machine, and be in errors
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020) // what MCP takes a schema without $schema to be
	if err := c.AddResource(url, doc); err != nil {
		return nil, fmt.Errorf("add schema: %w", err)
	}
	compiled, err := c.Compile(url)
	if err != nil {
		return nil, fmt.Errorf("compile schema: %w", err)
	}
	return compiled, nil
}
