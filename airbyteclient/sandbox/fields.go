package sandbox

import (
	"cmp"
	"encoding/json"
	"slices"
	"sort"
	"strings"
)

// field is a value that records of an entity have.
type field struct{ path, kind string }

// fieldsOf lists the paths to everything in the records, sorted.
func fieldsOf(rows []*record) []string {
	seen := map[string]bool{}
	for _, r := range rows {
		eachField(r.fields, "", func(path string, _ any) { seen[path] = true })
	}
	paths := make([]string, 0, len(seen))
	for path := range seen {
		paths = append(paths, path)
	}
	sort.Strings(paths)
	return paths
}

func eachField(o object, prefix string, do func(path string, value any)) {
	for k, v := range o {
		do(prefix+k, v)
		if inner, isObject := v.(object); isObject {
			eachField(inner, prefix+k+".", do)
		}
	}
}

// documentedFields are the values that can be searched, as documentation lists
// them: without the objects around them, and what matters most first.
func documentedFields(rows []*record) []field {
	const looked = 200
	kinds := map[string]string{}
	for _, r := range rows[:min(len(rows), looked)] {
		eachField(r.fields, "", func(path string, value any) {
			if kinds[path] == "" {
				kinds[path] = kindOf(value)
			}
		})
	}
	var fields []field
	for path, kind := range kinds {
		if kind != "object" {
			fields = append(fields, field{path, cmp.Or(kind, "string")})
		}
	}
	within := wrapper(kinds)
	slices.SortFunc(fields, func(a, b field) int {
		return cmp.Or(cmp.Compare(a.weight(within), b.weight(within)), cmp.Compare(strings.Count(a.path, "."), strings.Count(b.path, ".")), cmp.Compare(a.path, b.path))
	})
	return fields
}

// kindOf is the JSON type of a value, empty for null.
func kindOf(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		return "boolean"
	case object:
		return "object"
	case []any:
		return "array"
	case int, int64:
		return "integer"
	case float64:
		return "number"
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			return "number"
		}
		return "integer"
	}
	return "string"
}

// weight puts first what a record is called by, then how it stands, then whose
// it is and when it was. What one thing of another is called, such as
// assignee.name, counts as that thing; the rest of it comes late. Within is what
// the service puts all of a record into, such as "properties.".
func (f field) weight(within string) int {
	main := strings.Fields("identifier number key name title subject login text status state stage priority amount score plan email role company organization customer assignee author owner user team project due date start created")
	late := 2*len(main) + 2
	parts := strings.Split(strings.ToLower(strings.TrimPrefix(f.path, within)), ".")
	last := parts[len(parts)-1]
	place := func(name string) int {
		name = strings.TrimSuffix(name, "_id")
		return slices.IndexFunc(main, func(word string) bool {
			return strings.HasSuffix(name, word) || strings.HasPrefix(name, word) && word != "number"
		})
	}
	switch at := place(parts[0]); {
	case len(parts) == 1 && (last == "id" || last == "ts"):
		return 0
	case last == "id":
		return late + 1
	case at < 0, len(parts) > 2:
		return late
	case len(parts) == 1:
		return 1 + 2*at
	case slices.Contains([]string{"name", "login", "value"}, last):
		return 2 + 2*at
	}
	return late
}

// wrapper is the path to where most of the nested fields are, if these are many.
func wrapper(kinds map[string]string) string {
	const many = 3
	within, all := map[string]int{}, 0
	for path := range kinds {
		if head, _, nested := strings.Cut(path, "."); nested {
			within[head]++
			all++
		}
	}
	for head, n := range within {
		if n >= many && 2*n > all {
			return head + "."
		}
	}
	return ""
}

func fieldNames(fields []field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.path
	}
	return names
}
