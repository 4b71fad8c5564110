package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func decodeBase64(t *testing.T, s string) []byte {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestEveryActionWorks executes all that the connectors offer, with parameters found
// in the data.
func TestEveryActionWorks(t *testing.T) {
	t.Parallel()
	for _, slug := range []string{"github", "hubspot", "stripe", "slack", "linear", "zendesk-support", "google-drive", "gong", "salesforce", "jira", "notion", "intercom"} {
		t.Run(slug, func(t *testing.T) {
			t.Parallel()
			c := start(t, Options{})
			d, id := c.box.store.slug(slug), c.connected(slug)
			// Deletes last: what they remove is needed before.
			for _, deletes := range []bool{false, true} {
				for i := range d.entities {
					e := &d.entities[i]
					for _, verb := range d.actionNames(e) {
						if (verb == "delete") != deletes || verb == contextStoreSearch && d.indexing {
							continue
						}
						params := object{}
						if a := e.action(verb); a != nil {
							params = sample(c.box.store, d, e, a)
						}
						resp, body := c.raw(c.request("POST", "integrations/connectors/"+id+"/execute", object{"entity": e.name, "action": verb, "params": params}))
						if resp.StatusCode != http.StatusOK || len(body) == 0 {
							t.Errorf("%s.%s %v: %d %.300s", e.name, verb, params, resp.StatusCode, body)
						}
						if (verb == "get" || verb == "update") && strings.Contains(string(body), `"result":null`) {
							t.Errorf("%s.%s %v found nothing", e.name, verb, params)
						}
					}
				}
			}
		})
	}
}

// sample fills required parameters so that the first record fits.
func sample(st *store, d *definition, e *entity, a *action) object {
	table := a.table
	if table == "" {
		table = e.rows()
	}
	known := object{
		"teamId": uuid("linear", "team", "PLT"), "issueId": uuid("linear", "issue", "0"), "channel": "C07LW00100A", "channel_id": "C07LW00100A", "timestamp": "1",
		"pageToken": seal("~!!~", 0), "from": "2026-11-01", "to": "2026-11-20", "workspace-id": "6210000000000000042", "username": githubOrg, "query": "a",
	}
	params := object{}
	switch key := d.slug + "/" + e.name + "." + a.name; {
	case key == "stripe/refunds.create":
		params["charge"] = "ch_Lw0000001Q"
	case key == "jira/issues.api_search":
		params["jql"] = "project = ENG"
	case key == "jira/issues.create":
		return object{"fields": object{"project": object{"key": "ENG"}, "issuetype": object{"name": "Bug"}, "summary": "x"}}
	case key == "jira/issues.update":
		return object{"issueIdOrKey": "ENG-300", "fields": object{"summary": "x"}}
	case key == "jira/issue_comments.create":
		return object{"issueIdOrKey": "ENG-300", "body": jiraText("x")}
	case d.slug == "salesforce" && a.name == "list":
		return object{"q": "SELECT Id FROM Account"}
	case d.slug == "salesforce" && a.name == "api_search":
		return object{"q": "FIND {Alderquay} IN ALL FIELDS"}
	}
	rows := st.rows(d.slug, table)
	if e.name == "files_export" {
		rows = rows[:4] // the last of these is a document, and only documents can be exported
	}
	for _, p := range a.params {
		if !p.required {
			continue
		}
		switch {
		case len(rows) > 0 && p.keep != nil && a.name != "create":
			params[p.name] = fitting(rows[len(rows)-1], p)
		case len(p.enum) > 0:
			params[p.name] = p.enum[0]
		case p.name == "owner":
			params[p.name] = githubOrg
		case p.name == "repo":
			params[p.name] = "platform"
		case p.name == "issue_number":
			params[p.name] = "200"
		case known[p.name] != nil:
			params[p.name] = known[p.name]
		default:
			params[p.name] = "something"
		}
	}
	return params
}

// fitting finds a value among those of the record that the parameter admits it for.
func fitting(r *record, p param) any {
	if p.kind == "object" {
		return object{"callIds": []any{r.keys["call"]}}
	}
	var candidates []any
	for _, v := range r.keys {
		candidates = append(candidates, v)
	}
	for _, f := range fieldsOf([]*record{r}) {
		candidates = append(candidates, r.lookup(f))
	}
	for _, v := range candidates {
		_, nested := v.(object)
		_, many := v.([]any)
		if v != nil && !nested && !many && p.keep(r, v) {
			return v
		}
	}
	return "nothing fits"
}

func TestPagingGivesEveryRecordOnce(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	after := func(key, more, param string) func(object, object, []any) bool {
		return func(m, params object, _ []any) bool {
			params[param] = m[key]
			return (more == "" || m[more] == true) && m[key] != nil && m[key] != ""
		}
	}
	repo := func(o object) object { o["owner"], o["repo"] = githubOrg, "platform"; return o }
	for _, row := range []struct {
		name, id, slug, entity, action string
		params                         object
		fits                           func(*record) bool
		next                           func(metadata, params object, rows []any) bool
		pages                          int
	}{
		{"github list", githubID, "github", "issues", "list", repo(object{"per_page": 5}), func(r *record) bool { return r.keys["repo"] == "platform" }, after("end_cursor", "has_next_page", "after"), 3},
		{"github search", githubID, "github", "issues", "api_search", object{"query": "is:open", "per_page": 15}, func(r *record) bool { return r.fields["state"] == "OPEN" }, after("end_cursor", "has_next_page", "after"), 3},
		{"hubspot list", hubspotID, "hubspot", "contacts", "list", object{"limit": 30}, nil, after("next_cursor", "", "after"), 3},
		{"hubspot search", hubspotID, "hubspot", "deals", "api_search", object{"limit": 25}, nil, after("next_cursor", "", "after"), 3},
		{"stripe list", stripeID, "stripe", "charges", "list", object{"limit": 70}, nil, func(m, params object, rows []any) bool {
			params["starting_after"] = rows[len(rows)-1].(object)["id"]
			return m["has_more"] == true
		}, 5},
		{"stripe search", stripeID, "stripe", "customers", "api_search", object{"query": "currency:'usd'", "limit": 15}, nil, after("next_page", "has_more", "page"), 3},
		{"slack list", slackID, "slack", "users", "list", object{"limit": 5}, nil, after("next_cursor", "", "cursor"), 3},
		{"slack history", slackID, "slack", "channel_messages", "list", object{"channel": "C07LW00100A", "limit": 10}, func(r *record) bool { return r.keys["channel"] == "C07LW00100A" }, after("next_cursor", "has_more", "cursor"), 3},
		{"zendesk list", zendeskID, "zendesk-support", "tickets", "list", object{"per_page": 40}, nil, func(m, params object, _ []any) bool {
			u, _ := url.Parse(text(m["next_page"]))
			params["page"] = u.Query().Get("page")
			return m["next_page"] != nil
		}, 3},
		{"linear list", linearID, "linear", "issues", "list", object{"first": 25}, nil, after("endCursor", "hasNextPage", "after"), 3},
		{"drive list", driveID, "google-drive", "files", "list", object{"pageSize": 15}, nil, after("nextPageToken", "", "pageToken"), 3},
		{"gong list", gongID, "gong", "calls", "list", object{}, nil, after("cursor", "", "cursor"), 3},
	} {
		t.Run(row.name, func(t *testing.T) {
			seen, pages := map[string]int{}, 0
			for more := true; more; pages++ {
				out := c.execute(row.id, row.entity, row.action, row.params)
				rows, isArray := out["result"].([]any)
				if !isArray {
					rows = out["result"].(object)["data"].([]any)
				}
				for _, r := range rows {
					seen[string(encode(r))]++
				}
				more = row.next(out["connector_metadata"].(object), row.params, rows)
				if pages > 20 {
					t.Fatal("paging does not end")
				}
			}
			want := 0
			for _, r := range c.box.store.rows(row.slug, row.entity) {
				if row.fits == nil || row.fits(r) {
					want++
				}
			}
			if len(seen) != want || pages != row.pages {
				t.Errorf("%d of %d records on %d pages, want %d pages", len(seen), want, pages, row.pages)
			}
			for record, n := range seen {
				if n != 1 {
					t.Errorf("%d times: %.100s", n, record)
				}
			}
		})
	}
}

func TestListsSortAsTheirServicesDo(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	for _, row := range []struct {
		name, id, entity, action, field string
		params                          object
		down                            bool
	}{
		{"hubspot", hubspotID, "deals", "api_search", "properties.amount", object{"limit": 100, "sorts": []any{object{"propertyName": "amount", "direction": "DESCENDING"}}}, true},
		{"zendesk", zendeskID, "tickets", "list", "updated_at", object{"sort": "updated_at"}, false},
		{"zendesk by", zendeskID, "articles", "list", "vote_sum", object{"sort_by": "vote_sum", "sort_order": "desc"}, true},
		{"drive", driveID, "files", "list", "name", object{"orderBy": "name desc"}, true},
	} {
		rows, isArray := c.execute(row.id, row.entity, row.action, row.params)["result"].([]any)
		if !isArray {
			rows = c.execute(row.id, row.entity, row.action, row.params)["result"].(object)["data"].([]any)
		}
		for i := 1; i < len(rows); i++ {
			a, _ := dig(rows[i-1].(object), row.field)
			b, _ := dig(rows[i].(object), row.field)
			if order := compare(a, b); row.down && order < 0 || !row.down && order > 0 {
				t.Fatalf("%s: %v before %v", row.name, a, b)
			}
		}
		if len(rows) < 10 {
			t.Errorf("%s: %d rows", row.name, len(rows))
		}
	}
}

func TestStripePagesBackwards(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	rows := c.execute(stripeID, "charges", "list", object{"ending_before": "ch_Lw0000005Q", "limit": 2})["result"].([]any)
	if rows[0].(object)["id"] != "ch_Lw0000003Q" || rows[1].(object)["id"] != "ch_Lw0000004Q" {
		t.Errorf("got %v", rows)
	}
	if status, _ := c.try(stripeID, "charges", "list", object{"starting_after": "ch_none"}); status != http.StatusBadRequest {
		t.Errorf("an unknown id: %d", status)
	}
}

// FuzzExecute sends strangers' bodies: whatever comes, the sandbox answers.
func FuzzExecute(f *testing.F) {
	for _, seed := range []string{
		`{"entity":"tickets","action":"list","params":{"page":1e300,"per_page":"NaN"}}`,
		`{"entity":"tickets","action":"context_store_search","params":{"limit":"NaN","query":{"filter":{"not":{"any":{"tags":{"eq":{"x":1}}}}},"sort":[{"id":"desc"}]}}}`,
		`{"entity":"tickets","action":"list","params":{"page":9223372036854775807},"select_fields":["a.b","."],"skip_truncation":false}`,
		`{"entity":"attachments","action":"download","params":{"attachment_id":7000000000001,"range_header":"bytes=-5--9"}}`,
		`{"entity":"","action":"describe"}`,
	} {
		f.Add(seed)
	}
	box := New(Options{})
	token := box.issue(claims{Kind: "application", Expires: epoch.AddDate(10, 0, 0).UnixMilli()})
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest("POST", "/api/v1/integrations/connectors/"+zendeskID+"/execute", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		box.ServeHTTP(w, r)
		if w.Header().Get("Content-Type") == "application/json" && !json.Valid(w.Body.Bytes()) {
			t.Errorf("not JSON: %.200s", w.Body)
		}
	})
}

func TestDirectListsDoNotReadCursor(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	first := c.execute(stripeID, "charges", "list", object{"limit": 1})
	again := c.execute(stripeID, "charges", "list", object{"limit": 1, "cursor": "ch_Lw0000000Q"})
	if string(encode(first["result"])) != string(encode(again["result"])) {
		t.Errorf("cursor changed the page: %v", again["result"])
	}
}

func TestExecutorSaysWhatIsLegal(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	for _, row := range []struct {
		id, entity, action string
		params             object
		says               string
	}{
		{linearID, "isues", "list", nil, "Entity 'isues' not found in connector. Available entities: ['issues', 'projects', 'teams', 'workflow_states', 'users', 'comments']"},
		{linearID, "projects", "delete", nil, "Action 'delete' not supported for entity 'projects'. Supported actions: ['list', 'get', 'context_store_search']"},
		{githubID, "issues", "list", object{"owner": githubOrg}, "Missing required path parameter 'repo' for issues.list"},
		{githubID, "repositories", "list", nil, "Missing required query parameter 'username' for repositories.list"},
		{linearID, "issues", "create", object{"description": "x"}, "Missing required body fields for issues.create: ['teamId', 'title']"},
		{stripeID, "invoices", "list", object{"status": "late"}, "Invalid value 'late' for parameter 'status'; expected one of: ['draft', 'open', 'paid', 'uncollectible', 'void']"},
		{stripeID, "charges", "list", object{"limit": 1000}, "Invalid value '1000' for parameter 'limit'; expected an integer between 1 and 100"},
		{stripeID, "charges", "list", object{"limit": "ten"}, "Invalid value 'ten' for parameter 'limit'; expected integer"},
		{driveID, "files", contextStoreSearch, nil, "Action 'context_store_search' not supported for entity 'files'. Supported actions: ['list', 'get', 'download']"},
		{stripeID, "charges", "context_store_sql_query", nil, "Action 'context_store_sql_query' not supported for entity 'charges'. Supported actions: ['list', 'get', 'api_search', 'context_store_search']"},
		{gongID, "calls", contextStoreSearch, nil, "Context Store for entity 'calls' is not ready for search"},
		{"c0000014-0000-4000-8000-000000000014", "issues", "list", nil, "credentials of this connector have expired"},
	} {
		status, out := c.try(row.id, row.entity, row.action, row.params)
		if status != http.StatusBadRequest || !strings.HasPrefix(message(out), row.says) && !strings.Contains(message(out), row.says) {
			t.Errorf("%s.%s: got %d %q, want %q", row.entity, row.action, status, message(out), row.says)
		}
	}
}

func TestUnknownRecordsAreAnErrorOrNull(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	if status, out := c.try(stripeID, "customers", "get", object{"id": "cus_none"}); status != http.StatusNotFound || !strings.Contains(message(out), "404") {
		t.Errorf("stripe: %d %v", status, out)
	}
	if out := c.execute(linearID, "issues", "get", object{"id": "none"}); out["result"] != nil {
		t.Errorf("linear: %v", out["result"])
	}
}

func TestWritesShowLiveAndNotInTheContextStore(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	made := c.execute(stripeID, "customers", "create", object{"name": "Tidewrack Foods", "email": "a@tidewrack.example", "metadata": object{"n": json.Number("9007199254740993")}})["result"].(object)
	id := text(made["id"])
	if plain(made["metadata"].(object)["n"]) != "9007199254740993" {
		t.Errorf("number spoiled: %v", made["metadata"])
	}
	c.execute(stripeID, "customers", "update", object{"id": id, "phone": "+1 555 0100"})
	got := c.execute(stripeID, "customers", "get", object{"id": id})["result"].(object)
	if got["phone"] != "+1 555 0100" || got["name"] != "Tidewrack Foods" {
		t.Errorf("after update: %v", got)
	}
	listed := c.execute(stripeID, "customers", "list", object{"limit": 1})["result"].([]any)
	if listed[0].(object)["id"] != id {
		t.Errorf("not first in the list: %v", listed)
	}
	found := c.execute(stripeID, "customers", contextStoreSearch, object{"query": object{"filter": object{"fuzzy": object{"name": "tidewrack"}}}})["result"].(object)
	if len(found["data"].([]any)) != 0 {
		t.Errorf("the Context Store knows it already: %v", found)
	}
	if gone := c.execute(stripeID, "customers", "delete", object{"id": id})["result"].(object); gone["deleted"] != true {
		t.Errorf("delete: %v", gone)
	}
	if status, _ := c.try(stripeID, "customers", "get", object{"id": id}); status != http.StatusNotFound {
		t.Errorf("after delete: %d", status)
	}
}

func TestWorldIsOneWorld(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	company := c.execute(hubspotID, "companies", "list", object{"limit": 1})["result"].([]any)[0].(object)["properties"].(object)
	customer := c.execute(stripeID, "customers", "get", object{"id": company["stripe_customer_id"]})["result"].(object)
	organization := c.execute(zendeskID, "organizations", "get", object{"organization_id": company["zendesk_organization_id"]})["result"].(object)
	if customer["name"] != company["name"] || organization["name"] != company["name"] {
		t.Errorf("%v, %v, %v", company["name"], customer["name"], organization["name"])
	}
	if id := plain(organization["id"]); id != "9007199254740993" {
		t.Errorf("id %s has lost its precision", id)
	}
}

func TestOtherConnectorsKnowTheSameCustomers(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	company := c.execute(hubspotID, "companies", "list", object{"limit": 1})["result"].([]any)[0].(object)
	name, stripe := company["properties"].(object)["name"], company["properties"].(object)["stripe_customer_id"]
	account := c.execute(c.connected("salesforce"), "query", "list", object{"q": "SELECT Name, Stripe_Customer_ID__c FROM Account WHERE HubSpot_Company_ID__c = '" + text(company["id"]) + "'"})["result"].([]any)[0].(object)
	issue := c.execute(c.connected("jira"), "issues", "api_search", object{"jql": `customer = "` + text(name) + `"`})["result"].([]any)
	page := c.execute(c.connected("notion"), "pages", "list", object{"page_size": 1})["result"].([]any)[0]
	intercom := c.execute(c.connected("intercom"), "companies", "list", object{"per_page": 1})["result"].([]any)[0].(object)
	if account["Name"] != name || account["Stripe_Customer_ID__c"] != stripe || len(issue) == 0 || !strings.Contains(string(encode(page)), text(name)) || intercom["company_id"] != company["id"] {
		t.Errorf("%v: %v, %d issues, %v, %v", company["id"], account, len(issue), page, intercom)
	}
}

// An update that names another record reads it while it writes.
func TestAnUpdateMayReferToOtherRecords(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	done := c.execute(linearID, "issues", "update", object{"id": uuid("linear", "issue", "0"), "stateId": linearState("PLT", 4), "assigneeId": staff()[8].linearID()})["result"].(object)
	if done["state"].(object)["name"] != "Done" || done["assignee"].(object)["name"] != staff()[8].name {
		t.Errorf("got %v and %v", done["state"], done["assignee"])
	}
}

func TestTwoSandboxesAnswerAlike(t *testing.T) {
	t.Parallel()
	moment := func() time.Time { return epoch }
	a, b := start(t, Options{Now: moment}), start(t, Options{Now: moment})
	for _, do := range []func(*client) object{
		func(c *client) object {
			return c.execute(linearID, "issues", "create", object{"teamId": uuid("linear", "team", "PLT"), "title": "x"})
		},
		func(c *client) object { return c.execute(zendeskID, "tickets", "list", nil) },
	} {
		if x, y := encode(do(a)), encode(do(b)); string(x) != string(y) {
			t.Errorf("%.300s\n%.300s", x, y)
		}
	}
}

func TestSelectionOfFields(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	ask := func(more object) object {
		body := object{"entity": "deals", "action": "list", "params": object{"limit": 1}}
		for k, v := range more {
			body[k] = v
		}
		return c.must("POST", "integrations/connectors/"+hubspotID+"/execute", body)["result"].([]any)[0].(object)
	}
	for _, row := range []struct {
		name string
		more object
		want string
	}{
		{"an allowlist keeps nested paths", object{"select_fields": []any{"id", "properties.dealname", "nothing"}}, `{"id":"9040000000","properties":{"dealname":"Alderquay Logistics – expansion"}}`},
		{"an allowlist wins", object{"select_fields": []any{"id"}, "exclude_fields": []any{"id"}}, `{"id":"9040000000"}`},
		{"a blocklist drops", object{"exclude_fields": []any{"properties", "associations", "createdAt", "updatedAt"}}, `{"archived":false,"id":"9040000000"}`},
		{"an empty allowlist is none", object{"select_fields": []any{}, "exclude_fields": []any{"properties", "associations", "createdAt", "updatedAt"}}, `{"archived":false,"id":"9040000000"}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := string(encode(ask(row.more))); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
	t.Run("long texts are cut when asked for", func(t *testing.T) {
		cut := ask(object{"skip_truncation": false})["properties"].(object)["description"].(string)
		whole := ask(nil)["properties"].(object)["description"].(string)
		if !strings.HasSuffix(cut, truncated) || len([]rune(cut)) != longText+len([]rune(truncated)) || len(whole) <= longText || strings.HasSuffix(whole, truncated) {
			t.Errorf("cut %q, whole %q", cut, whole)
		}
	})
	t.Run("a get is never cut", func(t *testing.T) {
		out := c.must("POST", "integrations/connectors/"+hubspotID+"/execute", object{"entity": "deals", "action": "get", "params": object{"dealId": "9040000000"}, "skip_truncation": false})
		if strings.Contains(string(encode(out)), "[truncated") {
			t.Error("cut")
		}
	})
}

func TestDownloads(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	load := func(id, entity string, params object) (*http.Response, []byte) {
		return c.raw(c.request("POST", "integrations/connectors/"+id+"/execute", object{"entity": entity, "action": "download", "params": params}))
	}
	t.Run("give type, name and bytes", func(t *testing.T) {
		for entity, row := range map[string]struct {
			id     string
			params object
			kind   string
			begins string
		}{
			"files":       {driveID, object{"fileId": "1Lw-alderquay-0000", "alt": "media"}, "text/csv", "month,seats"},
			"attachments": {zendeskID, object{"attachment_id": 7_000_000_000_002}, "image/png", "\x89PNG"},
			"call_audio":  {gongID, object{"filter": object{"callIds": []any{"7780000000000000000"}}}, "audio/wav", "RIFF"},
		} {
			resp, body := load(row.id, entity, row.params)
			if resp.Header.Get("Content-Type") != row.kind || !strings.Contains(resp.Header.Get("Content-Disposition"), "filename=") || !strings.HasPrefix(string(body), row.begins) {
				t.Errorf("%s: %v %.20q", entity, resp.Header, body)
			}
		}
	})
	t.Run("an unknown file is 200 and nothing, as in the service", func(t *testing.T) {
		resp, body := load(driveID, "files", object{"fileId": "none"})
		if resp.StatusCode != http.StatusOK || len(body) != 0 {
			t.Errorf("%d %q", resp.StatusCode, body)
		}
	})
	t.Run("a failed download is JSON", func(t *testing.T) {
		resp, _ := load(driveID, "files", object{})
		if resp.StatusCode != http.StatusBadRequest || resp.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%d %v", resp.StatusCode, resp.Header)
		}
	})
}

func TestDescribeListsAllThatCanBeExecuted(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	out := c.execute(slackID, "", "describe", nil)["result"].(object)
	first := out["entities"].([]any)[0].(object)
	if first["entity_name"] != "users" || !slices.Contains(texts(first["available_actions"]), contextStoreSearch) {
		t.Errorf("got %v", first)
	}
}

func TestManyExecutesRunTogether(t *testing.T) {
	t.Parallel()
	c := start(t, Options{Latency: 200 * time.Millisecond})
	var wg sync.WaitGroup
	begun := time.Now()
	for i := range 200 {
		wg.Go(func() {
			w := c.request("POST", "integrations/connectors/"+linearID+"/execute", object{"entity": "issues", "action": "list", "params": object{"first": 2}})
			if i%10 == 0 {
				w = c.request("POST", "integrations/connectors/"+linearID+"/execute", object{"entity": "issues", "action": "create", "params": object{"teamId": uuid("linear", "team", "PLT"), "title": fmt.Sprint(i)}})
			}
			c.box.ServeHTTP(&quiet{header: http.Header{}}, serverSide(w))
		})
	}
	wg.Wait()
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("took %v: they wait for each other", took)
	}
	if n := len(c.box.store.rows("linear", "issues")); n != 80 {
		t.Errorf("%d issues, want 80", n)
	}
}

// serverSide makes a request as a server sees it from one as a client builds it.
func serverSide(r *http.Request) *http.Request {
	s := r.Clone(r.Context())
	s.RequestURI = r.URL.RequestURI()
	return s
}

type quiet struct{ header http.Header }

func (q *quiet) Header() http.Header         { return q.header }
func (q *quiet) Write(b []byte) (int, error) { return len(b), nil }
func (q *quiet) WriteHeader(int)             {}
