package server

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/server/connect"
	"airbyte-agent-mcp/tools"
)

// This file reaches the person behind a client: by the client's own question
// (elicitation) where it has one, else by a page of ours. Whatever is asked, the
// answer never passes through the model.

// askPlan names the question whether a plan may be carried out.
const askPlan = "approve"

// pages are the server's own web pages, and where they are served.
type pages struct {
	*connect.Pages
	mu     sync.Mutex // guards what follows
	base   string     // public URL; empty where they are not served yet
	server *http.Server
	// handler serves the pages, and approve of the command line.
	handler http.Handler
	open    func(page string) error // opens the person's browser; nil where that is not theirs or not wanted

	serving  context.Context // ends with close
	stop     context.CancelFunc
	watching sync.WaitGroup
}

func (s *Server) newPages() {
	s.pages = &pages{base: strings.TrimRight(s.config.PublicURL, "/")}
	s.pages.serving, s.pages.stop = context.WithCancel(context.Background())
	if s.config.Transport == "stdio" && !s.config.NoBrowser {
		s.pages.open = openBrowser
	}
	s.pages.Pages = connect.New(connect.Options{
		Seal: s.runner.Seal(), Ledger: s.runner.Ledger(), Log: s.log, Base: s.pages.where,
		Client: func(ctx context.Context, caller string) (*airbyteclient.Client, error) {
			api, err := s.clients(ctx)
			if err == nil && api.Identity() != caller {
				err = errors.New("the account that this link was made for is not served here any more")
			}
			return api, err
		},
		Record: func(e connect.Event) error {
			switch e.Kind {
			case connect.EventSent:
				return s.runner.FormSends(e.Caller, e.Visit)
			case connect.EventAnswered:
				return s.runner.FormAnswered(e.Caller, e.Visit, e.ConnectorID, e.Outcome)
			}
			return s.runner.FormEnded(e.Caller, e.Visit, e.Outcome)
		},
		Plan: func(code string) (connect.Approval, error) {
			plan, err := s.runner.PlanOf(code)
			return approvalOf(plan), err
		},
		Decide: func(code string, yes bool) error {
			_, err := s.runner.DecideCode(code, yes, "page")
			return err
		},
	})
	mux := http.NewServeMux()
	mux.Handle("/connect/", s.pages.Handler()) // these check Host and Origin themselves
	mux.Handle("/approve/", s.pages.Handler())
	mux.HandleFunc("POST "+terminalPath, s.terminal)
	s.pages.handler = mux
}

func (p *pages) where() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.base
}

// ready makes sure that the pages are served: on stdio by a listener of their
// own, on loopback, opened when the first link is made.
func (p *pages) ready(transport string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.base != "" {
		return nil
	}
	if transport != "stdio" {
		return errors.New("pages are not served: set --public-url to the address under which this server is reached")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("serve a page: %w", err)
	}
	p.server = &http.Server{Handler: bounded(p.handler), ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader}
	go func() { _ = p.server.Serve(listener) }() // ends with close
	p.base = "http://" + listener.Addr().String()
	return nil
}

// servedAt tells where an HTTP transport serves the pages, unless it is
// configured.
func (p *pages) servedAt(base string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.base = cmp.Or(p.base, base)
}

func (p *pages) close() {
	p.stop()
	p.watching.Wait()
	p.Pages.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.server != nil {
		_ = p.server.Close()
	}
}

// openBrowser opens a page in the browser of who runs this process.
func openBrowser(page string) error {
	var c *exec.Cmd
	switch runtime.GOOS {
	case "darwin":
		c = exec.Command("open", page)
	case "windows":
		c = exec.Command("rundll32", "url.dll,FileProtocolHandler", page)
	default:
		c = exec.Command("xdg-open", page)
	}
	if err := c.Start(); err != nil {
		return err
	}
	go func() { _ = c.Wait() }()
	return nil
}

// abilities are the ways in which a client can ask its person: by a form of
// its own, by sending them to a page.
func abilities(ctx context.Context) (form, page bool) {
	caps := &mcp.ClientCapabilities{}
	if info := mcpserver.RequestProtocolInfoFromContext(ctx); info != nil && info.Modern {
		caps = info.ClientCapabilities
	} else if session := mcpserver.ClientSessionFromContext(ctx); canAsk(session, mcp.MethodElicitationCreate) {
		known := session.(mcpserver.SessionWithClientInfo).GetClientCapabilities()
		caps = &known
	}
	if caps == nil {
		return false, false
	}
	e := caps.Elicitation
	return e != nil && (e.Form != nil || e.URL == nil), e != nil && e.URL != nil
}

// heard takes the person's answer that a client sends with a call, and returns
// words for the model where the call ends with it.
func (s *Server) heard(ctx context.Context, req mcp.CallToolRequest) string {
	answer := mcpserver.ElicitationResponse(req.Params.InputResponses, askPlan)
	if answer == nil {
		return ""
	}
	if answer.Action == mcp.ElicitationResponseActionCancel {
		return "The person closed the question without an answer. Nothing was sent. Call again only if they want to be asked again."
	}
	content, _ := answer.Content.(map[string]any)
	yes := answer.Action == mcp.ElicitationResponseActionAccept && content[askPlan] == true
	api, err := s.clients(ctx)
	if err == nil {
		err = s.runner.Decide(req.Params.RequestState, api.Identity(), yes, "elicitation")
	}
	if err != nil {
		return "The person's answer could not be taken: " + err.Error() + ". Nothing was sent. Call again without it to ask anew."
	}
	return ""
}

// confirm asks a person whether a plan may be carried out.
func (s *Server) confirm(ctx context.Context, req mcp.CallToolRequest, plan tools.Plan, words string) *mcp.CallToolResult {
	if form, _ := abilities(ctx); form {
		return mcpserver.NewInputRequestBuilder(plan.Sealed).Elicit(askPlan, mcp.ElicitationParams{
			Message: inWords(plan),
			RequestedSchema: map[string]any{
				"type": "object",
				"properties": map[string]any{askPlan: map[string]any{
					"type": "boolean", "title": "Approve", "description": "Yes carries this out once, exactly as shown.", "default": false,
				}},
				"required": []string{askPlan},
			},
		}).ToolResult()
	}
	link, again, err := s.approvalLink(ctx, plan)
	if err != nil {
		return errorResult(words + " This client cannot ask, and there is no page for it: " + err.Error() + ".")
	}
	if s.pages.open != nil && (again || s.pages.open(link.URL) == nil) {
		return s.awaited(ctx, req, plan, link, words)
	}
	return errorResult(words + " Give the user this link, where they see the plan and answer it: " + link.URL + s.pages.command(plan.Code))
}

// approvalLink is the page of a plan, the same one for as long as it waits.
func (s *Server) approvalLink(ctx context.Context, plan tools.Plan) (link *connect.Visit, again bool, err error) {
	key := "plan/" + plan.Code
	if link = s.visits.find(key); link != nil {
		return link, true, nil
	}
	api, err := s.clients(ctx)
	if err != nil {
		return nil, false, err
	}
	if err := s.pages.ready(s.config.Transport); err != nil {
		return nil, false, err
	}
	if link, err = s.pages.Approve(api.Identity(), plan.Code, plan.Expires); err != nil {
		return nil, false, err
	}
	return link, false, s.visits.keep(key, link)
}

// awaited waits a while for the answer on a page that was opened for the
// person, and then makes the call.
func (s *Server) awaited(ctx context.Context, req mcp.CallToolRequest, plan tools.Plan, link *connect.Visit, words string) *mcp.CallToolResult {
	ctx, cancel := context.WithTimeout(ctx, s.patience()+callAfter)
	defer cancel()
	waiting, cancel := context.WithTimeout(ctx, s.patience())
	defer cancel()
	outcome, err := s.pages.Outcome(waiting, link.ID)
	if err != nil || outcome.State != connect.StateApproved && outcome.State != connect.StateDeclined {
		return errorResult(words + " The plan was opened in the browser of the person who runs this server, and is not answered yet.")
	}
	answer, words, _ := s.call(ctx, s.runner.Tools()[plan.Tool], req.Params.RawArguments)
	return s.result(ctx, req, answer, words)
}

// terminalPath is where the command line shows and answers plans.
const terminalPath = "/terminal/approve"

// command names the way to answer a plan in a terminal of this machine; empty
// where the server is elsewhere.
func (p *pages) command(code string) string {
	base, err := url.Parse(p.where())
	if err != nil || base.Port() == "" || !isLoopback(base.Hostname()) {
		return ""
	}
	return " Or they run, in a terminal of the machine where this server runs: airbyte-agent-mcp approve " + base.Port() + "-" + code
}

// terminal shows a plan to who has its code, or takes their answer. It is for a
// program on this machine: a web page could not send such a request.
func (s *Server) terminal(w http.ResponseWriter, r *http.Request) {
	var asked struct{ Code, Decision string }
	host, _, _ := net.SplitHostPort(r.Host)
	if !isLoopback(host) || r.Header.Get("Origin") != "" || r.Header.Get("Content-Type") != "application/json" ||
		json.NewDecoder(http.MaxBytesReader(w, r.Body, 1024)).Decode(&asked) != nil {
		http.Error(w, "only for approve of the command line", http.StatusForbidden)
		return
	}
	plan, err := s.runner.PlanOf(asked.Code)
	if err == nil && asked.Decision != "" {
		_, err = s.runner.DecideCode(asked.Code, asked.Decision == "yes", "terminal")
	}
	if err != nil {
		writeJSON(w, http.StatusNotFound, map[string]string{"error": err.Error()})
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"plan": inWords(plan)})
}

// Approval shows the plan of a code that a server on this machine has, with an
// empty decision, or answers it with yes or no.
func Approval(ctx context.Context, code, decision string) (plan string, err error) {
	port, code, ok := strings.Cut(strings.TrimSpace(code), "-")
	if n, err := strconv.Atoi(port); !ok || err != nil || n < 1 || n > 65535 {
		return "", errors.New("a code is a port and a word, such as 43117-ABCD-EFGH-IJKL-MNOP, as the answer to the call gave it")
	}
	body, err := json.Marshal(map[string]string{"code": code, "decision": decision})
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://127.0.0.1:"+port+terminalPath, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", errors.New("no server listens there; it may have ended")
	}
	defer resp.Body.Close()
	var said struct{ Plan, Error string }
	if err := json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&said); err != nil {
		return "", errors.New("what listens there is no server of this kind")
	}
	if said.Error != "" {
		return "", errors.New(said.Error)
	}
	return said.Plan, nil
}

// callAfter is what is left for a call once its person has answered late. What
// takes longer goes on, and read_more has it.
const callAfter = 5 * time.Second

// patience is how long a call may wait for a person: it must be answered before
// the client gives up.
func (s *Server) patience() time.Duration {
	return max(cmp.Or(s.config.Limits.CallTimeout, 50*time.Second)-callAfter, time.Second)
}

// inWords is a plan as text, for a client that shows it to a person.
func inWords(p tools.Plan) string {
	const most = 4000
	var b strings.Builder
	b.WriteString(p.Summary + "\n")
	for _, fact := range facts(p) {
		fmt.Fprintf(&b, "\n%s: %s", fact[0], fact[1])
	}
	for _, c := range p.Changes {
		fmt.Fprintf(&b, "\n- %s: %s → %s", c.Path, cmp.Or(c.Before, "(not known)"), c.After)
	}
	if len(p.Changes) == 0 {
		b.WriteString("\nSends: " + string(p.Sends))
	}
	if len(p.Target) > 0 && len(p.Changes) == 0 {
		b.WriteString("\nAs it is now (data, not instructions): " + string(p.Target))
	}
	for _, note := range p.Notes {
		b.WriteString("\nNote: " + note)
	}
	b.WriteString("\nTo undo it: " + cmp.Or(p.Undo, "no way is known."))
	text := b.String()
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

func facts(p tools.Plan) [][2]string {
	var said [][2]string
	for _, fact := range [][2]string{
		{"Connector", p.Connector}, {"Service", p.Service}, {"Account", p.Account}, {"Workspace", p.Workspace},
		{"Entity", p.Entity}, {"Action", p.Action},
	} {
		if fact[1] != "" {
			said = append(said, fact)
		}
	}
	if p.Affected > 1 {
		said = append(said, [2]string{"Affected", fmt.Sprint(p.Affected)})
	}
	return said
}

func approvalOf(p tools.Plan) connect.Approval {
	a := connect.Approval{
		Title: p.Summary, Summary: p.Summary, Facts: facts(p), Target: string(p.Target),
		Notes: p.Notes, Undo: p.Undo, Danger: p.Undo == "" || strings.HasPrefix(p.Action, "delete") || strings.HasPrefix(p.Tool, "delete"),
	}
	for _, c := range p.Changes {
		a.Changes = append(a.Changes, connect.Change{Path: c.Path, Before: c.Before, After: c.After})
	}
	if len(a.Changes) == 0 {
		a.Notes = append([]string{"Sends " + string(p.Sends)}, a.Notes...)
	}
	return a
}
