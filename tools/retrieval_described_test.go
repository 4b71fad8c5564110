package tools_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"airbyte-agent-mcp/schemas/rawjson"
)

// This file is how the scripted agent reads what describe_connector says.

// descriptionSeen is what describe_connector told.
type descriptionSeen struct {
	id       string
	entities []*entitySeen
	main     string // the entity of its first example
}

type entitySeen struct {
	name, about, readWith, words string
	actions                      []*actionSeen
	fields                       []leaf // as far as they are told, with a value of their type
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
	d := &descriptionSeen{id: told.text("connector_id")}
	for _, example := range told.list("examples")[:min(1, len(told.list("examples")))] {
		d.main = example.at("arguments").text("entity")
	}
	for _, e := range told.list("entities") {
		seen := &entitySeen{name: e.text("entity"), about: e.text("about"), readWith: e.text("read_with"), words: e.words()}
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
		seen.fields = toldFields(e.text("fields"))
		d.entities = append(d.entities, seen)
	}
	return d
}

// toldFields reads "id: integer, name, tags: array and 3 more".
func toldFields(told string) []leaf {
	var fields []leaf
	for _, said := range strings.Split(moreOf.ReplaceAllString(told, ""), ", ") {
		switch path, kind, _ := strings.Cut(said, ": "); {
		case path == "" || kind == "array" || kind == "object":
		case kind == "integer" || kind == "number":
			fields = append(fields, leaf{path, json.Number("0")})
		case kind == "boolean":
			fields = append(fields, leaf{path, false})
		default:
			fields = append(fields, leaf{path, ""})
		}
	}
	return fields
}

var moreOf = regexp.MustCompile(` and [0-9]+ more$`)

// ownerOf is the entity that is about the word and that a field of e points to,
// and this field.
func (d *descriptionSeen) ownerOf(e *entitySeen, word string) (owner *entitySeen, field string) {
	for _, o := range d.entities {
		if o == e || !slices.Contains(termsOf(o.name+" "+o.about), stem(word)) {
			continue
		}
		for _, f := range e.fields {
			if strings.HasSuffix(f.path, "_id") && alike(stem(strings.TrimSuffix(f.path, "_id")), o.name) {
				return o, f.path
			}
		}
	}
	return nil, ""
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
		entries = append(entries, entry{e.name, [3]string{e.name, e.about, e.words}})
	}
	if e := d.onlyTaker(q.values); e != nil {
		return e
	}
	scores := newRanker(entries).scores(q.words())
	said := termsOf(q.words())
	var best, about *entitySeen // about is the one that its description fits best
	most, byAbout := -100.0, 0.0
	for i, e := range d.entities {
		terms, hits, first := termsOf(e.name), 0.0, len(said)
		for _, term := range terms {
			if at := slices.Index(said, term); at >= 0 {
				hits++
				first = min(first, at)
			}
		}
		if e.readWith == "none" && strings.HasSuffix(q.ask, "?") {
			continue
		}
		if hits == 0 {
			if scores[i] > byAbout && e.serves(q) {
				about, byAbout = e, scores[i]
			}
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
	switch {
	case best != nil:
		return best
	case about != nil:
		return about
	}
	return d.entity(d.main)
}

// onlyTaker is the only entity with an action that takes all of several values,
// and needs no more.
func (d *descriptionSeen) onlyTaker(values map[string]string) *entitySeen {
	var found []*entitySeen
	for _, e := range d.entities {
		if slices.ContainsFunc(e.actions, func(a *actionSeen) bool {
			bound := a.bind(values)
			return len(values) > 1 && len(bound) == len(values) && a.fills(bound)
		}) {
			found = append(found, e)
		}
	}
	if len(found) != 1 {
		return nil
	}
	return found[0]
}

// fills tells whether there is a value for every required parameter; an ID can be
// looked up.
func (a *actionSeen) fills(bound map[string]any) bool {
	return !slices.ContainsFunc(a.params, func(p paramSeen) bool {
		return p.required && bound[p.name] == nil && !strings.HasSuffix(p.name, "Id")
	})
}

// serves tells whether the entity knows of all that was given, and can do what was
// asked for.
func (e *entitySeen) serves(q *plea) bool {
	told := termsOf(e.words)
	for slot := range q.values {
		taken := slices.ContainsFunc(e.actions, func(a *actionSeen) bool {
			return slices.ContainsFunc(a.params, func(p paramSeen) bool { return alike(slot, p.name) })
		})
		if slot != "about" && !taken && !slices.Contains(told, stem(slot)) {
			return false
		}
	}
	for _, verb := range []string{"create", "update", "delete", "download"} {
		if slices.Contains(uniqueTerms(q.ask), stem(verb)) {
			a := e.action(verb)
			return a != nil && a.fills(a.bind(q.values))
		}
	}
	return true
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
			identifier = identifier || given && (name == "list" && required > 1 || hasDigit.MatchString(string(rawjson.Of(value))))
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
