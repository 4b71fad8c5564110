package tools

import (
	"strings"
	"testing"
)

func TestReadOnlyIsAHardBound(t *testing.T) {
	t.Parallel()
	list, err := Choose(Catalog(), Choice{Toolsets: []string{"all"}, Tools: []string{"delete_connector"}, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, tool := range list {
		if tool.Effect != Read {
			t.Errorf("%s (%s) is served on a read-only server", tool.Name, tool.Effect)
		}
		found = found || tool.Name == "execute_operation"
	}
	if !found {
		t.Error("execute_operation is gone; its reading actions should stay")
	}
}

func TestChoice(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		choice Choice
		want   string // names, or the error
	}{
		{"core is the default", Choice{ExcludeTools: []string{"list_definitions", "get_definition", "describe_connector", "check_connector", "update_connector", "delete_connector", "execute_operation"}}, "list_connectors create_connector read_records read_more list_workspaces"},
		{"one toolset", Choice{Toolsets: []string{"oauth"}}, "set_oauth_config delete_oauth_config"},
		{"single tools alone", Choice{Tools: []string{"describe_cron"}}, "describe_cron"},
		{"single tools besides a toolset", Choice{Toolsets: []string{"oauth"}, Tools: []string{"describe_cron"}, ExcludeTools: []string{"set_oauth_config"}}, "describe_cron delete_oauth_config"},
		{"unknown toolset", Choice{Toolsets: []string{"replicaton"}}, `--toolsets: there is no "replicaton"; did you mean "replication"?`},
		{"unknown tool", Choice{Tools: []string{"list_conectors"}}, `--tools: there is no "list_conectors"; did you mean "list_connectors"?`},
		{"both unknown", Choice{Toolsets: []string{"zzzzzz"}, ExcludeTools: []string{"get_conector"}}, "--toolsets: there is no \"zzzzzz\"; there are: core, connectors, workspaces, templates, replication, tokens, oauth, skills, all\n--exclude-tools: there is no \"get_conector\"; did you mean \"get_connector\"?"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			list, err := Choose(Catalog(), row.choice)
			got := ""
			for _, tool := range list {
				got += " " + tool.Name
			}
			got = strings.TrimSpace(got)
			if err != nil {
				got = err.Error()
			}
			if got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
		})
	}
}
