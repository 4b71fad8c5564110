package connect

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
)

//go:embed pages/*.html pages/style.css
var files embed.FS

var (
	style     = readStyle()
	styleHash = "sha256-" + hashOf(string(style))
	// templates are parsed when the first page is shown: most servers show none.
	templates = sync.OnceValue(func() map[string]*template.Template {
		return parseTemplates("form.html", "signin.html", "approval.html", "message.html")
	})
)

func readStyle() template.CSS {
	raw, err := files.ReadFile("pages/style.css")
	if err != nil {
		panic(err) // it is compiled in
	}
	return template.CSS(raw)
}

func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func parseTemplates(names ...string) map[string]*template.Template {
	all := map[string]*template.Template{}
	for _, name := range names {
		all[name] = template.Must(template.ParseFS(files, "pages/page.html", "pages/"+name))
	}
	return all
}

// page is what every page has.
type page struct {
	Window string // its title
	Style  template.CSS
	Tile   string // the first letter of what it is about
	Tone   string // of the tile: "", good, bad
}

func newPage(title, about string) page {
	tile := "A"
	for _, r := range about {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			tile = strings.ToUpper(string(r))
			break
		}
	}
	return page{Window: title, Style: style, Tile: tile}
}

func (p *Pages) render(w http.ResponseWriter, status int, name string, view any) {
	var b bytes.Buffer
	if err := templates()[name].ExecuteTemplate(&b, "page", view); err != nil {
		p.options.Log.Error("page", "template", name, "error", err.Error())
		http.Error(w, "this page cannot be shown", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// formView is the form as the template wants it.
type formView struct {
	page
	Service, Workspace string
	Replaces           string
	Token              string
	Auth               []fieldView
	Settings, Optional []fieldView
	Given              [][2]string
	Docs               string
	SignIn             bool // is offered
	Minutes            int
	Problem            string
	Words              []string
	Problems           []fieldProblem
	OptionalOpen       bool
}

type fieldProblem struct{ ID, Text string }

type fieldView struct {
	ID, Name, Title   string
	Kind              string // of input: text, secret, area, secretarea, number, check, select, checks, date, group, oneof, hidden
	Value             string
	Placeholder, Hint string
	Help              []run
	Error             string
	Required, Checked bool
	Filled            bool // by the assistant
	Again             bool // a secret that was entered before
	Mode              string
	Choices           []choiceView
	Fields            []fieldView
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
	Help                     []run
	On, OAuth                bool
	Fields                   []fieldView
}

// viewer makes views of fields from what was posted or else is known already.
type viewer struct {
	posted url.Values // nil before the first post
	given  map[string]any
	errors map[string]string
}

func (p *Pages) formView(l link, f *form, posted url.Values, t attempt) formView {
	v := viewer{posted: posted, errors: t.fields, given: decodeObject(l.Request.ReplicationConfig)}
	environment := decodeObject(l.Request.Environment)
	maps.Copy(v.given, environment)
	title := "Connect " + f.service
	if t.title != "" {
		title = "Error: " + title
	}
	view := formView{
		page: newPage(title, f.service), Service: f.service, Workspace: plain(l.Request.WorkspaceName, 100), Replaces: plain(l.Request.Replaces.Name, 100), Token: p.token(l),
		Docs: f.docs, SignIn: f.oauth, Minutes: minutes(l.Until.Sub(p.options.Now())),
		Problem: t.title, Words: t.words,
	}
	view.Auth = v.fields(f.auth, v.given)
	for _, x := range f.settings {
		if x.kind == kindConstant {
			continue
		}
		one := v.field(x, v.given)
		if x.required || one.Filled {
			view.Settings = append(view.Settings, one)
		} else {
			view.Optional = append(view.Optional, one)
			view.OptionalOpen = view.OptionalOpen || one.anyError()
		}
	}
	name := fieldView{
		ID: "name", Name: nameInput, Kind: "text", Title: "Name in Airbyte", Value: plain(l.Request.Name, 200), DescribedBy: "name-help",
		Help: []run{{Text: "How it is listed. Left empty, it is called " + cmp.Or(f.service, "like the service") + "."}},
	}
	if posted != nil {
		name.Value = posted.Get(nameInput)
	}
	view.Optional = append(view.Optional, name)
	shown := f.unasked(l.Request.ReplicationConfig)
	for key, value := range environment {
		if !slices.ContainsFunc(f.settings, func(x *field) bool { return x.key == key }) {
			shown[key] = value
		}
	}
	view.Given = append(shownSettings(shown), l.Request.wishes()...)
	for _, x := range slices.Concat(view.Auth, view.Settings, view.Optional) {
		view.Problems = append(view.Problems, x.problems()...)
	}
	return view
}

// wishes lists, for people, what goes along with a new connector and is no setting.
func (r Request) wishes() (list [][2]string) {
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
			list = append(list, [2]string{wish[0], plainLines(wish[1], 4000)})
		}
	}
	return list
}

// shownSettings lists settings by name, for people.
func shownSettings(settings map[string]any) (list [][2]string) {
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		value := plainLines(shownValue(settings[key]), 500)
		if secretName.MatchString(key) {
			value = "[hidden]"
		}
		list = append(list, [2]string{plain(key, 80), value})
	}
	return list
}

func minutes(d time.Duration) int { return max(int((d+time.Minute-1)/time.Minute), 1) }

func (x fieldView) anyError() bool { return len(x.problems()) > 0 }

// problems are those of x and of what shows inside it, in the page's order.
func (x fieldView) problems() []fieldProblem {
	var list []fieldProblem
	if x.Error != "" {
		at := x.ID
		if x.Kind == "oneof" && len(x.Options) > 0 {
			at = x.Options[0].ID
		}
		if x.Kind == "checks" && len(x.Choices) > 0 {
			at = x.Choices[0].ID
		}
		list = append(list, fieldProblem{at, x.Error})
	}
	for _, inner := range x.Fields {
		list = append(list, inner.problems()...)
	}
	for _, o := range x.Options {
		for _, inner := range o.Fields {
			list = append(list, inner.problems()...)
		}
	}
	return list
}

func (v viewer) fields(fields []*field, given map[string]any) []fieldView {
	var list []fieldView
	for _, x := range fields {
		if x.kind != kindConstant {
			list = append(list, v.field(x, given))
		}
	}
	return list
}

func (v viewer) field(x *field, given map[string]any) fieldView {
	out := fieldView{
		ID: x.name, Name: x.name, Title: x.title, Help: x.help, Error: v.errors[x.name], Required: x.required,
		Placeholder: x.placeholder, Kind: "text",
	}
	known, isKnown := given[x.key]
	if x.secret && x.kind != kindGroup && x.kind != kindOneOf {
		isKnown = false
	}
	switch x.kind {
	case kindGroup:
		out.Kind = "group"
		inner, _ := known.(map[string]any)
		out.Fields, out.Filled = v.fields(x.fields, inner), len(inner) > 0
	case kindOneOf:
		out.Kind = "oneof"
		inner, _ := known.(map[string]any)
		v.options(&out, x, inner)
	default:
		initial := x.initial
		if isKnown {
			initial, out.Filled = known, v.posted == nil
		}
		v.input(&out, x, initial)
	}
	out.Filled = out.Filled && !(x.kind == kindOneOf)
	out.describe()
	return out
}

// input is for what is one control, or a list of check boxes.
func (v viewer) input(out *fieldView, x *field, initial any) {
	out.Value = shownValue(initial)
	if v.posted != nil {
		out.Value = strings.ReplaceAll(v.posted.Get(x.name), "\r\n", "\n")
	}
	switch x.kind {
	case kindInteger, kindNumber:
		out.Mode = "decimal"
		if x.kind == kindInteger && (x.min != nil && *x.min >= 0) {
			out.Mode = "numeric"
		}
		out.Hint = bounds(x)
	case kindBoolean:
		out.Kind, out.Checked = "check", initial == true
		if v.posted != nil {
			out.Checked = v.posted.Get(x.name) != ""
		}
	case kindChoice:
		out.Kind = "select"
		for _, c := range x.choices {
			out.Choices = append(out.Choices, choiceView{Value: c.label, On: c.label == out.Value})
		}
	case kindChoices:
		out.Kind = "checks"
		on := strings.Split(shownValue(initial), "\n")
		if v.posted != nil {
			on = v.posted[x.name]
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
		out.Again = v.posted != nil && out.Error == "" && out.Value != ""
		out.Value, out.Lines = "", "4"
	}
}

func (v viewer) text(out *fieldView, x *field) {
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

func bounds(x *field) string {
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

func (v viewer) options(out *fieldView, x *field, given map[string]any) {
	chosen := ""
	if x.required && len(x.options) > 0 {
		chosen = x.options[0].key
	}
	for _, o := range x.options {
		if o.matches(given) {
			chosen = o.key
		}
	}
	if v.posted != nil {
		chosen = v.posted.Get(x.name)
	}
	out.Single = x.required && len(x.options) == 1
	if !x.required {
		out.Options = append(out.Options, optionView{ID: x.name + ".none", HeadID: x.name + ".none.head", Title: "Leave it out", On: chosen == ""})
	}
	for _, o := range x.options {
		id := x.name + "." + o.key + ".choice"
		out.Options = append(out.Options, optionView{
			ID: id, HeadID: id + ".head", Value: o.key, Title: o.title, Help: o.help, On: o.key == chosen, OAuth: o.oauth, Fields: v.fields(o.fields, given),
		})
	}
}

// matches tells that values which are known already are those of this option.
func (o *option) matches(given map[string]any) bool {
	for _, x := range o.fields {
		if v, found := given[x.key]; x.kind == kindConstant && found && shownValue(v) == shownValue(x.initial) {
			return true
		}
	}
	return false
}

// describe lists what explains a control, for those who do not see it beside.
func (x *fieldView) describe() {
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

// approvalView is an approval as the template wants it.
type approvalView struct {
	page
	Approval
	Token   string
	Minutes int
}

func (p *Pages) approvalView(l link, a Approval) approvalView {
	view := approvalView{page: newPage(a.Title, a.Title), Approval: a, Token: p.token(l), Minutes: minutes(l.Until.Sub(p.options.Now()))}
	if a.Danger {
		view.Tone = "bad"
	}
	return view
}
