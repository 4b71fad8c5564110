package form

import (
	"airbyte-agent-mcp/server/connect/pagetext"
	"cmp"
	"regexp"
	"slices"
)

// kind is how a field is filled in.
type kind string

// Form is what a definition asks of a person.
type Form struct {
	Service string
	Docs    string
	// Auth are the fields that authenticate: one choice, or plain fields.
	Auth     []*Field
	Settings []*Field
	// Oauth tells that a sign-in through Airbyte's own application is offered.
	Oauth bool
	// Impossible tells that it is the only way in.
	Impossible bool
}

// Field is one thing to fill in.
type Field struct {
	Key         string   // in the object that holds it
	path        []string // of keys, without the options on the way
	name        string   // of its input, the same for the same place in a definition
	Kind        kind
	title       string
	help        []pagetext.Run
	placeholder string
	Required    bool
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
	fields      []*Field
	options     []*option
}

type choice struct {
	label string
	value any
}

// option is one of the objects of a kindOneOf.
type option struct {
	key, title string
	help       []pagetext.Run
	fields     []*Field
	oauth      bool // filled by a sign-in, if Airbyte does it
}

// sort tells what authenticates from what configures: a choice of objects that
// hold secrets, or else secrets themselves with the names that go with them.
func (f *Form) sort(fields []*Field) {
	choice := slices.IndexFunc(fields, func(x *Field) bool {
		return (x.Kind == kindOneOf || x.Kind == kindGroup) && (x.Key == "credentials" || x.HoldsSecret())
	})
	for i, x := range fields {
		switch {
		case i == choice, choice < 0 && (x.HoldsSecret() || identity.MatchString(x.Key)):
			f.Auth = append(f.Auth, x)
		default:
			f.Settings = append(f.Settings, x)
		}
	}
	if choice < 0 && !slices.ContainsFunc(f.Auth, (*Field).HoldsSecret) {
		f.Auth, f.Settings = nil, fields
	}
	if choice >= 0 {
		f.Auth[0].Required = true
		// Airbyte's own sign-in cannot be done here: other ways go first.
		slices.SortStableFunc(f.Auth[0].options, func(a, b *option) int { return cmp.Compare(truth(a.oauth), truth(b.oauth)) })
	}
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// unfillable tells that no way to authenticate has anything to fill in.
func (f *Form) unfillable(flat bool) bool {
	if flat {
		return len(f.Auth) == 0
	}
	if len(f.Auth) != 1 || f.Auth[0].Kind != kindOneOf {
		return len(f.Auth) == 0
	}
	return !slices.ContainsFunc(f.Auth[0].options, func(o *option) bool { return !o.oauth || asks(o.fields) })
}

func asks(fields []*Field) bool {
	return slices.ContainsFunc(fields, func(x *Field) bool { return x.Kind != KindConstant })
}

func (x *Field) HoldsSecret() bool {
	if x.secret || slices.ContainsFunc(x.fields, (*Field).HoldsSecret) {
		return true
	}
	return slices.ContainsFunc(x.options, func(o *option) bool { return slices.ContainsFunc(o.fields, (*Field).HoldsSecret) })
}

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
	KindConstant kind = "constant" // not asked
)
