package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode"
)

// operators lists the comparisons of a Context Store filter; and, or and not join them.
func operators() []string {
	return []string{"eq", "neq", "gt", "gte", "lt", "lte", "in", "like", "fuzzy", "keyword", "contains", "startswith", "endswith", "array_contains", "any", "not", "and", "or"}
}

// contextSearch searches what the Context Store holds, which is the world as it was
// synced: writes made since do not show, as they would not for hours in the service.
func (s *Sandbox) contextSearch(op operation) response {
	d := op.connector.definition
	if d.indexing {
		return failure(http.StatusBadRequest, fmt.Sprintf("Context Store for entity '%s' is not ready for search (status: loading). Use the 'list' action, or search again when inspect says ready_for_search.", op.entity.name))
	}
	rows := s.store.synced(d.slug, op.entity.rows())
	var warning any
	if d.woken {
		warning = object{
			"code": "context_store_inactive", "message": "The Context Store of this connector was paused for inactivity and has been woken by this search. Results may be stale until the next update.",
			"deactivated_at": stamp(epoch.AddDate(0, 0, -9)), "reactivated_at": stamp(epoch), "stale_since": stamp(epoch.AddDate(0, 0, -9)), "status_url": nil,
		}
	}
	limit, refusal := searchLimit(op.params)
	if refusal != "" {
		return failure(http.StatusBadRequest, refusal)
	}
	_, byQuery := op.params["query"]
	_, byMeaning := op.params["semantic"]
	switch {
	case byQuery && byMeaning:
		return failure(http.StatusBadRequest, "Parameters 'query' and 'semantic' are mutually exclusive")
	case byMeaning:
		return s.semanticSearch(op, rows, limit, warning)
	}
	query, _ := op.params["query"].(object)
	search := newSearch(op.entity.name, rows)
	rows, refusal = search.run(query)
	if refusal != "" {
		return failure(http.StatusBadRequest, refusal)
	}
	purpose := "search/" + op.connector.id + "/" + op.entity.name + "/" + signature(string(encode(query)))[:8]
	from, good := readCursor(purpose, text(op.params["cursor"]))
	if !good {
		return failure(http.StatusBadRequest, "Invalid cursor: it belongs to another search")
	}
	from = min(from, len(rows))
	to := min(from+limit, len(rows))
	meta := object{"has_more": to < len(rows), "cursor": nil, "took_ms": 4}
	if to < len(rows) {
		meta["cursor"] = cursor(purpose, to)
	}
	selected := op.selection
	if fields := fieldPaths(op.params["fields"]); len(selected.only) == 0 && fields != nil {
		selected.only = fields
	}
	return s.success(op.connector, object{"data": selected.join(rows[from:to]), "meta": meta}, nil, warning)
}

func searchLimit(params object) (int, string) {
	given, asked := params["limit"]
	if !asked || given == nil {
		return 10, ""
	}
	n, isNumber := asNumber(given)
	if !isNumber || n < 1 || n > 1000 {
		return 0, fmt.Sprintf("Invalid value '%s' for parameter 'limit'; expected an integer between 1 and 1000", plain(given))
	}
	return int(n), ""
}

// fieldPaths reads both forms of "fields": [["user","name"]] and ["user.name"].
func fieldPaths(v any) []string {
	list, _ := v.([]any)
	var paths []string
	for _, item := range list {
		if keys, nested := item.([]any); nested {
			paths = append(paths, strings.Join(texts(keys), "."))
		} else {
			paths = append(paths, text(item))
		}
	}
	return paths
}

// search is one search of one entity. It knows the fields there are, so that a
// mistyped one is an error instead of no results.
type search struct {
	entity string
	rows   []*record
	fields []string
}

func newSearch(entity string, rows []*record) *search {
	return &search{entity: entity, rows: rows, fields: fieldsOf(rows)}
}

func (q *search) run(query object) ([]*record, string) {
	for key := range query {
		if key != "filter" && key != "sort" {
			return nil, fmt.Sprintf("Invalid query: unknown key '%s'. Supported keys: ['filter', 'sort']", key)
		}
	}
	rows := q.rows
	if given, asked := query["filter"]; asked && given != nil {
		filter, isObject := given.(object)
		if !isObject {
			return nil, "Invalid filter: expected an object"
		}
		matches, refusal := q.compile(filter)
		if refusal != "" {
			return nil, refusal
		}
		rows = nil
		for _, r := range q.rows {
			if matches(r.fields) {
				rows = append(rows, r)
			}
		}
	}
	return q.sorted(rows, query["sort"])
}

func (q *search) sorted(rows []*record, given any) ([]*record, string) {
	keys, isList := given.([]any)
	if given != nil && !isList {
		return nil, `Invalid sort: expected a list such as [{"created": "desc"}]`
	}
	var order []sortKey
	for _, key := range keys {
		by, _ := key.(object)
		if len(by) != 1 {
			return nil, `Invalid sort: each key is one field with "asc" or "desc"`
		}
		for field, direction := range by {
			if direction != "asc" && direction != "desc" {
				return nil, fmt.Sprintf("Invalid sort order '%s' for field '%s'; expected one of: ['asc', 'desc']", plain(direction), field)
			}
			if !slices.Contains(q.fields, field) {
				return nil, q.unknownField(field)
			}
			order = append(order, sortKey{field, direction == "desc"})
		}
	}
	return inOrder(rows, order), ""
}

// inOrder sorts by the first key, among equals by the second, and so on.
func inOrder(rows []*record, order []sortKey) []*record {
	if len(order) == 0 {
		return rows
	}
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b *record) int {
		for _, key := range order {
			c := compare(a.lookup(key.field), b.lookup(key.field))
			if c != 0 && key.down {
				return -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})
	return rows
}

func (q *search) unknownField(field string) string {
	return fmt.Sprintf("Unknown field '%s' for entity '%s'. Available fields: %s", field, q.entity, words(fieldNames(documentedFields(q.rows))))
}

type predicate func(object) bool

// compile turns a filter into a predicate. Several operators in one object, and
// several fields under one operator, all must hold.
func (q *search) compile(filter object) (predicate, string) {
	var all []predicate
	for op, operand := range filter {
		p, refusal := q.operator(op, operand)
		if refusal != "" {
			return nil, refusal
		}
		all = append(all, p)
	}
	return func(o object) bool {
		for _, p := range all {
			if !p(o) {
				return false
			}
		}
		return true
	}, ""
}

func (q *search) operator(op string, operand any) (predicate, string) {
	if !slices.Contains(operators(), op) {
		return nil, fmt.Sprintf("Unknown operator '%s'. Supported operators: %s", op, words(operators()))
	}
	switch op {
	case "and", "or":
		return q.joined(op, operand)
	case "not":
		inner, isObject := operand.(object)
		if !isObject {
			return nil, "Invalid filter: 'not' takes an object"
		}
		p, refusal := q.compile(inner)
		return func(o object) bool { return !p(o) }, refusal
	}
	fields, isObject := operand.(object)
	if !isObject || len(fields) == 0 {
		return nil, fmt.Sprintf(`Invalid filter: '%s' takes an object such as {"%s": {"field": value}}`, op, op)
	}
	var all []predicate
	for field, value := range fields {
		if len(q.rows) > 0 && !slices.Contains(q.fields, field) {
			return nil, q.unknownField(field)
		}
		if _, isList := value.([]any); op == "in" && !isList {
			return nil, fmt.Sprintf("Invalid filter: 'in' takes a list of values for field '%s'", field)
		}
		if op == "any" {
			p, refusal := anyElement(field, value)
			if refusal != "" {
				return nil, refusal
			}
			all = append(all, p)
			continue
		}
		all = append(all, func(o object) bool {
			have, _ := dig(o, field)
			return holds(op, have, value)
		})
	}
	return func(o object) bool { return !slices.ContainsFunc(all, func(p predicate) bool { return !p(o) }) }, ""
}

func (q *search) joined(op string, operand any) (predicate, string) {
	list, isList := operand.([]any)
	if !isList {
		return nil, fmt.Sprintf("Invalid filter: '%s' takes a list of filters", op)
	}
	var parts []predicate
	for _, item := range list {
		inner, isObject := item.(object)
		if !isObject {
			return nil, fmt.Sprintf("Invalid filter: '%s' takes a list of filters", op)
		}
		p, refusal := q.compile(inner)
		if refusal != "" {
			return nil, refusal
		}
		parts = append(parts, p)
	}
	return func(o object) bool {
		for _, p := range parts {
			if p(o) != (op == "and") {
				return op == "or"
			}
		}
		return op == "and"
	}, ""
}

// anyElement matches when one element of a list field fits the nested filter, or,
// for plain elements, equals the value.
func anyElement(field string, value any) (predicate, string) {
	nested, isFilter := value.(object)
	var fits predicate
	if isFilter {
		var refusal string
		if fits, refusal = (&search{}).compile(nested); refusal != "" {
			return nil, refusal
		}
	}
	return func(o object) bool {
		have, _ := dig(o, field)
		list, _ := have.([]any)
		return slices.ContainsFunc(list, func(v any) bool {
			element, isObject := v.(object)
			return isFilter && isObject && fits(element) || !isFilter && same(v, value)
		})
	}, ""
}

func holds(op string, have, want any) bool {
	list, isList := have.([]any)
	switch op {
	case "eq":
		return same(have, want)
	case "neq":
		return !same(have, want)
	case "gt", "gte", "lt", "lte":
		if have == nil {
			return false
		}
		c := compare(have, want)
		return op == "gt" && c > 0 || op == "gte" && c >= 0 || op == "lt" && c < 0 || op == "lte" && c <= 0
	case "in":
		values, _ := want.([]any)
		return slices.ContainsFunc(values, func(v any) bool { return same(have, v) })
	case "array_contains":
		return slices.ContainsFunc(list, func(v any) bool { return same(v, want) })
	case "contains":
		if isList {
			return slices.ContainsFunc(list, func(v any) bool { return same(v, want) })
		}
		return strings.Contains(strings.ToLower(plain(have)), strings.ToLower(plain(want)))
	case "startswith":
		return have != nil && strings.HasPrefix(plain(have), plain(want))
	case "endswith":
		return have != nil && strings.HasSuffix(plain(have), plain(want))
	case "like":
		return have != nil && strings.Contains(plain(have), strings.Trim(plain(want), "%"))
	case "fuzzy":
		return fuzzy(have, want)
	}
	return keyword(have, want) // the one that is left
}

// tokens are the words of a value, lower-case and without punctuation.
func tokens(v any) []string {
	if list, isList := v.([]any); isList {
		var all []string
		for _, item := range list {
			all = append(all, tokens(item)...)
		}
		return all
	}
	return strings.FieldsFunc(strings.ToLower(plain(v)), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// fuzzy wants every word, in any order, whole or as a part of one.
func fuzzy(have, want any) bool {
	hay := tokens(have)
	needles := tokens(want)
	for _, needle := range needles {
		if !slices.ContainsFunc(hay, func(w string) bool { return strings.Contains(w, needle) }) {
			return false
		}
	}
	return len(needles) > 0
}

// keyword wants one of the words, whole.
func keyword(have, want any) bool {
	hay := tokens(have)
	return slices.ContainsFunc(tokens(want), func(w string) bool { return slices.Contains(hay, w) })
}
