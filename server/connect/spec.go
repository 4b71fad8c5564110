package connect

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"airbyte-agent-mcp/airbyteclient"
)

const (
	maxFields  = 200
	maxOptions = 30
	maxChoices = 300
	maxDepth   = 3
)

// kind is how a field is filled in.
type kind string

const (
	kindText     kind = "text"
	kindInteger  kind = "integer"
	kindNumber   kind = "number"
	kindBoolean  kind = "boolean"
	kindChoice   kind = "choice"   // one of a list
	kindChoices  kind = "choices"  // some of a list
	kindList     kind = "list"     // texts, one a line
	kindJSON     kind = "json"     // whatever else there is
	kindGroup    kind = "group"    // an object
	kindOneOf    kind = "oneof"    // one of several objects
	kindConstant kind = "constant" // not asked
)

// form is what a definition asks of a person.
type form struct {
	service string
	docs    string
	// auth are the fields that authenticate: one choice, or plain fields.
	auth     []*field
	settings []*field
	// oauth tells that a sign-in through Airbyte's own application is offered.
	oauth bool
	// impossible tells that it is the only way in.
	impossible bool
}

// field is one thing to fill in.
type field struct {
	key         string   // in the object that holds it
	path        []string // of keys, without the options on the way
	name        string   // of its input, the same for the same place in a definition
	kind        kind
	title       string
	help        []run
	placeholder string
	required    bool
	secret      bool
	multiline   bool
	date        bool // YYYY-MM-DD
	moment      bool // RFC 3339
	pattern     *regexp.Regexp
	patternHelp string
	min, max    *float64
	maxLength   int
	choices     []choice
	items       kind // of a list
	initial     any  // default, or value of a constant
	fields      []*field
	options     []*option
}

type choice struct {
	label string
	value any
}

// option is one of the objects of a kindOneOf.
type option struct {
	key, title string
	help       []run
	fields     []*field
	oauth      bool // filled by a sign-in, if Airbyte does it
}

// members are those of an object of a spec. Specs are written by many hands:
// what is not as expected is as if it were not there.
type members map[string]json.RawMessage

func decodeMembers(raw json.RawMessage) members {
	var m members
	if json.Unmarshal(raw, &m) != nil {
		return nil
	}
	return m
}

func member[T any](m members, name string) T {
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
	if s := member[string](m, "type"); s != "" {
		return s
	}
	for _, s := range member[[]string](m, "type") {
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

var errTooManyFields = errors.New("its form has too many fields")

type specReader struct {
	count       int
	oauthName   string // of the discriminator that means sign-in through Airbyte
	oauthValue  string
	flatOAuth   bool
	optionsHelp map[string]string
}

// readForm makes a form of a definition's spec, or of the schema of a template,
// which may be the spec's inner part alone.
func readForm(service string, spec json.RawMessage, tooltip json.RawMessage) (*form, error) {
	outer := decodeMembers(spec)
	inner := outer
	if outer.has("connectionSpecification") {
		inner = decodeMembers(outer["connectionSpecification"])
	}
	if inner == nil {
		return nil, errors.New("it does not say how it is configured")
	}
	f := &form{service: plain(service, 100), docs: webLink(member[string](outer, "documentationUrl"))}
	r := &specReader{}
	_ = json.Unmarshal(tooltip, &r.optionsHelp)
	f.oauth = r.readAdvancedAuth(decodeMembers(outer["advanced_auth"]))
	fields := r.properties(nil, "f", inner, 0)
	if r.count > maxFields {
		return nil, errTooManyFields
	}
	f.sort(fields)
	f.impossible = f.oauth && f.unfillable(r.flatOAuth)
	return f, nil
}

func (r *specReader) readAdvancedAuth(m members) bool {
	if m == nil {
		return false
	}
	if path := member[[]string](m, "predicate_key"); len(path) > 0 {
		r.oauthName, r.oauthValue = path[len(path)-1], fmt.Sprint(m.value("predicate_value"))
	} else {
		r.flatOAuth = true
	}
	return true
}

// sort tells what authenticates from what configures: a choice of objects that
// hold secrets, or else secrets themselves with the names that go with them.
func (f *form) sort(fields []*field) {
	choice := slices.IndexFunc(fields, func(x *field) bool {
		return (x.kind == kindOneOf || x.kind == kindGroup) && (x.key == "credentials" || x.holdsSecret())
	})
	for i, x := range fields {
		switch {
		case i == choice, choice < 0 && (x.holdsSecret() || identity.MatchString(x.key)):
			f.auth = append(f.auth, x)
		default:
			f.settings = append(f.settings, x)
		}
	}
	if choice < 0 && !slices.ContainsFunc(f.auth, (*field).holdsSecret) {
		f.auth, f.settings = nil, fields
	}
	if choice >= 0 {
		f.auth[0].required = true
		// Airbyte's own sign-in cannot be done here: other ways go first.
		slices.SortStableFunc(f.auth[0].options, func(a, b *option) int { return cmp.Compare(truth(a.oauth), truth(b.oauth)) })
	}
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// unfillable tells that no way to authenticate has anything to fill in.
func (f *form) unfillable(flat bool) bool {
	if flat {
		return len(f.auth) == 0
	}
	if len(f.auth) != 1 || f.auth[0].kind != kindOneOf {
		return len(f.auth) == 0
	}
	return !slices.ContainsFunc(f.auth[0].options, func(o *option) bool { return !o.oauth || asks(o.fields) })
}

func asks(fields []*field) bool {
	return slices.ContainsFunc(fields, func(x *field) bool { return x.kind != kindConstant })
}

func (x *field) holdsSecret() bool {
	if x.secret || slices.ContainsFunc(x.fields, (*field).holdsSecret) {
		return true
	}
	return slices.ContainsFunc(x.options, func(o *option) bool { return slices.ContainsFunc(o.fields, (*field).holdsSecret) })
}

var (
	// identity matches what goes with a secret without being one.
	identity = regexp.MustCompile(`(?i)^(e?mail|user|user_?name|login|(oauth_|app_)?client_id|app_id|api_key_id|access_key(_id)?|key_id)$`)
	// secretName matches what is a secret even where a spec forgets to say so.
	secretName = regexp.MustCompile(`(?i)(^|_)(password|passphrase|secret|token|api_?key|private_?key|access_?key|service_account(_info|_json)?)$`)
)

func (r *specReader) properties(path []string, name string, m members, depth int) []*field {
	required := member[[]string](m, "required")
	all := decodeMembers(m["properties"])
	type ordered struct {
		key   string
		m     members
		order float64
	}
	var list []ordered
	for _, key := range slices.Sorted(maps.Keys(all)) {
		p := decodeMembers(all[key])
		fixed := p.has("const") || len(p.enum()) == 1
		if p == nil || member[bool](p, "airbyte_hidden") && !fixed {
			continue
		}
		order := 1e9
		if p.has("order") {
			order = member[float64](p, "order")
		}
		list = append(list, ordered{key, p, order})
	}
	slices.SortStableFunc(list, func(a, b ordered) int { return cmp.Compare(a.order, b.order) })
	var fields []*field
	for _, p := range list {
		if r.count++; r.count > maxFields {
			break
		}
		at := append(slices.Clone(path), p.key)
		fields = append(fields, r.field(at, name+"."+escaped(p.key), p.m, slices.Contains(required, p.key), depth))
	}
	return fields
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

func (r *specReader) field(path []string, name string, m members, required bool, depth int) *field {
	key := path[len(path)-1]
	x := &field{
		key: key, path: path, name: name, required: required,
		title:       cmp.Or(plain(member[string](m, "title"), 120), spaced(key)),
		help:        runs(member[string](m, "description"), 1200),
		secret:      member[bool](m, "airbyte_secret"),
		multiline:   member[bool](m, "multiline"),
		patternHelp: plain(member[string](m, "pattern_descriptor"), 200),
		initial:     m.value("default"),
		min:         member[*float64](m, "minimum"),
		max:         member[*float64](m, "maximum"),
		maxLength:   member[int](m, "maxLength"),
	}
	if len(x.help) == 1 && strings.EqualFold(strings.TrimSuffix(x.help[0].Text, "."), x.title) {
		x.help = nil // it says nothing new
	}
	if examples := member[[]any](m, "examples"); len(examples) > 0 {
		x.placeholder = plain(shownValue(examples[0]), 100)
	}
	if pattern := member[string](m, "pattern"); pattern != "" && len(pattern) <= 1000 {
		x.pattern, _ = regexp.Compile(pattern) // others' dialects need not compile
	}
	if x.secret {
		x.initial = nil
	}
	r.shape(x, m, depth)
	if x.kind == kindText && secretName.MatchString(key) {
		x.secret, x.initial = true, nil
	}
	if x.secret && x.kind != kindGroup && x.kind != kindOneOf && x.kind != kindConstant {
		x.multiline = x.multiline || x.kind == kindJSON || x.kind == kindList
		x.placeholder = ""
	}
	return x
}

// shape finds out how x is filled in.
func (r *specReader) shape(x *field, m members, depth int) {
	variants := member[[]json.RawMessage](m, "oneOf")
	if variants == nil {
		variants = member[[]json.RawMessage](m, "anyOf")
	}
	enum := m.enum()
	switch {
	case m.has("const"):
		x.kind, x.initial = kindConstant, m.value("const")
	case len(enum) == 1 && m.kindOf() == "string" && !x.secret:
		x.kind, x.initial = kindConstant, enum[0].value
	case len(enum) > 0:
		x.kind, x.choices = kindChoice, enum
	case len(variants) > 0:
		r.variants(x, variants, depth)
	default:
		r.shapeByType(x, m, depth)
	}
}

func (r *specReader) shapeByType(x *field, m members, depth int) {
	switch m.kindOf() {
	case "integer":
		x.kind = kindInteger
	case "number":
		x.kind = kindNumber
	case "boolean":
		x.kind = kindBoolean
	case "array":
		items := decodeMembers(m["items"])
		x.kind, x.items = kindList, kind(items.kindOf())
		switch of := items.kindOf(); {
		case len(items.enum()) > 0:
			x.kind, x.choices = kindChoices, items.enum()
		case of == "string":
			x.items = kindText
		case of == "object" || of == "array" || of == "boolean":
			x.kind = kindJSON
		}
	case "object":
		if x.kind = kindJSON; m.has("properties") && depth < maxDepth && !x.secret {
			x.kind, x.fields = kindGroup, r.properties(x.path, x.name, m, depth+1)
		}
	case "string":
		x.kind = kindText
		switch member[string](m, "format") {
		case "date":
			x.date = true
		case "date-time":
			x.moment = true
		}
	default:
		x.kind = kindJSON
	}
}

func (m members) enum() []choice {
	var list []choice
	for _, raw := range member[[]json.RawMessage](m, "enum") {
		v := decodeValue(raw)
		if v == nil || len(list) == maxChoices {
			continue
		}
		list = append(list, choice{shownValue(v), v})
	}
	return list
}

// variants reads oneOf: objects are options, other types are left to JSON or,
// if one is a text, to a text.
func (r *specReader) variants(x *field, list []json.RawMessage, depth int) {
	if len(list) > maxOptions || depth >= maxDepth {
		x.kind = kindJSON
		return
	}
	x.kind = kindOneOf
	for i, raw := range list {
		m := decodeMembers(raw)
		if m.kindOf() != "object" {
			x.kind, x.options = kindJSON, nil
			if m.kindOf() == "string" {
				x.kind = kindText
			}
			return
		}
		o := &option{key: fmt.Sprint(i), title: cmp.Or(plain(member[string](m, "title"), 120), fmt.Sprintf("Option %d", i+1)), help: runs(member[string](m, "description"), 600)}
		name, value := m.discriminator()
		if name != "" {
			o.key = escaped(value)
		}
		if slices.ContainsFunc(x.options, func(other *option) bool { return other.key == o.key }) {
			o.key = fmt.Sprintf("%s~%d", o.key, i)
		}
		o.oauth = r.oauthName != "" && name == r.oauthName && value == r.oauthValue
		if help := r.optionsHelp[value]; help != "" && len(o.help) == 0 {
			o.help = runs(help, 600)
		}
		o.fields = r.properties(x.path, x.name+"."+o.key, m, depth+1)
		x.options = append(x.options, o)
	}
}

// discriminator is the first property with only one possible value.
func (m members) discriminator() (name, value string) {
	properties := decodeMembers(m["properties"])
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		p := decodeMembers(properties[name])
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
	s := plain(strings.NewReplacer("_", " ", "-", " ").Replace(key), 60)
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

// formOf asks the service for the definition, or the template, that a request names.
func formOf(ctx context.Context, client *airbyteclient.Client, r Request) (*form, error) {
	name, spec, tooltip, definition := "", json.RawMessage(nil), json.RawMessage(nil), r.DefinitionID
	if r.SourceTemplateID != "" {
		t, err := client.GetSourceTemplate(ctx, r.SourceTemplateID)
		if err != nil {
			return nil, err
		}
		name, spec, tooltip = t.Name, t.UserConfigSpec, t.AuthTooltip
		definition = cmp.Or(definition, t.SourceDefinitionID)
	}
	if len(decodeMembers(spec)) == 0 {
		d, err := client.GetSourceDefinition(ctx, definition)
		if err != nil {
			return nil, err
		}
		name, spec = cmp.Or(d.Definition.Name, name), d.Definition.Spec
	}
	return readForm(name, spec, tooltip)
}
