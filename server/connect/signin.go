package connect

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/server/connect/form"
	"airbyte-agent-mcp/server/connect/pagetext"
)

const (
	// signInPoll is the time between two looks at a sign-in.
	signInPoll = 3 * time.Second
	// closeTime is what a creation that has begun still gets when the pages close.
	closeTime = 10 * time.Second
)

// signInChoice is the button that leads to the web app.
const signInChoice = "signin"

// signIn is a person's way through Airbyte's web app, for one visit. It follows
// the browser credential flow of Airbyte's own command line.
type signIn struct {
	client   *airbyteclient.Client
	template *airbyteclient.SourceTemplate
	global   bool // the template is Airbyte's own
	widget   *airbyteclient.WidgetToken
	session  string
	// key is in a cookie of the browser that began it.
	key string
	// body is the connector to create, without what the sign-in gives. It is
	// guarded by the visit's turn.
	body airbyteclient.CreateConnectorRequest
}

// postSignIn begins a sign-in, or goes on with the one of the visit, and sends
// the browser to a page that can be reloaded. The caller holds the turn.
func (p *Pages) postSignIn(ctx context.Context, w http.ResponseWriter, r *http.Request, l link, f *form.Form, v *visit) {
	body, t := signInRequest(f, l.Request, r.PostForm)
	if len(t.fields) > 0 {
		p.render(w, t.status, "form.html", p.formView(l, f, r.PostForm, t))
		return
	}
	s := v.signingIn()
	if s == nil {
		client, err := p.options.Client(ctx, l.Caller)
		if err != nil {
			p.log(l, "begin sign-in", err)
			p.message(w, http.StatusBadGateway, notNow)
			return
		}
		if s, err = beginSignIn(ctx, client, l.Request); err == nil && !p.watch(l, v, s) {
			err = &airbyteclient.Error{Kind: airbyteclient.KindCanceled, Message: "this server is about to end"}
		}
		if err != nil {
			p.log(l, "begin sign-in", err)
			p.message(w, http.StatusOK, webAppMessage(f.Service, client.WebAppURL(), err))
			return
		}
		p.options.Log.Info("page", "visit", l.ID, "sign-in", "begun")
	} else if !s.begunBy(r, l) {
		p.message(w, http.StatusForbidden, elsewhere)
		return
	}
	s.body = body
	p.keepKey(w, l, s)
	w.Header().Set("Location", "signin/"+r.PathValue("sealed"))
	w.WriteHeader(http.StatusSeeOther)
}

// keyCookie is named for its link, since one browser may sign in for several.
func keyCookie(l link) string { return "signin-" + l.ID }

// keepKey has the browser that begins a sign-in bring its key. Without a path the
// cookie is for the folder of the link, which only the proxy before us may know.
func (p *Pages) keepKey(w http.ResponseWriter, l link, s *signIn) {
	http.SetCookie(w, &http.Cookie{
		Name: keyCookie(l), Value: s.key, MaxAge: int(linkTime.Seconds()), HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: strings.HasPrefix(p.options.Base(), "https:"),
	})
}

// begunBy tells whether a request is of the browser that began the sign-in. A
// link may be known to others, and its address in the web app acts as a person.
func (s *signIn) begunBy(r *http.Request, l link) bool {
	c, err := r.Cookie(keyCookie(l))
	return err == nil && subtle.ConstantTimeCompare([]byte(c.Value), []byte(s.key)) == 1
}

var elsewhere = message{Title: "Go on in the browser where this was begun", Lines: []string{
	"The sign-in of this link was begun in another browser, or this one does not keep cookies. Only the browser where it was begun is led on.",
	"Nothing was done here. If it was not you who began it, open the link that your assistant gave you and cancel there, then ask for a new one.",
}}

// signInRequest is the connector to create when the person has signed in, with
// what is not secret of the settings that were filled in, or that came with the
// request where the page has no fields. What is missing the web app may ask for.
func signInRequest(f *form.Form, r form.Request, posted url.Values) (airbyteclient.CreateConnectorRequest, attempt) {
	settings, a := map[string]any{}, &form.Answers{Posted: posted, Errors: map[string]string{}}
	if f.Impossible {
		given := form.DecodeObject(r.ReplicationConfig)
		maps.Copy(given, form.DecodeObject(r.Environment))
		for _, x := range f.Settings {
			if value, found := given[x.Key]; found {
				settings[x.Key] = value
			}
		}
	} else {
		settings, _ = a.Object(f.Settings)
	}
	maps.DeleteFunc(a.Errors, func(name, _ string) bool { return strings.TrimSpace(posted.Get(name)) == "" })
	if len(a.Errors) > 0 {
		return airbyteclient.CreateConnectorRequest{}, attempt{status: http.StatusUnprocessableEntity, title: "Some fields need another look", fields: a.Errors}
	}
	for _, x := range f.Settings {
		if x.HoldsSecret() {
			delete(settings, x.Key)
		}
	}
	bodies, err := f.Requests(r, nil, settings, strings.TrimSpace(posted.Get(nameInput)))
	if err != nil {
		return airbyteclient.CreateConnectorRequest{}, attempt{status: http.StatusUnprocessableEntity, title: "The settings cannot be sent", fields: map[string]string{nameInput: "They are not JSON."}}
	}
	return bodies[0], attempt{}
}

var errNoTemplate = errors.New("there is no template of the service to sign in with")

func beginSignIn(ctx context.Context, client *airbyteclient.Client, r form.Request) (*signIn, error) {
	s := &signIn{client: client, key: rand.Text()}
	var err error
	if s.template, s.global, err = templateOf(ctx, client, r); err != nil {
		return nil, err
	}
	s.widget, err = client.CreateWidgetToken(ctx, airbyteclient.CreateWidgetTokenRequest{
		WorkspaceName: r.WorkspaceName, AllowedOrigin: client.WebAppURL(),
		SelectedSourceTemplateTags: []string{}, SelectedSourceTemplateTagsMode: "any",
		SelectedConnectionTemplateTags: []string{}, SelectedConnectionTemplateTagsMode: "any",
	})
	if err != nil {
		return nil, err
	}
	workspace, err := s.widget.WorkspaceID()
	if err != nil {
		return nil, err
	}
	made, err := client.CreateSignInSession(ctx, airbyteclient.CreateSignInSessionRequest{
		SourceDefinitionID: cmp.Or(s.template.SourceDefinitionID, r.DefinitionID), WorkspaceID: workspace, SourceTemplateID: s.template.ID,
	})
	if err != nil {
		return nil, err
	}
	s.session = made.SessionID
	return s, nil
}

// templateOf finds the template that a request names, or the first of its
// definition: the organization's own before Airbyte's.
func templateOf(ctx context.Context, client *airbyteclient.Client, r form.Request) (t *airbyteclient.SourceTemplate, global bool, err error) {
	for _, useGlobal := range []bool{false, true} {
		list, err := client.ListSourceTemplates(ctx, airbyteclient.ListSourceTemplatesOptions{UseGlobal: useGlobal})
		if err != nil {
			return nil, false, err
		}
		i := slices.IndexFunc(list, func(s airbyteclient.SourceTemplateSummary) bool {
			if r.SourceTemplateID != "" {
				return strings.EqualFold(s.ID, r.SourceTemplateID)
			}
			return strings.EqualFold(s.ActorDefinitionID, r.DefinitionID)
		})
		if i >= 0 {
			t, err = client.GetSourceTemplate(ctx, list[i].ID)
			return t, list[i].OrganizationID == "", err
		}
	}
	return nil, false, errNoTemplate
}

// webAppMessage is for a sign-in that cannot be begun: the sessions are not
// public, so that a service may refuse them for good.
func webAppMessage(service, webApp string, err error) message {
	m := message{
		Title: service + " is connected in the Airbyte app",
		Lines: []string{service + " lets you in through a sign-in that only Airbyte's own application can begin. This page cannot do it for you.", "Connect it in the Airbyte app, then go back to your assistant."},
	}
	switch airbyteclient.KindOf(err) {
	case airbyteclient.KindRateLimited, airbyteclient.KindUnavailable, airbyteclient.KindServer, airbyteclient.KindTimeout, airbyteclient.KindNetwork, airbyteclient.KindCanceled:
		m = notNow
		m.Lines = append(slices.Clone(m.Lines), "You can also connect "+service+" in the Airbyte app.")
	}
	m.Link, m.LinkText = webApp, "Open the Airbyte app"
	return m
}

var notNow = message{Title: "The sign-in cannot be begun now", Tone: "bad", Lines: []string{"Airbyte could not be asked. Nothing was done. Go back and try again in a moment."}}

// address is where the person signs in. The token in it makes whoever has it the
// person, so it is on their page alone.
func (s *signIn) address() string {
	q := url.Values{"widget_token": {s.widget.Token}, "session": {s.session}, "selectedTemplateId": {s.template.ID}, "showEntityPicker": {"true"}}
	if s.global {
		q.Set("useGlobalTemplates", "true")
	}
	return s.client.WebAppURL() + "/widget-bridge?" + q.Encode()
}

// signInView is a page about signing in: before it, and when it has begun.
type signInView struct {
	page
	Service, Workspace string
	Replaces           string
	Token              string
	Address            string // in the web app; empty before the sign-in has begun
	Given              [][2]string
	Docs               string
	Minutes            int
}

func (p *Pages) signInView(l link, service string) signInView {
	given := form.DecodeObject(l.Request.ReplicationConfig)
	maps.Copy(given, form.DecodeObject(l.Request.Environment))
	return signInView{
		page: newPage("Connect "+service, service), Service: service, Workspace: pagetext.OneLine(l.Request.WorkspaceName, 100), Replaces: pagetext.OneLine(l.Request.Replaces.Name, 100),
		Given: append(form.ShownSettings(given), l.Request.Wishes()...), Minutes: minutes(l.Until.Sub(p.options.Now())),
	}
}

// showOnlySignIn is the page of a service that can be connected in no other way.
func (p *Pages) showOnlySignIn(w http.ResponseWriter, l link, f *form.Form) {
	view := p.signInView(l, f.Service)
	view.Token, view.Docs = p.token(l), f.Docs
	p.render(w, http.StatusOK, "signin.html", view)
}

// showSignIn leads to the web app and, when all is done there, tells the outcome.
// It begins nothing: previews of links get pages, too.
func (p *Pages) showSignIn(w http.ResponseWriter, r *http.Request) {
	l, v, ok := p.follow(w, r, forConnect)
	if !ok {
		return
	}
	o, ended := p.result(v)
	switch s := v.signingIn(); {
	case ended && o.State != StateExpired:
		p.message(w, http.StatusOK, doneMessage(p.doneOf(forConnect, l, o, v.about())))
	case ended, !p.options.Now().Before(l.Until):
		p.message(w, http.StatusGone, expiredMessage)
	case s == nil: // begun by another process
		w.Header().Set("Location", "../"+r.PathValue("sealed"))
		w.WriteHeader(http.StatusSeeOther)
	case !s.begunBy(r, l):
		p.message(w, http.StatusForbidden, elsewhere)
	default:
		view := p.signInView(l, v.about())
		view.Window, view.Address = "Sign in to "+v.about(), s.address()
		p.render(w, http.StatusOK, "signin.html", view)
	}
}

// signedIn makes an outcome of a session that has come to its end. One that is
// not final is worth another try.
func (p *Pages) signedIn(ctx context.Context, l link, v *visit, s *signIn, got *airbyteclient.SignInSession) (o Outcome, final bool) {
	if got.Status != airbyteclient.SignInCompleted {
		return Outcome{State: StateRefused, Why: cmp.Or(pagetext.OneLine(got.Error, 600), "The sign-in did not succeed, and Airbyte gave no reason.")}, true
	}
	if got.SourceID != "" {
		p.note(v, Event{Kind: EventEnded, ConnectorID: got.SourceID, Outcome: StateCreated})
		return s.connected(ctx, l.Request, got.SourceID), true
	}
	t := p.createSignedIn(ctx, l.Request, v, s, got)
	if t.outcome != nil {
		return *t.outcome, true
	}
	words := slices.Concat(t.words, slices.Sorted(maps.Values(t.fields)))
	slices.Sort(words)
	return Outcome{State: StateRefused, Why: strings.Join(slices.Compact(words), " ")}, t.status == http.StatusUnprocessableEntity
}

// connected is the outcome where the web app has created the connector.
func (s *signIn) connected(ctx context.Context, r form.Request, id string) Outcome {
	o := Outcome{State: StateCreated, ConnectorID: id, Why: "Airbyte's web app created it; its credentials were not tried here."}
	if r.Replaces.ID != "" {
		o.Why += asItWas
	}
	if c, err := s.client.GetConnector(ctx, id); err == nil {
		o.Name, o.Account = pagetext.OneLine(c.Name, 200), accountOf(c.ReplicationConfig)
	}
	return o
}

func (p *Pages) createSignedIn(ctx context.Context, r form.Request, v *visit, s *signIn, got *airbyteclient.SignInSession) attempt {
	none := &form.Answers{} // nothing was filled in: the client blanks what it sent
	template := s.template
	if id := got.SourceTemplateID; id != "" && !strings.EqualFold(id, template.ID) {
		var err error
		if template, err = s.client.GetSourceTemplate(ctx, id); err != nil {
			return refusal(none, err, false)
		}
	}
	body := s.body
	var err error
	if body.ReplicationConfig, err = got.AuthPayload.Config(template, json.RawMessage(s.body.ReplicationConfig)); err != nil {
		return refusal(none, err, false)
	}
	body.DefinitionID, body.SourceTemplateID = "", template.ID
	check, err := s.client.CheckNewConnector(ctx, body)
	if err != nil {
		check = &airbyteclient.CheckResult{} // the person cannot mend it, so the creation decides
	}
	if check.Status == "failed" || check.Status == "cancelled" {
		return failed(none, &form.Form{Service: v.about()}, check)
	}
	return p.create(ctx, s.client, r, v, body, check, none)
}

// signingIn is the sign-in of the visit, while it is looked after.
func (v *visit) signingIn() *signIn {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.current
}

func (v *visit) signIn(s *signIn) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.current = s
}
