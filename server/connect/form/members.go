package form

import (
	"airbyte-agent-mcp/server/connect/pagetext"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// members are those of an object of a spec. Specs are written by many hands:
// what is not as expected is as if it were not there.
type members map[string]json.RawMessage

func DecodeMembers(raw json.RawMessage) members {
	var m members
	if json.Unmarshal(raw, &m) != nil {
		return nil
	}
	return m
}

func Member[T any](m members, name string) T {
	var v T
	if json.Unmarshal(m[name], &v) != nil {
		var none T
		return none
	}
	return v
}

func (m members) has(name string) bool {
	raw := bytes.TrimSpace(m[name])
	return len(raw) > 0 && !bytes.Equal(raw, []byte("null"))
}

// value is a member as JSON says it, numbers as they are written.
func (m members) value(name string) any { return decodeValue(m[name]) }

func decodeValue(raw json.RawMessage) any {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil
	}
	return v
}

// kindOf reads type, which may be a list with "null" in it.
func (m members) kindOf() string {
	if s := Member[string](m, "type"); s != "" {
		return s
	}
	for _, s := range Member[[]string](m, "type") {
		if s != "null" {
			return s
		}
	}
	switch {
	case m.has("properties"):
		return "object"
	case m.has("items"):
		return "array"
	}
	return "string"
}

// escaped makes a key fit for the name and the ID of an input; different keys
// stay different.
func escaped(key string) string {
	var b strings.Builder
	for _, c := range []byte(key) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "~%02x", c)
		}
	}
	return b.String()
}

func (m members) enum() []choice {
	var list []choice
	for _, raw := range Member[[]json.RawMessage](m, "enum") {
		v := decodeValue(raw)
		if v == nil || len(list) == maxChoices {
			continue
		}
		list = append(list, choice{shownValue(v), v})
	}
	return list
}

// discriminator is the first property with only one possible value.
func (m members) discriminator() (name, value string) {
	properties := DecodeMembers(m["properties"])
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		p := DecodeMembers(properties[name])
		if p.has("const") {
			return name, shownValue(p.value("const"))
		}
		if enum := p.enum(); len(enum) == 1 {
			return name, enum[0].label
		}
	}
	return "", ""
}

// spaced is a title for what has none: start_date becomes Start date.
func spaced(key string) string {
	s := pagetext.OneLine(strings.NewReplacer("_", " ", "-", " ").Replace(key), 60)
	if s == "" {
		return "Unnamed"
	}
	first := []rune(s)
	return strings.ToUpper(string(first[0])) + string(first[1:])
}

// shownValue is a value of JSON as a person would type it.
func shownValue(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case []any:
		var lines []string
		for _, item := range v {
			lines = append(lines, shownValue(item))
		}
		return strings.Join(lines, "\n")
	case map[string]any:
		raw, _ := json.Marshal(v)
		return string(raw)
	}
	return fmt.Sprint(v)
}
