package demo

// session is what the agent does, in order. It connects a service, finds a
// customer across three of them, and leaves something behind.
func session() []step {
	return []step{
		{
			say:  "Which services could be connected? The agent looks for Linear.",
			tool: "list_definitions", args: `{"name": "linear"}`,
			keep: map[string]string{"definition": "definitions.0.definition_id"},
		},
		{
			say:  "What does Linear want to be connected?",
			tool: "get_definition", args: `{"definition_id": "{{definition}}"}`,
		},
		{
			say:  "Connect it. (A sandbox key; real ones should not pass through a chat.)",
			tool: "create_connector", args: `{"definition_id": "{{definition}}", "name": "Linear for support", "credentials": {"api_key": "lin_api_sandbox"}}`,
			keep: map[string]string{"linear": "connector_id"},
		},
		{
			say:  "Do the credentials work?",
			tool: "check_connector", args: `{"connector_id": "{{linear}}"}`,
		},
		{
			say:  "What else is connected? From here on, names and slugs will do for IDs.",
			tool: "list_connectors", args: `{}`,
		},
		{
			say:  "What can be done with HubSpot's companies?",
			tool: "describe_connector", args: `{"connector_id": "hubspot", "entity": "companies"}`,
		},
		{
			say:  "A search: find the company whose name is something like Alderquay.",
			tool: "read_records", args: `{"connector_id": "hubspot", "entity": "companies", "filter": {"fuzzy": {"properties.name": "alderquay"}}, "fields": ["id", "properties.name", "properties.stripe_customer_id"], "limit": 3}`,
			keep: map[string]string{"customer": "records.0.properties.stripe_customer_id"},
		},
		{
			say:  "A get: the same customer in Stripe, live.",
			tool: "read_records", args: `{"connector_id": "stripe", "entity": "customers", "action": "get", "params": {"id": "{{customer}}"}, "fields": ["id", "name", "email", "metadata"]}`,
		},
		{
			say:  "What has been invoiced, and what is paid? The answer is the sums, not the records.",
			tool: "read_records", args: `{"connector_id": "stripe", "entity": "invoices", "reduce": {"group_by": "status", "sum": "amount_due"}}`,
		},
		{
			say:  "A list, of two records: page.has_more says that more follow, and page.next_cursor where.",
			tool: "read_records", args: `{"connector_id": "{{linear}}", "entity": "teams", "action": "list", "fields": ["id", "name"], "limit": 2}`,
			keep: map[string]string{"team": "records.0.id"},
		},
		{
			say:  "A write: an issue for the customer's request. If its answer is lost, it is not sent again.",
			tool: "execute_operation", args: `{"connector_id": "{{linear}}", "entity": "issues", "action": "create", "params": {"teamId": "{{team}}", "title": "Alderquay asks for an export", "priority": 2}, "select_fields": ["id", "identifier", "title"], "intent": "File a customer's request"}`,
		},
		{
			say:  "Which workspaces are there?",
			tool: "list_workspaces", args: `{"status": "active"}`,
		},
		{
			say:  "A mistake, and how it reads: what happened, whether to try again, what to do next.",
			tool: "execute_operation", args: `{"connector_id": "hubspot", "entity": "company", "action": "list"}`,
		},
	}
}
