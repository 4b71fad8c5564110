package form

import (
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
	"airbyte-agent-mcp/server/connect/pagetext"
)

const (
	maxFields  = 200
	maxOptions = 30
	maxChoices = 300
	maxDepth   = 3
)

var ErrTooManyFields = errors.New("its form has too many fields")

type specReader struct {
	count       int
	oauthName   string // of the discriminator that means sign-in through Airbyte
	oauthValue  string
	flatOAuth   bool
	optionsHelp map[string]string
}

// ReadForm makes a form of a definition's spec, or of the schema of a template,
// which may be the spec's inner part alone.
func ReadForm(service string, spec json.RawMessage, tooltip json.RawMessage) (*Form, error) {
	outer := DecodeMembers(spec)
	inner := outer
	if outer.has("connectionSpecification") {
		inner = DecodeMembers(outer["connectionSpecification"])
	}
	if inner == nil {
		return nil, errors.New("it does not say how it is configured")
	}
	f := &Form{Service: pagetext.OneLine(service, 100), Docs: pagetext.WebLink(Member[string](outer, "documentationUrl"))}
	r := &specReader{}
	_ = json.Unmarshal(tooltip, &r.optionsHelp)
	f.Oauth = r.readAdvancedAuth(DecodeMembers(outer["advanced_auth"]))
	fields := r.properties(nil, "f", inner, 0)
	if r.count > maxFields {
		return nil, ErrTooManyFields
	}
	f.sort(fields)
	f.Impossible = f.Oauth && f.unfillable(r.flatOAuth)
	return f, nil
}

func (r *specReader) readAdvancedAuth(m members) bool {
	if m == nil {
		return false
	}
	if path := Member[[]string](m, "predicate_key"); len(path) > 0 {
		r.oauthName, r.oauthValue = path[len(path)-1], fmt.Sprint(m.value("predicate_value"))
	} else {
		r.flatOAuth = true
	}
	return true
}

var (
	// identity matches what goes with a secret without being one.
	identity = regexp.MustCompile(`(?i)^(e?mail|user|user_?name|login|(oauth_|app_)?client_id|app_id|api_key_id|access_key(_id)?|key_id)$`)
	// secretName matches what is a secret even where a spec forgets to say so.
	secretName = regexp.MustCompile(`(?i)(^|_)(password|passphrase|secret|token|api_?key|private_?key|access_?key|service_account(_info|_json)?)$`)
)

func (r *specReader) properties(path []string, name string, m members, depth int) []*Field {
	required := Member[[]string](m, "required")
	all := DecodeMembers(m["properties"])
	type ordered struct {
		key   string
		m     members
		order float64
	}
	var list []ordered
	for _, key := range slices.Sorted(maps.Keys(all)) {
		p := DecodeMembers(all[key])
		fixed := p.has("const") || len(p.enum()) == 1
		if p == nil || Member[bool](p, "airbyte_hidden") && !fixed {
			continue
		}
		order := 1e9
		if p.has("order") {
			order = Member[float64](p, "order")
		}
		list = append(list, ordered{key, p, order})
	}
	slices.SortStableFunc(list, func(a, b ordered) int { return cmp.Compare(a.order, b.order) })
	var fields []*Field
	for _, p := range list {
		if r.count++; r.count > maxFields {
			break
		}
		at := append(slices.Clone(path), p.key)
		fields = append(fields, r.field(at, name+"."+escaped(p.key), p.m, slices.Contains(required, p.key), depth))
	}
	return fields
}

func (r *specReader) field(path []string, name string, m members, required bool, depth int) *Field {
	key := path[len(path)-1]
	x := &Field{
		Key: key, path: path, name: name, Required: required,
		title:       cmp.Or(pagetext.OneLine(Member[string](m, "title"), 120), spaced(key)),
		help:        pagetext.Runs(Member[string](m, "description"), 1200),
		secret:      Member[bool](m, "airbyte_secret"),
		multiline:   Member[bool](m, "multiline"),
		patternHelp: pagetext.OneLine(Member[string](m, "pattern_descriptor"), 200),
		initial:     m.value("default"),
		min:         Member[*float64](m, "minimum"),
		max:         Member[*float64](m, "maximum"),
		maxLength:   Member[int](m, "maxLength"),
	}
	if len(x.help) == 1 && strings.EqualFold(strings.TrimSuffix(x.help[0].Text, "."), x.title) {
		x.help = nil // it says nothing new
	}
	if examples := Member[[]any](m, "examples"); len(examples) > 0 {
		x.placeholder = pagetext.OneLine(shownValue(examples[0]), 100)
	}
	if pattern := Member[string](m, "pattern"); pattern != "" && len(pattern) <= 1000 {
		x.pattern, _ = regexp.Compile(pattern) // others' dialects need not compile
	}
	if x.secret {
		x.initial = nil
	}
	r.shape(x, m, depth)
	if x.Kind == kindText && secretName.MatchString(key) {
		x.secret, x.initial = true, nil
	}
	if x.secret && x.Kind != kindGroup && x.Kind != kindOneOf && x.Kind != KindConstant {
		x.multiline = x.multiline || x.Kind == kindJSON || x.Kind == kindList
		x.placeholder = ""
	}
	return x
}

// Of asks the service for the definition, or the template, that a request names.
func Of(ctx context.Context, client *airbyteclient.Client, r Request) (*Form, error) {
	name, spec, tooltip, definition := "", json.RawMessage(nil), json.RawMessage(nil), r.DefinitionID
	if r.SourceTemplateID != "" {
		t, err := client.GetSourceTemplate(ctx, r.SourceTemplateID)
		if err != nil {
			return nil, err
		}
		name, spec, tooltip = t.Name, t.UserConfigSpec, t.AuthTooltip
		definition = cmp.Or(definition, t.SourceDefinitionID)
	}
	if len(DecodeMembers(spec)) == 0 {
		d, err := client.GetSourceDefinition(ctx, definition)
		if err != nil {
			return nil, err
		}
		name, spec = cmp.Or(d.Definition.Name, name), d.Definition.Spec
	}
	return ReadForm(name, spec, tooltip)
}
