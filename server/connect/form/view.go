package form

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"airbyte-agent-mcp/server/connect/pagetext"
)

type FieldProblem struct{ ID, Text string }

type FieldView struct {
	ID, Name, Title   string
	Kind              string // of input: text, secret, area, secretarea, number, check, select, checks, date, group, oneof, hidden
	Value             string
	Placeholder, Hint string
	Help              []pagetext.Run
	Error             string
	Required, Checked bool
	Filled            bool // by the assistant
	Again             bool // a secret that was entered before
	Mode              string
	Choices           []choiceView
	Fields            []FieldView
	Options           []optionView
	Single            bool // the only option needs no choosing
	DescribedBy       string
	Lines             string // of a textarea
}

type choiceView struct {
	ID, Value string
	On        bool
}

type optionView struct {
	ID, HeadID, Value, Title string
	Help                     []pagetext.Run
	On, OAuth                bool
	Fields                   []FieldView
}

// Viewer makes views of fields from what was posted or else is known already.
type Viewer struct {
	Posted url.Values // nil before the first post
	Given  map[string]any
	Errors map[string]string
}

// Wishes lists, for people, what goes along with a new connector and is no setting.
func (r Request) Wishes() (list [][2]string) {
	var entities []string
	for _, e := range r.Entities {
		modes := ""
		if len(e.Modes) > 0 {
			modes = " (" + strings.Join(e.Modes, ", ") + ")"
		}
		entities = append(entities, e.Entity+modes)
	}
	for _, wish := range [][2]string{
		{"Entities to index", strings.Join(entities, "\n")}, {"Replicates by templates tagged", strings.Join(r.Tags, "\n")}, {"Tags that must match", r.TagsMode},
	} {
		if wish[1] != "" {
			list = append(list, [2]string{wish[0], pagetext.Lines(wish[1], 4000)})
		}
	}
	return list
}

// ShownSettings lists settings by name, for people.
func ShownSettings(settings map[string]any) (list [][2]string) {
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		value := pagetext.Lines(shownValue(settings[key]), 500)
		if secretName.MatchString(key) {
			value = "[hidden]"
		}
		list = append(list, [2]string{pagetext.OneLine(key, 80), value})
	}
	return list
}

func (x FieldView) AnyError() bool { return len(x.Problems()) > 0 }

// Problems are those of x and of what shows inside it, in the page's order.
func (x FieldView) Problems() []FieldProblem {
	var list []FieldProblem
	if x.Error != "" {
		at := x.ID
		if x.Kind == "oneof" && len(x.Options) > 0 {
			at = x.Options[0].ID
		}
		if x.Kind == "checks" && len(x.Choices) > 0 {
			at = x.Choices[0].ID
		}
		list = append(list, FieldProblem{at, x.Error})
	}
	for _, inner := range x.Fields {
		list = append(list, inner.Problems()...)
	}
	for _, o := range x.Options {
		for _, inner := range o.Fields {
			list = append(list, inner.Problems()...)
		}
	}
	return list
}

func (v Viewer) Fields(fields []*Field, given map[string]any) []FieldView {
	var list []FieldView
	for _, x := range fields {
		if x.Kind != KindConstant {
			list = append(list, v.Field(x, given))
		}
	}
	return list
}

func (v Viewer) Field(x *Field, given map[string]any) FieldView {
	out := FieldView{
		ID: x.name, Name: x.name, Title: x.title, Help: x.help, Error: v.Errors[x.name], Required: x.Required,
		Placeholder: x.placeholder, Kind: "text",
	}
	known, isKnown := given[x.Key]
	if x.secret && x.Kind != kindGroup && x.Kind != kindOneOf {
		isKnown = false
	}
	switch x.Kind {
	case kindGroup:
		out.Kind = "group"
		inner, _ := known.(map[string]any)
		out.Fields, out.Filled = v.Fields(x.fields, inner), len(inner) > 0
	case kindOneOf:
		out.Kind = "oneof"
		inner, _ := known.(map[string]any)
		v.options(&out, x, inner)
	default:
		initial := x.initial
		if isKnown {
			initial, out.Filled = known, v.Posted == nil
		}
		v.input(&out, x, initial)
	}
	out.Filled = out.Filled && !(x.Kind == kindOneOf)
	out.describe()
	return out
}

// input is for what is one control, or a list of check boxes.
func (v Viewer) input(out *FieldView, x *Field, initial any) {
	out.Value = shownValue(initial)
	if v.Posted != nil {
		out.Value = strings.ReplaceAll(v.Posted.Get(x.name), "\r\n", "\n")
	}
	switch x.Kind {
	case kindInteger, kindNumber:
		out.Mode = "decimal"
		if x.Kind == kindInteger && (x.min != nil && *x.min >= 0) {
			out.Mode = "numeric"
		}
		out.Hint = bounds(x)
	case kindBoolean:
		out.Kind, out.Checked = "check", initial == true
		if v.Posted != nil {
			out.Checked = v.Posted.Get(x.name) != ""
		}
	case kindChoice:
		out.Kind = "select"
		for _, c := range x.choices {
			out.Choices = append(out.Choices, choiceView{Value: c.label, On: c.label == out.Value})
		}
	case kindChoices:
		out.Kind = "checks"
		on := strings.Split(shownValue(initial), "\n")
		if v.Posted != nil {
			on = v.Posted[x.name]
		}
		for i, c := range x.choices {
			out.Choices = append(out.Choices, choiceView{fmt.Sprintf("%s.%d", x.name, i), c.label, slices.Contains(on, c.label)})
		}
	case kindList:
		out.Kind, out.Hint, out.Lines = "area", "One on each line.", "3"
	case kindJSON:
		out.Kind, out.Hint, out.Lines = "area", "As JSON.", "4"
	default:
		v.text(out, x)
	}
	if x.secret {
		out.Kind = map[bool]string{true: "secretarea", false: "secret"}[x.multiline]
		out.Again = v.Posted != nil && out.Error == "" && out.Value != ""
		out.Value, out.Lines = "", "4"
	}
}

func (v Viewer) text(out *FieldView, x *Field) {
	switch {
	case x.multiline:
		out.Kind, out.Lines = "area", "5"
	case x.date:
		out.Kind, out.Hint = "date", ""
		if _, err := time.Parse(time.DateOnly, out.Value); err != nil && out.Value != "" {
			out.Kind = "text" // a date control would hide what is wrong with it
		}
	case x.moment:
		out.Hint = "Date and time in UTC, such as 2026-01-31T00:00:00Z. A date alone means its beginning."
		out.Placeholder = ""
	case x.patternHelp != "":
		out.Hint = "Written as " + x.patternHelp + "."
	}
	if out.Hint == "" && out.Placeholder != "" {
		out.Hint, out.Placeholder = "Such as "+out.Placeholder, ""
	}
}

func bounds(x *Field) string {
	switch {
	case x.min != nil && x.max != nil:
		return fmt.Sprintf("From %v to %v.", *x.min, *x.max)
	case x.min != nil:
		return fmt.Sprintf("%v or more.", *x.min)
	case x.max != nil:
		return fmt.Sprintf("%v or less.", *x.max)
	}
	return ""
}

func (v Viewer) options(out *FieldView, x *Field, given map[string]any) {
	chosen := ""
	if x.Required && len(x.options) > 0 {
		chosen = x.options[0].key
	}
	for _, o := range x.options {
		if o.matches(given) {
			chosen = o.key
		}
	}
	if v.Posted != nil {
		chosen = v.Posted.Get(x.name)
	}
	out.Single = x.Required && len(x.options) == 1
	if !x.Required {
		out.Options = append(out.Options, optionView{ID: x.name + ".none", HeadID: x.name + ".none.head", Title: "Leave it out", On: chosen == ""})
	}
	for _, o := range x.options {
		id := x.name + "." + o.key + ".choice"
		out.Options = append(out.Options, optionView{
			ID: id, HeadID: id + ".head", Value: o.key, Title: o.title, Help: o.help, On: o.key == chosen, OAuth: o.oauth, Fields: v.Fields(o.fields, given),
		})
	}
}

// matches tells that values which are known already are those of this option.
func (o *option) matches(given map[string]any) bool {
	for _, x := range o.fields {
		if v, found := given[x.Key]; x.Kind == KindConstant && found && shownValue(v) == shownValue(x.initial) {
			return true
		}
	}
	return false
}

// describe lists what explains a control, for those who do not see it beside.
func (x *FieldView) describe() {
	var ids []string
	if x.Error != "" {
		ids = append(ids, x.ID+"-error")
	}
	if x.Filled {
		ids = append(ids, x.ID+"-filled")
	}
	if x.Again {
		ids = append(ids, x.ID+"-again")
	}
	if len(x.Help) > 0 {
		ids = append(ids, x.ID+"-help")
	}
	if x.Hint != "" {
		ids = append(ids, x.ID+"-hint")
	}
	x.DescribedBy = strings.Join(ids, " ")
}
