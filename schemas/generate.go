package schemas

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/invopop/jsonschema"
)

// shapeOf examines t and, when it is inside the dialect, reads its schema.
func shapeOf(t reflect.Type, r rules) (*shape, error) {
	if t.Kind() != reflect.Struct || t == timeType {
		return nil, fmt.Errorf("%s: the root of a schema must be a struct", t)
	}
	e := examiner{rules: r}
	e.value(t, "struct", 0)
	if len(e.errs) > 0 {
		return nil, errors.Join(e.errs...)
	}
	reflector := jsonschema.Reflector{Anonymous: true, DoNotReference: true, ExpandedStruct: true, Mapper: mapped}
	return readShape(reflector.ReflectFromType(t), t)
}

// mapped returns the schemas of the types that the generator would read as
// something else: both are slices of bytes. Each call returns a new one, because
// the generator writes the field's description into it.
func mapped(t reflect.Type) *jsonschema.Schema {
	switch t {
	case objectType:
		return &jsonschema.Schema{Type: "object"}
	case valueType:
		return &jsonschema.Schema{}
	}
	return nil
}
