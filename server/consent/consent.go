package consent

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
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
	"airbyte-agent-mcp/server/connect/pagetext"
	"airbyte-agent-mcp/server/transport"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/approval"
	"airbyte-agent-mcp/tools/dispatch"
	"airbyte-agent-mcp/tools/plan"
)

// This file reaches the person behind a client: by the client's own question
// (elicitation) where it has one, else by a page of ours. Whatever is asked, the
// answer never passes through the model.

// askPlan names the question whether a plan may be carried out, askPage the one
// whether the person goes to its page.
const askPlan, askPage = "approve", "approval_page"

// pages are the server's own web pages, and where they are served.
type pages struct {
	*connect.Pages
	mu     sync.Mutex // guards what follows
	base   string     // public URL; empty where they are not served yet
	server *http.Server
	// handler serves the pages, and approve of the command line.
	handler http.Handler
	Open    func(page string) error // opens the person's browser; nil where that is not theirs or not wanted

	serving  context.Context // ends with close
	stop     context.CancelFunc
	watching sync.WaitGroup
}

// Consent gets what must be decided to the person behind a client, and takes
// their answer. Make one with NewConsent.
type Consent struct {
	Pages     *pages
	visits    visits
	Questions questions // those that clients put to their people now
	approver  *approval.Approver
	clients   account.Clients
	mcp       *mcpserver.MCPServer
	log       *slog.Logger
	transport string // as Config.Transport of the server
	Now       func() time.Time
}

// Options are what a Consent needs of its server.
type Options struct {
	Runner    *dispatch.Runner
	Clients   account.Clients
	Log       *slog.Logger
	Transport string // stdio, or one of the HTTP transports
	PublicURL string // where people reach the pages; empty for loopback
	NoBrowser bool   // do not open pages in the browser
}

// New returns a consent that serves its pages once they are needed.
func New(o Options) *Consent {
	c := &Consent{
		visits: visits{ledger: o.Runner.Ledger()}, approver: o.Runner.Approver(), clients: o.Clients, log: o.Log,
		transport: o.Transport, Now: time.Now,
		Pages: &pages{base: strings.TrimRight(o.PublicURL, "/")},
	}
	c.Pages.serving, c.Pages.stop = context.WithCancel(context.Background())
	if o.Transport == "stdio" && !o.NoBrowser {
		c.Pages.Open = openBrowser
	}
	journal := o.Runner.Journal()
	c.Pages.Pages = connect.New(connect.Options{
		Seal: o.Runner.Seal(), Ledger: o.Runner.Ledger(), Log: o.Log, Base: c.Pages.where, Now: func() time.Time { return c.Now() },
		Client: func(ctx context.Context, caller string) (*airbyteclient.Client, error) {
			api, err := c.clients(ctx)
			if err == nil && api.Identity() != caller {
				err = errors.New("the account that this link was made for is not served here any more")
			}
			return api, err
		},
		Record: func(e connect.Event) error {
			switch e.Kind {
			case connect.EventSent:
				return journal.FormSends(e.Caller, e.Visit)
			case connect.EventAnswered:
				return journal.FormAnswered(e.Caller, e.Visit, e.ConnectorID, e.Outcome)
			}
			return journal.FormEnded(e.Caller, e.Visit, e.ConnectorID, e.Outcome)
		},
		Plan: func(code string) (connect.Approval, error) {
			plan, err := c.approver.PlanOf(code)
			return approvalOf(plan), err
		},
		Decide: func(code string, yes bool) error {
			_, err := c.approver.DecideCode(code, yes, "page")
			return err
		},
	})
	mux := http.NewServeMux()
	mux.Handle("/connect/", c.Pages.Handler()) // these check Host and Origin themselves
	mux.Handle("/approve/", c.Pages.Handler())
	mux.HandleFunc("POST "+terminalPath, c.terminal)
	c.Pages.handler = mux
	return c
}

// Attach sets the SDK's server by which clients are asked.
func (c *Consent) Attach(mcp *mcpserver.MCPServer) { c.mcp = mcp }

// Paths are where Handler serves.
var Paths = []string{"/connect/", "/approve/", terminalPath}

// Handler serves the pages, and the command line's approve.
func (c *Consent) Handler() http.Handler { return c.Pages.handler }

// ServedAt sets where an HTTP transport serves the pages, unless that is
// configured.
func (c *Consent) ServedAt(base string) { c.Pages.servedAt(base) }

// Close ends the pages and the questions that have no answer yet.
func (c *Consent) Close() { c.Pages.close() }

func (p *pages) where() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.base
}

// ready makes sure that the pages are served: on stdio by a listener of their
// own, on loopback, opened when the first link is made.
func (p *pages) ready(transport1 string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.base != "" {
		return nil
	}
	if transport1 != "stdio" {
		return errors.New("pages are not served: set --public-url to the address under which this server is reached")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("serve a page: %w", err)
	}
	p.server = &http.Server{Handler: transport.Bounded(p.handler), ReadHeaderTimeout: transport.HeaderTimeout, IdleTimeout: transport.IdleTimeout, MaxHeaderBytes: transport.MaxHeader}
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

// Confirm gets a plan to a person and waits for their answer until ctx ends: by a
// question of their client where the plan fits one whole, else by its page. It is
// nil once they have answered: what they said is heard by the call.
func (c *Consent) Confirm(ctx context.Context, req mcp.CallToolRequest, plan plan.Plan, words string) *mcp.CallToolResult {
	form, page := transport.Abilities(ctx)
	form = form && len(InWords(plan)) <= MaxFormWords
	if form && mcpserver.IsModernRequest(ctx) {
		return mcpserver.NewInputRequestBuilder(plan.Sealed).Elicit(askPlan, planForm(plan)).ToolResult()
	}
	if form {
		q := c.put(ctx, plan.Code, planForm(plan), plan.Expires, func(ctx context.Context, answer *mcp.ElicitationResult) string {
			return c.taken(ctx, plan.Sealed, answer)
		})
		select {
		case <-q.ended.Done():
		case <-ctx.Done():
			return transport.ErrorResult(words + " They were asked, and have not answered yet.")
		}
		if q.words != "" {
			return transport.ErrorResult(q.words)
		}
		if q.err == nil {
			return nil
		}
	}
	return c.confirmOnPage(ctx, req, plan, words, page && !form)
}

// confirmOnPage gets a person to the page of a plan: by their client where that
// sends people to pages, else by the browser, else by a link.
func (c *Consent) confirmOnPage(ctx context.Context, req mcp.CallToolRequest, plan plan.Plan, words string, byClient bool) *mcp.CallToolResult {
	key := "plan/" + plan.Code
	link, again, err := c.approvalLink(ctx, key, plan)
	if err != nil {
		return transport.ErrorResult(words + " This client cannot ask, and there is no page for it: " + err.Error() + ".")
	}
	var q *question
	if byClient {
		goThere := goTo(link, "See what is going to be changed, and say yes or no, on a page of this server.")
		answer := mcpserver.ElicitationResponse(req.Params.InputResponses, askPage)
		switch modern := mcpserver.IsModernRequest(ctx); {
		case modern && (answer == nil || !again): // that answer was about another plan
			return mcpserver.NewInputRequestBuilder("").Elicit(askPage, goThere).ToolResult()
		case modern && answer.Action != mcp.ElicitationResponseActionAccept:
			return transport.ErrorResult(notGone)
		case !modern: // once more in a later call: they may have closed the page, and a model must not have its link
			c.visits.sent(key, transport.SessionOf(ctx), c.Now())
			q = c.put(ctx, link.ID, goThere, plan.Expires, nil)
		}
	} else if c.Pages.Open == nil || !again && !c.opened(link) {
		return c.linked(words, plan, link)
	}
	o, err := c.outcome(ctx, key, link, q)
	if errors.Is(err, errNotAsked) {
		if !c.opened(link) {
			return c.linked(words, plan, link)
		}
		o, err = c.outcome(ctx, key, link, nil)
	}
	switch {
	case errors.Is(err, errNotGone):
		return transport.ErrorResult(notGone)
	case err != nil || o.State == connect.StateWaiting:
		return transport.ErrorResult(words + " They were sent to the page of the plan, and have not answered yet.")
	}
	c.visits.drop(key)
	if o.State == connect.StateRefused {
		return transport.ErrorResult("The person's answer could not be taken: " + o.Why + ". Nothing was sent. Call again to have them asked anew.")
	}
	return nil
}

const notGone = "The person does not go to the page of the plan. Nothing was sent. Call again only if they want to be asked again."

func (c *Consent) linked(words string, plan plan.Plan, link *connect.Visit) *mcp.CallToolResult {
	return transport.ErrorResult(words + " Give the user this link, where they see the plan and answer it: " + link.URL + c.Pages.command(plan.Code))
}

func planForm(plan plan.Plan) mcp.ElicitationParams {
	return mcp.ElicitationParams{
		Message: InWords(plan),
		RequestedSchema: map[string]any{
			"type": "object",
			"properties": map[string]any{askPlan: map[string]any{
				"type": "boolean", "title": "Approve", "description": "Yes carries this out once, exactly as shown.", "default": false,
			}},
			"required": []string{askPlan},
		},
	}
}

// approvalLink is the page of a plan, the same one for as long as it waits.
func (c *Consent) approvalLink(ctx context.Context, key string, plan plan.Plan) (link *connect.Visit, again bool, err error) {
	c.visits.making.Lock()
	defer c.visits.making.Unlock()
	if link = c.visits.find(key, c.Now()); link != nil {
		return link, true, nil
	}
	api, err := c.clients(ctx)
	if err != nil {
		return nil, false, err
	}
	if err := c.Pages.ready(c.transport); err != nil {
		return nil, false, err
	}
	if link, err = c.Pages.Approve(api.Identity(), plan.Code, plan.Expires); err != nil {
		return nil, false, err
	}
	if err := c.visits.keep(key, link, c.Now()); err != nil {
		return nil, false, err
	}
	c.watch(ctx, key, link, func(connect.Outcome) { c.visits.dropUnasked(key) })
	return link, false, nil
}

// terminalPath is where the command line shows and answers plans.
const terminalPath = "/terminal/approve"

// command names the way to answer a plan in a terminal of this machine; empty
// where the server is elsewhere.
func (p *pages) command(code string) string {
	base, err := url.Parse(p.where())
	if err != nil || base.Port() == "" || !transport.IsLoopback(base.Hostname()) {
		return ""
	}
	return " Or they run, in a terminal of the machine where this server runs: airbyte-agent-mcp approve " + base.Port() + "-" + code
}

// terminal shows a plan to who has its code, or takes their answer. It is for a
// program on this machine: a web page could not send such a request.
func (c *Consent) terminal(w http.ResponseWriter, r *http.Request) {
	var asked struct{ Code, Decision string }
	host, _, _ := net.SplitHostPort(r.Host)
	if !transport.IsLoopback(host) || r.Header.Get("Origin") != "" || r.Header.Get("Content-Type") != "application/json" ||
		json.NewDecoder(http.MaxBytesReader(w, r.Body, 1024)).Decode(&asked) != nil {
		http.Error(w, "only for approve of the command line", http.StatusForbidden)
		return
	}
	plan, err := c.approver.PlanOf(asked.Code)
	if err == nil && asked.Decision != "" {
		_, err = c.approver.DecideCode(asked.Code, asked.Decision == "yes", "terminal")
	}
	if err != nil {
		transport.WriteJSON(w, http.StatusNotFound, map[string]string{"error": err.Error()})
		return
	}
	transport.WriteJSON(w, http.StatusOK, map[string]string{"plan": InWords(plan)})
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
	if err := json.NewDecoder(io.LimitReader(resp.Body, 4*maxTerminal)).Decode(&said); err != nil {
		return "", errors.New("what listens there is no server of this kind")
	}
	if said.Error != "" {
		return "", errors.New(pagetext.Visible(said.Error[:min(len(said.Error), maxTerminalError)]))
	}
	return ForTerminal(said.Plan)
}

const (
	// maxTerminal is the longest plan that a terminal shows, in bytes, and
	// maxTerminalError the longest reason why there is none.
	maxTerminal, maxTerminalError = 2 << 20, 2000
)

// ForTerminal makes a plan fit for a terminal, which obeys control characters:
// what listens on a port may be anybody, and what is in a plan from anywhere.
func ForTerminal(plan string) (string, error) {
	if len(plan) > maxTerminal {
		return "", errors.New("the plan is longer than a terminal shows; it is answered on its page")
	}
	return pagetext.Visible(plan), nil
}
