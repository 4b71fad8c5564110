package tools_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"airbyte-agent-mcp/schemas/rawjson"
)

// This file is how the scripted agent reads JSON.

// tree is JSON that was read.
type tree struct{ v any }

func parsed(t *testing.T, raw []byte) tree {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return tree{string(raw)} // an error, in words
	}
	return tree{v}
}

func (n tree) at(name string) tree {
	o, _ := n.v.(map[string]any)
	return tree{o[name]}
}

func (n tree) has(name string) bool { return n.at(name).v != nil }

func (n tree) text(name string) string {
	s, _ := n.at(name).v.(string)
	return s
}

func (n tree) list(name string) []tree {
	values, _ := n.at(name).v.([]any)
	var out []tree
	for _, v := range values {
		out = append(out, tree{v})
	}
	return out
}

func (n tree) texts(name string) []string {
	var out []string
	for _, v := range n.list(name) {
		if s, ok := v.v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// words are all texts in it, names of members included.
func (n tree) words() string { return string(rawjson.Of(n.v)) }

// leaf is one value in a record.
type leaf struct {
	path  string
	value any
}

// leaves are the values of a record that stand in no list, by path.
func (n tree) leaves() []leaf {
	var out []leaf
	var walk func(prefix string, v any)
	walk = func(prefix string, v any) {
		switch v := v.(type) {
		case map[string]any:
			names := make([]string, 0, len(v))
			for name := range v {
				names = append(names, name)
			}
			slices.Sort(names)
			for _, name := range names {
				walk(prefix+"."+name, v[name])
			}
		case []any:
		default:
			out = append(out, leaf{strings.TrimPrefix(prefix, "."), v})
		}
	}
	walk("", n.v)
	return out
}

// pathsFor are the paths that a word is likely to mean, the best first: the last
// part is the word, or has it as one of its words, or a part above is, or it
// stands within the last part.
func pathsFor(word string, fields []leaf, numbers bool) []string {
	said := termsOf(word)
	if len(said) == 0 {
		said = []string{word}
	}
	holds := func(terms []string) bool {
		return !slices.ContainsFunc(said, func(w string) bool { return !slices.Contains(terms, w) })
	}
	for _, fits := range []func(parts []string) bool{
		func(p []string) bool { return len(termsOf(p[len(p)-1])) == len(said) && holds(termsOf(p[len(p)-1])) },
		func(p []string) bool { return holds(termsOf(p[len(p)-1])) },
		func(p []string) bool { return holds(termsOf(strings.Join(p[:len(p)-1], " "))) },
		func(p []string) bool { return strings.Contains(strings.ToLower(p[len(p)-1]), strings.Join(said, "")) },
	} {
		var found []string
		for _, f := range fields {
			_, isNumber := f.value.(json.Number)
			if s, isText := f.value.(string); numbers && isText {
				isNumber = strings.Trim(s, "-.0123456789") == ""
			}
			if fits(strings.Split(f.path, ".")) && (isNumber || !numbers) {
				found = append(found, f.path)
			}
		}
		if len(found) > 0 {
			// Of the parts of one thing its name says most.
			slices.SortStableFunc(found, func(a, b string) int { return nameLast(b) - nameLast(a) })
			return found
		}
	}
	return nil
}

func nameLast(path string) int {
	if strings.HasSuffix(path, ".name") {
		return 1
	}
	return 0
}

// alike says whether a word of the question means a parameter: channel and
// channel_id, repository and repo, call and callIds.
func alike(word, param string) bool {
	for _, term := range splitWords(param) {
		term, said := stem(term), stem(strings.ReplaceAll(word, " ", ""))
		if term == said || len(term) >= 4 && strings.HasPrefix(said, term) {
			return true
		}
	}
	return false
}
