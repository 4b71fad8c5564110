package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// object is a JSON object as this package builds and decodes it.
type object = map[string]any

type fieldError struct{ field, message, code string }

// invalid answers 422 as the service's schema validation does.
func invalid(errs ...fieldError) response {
	list := make([]any, len(errs))
	words := make([]string, len(errs))
	for i, e := range errs {
		list[i] = object{"field": e.field, "message": e.message, "error_code": e.code, "details": nil}
		words[i] = e.message
		if e.field != "body" && e.code == "missing" {
			words[i] = strings.TrimPrefix(e.field, "body.") + ": " + e.message
		}
	}
	return answer(http.StatusUnprocessableEntity, object{"message": strings.Join(words, "; "), "errors": list})
}

// property is what a request body may hold under one name. Kinds: string, uuid,
// boolean, object, strings, entities; enum narrows a string.
type property struct {
	name, kind string
	required   bool
	enum       []string
}

// check holds a body against its properties and reports all faults at once.
// Extra properties are ignored, as the service does.
func check(body object, properties ...property) []fieldError {
	var errs []fieldError
	for _, p := range properties {
		value, given := body[p.name]
		at := "body." + p.name
		if !given || value == nil {
			if p.required {
				errs = append(errs, fieldError{at, "Field required", "missing"})
			}
			continue
		}
		if e, bad := p.wrong(at, value); bad {
			errs = append(errs, e)
		}
	}
	return errs
}

func (p property) wrong(at string, value any) (fieldError, bool) {
	no := func(message, code string) (fieldError, bool) { return fieldError{at, message, code}, true }
	switch p.kind {
	case "string", "uuid":
		text, ok := value.(string)
		if !ok {
			return no("Input should be a valid string", "string_type")
		}
		if p.kind == "uuid" && !isUUID(text) {
			return no("Input should be a valid UUID", "uuid_parsing")
		}
		if len(p.enum) > 0 && !slices.Contains(p.enum, text) {
			return no("Input should be '"+strings.Join(p.enum, "' or '")+"'", "enum")
		}
	case "boolean":
		if _, ok := value.(bool); !ok {
			return no("Input should be a valid boolean", "bool_type")
		}
	case "object":
		if _, ok := value.(object); !ok {
			return no("Input should be a valid dictionary", "dict_type")
		}
	case "strings":
		list, ok := value.([]any)
		if !ok {
			return no("Input should be a valid list", "list_type")
		}
		for i, v := range list {
			if _, ok := v.(string); !ok {
				return fieldError{fmt.Sprintf("%s.%d", at, i), "Input should be a valid string", "string_type"}, true
			}
		}
	case "entities":
		return wrongEntities(at, value)
	}
	return fieldError{}, false
}

func wrongEntities(at string, value any) (fieldError, bool) {
	list, ok := value.([]any)
	if !ok {
		return fieldError{at, "Input should be a valid list", "list_type"}, true
	}
	for i, v := range list {
		item, ok := v.(object)
		if !ok {
			return fieldError{fmt.Sprintf("%s.%d", at, i), "Input should be a valid dictionary", "dict_type"}, true
		}
		if _, ok := item["entity"].(string); !ok {
			return fieldError{fmt.Sprintf("%s.%d.entity", at, i), "Field required", "missing"}, true
		}
		modes, _ := item["modes"].([]any)
		for _, m := range modes {
			if m != "read" && m != "write" {
				return fieldError{fmt.Sprintf("%s.%d.modes", at, i), "Input should be 'read' or 'write'", "enum"}, true
			}
		}
	}
	return fieldError{}, false
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(s) {
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if !strings.ContainsRune("0123456789abcdefABCDEF", rune(c)) {
				return false
			}
		}
	}
	return true
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// words prints a list the way the service's executor does.
func words(list []string) string {
	if len(list) == 0 {
		return "[]"
	}
	return "['" + strings.Join(list, "', '") + "']"
}

// number reads a finite number; text is not one.
func number(v any) (float64, bool) {
	switch n := v.(type) {
	case json.Number:
		f, err := n.Float64()
		return f, err == nil
	case int:
		return float64(n), true
	case int64:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}
