package tools

import (
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
	approver    *Approver
	journal     *journal // nil where none is kept
	ledger      *Ledger
	ownsLedger  bool // Close closes it
	now         func() time.Time
	stop        context.CancelFunc
}

// Option changes what most runners leave as it is.
type Option func(*options)

type options struct {
	writes      Writes
	credentials Credentials
	ledger      *Ledger
	now         func() time.Time
}

// WithWrites sets which writes are made, wait for a person, or are refused, and
// where they are written down. Without it all are made.
func WithWrites(writes Writes) Option {
	return func(o *options) { o.writes = writes }
}

// WithCredentials sets how those of connectors may be given. Without it, in any
// way but by reference.
func WithCredentials(c Credentials) Option {
	return func(o *options) { o.credentials = c }
}

// WithLedger sets where it is remembered what was used, in place of the one that
// Limits names. The caller closes it.
func WithLedger(ledger *Ledger) Option {
	return func(o *options) { o.ledger = ledger }
}

// WithClock sets what tells the time. Without it, time.Now.
func WithClock(now func() time.Time) Option {
	return func(o *options) { o.now = now }
}

// NewRunner makes a runner of tools that have been chosen and checked. Close
// ends what still runs.
func NewRunner(list []Tool, limits Limits, choices ...Option) (*Runner, error) {
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
	o := options{now: time.Now}
	for _, option := range choices {
		option(&o)
	}
	if err := o.writes.check(); err != nil {
		return nil, err
	}
	stopped, stop := context.WithCancel(context.Background())
	r := &Runner{
		tools: map[string]Tool{}, limits: limits, seal: seal, memory: newMemory(), running: newJobs(stopped),
		credentials: o.credentials, now: o.now, stop: stop,
		kept: otter.Must(&otter.Options[string, result]{
			MaximumWeight:    maxKept,
			Weigher:          func(_ string, kept result) uint32 { return uint32(kept.size()) + 512 },
			ExpiryCalculator: otter.ExpiryWriting[string, result](keptFor),
		}),
	}
	if r.ledger = o.ledger; r.ledger == nil {
		r.ownsLedger = true
		if r.ledger, err = openShared(limits, seal); err != nil {
			return nil, err
		}
	}
	if r.journal, err = openJournal(o.writes.Audit, o.writes.Stderr, o.now); err != nil {
		return nil, fmt.Errorf("--audit: %w", err)
	}
	r.approver = NewApprover(o.writes, seal, r.ledger, r.journal, o.now)
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
	if r.ownsLedger {
		r.ledger.Close()
	}
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

// Seal returns the key ring that encrypts continuations.
func (r *Runner) Seal() *Seal { return r.seal }

// Ledger returns the record of what was handed out and used once.
func (r *Runner) Ledger() *Ledger { return r.ledger }

// Approver returns what decides the writes of this runner.
func (r *Runner) Approver() *Approver { return r.approver }

// Journal returns the audit trail; nil where none is kept.
func (r *Runner) Journal() *journal { return r.journal }

// Tools returns all tools that it can call, by name.
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

// continuation is what read_more is handed.
type continuation struct {
	Call
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
		// That a secret is among them comes first: what does not fit is quoted.
		if misplaced := r.credentials.misplacedSecret(t.Name, arguments); misplaced != nil {
			return Answer{}, misplaced
		}
		return Answer{}, t.explainInvalid(arguments, err)
	}
	call := Call{Tool: t.Name, Arguments: mended, Writes: t.writes(mended)}
	call.Secrets, err = r.credentials.intake(t.Name, mended, func() redactor { return marks(ctx, api, mended) })
	if err != nil {
		return Answer{}, err
	}
	// Trying credentials sends them: whoever could name any secret and the address
	// that it is sent to would have it.
	call.Writes = call.Writes || call.Secrets.byReference()
	if t.Name == readMoreName {
		return r.more(ctx, api, mended, tokens)
	}
	if t.Foreign {
		if call.Arguments, err = r.approver.Flows().Label(ctx, api, call.Arguments); err != nil {
			return Answer{}, during{t, err}
		}
	}
	if err := r.form(ctx, api, t, call); err != nil {
		return Answer{}, err
	}
	if call.Writes {
		return r.write(ctx, api, call, tokens)
	}
	return r.perform(ctx, api, continuation{Call: call}, tokens, r.plainly(api, call))
}

// run makes a call. None of the secrets that it was given comes back, neither in
// its result nor in the words of its error.
func (r *Runner) run(ctx context.Context, api *Account, call Call) (result, error) {
	got, err := r.tools[call.Tool].run(ctx, api, call.filled())
	if err != nil {
		return nil, call.Secrets.secrets.err(err)
	}
	return got.without(call.Secrets.secrets), nil
}

// plainly makes a call that changes nothing.
func (r *Runner) plainly(api *Account, call Call) func(context.Context) (result, error) {
	return func(ctx context.Context) (result, error) { return r.run(ctx, api, call) }
}

// perform makes a call with run, or waits for the same one that is still
// running, and renders its answer from a place on.
func (r *Runner) perform(ctx context.Context, api *Account, c continuation, tokens int, run func(context.Context) (result, error)) (Answer, error) {
	key := c.key(api.Identity())
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
	if partial, ok := got.(partialResult); ok && !partial.has(c.From) && !c.Part && !c.Writes {
		c.Part = true
		return r.perform(ctx, api, c, tokens, run)
	}
	return r.render(api, c.Call, got, c.From, tokens)
}

// render makes an answer of a result.
func (r *Runner) render(api *Account, call Call, got result, from place, tokens int) (Answer, error) {
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
		r.kept.Set(call.key(api.Identity()), got)
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
func (r *Runner) continued(api *Account, answer json.RawMessage, f *fitter, call Call) (json.RawMessage, error) {
	note := f.cut.words(f.next != (place{}) || f.arguments != nil)
	rest := struct {
		Cut          omitted `json:"cut"`
		Note         string  `json:"note_on_cut"`
		Continuation string  `json:"continuation,omitempty"`
	}{Cut: f.cut}
	if len(call.forContinuation(api.Identity()).Arguments) > maxContinued {
		rest.Note = note + " The arguments are too long for a continuation: call again and ask for less (fewer fields, fewer records)."
	} else {
		sealed, err := r.sealed(api, continuation{Call: call, From: f.next, Cut: f.next == (place{}) && f.arguments == nil, Part: f.held != nil})
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
	if c.Of = c.Sources; r.approver.Flows().Any() && r.tools[c.Tool].Foreign && c.Arguments != nil {
		c.Of = sources(c.Arguments)
	}
	c.Call = c.forContinuation(api.Identity())
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
