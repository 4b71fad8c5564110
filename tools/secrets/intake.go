package secrets

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/refusal"
)

// slot says what an argument takes of secrets.
type slot struct {
	secret bool // all of it is
	config bool // it holds settings: those are secret that are named or marked so
	ruled  bool // --credentials rules what it takes, and values in it may be references
}

// slots are the arguments that take secrets, of whatever tool. All others take
// none.
var slots = map[string]slot{
	"credentials":                 {secret: true, ruled: true},
	"configuration":               {secret: true, ruled: true},
	"replication_config":          {config: true, ruled: true},
	"environment":                 {config: true, ruled: true},
	"partial_default_config":      {config: true, ruled: true},
	"destination_config":          {config: true, ruled: true},
	"customization":               {config: true},
	"token":                       {secret: true},
	"server_side_oauth_secret_id": {secret: true},
}

const (
	// minSecret is the length from which a text is blanked in what comes back: a
	// shorter one would blank ordinary words.
	minSecret = 6
	// maxLookedInto is how deep arguments are looked into value by value; what is
	// deeper is looked at as a text.
	maxLookedInto = 66
)

// dataSecret matches the names of what is secret also among data, where most of
// what is named key or token is none.
var dataSecret = regexp.MustCompile(`(?i)(passw(or)?d|passphrase|secret|private_?key|secret_?key|api_?key|(access|refresh|auth|bearer)_?token)$`)

// intake goes through the arguments of a call and finds the secrets in them.
type intake struct {
	policy     Policy
	tool       string
	texts      map[string]bool // the secrets
	places     map[string]bool // where they stand, by spot.key
	names      map[string]bool // of members: what is one is no secret
	plain      string          // where the first stands that is ruled; empty if none does
	unsure     []doubt         // settings that are secret if they are marked so
	references []doubt         // objects that name a secret
	unmarked   []doubt         // those of them that stand where no secret is known to
	wrong      error           // the first reason not to make the call
}

// spot is where in the arguments a value stands.
type spot struct {
	slot
	path, name string
	key        string // the exact names on the way, each after a NUL
	within     bool   // something that is secret
	depth      int
}

// doubt is a setting that is no secret by its name.
type doubt struct {
	spot
	value, kind string // kind is what it looks like; empty for nothing known
}

// newIntake goes through arguments as far as names and looks tell.
func newIntake(policy Policy, tool string, arguments json.RawMessage) *intake {
	in := &intake{policy: policy, tool: tool, texts: map[string]bool{}, places: map[string]bool{}, names: map[string]bool{}}
	in.look(rawjson.Trim(arguments), spot{})
	return in
}

// settle ends the doubts by what is marked as secret.
func (in *intake) settle(marked Redactor) {
	for _, d := range in.unsure {
		switch {
		case marked.Marked[strings.ToLower(d.name)]:
			in.secret(d.value, d.spot)
		case d.kind != "":
			in.misplaced(d.path, d.kind)
		}
	}
	for _, d := range in.unmarked {
		if !marked.Marked[strings.ToLower(d.name)] && in.wrong == nil {
			in.wrong = refusal.New("%s names a secret, and is no secret itself as far as is known: what stands there can be read again.", d.path).
				Next("Nothing was sent. Name secrets in credentials, and in settings that the service's specification marks as secret.")
		}
	}
}

// FindIn are the secrets in arguments that may not fit their tool, as far as
// they can be told without asking anybody.
func FindIn(arguments json.RawMessage) *Set {
	in := newIntake(Policy{}, "", arguments)
	for token := range tokensIn(string(arguments)) {
		in.texts[token] = true
	}
	return in.secrets()
}

func (in *intake) secrets() *Set {
	for name, plain := range in.names {
		if plain {
			delete(in.texts, name)
		}
	}
	return NewSet(in.texts)
}

func (in *intake) look(v json.RawMessage, at spot) {
	if at.depth++; at.depth > maxLookedInto {
		in.leaf(string(v), at)
		return
	}
	switch rawjson.FirstByte(v) {
	case '{':
		if at.ruled && isReference(v) {
			in.reference(v, at)
			return
		}
		for name, value := range rawjson.Named(v) {
			in.look(value, in.member(name, at))
		}
	case '[':
		n := 0
		for value := range rawjson.Elements(v) {
			inner := at
			inner.path, inner.key = rawjson.JoinPath(at.path, strconv.Itoa(n)), at.key+"\x00"+strconv.Itoa(n)
			in.look(value, inner)
			n++
		}
	case '"':
		value := rawjson.Text(v)
		if inner := rawjson.Trim([]byte(value)); (rawjson.FirstByte(inner) == '{' || rawjson.FirstByte(inner) == '[') && json.Valid(inner) {
			in.look(inner, at)
		}
		in.leaf(value, at)
	case 0, 'n', 't', 'f':
	default:
		in.leaf(string(v), at)
	}
}

// member goes to one of an object. A secret may be given as a name, too.
func (in *intake) member(name string, at spot) spot {
	inner := at
	if at.depth == 1 {
		if inner.slot = slots[name]; name == "continuation" && in.tool == ReadMoreName {
			inner.slot = slot{secret: true} // sealed here
		}
		inner.within = inner.secret
	} else if at.slot != (slot{}) {
		inner.within = at.within || Redactor{}.IsSecret(name)
	}
	inner.within = inner.within && !PlainKey.MatchString(name)
	inner.name, inner.key = name, at.key+"\x00"+name
	inner.path = rawjson.JoinPath(at.path, safetext.Line(WithoutTokens(name), 100))
	in.names[name] = true
	for token, kind := range tokensIn(name) {
		in.texts[token], in.names[name] = true, false
		in.misplaced(inner.path, kind)
	}
	return inner
}

// leaf looks at a text or number.
func (in *intake) leaf(value string, at spot) {
	known := at.within || at.secret
	for token, kind := range tokensIn(value) {
		in.texts[token] = true
		switch {
		case known:
		case at.config && kind == urlPassword:
			at.within = true
		case at.config && at.ruled:
			in.unsure = append(in.unsure, doubt{at, value, kind})
		default:
			in.misplaced(at.path, kind)
		}
	}
	switch {
	case at.within, at.config && LooksSecret(value):
		in.secret(value, at)
	case at.config && at.ruled && value != "":
		in.unsure = append(in.unsure, doubt{at, value, ""})
	case at.slot == (slot{}) && len(value) >= minSecret && dataSecret.MatchString(at.name):
		in.texts[value] = true
	}
}

// secret takes in a secret that may stand where it does.
func (in *intake) secret(value string, at spot) {
	in.places[at.key] = true
	if len(value) >= minSecret {
		in.texts[value] = true
	}
	if at.ruled && value != "" && in.plain == "" {
		in.plain = at.path
	}
}

func (in *intake) reference(v json.RawMessage, at spot) {
	in.references = append(in.references, doubt{at, string(v), ""})
	if !at.within && !at.secret {
		in.unmarked = append(in.unmarked, doubt{at, string(v), ""})
	}
	if at.depth == 2 && in.wrong == nil {
		in.wrong = refusal.New("%s is an object of fields, and no secret itself.", at.path).Next("Nothing was sent. Name the secret of each field in it.")
	}
	for name, value := range rawjson.Named(v) {
		for token, kind := range tokensIn(name + " " + rawjson.Text(value)) {
			in.texts[token] = true
			in.misplaced(at.path, kind)
		}
	}
}

// misplaced refuses a secret where none is taken.
func (in *intake) misplaced(path, kind string) {
	if in.wrong == nil {
		in.wrong = refusal.New("%s has what looks like %s, and takes no secrets.", path, kind).
			Next("Nothing was sent. It stands in this chat: tell the user to take it for known and replace it. %s If it only stands for a secret, mask it, such as xxxx.", in.policy.way(in.tool))
	}
}

// Intake takes in the arguments of a call: it refuses secrets where none may
// stand, and reads those that references name. The marked function returns what
// the specification of the service marks as secret; it is called only where
// names and looks do not tell.
func (p Policy) Intake(tool string, arguments json.RawMessage, marked func() Redactor) (Found, error) {
	in := newIntake(p, tool, arguments)
	if in.wrong == nil && len(in.unsure)+len(in.unmarked) > 0 {
		in.settle(marked())
	}
	if in.wrong != nil {
		return Found{}, in.wrong
	}
	if err := p.admits(in); err != nil {
		return Found{}, err
	}
	references, err := p.read(in)
	if err != nil {
		return Found{}, err
	}
	return Found{
		references: references, Present: references != nil || in.plain != "", Set: in.secrets(), places: in.places,
	}, nil
}

// Misplaced returns the refusal of a secret that stands in arguments where
// none may, as far as that can be told without asking the API; nil if there is
// none.
func (p Policy) Misplaced(tool string, arguments json.RawMessage) error {
	in := newIntake(p, tool, arguments)
	in.settle(Redactor{})
	return in.wrong
}
