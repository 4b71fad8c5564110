package paging

import (
	"testing"

	"airbyte-agent-mcp/tools/knowledge"
)

func TestPageParametersComeFromWhatIsDeclaredFirst(t *testing.T) {
	t.Parallel()
	declares := func(names ...string) (params []knowledge.Param) {
		for _, name := range names {
			params = append(params, knowledge.Param{Name: name})
		}
		return params
	}
	for _, row := range []struct {
		name, slug, entity, action string
		params                     []knowledge.Param
		next, size                 string
	}{
		{"github", "github", "issues", "list", nil, "after", "per_page"},
		{"github, two searches", "github", "users", "api_search", nil, "after", "limit"},
		{"hubspot", "hubspot", "contacts", "list", nil, "after", "limit"},
		{"salesforce", "salesforce", "accounts", "list", nil, "q", ""},
		{"stripe", "stripe", "charges", "list", nil, "starting_after", "limit"},
		{"stripe search", "stripe", "charges", "api_search", nil, "page", "limit"},
		{"slack", "slack", "users", "list", nil, "cursor", "limit"},
		{"zendesk", "zendesk-support", "tickets", "list", nil, "page", "per_page"},
		{"jira issues", "jira", "issues", "api_search", nil, "nextPageToken", "maxResults"},
		{"jira projects", "jira", "projects", "api_search", nil, "startAt", "maxResults"},
		{"notion", "notion", "pages", "list", nil, "start_cursor", "page_size"},
		{"linear", "linear", "issues", "list", nil, "after", "first"},
		{"google drive", "google-drive", "files", "list", nil, "pageToken", "pageSize"},
		{"gong", "gong", "calls", "list", nil, "cursor", ""},
		{"intercom", "intercom", "contacts", "list", nil, "starting_after", "per_page"},
		{"any search of the store", "github", "issues", "context_store_search", nil, "cursor", "limit"},
		{"one record has no pages", "github", "issues", "get", nil, "", ""},
		{"unknown service", "acme", "things", "list", nil, "", ""},
		{"unknown service that declares", "acme", "things", "list", declares("id", "page_token", "per_page"), "page_token", "per_page"},
		{"known service that declares another", "github", "issues", "list", declares("cursor", "limit"), "cursor", "limit"},
		{"known service that declares none", "slack", "users", "list", declares("team"), "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if got := pageParam(row.slug, row.entity, row.action, row.params); got != row.next {
				t.Errorf("next page: got %q, want %q", got, row.next)
			}
			if got := sizeParam(row.slug, row.entity, row.action, row.params); got != row.size {
				t.Errorf("page size: got %q, want %q", got, row.size)
			}
		})
	}
}

func TestCursorsHaveTheTypeThatIsDeclared(t *testing.T) {
	t.Parallel()
	known := &knowledge.Action{Known: true, Params: []knowledge.Param{{Name: "offset", Type: "integer"}}}
	d := LearnedDialect("acme", "things", "list", known)
	if got := d.Value("50"); got != int64(50) {
		t.Errorf("got %#v", got)
	}
	known.Params[0].Type = "string"
	if got := LearnedDialect("acme", "things", "list", known).Value("50"); got != "50" {
		t.Errorf("got %#v", got)
	}
}
