package connect

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	_ "embed"
	"encoding/base64"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"airbyte-agent-mcp/server/connect/form"
	"airbyte-agent-mcp/server/connect/pagetext"
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
	Auth               []form.FieldView
	Settings, Optional []form.FieldView
	Given              [][2]string
	Docs               string
	SignIn             bool // is offered
	Minutes            int
	Problem            string
	Words              []string
	Problems           []form.FieldProblem
	OptionalOpen       bool
}

func (p *Pages) formView(l link, f *form.Form, posted url.Values, t attempt) formView {
	v := form.Viewer{Posted: posted, Errors: t.fields, Given: form.DecodeObject(l.Request.ReplicationConfig)}
	environment := form.DecodeObject(l.Request.Environment)
	maps.Copy(v.Given, environment)
	title := "Connect " + f.Service
	if t.title != "" {
		title = "Error: " + title
	}
	view := formView{
		page: newPage(title, f.Service), Service: f.Service, Workspace: pagetext.OneLine(l.Request.WorkspaceName, 100), Replaces: pagetext.OneLine(l.Request.Replaces.Name, 100), Token: p.token(l),
		Docs: f.Docs, SignIn: f.Oauth, Minutes: minutes(l.Until.Sub(p.options.Now())),
		Problem: t.title, Words: t.words,
	}
	view.Auth = v.Fields(f.Auth, v.Given)
	for _, x := range f.Settings {
		if x.Kind == form.KindConstant {
			continue
		}
		one := v.Field(x, v.Given)
		if x.Required || one.Filled {
			view.Settings = append(view.Settings, one)
		} else {
			view.Optional = append(view.Optional, one)
			view.OptionalOpen = view.OptionalOpen || one.AnyError()
		}
	}
	name := form.FieldView{
		ID: "name", Name: nameInput, Kind: "text", Title: "Name in Airbyte", Value: pagetext.OneLine(l.Request.Name, 200), DescribedBy: "name-help",
		Help: []pagetext.Run{{Text: "How it is listed. Left empty, it is called " + cmp.Or(f.Service, "like the service") + "."}},
	}
	if posted != nil {
		name.Value = posted.Get(nameInput)
	}
	view.Optional = append(view.Optional, name)
	shown := f.Unasked(l.Request.ReplicationConfig)
	for key, value := range environment {
		if !slices.ContainsFunc(f.Settings, func(x *form.Field) bool { return x.Key == key }) {
			shown[key] = value
		}
	}
	view.Given = append(form.ShownSettings(shown), l.Request.Wishes()...)
	for _, x := range slices.Concat(view.Auth, view.Settings, view.Optional) {
		view.Problems = append(view.Problems, x.Problems()...)
	}
	return view
}

func minutes(d time.Duration) int { return max(int((d+time.Minute-1)/time.Minute), 1) }

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
