package tools

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"airbyte-agent-mcp/airbyteclient"
)

// write makes a call that may change something, as far as that is allowed.
func (r *Runner) write(ctx context.Context, api *Account, call request, tokens int) (Answer, error) {
	w := aboutTool(call)
	if r.writes.Writes == deny {
		return Answer{}, r.refused(api, call, w, decision{deny, "--writes=deny"})
	}
	allowed := decision{allow, "--writes=allow"}
	if !r.writes.asks() {
		return r.send(ctx, api, call, w, allowed, "", tokens)
	}
	call, err := pinned(ctx, api, call)
	if err != nil {
		return Answer{}, err
	}
	if r.running.find(call.key(api)) != nil { // it was sent, and is waited for
		return r.join(ctx, api, continuation{request: call}, tokens)
	}
	if err := w.find(ctx, api, call); err != nil {
		return Answer{}, err
	}
	if w.flows, err = r.flows(ctx, api, w); err != nil {
		return Answer{}, err
	}
	plan := ""
	decided := r.writes.decide(w)
	switch decided.what {
	case deny:
		return Answer{}, r.refused(api, call, w, decided)
	case confirm:
		yes, err := r.consent(ctx, api, call, w)
		if err != nil {
			return Answer{}, err
		}
		plan, decided = yes.Plan.name(), decision{"yes", yes.How}
	}
	return r.send(ctx, api, call, w, decided, plan, tokens)
}

// pinned names the connector of a call by its ID, so that what was approved
// stays the same connector, whatever goes by that name later.
func pinned(ctx context.Context, api *Account, call request) (request, error) {
	argument := "connector_id"
	if call.Tool == "create_connector" {
		argument = "replaces"
	}
	given := text(member(call.Arguments, argument))
	if given == "" || uuidPattern.MatchString(given) {
		return call, nil
	}
	id, err := connectorRef{given, text(member(call.Arguments, "workspace_name"))}.id(ctx, api)
	if err != nil {
		return call, err
	}
	out := []byte{'{'}
	for name, value := range members(call.Arguments) {
		switch {
		case name == argument:
			value = encoded(id)
		case name == "workspace_name" && argument == "connector_id": // only to look up the name
			continue
		}
		out = appendMember(out, name, value)
	}
	call.Arguments = append(out, '}')
	return call, nil
}

// repeated is the path of a name that an object has twice, empty if none has. A
// service may take the one that a person was not shown.
func repeated(v json.RawMessage, at string) string {
	switch kindOf(v) {
	case '{':
		seen := map[string]bool{}
		for name, value := range members(v) {
			path := joined(at, harmless(withoutTokens(name), 100))
			if seen[name] {
				return path
			}
			seen[name] = true
			if inner := repeated(value, path); inner != "" {
				return inner
			}
		}
	case '[':
		n := 0
		for value := range elements(v) {
			if inner := repeated(value, joined(at, strconv.Itoa(n))); inner != "" {
				return inner
			}
			n++
		}
	}
	return ""
}

// refused tells that a write is not allowed.
func (r *Runner) refused(api *Account, call request, w *aboutWrite, d decision) error {
	if err := r.journal.write(r.entry(api, call, w, "denied", d)); err != nil {
		return journalDown(err)
	}
	return refuse("%s is denied on this server (%s).", w.words(), d.by).
		next("Nothing was sent. Calling again will not help, nor will another way to the same end; the person who runs this server decides it.")
}

func journalDown(err error) error {
	return refuse("The journal of writes cannot be written (%s).", harmless(err.Error(), 200)).
		next("Nothing was sent. Reading goes on, but nothing can be changed until the person who runs this server mends --audit and starts it anew.")
}

// entry begins a line of the journal.
func (r *Runner) entry(api *Account, call request, w *aboutWrite, step string, d decision) journalEntry {
	id := w.ConnectorID
	if id == "" {
		id = harmless(text(member(call.Arguments, "connector_id")), 100)
	}
	return r.journal.shaped(journalEntry{
		Time: r.now(), Step: step, Caller: api.Identity(), Tool: call.Tool, ID: id,
		Entity: harmless(w.Entity, 200), Action: harmless(w.Action, 100), Decided: d.what, By: harmless(d.by, 100),
	}, call.shown())
}

// consent is a person's yes to this very call, or else the reason why it cannot
// be made: there is a plan to be answered, or the answer was no.
func (r *Runner) consent(ctx context.Context, api *Account, call request, w *aboutWrite) (said, error) {
	before, found, err := r.planOf(call.key(api))
	if err != nil {
		return said{}, unknowable(err)
	}
	var answer said
	heard := false
	if found {
		if answer, heard, err = r.hear(before.ID); err != nil {
			return said{}, unknowable(err)
		}
	}
	switch {
	case heard && !answer.Yes:
		return said{}, refuse("The person said no to this: %s.", w.words()).
			next("Nothing was sent. Do not try it again or another way unless the person asks for it.")
	case heard && !w.knownTo(answer.Plan):
		w.note("It was approved before, but data of another connector was read since.")
	case heard && call.named() != answer.Plan.Names:
		w.note("It was approved before, but what its references name has changed since.")
	case heard && answer.Plan.Sum == "":
		return answer, nil
	case found && !heard && r.waitsStill(before) && before.ID.Names == call.named():
		return said{}, &ConfirmNeeded{before.plan()}
	}
	target := w.target(ctx, api, call)
	if heard && w.knownTo(answer.Plan) && call.named() == answer.Plan.Names && target.sum == answer.Plan.Sum {
		return answer, nil
	}
	if heard && target.sum != answer.Plan.Sum {
		w.note("It was approved before, but what it changes is no longer as it was shown then: this is how it stands now.")
	}
	plan, err := r.plan(api, call, w, target)
	if err != nil {
		return said{}, err
	}
	return said{}, &ConfirmNeeded{plan}
}

// knownTo tells whether a plan told of the connectors whose data the write may
// carry.
func (w *aboutWrite) knownTo(plan sealedPlan) bool { return sourcesOf(w.flows) == plan.From }

// named is a sum of the secrets that the references in a call name, empty where
// there are none. It stands in sealed texts alone.
func (c request) named() string {
	if c.references == nil {
		return ""
	}
	h := sha256.New()
	for _, reference := range slices.Sorted(maps.Keys(c.references)) {
		fmt.Fprintf(h, "%q %q\n", reference, c.references[reference])
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// unknowable is for a call of which it cannot be told whether a person has
// agreed to it.
func unknowable(err error) error {
	return refuse("Whether a person has agreed to this cannot be found out (%s).", harmless(err.Error(), 200)).
		next("Nothing was sent. Call again in a while; if that does not help, the person who runs this server must look after --state-dir.")
}

// send makes the call and writes down that it did and what came of it.
func (r *Runner) send(ctx context.Context, api *Account, call request, w *aboutWrite, d decision, plan string, tokens int) (Answer, error) {
	t := r.tools[call.Tool]
	return r.perform(ctx, api, continuation{request: call}, tokens, func(ctx context.Context) (got result, err error) {
		entry := r.entry(api, call, w, "sent", d)
		entry.Plan = plan
		if err := r.journal.begin(entry); err != nil {
			return nil, journalDown(err)
		}
		entry.Step, entry.Outcome, entry.Shape, entry.Hashes = "outcome", "panic", nil, nil
		returned := false
		defer func() {
			if !returned { // it panicked, which goes on
				_ = r.journal.end(entry)
			}
		}()
		got, err = r.run(ctx, api, call)
		returned = true
		entry.Time, entry.Outcome = r.now(), "ok"
		if err != nil {
			entry.Outcome = Kind(err)
			failed, ok := errors.AsType[*airbyteclient.Error](err)
			entry.MaybeIt = !ok && ctx.Err() != nil || ok && failed.MaybeSent
		}
		if r.writes.RequestID != nil {
			entry.Request = harmless(r.writes.RequestID(ctx), 200)
		}
		if down := r.journal.end(entry); down != nil {
			return nil, withheld(t, err, down)
		}
		return got, err
	})
}

// FormSends writes down that a connector is about to be created by a form. Where
// it fails none may be; else FormAnswered must follow.
func (r *Runner) FormSends(caller, form string) error {
	return r.journal.begin(r.ofForm("sent", caller, form))
}

// FormAnswered writes down what came of that.
func (r *Runner) FormAnswered(caller, form, connectorID, outcome string) error {
	entry := r.ofForm("outcome", caller, form)
	entry.ID, entry.Outcome, entry.MaybeIt = connectorID, outcome, outcome == "unclear"
	return r.journal.end(entry)
}

// FormEnded writes down what became of a form for which this server created
// nothing; the web app may have.
func (r *Runner) FormEnded(caller, form, connectorID, outcome string) error {
	entry := r.ofForm("outcome", caller, form)
	entry.ID, entry.Outcome = connectorID, outcome
	return r.journal.write(entry)
}

func (r *Runner) ofForm(step, caller, form string) journalEntry {
	return journalEntry{
		Time: r.now(), Step: step, Caller: caller, Tool: "create_connector", Entity: "connector", Action: "create",
		Plan: form, Decided: "ask", By: "form",
	}
}

// withheld is for a write whose outcome the journal could not take.
func withheld(t Tool, err, down error) error {
	happened := "The call was made and the service took it."
	if err != nil {
		happened = t.Explain(err)
	}
	return refuse("%s", happened).
		next("The answer is held back, since the journal of writes cannot be written (%s). Do not repeat the call: look at what it changed. Nothing can be changed until the person who runs this server mends --audit.", harmless(down.Error(), 200))
}

// join waits for a call that was made before. It never makes one.
func (r *Runner) join(ctx context.Context, api *Account, c continuation, tokens int) (Answer, error) {
	return r.perform(ctx, api, c, tokens, func(context.Context) (result, error) {
		return nil, r.lost(c)
	})
}

// note adds what a person should know, once.
func (w *aboutWrite) note(words string) { w.notes = append(w.notes, words) }

// params are what a call of execute_operation sends to the service.
func params(arguments json.RawMessage) json.RawMessage { return member(arguments, "params") }
