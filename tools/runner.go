package tools

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/maypok86/otter/v2"

	"airbyte-agent-mcp/airbyteclient"
)

// Limits says how long answers and calls may be. The tags are read by the
// command line parser.
type Limits struct {
	MaxAnswerTokens int           `name:"max-answer-tokens" env:"AIRBYTE_MCP_MAX_ANSWER_TOKENS" default:"8000" help:"Longest answer of a tool, in tokens (4 bytes each); what is cut off can be read with read_more."`
	CallTimeout     time.Duration `name:"call-timeout" env:"AIRBYTE_MCP_CALL_TIMEOUT" default:"50s" help:"When a call is answered although its work goes on; read_more then has the result. Clients give up near 60s."`
	DownloadDir     string        `name:"download-dir" env:"AIRBYTE_MCP_DOWNLOAD_DIR" type:"path" placeholder:"DIR" help:"Folder that downloaded files are saved in; none are saved if absent."`
	SealKeyFile     string        `name:"seal-key-file" env:"AIRBYTE_MCP_SEAL_KEY_FILE" type:"path" placeholder:"FILE" help:"Keys for what is handed to clients to be handed back, one a line in base64 (openssl rand -base64 32), the newest first; replicas share them. Made at start if absent."`
	StateDir        string        `name:"state-dir" env:"AIRBYTE_MCP_STATE_DIR" type:"path" placeholder:"DIR" help:"Folder that replicas share, to know of each other's plans, forms and what was used of them, also after a restart; sealed with --seal-key-file. Without it these are good in the process alone that made them."`
}

const (
	// leastTokens and mostTokens bound what a caller may ask for.
	leastTokens, mostTokens = 400, 200_000
	// bytesPerToken is what a token is taken to be.
	bytesPerToken = 4
	// continuationLife is how long a continuation is good for.
	continuationLife = time.Hour
	// maxKept bounds the results that are kept to save a second fetch, in
	// bytes, maxKeptOne each of them, keptFor for how long.
	maxKept, maxKeptOne = 24 << 20, 8 << 20
	keptFor             = 3 * time.Minute
)

// Runner calls tools for a server: it holds answers to their budget, hands out
// continuations for the rest, and answers in time. Make one with NewRunner.
type Runner struct {
	tools       map[string]Tool
	limits      Limits
	seal        *Seal
	memory      *memory
	files       *os.Root // where downloads are saved; nil for nowhere
	kept        *otter.Cache[string, result]
	credentials Credentials
	running     *jobs
	writes      Writes
	journal     *journal // nil where none is kept
	ledger      *Ledger
	now         func() time.Time
	stop        context.CancelFunc
}

// Option changes what most runners leave as it is.
type Option func(*Runner)

// WithWrites sets which writes are made, wait for a person, or are refused, and
// where they are written down. Without it all are made.
func WithWrites(writes Writes) Option {
	return func(r *Runner) { r.writes = writes }
}

// WithCredentials sets how those of connectors may be given. Without it, in any
// way but by reference.
func WithCredentials(c Credentials) Option {
	return func(r *Runner) { r.credentials = c }
}

// NewRunner makes a runner of tools that have been chosen and checked. Close
// ends what still runs.
func NewRunner(list []Tool, limits Limits, options ...Option) (*Runner, error) {
	if limits.MaxAnswerTokens == 0 {
		limits.MaxAnswerTokens = 8000
	}
	if limits.CallTimeout == 0 {
		limits.CallTimeout = 50 * time.Second
	}
	if limits.MaxAnswerTokens < leastTokens || limits.CallTimeout < time.Second {
		return nil, fmt.Errorf("--max-answer-tokens must be at least %d and --call-timeout at least 1s", leastTokens)
	}
	var keys [][]byte
	if limits.SealKeyFile != "" {
		var err error
		if keys, err = ReadSealKeys(limits.SealKeyFile); err != nil {
			return nil, fmt.Errorf("--seal-key-file: %w", err)
		}
	}
	seal, err := NewSeal(keys...)
	if err != nil {
		return nil, err
	}
	stopped, stop := context.WithCancel(context.Background())
	r := &Runner{
		tools: map[string]Tool{}, limits: limits, seal: seal, memory: newMemory(), running: newJobs(stopped),
		now: time.Now, stop: stop,
		kept: otter.Must(&otter.Options[string, result]{
			MaximumWeight:    maxKept,
			Weigher:          func(_ string, kept result) uint32 { return uint32(kept.size()) + 512 },
			ExpiryCalculator: otter.ExpiryWriting[string, result](keptFor),
		}),
	}
	for _, option := range options {
		option(r)
	}
	if err := r.writes.check(); err != nil {
		return nil, err
	}
	if r.ledger, err = openShared(limits, seal); err != nil {
		return nil, err
	}
	if r.journal, err = openJournal(r.writes.Audit, r.writes.Stderr, time.Now()); err != nil {
		return nil, fmt.Errorf("--audit: %w", err)
	}
	if limits.DownloadDir != "" {
		if r.files, err = os.OpenRoot(limits.DownloadDir); err != nil {
			return nil, fmt.Errorf("--download-dir: %w", err)
		}
	}
	for _, t := range list {
		r.tools[t.Name] = t
	}
	return r, nil
}

// Close ends what still runs.
func (r *Runner) Close() {
	r.stop()
	r.journal.close()
	r.ledger.Close()
	r.kept.StopAllGoroutines()
	r.memory.cache.StopAllGoroutines()
	if r.files != nil {
		_ = r.files.Close()
	}
}

// openShared opens the ledger. One that others can read nothing in would not
// tell them what was used.
func openShared(limits Limits, seal *Seal) (*Ledger, error) {
	if limits.StateDir != "" && limits.SealKeyFile == "" {
		return nil, errors.New("--state-dir needs --seal-key-file: what is kept there is sealed with its keys")
	}
	ledger, err := OpenLedger(limits.StateDir, seal)
	if err != nil {
		return nil, fmt.Errorf("--state-dir: %w", err)
	}
	return ledger, nil
}

// Seal is what continuations are sealed with.
func (r *Runner) Seal() *Seal { return r.seal }

// Ledger is where it is remembered what was used.
func (r *Runner) Ledger() *Ledger { return r.ledger }

// Tools are all that it can call, by name.
func (r *Runner) Tools() map[string]Tool { return r.tools }

// Answer is what a call gives back.
type Answer struct {
	// JSON is one valid object on one line.
	JSON json.RawMessage
	// Attachments are for clients that can show them; JSON names them too.
	Attachments []Attachment
}

// Attachment is a file.
type Attachment struct {
	URI, ContentType string
	Data             []byte
}

// request is one call of a tool: what a continuation needs to make it again.
type request struct {
	Tool      string          `json:"t"`
	Arguments json.RawMessage `json:"a,omitempty"` // mended
	Once      string          `json:"o,omitempty"` // the key of a call that is never made again
	Writes    bool            `json:"w,omitempty"` // it may have changed something

	references map[string]string // the secrets that the arguments name, by what names them
	given      bool              // credentials, wherever in the arguments
	secrets    *secrets          // in the arguments, and those that they name
	places     map[string]bool   // where secrets stand in the arguments, by spot.key
	of         json.RawMessage   // continuation.Of, where there are no arguments to tell it
}

// sealed is the request as a continuation carries it. A call that may have
// changed something is never made again, and one that was given a secret does
// not hand it out, not even sealed: of these the key alone.
func (c request) sealed(api *Account) request {
	if c.Writes || c.tells() {
		return request{Tool: c.Tool, Once: c.key(api), Writes: c.Writes}
	}
	return c
}

// continuation is what read_more is handed.
type continuation struct {
	request
	From  place `json:"f,omitzero"`
	Since int64 `json:"s,omitempty"` // Unix time at which a call began that was still running
	Cut   bool  `json:"c,omitempty"` // nothing follows, but something was cut that has a path
	Part  bool  `json:"p,omitempty"` // the list is too long to be held whole
	// Of says which connectors it reads, where the settings say where data may go.
	Of json.RawMessage `json:"d,omitempty"`
}

// Call mends and checks the arguments, runs the tool with the caller's account
// and returns its answer, within its budget and in time. Explain words the error.
func (r *Runner) Call(ctx context.Context, client *airbyteclient.Client, name string, arguments json.RawMessage) (Answer, error) {
	t, ok := r.tools[name]
	if !ok {
		return Answer{}, fmt.Errorf("no tool %q is served", name)
	}
	answer, err := r.call(ctx, r.account(client), t, arguments)
	if err != nil {
		err = secretsIn(arguments).err(err)
	}
	return answer, err
}

func (r *Runner) call(ctx context.Context, api *Account, t Tool, arguments json.RawMessage) (Answer, error) {
	mended, tokens, err := r.budget(arguments)
	if err == nil {
		mended, err = t.mend(mended)
	}
	if err != nil {
		return Answer{}, r.unfit(t, arguments, err)
	}
	call := request{Tool: t.Name, Arguments: mended, Writes: t.writes(mended)}
	if err := r.admit(ctx, api, &call); err != nil {
		return Answer{}, err
	}
	if t.Name == readMoreName {
		return r.more(ctx, api, mended, tokens)
	}
	if t.Foreign {
		if call.Arguments, err = r.label(ctx, api, call.Arguments); err != nil {
			return Answer{}, during{t, err}
		}
	}
	if t.Name == "create_connector" {
		if err := r.needsForm(ctx, api, call); err != nil {
			return Answer{}, err
		}
	}
	if call.Writes {
		if at := repeated(mended, ""); at != "" {
			return Answer{}, refuse("%s is given twice, and it cannot be told which one counts.", at).next("Nothing was sent. Give it once.")
		}
		if at := findMark(mended); at != "" {
			return Answer{}, refuse("%s holds a text that was cut for an answer, so writing it would lose the rest.", at).
				next("Nothing was sent. Fetch the whole text with read_more (path), then call again with it, or leave the field out.")
		}
		return r.write(ctx, api, call, tokens)
	}
	return r.perform(ctx, api, continuation{request: call}, tokens, r.plainly(api, call))
}

// needsForm is a *CredentialsNeeded for a call that leaves the credentials to a
// person. What they do on the page is their own yes, so no plan is made.
func (r *Runner) needsForm(ctx context.Context, api *Account, call request) error {
	var in newConnector
	if json.Unmarshal(call.Arguments, &in) != nil || call.given || !in.withoutCredentials() {
		return nil
	}
	w := aboutTool(call)
	if r.writes.asks() {
		if err := w.find(ctx, api, call); err != nil {
			return err
		}
	}
	if r.writes.decide(w).what == deny {
		return nil // which write says, and writes down
	}
	in, old, err := in.replacing(ctx, api)
	if err != nil {
		return during{r.tools[call.Tool], err}
	}
	need := &CredentialsNeeded{
		WorkspaceName: orDefault(in.WorkspaceName, api), DefinitionID: in.DefinitionID, SourceTemplateID: in.SourceTemplateID, Name: in.Name,
		ReplicationConfig: json.RawMessage(in.ReplicationConfig), Environment: json.RawMessage(in.Environment),
		Entities: requested(in.Entities), Tags: in.SelectedConnectionTemplateTags, TagsMode: in.SelectedConnectionTemplateTagsMode,
	}
	need.asked = func(form string) error {
		entry := r.entry(api, call, w, "form", decision{"ask", "form"})
		entry.Plan = form
		if err := r.journal.write(entry); err != nil {
			return journalDown(err)
		}
		return nil
	}
	if old != nil {
		need.ReplacesID, need.ReplacesName, need.Name = old.ID, old.Name, cmp.Or(need.Name, old.Name)
	}
	if err := need.complete(ctx, api, in.ConnectorType); err != nil {
		return err
	}
	return need
}

// writes tells whether a call may change something.
func (t Tool) writes(mended json.RawMessage) bool {
	if t.changes != nil {
		return t.changes(mended)
	}
	return t.Effect != Read
}

// plainly makes a call that changes nothing.
func (r *Runner) plainly(api *Account, call request) func(context.Context) (result, error) {
	return func(ctx context.Context) (result, error) { return r.run(ctx, api, call) }
}

// perform makes a call with run, or waits for the same one that is still
// running, and renders its answer from a place on.
func (r *Runner) perform(ctx context.Context, api *Account, c continuation, tokens int, run func(context.Context) (result, error)) (Answer, error) {
	key := c.key(api)
	if n, counts := c.From.record(); c.Part && counts {
		api.skip = max(n-1, 0) // with the last one shown, to see that it is the same list
		key += "/" + strconv.Itoa(api.skip)
	}
	got, since, err := r.running.await(ctx, key, r.limits.CallTimeout, run)
	switch {
	case errors.Is(err, errPending):
		return r.pending(api, c, since)
	case err != nil:
		return Answer{}, during{r.tools[c.Tool], err}
	}
	if partial, ok := got.(interface{ has(place) bool }); ok && !partial.has(c.From) && !c.Part && !c.Writes {
		c.Part = true
		return r.perform(ctx, api, c, tokens, run)
	}
	return r.render(api, c.request, got, c.From, tokens)
}

// render makes an answer of a result.
func (r *Runner) render(api *Account, call request, got result, from place, tokens int) (Answer, error) {
	foreign := r.tools[call.Tool].Foreign
	most := tokens * bytesPerToken
	if foreign {
		most -= len(foreignMark)
	}
	f := &fitter{most: most, reserve: 700 + min(len(call.Arguments), maxContinued)*4/3, from: from}
	answer, err := got.answer(f)
	if err != nil {
		return Answer{}, err
	}
	if from.Path != "" {
		if f.alone == nil {
			return Answer{}, refuse("There is nothing at path %q.", shown(from.Path)).
				next("Paths stand in the marks of cut texts, such as /result/0/body; take one from there.")
		}
		answer.JSON = f.alone
	}
	if answer.JSON = visible(answer.JSON); foreign {
		answer.JSON = marked(answer.JSON)
	}
	if !f.cut.any() && f.next == (place{}) && f.arguments == nil {
		return answer, nil
	}
	if got.size() <= maxKeptOne {
		r.kept.Set(call.key(api), got)
	}
	if f.arguments != nil {
		call.Arguments = f.arguments
	}
	answer.JSON, err = r.continued(api, answer.JSON, f, call)
	return answer, err
}

// maxContinued is the longest arguments that a continuation carries, in bytes.
const maxContinued = 8 << 10

// continued adds to a cut answer what is missing and how to get it.
func (r *Runner) continued(api *Account, answer json.RawMessage, f *fitter, call request) (json.RawMessage, error) {
	note := f.cut.words(f.next != (place{}) || f.arguments != nil)
	rest := struct {
		Cut          omitted `json:"cut"`
		Note         string  `json:"note_on_cut"`
		Continuation string  `json:"continuation,omitempty"`
	}{Cut: f.cut}
	if len(call.sealed(api).Arguments) > maxContinued {
		rest.Note = note + " The arguments are too long for a continuation: call again and ask for less (fewer fields, fewer records)."
	} else {
		sealed, err := r.sealed(api, continuation{request: call, From: f.next, Cut: f.next == (place{}) && f.arguments == nil, Part: f.held != nil})
		if err != nil {
			return nil, err
		}
		rest.Note, rest.Continuation = note, sealed
	}
	tail := encoded(rest)
	out := make([]byte, 0, len(answer)+len(tail))
	out = append(out, answer[:len(answer)-1]...)
	if len(answer) > 2 {
		out = append(out, ',')
	}
	return append(out, tail[1:]...), nil
}

func (r *Runner) sealed(api *Account, c continuation) (string, error) {
	if c.Of = c.of; len(r.writes.Flows) > 0 && r.tools[c.Tool].Foreign && c.Arguments != nil {
		c.Of = sources(c.Arguments)
	}
	c.request = c.request.sealed(api)
	return r.seal.Close("continuation", api.Identity(), api.now().Add(continuationLife), c)
}

// words tell a model what was left out and how to get it.
func (c omitted) words(goesOn bool) string {
	said := ""
	switch {
	case c.First > 0:
		said = fmt.Sprintf("Records %d to %d of %d are shown, %d more follow.", c.First+1, c.First+c.Shown, c.Of, c.Of-c.First-c.Shown)
	case c.Shown < c.Of:
		said = fmt.Sprintf("%d of %d records are shown, %d more follow.", c.Shown, c.Of, c.Of-c.Shown)
	}
	if c.Moved {
		said = join(said, "The data changed in between: records may be missing or come twice.")
	}
	if goesOn {
		said = join(said, "read_more with this continuation goes on.")
	}
	if c.Texts > 0 || c.Values > 0 {
		said = join(said, "Where "+cutMark+"...⟧ stands something was cut: read_more with this continuation and the path named there gives it.")
	}
	return said
}

// budget takes max_tokens out of the arguments: every tool has it.
func (r *Runner) budget(arguments json.RawMessage) (rest json.RawMessage, tokens int, err error) {
	given := member(arguments, "max_tokens")
	if given == nil {
		return arguments, r.limits.MaxAnswerTokens, nil
	}
	var n json.Number
	if json.Unmarshal(given, &n) != nil && json.Unmarshal([]byte(text(given)), &n) != nil && string(given) != "null" {
		return nil, 0, refuse("max_tokens must be a whole number, not %s.", shown(string(given))).next("Nothing was sent.")
	}
	tokens = r.limits.MaxAnswerTokens
	if v, err := n.Int64(); err == nil {
		tokens = int(min(max(v, leastTokens), mostTokens))
	}
	return append(objectWithout(arguments, "max_tokens"), '}'), tokens, nil
}
