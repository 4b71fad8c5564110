package sandbox

import (
	"fmt"
	"slices"
	"strings"
)

// soql is a query of Salesforce. limit is less than 0 when there is none.
type soql struct {
	object        string
	fields        []string // nil: all that there are
	where         []clause
	order         []sortKey
	limit, offset int
}

func readSOQL(text string) (q soql, refusal string) {
	unexpected := func(word string) (soql, string) {
		if word == "" {
			word = "<EOF>"
		}
		return q, fmt.Sprintf("MALFORMED_QUERY: unexpected token: '%s'", word)
	}
	q.limit = -1
	r := readQuery(text)
	if !r.take("SELECT") {
		return unexpected(r.next().text)
	}
	for {
		field := r.value()
		q.fields = append(q.fields, field)
		if !r.take(",") {
			break
		}
	}
	if slices.ContainsFunc(q.fields, func(f string) bool { return strings.HasPrefix(strings.ToUpper(f), "FIELDS(") }) {
		q.fields = nil
	}
	if !r.take("FROM") {
		return unexpected(r.next().text)
	}
	q.object = r.next().text
	if r.take("WHERE") {
		var word string
		if q.where, word = r.clauses(); word != "" {
			return unexpected(word)
		}
	}
	if r.take("ORDER", "BY") {
		q.order = r.orders()
	}
	for _, part := range []struct {
		word string
		into *int
	}{{"LIMIT", &q.limit}, {"OFFSET", &q.offset}} {
		if !r.take(part.word) {
			continue
		}
		n := r.next().text
		offset, whole := plainOffset(n, nil)
		if !whole {
			return unexpected(n)
		}
		*part.into = offset
	}
	if !r.done() {
		return unexpected(r.next().text)
	}
	return q, ""
}

// run gives what the query finds, on all pages.
func (q soql) run(rows []*record) ([]*record, string) {
	if len(rows) == 0 {
		return nil, ""
	}
	fields := map[string]string{} // SOQL does not mind the case of names
	for _, f := range fieldsOf(rows[:1]) {
		fields[strings.ToLower(f)] = f
	}
	unknown := ""
	field := func(name string) string {
		known, found := fields[strings.ToLower(name)]
		if !found {
			unknown = name
		}
		return known
	}
	for i := range q.where {
		q.where[i].field = field(q.where[i].field)
	}
	for i := range q.order {
		q.order[i].field = field(q.order[i].field)
	}
	only := selection{only: []string{"attributes"}}
	for _, f := range q.fields {
		only.only = append(only.only, field(f))
	}
	if unknown != "" {
		return nil, fmt.Sprintf("INVALID_FIELD: No such column '%s' on entity '%s'.", unknown, q.object)
	}
	var found []*record
	for _, r := range rows {
		if !slices.ContainsFunc(q.where, func(c clause) bool { return !c.holds(r.lookup(c.field)) }) {
			found = append(found, r)
		}
	}
	found = inOrder(found, q.order)
	if q.fields != nil {
		for i, r := range found {
			found[i] = r.with(only.apply(r.fields))
		}
	}
	return found, ""
}
