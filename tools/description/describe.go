package description

import (
	"cmp"
	"context"
	"strings"
	"time"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/knowledge"
	"airbyte-agent-mcp/tools/refusal"
)

type describeConnectorIn struct {
	account.ConnectorRef
	Entity  string `json:"entity,omitempty" jsonschema_description:"Only this entity, in full detail."`
	Action  string `json:"action,omitempty" jsonschema_description:"Only this action of entity."`
	Section string `json:"section,omitempty" jsonschema_description:"ID of a section, from more."`
}

// describeConnectorOut is to be read as text: short lines, the most important
// first, and nothing that is not needed for the next call. What it costs in
// schema everybody pays with every request, so there is little of that.
type describeConnectorOut struct {
	ConnectorID  string              `json:"connector_id"`
	Connector    whichConnector      `json:"connector"`
	Warnings     []string            `json:"warnings,omitempty"`
	Unknown      []string            `json:"unknown,omitempty"` // what could not be learned, and why
	ContextStore string              `json:"context_store,omitempty"`
	ReadWith     string              `json:"read_with,omitempty"`
	Paging       []string            `json:"paging,omitempty"`
	Signatures   []string            `json:"signatures,omitempty"` // how to read them, and those that many entities share
	Entities     []describedEntity   `json:"entities,omitempty"`
	Examples     []exampleCall       `json:"examples,omitempty"`
	Guidance     string              `json:"guidance,omitempty"`
	More         []knowledge.Section `json:"more,omitempty"`
}

type whichConnector struct {
	Name         string `json:"name"`
	Service      string `json:"service,omitempty"`
	Mode         string `json:"mode,omitempty"`
	WorkspaceID  string `json:"workspace_id,omitempty"`
	DefinitionID string `json:"definition_id,omitempty"`
	Learned      string `json:"learned"`
}

// describedEntity has Actions in short, or Details.
type describedEntity struct {
	Entity   string            `json:"entity"`
	About    string            `json:"about,omitempty"`
	Fields   string            `json:"fields,omitempty"`
	Store    string            `json:"store,omitempty"`
	ReadWith string            `json:"read_with,omitempty"`
	Actions  []string          `json:"actions,omitempty"`
	Details  []describedAction `json:"details,omitempty"`
}

type describedAction struct {
	Action  string         `json:"action"`
	About   string         `json:"about,omitempty"`
	Params  []string       `json:"params"`
	Paging  string         `json:"paging,omitempty"`
	Example schemas.Object `json:"example,omitempty"` // as the service shows it
	Notes   string         `json:"notes,omitempty"`
}

const (
	// describedBytes bounds the description of a whole connector, and
	// detailBytes that of a part.
	describedBytes = 10_000
	detailBytes    = 30_000
)

// Describe makes the tool's function; writes says whether this server writes,
// and so whether an example may.
func Describe(writes bool) func(context.Context, *account.Account, describeConnectorIn) (describeConnectorOut, error) {
	return func(ctx context.Context, api *account.Account, in describeConnectorIn) (describeConnectorOut, error) {
		id, err := in.Resolve(ctx, api)
		if err != nil {
			return describeConnectorOut{}, err
		}
		k, err := knowledge.Learn(ctx, api, id)
		if err != nil {
			return describeConnectorOut{}, err
		}
		if entity, action := knowledge.SectionAction(airbyteclient.SkillSection{ID: in.Section}); action != "" && in.Entity == "" {
			in.Entity, in.Action, in.Section = entity, action, ""
		}
		d := description{Connector: k, now: api.Now(), writes: writes}
		switch {
		case in.Section != "":
			return d.section(ctx, api, in.Section)
		case in.Entity != "":
			return d.part(in.Entity, in.Action)
		case in.Action != "":
			return describeConnectorOut{}, refusal.New("action needs entity beside it.").
				Next("Call again with both, or with neither for the whole connector.")
		}
		return d.whole()
	}
}

// description is how knowledge is told.
type description struct {
	*knowledge.Connector
	now    time.Time
	writes bool
}

// about is what every answer begins with.
func (d *description) about() describeConnectorOut {
	return describeConnectorOut{
		ConnectorID: d.ConnectorID,
		Connector: whichConnector{
			Name: d.Name, Service: d.Service, Mode: d.Modes,
			WorkspaceID: d.WorkspaceID, DefinitionID: d.DefinitionID, Learned: d.learned(d.LearnedAt),
		},
		Warnings: atMost(d.Warnings, 10, 300), Unknown: atMost(d.Unknown, 10, 400),
	}
}

func (d *description) learned(at time.Time) string {
	return at.UTC().Format(time.RFC3339) + ago(d.now.Sub(at))
}

// shortening is a way to make the description of a whole connector shorter.
type shortening struct {
	brevity  brevity
	guidance int // bytes of it that are kept
	fields   int // of each entity
	about    int // bytes kept of what an entity is
	told     string
}

// shortenings begin with none, and go on with the least harmful.
var shortenings = []shortening{
	{withTypes, knowledge.MaxGuidance, 8, knowledge.MaxWords, ""},
	{withTypes, 2500, 8, 160, ""},
	{withTypes, 2500, 5, 160, ""},
	{withTypes, 2500, 3, 120, ""},
	{withTypes, 2500, 0, 120, "entity=NAME tells the fields."},
	{withTypes, 1200, 0, 60, "entity=NAME tells the fields."},
	{withNames, 1200, 0, 100, "Optional parameters are shown by name: entity=NAME tells their types, and the fields."},
	{withNames, 1200, 0, 60, "Optional parameters are shown by name: entity=NAME tells their types, and the fields."},
	{withCount, 1200, 0, 60, "Optional parameters are only counted: entity=NAME tells them, and the fields."},
	{withNothing, 600, 0, 60, "Parameters are left out: entity=NAME tells them, and the fields."},
	{withNothing, 600, 0, 0, "Parameters are left out: entity=NAME tells them, and the fields."},
}

// notation explains the signatures.
func (d *description) notation(s shortening) string {
	told := s.told
	if len(d.Guidance) > s.guidance {
		told = safetext.Words(told, "The guidance is cut.")
	}
	if s.brevity == withNothing {
		return told
	}
	return safetext.Words(notation, told)
}

// whole describes the connector in at most describedBytes.
func (d *description) whole() (describeConnectorOut, error) {
	out := d.about()
	out.ContextStore = d.contextStore()
	out.ReadWith = d.usualReading()
	out.Paging = d.paging()
	out.Examples = exampleCalls(d.Connector, d.writes)
	out.More = d.More[:min(len(d.More), 20)]
	for _, s := range shortenings {
		shared, entities := d.entities(s)
		out.Signatures, out.Entities = append([]string{d.notation(s)}, shared...), entities
		out.Guidance = safetext.Words(upToParagraph(d.Guidance, s.guidance), d.questions())
		if n, err := lengthOf(out); err != nil || n <= describedBytes {
			return out, err
		}
	}
	return d.cut(out)
}

// cut leaves out what is left to leave out of a very large connector, last the
// entities at its end.
func (d *description) cut(out describeConnectorOut) (describeConnectorOut, error) {
	out.More, out.Paging = nil, out.Paging[:min(len(out.Paging), 3)]
	all := out.Entities
	for kept := len(all); ; kept = kept * 3 / 4 {
		out.Entities = all[:kept]
		if kept < len(all) {
			var names []string
			for _, e := range all[kept:] {
				names = append(names, e.Entity)
			}
			out.Signatures = []string{shortenings[len(shortenings)-1].told, "Further entities: " + safetext.Clip(strings.Join(names, ", "), 2500)}
		}
		if n, err := lengthOf(out); err != nil || n <= describedBytes || kept == 0 {
			return out, err
		}
	}
}

// questions are what the service says can be asked.
func (d *description) questions() string {
	if len(d.Questions) == 0 {
		return ""
	}
	return "It can answer, for example: " + strings.Join(atMost(d.Questions, 4, 200), " / ")
}

func lengthOf(out describeConnectorOut) (int, error) {
	encoded, err := rawjson.Marshal(out)
	return len(encoded), err
}

// entities lists them all; signatures that many have in common stand in shared.
func (d *description) entities(s shortening) (shared []string, list []describedEntity) {
	b := s.brevity
	common := d.commonSignatures(b)
	usual := d.usualReading()
	said := map[string]bool{}
	for i := range d.Entities {
		e := &d.Entities[i]
		out := describedEntity{Entity: e.Name, Fields: knowledge.FieldWords(e.ReadFields(), s.fields), Store: d.store(e)}
		if s.about > 0 {
			out.About = safetext.Clip(e.About, s.about)
		}
		if reading := d.reading(e); reading != usual {
			out.ReadWith = cmp.Or(reading, "none")
		}
		for j := range e.Actions {
			a := &e.Actions[j]
			signature := signature(a, b)
			if common[a.Name] == signature {
				if !said[a.Name] {
					said[a.Name] = true
					shared = append(shared, signature)
				}
				signature = a.Name
			}
			out.Actions = append(out.Actions, signature)
		}
		if b == withNothing && len(out.Actions) > 0 {
			out.Actions = []string{strings.Join(out.Actions, ", ")}
		}
		list = append(list, out)
	}
	if len(shared) > 0 {
		shared = append([]string{"An action named without () is one of these:"}, shared...)
	}
	return shared, list
}

// commonSignatures are those that at least three entities have in common and
// that are long enough for it to matter, by action.
func (d *description) commonSignatures(b brevity) map[string]string {
	counts := map[string]int{}
	common := map[string]string{}
	for i := range d.Entities {
		for j := range d.Entities[i].Actions {
			a := &d.Entities[i].Actions[j]
			signature := signature(a, b)
			if b == withNothing || len(signature) < len(a.Name)+16 {
				continue
			}
			counts[signature]++
			if n := counts[signature]; n >= 3 && n > counts[common[a.Name]] {
				common[a.Name] = signature
			}
		}
	}
	return common
}

// reading is the action to read an entity with: the recommended one, or get
// where nothing needs to be known for it.
func (d *description) reading(e *knowledge.Entity) string {
	if a := e.Action("get"); a != nil && a.Known && !a.Requires() {
		return cmp.Or(d.Recommended(e.Name), a.Name)
	}
	return d.Recommended(e.Name)
}

// usualReading is the recommended action of most entities.
func (d *description) usualReading() string {
	counts := map[string]int{}
	usual := ""
	for i := range d.Entities {
		if action := d.reading(&d.Entities[i]); action != "" {
			if counts[action]++; counts[action] > counts[usual] {
				usual = action
			}
		}
	}
	return usual
}
