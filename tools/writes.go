package tools

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
)

// Writes says which calls that may change something are made, which wait for a
// person, and where they are written down. The zero value makes them all. The
// tags are read by the command line parser.
type Writes struct {
	Writes string `name:"writes" env:"AIRBYTE_MCP_WRITES" enum:"allow,confirm,deny" default:"confirm" help:"What becomes of calls that may change something: confirm (a person is shown a plan and says yes), allow or deny. call allows them unless told otherwise. Rules in the settings file make it stricter."`
	Audit  string `name:"audit" env:"AIRBYTE_MCP_AUDIT" placeholder:"FILE" help:"Journal of writes: a file that grows by one line for each step, or stderr. While it cannot be written, nothing is changed. One file for each server."`

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
	allow   = "allow"
	confirm = "confirm"
	deny    = "deny"
)

func strictness(decision string) int {
	return map[string]int{allow: 1, confirm: 2, deny: 3}[decision]
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
func (p *Writes) ReadRules(settings json.RawMessage) error {
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
	return p.check()
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
		return fmt.Errorf("decide must be allow, confirm or deny, not %q", shown(rule.Decide))
	}
	for name, pattern := range map[string]string{"connector": rule.Connector, "entity": rule.Entity, "action": rule.Action} {
		if len(pattern) > maxRuleField {
			return fmt.Errorf("%s is longer than %d bytes", name, maxRuleField)
		}
		if _, err := path.Match(folded(pattern), ""); err != nil {
			return fmt.Errorf("%s %q is not a pattern such as stripe*", name, shown(pattern))
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

// check reports what cannot be kept to, in words for the operator.
func (p Writes) check() error {
	if p.Writes != "" && strictness(p.Writes) == 0 {
		return fmt.Errorf("--writes must be allow, confirm or deny, not %q", shown(p.Writes))
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
func (rule WriteRule) matches(w *aboutWrite) bool {
	if rule.Entity != "" && !globs(rule.Entity, w.Entity) || rule.Action != "" && !globs(rule.Action, w.Action) {
		return false
	}
	if rule.Connector == "" || w.unknown && strictness(rule.Decide) > 1 {
		return true
	}
	for _, name := range w.names() {
		if globs(rule.Connector, name) {
			return true
		}
	}
	return false
}

// decision is what is decided of a write, and by what.
type decision struct{ what, by string }

// decide takes the strictest of --writes and of all rules that match. The mark
// of a disposable connector lifts what --writes says, and no rule.
func (p Writes) decide(w *aboutWrite) decision {
	d := decision{cmp.Or(p.Writes, allow), "--writes=" + cmp.Or(p.Writes, allow)}
	if d.what == confirm && w.free {
		d = decision{allow, "its name has " + disposable}
	}
	for i, rule := range p.Rules {
		if rule.matches(w) && strictness(rule.Decide) > strictness(d.what) {
			d = decision{rule.Decide, fmt.Sprintf("the rule mcp.writes[%d] of the settings file", i)}
		}
	}
	for _, f := range w.flows {
		if what := cmp.Or(f.rule.Decide, deny); strictness(what) > strictness(d.what) {
			d = decision{what, f.by()}
		}
	}
	return d
}

// asks tells whether anything is decided by what a write is about.
func (p Writes) asks() bool { return len(p.Rules) > 0 || len(p.Flows) > 0 || p.Writes == confirm }
