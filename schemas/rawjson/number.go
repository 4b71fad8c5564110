package rawjson

import (
	"bytes"
	"encoding/json"
	"math/big"
	"strconv"
	"strings"
)

// Numbers are handled as they are written and never become floats, so that
// integers beyond 2^53 and decimals stay exact.

// maxDigits bounds the length and the exponent of numbers that are reckoned
// with: others would fill the memory.
const maxDigits = 400

// IsNumber reports whether text is a number as JSON writes it.
func IsNumber(text string) bool {
	c := checker{data: []byte(text)}
	return c.number(0) == len(text)
}

// IsZero reports whether a number has no digit but 0 before its exponent.
func IsZero(number string) bool {
	mantissa, _, _ := strings.Cut(strings.ToLower(number), "e")
	return !strings.ContainsAny(mantissa, "123456789")
}

// Integer returns a whole number in the form that encoding/json reads into a Go
// integer, without fraction and exponent: 42 for 42.0 and for 4.2e1. It returns
// false for a number that is not whole or has more than a few hundred digits.
func Integer(number string) (string, bool) {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(number), "e")
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

// Rat returns the number that a value is, to reckon with, and nil for any other
// value and for numbers of more than a few hundred digits.
func Rat(v []byte) *big.Rat {
	if KindOf(v) != Number || len(v) > maxDigits {
		return nil
	}
	if at := bytes.IndexAny(v, "eE"); at >= 0 {
		if n, err := strconv.Atoi(string(v[at+1:])); err != nil || n < -maxDigits || n > maxDigits {
			return nil
		}
	}
	n, ok := new(big.Rat).SetString(string(v))
	if !ok {
		return nil
	}
	return n
}

// FromRat returns a number without an exponent: exact, or, where it has no end,
// to ten places.
func FromRat(n *big.Rat) json.RawMessage {
	places, finite := n.FloatPrec()
	if !finite {
		places = 10
	}
	return json.RawMessage(n.FloatString(places))
}

// CompareNumbers orders two numbers by their size, exactly, however many digits
// they have, and without allocating.
func CompareNumbers(a, b []byte) int {
	x, y := parseDecimal(a), parseDecimal(b)
	switch {
	case x.sign != y.sign:
		return compareInts(x.sign, y.sign)
	case x.sign == 0:
		return 0
	case x.point != y.point:
		return compareInts(x.point, y.point) * x.sign
	}
	for i := range max(x.len(), y.len()) {
		if c, d := x.digit(i), y.digit(i); c != d {
			return compareInts(int(c), int(d)) * x.sign
		}
	}
	return 0
}

func compareInts(a, b int) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// decimal is a number as sign × 0.digits × 10^point, the first digit not 0.
type decimal struct {
	sign            int // -1, 0 or 1
	whole, fraction []byte
	point           int
}

func parseDecimal(v []byte) decimal {
	d := decimal{sign: 1}
	if len(v) > 0 && v[0] == '-' {
		d.sign, v = -1, v[1:]
	}
	if at := bytes.IndexAny(v, "eE"); at >= 0 {
		d.point, v = parseExponent(v[at+1:]), v[:at]
	}
	d.whole, d.fraction, _ = bytes.Cut(v, []byte("."))
	d.whole = bytes.TrimLeft(d.whole, "0")
	d.point += len(d.whole)
	if len(d.whole) == 0 {
		before := len(d.fraction)
		d.fraction = bytes.TrimLeft(d.fraction, "0")
		d.point -= before - len(d.fraction)
		if len(d.fraction) == 0 {
			d.sign = 0
		}
	}
	return d
}

// parseExponent returns an exponent, bounded so that it can be added to a length.
func parseExponent(v []byte) int {
	const limit = 1 << 40
	negative := len(v) > 0 && v[0] == '-'
	n := 0
	for _, c := range bytes.TrimLeft(v, "+-") {
		if n = n*10 + int(c-'0'); n > limit {
			n = limit
		}
	}
	if negative {
		return -n
	}
	return n
}

func (d *decimal) len() int { return len(d.whole) + len(d.fraction) }

func (d *decimal) digit(i int) byte {
	switch {
	case i < len(d.whole):
		return d.whole[i]
	case i < d.len():
		return d.fraction[i-len(d.whole)]
	}
	return '0'
}
