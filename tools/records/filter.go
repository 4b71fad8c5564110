package records

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"airbyte-agent-mcp/schemas/rawjson"
)

// verdict is whether a record fits a filter. A live record may lack a field that
// the Context Store has, or name it otherwise: then it cannot be told.
type verdict int

const (
	fits verdict = iota
	fitsNot
	untold
)

// judge holds a record against a filter of the Context Store, by the operators
// that every version of the service has.
func judge(filter, record json.RawMessage) verdict {
	all := fits
	for operator, operand := range rawjson.Named(filter) {
		all = both(all, judgeOperator(operator, operand, record))
	}
	return all
}

func both(a, b verdict) verdict {
	switch {
	case a == fitsNot || b == fitsNot:
		return fitsNot
	case a == untold || b == untold:
		return untold
	}
	return fits
}

func negated(v verdict) verdict {
	switch v {
	case fits:
		return fitsNot
	case fitsNot:
		return fits
	}
	return untold
}

func judgeOperator(operator string, operand, record json.RawMessage) verdict {
	switch operator {
	case "not":
		return negated(judge(operand, record))
	case "and":
		all := fits
		for part := range rawjson.Elements(operand) {
			all = both(all, judge(part, record))
		}
		return all
	case "or":
		none := fits
		for part := range rawjson.Elements(operand) {
			none = both(none, negated(judge(part, record)))
		}
		return negated(none)
	}
	all := fits
	for name, want := range rawjson.Named(operand) {
		have := rawjson.Field(record, name)
		if have == nil {
			all = both(all, untold)
			continue
		}
		all = both(all, judgeValue(operator, have, want))
	}
	return all
}

func judgeValue(operator string, have, want json.RawMessage) verdict {
	switch operator {
	case "eq":
		return verdictOf(sameValue(have, want))
	case "neq":
		return verdictOf(!sameValue(have, want))
	case "gt", "gte", "lt", "lte":
		return judgeOrder(operator, have, want)
	case "in":
		return verdictOf(slices.ContainsFunc(slices.Collect(rawjson.Elements(want)), func(v json.RawMessage) bool { return sameValue(have, v) }))
	case "like":
		return verdictOf(rawjson.FirstByte(have) == '"' && strings.Contains(rawjson.Text(have), strings.Trim(rawjson.Text(want), "%")))
	case "startswith":
		return verdictOf(rawjson.FirstByte(have) == '"' && strings.HasPrefix(rawjson.Text(have), rawjson.Text(want)))
	case "endswith":
		return verdictOf(rawjson.FirstByte(have) == '"' && strings.HasSuffix(rawjson.Text(have), rawjson.Text(want)))
	case "fuzzy":
		return verdictOf(everyWord(have, want, strings.Contains))
	case "keyword":
		return verdictOf(slices.ContainsFunc(wordsOf(want), func(w string) bool { return slices.Contains(wordsOf(have), w) }))
	case "array_contains", "contains":
		if rawjson.FirstByte(have) == '[' {
			return verdictOf(slices.ContainsFunc(slices.Collect(rawjson.Elements(have)), func(v json.RawMessage) bool { return sameValue(v, want) }))
		}
		return verdictOf(rawjson.FirstByte(have) == '"' && strings.Contains(strings.ToLower(rawjson.Text(have)), strings.ToLower(rawjson.Text(want))))
	}
	return untold
}

func verdictOf(yes bool) verdict {
	if yes {
		return fits
	}
	return fitsNot
}

// judgeOrder compares only what has an order in common.
func judgeOrder(operator string, have, want json.RawMessage) verdict {
	numbers := exact(have) != nil && exact(want) != nil
	texts := rawjson.FirstByte(have) == '"' && rawjson.FirstByte(want) == '"'
	switch {
	case rawjson.FirstByte(have) == 'n':
		return fitsNot
	case !numbers && !texts:
		return untold
	}
	switch c := compareValues(have, want); operator {
	case "gt":
		return verdictOf(c > 0)
	case "gte":
		return verdictOf(c >= 0)
	case "lt":
		return verdictOf(c < 0)
	default:
		return verdictOf(c <= 0)
	}
}

func sameValue(a, b json.RawMessage) bool {
	if x, y := exact(a), exact(b); x != nil && y != nil {
		return x.Cmp(y) == 0
	}
	if rawjson.FirstByte(a) == '"' && rawjson.FirstByte(b) == '"' {
		return rawjson.Text(a) == rawjson.Text(b)
	}
	return string(a) == string(b)
}

// everyWord says whether every word wanted stands in one that is there.
func everyWord(have, want json.RawMessage, stands func(string, string) bool) bool {
	there, wanted := wordsOf(have), wordsOf(want)
	for _, w := range wanted {
		if !slices.ContainsFunc(there, func(h string) bool { return stands(h, w) }) {
			return false
		}
	}
	return len(wanted) > 0
}

// wordsOf are the words of a text, lower-case and without punctuation.
func wordsOf(v json.RawMessage) []string {
	said := rawjson.Text(v)
	if rawjson.FirstByte(v) != '"' {
		said = string(v)
	}
	return strings.FieldsFunc(strings.ToLower(said), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// filterFields are the fields that a filter looks at.
func filterFields(filter json.RawMessage) []string {
	var fields []string
	for operator, operand := range rawjson.Named(filter) {
		switch operator {
		case "and", "or":
			for part := range rawjson.Elements(operand) {
				fields = append(fields, filterFields(part)...)
			}
		case "not":
			fields = append(fields, filterFields(operand)...)
		default:
			for name := range rawjson.Named(operand) {
				fields = append(fields, name)
			}
		}
	}
	return fields
}
