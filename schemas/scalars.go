package schemas

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"airbyte-agent-mcp/schemas/rawjson"
)

// maxDigits bounds the text of a number: no Go number needs as many digits.
const maxDigits = 400

// coerceNumber keeps the number that was sent, also from within a string. It
// never goes through a float: integers beyond 2^53 would change.
func coerceNumber(n *shape, at place, raw json.RawMessage, p *problems) json.RawMessage {
	literal := string(raw)
	if rawjson.KindOf(raw) == rawjson.String {
		literal = strings.TrimSpace(rawjson.Text(raw))
	}
	ok := len(literal) <= maxDigits && rawjson.IsNumber(literal)
	switch {
	case ok && n.kind == "integer":
		literal, ok = rawjson.Integer(literal)
	case ok && rawjson.IsZero(literal):
		literal = "0" // not 0e9999999, which other readers may refuse
	}
	if !ok || !n.holds(literal) || !n.admits(literal) {
		p.mismatch(at, n.wanted(), raw)
	}
	return json.RawMessage(literal)
}

// holds reports whether the Go number that n decodes into can hold the literal.
func (n *shape) holds(literal string) bool {
	var err error
	switch {
	case n.kind == "number":
		var f float64
		f, err = strconv.ParseFloat(literal, n.bits)
		if f == 0 && !rawjson.IsZero(literal) {
			return false // too small: it would decode to something else
		}
	case n.unsigned:
		_, err = strconv.ParseUint(literal, 10, n.bits)
	default:
		_, err = strconv.ParseInt(literal, 10, n.bits)
	}
	return err == nil
}

// admits reports whether the literal is within the limits of n, exactly, as
// validators compare.
func (n *shape) admits(literal string) bool {
	return (n.minimum == "" || rawjson.CompareNumbers([]byte(literal), []byte(n.minimum)) >= 0) &&
		(n.maximum == "" || rawjson.CompareNumbers([]byte(literal), []byte(n.maximum)) <= 0)
}

// coerceBoolean takes true and false in any case, also from within a string.
func coerceBoolean(n *shape, at place, raw json.RawMessage, p *problems) json.RawMessage {
	literal := strings.ToLower(string(raw))
	if rawjson.KindOf(raw) == rawjson.String {
		literal = strings.ToLower(strings.TrimSpace(rawjson.Text(raw)))
	}
	if literal != "true" && literal != "false" {
		p.mismatch(at, n.wanted(), raw)
	}
	return json.RawMessage(literal)
}

// coerceString keeps a string's bytes unless it is one of an enum or a time. A
// number, true or false becomes the string that looks like it.
func coerceString(n *shape, at place, raw json.RawMessage, p *problems) json.RawMessage {
	switch rawjson.KindOf(raw) {
	case rawjson.String:
	case rawjson.Object, rawjson.Array, rawjson.Null:
		p.mismatch(at, n.wanted(), raw)
		return raw
	default:
		raw = rawjson.Quote(string(raw))
	}
	if n.takesAnyString() {
		return raw
	}
	word := strings.TrimSpace(rawjson.Text(raw))
	if n.isTime {
		quoted := rawjson.Quote(word)
		if new(time.Time).UnmarshalJSON(quoted) != nil { // the type that will decode it decides
			p.mismatch(at, n.wanted(), raw)
		}
		return quoted
	}
	chosen, ok := choose(n.enum, word)
	if !ok {
		p.mismatch(at, n.wanted(), raw)
	}
	return rawjson.Quote(chosen)
}

// choose finds word among the values of an enum: exactly, or in another case if
// only one of them is meant.
func choose(enum []string, word string) (string, bool) {
	found, n := "", 0
	for _, v := range enum {
		if v == word {
			return v, true
		}
		if strings.EqualFold(v, word) {
			found = v
			n++
		}
	}
	return found, n == 1
}

// isBlank reports whether raw is a string of nothing but white space.
func isBlank(raw json.RawMessage) bool {
	return rawjson.KindOf(raw) == rawjson.String && strings.TrimSpace(rawjson.Text(raw)) == ""
}
