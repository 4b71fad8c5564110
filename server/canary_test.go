package server_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/server/telemetry"
)

// The canaries. Each is unlike any other text, so that a part of it is enough to
// tell it; some hold what an encoding would change.
const (
	clientSecret   = `cS7uQ"zK<2&vW+9/pL=4xR\mN8`
	apiKey         = "lin_api_Hq3Tz8WmYb5KvX1Rc7PdNe"
	accessToken    = "ghp_Jf6Lw2SyGa9VtCx4Mk8ZrBq1Uo"
	password       = `pÄ5s"Dk7&Fn<3Ht'9Jw 2Lz`
	shortPassword  = "Xw9!kP2z"
	oauthSecret    = "GOCSPX-Ty4Mb9QwRk2HvZc7XnJs"
	serverSecret   = "sss-Bn8Kd3GxPw6YtRm1VqFz"
	pin            = "918273645546372819"
	urlPassword    = "uRl7Kw3QzNm9TbXc"
	mapperKey      = "aes-Wk5RvJ8mXz2PqTn7"
	unnamedSecret  = "Zq9WvKt4MxBn7RyL2s"
	bearerOfOthers = "shpat-Ld6QyVw1XkMz8BtNrGc3"
	privateKey     = "-----BEGIN PRIVATE KEY-----\nMIIEvKq7TzRw9YbN4xLm2VdPc\nHs6JfGt1Xa8ZkWq3BnUo5ErCy\n-----END PRIVATE KEY-----\n"
)

// canary is a secret and how it would look.
type canary struct {
	name  string
	looks []string
}

// newCanary looks for the whole in every encoding, and for parts of the raw text:
// a secret that was cut is a secret still.
func newCanary(name, secret string) canary {
	inJSON, _ := json.Marshal(secret)
	looks := []string{
		secret, strings.Trim(string(inJSON), `"`), url.QueryEscape(secret), url.PathEscape(secret), html.EscapeString(secret),
		base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
		hex.EncodeToString([]byte(secret)),
	}
	if token := strings.Split(secret, "."); len(token) == 3 { // of which only the signature is unique
		secret = token[2]
	}
	const part = 12
	for line := range strings.Lines(secret) {
		if strings.HasPrefix(line, "-----") { // nor that of a key
			continue
		}
		for at := 0; at+part <= len(line); at += part {
			looks = append(looks, line[at:at+part])
		}
		if len(line) > part {
			looks = append(looks, strings.TrimSpace(line[len(line)-part:]))
		}
	}
	return canary{name, looks}
}

func (c canary) in(text []byte) (look string, found bool) {
	for _, look := range c.looks {
		if bytes.Contains(text, []byte(look)) {
			return look, true
		}
	}
	return "", false
}

func planted() []canary {
	var all []canary
	for name, secret := range map[string]string{
		"client secret": clientSecret, "API key": apiKey, "access token": accessToken, "password": password,
		"short password": shortPassword, "OAuth secret": oauthSecret, "server side secret": serverSecret, "PIN": pin,
		"password in a URL": urlPassword, "mapper key": mapperKey, "secret of no telling name": unnamedSecret,
		"bearer": bearerOfOthers, "private key": privateKey,
	} {
		all = append(all, newCanary(name, secret))
	}
	return all
}

func quote(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// configuration holds credentials in both dialects and as third parties vary
// them. It is what the service shows of connectors and templates.
func configuration() map[string]any {
	return map[string]any{
		"token":   accessToken,
		"api_key": apiKey,
		"credentials": map[string]any{
			"option_title": "PAT Credentials", "personal_access_token": accessToken, "pat": bearerOfOthers,
			"value": unnamedSecret, "pin": json.Number(pin), "deeper": map[string]any{"list": []any{unnamedSecret}},
		},
		"client_secret": oauthSecret, "oauthSecret": oauthSecret,
		"accounts":             []any{map[string]any{"name": "main", "password": password, "pwd": shortPassword}},
		"jdbc_url":             "postgres://reader:" + urlPassword + "@db.example/sales",
		"tunnel_method":        map[string]any{"tunnel_method": "SSH_KEY_AUTH", "ssh_key": privateKey, "tunnel_user_password": password},
		"service_account_info": quote(map[string]any{"type": "service_account", "private_key": privateKey}),
		"headers":              map[string]any{"Authorization": "Bearer " + bearerOfOthers},
		"secrets":              []any{serverSecret, apiKey},
		"start_date":           "2026-01-01T00:00:00Z",
		"server_secret":        map[string]any{"v": serverSecret},
	}
}

func customization() map[string]any {
	return map[string]any{"stream_mappers": map[string]any{"issues": []any{map[string]any{
		"type": "encryption", "mapper_configuration": map[string]any{"algorithm": "AES", "target_field": "email", "key": mapperKey},
	}}}}
}

// told are arguments in which a caller tells secrets, by tool; they fit the
// schemas, and the service refuses them.
func told() map[string]string {
	config := configuration()
	connector := quote(map[string]any{
		"definition_id": linearDef, "name": "told",
		"credentials": config, "replication_config": config, "server_side_oauth_secret_id": serverSecret,
	})
	template := map[string]any{"actor_definition_id": linearDef, "partial_default_config": config, "customization": customization()}
	return map[string]string{
		"create_connector":     connector,
		"check_new_connector":  connector,
		"update_connector":     quote(map[string]any{"connector_id": linearID, "replication_config": config}),
		"check_connector":      quote(map[string]any{"connector_id": linearID, "replication_config": config}),
		"create_template":      quote(template),
		"update_template":      quote(map[string]any{"template_id": linearDef, "partial_default_config": config, "customization": customization()}),
		"create_conn_template": quote(map[string]any{"destination_name": "w", "destination_definition_id": linearDef, "destination_config": config}),
		"update_conn_template": quote(map[string]any{"template_id": linearDef, "destination_config": config}),
		"set_oauth_config":     quote(map[string]any{"connector_type": "GitHub", "configuration": map[string]any{"client_id": "abc", "client_secret": oauthSecret}}),
		"execute_operation":    quote(map[string]any{"connector_id": linearID, "entity": "issues", "action": "create", "params": map[string]any{"password": password, "access_token": bearerOfOthers}}),
	}
}

// accepted are scenes in which a caller tells secrets and the service takes them.
func accepted() []scene {
	inBothDialects := []string{
		quote(map[string]any{"definition_id": linearDef, "name": "one", "credentials": map[string]any{"api_key": apiKey}}),
		quote(map[string]any{"connector_type": "GitHub", "name": "two", "replication_config": map[string]any{
			"repositories": []any{"a/b"}, "credentials": map[string]any{"option_title": "PAT Credentials", "personal_access_token": accessToken},
		}}),
		quote(map[string]any{"connector_type": "GitHub", "name": "three", "credentials": map[string]any{"token": "invalid" + accessToken}, "replication_config": map[string]any{"repositories": []any{"a/b"}}}),
	}
	var all []scene
	for _, args := range inBothDialects {
		all = append(all, scene{"create_connector", args, true}, scene{"check_new_connector", args, false})
	}
	config := configuration()
	return append(all,
		scene{"update_connector", quote(map[string]any{"connector_id": linearID, "replication_config": config}), true},
		scene{"check_connector", quote(map[string]any{"connector_id": linearID, "replication_config": config}), false},
		scene{"create_template", quote(map[string]any{"actor_definition_id": linearDef, "name": "t", "partial_default_config": config, "customization": customization()}), true},
		scene{"create_conn_template", quote(map[string]any{"destination_name": "w", "destination_definition_id": "cd20bf53-8ac9-43aa-9193-6898e2a0eaa4", "destination_config": config, "cron_expression": "0 0 * * * ?"}), true},
		scene{"set_oauth_config", told()["set_oauth_config"], true},
	)
}

// nest is an upstream that is told every secret and keeps none: a sandbox whose
// client secret is a canary, and which answers by answer.
type nest struct {
	*world

	mu     sync.Mutex // guards the fields below
	answer answerer
	tokens []canary // minted for the server
}

type answerer func(w http.ResponseWriter, r *http.Request, body []byte, sandbox http.Handler)

func newNest(s *stage) *nest {
	n := &nest{answer: asItIs}
	n.world = s.newWorldBehind("", func(sandbox http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			if strings.HasSuffix(r.URL.Path, "/applications/token") {
				n.mint(w, r, body, sandbox)
				return
			}
			n.mu.Lock()
			answer := n.answer
			n.mu.Unlock()
			answer(w, r, body, sandbox)
		})
	})
	n.api = canaryClient(s.t, n.upstream.URL)
	return n
}

func (n *nest) setAnswer(a answerer) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.answer = a
}

func (n *nest) minted() []canary {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.tokens)
}

// mint opens the sandbox to the canary, and notes the token that comes of it.
func (n *nest) mint(w http.ResponseWriter, r *http.Request, body []byte, next http.Handler) {
	if !bytes.Contains(body, []byte(quoteBare(clientSecret))) {
		http.Error(w, "another secret", http.StatusUnauthorized)
		return
	}
	r.Body = io.NopCloser(strings.NewReader(quote(map[string]any{"client_id": sandbox.ClientID, "client_secret": sandbox.ClientSecret})))
	got := httptest.NewRecorder()
	next.ServeHTTP(got, r)
	var minted struct {
		Token string `json:"access_token"`
	}
	_ = json.Unmarshal(got.Body.Bytes(), &minted)
	n.mu.Lock()
	c := newCanary("token of the server", minted.Token)
	c.looks = append(c.looks, minted.Token[:60]) // how every token of this kind begins, and no other
	n.tokens = append(n.tokens, c)
	n.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(got.Code)
	_, _ = w.Write(got.Body.Bytes())
}

// quoteBare is a text as the client writes it in JSON.
func quoteBare(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s)
	return strings.TrimSpace(b.String())
}

// asItIs answers as the sandbox does, with secrets wherever the service keeps a
// configuration.
func asItIs(w http.ResponseWriter, r *http.Request, _ []byte, next http.Handler) {
	r.Header.Del("Accept-Encoding")
	got := httptest.NewRecorder()
	next.ServeHTTP(got, r)
	body := got.Body.Bytes()
	var value any
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if dec.Decode(&value) == nil {
		body = []byte(quote(plant(value)))
	}
	for name, values := range got.Header() {
		if name != "Content-Length" {
			w.Header()[name] = values
		}
	}
	w.WriteHeader(got.Code)
	_, _ = w.Write(body)
}

func plant(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			v[name] = plant(inner)
		}
		for _, name := range []string{"replication_config", "partial_default_config", "destination_config"} {
			if object, ok := v[name].(map[string]any); ok {
				for key, secret := range configuration() {
					object[key] = secret
				}
			}
		}
		if _, template := v["partial_default_config"]; template || v["actor_definition_id"] != nil {
			v["customization"] = customization()
		}
	case []any:
		for i := range v {
			v[i] = plant(v[i])
		}
	}
	return v
}

// dumps are ways to write down a request, as careless services do.
var dumps = map[string]func(r *http.Request, body []byte) string{
	"headers, body": func(r *http.Request, body []byte) string { return headers(r) + "\n" + string(body) },
	"body, headers": func(r *http.Request, body []byte) string { return string(body) + headers(r) },
	"url-escaped":   func(r *http.Request, body []byte) string { return url.QueryEscape(headers(r) + string(body)) },
	"html-escaped":  func(r *http.Request, body []byte) string { return html.EscapeString(headers(r) + string(body)) },
	"values":        func(r *http.Request, body []byte) string { return strings.Join(values(body), " | ") + headers(r) },
	"ascii": func(r *http.Request, body []byte) string {
		return fmt.Sprintf("%+q", values(body)) + headers(r)
	},
	"backwards": func(r *http.Request, body []byte) string {
		list := values(body)
		slices.Reverse(list)
		return strings.Join(list, ", ")
	},
}

func headers(r *http.Request) string {
	return "Authorization: " + r.Header.Get("Authorization") + "\r\nUser-Agent: " + r.UserAgent()
}

// values are the texts and numbers of a JSON body.
func values(body []byte) []string {
	var value any
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	_ = dec.Decode(&value)
	var found []string
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, inner := range v {
				walk(inner)
			}
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		case string:
			found = append(found, v)
		case json.Number:
			found = append(found, v.String())
		}
	}
	walk(value)
	slices.Sort(found)
	return found
}

// echoes are answers that hold a dump of the request.
var echoes = map[string]func(dump string) (status int, contentType, body string){
	"400 message": func(dump string) (int, string, string) {
		return 400, "application/json", quote(map[string]any{"message": dump, "errors": []any{}})
	},
	"400 errors": func(dump string) (int, string, string) {
		return 400, "application/json", quote(map[string]any{"message": nil, "errors": []any{
			map[string]any{"field": dump, "message": "bad: " + dump, "error_code": dump, "details": map[string]any{"input": dump}},
		}})
	},
	"401": func(dump string) (int, string, string) {
		return 401, "application/json", quote(map[string]any{"detail": dump})
	},
	"403 JSON in JSON": func(dump string) (int, string, string) {
		return 403, "application/json", quote(map[string]any{"detail": quote(map[string]any{"request": dump})})
	},
	"422 detail": func(dump string) (int, string, string) {
		return 422, "application/json", quote(map[string]any{"detail": []any{
			map[string]any{"loc": []any{"body", dump}, "msg": "Value error, " + dump, "type": dump, "input": dump},
		}})
	},
	"500 detail": func(dump string) (int, string, string) {
		return 500, "application/json", quote(map[string]any{"detail": map[string]any{"error": dump}})
	},
	"500 plain": func(dump string) (int, string, string) { return 500, "text/plain", "Internal error: " + dump },
	"500 trace": func(dump string) (int, string, string) {
		return 500, "text/plain", "Error on " + dump + "\nTraceback (most recent call last):\n  " + dump
	},
	"404 page": func(dump string) (int, string, string) {
		return 404, "text/html", "<html><head><title>" + dump + "</title></head><body>" + dump + "</body></html>"
	},
	"200 page": func(dump string) (int, string, string) {
		return 200, "text/html", "<html><head><title>" + dump + "</title></head></html>"
	},
	"200 failed": func(dump string) (int, string, string) {
		return 200, "application/json", quote(map[string]any{"status": dump, "result": map[string]any{"message": dump}})
	},
	"200 of another shape": func(string) (int, string, string) {
		return 200, "application/json", `{"status": ` + pin + `, "id": ` + pin + `, "token": ` + pin + `, "data": ` + pin + `, "definitions": ` + pin + `, "connector_id": ` + pin + `}`
	},
	"200 check": func(dump string) (int, string, string) {
		return 200, "application/json", quote(map[string]any{
			"id": "check", "status": "failed", "error_message": dump,
			"failure_reason":       map[string]any{"timestamp": 1, "external_message": dump, "internal_message": dump, "stacktrace": dump},
			"entity_check_results": []any{map[string]any{"entity": "issues", "status": "failed", "error_message": dump}},
		})
	},
	"200 text": func(dump string) (int, string, string) { return 200, "application/json", quote(dump) },
	"200 broken": func(dump string) (int, string, string) {
		return 200, "application/json", `{"message": ` + quote(dump) + ` "` + dump
	},
	"400 broken": func(dump string) (int, string, string) { return 400, "application/json", `{"message": ` + quote(dump) },
	"302 redirect": func(dump string) (int, string, string) {
		return 302, "", "https://login.example/?next=" + url.QueryEscape(dump)
	},
}

func echo(envelope, dump string) answerer {
	return func(w http.ResponseWriter, r *http.Request, body []byte, _ http.Handler) {
		status, kind, answer := echoes[envelope](dumps[dump](r, body))
		if status == 302 {
			w.Header().Set("Location", answer)
			answer = ""
		}
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}
}

// lockedBuffer is a log that several servers write.
type lockedBuffer struct {
	mu  sync.Mutex // guards buf
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) all() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Clone(b.buf.Bytes())
}

func debugStage(t *testing.T) (*stage, *lockedBuffer) {
	log := &lockedBuffer{}
	return newStageLogging(t, slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})), log
}

// look reports every canary in what was heard.
func look(t *testing.T, where string, heard []byte, canaries ...[]canary) {
	t.Helper()
	for _, c := range slices.Concat(canaries...) {
		if found, there := c.in(heard); there {
			at := bytes.Index(heard, []byte(found))
			t.Errorf("%s: the %s shows:\n%s", where, c.name, heard[max(0, at-300):min(len(heard), at+len(found)+60)])
		}
	}
}

func (s said) everything() []byte {
	var all bytes.Buffer
	_ = s.header.Write(&all)
	all.Write(s.bytes)
	all.WriteString(s.text + s.rpc)
	return all.Bytes()
}

var wires = []string{"streamable-http", "stdio", "sse"}

func (s *stage) callOn(transport string, w *world, tool, args string) said {
	switch transport {
	case "stdio":
		return s.stdio(w, tool, args)
	case "sse":
		return s.sse(w, tool, args)
	case "in process":
		answer, words, err := s.inProcess.Call(w.context(context.Background()), tool, json.RawMessage(args), nil)
		if err != nil {
			return said{rpc: err.Error()}
		}
		return said{text: string(answer) + words, isError: words != ""}
	}
	return s.call(w, tool, args)
}

// TestAnswersShowNoSecrets runs every tool against a service that shows secrets
// wherever it may.
func TestAnswersShowNoSecrets(t *testing.T) {
	t.Parallel()
	for _, transport := range append([]string{"in process"}, wires...) {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			stage, log := debugStage(t)
			n := newNest(stage)
			defer n.close()
			token, err := n.api.CreateScopedToken(t.Context(), airbyteclient.CreateScopedTokenRequest{WorkspaceName: "default"})
			if err != nil {
				t.Fatal(err)
			}
			scoped := []canary{newCanary("scoped token", token.Token)}
			played := append(scenes(), accepted()...)
			slices.SortStableFunc(played, func(a, b scene) int { return disturbs(a) - disturbs(b) })
			for _, s := range played {
				got := stage.callOn(transport, n.world, s.tool(), strings.ReplaceAll(s.args, "{{token}}", token.Token))
				if got.isError || got.rpc != "" {
					t.Errorf("%s: %s%s", s.name, got.text, got.rpc)
				}
				look(t, s.name+" "+s.args, got.everything(), planted(), n.minted(), scoped)
				if handsOutToken := s.tool() == "create_scoped_token" || s.tool() == "create_widget_token"; handsOutToken {
					if own := quoteField(got.text, "token"); own == "" {
						t.Errorf("%s hands out no token: %s", s.name, got.text)
					} else {
						scoped = append(scoped, newCanary("token of "+s.tool(), own))
					}
				}
			}
			look(t, "log", log.all(), planted(), n.minted(), scoped)
			if !bytes.Contains(log.all(), []byte("create_connector")) {
				t.Errorf("the log tells nothing:\n%s", log.all())
			}
		})
	}
}

func quoteField(answer, name string) string {
	var object map[string]any
	_ = json.Unmarshal([]byte(answer), &object)
	text, _ := object[name].(string)
	return text
}

// disturbs orders scenes so that none spoils the world for those after it.
func disturbs(s scene) int {
	switch {
	case strings.HasPrefix(s.tool(), "delete_"):
		return 2
	case s.tool() == "create_template": // two for one service are ambiguous
		return 1
	}
	return 0
}

// TestErrorsShowNoSecrets runs every tool against a service that answers with
// the request it was sent: in this process with every dump, on the wire with
// one each.
func TestErrorsShowNoSecrets(t *testing.T) {
	t.Parallel()
	for envelope := range echoes {
		t.Run(envelope, func(t *testing.T) {
			t.Parallel()
			stage, log := debugStage(t)
			n := newNest(stage)
			defer n.close()
			token, err := n.api.CreateScopedToken(t.Context(), airbyteclient.CreateScopedTokenRequest{WorkspaceName: "default"})
			if err != nil {
				t.Fatal(err)
			}
			scoped := []canary{newCanary("scoped token", token.Token)}
			for i, dump := range slices.Sorted(maps.Keys(dumps)) {
				n.setAnswer(echo(envelope, dump))
				on := []string{"in process"}
				if i < len(wires) {
					on = append(on, wires[i])
				}
				for _, s := range scenes() {
					if envelope == "200 failed" && !s.executes() {
						continue // others have no such status
					}
					args := strings.ReplaceAll(s.args, "{{token}}", token.Token)
					if secrets, some := told()[s.tool()]; some {
						args = secrets
					}
					for _, transport := range on {
						got := stage.callOn(transport, n.world, s.tool(), args)
						if got.rpc != "" {
							t.Errorf("%s: %s", s.name, got.rpc)
						}
						look(t, fmt.Sprintf("%s, %s, %s", transport, dump, s.name), got.everything(), planted(), n.minted(), scoped)
					}
				}
			}
			look(t, "log", log.all(), planted(), n.minted(), scoped)
		})
	}
}

// TestRefusedClientSecretIsNotShown has the service answer the mint with the
// request that holds the secret.
func TestRefusedClientSecretIsNotShown(t *testing.T) {
	t.Parallel()
	for envelope := range echoes {
		for dump := range dumps {
			t.Run(envelope+"/"+dump, func(t *testing.T) {
				t.Parallel()
				stage, log := debugStage(t)
				answer := echo(envelope, dump)
				w := stage.newWorldBehind("", func(http.Handler) http.Handler {
					return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						body, _ := io.ReadAll(r.Body)
						answer(w, r, body, nil)
					})
				})
				defer w.close()
				w.api = canaryClient(t, w.upstream.URL)
				got := stage.call(w, "list_connectors", `{}`)
				if !got.isError {
					t.Errorf("no error: %s", got.text)
				}
				look(t, "call", got.everything(), planted())
				req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, stage.web.URL+"/readyz", nil)
				req.Header.Set("X-World", w.number)
				resp, err := stage.web.Client().Do(req)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				body, _ := io.ReadAll(resp.Body)
				if resp.StatusCode != http.StatusServiceUnavailable {
					t.Errorf("/readyz: %s", resp.Status)
				}
				look(t, "/readyz", body, planted())
				err = w.api.Ready(t.Context())
				look(t, "error", printed(err), planted())
				look(t, "log", log.all(), planted())
			})
		}
	}
}

func canaryClient(t testing.TB, host string) *airbyteclient.Client {
	t.Helper()
	api, err := airbyteclient.New(airbyteclient.Config{
		APIHost: host, ClientID: "canary-client", ClientSecret: airbyteclient.NewSecret(clientSecret),
	}, airbyteclient.WithObserver(telemetry.Observe))
	if err != nil {
		t.Fatal(err)
	}
	return api
}

// printed is a value in every way in which it could reach a log.
func printed(v any) []byte {
	var all bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		fmt.Fprintf(&all, verb+"\n", v)
	}
	text, asJSON := slog.New(slog.NewTextHandler(&all, nil)), slog.New(slog.NewJSONHandler(&all, nil))
	text.Info("v", "v", v)
	asJSON.Info("v", "v", v)
	encoded, _ := json.Marshal(v)
	all.Write(encoded)
	if err, ok := v.(error); ok && errors.Unwrap(err) != nil {
		all.Write(printed(errors.Unwrap(err)))
	}
	return all.Bytes()
}

// TestValuesPrintNoSecrets prints what the program holds secrets in.
func TestValuesPrintNoSecrets(t *testing.T) {
	t.Parallel()
	stage, _ := debugStage(t)
	n := newNest(stage)
	defer n.close()
	scoped, err := n.api.CreateScopedToken(t.Context(), airbyteclient.CreateScopedTokenRequest{WorkspaceName: "default"})
	if err != nil {
		t.Fatal(err)
	}
	secret := airbyteclient.NewSecret(clientSecret)
	config := airbyteclient.Config{ClientID: "c", ClientSecret: secret}
	n.setAnswer(echo("500 plain", "headers, body"))
	_, failed := n.api.CreateConnector(t.Context(), airbyteclient.CreateConnectorRequest{Credentials: json.RawMessage(quote(configuration()))})
	path := filepath.Join(t.TempDir(), "settings.json")
	if err := os.WriteFile(path, []byte(quote(map[string]any{"settings": map[string]any{
		"credentials": map[string]any{"client_id": "c", "client_secret": clientSecret}, "organization_id": "o",
	}})), 0o600); err != nil {
		t.Fatal(err)
	}
	settings, err := airbyteclient.ReadSettings(path)
	if err != nil || !settings.ClientSecret.Equal(secret) {
		t.Fatalf("read %v, %v", settings, err)
	}
	var applied airbyteclient.Config
	settings.Apply(&applied)
	for name, value := range map[string]any{
		"config": config, "*config": &config, "client": canaryClient(t, n.upstream.URL), "error": failed,
		"settings": settings, "*settings": &settings, "applied": applied, "secret": secret, "*secret": &secret,
	} {
		look(t, name, printed(value), planted(), n.minted())
	}
	// By other verbs fmt follows pointers, into what a goroutine may be changing.
	look(t, "client in use", fmt.Appendf(nil, "%v %+v %#v %v %+v %#v", n.api, n.api, n.api, *n.api, *n.api, *n.api), planted(), n.minted())
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		text := fmt.Sprintf(verb+verb, *scoped, scoped)
		look(t, "scoped token by "+verb, []byte(text), []canary{newCanary("scoped token", scoped.Token)})
	}
}

// Settings that cannot be read may hold a secret all the same.
func TestBrokenSettingsAreNotShown(t *testing.T) {
	t.Parallel()
	whole := quote(map[string]any{"settings": map[string]any{"credentials": map[string]any{"client_id": "c", "client_secret": clientSecret}}})
	for name, text := range map[string]string{
		"cut":              whole[:len(whole)-8],
		"secret as number": `{"credentials": {"client_secret": ` + pin + `}}`,
		"secret as list":   `{"credentials": {"client_secret": [` + quote(clientSecret) + `]}}`,
		"secret alone":     clientSecret,
		"text":             quote(clientSecret),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "settings.json")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := airbyteclient.ReadSettings(path)
			if err == nil {
				t.Fatal("no error")
			}
			look(t, "error", printed(err), planted())
			if found := machinery.FindString(strings.ReplaceAll(err.Error(), path, "")); found != "" {
				t.Errorf("shows %q: %v", found, err)
			}
		})
	}
}

// A secret given where none, or where an object is wanted, is not told again.
func TestRefusedArgumentsShowNoSecrets(t *testing.T) {
	t.Parallel()
	stage, log := debugStage(t)
	w := stage.newWorld("")
	defer w.close()
	for _, tool := range everyTool(t) {
		var schema struct{ Properties map[string]struct{ Type any } }
		if err := json.Unmarshal(tool.InputSchema(), &schema); err != nil {
			t.Fatal(err)
		}
		for property, is := range schema.Properties {
			if is.Type != "object" || slices.Contains([]string{"params", "filter", "reduce"}, property) {
				continue // what an operation takes is data, not credentials
			}
			for _, args := range []string{
				quote(map[string]any{property: apiKey}),
				quote(map[string]any{property: "token=" + apiKey}),
				quote(map[string]any{property: `{"token": "` + apiKey}),
				quote(map[string]any{property: []any{apiKey}}),
				quote(map[string]any{property: map[string]any{}, "api_key": apiKey, "token": accessToken}),
				`{"` + property + `": ` + pin + `}`,
				`{"` + property + `": {"token": "` + apiKey + `"`,
			} {
				answer, words, err := stage.inProcess.Call(w.context(t.Context()), tool.Name, json.RawMessage(args), nil)
				if words == "" {
					t.Errorf("%s took %s: %s, %v", tool.Name, args, answer, err)
				}
				look(t, tool.Name+" "+args, []byte(words), planted())
			}
		}
	}
	look(t, "log", log.all(), planted())
}
