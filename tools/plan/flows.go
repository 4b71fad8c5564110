package plan

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/ledger"
	"airbyte-agent-mcp/tools/refusal"
)

// FlowRule keeps what was read from one connector out of another: once a caller
// has read data of a connector that From names, writing to one that To names is
// denied, or waits for a person. What a model does with what it read cannot be
// followed, so all that was read in a session counts as known in it.
type FlowRule struct {
	From   string `json:"from"`   // of connectors, by ID, name, slug or service
	To     string `json:"to"`     // likewise
	Decide string `json:"decide"` // deny if empty, or confirm
}

// readLife is how long it is known that a session has read from a connector.
const readLife = 12 * time.Hour

func (rule FlowRule) check() error {
	for _, pattern := range []string{rule.From, rule.To} {
		if pattern == "" {
			return fmt.Errorf("from and to must both name connectors, such as stripe*, or * for all")
		}
		if err := (WriteRule{Connector: pattern, Decide: Deny}).check(); err != nil {
			return err
		}
	}
	if rule.Decide != "" && rule.Decide != Deny && rule.Decide != Confirm {
		return fmt.Errorf("decide must be deny or confirm, not %q", safetext.Short(rule.Decide))
	}
	return nil
}

// strictly is a rule of writes for the connectors of a pattern; one that could
// not be found out about counts as one of them.
func strictly(connectors string) WriteRule { return WriteRule{Connector: connectors, Decide: Deny} }

// label names a connector whose data was read.
type label struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type sessionKey struct{}

// InSession tells whose conversation the calls of a context are of: what one
// reads counts for its later writes. Without it all calls of an account are one.
func InSession(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, sessionKey{}, id)
}

// readRecord names the record of what a session has read by a rule.
func readRecord(ctx context.Context, api *account.Account, rule FlowRule) string {
	session, _ := ctx.Value(sessionKey{}).(string)
	return "read in " + session + " of " + api.Identity() + " from " + folded(rule.From)
}

// Sources are the arguments that say which connectors a call reads.
func Sources(arguments json.RawMessage) json.RawMessage {
	out := []byte{'{'}
	for name, value := range rawjson.Named(arguments) {
		if name == "connector_id" || name == "connectors" || name == "workspace_name" {
			out = rawjson.AppendMember(out, name, value)
		}
	}
	return append(out, '}')
}

// Flows applies the rules about data that was read before a write. Make it with
// NewFlows.
type Flows struct {
	rules  []FlowRule
	ledger *ledger.Ledger
	now    func() time.Time
}

// NewFlows returns the flows of rules, which remember what was read in ledger.
func NewFlows(rules []FlowRule, ledger *ledger.Ledger, now func() time.Time) *Flows {
	return &Flows{rules, ledger, now}
}

// Any reports whether there are rules at all.
func (f *Flows) Any() bool { return len(f.rules) > 0 }

// Label writes down which connectors a call reads from, before it does, and
// returns the arguments with their IDs, so that it reads from no other.
func (f *Flows) Label(ctx context.Context, api *account.Account, arguments json.RawMessage) (json.RawMessage, error) {
	if !f.Any() {
		return arguments, nil
	}
	var in struct {
		ConnectorID   string   `json:"connector_id"`
		Connectors    []string `json:"connectors"`
		WorkspaceName string   `json:"workspace_name"`
	}
	if err := json.Unmarshal(arguments, &in); err != nil {
		return nil, fmt.Errorf("decode checked arguments: %w", err)
	}
	var err error
	if in.ConnectorID, err = f.labelOne(ctx, api, in.ConnectorID, in.WorkspaceName); err != nil {
		return nil, err
	}
	for i := range in.Connectors {
		if in.Connectors[i], err = f.labelOne(ctx, api, in.Connectors[i], in.WorkspaceName); err != nil {
			return nil, err
		}
	}
	out := []byte{'{'}
	for name, value := range rawjson.Named(arguments) {
		switch name {
		case "connector_id":
			value = rawjson.Of(in.ConnectorID)
		case "connectors":
			value = rawjson.Of(in.Connectors)
		}
		out = rawjson.AppendMember(out, name, value)
	}
	return append(out, '}'), nil
}

func (f *Flows) labelOne(ctx context.Context, api *account.Account, ref, workspace string) (id string, err error) {
	if ref == "" {
		return "", nil
	}
	if id, err = (account.ConnectorRef{ConnectorID: ref, WorkspaceName: workspace}).Resolve(ctx, api); err != nil {
		return "", err
	}
	source := &Write{Tool: "execute_operation"}
	if err := source.lookUp(source.findOperation(ctx, api, id)); err != nil {
		return "", err
	}
	for _, rule := range f.rules {
		if !strictly(rule.From).matches(source) {
			continue
		}
		if err := f.remember(readRecord(ctx, api, rule), label{id, safetext.Line(cmp.Or(source.Connector, id), 80)}); err != nil {
			return "", refusal.New("It cannot be written down that %s was read (%s).", safetext.QuoteShort(ref), safetext.Line(err.Error(), 200)).
				Next("Nothing was read: the settings of this server say where its data may go. Call again in a while.")
		}
	}
	return id, nil
}

// remember keeps that a connector was read: in one record the first of a
// session, in another the latest that is not the first. Two suffice to know that
// there is one besides any connector that is written to, and no record of one
// reader can undo that of another who reads at the same time.
func (f *Flows) remember(name string, l label) error {
	now := f.now()
	until := now.Add(readLife)
	for range 5 {
		first, err := f.ledger.Add(name+" first", l, until, now)
		if err != nil || first {
			return err
		}
		var other label
		found, err := f.ledger.Get(name+" first", &other, now)
		if err != nil {
			return err
		}
		if !found { // it is over, and its file still there
			if err := f.ledger.Drop(name + " first"); err != nil {
				return err
			}
			continue
		}
		if err := f.ledger.Put(name+" first", other, until, now); err != nil || other.ID == l.ID {
			return err
		}
		return f.ledger.Put(name+" latest", l, until, now)
	}
	return errors.New("others write it down at the same time")
}

// readFrom are connectors that were read by a rule.
func (f *Flows) readFrom(name string) ([]label, error) {
	var read []label
	for _, which := range []string{" first", " latest"} {
		var l label
		found, err := f.ledger.Get(name+which, &l, f.now())
		if err != nil {
			return nil, err
		}
		if found {
			read = append(read, l)
		}
	}
	return read, nil
}

// flow is a rule that a write meets, and the connectors whose data was read.
type flow struct {
	rule FlowRule
	at   int // in the settings file
	from []label
}

// Met returns the rules that are in the way of a write to a connector.
func (f *Flows) Met(ctx context.Context, api *account.Account, w *Write) ([]flow, error) {
	if w.ConnectorID == "" {
		return nil, nil
	}
	var met []flow
	for i, rule := range f.rules {
		if !strictly(rule.To).matches(w) {
			continue
		}
		read, err := f.readFrom(readRecord(ctx, api, rule))
		if err != nil {
			return nil, ErrApprovalUnknown(err)
		}
		read = slices.DeleteFunc(read, func(l label) bool { return l.ID == w.ConnectorID })
		if len(read) > 0 {
			met = append(met, flow{rule, i, read})
		}
	}
	return met, nil
}

// by names the rule and what was read.
func (f flow) by() string {
	return fmt.Sprintf("mcp.flows[%d] of the settings file: data of %s was read in this session", f.at, namesOf(f.from))
}

func namesOf(labels []label) string {
	var names []string
	for _, l := range labels {
		names = append(names, safetext.QuoteShort(l.Name))
	}
	return safetext.Some(names, 4)
}

// SourceSum is a sum of the connectors whose data a write may carry, empty where
// there are none.
func SourceSum(met []flow) string {
	var ids []string
	for _, f := range met {
		for _, l := range f.from {
			ids = append(ids, l.ID)
		}
	}
	if ids == nil {
		return ""
	}
	slices.Sort(ids)
	sum := sha256.Sum256(rawjson.Of(slices.Compact(ids)))
	return hex.EncodeToString(sum[:8])
}

// DisclosedIn reports whether the plan already listed the connectors whose data
// the write may carry.
func (w *Write) DisclosedIn(plan Subject) bool { return SourceSum(w.Flows) == plan.From }
