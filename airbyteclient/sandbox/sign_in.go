package sandbox

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
)

// bridgePath is where the web app lets a person sign in to a service. The
// sandbox stands in for the web app as well, with a page of two buttons.
const bridgePath = "/widget-bridge"

// session is a person's sign-in, from being begun to its connector.
type session struct {
	id, workspaceID string
	template        *sourceTemplate
	status, failure string
	payload         object
	sourceID        string
}

func (x session) wire() object {
	o := object{"session_id": x.id, "status": x.status, "error": nil, "source_id": nil, "source_template_id": x.template.id, "auth_payload": nil}
	if x.failure != "" {
		o["error"] = x.failure
	}
	if x.sourceID != "" {
		o["source_id"] = x.sourceID
	} else if x.payload != nil {
		o["auth_payload"] = x.payload // until it is used
	}
	return o
}

func (s *Sandbox) createSignInSession(c *call) response {
	errs := check(c.body,
		property{name: "source_definition_id", kind: "uuid", required: true},
		property{name: "workspace_id", kind: "uuid", required: true},
		property{name: "source_template_id", kind: "uuid", required: true})
	if errs != nil {
		return invalid(errs...)
	}
	t := s.store.templateByID(text(c.body["source_template_id"]))
	if t == nil {
		return notFound("Source template", text(c.body["source_template_id"]))
	}
	if t.definitionID != text(c.body["source_definition_id"]) {
		return failure(http.StatusBadRequest, "The source template is of another definition.")
	}
	w := s.store.workspace(text(c.body["workspace_id"]))
	if w == nil {
		return notFound("Workspace", text(c.body["workspace_id"]))
	}
	x := session{id: s.store.newID("session"), workspaceID: w.id, template: t, status: "pending"}
	s.store.changeSession(x.id, func(*session) session { return x })
	return ok(object{"session_id": x.id})
}

func (s *Sandbox) getSignInSession(c *call) response {
	x := s.store.session(c.id)
	if x == nil {
		return notFound("OAuth session", c.id)
	}
	return ok(x.wire())
}

func (s *Sandbox) updateSignInSession(c *call) response {
	if errs := check(c.body, property{name: "source_id", kind: "uuid", required: true}); errs != nil {
		return invalid(errs...)
	}
	if s.store.session(c.id) == nil {
		return notFound("OAuth session", c.id)
	}
	x := s.store.changeSession(c.id, func(x *session) session {
		x.sourceID = text(c.body["source_id"])
		return *x
	})
	return ok(x.wire())
}

// session returns a copy.
func (st *store) session(id string) *session {
	st.mu.RLock()
	defer st.mu.RUnlock()
	if x, found := st.sessions[id]; found {
		return &x
	}
	return nil
}

func (st *store) changeSession(id string, change func(*session) session) session {
	st.mu.Lock()
	defer st.mu.Unlock()
	x := st.sessions[id]
	st.sessions[id] = change(&x)
	return st.sessions[id]
}

// signedIn is what a sign-in gives: the keys of OAuth where there is such a way,
// else of the first way there is.
func (d *definition) signedIn(number int64) object {
	o := d.auth[max(slices.IndexFunc(d.auth, func(o authOption) bool { return o.oauth }), 0)]
	payload := object{}
	for _, key := range o.replication() {
		if key.required {
			payload[key.name] = fmt.Sprintf("sandbox-%s-%06d", key.name, number)
		}
	}
	return payload
}

//go:embed sign_in.html
var signInHTML string

var signInTemplate = template.Must(template.New("page").Parse(signInHTML))

// signInPage is what the page shows; without buttons when Session is empty.
type signInPage struct{ Title, Text, Session, WidgetToken string }

func webPage(status int, p signInPage) response {
	var b bytes.Buffer
	if err := signInTemplate.Execute(&b, p); err != nil {
		panic(fmt.Sprintf("sandbox: sign-in page: %v", err))
	}
	return response{status: status, contentType: "text/html; charset=utf-8", body: b.Bytes(), header: map[string]string{
		"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		"Referrer-Policy":         "no-referrer", "Cache-Control": "no-store",
	}}
}

// bridge is the page of the web app, and what its buttons do.
func (s *Sandbox) bridge(r *http.Request, raw []byte) response {
	values := r.URL.Query()
	switch r.Method {
	case http.MethodGet:
	case http.MethodPost:
		posted, err := url.ParseQuery(string(raw))
		if err != nil {
			return webPage(http.StatusBadRequest, signInPage{Title: "This form cannot be read"})
		}
		values = posted
	default:
		return detail(http.StatusMethodNotAllowed, "Method Not Allowed")
	}
	x := s.store.session(values.Get("session"))
	widget, good := s.readWidgetToken(values.Get("widget_token"))
	if x == nil || !good || widget.Workspace != x.workspaceID {
		return webPage(http.StatusForbidden, signInPage{Title: "This sign-in is not valid", Text: "Begin it again where you came from."})
	}
	d := s.store.byID[x.template.definitionID]
	if r.Method == http.MethodPost && x.status == "pending" {
		s.decide(x, d, values.Get("do"))
		x = s.store.session(x.id)
	}
	switch x.status {
	case "pending":
		return webPage(http.StatusOK, signInPage{
			Title: "Sign in to " + d.name + " (sandbox)", Session: x.id, WidgetToken: values.Get("widget_token"),
			Text: "The sandbox stands in for Airbyte's web app here. No account is connected, whatever you choose.",
		})
	case "completed":
		return webPage(http.StatusOK, signInPage{Title: "Signed in to " + d.name, Text: "You may close this tab."})
	}
	return webPage(http.StatusOK, signInPage{Title: "Not signed in to " + d.name, Text: "You may close this tab."})
}

func (s *Sandbox) decide(x *session, d *definition, choice string) {
	s.store.changeSession(x.id, func(x *session) session {
		switch {
		case x.status != "pending":
		case choice == "approve":
			x.status, x.payload = "completed", d.signedIn(s.store.next())
		case choice == "deny":
			x.status, x.failure = "failed", "access_denied: the person did not allow access to "+d.name+"."
		}
		return *x
	})
}

// readWidgetToken opens what mintWidgetToken made.
func (s *Sandbox) readWidgetToken(token string) (claims, bool) {
	raw, err := base64.StdEncoding.DecodeString(token)
	var widget struct {
		Token string `json:"token"`
	}
	if err != nil || json.Unmarshal(raw, &widget) != nil {
		return claims{}, false
	}
	c, good := readToken(widget.Token)
	return c, good && c.Kind == "widget" && s.now().UnixMilli() < c.Expires
}
