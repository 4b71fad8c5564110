package plan

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"airbyte-agent-mcp/schemas/safetext"
)

// Policy says which calls that may change something are made, which wait for a
// person, and where they are written down. The zero value makes them all. The
// tags are read by the command line parser.
type Policy struct {
	Mode  string `name:"writes" env:"AIRBYTE_MCP_WRITES" enum:"allow,confirm,deny" default:"confirm" help:"What becomes of calls that may change something: confirm (a person is shown a plan and says yes), allow or deny. call allows them unless told otherwise. Rules in the settings file make it stricter."`
	Audit string `name:"audit" env:"AIRBYTE_MCP_AUDIT" placeholder:"FILE" help:"Journal of writes: a file that grows by one line for each step, or stderr. While it cannot be written, nothing is changed. One file for each server."`

	Rules []WriteRule `kong:"-"` // of the settings file
	Flows []FlowRule  `kong:"-"` // likewise
	// RequestID tells the service's name for the last request of a call.
	RequestID func(context.Context) string `kong:"-"`
	// Stderr is where --audit=stderr goes, by default standard error.
	Stderr io.Writer `kong:"-"`
}

// WriteRule makes the writes that it matches stricter. Every field that is
// given must match: as a glob, whatever the case.
type WriteRule struct {
	Connector string `json:"connector"` // ID, name, slug or service
	Entity    string `json:"entity"`    // of execute_operation; of other tools what their name says, such as workspace
	Action    string `json:"action"`    // such as delete; of other tools the first word of their name
	Decide    string `json:"decide"`
}

// What is decided of a write, the stricter the later.
const (
	Allow   = "allow"
	Confirm = "confirm"
	Deny    = "deny"
)

func strictness(decision string) int {
	return map[string]int{Allow: 1, Confirm: 2, Deny: 3}[decision]
}

// disposable in the name of a connector lets --writes=confirm pass for changing
// and deleting the connector itself. Rules are not lifted by it, nor is it asked
// for writes to the connected service.
const disposable = "[disposable]"

const (
	maxRules     = 1000
	maxRuleField = 200
)

// ReadRules reads the server's part of the settings file into p:
//
//	{"writes": [{"connector": "stripe", "entity": "*", "action": "delete", "decide": "deny"}],
//	 "flows": [{"from": "hubspot", "to": "slack"}]}
//
// What it does not know in it is an error: a rule that is overlooked protects
// nothing.
func (p *Policy) ReadRules(settings json.RawMessage) error {
	if len(bytes.TrimSpace(settings)) == 0 {
		return nil
	}
	var file struct {
		Writes []WriteRule `json:"writes"`
		Flows  []FlowRule  `json:"flows"`
	}
	decoder := json.NewDecoder(bytes.NewReader(settings))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&file); err != nil {
		return fmt.Errorf("mcp: %w", inWords(err))
	}
	if n := max(len(file.Writes), len(file.Flows)); n > maxRules {
		return fmt.Errorf("mcp has %d rules of a kind; %d are the most", n, maxRules)
	}
	p.Rules, p.Flows = file.Writes, file.Flows
	return p.Check()
}

// inWords words a decoding error without Go's types.
func inWords(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("%s cannot be a JSON %s", cmp.Or(wrong.Field, "it"), wrong.Value)
	}
	return errors.New(strings.TrimPrefix(err.Error(), "json: "))
}

func (rule WriteRule) check() error {
	if strictness(rule.Decide) == 0 {
		return fmt.Errorf("decide must be allow, confirm or deny, not %q", safetext.Short(rule.Decide))
	}
	for name, pattern := range map[string]string{"connector": rule.Connector, "entity": rule.Entity, "action": rule.Action} {
		if len(pattern) > maxRuleField {
			return fmt.Errorf("%s is longer than %d bytes", name, maxRuleField)
		}
		if _, err := path.Match(folded(pattern), ""); err != nil {
			return fmt.Errorf("%s %q is not a pattern such as stripe*", name, safetext.Short(pattern))
		}
	}
	return nil
}

// folded makes case and slashes, where path.Match would stop, alike.
func folded(text string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimSpace(text)), "/", "\x01")
}

func globs(pattern, text string) bool {
	matched, err := path.Match(folded(pattern), folded(text))
	return err == nil && matched
}

// Check reports what cannot be kept to, in words for the operator.
func (p Policy) Check() error {
	if p.Mode != "" && strictness(p.Mode) == 0 {
		return fmt.Errorf("--writes must be allow, confirm or deny, not %q", safetext.Short(p.Mode))
	}
	for i, rule := range p.Rules {
		if err := rule.check(); err != nil {
			return fmt.Errorf("mcp.writes[%d]: %w", i, err)
		}
	}
	for i, rule := range p.Flows {
		if err := rule.check(); err != nil {
			return fmt.Errorf("mcp.flows[%d]: %w", i, err)
		}
	}
	return nil
}

// matches tells whether the rule is about a write. A connector that could not
// be found out about may be the one that is meant, so it is taken for it.
func (rule WriteRule) matches(w *Write) bool {
	if rule.Entity != "" && !globs(rule.Entity, w.Entity) || rule.Action != "" && !globs(rule.Action, w.Action) {
		return false
	}
	if rule.Connector == "" || w.Unknown && strictness(rule.Decide) > 1 {
		return true
	}
	for _, name := range w.names() {
		if globs(rule.Connector, name) {
			return true
		}
	}
	return false
}

// Decision is what is decided of a write, and by what.
type Decision struct{ Outcome, By string }

// Decide takes the strictest of --writes and of all rules that match. The mark
// of a disposable connector lifts what --writes says, and no rule.
func (p Policy) Decide(w *Write) Decision {
	d := Decision{cmp.Or(p.Mode, Allow), "--writes=" + cmp.Or(p.Mode, Allow)}
	if d.Outcome == Confirm && w.Disposable {
		d = Decision{Allow, "its name has " + disposable}
	}
	for i, rule := range p.Rules {
		if rule.matches(w) && strictness(rule.Decide) > strictness(d.Outcome) {
			d = Decision{rule.Decide, fmt.Sprintf("the rule mcp.writes[%d] of the settings file", i)}
		}
	}
	for _, f := range w.Flows {
		if what := cmp.Or(f.rule.Decide, Deny); strictness(what) > strictness(d.Outcome) {
			d = Decision{what, f.by()}
		}
	}
	return d
}

// Asks tells whether anything is decided by what a write is about.
func (p Policy) Asks() bool { return len(p.Rules) > 0 || len(p.Flows) > 0 || p.Mode == Confirm }
