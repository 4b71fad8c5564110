package schemas

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// examiner collects what in a type is outside the dialect. It runs before the
// generator, which panics on channels and functions and, with everything
// inlined, overflows the stack on a recursive type (invopop/jsonschema#165).
type examiner struct {
	rules
	above []reflect.Type // the types around the current one
	errs  []error
}

func (e *examiner) fail(where, format string, args ...any) {
	e.errs = append(e.errs, fmt.Errorf("%s: "+format, append([]any{where}, args...)...))
}

func (e *examiner) value(t reflect.Type, where string, depth int) {
	if jsonType(t) == "object" || jsonType(t) == "array" {
		depth++
	}
	switch {
	case slices.Contains(e.above, t):
		e.fail(where, "%s is recursive: a schema without references has no end", t)
		return
	case depth > e.maxDepth:
		e.fail(where, "nested too deeply: at most %d objects and lists inside each other", e.maxDepth)
		return
	case t == objectType, t == timeType:
		return
	case t == valueType:
		if !e.open {
			e.fail(where, "json.RawMessage takes anything, which has no schema: use schemas.Object or a type")
		}
		return
	case t == urlType:
		e.fail(where, "url.URL encodes as its fields, not as a URL: use a string")
		return
	case t == numberType:
		e.fail(where, "json.Number is both a string and a number: use a number type")
		return
	}
	for _, methods := range e.foreign {
		if reflect.PointerTo(t).Implements(methods) {
			e.fail(where, "%s has methods of %s, so its fields do not tell its JSON", t, methods)
			return
		}
	}
	e.above = append(e.above, t)
	defer func() { e.above = e.above[:len(e.above)-1] }()
	switch t.Kind() {
	case reflect.Struct:
		e.structure(t, typeName(t, where), depth)
	case reflect.Slice:
		e.list(t, where, depth)
	case reflect.Map:
		e.dictionary(t, where, depth)
	default:
		if jsonType(t) == "" {
			e.fail(where, "%s has no place in the dialect", t)
		}
	}
}

func (e *examiner) structure(t reflect.Type, owner string, depth int) {
	fields, errs := goFields(t, owner)
	e.errs = append(e.errs, errs...)
	if len(fields) > e.maxFields {
		e.fail(owner, "has %d fields: want at most %d", len(fields), e.maxFields)
	}
	for _, f := range fields {
		e.described(f)
		ft := f.Type
		if ft.Kind() == reflect.Pointer {
			ft = ft.Elem()
			switch jsonType(ft) {
			case "string", "boolean", "integer", "number":
			default:
				if ft.Kind() != reflect.Struct {
					e.fail(f.where(), "%s: pointers lead to scalars and structs only", f.Type)
					continue
				}
			}
			if !f.optional && !e.open {
				e.fail(f.where(), "a pointer may be nil, which has no schema: add omitempty")
			}
		}
		e.value(ft, f.where(), depth)
	}
}

// described checks a field's description. Arguments must have one; in answers,
// types of the API have none.
func (e *examiner) described(f goField) {
	description := f.Tag.Get("jsonschema_description")
	switch n := utf8.RuneCountInString(description); {
	case strings.TrimSpace(description) == "" && !e.open:
		e.fail(f.where(), "no jsonschema_description")
	case n > maxDescription:
		e.fail(f.where(), "jsonschema_description has %d characters: want at most %d", n, maxDescription)
	}
}

func (e *examiner) list(t reflect.Type, where string, depth int) {
	if t.Elem().Kind() == reflect.Uint8 {
		e.fail(where, "%s encodes as base64: use a string, or schemas.Object for JSON", t)
		return
	}
	e.value(t.Elem(), where, depth)
}

func (e *examiner) dictionary(t reflect.Type, where string, depth int) {
	key, elem := t.Key(), t.Elem()
	if key.Kind() != reflect.String || slices.ContainsFunc(e.foreign, reflect.PointerTo(key).Implements) {
		e.fail(where, "%s: keys must be plain strings", t)
		return
	}
	switch elem.Kind() {
	case reflect.Struct, reflect.Map, reflect.Slice:
		if elem != objectType && elem != valueType {
			e.fail(where, "%s: values must be scalars or schemas.Object, for the schema does not tell them", t)
			return
		}
	}
	e.value(elem, where, depth)
}
