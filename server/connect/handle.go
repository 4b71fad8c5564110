package connect

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/server/connect/form"
	"airbyte-agent-mcp/server/connect/pagetext"
)

// Names of inputs that are no fields of a definition: those begin with "f.".
const (
	tokenInput  = "token"
	actionInput = "do"
	nameInput   = "name"
)

func (p *Pages) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /connect/{sealed}", p.opened(forConnect, p.showForm))
	mux.HandleFunc("POST /connect/{sealed}", p.posted(forConnect, p.postForm))
	mux.HandleFunc("GET /approve/{sealed}", p.opened(forApprove, p.showApproval))
	mux.HandleFunc("POST /approve/{sealed}", p.posted(forApprove, p.postApproval))
	mux.HandleFunc("GET /connect/signin/{sealed}", p.showSignIn)
	mux.HandleFunc("GET /connect/done/{sealed}", p.showDone)
	mux.HandleFunc("GET /approve/done/{sealed}", p.showDone)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD, POST")
			p.message(w, http.StatusMethodNotAllowed, message{Title: "This cannot be done here", Lines: []string{"Open the link that your assistant gave you."}})
			return
		}
		p.message(w, http.StatusNotFound, notValid)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		guardHeaders(w.Header())
		if !p.hostOurs(r.Host) {
			p.message(w, http.StatusForbidden, message{Title: "This address is not ours", Lines: []string{"Open the link just as your assistant gave it."}})
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// guardHeaders shut a page off: nothing but itself is loaded, nobody frames it,
// nobody learns its address, and nothing keeps it.
func guardHeaders(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; style-src '"+styleHash+"'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()")
	h.Set("X-Robots-Tag", "noindex, nofollow")
}

// hostOurs keeps foreign names that were made to lead to this machine (DNS
// rebinding) from pages on loopback. Elsewhere the proxy knows our names.
func (p *Pages) hostOurs(host string) bool {
	base, err := url.Parse(p.options.Base())
	if err != nil || !isLoopback(base.Hostname()) {
		return err == nil
	}
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	return isLoopback(strings.Trim(name, "[]"))
}

func isLoopback(name string) bool {
	ip := net.ParseIP(name)
	return strings.EqualFold(name, "localhost") || ip != nil && ip.IsLoopback()
}

type pageHandler func(w http.ResponseWriter, r *http.Request, l link, v *visit)

// opened lets a link through that was made here, is not too old and not used.
func (p *Pages) opened(purpose string, next pageHandler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		l, v, ok := p.follow(w, r, purpose)
		if !ok {
			return
		}
		if o, ended := p.result(v); ended {
			p.message(w, http.StatusGone, usedMessage(purpose, o))
			return
		}
		if !p.options.Now().Before(l.Until) {
			p.message(w, http.StatusGone, expiredMessage)
			return
		}
		next(w, r, l, v)
	}
}

// posted does the same for forms, which must come from our own page; of a link
// that is used it shows the outcome, since that may be a second click.
func (p *Pages) posted(purpose string, next pageHandler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p.forgetInputs(w)
		if !p.sameOrigin(r) {
			p.message(w, http.StatusForbidden, message{Title: "This did not come from our own page", Lines: []string{"Nothing was done. Open the link that your assistant gave you and fill in the page there."}})
			return
		}
		l, v, ok := p.follow(w, r, purpose)
		if !ok || !p.readForm(w, r, l) {
			return
		}
		// Whoever comes second, by a double click or from another tab, waits for the first.
		release, err := v.take(r.Context())
		if err != nil {
			return // nobody is there any more
		}
		defer release()
		if o, ended := p.result(v); ended {
			p.finish(w, purpose, l, v, o)
			return
		}
		if !p.options.Now().Before(l.Until) {
			p.message(w, http.StatusGone, expiredMessage)
			return
		}
		next(w, r, l, v)
	}
}

// forgetInputs keeps what was entered from coming back by the back button.
// Chromium holds the page that was left ready, inputs and all, in spite of
// no-store, unless a cookie that scripts cannot read has changed meanwhile
// (its back/forward cache); Clear-Site-Data comes too early for that page.
func (p *Pages) forgetInputs(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{
		Name: "left", Value: rand.Text(), MaxAge: 60, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: strings.HasPrefix(p.options.Base(), "https:"),
	})
}

// follow opens a link and finds its visit.
func (p *Pages) follow(w http.ResponseWriter, r *http.Request, purpose string) (l link, v *visit, ok bool) {
	err := p.options.Seal.Open(p.here(purpose), "", p.options.Now(), r.PathValue("sealed"), &l)
	if err != nil || l.ID == "" || (purpose == forApprove) != (l.Code != "") {
		p.message(w, http.StatusBadRequest, notValid)
		return l, nil, false
	}
	if v, err = p.visits.open(l.ID, l.issued(), p.options.Now()); err != nil {
		p.message(w, http.StatusServiceUnavailable, message{Title: "Too many pages are open", Lines: []string{"Try this link again in a few minutes."}})
		return l, nil, false
	}
	return l, v, true
}

// sameOrigin asks the browser where a post comes from. With Referrer-Policy
// no-referrer it sends "Origin: null" for our own form, so Sec-Fetch-Site
// decides, and Origin only where a browser does not send that.
func (p *Pages) sameOrigin(r *http.Request) bool {
	site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
	ours := false
	if base, err := url.Parse(p.options.Base()); err == nil {
		ours = strings.EqualFold(origin, base.Scheme+"://"+base.Host)
	}
	if site != "" {
		return site == "same-origin" && (ours || origin == "null" || origin == "")
	}
	return ours
}

// readForm reads a posted form of ours: bounded, and with the token that only
// the page of the same link has.
func (p *Pages) readForm(w http.ResponseWriter, r *http.Request, l link) bool {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/x-www-form-urlencoded" {
		p.message(w, http.StatusUnsupportedMediaType, message{Title: "This is not our form", Lines: []string{"Nothing was done."}})
		return false
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		status, lines := http.StatusBadRequest, []string{"Nothing was done. Go back and send the form again."}
		if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
			status, lines = http.StatusRequestEntityTooLarge, []string{"Nothing was done. All fields together may have at most 64 KiB."}
		}
		p.message(w, status, message{Title: "The form could not be read", Lines: lines})
		return false
	}
	var none struct{}
	if p.options.Seal.Open(forToken, l.ID, p.options.Now(), r.PostForm.Get(tokenInput), &none) != nil {
		p.message(w, http.StatusForbidden, message{Title: "This form is not the one of this link", Lines: []string{"Nothing was done. Open the link again and fill in the page that it shows."}})
		return false
	}
	return true
}

// token marks a form as ours. That it can be opened proves it, in constant time.
func (p *Pages) token(l link) string {
	sealed, err := p.options.Seal.Close(forToken, l.ID, l.Until.Add(sealTime), struct{}{})
	if err != nil {
		return "" // and no post will be taken
	}
	return sealed
}

func (p *Pages) showForm(w http.ResponseWriter, r *http.Request, l link, v *visit) {
	f, ok := p.form(r.Context(), w, l, v)
	if !ok {
		return
	}
	if f.Impossible {
		p.showOnlySignIn(w, l, f)
		return
	}
	p.render(w, http.StatusOK, "form.html", p.formView(l, f, nil, attempt{}))
}

// form gets what the link's page asks for, once for each link.
func (p *Pages) form(ctx context.Context, w http.ResponseWriter, l link, v *visit) (*form.Form, bool) {
	if f := v.cached(); f != nil {
		return f, true
	}
	webApp := airbyteclient.DefaultWebAppURL
	client, err := p.options.Client(ctx, l.Caller)
	if err == nil {
		webApp = client.WebAppURL()
		var f *form.Form
		if f, err = form.Of(ctx, client, l.Request); err == nil {
			v.cache(f)
			return f, true
		}
	}
	p.log(l, "show", err)
	lines := []string{"Airbyte did not tell what this service needs."}
	if e, ok := errors.AsType[*airbyteclient.Error](err); ok {
		lines = append(lines, "It says: "+pagetext.OneLine(e.Message, 600))
	} else if errors.Is(err, form.ErrTooManyFields) {
		lines = []string{"This service asks for more than a page can hold."}
	}
	p.message(w, http.StatusBadGateway, message{
		Title: "The form cannot be shown now", Lines: append(lines, "Nothing was done. Reload this page to try again, or connect the service in the Airbyte app."),
		Link: webApp, LinkText: "Open the Airbyte app",
	})
	return nil, false
}

func (p *Pages) postForm(w http.ResponseWriter, r *http.Request, l link, v *visit) {
	if r.PostForm.Get(actionInput) == "cancel" {
		p.once(w, r, forConnect, l, v, func(context.Context) Outcome { return Outcome{State: StateAbandoned} })
		return
	}
	// Closing the window must not end a creation halfway.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), submitTime)
	defer cancel()
	f, ok := p.form(ctx, w, l, v)
	if !ok {
		return
	}
	if f.Impossible || r.PostForm.Get(actionInput) == signInChoice {
		p.postSignIn(ctx, w, r, l, f, v)
		return
	}
	t := p.submit(ctx, l, v, f, r.PostForm)
	if t.outcome != nil {
		p.finish(w, forConnect, l, v, *t.outcome)
		return
	}
	if len(t.words) > 0 {
		v.heard(t.words[0])
	}
	p.options.Log.Info("page", "visit", l.ID, "form", "not taken", "status", t.status, "fields", len(t.fields))
	p.render(w, t.status, "form.html", p.formView(l, f, r.PostForm, t))
}

func (p *Pages) showApproval(w http.ResponseWriter, _ *http.Request, l link, _ *visit) {
	if a, ok := p.plan(w, l); ok {
		p.render(w, http.StatusOK, "approval.html", p.approvalView(l, a))
	}
}

// plan is what the page of a link asks to approve.
func (p *Pages) plan(w http.ResponseWriter, l link) (Approval, bool) {
	a, err := p.options.Plan(l.Code)
	if err != nil {
		p.log(l, "plan", err)
		p.message(w, http.StatusGone, message{Title: "This does not wait any more", Lines: []string{pagetext.OneLine(err.Error(), maxWhy) + ".", "Nothing was done here. Ask your assistant how things stand."}})
		return Approval{}, false
	}
	return a.shown(), true
}

func (p *Pages) postApproval(w http.ResponseWriter, r *http.Request, l link, v *visit) {
	var yes bool
	switch r.PostForm.Get(actionInput) {
	case "approve":
		yes = true
	case "decline":
	default:
		p.message(w, http.StatusBadRequest, message{Title: "No choice was made", Lines: []string{"Nothing was done. Go back and choose one of the two buttons."}})
		return
	}
	a, ok := p.plan(w, l)
	if !ok {
		return
	}
	if yes && a.Unshown != "" {
		p.message(w, http.StatusUnprocessableEntity, message{Title: "This cannot be approved here", Lines: []string{a.Unshown, "Nothing was done. You can decline it, or ask your assistant to send less at once."}})
		return
	}
	p.once(w, r, forApprove, l, v, func(context.Context) Outcome {
		if err := p.options.Decide(l.Code, yes); err != nil {
			p.log(l, "decide", err)
			return Outcome{State: StateRefused, Name: a.Title, Why: pagetext.OneLine(err.Error(), maxWhy)}
		}
		if yes {
			return Outcome{State: StateApproved, Name: a.Title}
		}
		return Outcome{State: StateDeclined, Name: a.Title}
	})
}

// once ends a link by what do does, unless somebody else ends it: then it shows
// what came of that.
func (p *Pages) once(w http.ResponseWriter, r *http.Request, purpose string, l link, v *visit, do func(context.Context) Outcome) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), submitTime)
	defer cancel()
	p.finish(w, purpose, l, v, p.decided(ctx, l, v, do))
}

// decided is the outcome of a link: of what do does if it is for us to end it,
// else of who does. With an outcome of waiting do leaves the link open.
func (p *Pages) decided(ctx context.Context, l link, v *visit, do func(context.Context) Outcome) Outcome {
	first, err := p.claim(v)
	switch {
	case err != nil: // nobody would know that it was used
		p.log(l, "claim", err)
		return Outcome{State: StateWaiting, Why: "It could not be written down that this link was used, so nothing was done."}
	case !first:
		return p.wait(ctx, v)
	}
	o := do(ctx)
	if o.State != StateWaiting {
		p.end(v, o)
	} else if err := p.unclaim(v); err != nil {
		p.log(l, "leave open", err)
	}
	return o
}

// finish sends the browser to a page that tells what came of a link, which can
// be reloaded without posting again.
func (p *Pages) finish(w http.ResponseWriter, purpose string, l link, v *visit, o Outcome) {
	p.options.Log.Info("page", "visit", l.ID, "state", o.State)
	switch o.State {
	case StateWaiting:
		p.message(w, http.StatusServiceUnavailable, message{Title: "This cannot be done now", Lines: []string{cmp.Or(o.Why, "Somebody else is at it, and has not finished."), "Reload this page in a minute."}})
	case StateExpired:
		p.message(w, http.StatusGone, expiredMessage)
	default:
		p.seeDone(w, purpose, l, o, v.about())
	}
}

// done is what the last page of a visit tells.
type done struct {
	Purpose   string    `json:"purpose"`
	State     string    `json:"state"`
	Name      string    `json:"name,omitempty"`
	Service   string    `json:"service,omitempty"`
	Workspace string    `json:"workspace,omitempty"`
	Account   string    `json:"account,omitempty"`
	Why       string    `json:"why,omitempty"`
	Title     string    `json:"title,omitempty"`
	At        time.Time `json:"at"`
}

func (p *Pages) doneOf(purpose string, l link, o Outcome, service string) done {
	d := done{
		Purpose: purpose, State: o.State, Name: o.Name, Service: service, Workspace: l.Request.WorkspaceName, Account: o.Account, Why: o.Why,
		At: p.options.Now().UTC().Truncate(time.Second),
	}
	if purpose == forApprove {
		d.Name, d.Title = "", o.Name
	}
	return d
}

func (p *Pages) seeDone(w http.ResponseWriter, purpose string, l link, o Outcome, service string) {
	d := p.doneOf(purpose, l, o, service)
	sealed, err := p.options.Seal.Close(forDone, "", d.At.Add(linkTime), d)
	if err != nil {
		p.message(w, http.StatusOK, doneMessage(d))
		return
	}
	// Relative, since only the proxy before us knows the path that it cut off.
	w.Header().Set("Location", "done/"+sealed)
	w.WriteHeader(http.StatusSeeOther)
}

func (p *Pages) showDone(w http.ResponseWriter, r *http.Request) {
	var d done
	if p.options.Seal.Open(forDone, "", p.options.Now(), r.PathValue("sealed"), &d) != nil {
		p.message(w, http.StatusGone, message{Title: "This page is over", Lines: []string{"What was done here stays done. You may close this window and ask your assistant how things stand."}})
		return
	}
	p.message(w, http.StatusOK, doneMessage(d))
}

// log tells that something went wrong, and of what kind, without its words.
func (p *Pages) log(l link, doing string, err error) {
	p.options.Log.Warn("page", "visit", l.ID, "doing", doing, "kind", string(airbyteclient.KindOf(err)), "type", fmt.Sprintf("%T", err))
}
