package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// signingKey signs tokens. It protects nothing: the sandbox has no secrets.
const signingKey = "sandbox-signing-key"

// caller is who a token stands for. workspaceID is empty for application tokens.
type caller struct {
	workspaceID string
}

// claims is the payload of a token. Tokens carry their state, so that minting a
// million of them costs the sandbox nothing.
type claims struct {
	Kind         string `json:"typ"`
	Organization string `json:"org"`
	Workspace    string `json:"wks,omitempty"`
	Expires      int64  `json:"exp"` // milliseconds, since tests want lifetimes below a second
	Number       int64  `json:"jti"`
}

func (s *Sandbox) issue(c claims) string {
	c.Organization, c.Number = OrganizationID, s.store.next()
	head := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`))
	payload := head + "." + base64.RawURLEncoding.EncodeToString(encode(c))
	return payload + "." + signature(payload)
}

func signature(payload string) string {
	m := hmac.New(sha256.New, []byte(signingKey))
	m.Write([]byte(payload))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

func readToken(token string) (claims, bool) {
	at := strings.LastIndexByte(token, '.')
	if at < 0 || !hmac.Equal([]byte(signature(token[:at])), []byte(token[at+1:])) {
		return claims{}, false
	}
	_, payload, _ := strings.Cut(token[:at], ".")
	raw, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil {
		return claims{}, false
	}
	var c claims
	if err := json.Unmarshal(raw, &c); err != nil {
		return claims{}, false
	}
	return c, true
}

func (s *Sandbox) authenticate(r *http.Request) (caller, *response) {
	refuse := func(resp response) (caller, *response) {
		if resp.status == http.StatusUnauthorized {
			resp.header = map[string]string{"WWW-Authenticate": "Bearer"}
		}
		return caller{}, &resp
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return refuse(detail(http.StatusUnauthorized, "Not authenticated"))
	}
	c, good := readToken(token)
	if !good || c.Kind == "widget" {
		return refuse(detail(http.StatusUnauthorized, "Invalid authentication token"))
	}
	if s.now().UnixMilli() >= c.Expires {
		return refuse(detail(http.StatusUnauthorized, "Token has expired"))
	}
	if bad := wrongOrganization(r); bad != nil {
		return refuse(*bad)
	}
	if c.Workspace != "" && s.store.workspace(c.Workspace) == nil {
		return refuse(detail(http.StatusUnauthorized, "The workspace of this token no longer exists"))
	}
	return caller{workspaceID: c.Workspace}, nil
}

func wrongOrganization(r *http.Request) *response {
	id := r.Header.Get("X-Organization-Id")
	var bad response
	switch {
	case id == "" || strings.EqualFold(id, OrganizationID):
		return nil
	case !isUUID(id):
		bad = invalid(fieldError{"header.x-organization-id", "Input should be a valid UUID", "uuid_parsing"})
	default:
		bad = failure(http.StatusForbidden, fmt.Sprintf("You do not have access to organization '%s'.", id))
	}
	return &bad
}

func (s *Sandbox) mintToken(c *call) response {
	if errs := check(c.body, property{name: "client_id", kind: "string", required: true}, property{name: "client_secret", kind: "string", required: true}); errs != nil {
		return invalid(errs...)
	}
	if c.body["client_id"] != ClientID || c.body["client_secret"] != ClientSecret {
		return detail(http.StatusUnauthorized, "Invalid client credentials")
	}
	if bad := wrongOrganization(c.Request); bad != nil {
		return *bad
	}
	life := s.options.TokenLifetime
	return ok(object{
		"access_token":    s.issue(claims{Kind: "application", Expires: s.now().Add(life).UnixMilli()}),
		"token_type":      "bearer",
		"expires_in":      max(1, int(life/time.Second)),
		"organization_id": OrganizationID,
	})
}

// mintScopedToken creates the workspace when there is none of that name, which is
// the only way the API offers to make one.
func (s *Sandbox) mintScopedToken(c *call) response {
	if errs := check(c.body, property{name: "workspace_name", kind: "string", required: true}, property{name: "region_id", kind: "uuid"}); errs != nil {
		return invalid(errs...)
	}
	name := strings.TrimSpace(text(c.body["workspace_name"]))
	if name == "" {
		return invalid(fieldError{"body.workspace_name", "String should have at least 1 character", "string_too_short"})
	}
	w := s.store.ensureWorkspace(name, s.now())
	return ok(object{"token": s.issue(claims{Kind: "scoped", Workspace: w.id, Expires: s.now().Add(scopedLifetime).UnixMilli()})})
}

func (s *Sandbox) scopedTokenInfo(c *call) response {
	if c.caller.workspaceID == "" {
		return failure(http.StatusForbidden, "This operation requires a scoped token.")
	}
	w := s.store.workspace(c.caller.workspaceID)
	if w == nil {
		return notFound("Workspace", c.caller.workspaceID)
	}
	return ok(object{"organization_id": OrganizationID, "workspace_id": w.id, "workspace_name": w.name})
}

func (s *Sandbox) mintWidgetToken(c *call) response {
	errs := check(c.body,
		property{name: "workspace_name", kind: "string", required: true},
		property{name: "allowed_origin", kind: "string", required: true},
		property{name: "region_id", kind: "uuid"},
		property{name: "selected_source_template_tags", kind: "strings"},
		property{name: "selected_source_template_tags_mode", kind: "string", enum: []string{"all", "any"}},
		property{name: "selected_connection_template_tags", kind: "strings"},
		property{name: "selected_connection_template_tags_mode", kind: "string", enum: []string{"all", "any"}},
	)
	if errs != nil {
		return invalid(errs...)
	}
	origin, err := url.Parse(text(c.body["allowed_origin"]))
	if err != nil || origin.Host == "" {
		return invalid(fieldError{"body.allowed_origin", "Input should be a valid URL", "url_parsing"})
	}
	w := s.store.ensureWorkspace(text(c.body["workspace_name"]), s.now())
	inner := s.issue(claims{Kind: "widget", Workspace: w.id, Expires: s.now().Add(scopedLifetime).UnixMilli()})
	widget := object{
		"widgetUrl": "https://widget.sandbox.example/embed?workspaceId=" + w.id + "&allowedOrigin=" + url.QueryEscape(origin.String()),
		"token":     inner,
	}
	return ok(object{"token": base64.StdEncoding.EncodeToString(encode(widget))})
}
