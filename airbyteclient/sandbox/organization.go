package sandbox

import "time"

// seedOrganization makes the workspaces and the connectors in them. "staging" has two
// connectors of one name, since names are not unique in the service either, and one
// whose credentials the third party refuses.
func seedOrganization(st *store) ([]*workspace, []*connector) {
	born := epoch.AddDate(0, -3, 0)
	space := func(n int, name, status, visibility string) *workspace {
		return &workspace{id: uuid("workspace", name), name: name, status: status, visibility: visibility, created: born.Add(time.Duration(n) * time.Hour), updated: born.Add(time.Duration(n) * time.Hour)}
	}
	spaces := []*workspace{
		space(0, "default", "active", "shared"), space(1, "staging", "active", "shared"), space(2, "archive", "inactive", "shared"),
		space(3, "customer-alderquay", "active", "private"), space(4, "customer-bramblewick", "active", "private"),
	}
	spaces[0].color, spaces[1].cacheEnabled = "#615EFF", true

	seeds := []struct {
		workspace  int
		slug, name string
		id         string
		config     object
		refused    bool
	}{
		{0, "github", "GitHub", "c0000001-0000-4000-8000-000000000001", object{"repositories": []any{githubOrg + "/platform", githubOrg + "/webapp"}, "credentials": object{"option_title": "PAT Credentials", "personal_access_token": "ghp_sandboxsandboxsandboxsandbox0001"}}, false},
		{0, "hubspot", "HubSpot production", "c0000002-0000-4000-8000-000000000002", object{}, false},
		{0, "stripe", "Stripe", "c0000003-0000-4000-8000-000000000003", object{"account_id": "acct_sandbox0001", "client_secret": "sk_test_sandboxsandboxsandbox0001"}, false},
		{0, "slack", "Slack", "c0000004-0000-4000-8000-000000000004", object{"lookback_window": 7, "join_channels": false}, false},
		{0, "linear", "Linear", "c0000005-0000-4000-8000-000000000005", object{}, false},
		{0, "zendesk-support", "Zendesk Support", "c0000006-0000-4000-8000-000000000006", object{"subdomain": githubOrg}, false},
		{0, "google-drive", "Google Drive", "c0000007-0000-4000-8000-000000000007", object{"folder_url": "https://drive.google.com/drive/folders/sandbox-root"}, false},
		{0, "gong", "Gong", "c0000008-0000-4000-8000-000000000008", object{}, false},
		{1, "stripe", "Stripe", "c0000011-0000-4000-8000-000000000011", object{"account_id": "acct_sandbox0002"}, false},
		{1, "stripe", "Stripe", "c0000012-0000-4000-8000-000000000012", object{"account_id": "acct_sandbox0003"}, false},
		{1, "hubspot", "HubSpot sandbox", "c0000013-0000-4000-8000-000000000013", object{}, false},
		{1, "linear", "Linear with revoked key", "c0000014-0000-4000-8000-000000000014", object{}, true},
		{2, "github", "Old GitHub", "c0000021-0000-4000-8000-000000000021", object{}, false},
	}
	var connectors []*connector
	for i, seed := range seeds {
		at := born.Add(time.Duration(24+i) * time.Hour)
		connectors = append(connectors, &connector{
			id: seed.id, name: seed.name, workspaceID: spaces[seed.workspace].id, templateID: uuid("template", seed.slug), definition: st.slug(seed.slug),
			config: seed.config, created: at, updated: at, refused: seed.refused,
		})
	}
	return spaces, connectors
}

func (st *store) slug(slug string) *definition {
	for _, d := range st.definitions {
		if d.slug == slug {
			return d
		}
	}
	return nil
}
