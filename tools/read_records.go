package tools

import (
	"context"
	"strings"

	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/records"
	"airbyte-agent-mcp/tools/refusal"
)

func ReadRecords() Tool {
	header := Tool{
		Name:        "read_records",
		Title:       "Read records",
		Description: "Reads records of a connector, live or from its Context Store, page by page and alike for all services. Says how fresh they are and whether more follow. With reduce it counts, groups and ranks without sending records. Never changes data.",
		Effect:      Read,
		Foreign:     true,
		Finder:      "list_connectors",
	}
	return Define(header, func(ctx context.Context, api *account.Account, in records.Query) (records.Result, error) {
		switch {
		case len(in.Connectors) > 0:
			return records.ReadSeveral(ctx, api, in, header.Explain)
		case strings.TrimSpace(in.ConnectorID) == "":
			return records.Result{}, refusal.New("Which connector is not said.").Next("Nothing was read. Give connector_id, or connectors for several; list_connectors has them.")
		}
		out, err := records.ReadOne(ctx, api, in, in.ConnectorID)
		return records.Result{Reading: out}, err
	})
}
