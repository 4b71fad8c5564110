package tools

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
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
		if err := (WriteRule{Connector: pattern, Decide: deny}).check(); err != nil {
			return err
		}
	}
	if rule.Decide != "" && rule.Decide != deny && rule.Decide != confirm {
		return fmt.Errorf("decide must be deny or confirm, not %q", shown(rule.Decide))
	}
	return nil
}

// strictly is a rule of writes for the connectors of a pattern; one that could
// not be found out about counts as one of them.
func strictly(connectors string) WriteRule { return WriteRule{Connector: connectors, Decide: deny} }

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
func readRecord(ctx context.Context, api *Account, rule FlowRule) string {
	session, _ := ctx.Value(sessionKey{}).(string)
	return "read in " + session + " of " + api.Identity() + " from " + folded(rule.From)
}

// sources are the arguments that say which connectors a call reads.
func sources(arguments json.RawMessage) json.RawMessage {
	out := []byte{'{'}
	for name, value := range members(arguments) {
		if name == "connector_id" || name == "connectors" || name == "workspace_name" {
			out = appendMember(out, name, value)
		}
	}
	return append(out, '}')
}

// label writes down which connectors a call reads from, before it does.
func (r *Runner) label(ctx context.Context, api *Account, arguments json.RawMessage) error {
	if len(r.writes.Flows) == 0 {
		return nil
	}
	var in struct {
		ConnectorID   string   `json:"connector_id"`
		Connectors    []string `json:"connectors"`
		WorkspaceName string   `json:"workspace_name"`
	}
	if err := json.Unmarshal(arguments, &in); err != nil {
		return fmt.Errorf("decode checked arguments: %w", err)
	}
	for _, ref := range append(in.Connectors, in.ConnectorID) {
		if ref == "" {
			continue
		}
		id, err := connectorRef{ref, in.WorkspaceName}.id(ctx, api)
		if err != nil {
			return err
		}
		source := &aboutWrite{Tool: "execute_operation"}
		if err := source.find(ctx, api, request{Tool: source.Tool, Arguments: appendMember([]byte{'{'}, "connector_id", append(encoded(id), '}'))}); err != nil {
			return err
		}
		if err := r.labelFrom(ctx, api, source); err != nil {
			return refuse("It cannot be written down that %s was read (%s).", quoted(ref), harmless(err.Error(), 200)).
				next("Nothing was read: the settings of this server say where its data may go. Call again in a while.")
		}
	}
	return nil
}

func (r *Runner) labelFrom(ctx context.Context, api *Account, source *aboutWrite) error {
	now := r.now()
	for _, rule := range r.writes.Flows {
		if !strictly(rule.From).matches(source) {
			continue
		}
		var read []label
		name := readRecord(ctx, api, rule)
		if _, err := r.ledger.Get(name, &read, now); err != nil {
			return err
		}
		l := label{source.ConnectorID, harmless(cmp.Or(source.Connector, source.ConnectorID), 80)}
		if slices.ContainsFunc(read, func(known label) bool { return known.ID == l.ID }) {
			continue
		}
		if err := r.ledger.Put(name, append(read, l), now.Add(readLife), now); err != nil {
			return err
		}
	}
	return nil
}

// flow is a rule that a write meets, and the connectors whose data was read.
type flow struct {
	rule FlowRule
	at   int // in the settings file
	from []label
}

// flows are the rules that are in the way of a write.
func (r *Runner) flows(ctx context.Context, api *Account, w *aboutWrite) ([]flow, error) {
	if w.Tool != "execute_operation" {
		return nil, nil
	}
	var met []flow
	for i, rule := range r.writes.Flows {
		if !strictly(rule.To).matches(w) {
			continue
		}
		var read []label
		if _, err := r.ledger.Get(readRecord(ctx, api, rule), &read, r.now()); err != nil {
			return nil, unknowable(err)
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
		names = append(names, quoted(l.Name))
	}
	return some(names, 4)
}

// sourcesOf are the connectors whose data a write may carry, by ID.
func sourcesOf(met []flow) []string {
	var ids []string
	for _, f := range met {
		for _, l := range f.from {
			ids = append(ids, l.ID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
