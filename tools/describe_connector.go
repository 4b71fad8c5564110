package tools

import (
	"airbyte-agent-mcp/tools/description"
)

func DescribeConnector() Tool {
	tool := Tool{
		Name:  "describe_connector",
		Title: "Learn what a connector can do",
		Description: "Call it once per connector, before read_records or execute_operation: names differ between services. " +
			"Tells what can be done with a service: entities with what they hold and their fields, actions, parameters, which action reads best, how fresh the Context Store is, paging, two calls to copy.",
		Effect: Read,
		Finder: "list_connectors",
	}
	tool.readOnly = func() Tool { return Define(tool, description.Describe(false)) }
	return Define(tool, description.Describe(true))
}
