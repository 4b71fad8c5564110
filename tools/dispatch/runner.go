package dispatch

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
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/answer"
	"airbyte-agent-mcp/tools/approval"
	"airbyte-agent-mcp/tools/journal"
	"airbyte-agent-mcp/tools/ledger"
	"airbyte-agent-mcp/tools/plan"
	"airbyte-agent-mcp/tools/refusal"
	"airbyte-agent-mcp/tools/secrets"
	"airbyte-agent-mcp/tools/toolcall"
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

// continuationLife is how long a continuation is good for.
const continuationLife = time.Hour

// maxKept bounds the results that are kept to save a second fetch, in
// bytes, maxKeptOne each of them, keptFor for how long.
const maxKept, maxKeptOne = 24 << 20, 8 << 20

const keptFor = 3 * time.Minute

// Runner calls tools for a server: it holds answers to their budget, hands out
// continuations for the rest, and answers in time. Make one with NewRunner.
type Runner struct {
	tools       map[string]tools.Tool
	limits      Limits
	seal        *ledger.Seal
	memory      *account.Memory
	files       *os.Root // where downloads are saved; nil for nowhere
	kept        *otter.Cache[string, answer.Result]
	credentials secrets.Policy
	running     *jobs
	approver    *approval.Approver
	journal     *journal.Journal // nil where none is kept
	ledger      *ledger.Ledger
	ownsLedger  bool // Close closes it
	now         func() time.Time
	stop        context.CancelFunc
}

// Option changes what most runners leave as it is.
type Option func(*options)

type options struct {
	writes      plan.Policy
	credentials secrets.Policy
	ledger      *ledger.Ledger
	now         func() time.Time
}

// WithWrites sets which writes are made, wait for a person, or are refused, and
// where they are written down. Without it all are made.
func WithWrites(writes plan.Policy) Option {
	return func(o *options) { o.writes = writes }
}

// WithCredentials sets how those of connectors may be given. Without it, in any
// way but by reference.
func WithCredentials(c secrets.Policy) Option {
	return func(o *options) { o.credentials = c }
}

// WithLedger sets where it is remembered what was used, in place of the one that
// Limits names. The caller closes it.
func WithLedger(ledger *ledger.Ledger) Option {
	return func(o *options) { o.ledger = ledger }
}

// WithClock sets what tells the time. Without it, time.Now.
func WithClock(now func() time.Time) Option {
	return func(o *options) { o.now = now }
}

// NewRunner makes a runner of tools that have been chosen and checked. Close
// ends what still runs.
func NewRunner(list []tools.Tool, limits Limits, choices ...Option) (*Runner, error) {
	if limits.MaxAnswerTokens == 0 {
		limits.MaxAnswerTokens = 8000
	}
	if limits.CallTimeout == 0 {
		limits.CallTimeout = 50 * time.Second
	}
	if limits.MaxAnswerTokens < answer.LeastTokens || limits.CallTimeout < time.Second {
		return nil, fmt.Errorf("--max-answer-tokens must be at least %d and --call-timeout at least 1s", answer.LeastTokens)
	}
	var keys [][]byte
	if limits.SealKeyFile != "" {
		var err error
		if keys, err = ledger.ReadSealKeys(limits.SealKeyFile); err != nil {
			return nil, fmt.Errorf("--seal-key-file: %w", err)
		}
	}
	seal, err := ledger.NewSeal(keys...)
	if err != nil {
		return nil, err
	}
	o := options{now: time.Now}
	for _, option := range choices {
		option(&o)
	}
	if err := o.writes.Check(); err != nil {
		return nil, err
	}
	stopped, stop := context.WithCancel(context.Background())
	r := &Runner{
		tools: map[string]tools.Tool{}, limits: limits, seal: seal, memory: account.NewMemory(), running: newJobs(stopped),
		credentials: o.credentials, now: o.now, stop: stop,
		kept: otter.Must(&otter.Options[string, answer.Result]{
			MaximumWeight:    maxKept,
			Weigher:          func(_ string, kept answer.Result) uint32 { return uint32(kept.Size()) + 512 },
			ExpiryCalculator: otter.ExpiryWriting[string, answer.Result](keptFor),
		}),
	}
	if r.ledger = o.ledger; r.ledger == nil {
		r.ownsLedger = true
		if r.ledger, err = openShared(limits, seal); err != nil {
			return nil, err
		}
	}
	if r.journal, err = journal.Open(o.writes.Audit, o.writes.Stderr, o.now); err != nil {
		return nil, fmt.Errorf("--audit: %w", err)
	}
	r.approver = approval.NewApprover(o.writes, seal, r.ledger, r.journal, o.now)
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
	r.journal.Close()
	if r.ownsLedger {
		r.ledger.Close()
	}
	r.kept.StopAllGoroutines()
	r.memory.Cache.StopAllGoroutines()
	if r.files != nil {
		_ = r.files.Close()
	}
}

// openShared opens the ledger. One that others can read nothing in would not
// tell them what was used.
func openShared(limits Limits, seal *ledger.Seal) (*ledger.Ledger, error) {
	if limits.StateDir != "" && limits.SealKeyFile == "" {
		return nil, errors.New("--state-dir needs --seal-key-file: what is kept there is sealed with its keys")
	}
	ledger, err := ledger.OpenLedger(limits.StateDir, seal)
	if err != nil {
		return nil, fmt.Errorf("--state-dir: %w", err)
	}
	return ledger, nil
}

// Seal returns the key ring that encrypts continuations.
func (r *Runner) Seal() *ledger.Seal { return r.seal }

// Ledger returns the record of what was handed out and used once.
func (r *Runner) Ledger() *ledger.Ledger { return r.ledger }

// Approver returns what decides the writes of this runner.
func (r *Runner) Approver() *approval.Approver { return r.approver }

// Journal returns the audit trail; nil where none is kept.
func (r *Runner) Journal() *journal.Journal { return r.journal }

// Tools returns all tools that it can call, by name.
func (r *Runner) Tools() map[string]tools.Tool { return r.tools }

// continuation is what read_more is handed.
type continuation struct {
	toolcall.Call
	From  answer.Place `json:"f,omitzero"`
	Since int64        `json:"s,omitempty"` // Unix time at which a call began that was still running
	Cut   bool         `json:"c,omitempty"` // nothing follows, but something was cut that has a path
	Part  bool         `json:"p,omitempty"` // the list is too long to be held whole
	// Of says which connectors it reads, where the settings say where data may go.
	Of json.RawMessage `json:"d,omitempty"`
}

// Call mends and checks the arguments, runs the tool with the caller's account
// and returns its answer, within its budget and in time. Explain words the error.
func (r *Runner) Call(ctx context.Context, client *airbyteclient.Client, name string, arguments json.RawMessage) (answer.Answer, error) {
	t, ok := r.tools[name]
	if !ok {
		return answer.Answer{}, fmt.Errorf("no tool %q is served", name)
	}
	answer, err := r.call(ctx, r.account(client), t, arguments)
	if err != nil {
		err = secrets.FindIn(arguments).RedactError(err)
	}
	return answer, err
}

func (r *Runner) call(ctx context.Context, api *account.Account, t tools.Tool, arguments json.RawMessage) (answer.Answer, error) {
	mended, tokens, err := r.budget(arguments)
	if err == nil {
		mended, err = t.Correct(mended)
	}
	if err != nil {
		// That a secret is among them comes first: what does not fit is quoted.
		if misplaced := r.credentials.Misplaced(t.Name, arguments); misplaced != nil {
			return answer.Answer{}, misplaced
		}
		return answer.Answer{}, t.ExplainInvalid(arguments, err)
	}
	call := toolcall.Call{Tool: t.Name, Arguments: mended, Writes: t.Writes(mended)}
	call.Secrets, err = r.credentials.Intake(t.Name, mended, func() secrets.Redactor { return tools.SecretMarks(ctx, api, mended) })
	if err != nil {
		return answer.Answer{}, err
	}
	// Trying credentials sends them: whoever could name any secret and the address
	// that it is sent to would have it.
	call.Writes = call.Writes || call.Secrets.ByReference()
	if t.Name == secrets.ReadMoreName {
		return r.more(ctx, api, mended, tokens)
	}
	if t.Foreign {
		if call.Arguments, err = r.approver.Flows().Label(ctx, api, call.Arguments); err != nil {
			return answer.Answer{}, tools.During{Tool: t, Err: err}
		}
	}
	if err := r.form(ctx, api, t, call); err != nil {
		return answer.Answer{}, err
	}
	if call.Writes {
		return r.write(ctx, api, call, tokens)
	}
	return r.perform(ctx, api, continuation{Call: call}, tokens, r.plainly(api, call))
}

// run makes a call. None of the secrets that it was given comes back, neither in
// its result nor in the words of its error.
func (r *Runner) run(ctx context.Context, api *account.Account, call toolcall.Call) (answer.Result, error) {
	got, err := r.tools[call.Tool].Run(ctx, api, call.Filled())
	if err != nil {
		return nil, call.Secrets.Set.RedactError(err)
	}
	return got.Without(call.Secrets.Set), nil
}

// plainly makes a call that changes nothing.
func (r *Runner) plainly(api *account.Account, call toolcall.Call) func(context.Context) (answer.Result, error) {
	return func(ctx context.Context) (answer.Result, error) { return r.run(ctx, api, call) }
}

// perform makes a call with run, or waits for the same one that is still
// running, and renders its answer from a place on.
func (r *Runner) perform(ctx context.Context, api *account.Account, c continuation, tokens int, run func(context.Context) (answer.Result, error)) (answer.Answer, error) {
	key := c.Key(api.Identity())
	if n, counts := c.From.Record(); c.Part && counts {
		api.Skip = max(n-1, 0) // with the last one shown, to see that it is the same list
		key += "/" + strconv.Itoa(api.Skip)
	}
	got, since, err := r.running.await(ctx, key, r.limits.CallTimeout, run)
	switch {
	case errors.Is(err, errPending):
		return r.pending(api, c, since)
	case err != nil:
		return answer.Answer{}, tools.During{Tool: r.tools[c.Tool], Err: err}
	}
	if partial, ok := got.(answer.PartialResult); ok && !partial.Has(c.From) && !c.Part && !c.Writes {
		c.Part = true
		return r.perform(ctx, api, c, tokens, run)
	}
	return r.render(api, c.Call, got, c.From, tokens)
}

// render makes an answer of a result.
func (r *Runner) render(api *account.Account, call toolcall.Call, got answer.Result, from answer.Place, tokens int) (answer.Answer, error) {
	foreign := r.tools[call.Tool].Foreign
	most := tokens * answer.BytesPerToken
	if foreign {
		most -= len(answer.ForeignMark)
	}
	f := &answer.Fitter{Most: most, Reserve: 700 + min(len(call.Arguments), maxContinued)*4/3, From: from}
	reply, err := got.Answer(f)
	if err != nil {
		return answer.Answer{}, err
	}
	if from.Path != "" {
		if f.Alone == nil {
			return answer.Answer{}, refusal.New("There is nothing at path %q.", safetext.Short(from.Path)).
				Next("Paths stand in the marks of cut texts, such as /result/0/body; take one from there.")
		}
		reply.JSON = f.Alone
	}
	if reply.JSON = rawjson.RemoveInvisible(reply.JSON); foreign {
		reply.JSON = answer.Mark(reply.JSON)
	}
	if !f.Cut.Any() && f.Next == (answer.Place{}) && f.Arguments == nil {
		return reply, nil
	}
	if got.Size() <= maxKeptOne {
		r.kept.Set(call.Key(api.Identity()), got)
	}
	if f.Arguments != nil {
		call.Arguments = f.Arguments
	}
	reply.JSON, err = r.continued(api, reply.JSON, f, call)
	return reply, err
}

// maxContinued is the longest arguments that a continuation carries, in bytes.
const maxContinued = 8 << 10

// continued adds to a cut answer what is missing and how to get it.
func (r *Runner) continued(api *account.Account, reply json.RawMessage, f *answer.Fitter, call toolcall.Call) (json.RawMessage, error) {
	note := f.Cut.Words(f.Next != (answer.Place{}) || f.Arguments != nil)
	rest := struct {
		Cut          answer.Omitted `json:"cut"`
		Note         string         `json:"note_on_cut"`
		Continuation string         `json:"continuation,omitempty"`
	}{Cut: f.Cut}
	if len(call.ForContinuation(api.Identity()).Arguments) > maxContinued {
		rest.Note = note + " The arguments are too long for a continuation: call again and ask for less (fewer fields, fewer records)."
	} else {
		sealed, err := r.sealed(api, continuation{Call: call, From: f.Next, Cut: f.Next == (answer.Place{}) && f.Arguments == nil, Part: f.Held != nil})
		if err != nil {
			return nil, err
		}
		rest.Note, rest.Continuation = note, sealed
	}
	tail := rawjson.Of(rest)
	out := make([]byte, 0, len(reply)+len(tail))
	out = append(out, reply[:len(reply)-1]...)
	if len(reply) > 2 {
		out = append(out, ',')
	}
	return append(out, tail[1:]...), nil
}

func (r *Runner) sealed(api *account.Account, c continuation) (string, error) {
	if c.Of = c.Sources; r.approver.Flows().Any() && r.tools[c.Tool].Foreign && c.Arguments != nil {
		c.Of = plan.Sources(c.Arguments)
	}
	c.Call = c.ForContinuation(api.Identity())
	return r.seal.Close("continuation", api.Identity(), api.Now().Add(continuationLife), c)
}

// budget takes max_tokens out of the arguments: every tool has it.
func (r *Runner) budget(arguments json.RawMessage) (rest json.RawMessage, tokens int, err error) {
	given := rawjson.Member(arguments, "max_tokens")
	if given == nil {
		return arguments, r.limits.MaxAnswerTokens, nil
	}
	var n json.Number
	if json.Unmarshal(given, &n) != nil && json.Unmarshal([]byte(rawjson.Text(given)), &n) != nil && string(given) != "null" {
		return nil, 0, refusal.New("max_tokens must be a whole number, not %s.", safetext.Short(string(given))).Next("Nothing was sent.")
	}
	tokens = r.limits.MaxAnswerTokens
	if v, err := n.Int64(); err == nil {
		tokens = int(min(max(v, answer.LeastTokens), answer.MostTokens))
	}
	return append(rawjson.Without(arguments, "max_tokens"), '}'), tokens, nil
}
