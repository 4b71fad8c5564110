package records

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"

	"airbyte-agent-mcp/schemas/rawjson"
)

// This file counts and orders JSON values as they are written: numbers of any
// size exactly, and texts that look like numbers as texts.

// exact is the number in a JSON value, nil where it is none. Numbers of absurd
// length or size are none: they would fill the memory.
func exact(v json.RawMessage) *big.Rat {
	if k := rawjson.FirstByte(v); k != '-' && (k < '0' || k > '9') || len(v) > 400 {
		return nil
	}
	if at := strings.IndexAny(string(v), "eE"); at >= 0 {
		if n, err := strconv.Atoi(string(v[at+1:])); err != nil || n < -400 || n > 400 {
			return nil
		}
	}
	n, ok := new(big.Rat).SetString(string(v))
	if !ok {
		return nil
	}
	return n
}

// plainNumber writes a number without an exponent: exactly, or, where it has no
// end, to ten places.
func plainNumber(n *big.Rat) json.RawMessage {
	places, finite := n.FloatPrec()
	if !finite {
		places = 10
	}
	return json.RawMessage(n.FloatString(places))
}

// ranked is the value if it has an order: numbers and texts have.
func ranked(value json.RawMessage) json.RawMessage {
	if exact(value) == nil && rawjson.FirstByte(value) != '"' {
		return nil
	}
	return value
}

// compareValues orders values: numbers by their size, before them texts by
// their letters, before these what has no order.
func compareValues(a, b json.RawMessage) int {
	x, y := exact(a), exact(b)
	switch {
	case x != nil && y != nil:
		return x.Cmp(y)
	case x != nil || y != nil:
		return orderOf(x != nil, y != nil)
	case rawjson.FirstByte(a) == '"' && rawjson.FirstByte(b) == '"':
		return strings.Compare(rawjson.Text(a), rawjson.Text(b))
	}
	return orderOf(rawjson.FirstByte(a) == '"', rawjson.FirstByte(b) == '"')
}

func orderOf(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
