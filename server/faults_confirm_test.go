package server_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/server"
	"airbyte-agent-mcp/tools/plan"
)

// When a fault strikes a write that waits for a person.
const (
	atTheLookups = "at the lookups" // that make its plan
	beforeTheYes = "before the yes" // and all that comes after it
	atTheWrite   = "at the write"
)

// TestFaultsUnderConfirm strikes every write with every fault while it waits for
// a person. Whatever happens, nothing is written without a yes, and one yes is
// good for one call, however often that is made and the yes is given.
func TestFaultsUnderConfirm(t *testing.T) {
	t.Parallel()
	writing := slices.DeleteFunc(scenes(), func(s scene) bool { return !s.writes })
	writes := make([]write, len(writing))
	stage := confirmingStage(t)
	together(len(writing), func(i int) { writes[i] = stage.writeOf(writing[i]) })
	var cells []*confirmed
	for k, kind := range sandbox.FaultKinds() {
		stage := confirmingStage(t) // of its own, since a server remembers some thousand pages
		for i, s := range writing {
			for m, moment := range []string{atTheLookups, beforeTheYes, atTheWrite} {
				if m == (i+k)%2 || underRace && (i+k+m)%9 > 0 {
					continue // of the first two, one for each fault
				}
				cells = append(cells, &confirmed{
					stage: stage, scene: s, write: writes[i], kind: sandbox.FaultKind(kind), moment: moment,
					yes: yeses[(i+k+m)%len(yeses)], atOnce: (i+k/2)%2 == 1,
				})
			}
		}
	}
	together(len(cells), func(i int) { cells[i].play() })
	for _, c := range cells {
		t.Run(fmt.Sprintf("%s/%s/%s", c.kind, c.moment, c.name), func(t *testing.T) {
			for _, wrong := range c.wrong {
				t.Errorf("%s\nyes %s, at once %v", wrong, c.yes, c.atOnce)
			}
		})
	}
}

// confirmingStage is one whose writes wait for a person.
func confirmingStage(t *testing.T) *stage {
	t.Helper()
	return newStageOf(t, slog.DiscardHandler, func(c *server.Config) {
		c.Writes, c.PublicURL, c.SessionIdle = plan.Policy{Mode: "confirm"}, "http://127.0.0.1:9", time.Hour
	})
}

// Replicas that share keys and a folder stand in for each other: the person may
// answer at another one than the call was made to, and the yes is used once.
func TestYesIsGoodAtEveryReplicaOnce(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	keys := filepath.Join(folder, "keys")
	if err := os.WriteFile(keys, []byte(base64.StdEncoding.EncodeToString(make([]byte, 32))), 0o600); err != nil {
		t.Fatal(err)
	}
	start := func() *stage {
		return newStageOf(t, slog.DiscardHandler, func(c *server.Config) {
			c.Writes, c.PublicURL = plan.Policy{Mode: "confirm"}, "http://127.0.0.1:9"
			c.Limits.SealKeyFile, c.Limits.StateDir = keys, filepath.Join(folder, "state")
		})
	}
	first, second := start(), start()
	world := first.newWorld("")
	defer world.close()
	second.worlds.Store(world.number, world)
	s := sceneNamed("execute_operation update")
	here := &confirmed{stage: first, scene: s, world: world, yes: "by elicitation"}
	there := &confirmed{stage: second, scene: s, world: world, yes: "by elicitation"}
	mine := here.ask()
	if got := there.call(); !waits(got) {
		t.Errorf("the other replica writes without a yes: %s", got.text)
	}
	there.approve(mine)
	if got := here.call(); got.isError {
		t.Errorf("a yes given at the other replica is not heard: %s", got.text)
	}
	for _, again := range []*confirmed{here, there} {
		if got := again.elicited(mine.state); !strings.Contains(got.text, "answered already") {
			t.Errorf("replayed: %s", got.text)
		}
		if got := again.call(); !waits(got) {
			t.Errorf("the yes is used again: %s", got.text)
		}
	}
	written := 0
	for _, r := range world.sandbox.Requests() {
		if strings.Contains(string(r.Body), `"action":"update"`) {
			written++
		}
	}
	if written != 1 {
		t.Errorf("%d were written", written)
	}
}

// What one account was asked is worth nothing to another, nor to itself where
// the server has been started anew.
func TestYesIsOfOneAccountAndOneServer(t *testing.T) {
	t.Parallel()
	keys := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(keys, []byte(base64.StdEncoding.EncodeToString(make([]byte, 32))), 0o600); err != nil {
		t.Fatal(err)
	}
	start := func() *stage {
		return newStageOf(t, slog.DiscardHandler, func(c *server.Config) {
			c.Writes, c.PublicURL, c.Limits.SealKeyFile = plan.Policy{Mode: "confirm"}, "http://127.0.0.1:9", keys
		})
	}
	first := start()
	ours, theirs := first.newWorld(""), first.newWorld("")
	defer ours.close()
	defer theirs.close()
	s := sceneNamed("execute_operation update")
	me := &confirmed{stage: first, scene: s, world: ours, yes: "by elicitation"}
	they := &confirmed{stage: first, scene: s, world: theirs, yes: "by elicitation"}
	mine, other := me.ask(), they.ask()
	if mine.link == other.link || mine.code == other.code {
		t.Error("two accounts have one plan")
	}
	if got := they.elicited(mine.state); !strings.Contains(got.text, "not made here for this caller") {
		t.Errorf("another account has said yes: %s", got.text)
	}
	later := start()
	later.worlds.Store(ours.number, ours)
	again := &confirmed{stage: later, scene: s, world: ours, yes: "by elicitation"}
	if got := again.elicited(mine.state); !strings.Contains(got.text, "not made here for this caller") {
		t.Errorf("a yes has outlived its server: %s", got.text)
	}
	again.approve(mine) // by its page, which is of no use here
	if got := again.call(); !waits(got) {
		t.Errorf("a page has outlived its plan: %s", got.text)
	}
	for _, w := range []*world{ours, theirs} {
		for _, r := range w.sandbox.Requests() {
			if strings.Contains(string(r.Body), `"update"`) {
				t.Errorf("written without a yes: %s %s", r.Path, r.Body)
			}
		}
	}
	if got := me.elicited(mine.state); got.isError {
		t.Errorf("the yes is not worth anything where it was asked for: %s", got.text)
	}
	for _, wrong := range slices.Concat(me.wrong, they.wrong, again.wrong) {
		t.Error(wrong)
	}
}

// yeses are the ways in which a person's yes arrives, each twice.
var yeses = []string{"by a page", "by a code", "by elicitation"}

// write is the request by which a scene writes.
type write struct {
	method, path, action string
	before               int // requests of the same method and path that its call makes first
}

func (w write) is(r sandbox.Request) bool {
	var body struct{ Action string }
	_ = json.Unmarshal(r.Body, &body)
	return r.Method == w.method && r.Path == w.path && body.Action == w.action
}

// writeOf finds it where nothing goes wrong: it is the last request.
func (s *stage) writeOf(sc scene) write {
	w := s.newWorld("")
	defer w.close()
	c := &confirmed{stage: s, scene: sc, world: w}
	plan := c.plan()
	w.sandbox.ResetRequests()
	c.approve(plan)
	if got := c.call(); got.isError || got.rpc != "" {
		s.t.Errorf("%s: %s%s", sc.name, got.text, got.rpc)
	}
	all := w.sandbox.Requests()
	last := all[len(all)-1]
	var body struct{ Action string }
	_ = json.Unmarshal(last.Body, &body)
	found := write{method: last.Method, path: last.Path, action: body.Action}
	for _, r := range all[:len(all)-1] {
		if strings.Contains(r.Method+" "+r.Path, found.method+" "+found.path) {
			found.before++
		}
	}
	return found
}

// confirmed is one write that meets one fault, and what was wrong.
type confirmed struct {
	scene
	*stage
	write  write
	kind   sandbox.FaultKind
	moment string
	yes    string
	atOnce bool // the call is made four times at once

	world *world
	mu    sync.Mutex // guards wrong
	wrong []string
}

func (c *confirmed) fault(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wrong = append(c.wrong, fmt.Sprintf(format, args...))
}

// handedOut is what a call that waits hands out; all but the words are empty where it
// did not wait.
type handedOut struct{ words, link, code, state string }

func (c *confirmed) play() {
	w := c.newWorld(c.kind)
	c.world = w
	defer w.close()
	all := during(c.kind)
	if c.moment == atTheLookups {
		w.sandbox.Inject(all)
		if got := c.call(); !got.isError {
			c.fault("went through without a yes: %.300s", got.text)
		} else if !waits(got) {
			for _, unclear := range unclear(got.text) {
				c.fault("%s: %s", unclear, got.text)
			}
			if strings.Contains(got.text, mayHaveRun) {
				c.fault("nothing was written, and it says %q", mayHaveRun)
			}
		}
		w.sandbox.ClearFaults()
	}
	p := c.ask()
	if n := c.arrived(); len(n) > 0 {
		c.fault("%d writes without a yes", len(n))
	}
	if c.moment == beforeTheYes {
		w.sandbox.Inject(all)
	}
	if c.moment == atTheWrite {
		all.Path, all.Skip = c.write.method+" "+c.write.path, c.write.before
		w.sandbox.Inject(all)
	}
	first := c.spend(p)
	if first.rpc != "" {
		c.fault("a JSON-RPC error, which no model sees: %s", first.rpc)
	}
	c.after(first, p)
}

// spend gives the yes, twice, and makes the call again and again.
func (c *confirmed) spend(p handedOut) (first said) {
	if c.yes == "by elicitation" {
		return c.calls(func() said { return c.elicited(p.state) }, func() said { return c.elicited(p.state) })
	}
	c.approve(p)
	return c.calls(c.call, func() said { c.approve(p); return c.call() })
}

// calls makes a call, once or four times at once, and then the next ones. All
// that is written must be of one of them.
func (c *confirmed) calls(call, next func() said) (first said) {
	answers := make([]said, 1)
	if c.atOnce {
		answers = make([]said, 4)
	}
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() { answers[i] = call() })
	}
	all.Wait()
	c.world.sandbox.ClearFaults()
	c.once(c.arrived())
	sent := len(c.arrived()) > 0
	for range 2 {
		before := len(c.arrived())
		got := next()
		if n := len(c.arrived()) - before; n > 0 && sent {
			c.fault("written again by a call that was repeated: %.300s", got.text)
		} else if n > 0 {
			c.once(c.arrived()[before:])
			sent = true
		}
	}
	if c.atOnce {
		return said{}
	}
	return answers[0]
}

// once holds the writes of what may have been one call against what one call may
// send: repeats of what was refused before it began, or is idempotent by HTTP.
func (c *confirmed) once(arrived []sandbox.Request) {
	idempotent := c.write.method == http.MethodPut || c.write.method == http.MethodDelete
	for i, r := range arrived {
		if i == len(arrived)-1 {
			continue
		}
		refused := r.Status == http.StatusUnauthorized || r.Status == http.StatusTooManyRequests
		passes := slices.Contains([]sandbox.FaultKind{
			sandbox.BadGateway, sandbox.Unavailable, sandbox.GatewayTimeout, sandbox.HTMLError, sandbox.Cut, sandbox.CutBefore, sandbox.CutMidway,
		}, c.kind)
		if !refused && (!idempotent || !passes || len(arrived) > 3) {
			c.fault("%s %s arrived %d times, although arrival %d was answered %d", r.Method, r.Path, len(arrived), i+1, r.Status)
		}
	}
}

// after checks what is said of a write that a fault struck, and that it takes a
// new yes to try again.
func (c *confirmed) after(first said, used handedOut) {
	if c.moment == atTheWrite && first.isError {
		for _, wrong := range append(unclear(first.text), misadvised(c.kind, c.scene, first.text)...) {
			c.fault("%s: %s", wrong, first.text)
		}
	}
	before := len(c.arrived())
	p := c.plan()
	if n := len(c.arrived()) - before; n > 0 && before == 0 {
		before++ // by the yes that no call had come far enough to use
		p = c.plan()
	}
	for tries := 1; !gone(p.words); tries++ {
		if p.link == "" || p.link == used.link {
			c.fault("it does not wait for a new yes: %.500s", p.words)
			break
		}
		c.approve(used)
		if got := c.call(); !waits(got) && !gone(got.text) {
			c.fault("an old yes was good: %.300s", got.text)
		}
		c.approve(p)
		got := c.call()
		if !waits(got) {
			if len(c.arrived()) == before && !gone(got.text) {
				c.fault("a new yes was worth nothing: %.300s", got.text)
			}
			before = max(before+1, len(c.arrived())) // a repeat of it is told by once
			break
		}
		if tries > 1 { // what it changes may have changed
			c.fault("a new yes was worth nothing: %.300s", got.text)
			break
		}
		p = c.plan()
	}
	if n := len(c.arrived()); n > before {
		c.fault("%d more writes than there was a yes for", n-before)
	}
}

// gone tells that there is nothing left to write to, so that nobody is asked.
func gone(words string) bool { return strings.Contains(words, "404") }

// arrived are the writes that reached the service.
func (c *confirmed) arrived() []sandbox.Request {
	return slices.DeleteFunc(c.world.sandbox.Requests(), func(r sandbox.Request) bool { return !c.write.is(r) })
}

func (c *confirmed) call() said { return c.stage.call(c.world, c.tool(), c.args) }

func waits(s said) bool { return s.isError && strings.Contains(s.text, "waits for a person's yes") }

var (
	approvePage  = regexp.MustCompile(`/approve/[A-Za-z0-9_-]+`)
	approveCode  = regexp.MustCompile(`approve 9-([A-Z0-9-]+)`)
	approveToken = regexp.MustCompile(`name="token" value="([^"]+)"`)
)

// ask is the plan of the call, which must wait.
func (c *confirmed) ask() handedOut {
	p := c.plan()
	if p.link == "" {
		c.fault("no plan: %.500s", p.words)
	}
	return p
}

// plan makes the call, and gives its plan if it waits.
func (c *confirmed) plan() handedOut {
	p := handedOut{words: c.call().text}
	code := approveCode.FindStringSubmatch(p.words)
	if code == nil {
		return p
	}
	p.link, p.code = approvePage.FindString(p.words), code[1]
	if c.yes == "by elicitation" {
		p.state = required(c.modern(""))
	}
	return p
}

// required is the state of a call that asks a client of 2026-07-28.
func required(answer []byte) (state string) {
	var got struct {
		Result struct{ RequestState string }
	}
	_ = json.Unmarshal(answer, &got)
	return got.Result.RequestState
}

// approve says yes, twice and at once.
func (c *confirmed) approve(p handedOut) {
	var both sync.WaitGroup
	defer both.Wait()
	if c.yes == "by a code" {
		for range 2 {
			both.Go(func() {
				body := fmt.Sprintf(`{"code":%q,"decision":"yes"}`, p.code)
				c.do(http.DefaultClient, http.MethodPost, "/terminal/approve", body, "Content-Type", "application/json")
			})
		}
		return
	}
	jar, _ := cookiejar.New(nil) // which cannot fail
	person := &http.Client{Transport: c.web.Client().Transport, Jar: jar}
	token := approveToken.FindSubmatch(c.do(person, http.MethodGet, p.link, ""))
	if token == nil {
		return // it was answered
	}
	form := url.Values{"token": {html.UnescapeString(string(token[1]))}, "do": {"approve"}}.Encode()
	for range 2 {
		both.Go(func() {
			c.do(person, http.MethodPost, p.link, form, "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin")
		})
	}
}

// elicited makes the call with the person's yes, as a client of 2026-07-28 does.
func (c *confirmed) elicited(state string) said {
	got := c.modern(fmt.Sprintf(`,"requestState":%q,"inputResponses":{"approve":{"action":"accept","content":{"approve":true}}}`, state))
	if required(got) != "" {
		return said{isError: true, text: "waits for a person's yes"}
	}
	return hear([][]byte{got})
}

func (c *confirmed) modern(more string) []byte {
	message := fmt.Sprintf(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":%q,"arguments":%s%s,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",`+
		`"io.modelcontextprotocol/clientInfo":{"name":"test","version":"1"},"io.modelcontextprotocol/clientCapabilities":{"elicitation":{}}}}}`, c.tool(), c.args, more)
	return c.do(c.web.Client(), http.MethodPost, "/mcp", message, "Content-Type", "application/json", "Accept", "application/json, text/event-stream",
		"X-World", c.world.number, "Mcp-Protocol-Version", "2026-07-28", "Mcp-Method", "tools/call", "Mcp-Name", c.tool())
}

func (c *confirmed) do(client *http.Client, method, path, body string, header ...string) []byte {
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.web.URL+path, strings.NewReader(body))
	if err != nil {
		c.fault("%v", err)
		return nil
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := client.Do(req)
	if err != nil {
		c.fault("%v", err)
		return nil
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		c.fault("%v", err)
	}
	for line := range bytes.Lines(got) {
		if data, ok := bytes.CutPrefix(line, []byte("data: ")); ok {
			got = data
		}
	}
	return got
}
