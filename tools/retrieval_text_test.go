package tools

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// This file is how the scripted agent reads answers.

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
func (n tree) words() string { return string(encoded(n.v)) }

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

// descriptionSeen is what describe_connector told.
type descriptionSeen struct {
	entities []*entitySeen
	main     string // the entity of its first example
}

type entitySeen struct {
	name, readWith, words string
	actions               []*actionSeen
}

type actionSeen struct {
	name   string
	params []paramSeen
}

type paramSeen struct {
	name, kind string
	required   bool
}

var signature = regexp.MustCompile(`^([a-z_]+)\((.*)\)$`)

func readDescription(t *testing.T, answer string) *descriptionSeen {
	told := parsed(t, []byte(answer))
	shared := map[string]*actionSeen{}
	for _, s := range told.texts("signatures") {
		if a := readSignature(s); a != nil {
			shared[a.name] = a
		}
	}
	d := &descriptionSeen{}
	for _, example := range told.list("examples")[:min(1, len(told.list("examples")))] {
		d.main = example.at("arguments").text("entity")
	}
	for _, e := range told.list("entities") {
		seen := &entitySeen{name: e.text("entity"), readWith: e.text("read_with"), words: e.words()}
		if seen.readWith == "" {
			seen.readWith = told.text("read_with")
		}
		for _, s := range e.texts("actions") {
			a := readSignature(s)
			if a == nil {
				a = shared[s]
			}
			if a != nil {
				seen.actions = append(seen.actions, a)
			}
		}
		d.entities = append(d.entities, seen)
	}
	return d
}

func readSignature(s string) *actionSeen {
	parts := signature.FindStringSubmatch(s)
	if parts == nil {
		return nil
	}
	a := &actionSeen{name: parts[1]}
	for _, said := range strings.Split(parts[2], ", ") {
		name, kind, _ := strings.Cut(said, ":")
		short, required := strings.CutSuffix(name, "*")
		if short != "" {
			a.params = append(a.params, paramSeen{short, strings.TrimSpace(kind), required})
		}
	}
	return a
}

func (d *descriptionSeen) entity(name string) *entitySeen {
	for _, e := range d.entities {
		if e.name == name {
			return e
		}
	}
	return nil
}

// entityFor is the entity that the question is about: the one whose name it says
// most fully, and of these the one that its words fit best.
func (d *descriptionSeen) entityFor(q *plea) *entitySeen {
	var entries []entry
	for _, e := range d.entities {
		entries = append(entries, entry{e.name, e.words})
	}
	scores := newRanker(entries).scores(q.words())
	said := termsOf(q.words())
	var best *entitySeen
	most := -100.0
	for i, e := range d.entities {
		terms, hits, first := termsOf(e.name), 0.0, len(said)
		for _, term := range terms {
			if at := slices.Index(said, term); at >= 0 {
				hits++
				first = min(first, at)
			}
		}
		if hits == 0 || e.readWith == "none" && strings.HasSuffix(q.ask, "?") {
			continue
		}
		bonus := 0.0
		if e.partOfNamed(d, said) {
			bonus += 6 // the comments of a ticket are no tickets
		}
		if e.takes(q.values) {
			bonus += 5
		}
		score := bonus + 2*scores[i]/max(1, slices.Max(scores)) + 10*hits/float64(len(terms)) + 2*hits - 3*float64(min(first, 3))
		if score > most {
			best, most = e, score
		}
	}
	if best == nil {
		return d.entity(d.main)
	}
	return best
}

// partOfNamed tells whether the question names the entity in full, and another one
// whose identifier its list requires.
func (e *entitySeen) partOfNamed(d *descriptionSeen, said []string) bool {
	inFull := func(name string) bool {
		return !slices.ContainsFunc(termsOf(name), func(term string) bool { return !slices.Contains(said, term) })
	}
	list := e.action("list")
	if list == nil || !inFull(e.name) {
		return false
	}
	return slices.ContainsFunc(list.params, func(p paramSeen) bool {
		return p.required && slices.ContainsFunc(d.entities, func(o *entitySeen) bool { return o != e && inFull(o.name) && alike(stem(o.name), p.name) })
	})
}

// takes tells whether one of the values is among the legal ones of a parameter.
func (e *entitySeen) takes(values map[string]string) bool {
	for _, a := range e.actions {
		for _, p := range a.params {
			for slot, value := range values {
				if alike(slot, p.name) && slices.Contains(strings.Split(strings.ToLower(p.kind), "|"), strings.ToLower(value)) {
					return true
				}
			}
		}
	}
	return false
}

func (e *entitySeen) action(name string) *actionSeen {
	for _, a := range e.actions {
		if a.name == name {
			return a
		}
	}
	return nil
}

// bind gives values to the parameters that their words mean.
func (a *actionSeen) bind(values map[string]string) map[string]any {
	bound := map[string]any{}
	for _, p := range a.params {
		for slot, value := range values {
			if alike(slot, p.name) && p.kind != "object" {
				bound[p.name] = typed(p.kind, value)
			}
		}
	}
	return bound
}

func typed(kind, value string) any {
	if strings.HasPrefix(kind, "integer") {
		return json.Number(value)
	}
	return value
}

var hasDigit = regexp.MustCompile(`[0-9]`)

// identified is the reading action whose required parameters the question gives, all
// of them and an identifier among them.
func (e *entitySeen) identified(q *plea) (*actionSeen, map[string]any) {
	for _, name := range []string{"get", "list"} {
		a := e.action(name)
		if a == nil {
			continue
		}
		bound := a.bind(q.values)
		required, identifier := 0, false
		for _, p := range a.params {
			value, given := bound[p.name]
			if !p.required {
				delete(bound, p.name)
				continue
			}
			required++
			identifier = identifier || given && (name == "list" && required > 1 || hasDigit.MatchString(string(encoded(value))))
		}
		if required > 0 && len(bound) == required && identifier {
			return a, bound
		}
	}
	return nil, nil
}

// change is the action of the entity that changes something or gives a file, if the
// question asks for one or nothing else can be done with it.
func (d *descriptionSeen) change(q *plea, e *entitySeen) *actionSeen {
	said := uniqueTerms(q.ask)
	for _, a := range e.actions {
		if slices.Contains([]string{"create", "update", "delete", "download"}, a.name) && (slices.Contains(said, stem(a.name)) || e.readWith == "none") {
			return a
		}
	}
	return nil
}
