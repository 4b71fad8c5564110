package connect

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/server/connect/form"
	"airbyte-agent-mcp/server/connect/pagetext"
)

// attempt is what became of one filled-in form. Without an outcome the person
// may mend it and try again.
type attempt struct {
	outcome *Outcome
	status  int      // of the page
	title   string   // what went wrong, in a few words
	words   []string // what is not about one field
	fields  map[string]string
}

// submit tries what was filled in and, if the service takes it, creates the
// connector. With an outcome the link has ended.
func (p *Pages) submit(ctx context.Context, l link, v *visit, f *form.Form, posted map[string][]string) attempt {
	auth, settings, a := form.Read(f, posted)
	if len(a.Errors) > 0 {
		return attempt{status: http.StatusUnprocessableEntity, title: "Some fields need another look", fields: a.Errors}
	}
	refused := func(err error) attempt {
		t := refusal(a, err, false)
		if t.outcome != nil {
			o := p.decided(ctx, l, v, func(context.Context) Outcome { return *t.outcome })
			t.outcome = &o
		}
		return t
	}
	client, err := p.options.Client(ctx, l.Caller)
	if err != nil {
		return refused(err)
	}
	bodies, err := f.Requests(l.Request, auth, settings, strings.TrimSpace(a.Posted.Get(nameInput)))
	if err != nil {
		return refused(err)
	}
	body, check, err := firstTaken(ctx, client, bodies)
	if err != nil {
		return refused(err)
	}
	if check.Status == "failed" || check.Status == "cancelled" {
		return failed(a, f, check)
	}
	var mend attempt
	o := p.decided(ctx, l, v, func(ctx context.Context) Outcome {
		t := p.create(ctx, client, l.Request, v, body, check, a)
		if t.outcome != nil {
			return *t.outcome
		}
		mend = t
		return Outcome{State: StateWaiting}
	})
	if mend.title != "" {
		return mend
	}
	return attempt{outcome: &o}
}

// asItWas tells of a connector whose name the new one has not got.
const asItWas = " The connector that it was to replace is as it was."

// create makes the connector of a link, whether its form was filled in or the
// person has signed in. The caller has claimed the link.
func (p *Pages) create(ctx context.Context, client *airbyteclient.Client, r form.Request, v *visit, body airbyteclient.CreateConnectorRequest, check *airbyteclient.CheckResult, a *form.Answers) attempt {
	takesOver := r.Replaces.ID != "" && (body.Name == "" || body.Name == r.Replaces.Name)
	if takesOver {
		body.Name = airbyteclient.NameOfNew(r.Replaces.Name)
	}
	if err := p.record(v, Event{Kind: EventSent}); err != nil {
		return attempt{
			status: http.StatusServiceUnavailable, title: "Nothing can be created now",
			words: []string{"This server cannot write down what it does, so it does nothing. Whoever runs it has to mend that."},
		}
	}
	answered := false
	defer func() {
		if !answered { // it panicked, which goes on
			p.note(v, Event{Kind: EventAnswered, Outcome: StateUnclear})
		}
	}()
	created, err := client.CreateConnector(ctx, body)
	answered = true
	if err != nil {
		t, state := refusal(a, err, true), "invalid"
		if t.outcome != nil {
			state = t.outcome.State
		}
		p.note(v, Event{Kind: EventAnswered, Outcome: state})
		return t
	}
	p.note(v, Event{Kind: EventAnswered, ConnectorID: created.ID, Outcome: StateCreated})
	out := Outcome{State: StateCreated, ConnectorID: created.ID, Name: pagetext.OneLine(a.Without(created.Name), 200), Account: a.Without(accountOf(created.ReplicationConfig))}
	switch {
	case check.Status != "succeeded":
		out.Why = "The service could not say whether the credentials work."
		if takesOver {
			out.Why += asItWas
		}
	case takesOver && client.TakeOverName(ctx, created.ID, r.Replaces.ID, r.Replaces.Name) != nil:
		out.Why = "The names could not be changed, so it does not have that of the connector that it replaces yet."
	case takesOver:
		out.Name, out.ReplacedID = r.Replaces.Name, r.Replaces.ID
		out.Why = "The old connector is kept as " + airbyteclient.NameOfReplaced(r.Replaces.Name) + " until it is deleted."
	}
	return attempt{outcome: &out}
}

// firstTaken checks one configuration in the ways in which it can be put. The
// service answers 400 to keys that it looks for elsewhere; what it says to the
// first way counts if it takes none.
func firstTaken(ctx context.Context, client *airbyteclient.Client, bodies []airbyteclient.CreateConnectorRequest) (airbyteclient.CreateConnectorRequest, *airbyteclient.CheckResult, error) {
	var first error
	for _, body := range bodies {
		check, err := client.CheckNewConnector(ctx, body)
		if err == nil {
			return body, check, nil
		}
		first = cmp.Or(first, err)
		if e, ok := errors.AsType[*airbyteclient.Error](err); !ok || e.Status != http.StatusBadRequest || e.Kind != airbyteclient.KindInvalid {
			break
		}
	}
	return airbyteclient.CreateConnectorRequest{}, nil, first
}

// failed is for a check that went badly: the service's own words.
func failed(a *form.Answers, f *form.Form, check *airbyteclient.CheckResult) attempt {
	t := attempt{status: http.StatusUnprocessableEntity, title: cmp.Or(f.Service, "The service") + " did not accept this", fields: map[string]string{}}
	say := func(s string) {
		if s = pagetext.OneLine(a.Without(s), 600); s != "" && !slices.Contains(t.words, s) {
			t.words = append(t.words, s)
		}
	}
	if check.FailureReason != nil {
		say(check.FailureReason.ExternalMessage)
	}
	say(check.ErrorMessage)
	for _, e := range check.EntityCheckResults {
		if e.ErrorMessage != "" {
			say(e.Entity + ": " + e.ErrorMessage)
		}
	}
	if len(t.words) == 0 {
		t.words = []string{"It gave no reason. Check what you entered."}
	}
	if name := a.Place("", t.words[0]); name != "" {
		t.fields[name] = t.words[0]
	}
	return t
}

// refusal tells an error of the service: what the person can mend goes by
// field, what nobody can mend here ends the link.
func refusal(a *form.Answers, err error, creating bool) attempt {
	e, ok := errors.AsType[*airbyteclient.Error](err)
	if !ok {
		e = &airbyteclient.Error{Kind: airbyteclient.KindUnavailable, Message: "Airbyte cannot be reached from here."}
	}
	words := pagetext.OneLine(a.Without(e.Message), 600)
	switch e.Kind {
	case airbyteclient.KindUnauthorized, airbyteclient.KindForbidden, airbyteclient.KindNotEnabled, airbyteclient.KindNotFound,
		airbyteclient.KindOrganizationNeeded, airbyteclient.KindMissingCredentials:
		return attempt{outcome: &Outcome{State: StateRefused, Why: words}}
	}
	if creating && e.MaybeSent {
		return attempt{outcome: &Outcome{State: StateUnclear, Why: words}}
	}
	t := attempt{status: http.StatusUnprocessableEntity, title: "Airbyte did not accept this", fields: map[string]string{}}
	switch e.Kind {
	case airbyteclient.KindInvalid, airbyteclient.KindConflict, airbyteclient.KindBadRequest:
	case airbyteclient.KindRateLimited:
		t.status, t.title = http.StatusServiceUnavailable, "Airbyte is busy; nothing was created"
		words += " Try again" + afterWait(e.RetryAfter) + "."
	default:
		t.status, t.title = http.StatusBadGateway, "Airbyte could not be asked; nothing was created"
		words = "You can try again in a moment. What we heard: " + words
	}
	for _, complaint := range e.Fields {
		said := pagetext.OneLine(a.Without(complaint.Message), 300)
		if name := a.Place(complaint.Field, complaint.Message); name != "" && t.fields[name] == "" {
			t.fields[name] = said
		} else if !slices.Contains(t.words, said) {
			t.words = append(t.words, said)
		}
	}
	if len(t.fields)+len(t.words) == 0 {
		t.words = []string{words}
	}
	return t
}

func afterWait(d time.Duration) string {
	if d <= 0 {
		return " in a minute"
	}
	return fmt.Sprintf(" in %d seconds", int(d.Round(time.Second)/time.Second))
}

// accountOf names the account that a connector reads, where its configuration
// tells.
func accountOf(config json.RawMessage) string {
	m := form.DecodeMembers(config)
	for _, name := range []string{"account_name", "email", "account_id", "subdomain", "domain", "instance_url", "shop", "site"} {
		if s := pagetext.OneLine(form.Member[string](m, name), 200); s != "" {
			return s
		}
	}
	return ""
}
