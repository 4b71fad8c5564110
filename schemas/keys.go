package schemas

import (
	"airbyte-agent-mcp/schemas/safetext"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// find is the index of the field that key names, exactly or in another spelling
// of one field only; -1 when there is none.
func (n *shape) find(key string) int {
	if i := slices.IndexFunc(n.fields, func(p property) bool { return p.key == key }); i >= 0 {
		return i
	}
	if len(key) > 2*maxKey {
		return -1
	}
	found, plain := -1, safetext.PlainSpelling(key)
	for i, p := range n.fields {
		if safetext.PlainSpelling(p.key) == plain {
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
	return safetext.NearestWord(key, absent)
}
