package plan

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestStrictestDecisionWins(t *testing.T) {
	t.Parallel()
	stripe := Write{Tool: "execute_operation", Action: "delete", Entity: "customers", ConnectorID: "c0000003-0000-4000-8000-000000000003", Connector: "Acme / Stripe live", Slug: "stripe", Service: "Stripe"}
	free := Write{Tool: "delete_connector", Action: "delete", Entity: "connector", Connector: "x [disposable]", Slug: "stripe", Disposable: true}
	unknown := Write{Tool: "execute_operation", Action: "create", Entity: "issues", ConnectorID: "c9", Unknown: true}
	none := Write{Tool: "delete_workspace", Action: "delete", Entity: "workspace"}
	for name, row := range map[string]struct {
		writes string
		rules  []WriteRule
		about  Write
		want   string
	}{
		"zero value allows":                   {"", nil, stripe, Allow},
		"allow":                               {Allow, nil, stripe, Allow},
		"confirm":                             {Confirm, nil, stripe, Confirm},
		"deny":                                {Deny, []WriteRule{{Decide: Allow}}, stripe, Deny},
		"allow rule does not loosen":          {Confirm, []WriteRule{{Connector: "stripe", Decide: Allow}}, stripe, Confirm},
		"slug":                                {Allow, []WriteRule{{Connector: "stripe", Decide: Confirm}}, stripe, Confirm},
		"ID, whatever the case":               {Allow, []WriteRule{{Connector: "C0000003-*", Decide: Deny}}, stripe, Deny},
		"star crosses slashes":                {Allow, []WriteRule{{Connector: "acme*live", Decide: Deny}}, stripe, Deny},
		"strictest of several":                {Allow, []WriteRule{{Action: "delete", Decide: Deny}, {Connector: "*", Decide: Confirm}}, stripe, Deny},
		"another connector":                   {Allow, []WriteRule{{Connector: "hubspot", Decide: Deny}}, stripe, Allow},
		"another entity":                      {Allow, []WriteRule{{Connector: "stripe", Entity: "products", Decide: Deny}}, stripe, Allow},
		"another action":                      {Allow, []WriteRule{{Connector: "stripe", Action: "create", Decide: Deny}}, stripe, Allow},
		"all fields":                          {Allow, []WriteRule{{Connector: "stripe", Entity: "cust*", Action: "DELETE", Decide: Deny}}, stripe, Deny},
		"disposable is not asked for":         {Confirm, nil, free, Allow},
		"disposable lifts no rule":            {Confirm, []WriteRule{{Entity: "connector", Decide: Confirm}}, free, Confirm},
		"disposable lifts no deny":            {Deny, nil, free, Deny},
		"unknown connector may be the one":    {Allow, []WriteRule{{Connector: "stripe", Decide: Deny}}, unknown, Deny},
		"unknown connector, another entity":   {Allow, []WriteRule{{Connector: "stripe", Entity: "customers", Decide: Deny}}, unknown, Allow},
		"no connector is not a certain one":   {Allow, []WriteRule{{Connector: "stripe", Decide: Deny}}, none, Allow},
		"no connector is any":                 {Allow, []WriteRule{{Connector: "*", Decide: Deny}}, none, Deny},
		"tool's own words are entity, action": {Allow, []WriteRule{{Entity: "workspace", Action: "delete", Decide: Deny}}, none, Deny},
	} {
		if got := (Policy{Mode: row.writes, Rules: row.rules}).Decide(&row.about); got.Outcome != row.want {
			t.Errorf("%s: %s by %s, want %s", name, got.Outcome, got.By, row.want)
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
		var p Policy
		err := p.ReadRules(json.RawMessage(text))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "tools.")) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
