package tools

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestStrictestDecisionWins(t *testing.T) {
	t.Parallel()
	stripe := aboutWrite{Tool: "execute_operation", Action: "delete", Entity: "customers", ConnectorID: "c0000003-0000-4000-8000-000000000003", Connector: "Acme / Stripe live", Slug: "stripe", Service: "Stripe"}
	free := aboutWrite{Tool: "delete_connector", Action: "delete", Entity: "connector", Connector: "x [disposable]", Slug: "stripe", free: true}
	unknown := aboutWrite{Tool: "execute_operation", Action: "create", Entity: "issues", ConnectorID: "c9", unknown: true}
	none := aboutWrite{Tool: "delete_workspace", Action: "delete", Entity: "workspace"}
	for name, row := range map[string]struct {
		writes string
		rules  []WriteRule
		about  aboutWrite
		want   string
	}{
		"zero value allows":                   {"", nil, stripe, allow},
		"allow":                               {allow, nil, stripe, allow},
		"confirm":                             {confirm, nil, stripe, confirm},
		"deny":                                {deny, []WriteRule{{Decide: allow}}, stripe, deny},
		"allow rule does not loosen":          {confirm, []WriteRule{{Connector: "stripe", Decide: allow}}, stripe, confirm},
		"slug":                                {allow, []WriteRule{{Connector: "stripe", Decide: confirm}}, stripe, confirm},
		"ID, whatever the case":               {allow, []WriteRule{{Connector: "C0000003-*", Decide: deny}}, stripe, deny},
		"star crosses slashes":                {allow, []WriteRule{{Connector: "acme*live", Decide: deny}}, stripe, deny},
		"strictest of several":                {allow, []WriteRule{{Action: "delete", Decide: deny}, {Connector: "*", Decide: confirm}}, stripe, deny},
		"another connector":                   {allow, []WriteRule{{Connector: "hubspot", Decide: deny}}, stripe, allow},
		"another entity":                      {allow, []WriteRule{{Connector: "stripe", Entity: "products", Decide: deny}}, stripe, allow},
		"another action":                      {allow, []WriteRule{{Connector: "stripe", Action: "create", Decide: deny}}, stripe, allow},
		"all fields":                          {allow, []WriteRule{{Connector: "stripe", Entity: "cust*", Action: "DELETE", Decide: deny}}, stripe, deny},
		"disposable is not asked for":         {confirm, nil, free, allow},
		"disposable lifts no rule":            {confirm, []WriteRule{{Entity: "connector", Decide: confirm}}, free, confirm},
		"disposable lifts no deny":            {deny, nil, free, deny},
		"unknown connector may be the one":    {allow, []WriteRule{{Connector: "stripe", Decide: deny}}, unknown, deny},
		"unknown connector, another entity":   {allow, []WriteRule{{Connector: "stripe", Entity: "customers", Decide: deny}}, unknown, allow},
		"no connector is not a certain one":   {allow, []WriteRule{{Connector: "stripe", Decide: deny}}, none, allow},
		"no connector is any":                 {allow, []WriteRule{{Connector: "*", Decide: deny}}, none, deny},
		"tool's own words are entity, action": {allow, []WriteRule{{Entity: "workspace", Action: "delete", Decide: deny}}, none, deny},
	} {
		if got := (Writes{Writes: row.writes, Rules: row.rules}).decide(&row.about); got.what != row.want {
			t.Errorf("%s: %s by %s, want %s", name, got.what, got.by, row.want)
		}
	}
}

func TestRulesThatAreNotUnderstoodAreNamed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		``:               "",
		`{}`:             "",
		`{"writes": []}`: "",
		`{"writes": [{"connector": "stripe", "action": "delete", "decide": "deny"}]}`: "",
		`{"wirtes": []}`: `unknown field "wirtes"`,
		`{"writes": [{"conector": "stripe", "decide": "deny"}]}`:                                          `unknown field "conector"`,
		`{"writes": [{"connector": "stripe"}]}`:                                                           `mcp.writes[0]: decide must be allow, confirm or deny, not ""`,
		`{"writes": [{"decide": "deny"}, {"decide": "forbid"}]}`:                                          `mcp.writes[1]: decide must be`,
		`{"writes": [{"connector": "[a", "decide": "deny"}]}`:                                             `mcp.writes[0]: connector "[a" is not a pattern`,
		`{"flows": [{"from": "hubspot", "to": "slack*"}, {"from": "*", "to": "*", "decide": "confirm"}]}`: "",
		`{"flows": [{"from": "hubspot"}]}`:                                                                `mcp.flows[0]: from and to must both name connectors`,
		`{"flows": [{"from": "a", "to": "b", "decide": "allow"}]}`:                                        `mcp.flows[0]: decide must be deny or confirm, not "allow"`,
		`{"flows": [{"from": "a", "to": "[b"}]}`:                                                          `is not a pattern`,
		`{"writes": {"decide": "deny"}}`:                                                                  "cannot be a JSON object",
		`{"writes": [{"entity": "` + strings.Repeat("a", 201) + `", "decide": "deny"}]}`:                  "longer than 200 bytes",
	} {
		var p Writes
		err := p.ReadRules(json.RawMessage(text))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "tools.")) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
