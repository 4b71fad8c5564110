package sandbox

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestWorkspacesPageByURL(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	var names []string
	path := "workspaces?limit=2"
	for path != "" {
		out := c.must("GET", path, nil)
		for _, w := range out["data"].([]any) {
			names = append(names, text(w.(object)["name"]))
		}
		next, _ := url.Parse(text(out["next"]))
		path = ""
		if out["next"] != nil {
			if !strings.HasPrefix(next.String(), c.url) {
				t.Fatalf("next leads elsewhere: %s", next)
			}
			path = "workspaces?" + next.RawQuery
		}
	}
	if got := strings.Join(names, " "); got != "default staging archive customer-alderquay customer-bramblewick" {
		t.Errorf("got %s", got)
	}
	if got := c.must("GET", "workspaces?name_contains=CUSTOMER&status=active", nil)["data"].([]any); len(got) != 2 {
		t.Errorf("filtered: %v", got)
	}
	for _, bad := range []string{"limit=0", "limit=101", "limit=x", "status=gone", "cursor=abc"} {
		if status, _ := c.call("GET", "workspaces?"+bad, nil); status != 400 && status != 422 {
			t.Errorf("%s: %d", bad, status)
		}
	}
}

func TestAWorkspaceLivesAndDies(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	c.must("POST", "account/applications/scoped-token", object{"workspace_name": "short-lived"})
	found := c.must("GET", "workspaces?name_contains=short", nil)["data"].([]any)[0].(object)
	path := "workspaces/" + text(found["id"])
	if got := c.must("PUT", path, object{"status": "inactive", "cache_enabled": false}); got["status"] != "inactive" || got["cache_enabled"] != false || got["name"] != "short-lived" {
		t.Errorf("after update: %v", got)
	}
	if got := c.must("GET", "workspaces/stats", nil); plain(got["total_count"]) != "6" || plain(got["inactive_count"]) != "2" {
		t.Errorf("stats: %v", got)
	}
	if got := c.must("DELETE", path, nil); got["deleted_at"] == nil {
		t.Errorf("delete: %v", got)
	}
	if status, _ := c.call("GET", path, nil); status != http.StatusNotFound {
		t.Errorf("after delete: %d", status)
	}
}

func TestDefinitionsSayHowToConfigure(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	all := c.must("GET", "integrations/definitions/sources", nil)["definitions"].([]any)
	if len(all) < 40 {
		t.Errorf("%d definitions", len(all))
	}
	if got := c.must("GET", "integrations/definitions/sources?name=HUB", nil)["definitions"].([]any); len(got) != 2 {
		t.Errorf("by name: %v", got)
	}
	github := c.must("GET", "integrations/definitions/sources/ef69ef6e-aa7f-4af1-a01d-ef775033524e", nil)
	spec := github["definition"].(object)["spec"].(object)["connectionSpecification"].(object)
	options := spec["properties"].(object)["credentials"].(object)["oneOf"].([]any)
	pat := options[1].(object)["properties"].(object)
	if len(options) != 2 || pat["option_title"].(object)["const"] != "PAT Credentials" || pat["personal_access_token"].(object)["airbyte_secret"] != true {
		t.Errorf("github options: %v", options)
	}
	stripe := c.must("GET", "integrations/definitions/sources/e094cb9a-26de-4645-8761-65c0c425d1de", nil)
	flat := stripe["definition"].(object)["spec"].(object)["connectionSpecification"].(object)["properties"].(object)
	if flat["client_secret"].(object)["airbyte_secret"] != true {
		t.Errorf("stripe: %v", flat)
	}
}

func TestSourceTemplatesKeepTheirState(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	const path = "integrations/templates/sources"
	linear := "1c5d8316-ed42-4473-8fbc-2626f03f070c"
	if got := c.must("GET", path+"?tags=crm&tags=revenue", nil)["data"].([]any); len(got) != 2 {
		t.Errorf("all tags: %d", len(got))
	}
	if got := c.must("GET", path+"?tags=crm&tags=revenue&tags_mode=any", nil)["data"].([]any); len(got) != 3 {
		t.Errorf("any tag: %d", len(got))
	}
	made := c.must("POST", path, object{"actor_definition_id": linear, "partial_default_config": object{"start_date": "2026-01-01"}, "name": "Ours", "mode": "DIRECT"})
	id := text(made["id"])
	clone := c.must("POST", path, object{"original_source_template_id": id})
	if clone["name"] != "Ours (copy)" || clone["mode"] != "DIRECT" {
		t.Errorf("clone: %v %v", clone["name"], clone["mode"])
	}
	if got := c.must("PATCH", path+"/"+id, object{"name": "Renamed"}); got["name"] != "Renamed" || got["partial_default_config"].(object)["start_date"] != "2026-01-01" {
		t.Errorf("patch: %v", got)
	}
	body := object{"connector_type": "linear", "credentials": object{"api_key": "k"}}
	if status, out := c.newConnector(body); status != 400 || !strings.Contains(message(out), "specify source_template_id") {
		t.Errorf("several templates: %d %v", status, out)
	}
	body["source_template_id"] = id
	if status, out := c.newConnector(body); status != 200 || out["replication_config"].(object)["start_date"] != "2026-01-01" {
		t.Errorf("with its defaults: %d %v", status, out["replication_config"])
	}
	c.must("DELETE", path+"/"+id, nil)
	if status, _ := c.call("GET", path+"/"+id, nil); status != http.StatusNotFound {
		t.Errorf("after delete: %d", status)
	}
}

func TestConnectionTemplatesKeepTheirState(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	const path = "integrations/templates/connections"
	made := c.must("POST", path, object{"destination_name": "Lake", "destination_definition_id": uuid("destination", "s3"), "destination_config": object{"s3_bucket_name": "b"}, "cron_expression": "0 0 * * * ?"})
	id := text(made["id"])
	if made["data_hosting_type"] != "user_hosted" || made["sync_on_create"] != true || made["non_breaking_changes_preference"] != "ignore" {
		t.Errorf("defaults: %v", made)
	}
	got := c.must("PATCH", path+"/"+id, object{"sync_on_create": false})
	if got["sync_on_create"] != false || got["destination_name"] != "Lake" || got["cron_expression"] != "0 0 * * * ?" {
		t.Errorf("patch: %v", got)
	}
	if hosted := c.must("POST", path, object{"data_hosting_type": "airbyte_hosted"}); hosted["destination_config"] != nil {
		t.Errorf("airbyte hosted: %v", hosted)
	}
	for name, body := range map[string]object{
		"no configuration": {"destination_name": "Lake"}, "a wrong cron": {"data_hosting_type": "airbyte_hosted", "cron_expression": "every day"}, "an unknown hosting": {"data_hosting_type": "moon"},
	} {
		if status, _ := c.call("POST", path, body); status != 422 {
			t.Errorf("%s: %d", name, status)
		}
	}
	c.must("DELETE", path+"/"+id, nil)
	if status, _ := c.call("DELETE", path+"/"+id, nil); status != http.StatusNotFound {
		t.Errorf("delete again: %d", status)
	}
}

func TestCronIsDescribed(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		"0 0 6 * * ?":             "At 06:00, every day",
		"0 30 8 ? * MON-FRI":      "At 08:30, only on Monday through Friday",
		"0 0/15 * * * ?":          "Every 15 minutes",
		"0 5 * * * ?":             "At 5 minutes past every hour",
		"0 0 0/4 * * ?":           "At 0 minutes past the hour, every 4 hours",
		"0 0 12 L * ?":            "At 12:00, on the last day of the month",
		"0 0 12 ? JAN,7 6#3":      "At 12:00, on the third Friday of the month, in January, July",
		"0 0 12 1,15 * ? 2027":    "At 12:00, on day 1, 15 of the month, in 2027",
		"* * * * * ?":             "Every second",
		"0 0 12 15W * ?":          "At 12:00, on the weekday nearest day 15 of the month",
		"0 0 9 ? * 6L":            "At 09:00, on the last Friday of the month",
		"0 0 9 1/5 * ?":           "At 09:00, every 5 days of the month",
		"10 0 9 * * ?":            "At 09:00:10",
		"0 0 8,20 ? * *":          "At 0 minutes past the hours 8, 20",
		"0 10-20 9-17 ? * 2,3":    "At minutes 10 through 20 of the hours 9 through 17, only on Monday, Tuesday",
		"0 * * * * ?":             "Every minute",
		"0 0 0 ? * SUN 2026-2028": "At 00:00, only on Sunday, in 2026 through 2028",
	} {
		if got, valid := describeQuartz(expression); !valid || !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q (%v), want %q", expression, got, valid, want)
		}
	}
	for _, wrong := range []string{"", "* * * * *", "0 60 * * * ?", "0 0 24 * * ?", "0 0 0 * * *", "0 0 0 ? * ?", "0 0 0 32 * ?", "0 0 0 ? * 8", "0 0/0 * * * ?", "0 0 0 ? * MON#6", "x 0 0 * * ?", "? 0 0 * * ?", "0 0 0 * FOO ?", "0 5-x * * * ?"} {
		if got, valid := describeQuartz(wrong); valid || !strings.HasPrefix(got, "Invalid cron expression") {
			t.Errorf("%q: %q, %v", wrong, got, valid)
		}
	}
	c := start(t, Options{})
	if out := c.must("POST", "integrations/templates/connections/cron/describe", object{"cron_expression": "nonsense"}); out["is_valid"] != false {
		t.Errorf("an invalid one is a 200: %v", out)
	}
}

func TestOAuthCredentialsNeverComeBack(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	body := object{"connector_type": "GitHub", "configuration": object{"client_secret": "hush"}}
	out := c.must("PUT", "oauth/credentials", body)
	if strings.Contains(string(encode(out)), "hush") || out["connector_type"] != "source" {
		t.Errorf("got %v", out)
	}
	for range 2 {
		if status, _ := c.call("DELETE", "oauth/credentials/connector_type/github", nil); status != http.StatusNoContent {
			t.Errorf("delete: %d", status)
		}
	}
	body["colour"] = "red"
	if status, out := c.call("PUT", "oauth/credentials", body); status != 422 || !strings.Contains(message(out), "Extra inputs") {
		t.Errorf("an extra key: %d %v", status, out)
	}
	if status, _ := c.call("PUT", "oauth/credentials", object{"configuration": object{}}); status != 422 {
		t.Errorf("no type: %d", status)
	}
}

func TestEveryEntitySaysWhatItHolds(t *testing.T) {
	t.Parallel()
	for _, d := range sourceDefinitions() {
		for _, e := range d.entities {
			if n := len(e.about); n < 20 || n > 180 || !strings.HasSuffix(e.about, ".") {
				t.Errorf("%s %s: %q", d.slug, e.name, e.about)
			}
		}
	}
}

func TestSkillsLeadToSections(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	seen, path := 0, "skills?limit=5"
	for range 10 {
		out := c.must("GET", path, nil)
		seen += len(out["data"].([]any))
		if out["next_cursor"] == nil {
			break
		}
		path = "skills?limit=5&cursor=" + url.QueryEscape(text(out["next_cursor"]))
	}
	if seen != 14 {
		t.Errorf("%d skills", seen)
	}
	if got := c.must("GET", "skills/search?query=zendesk", nil)["data"].([]any); len(got) != 1 {
		t.Errorf("search: %v", got)
	}
	skill := c.must("GET", "integrations/connectors/"+githubID+"/inspect", nil)["docs_skill_id"]
	docs := c.must("GET", "skills/docs?id="+text(skill), nil)
	for _, o := range docs["outline"].([]any) {
		id := text(o.(object)["id"])
		section := c.must("GET", "skills/docs?id="+text(skill)+"&section="+url.QueryEscape(id), nil)
		if section["section_id"] != id || len(section["content"].([]any)) == 0 {
			t.Errorf("%s: %v", id, section)
		}
	}
	list := string(encode(c.must("GET", "skills/docs?id="+text(skill)+"&section=actions.issues.list", nil)["content"]))
	for _, want := range []string{`"owner"`, `"repo"`, "Paging: the next page is asked for with after", `\"action\":\"list\"`} {
		if !strings.Contains(list, want) {
			t.Errorf("the section lacks %s: %s", want, list)
		}
	}
	overview := string(encode(docs["content"]))
	search := string(encode(c.must("GET", "skills/docs?id="+text(skill)+"&section=actions.issues.context_store_search", nil)["content"]))
	if !strings.Contains(overview, "Bugs, feature requests and tasks") || !strings.Contains(search, `["author.login","string"]`) {
		t.Errorf("nothing says what issues are or which fields they have: %s %s", overview, search)
	}
	for _, wrong := range []string{"skills/docs?id=nothing", "skills/docs?id=agent:mcp&section=nothing", "skills?workspace_id=" + uuid("none"), "skills?organization_id=" + uuid("none")} {
		if status, _ := c.call("GET", wrong, nil); status != http.StatusNotFound {
			t.Errorf("%s: %d", wrong, status)
		}
	}
	if status, _ := c.call("GET", "skills/search", nil); status != 422 {
		t.Errorf("no query: %d", status)
	}
	c.must("GET", "skills/docs?id=agent:mcp", nil)
}
