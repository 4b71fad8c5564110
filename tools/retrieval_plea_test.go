package tools_test

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"airbyte-agent-mcp/schemas/rawjson"
)

// This file is what the scripted agent makes of a question.

// plea is what an agent makes of a question.
type plea struct {
	ask    string
	named  connectorList
	values map[string]string // slots that say which records
	roles  map[string]string // slots that say what to make of them: count, per, total, average, most, top, whose
}

func newPlea(ask string, slots map[string]string) *plea {
	q := &plea{ask: ask, values: map[string]string{}, roles: map[string]string{}}
	for name, value := range slots {
		switch name {
		case "count", "per", "total", "average", "most", "top", "whose":
			q.roles[name] = value
		default:
			q.values[name] = value
		}
	}
	if _, text := q.values["about"]; text {
		q.ask += " (text)" // what is about something is in words
	}
	if when, named := q.values["when"]; named && when == "overdue" { // what everybody means by it
		delete(q.values, "when")
		q.values["status"], q.values["due date"] = "open", "before today"
	}
	return q
}

// words are those of the question that are neither a value nor a connector's name.
func (q *plea) words() string {
	words := q.ask
	for _, value := range q.values {
		words = strings.ReplaceAll(words, value, " ")
	}
	for _, c := range q.named {
		for _, name := range strings.Fields(c.service + " " + c.name) {
			words = strings.ReplaceAll(words, name, " ")
		}
	}
	return words
}

// onlyFigures tells whether the question wants no records but what they come to.
func (q *plea) onlyFigures() bool {
	return len(q.roles) > 0 && q.roles["most"] == ""
}

// placed tells whether there is a field for everything that the question says.
func (q *plea) placed(fields []leaf) bool {
	for slot := range q.values {
		if pathsFor(slot, fields, false) == nil {
			return false
		}
	}
	for role, word := range q.roles {
		if role != "count" && pathsFor(word, fields, role == "total" || role == "average") == nil {
			return false
		}
	}
	return len(fields) > 0
}

// reduction is what the question wants instead of records.
func (q *plea) reduction(fields []leaf) map[string]any {
	one := func(word string, numbers bool) string {
		if found := pathsFor(word, fields, numbers); len(found) > 0 {
			return found[0]
		}
		return word
	}
	reduce := map[string]any{}
	for _, role := range slices.Sorted(maps.Keys(q.roles)) {
		switch word := q.roles[role]; role {
		case "count":
			reduce["count"] = true
		case "per":
			reduce["group_by"] = one(word, false)
		case "total":
			reduce["sum"] = one(word, true)
		case "average":
			reduce["avg"] = one(word, true)
		case "most":
			top, _ := strconv.Atoi(cmp.Or(q.roles["top"], "1"))
			reduce["top"], reduce["by"] = top, one(word, true)
		}
	}
	if len(reduce) == 0 {
		return nil
	}
	if reduce["group_by"] != nil {
		delete(reduce, "count")
	}
	return reduce
}

// condition is a filter for one value: on the field that has its name, or else on
// any that holds text.
func condition(slot, value string, fields []leaf) (filter any, used []string) {
	if day, ok := strings.CutPrefix(value, "before "); ok {
		return before(slot, day, fields)
	}
	used = pathsFor(slot, fields, false)
	var either []any
	for _, f := range fields {
		if _, isBool := f.value.(bool); isBool && slices.Contains(used, f.path) && slot == value {
			return map[string]map[string]bool{"eq": {f.path: true}}, []string{f.path}
		}
	}
	texts := slices.DeleteFunc(slices.Clone(fields), func(f leaf) bool { _, isText := f.value.(string); return !isText })
	named := slices.DeleteFunc(slices.Clone(texts), func(f leaf) bool { return !slices.Contains(used, f.path) })
	if len(named) == 0 {
		named = texts
	}
	used = nil
	for _, f := range named {
		either, used = append(either, map[string]map[string]string{"fuzzy": {f.path: strings.Join(content(value), " ")}}), append(used, f.path)
	}
	if len(either) == 1 {
		return either[0], used
	}
	return map[string]any{"or": either}, used
}

func content(value string) []string {
	return slices.DeleteFunc(strings.Fields(value), func(w string) bool { return slices.Contains(stopWords, strings.ToLower(w)) })
}

// before compares with today, as a number where dates are numbers.
func before(slot, day string, fields []leaf) (filter any, used []string) {
	for _, path := range pathsFor(slot, fields, false) {
		for _, f := range fields {
			if f.path != path {
				continue
			}
			today := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
			if _, isNumber := f.value.(json.Number); isNumber {
				return map[string]map[string]int64{"lt": {path: today.Unix()}}, []string{path}
			}
			return map[string]map[string]string{"lt": {path: today.Format(time.RFC3339)}}, []string{path}
		}
	}
	return map[string]map[string]string{"lt": {slot: day}}, nil
}

// shortFields are those worth returning: what was looked at, and what is short. Of
// many records only the first kind.
func shortFields(fields []leaf, wanted []string, many bool) []string {
	out := []string{"id"}
	add := func(path string) {
		if !slices.Contains(out, path) && len(out) < 20 {
			out = append(out, path)
		}
	}
	for _, f := range fields {
		size := len(rawjson.Of(f.value))
		if slices.Contains(wanted, f.path) && size < 200 || !many && size <= 60 {
			add(f.path)
		}
	}
	return out
}
