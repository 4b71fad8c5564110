package schemas

import (
	"airbyte-agent-mcp/schemas/rawjson"
	"bytes"
	"encoding/json"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// maxDigits bounds the text of a number: no Go number needs as many, and exact
// comparison costs time by the digit.
const maxDigits = 400

// number mends to the literal that was sent, never through a float: integers
// above 2^53 would change.
func (m *mender) number(n *shape, at place, raw json.RawMessage) json.RawMessage {
	literal := string(raw)
	if raw[0] == '"' {
		literal = strings.TrimSpace(rawjson.Text(raw))
	}
	ok := len(literal) <= maxDigits && numberPattern.MatchString(literal)
	switch {
	case ok && n.kind == "integer":
		literal, ok = wholeNumber(literal)
	case ok && isZero(literal):
		literal = "0" // not 0e9999999, which would take comparing ages
	}
	if !ok || !n.holds(literal) || !n.admits(literal) {
		m.unfit(n, at, raw)
	}
	return json.RawMessage(literal)
}

// wholeNumber writes an integer as encoding/json reads it, without fraction and
// exponent: 42.0 and 4.2e1 are 42. It moves digits and so is exact.
func wholeNumber(literal string) (string, bool) {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(literal), "e")
	shift := 0
	if exponent != "" {
		var err error
		if shift, err = strconv.Atoi(exponent); err != nil || shift > maxDigits || shift < -maxDigits {
			return "", false
		}
	}
	digits, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	digits, shift = whole+fraction, shift-len(fraction)
	for ; shift < 0; shift++ {
		rest, even := strings.CutSuffix(digits, "0")
		if !even && digits != "" {
			return "", false
		}
		digits = rest
	}
	digits = strings.TrimLeft(digits+strings.Repeat("0", shift), "0")
	switch {
	case digits == "":
		return "0", true
	case negative:
		return "-" + digits, true
	}
	return digits, true
}

// isZero says whether a number has no digit but 0 before its exponent.
func isZero(literal string) bool {
	mantissa, _, _ := strings.Cut(strings.ToLower(literal), "e")
	return !strings.ContainsAny(mantissa, "123456789")
}

// holds says whether the Go number of n can hold the literal.
func (n *shape) holds(literal string) bool {
	var err error
	switch {
	case n.kind == "number":
		var f float64
		f, err = strconv.ParseFloat(literal, n.size)
		if f == 0 && !isZero(literal) {
			return false // too small: it would decode to something else
		}
	case n.natural:
		_, err = strconv.ParseUint(literal, 10, n.size)
	default:
		_, err = strconv.ParseInt(literal, 10, n.size)
	}
	return err == nil
}

// admits says whether the literal keeps to the limits of n. Exact arithmetic
// agrees with validators; it is affordable because holds has bounded the
// exponent.
func (n *shape) admits(literal string) bool {
	return (n.minimum == "" || compare(literal, string(n.minimum)) >= 0) &&
		(n.maximum == "" || compare(literal, string(n.maximum)) <= 0)
}

func compare(a, b string) int {
	x, okx := new(big.Rat).SetString(a)
	y, oky := new(big.Rat).SetString(b)
	if !okx || !oky {
		return 0 // not reached: both are JSON numbers of bounded length and exponent
	}
	return x.Cmp(y)
}

// moment asks the type that will decode the time, so that both always agree.
func (m *mender) moment(n *shape, at place, mended, raw json.RawMessage) json.RawMessage {
	if new(time.Time).UnmarshalJSON(mended) != nil {
		m.unfit(n, at, raw)
	}
	return mended
}

// isNull says whether raw is JSON's null.
func isNull(raw json.RawMessage) bool { return raw[0] == 'n' }

// isBlank says whether raw is a string with nothing but white space in it.
func isBlank(raw json.RawMessage) bool {
	return raw[0] == '"' && len(bytes.TrimSpace([]byte(rawjson.Text(raw)))) == 0
}
