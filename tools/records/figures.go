package records

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"

	"airbyte-agent-mcp/schemas/rawjson"
)

// This file reckons with the values of one field. Some services write all
// numbers as texts, and a field may hold numbers in one record and words in the
// next: figures are kept of each form, and which are told is decided at the end.

// The forms in which a value is written.
const (
	asNumber = iota // 98500
	asDigits        // "98500"
	asWords         // "ada", "2026-01-02"
)

// isFigure reports whether a text is a number of up to 300 digits, and 100
// behind the point.
func isFigure(text string) bool {
	whole, fraction, pointed := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	return digits(whole, 300) && (!pointed || digits(fraction, 100))
}

// digits reports whether a text is one to most digits.
func digits(text string, most int) bool {
	return len(text) >= 1 && len(text) <= most && strings.Trim(text, "0123456789") == ""
}

// formOf is how a value is written; not ok is what has no order, and the empty
// text, by which services mean that there is none.
func formOf(v json.RawMessage) (form int, ok bool) {
	switch {
	case exact(v) != nil:
		return asNumber, true
	case rawjson.FirstByte(v) != '"' || rawjson.Text(v) == "":
		return 0, false
	case isFigure(rawjson.Text(v)):
		return asDigits, true
	}
	return asWords, true
}

// reckonable is the number in a value of either form, nil where it is none.
func reckonable(v json.RawMessage) *big.Rat {
	if rawjson.FirstByte(v) == '"' && isFigure(rawjson.Text(v)) {
		n, _ := new(big.Rat).SetString(rawjson.Text(v))
		return n
	}
	return exact(v)
}

// compareIn orders two values of the same form.
func compareIn(form int, a, b json.RawMessage) int {
	if form == asDigits {
		return reckonable(a).Cmp(reckonable(b))
	}
	return compareValues(a, b)
}

// column is how the values of a field are written.
type column struct{ values [3]int }

func (c *column) add(v json.RawMessage) {
	if form, ok := formOf(v); ok {
		c.values[form]++
	}
}

// form is that of the values to compare: numbers if there are any, then numbers
// written as texts.
func (c *column) form() int {
	switch {
	case c.values[asNumber] > 0:
		return asNumber
	case c.values[asDigits] > 0:
		return asDigits
	}
	return asWords
}

// reckoned is the form of the values that are added up.
func (c *column) reckoned() int {
	if form := c.form(); form != asWords {
		return form
	}
	return asNumber
}

// notes say what was made of values that are not plain numbers.
func (r *reduction) notes() []string {
	var notes []string
	for _, f := range r.figures {
		all, form := f.values[asNumber]+f.values[asDigits]+f.values[asWords], f.form()
		switch {
		case all == 0:
			continue
		case form == asWords && f.name == "by":
			notes = append(notes, fmt.Sprintf("%s holds texts and no numbers: ranked as texts.", f.path))
		case form == asWords && (f.name == "sum" || f.name == "avg"):
			notes = append(notes, fmt.Sprintf("%s holds texts and no numbers.", f.path))
		case form == asDigits:
			notes = append(notes, fmt.Sprintf("%s holds numbers written as texts: read as numbers.", f.path))
		}
		switch left := all - f.values[form]; {
		case left == 0:
		case form == asNumber:
			notes = append(notes, fmt.Sprintf("%d of %d values of %s are texts, not numbers, and were left out.", left, all, f.path))
		default:
			notes = append(notes, fmt.Sprintf("%d of %d values of %s are not numbers and were left out.", left, all, f.path))
		}
	}
	return notes
}

// total is an exact sum.
type total struct {
	sum   big.Rat
	count int
}

func (t *total) add(value json.RawMessage) {
	if n := reckonable(value); n != nil {
		t.sum.Add(&t.sum, n)
		t.count++
	}
}

func (t *total) join(o *total) {
	t.sum.Add(&t.sum, &o.sum)
	t.count += o.count
}

func (t *total) mean() json.RawMessage {
	if t.count == 0 {
		return json.RawMessage("null")
	}
	return plainNumber(new(big.Rat).Quo(&t.sum, big.NewRat(int64(t.count), 1)))
}

// extreme is the least or the largest of the values of one form.
type extreme struct {
	value json.RawMessage
	count int
}

func (e *extreme) take(form int, value json.RawMessage, sign int) {
	e.count++
	if e.value == nil || compareIn(form, value, e.value)*sign > 0 {
		e.value = bytes.Clone(value)
	}
}

func (e *extreme) join(form int, o extreme, sign int) {
	if e.value == nil || o.value != nil && compareIn(form, o.value, e.value)*sign > 0 {
		e.value = o.value
	}
	e.count += o.count
}

func (e *extreme) json() json.RawMessage {
	if rawjson.FirstByte(e.value) == '"' && isFigure(rawjson.Text(e.value)) {
		return plainNumber(reckonable(e.value))
	}
	return json.RawMessage(cmp.Or(string(e.value), "null"))
}
