package schemas

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// plainKey is what remains of a key when its spelling is set aside: connectorId,
// connector-id and connector_id are one.
func plainKey(key string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' {
			return -1
		}
		return unicode.ToLower(r)
	}, key)
}

// find is the index of the field that key names, exactly or in another spelling
// of one field only; -1 when there is none.
func (n *shape) find(key string) int {
	if i := slices.IndexFunc(n.fields, func(p property) bool { return p.key == key }); i >= 0 {
		return i
	}
	if len(key) > 2*maxKey {
		return -1
	}
	found, plain := -1, plainKey(key)
	for i, p := range n.fields {
		if plainKey(p.key) == plain {
			if found >= 0 {
				return -1
			}
			found = i
		}
	}
	return found
}

// maxKey is the longest key the dialect has.
const maxKey = 64

// unknown tells of keys that no field has: each with the nearest field that was
// not given, and once the whole list.
func (m *mender) unknown(n *shape, at place, keys []string, got []json.RawMessage) {
	for i, key := range keys {
		if len(m.faults) == maxFaults { // no hints for what will not be told
			m.more += len(keys) - i
			return
		}
		var hints []string
		if near := n.nearest(key, got); near != "" {
			hints = append(hints, "did you mean "+strconv.Quote(near)+"?")
		}
		switch {
		case len(n.fields) == 0:
			hints = append(hints, "none is taken here")
		case i == 0:
			hints = append(hints, "valid: "+strings.Join(n.keys(), ", "))
		}
		message := "unknown argument " + strconv.Quote(clip(key))
		if len(hints) > 0 {
			message += ": " + strings.Join(hints, " ")
		}
		m.fault(at, "%s", message)
	}
}

// nearest is the field, among those not given, that key may have meant.
func (n *shape) nearest(key string, got []json.RawMessage) string {
	var absent []string
	for i, p := range n.fields {
		if got[i] == nil {
			absent = append(absent, p.key)
		}
	}
	return Nearest(key, absent)
}

// edits is the number of bytes to insert, delete, replace or swap with their
// neighbour to come from a to b.
func edits(a, b string) int {
	var before []int
	above := make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			change := 1
			if a[i] == b[j] {
				change = 0
			}
			row[j+1] = min(above[j+1]+1, row[j]+1, above[j]+change)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, above = above, row
	}
	return above[len(b)]
}
