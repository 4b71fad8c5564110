package sandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// follow writes into params where the next page starts, and says whether there is one.
type follow func(metadata, params object, rows []any) bool

// byToken puts a value of the metadata into a parameter while there is one. more, if it
// is not empty, is the key that says whether to go on.
func byToken(key, more, param string) follow {
	return func(metadata, params object, _ []any) bool {
		params[param] = metadata[key]
		return (more == "" || metadata[more] == true) && metadata[key] != nil && metadata[key] != ""
	}
}

// byURL takes the parameter out of the address of the next page.
func byURL(key, param string) follow {
	return func(metadata, params object, _ []any) bool {
		u, err := url.Parse(text(metadata[key]))
		if err != nil {
			return false
		}
		params[param] = u.Query().Get(param)
		return metadata[key] != nil
	}
}

// byCount goes on until a page is short, where nothing tells.
func byCount(param string, usual int) follow {
	return func(_, params object, rows []any) bool {
		n, _ := asNumber(params[param])
		size := usual
		if given, asked := params["maxResults"]; asked {
			size = given.(int)
		}
		params[param] = int(n) + len(rows)
		return len(rows) == size
	}
}

// bySOQL puts the place into the query: with LIMIT until a page is short, without it
// while the answer says that it is not done.
func bySOQL(limit int) follow {
	from := 0
	return func(metadata, params object, rows []any) bool {
		from += len(rows)
		q, _, _ := strings.Cut(text(params["q"]), " LIMIT")
		q, _, _ = strings.Cut(q, " OFFSET")
		if q == "" {
			q = "SELECT FIELDS(ALL) FROM Contact"
		}
		if limit == 0 {
			params["q"] = fmt.Sprintf("%s OFFSET %d", q, from)
			return metadata["done"] == false
		}
		params["q"] = fmt.Sprintf("%s LIMIT %d OFFSET %d", q, limit, from)
		return len(rows) == limit
	}
}

func byLastID(metadata, params object, rows []any) bool {
	params["starting_after"] = rows[len(rows)-1].(object)["id"]
	return metadata["has_more"] == true
}

func TestAThousandRecordsPageInEveryDialect(t *testing.T) {
	t.Parallel()
	const many = 1000
	comments := object{"issueIdOrKey": "ENG-300"}
	for _, row := range []struct {
		slug, entity, action string
		params               object
		size                 string // parameter, empty where there is none
		most, usual          int    // records on a page
		next                 func() follow
	}{
		{"github", "repositories", "list", object{"username": githubOrg}, "per_page", 100, 20, func() follow { return byToken("end_cursor", "has_next_page", "after") }},
		{"hubspot", "contacts", "list", nil, "limit", 100, 10, func() follow { return byToken("next_cursor", "", "after") }},
		{"hubspot", "contacts", "api_search", nil, "limit", 200, 10, func() follow { return byToken("next_cursor", "", "after") }},
		{"stripe", "charges", "list", nil, "limit", 100, 10, func() follow { return byLastID }},
		{"stripe", "charges", "api_search", object{"query": "currency:'usd'"}, "limit", 100, 10, func() follow { return byToken("next_page", "has_more", "page") }},
		{"slack", "channels", "list", nil, "limit", 999, 100, func() follow { return byToken("next_cursor", "", "cursor") }},
		{"zendesk-support", "tickets", "list", nil, "per_page", 100, 100, func() follow { return byURL("next_page", "page") }},
		{"linear", "issues", "list", nil, "first", 250, 50, func() follow { return byToken("endCursor", "hasNextPage", "after") }},
		{"google-drive", "files", "list", nil, "pageSize", 999, 100, func() follow { return byToken("nextPageToken", "", "pageToken") }},
		{"gong", "calls", "list", nil, "", 50, 50, func() follow { return byToken("cursor", "", "cursor") }},
		{"salesforce", "contacts", "list", nil, "", 200, 200, func() follow { return bySOQL(0) }},
		{"salesforce", "query", "list", object{"q": "SELECT Id, Email FROM Contact ORDER BY Email LIMIT 150"}, "", 150, 150, func() follow { return bySOQL(150) }},
		{"jira", "issues", "api_search", object{"jql": "created >= -1000d ORDER BY created DESC"}, "maxResults", 100, 50, func() follow { return byToken("nextPageToken", "", "nextPageToken") }},
		{"jira", "projects", "api_search", nil, "maxResults", 100, 50, func() follow { return byURL("nextPage", "startAt") }},
		{"jira", "users", "list", nil, "maxResults", 100, 50, func() follow { return byCount("startAt", 50) }},
		{"jira", "issue_comments", "list", comments, "maxResults", 100, 50, func() follow { return byToken("next_offset", "", "startAt") }},
		{"notion", "pages", "list", nil, "page_size", 100, 100, func() follow { return byToken("next_cursor", "has_more", "start_cursor") }},
		{"intercom", "contacts", "list", nil, "per_page", 150, 50, func() follow { return byToken("next_page", "", "starting_after") }},
	} {
		t.Run(row.slug+" "+row.entity+" "+row.action, func(t *testing.T) {
			t.Parallel()
			want, grown := many, row.entity
			if row.entity == "query" {
				grown = "contacts"
			}
			c := start(t, Options{Records: map[string]int{row.slug + "/" + grown: many}})
			id := c.connected(row.slug)
			if row.entity == "issue_comments" {
				want = 0
				for _, r := range c.box.store.rows(row.slug, grown) {
					if r.keys["issue"] == "ENG-300" {
						want++
					}
				}
			}
			sizes := []int{0}
			if row.size != "" {
				sizes = append(sizes, row.most)
			}
			for _, size := range sizes {
				params, onPage := object{}, row.usual
				for k, v := range row.params {
					params[k] = v
				}
				if size > 0 {
					params[row.size], onPage = size, size
				}
				seen := c.drain(id, row.entity, row.action, params, row.next(), onPage)
				if len(seen) != want {
					t.Errorf("page size %d: %d of %d records", size, len(seen), want)
				}
			}
		})
	}
}

// drain reads all pages, none of which may be longer than asked or repeat a record.
func (c *client) drain(id, entity, action string, params object, next follow, onPage int) map[string]bool {
	c.t.Helper()
	seen := map[string]bool{}
	for more, pages := true, 0; more; pages++ {
		out := c.execute(id, entity, action, params)
		rows, isArray := out["result"].([]any)
		if !isArray {
			rows = out["result"].(object)["data"].([]any)
		}
		if len(rows) > onPage || pages > 1000 {
			c.t.Fatalf("%d records on page %d", len(rows), pages)
		}
		for _, r := range rows {
			record := identity(r.(object))
			if seen[record] {
				c.t.Fatalf("twice, the second time on page %d: %s", pages, record)
			}
			seen[record] = true
		}
		more = next(out["connector_metadata"].(object), params, rows)
	}
	return seen
}

// identity is what a record must not share with another.
func identity(o object) string {
	for _, key := range []string{"id", "Id", "accountId"} {
		if o[key] != nil {
			return plain(o[key])
		}
	}
	return string(encode(o))
}

func TestAnyEntityWithRecordsCanBeGrown(t *testing.T) {
	t.Parallel()
	box := New(Options{})
	records := map[string]int{}
	for _, d := range box.store.definitions {
		for _, e := range d.entities {
			records[d.slug+"/"+e.name] = 300
		}
	}
	box = New(Options{Records: records})
	for _, d := range box.store.definitions {
		for _, e := range d.entities {
			rows, seen := box.store.rows(d.slug, e.rows()), map[string]bool{}
			for _, r := range rows {
				seen[string(r.raw())] = true
			}
			if len(rows) > 0 && len(rows) < 300 {
				t.Errorf("%s/%s: %d records", d.slug, e.name, len(rows))
			}
			// These have no identifiers: the service knows them by what they belong to.
			nameless := map[string]bool{"balance": true, "about": true, "permissions": true, "coaching": true}[e.name]
			if len(seen) != len(rows) && !nameless {
				t.Errorf("%s/%s: %d of %d records differ", d.slug, e.name, len(seen), len(rows))
			}
		}
	}
}

func TestUnknownEntitiesCannotBeGrown(t *testing.T) {
	t.Parallel()
	defer func() {
		if said := fmt.Sprint(recover()); !strings.Contains(said, `"linear/isues"`) {
			t.Errorf("New said %s", said)
		}
	}()
	New(Options{Records: map[string]int{"linear/isues": 5}})
}

func TestGrownRecordsAreFoundByTheirOwnNames(t *testing.T) {
	t.Parallel()
	c := start(t, Options{Records: map[string]int{"linear/issues": 70, "google-drive/files": 60, "jira/issues": 70, "zendesk-support/tickets": 100}})
	issue := c.execute(linearID, "issues", "list", object{"first": 70})["result"].([]any)[69].(object)
	if got := c.execute(linearID, "issues", "get", object{"id": issue["id"]})["result"].(object); got["identifier"] != issue["identifier"] || !strings.HasSuffix(text(got["url"]), text(issue["identifier"])) {
		t.Errorf("linear: %v", got)
	}
	ticket := c.execute(zendeskID, "tickets", "list", nil)["result"].([]any)[99].(object)
	if plain(ticket["id"]) != "5210" || !strings.HasSuffix(text(ticket["url"]), "/5210.json") {
		t.Errorf("zendesk: %v", ticket)
	}
	id := c.connected("jira")
	if got := c.execute(id, "issues", "get", object{"issueIdOrKey": "OPS-302"})["result"].(object); got["id"] != "10302" {
		t.Errorf("jira: %v", got)
	}
	files := c.execute(driveID, "files", "list", object{"pageSize": 60})["result"].([]any)
	_, body := c.raw(c.request("POST", "integrations/connectors/"+driveID+"/execute", object{"entity": "files", "action": "download", "params": object{"fileId": files[44].(object)["id"]}}))
	if len(body) == 0 {
		t.Errorf("drive: nothing in %v", files[44])
	}
}

// The trap of Salesforce: LIMIT ends the query, not only the page.
func TestSOQLSaysDoneAsSalesforceDoes(t *testing.T) {
	t.Parallel()
	c := start(t, Options{Records: map[string]int{"salesforce/accounts": 450}})
	id := c.connected("salesforce")
	for _, row := range []struct {
		q    string
		rows int
		done bool
	}{
		{"SELECT Id FROM Account", 200, false},
		{"SELECT Id FROM Account OFFSET 400", 50, true},
		{"SELECT Id FROM Account LIMIT 100", 100, true},
		{"select id, name from account where plan__c = 'growth' and hubspot_company_id__c = '18200007411' limit 5", 5, true},
		{"SELECT Id FROM Opportunity WHERE StageName IN ('Closed Won', 'Closed Lost')", 20, true},
		{"SELECT Id FROM Contact WHERE Account.Name LIKE 'Alderquay%'", 2, true},
		{"SELECT Id FROM Case WHERE Priority != 'High' ORDER BY CaseNumber DESC LIMIT 3", 3, true},
	} {
		out := c.execute(id, "query", "list", object{"q": row.q})
		rows, metadata := out["result"].([]any), out["connector_metadata"].(object)
		if len(rows) != row.rows || metadata["done"] != row.done || (metadata["nextRecordsUrl"] == nil) != row.done {
			t.Errorf("%s: %d rows, %v", row.q, len(rows), metadata)
		}
		if first := rows[0].(object); first["Id"] == nil || first["attributes"] == nil || first["Description"] != nil {
			t.Errorf("%s: %v", row.q, first)
		}
	}
	for q, says := range map[string]string{
		"SELECT Id FROM Account OFFSET 2001":     "Maximum SOQL offset allowed is 2000",
		"SELECT Id FROM Acount":                  "INVALID_TYPE: sObject type 'Acount' is not supported.",
		"SELECT Nme FROM Account":                "INVALID_FIELD: No such column 'Nme' on entity 'Account'.",
		"SELECT Id FROM Account WHERE Name":      "MALFORMED_QUERY",
		"SELECT Id FROM Account LIMIT ten":       "MALFORMED_QUERY: unexpected token: 'ten'",
		"/services/data/v62.0/query/01gLw-200":   "MALFORMED_QUERY",
		"SELECT Id FROM Account WHERE Name = 'x": "",
		"SELECT Id FROM Account WHERE Id IN (":   "MALFORMED_QUERY: unexpected token: '<EOF>'",
	} {
		if status, out := c.try(id, "query", "list", object{"q": q}); (status == http.StatusBadRequest) != (says != "") || !strings.Contains(message(out), says) {
			t.Errorf("%s: %d %s", q, status, message(out))
		}
	}
}

func TestJQLIsUnderstood(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	id := c.connected("jira")
	for jql, want := range map[string]int{
		"project = ENG": 20,
		`project in (ENG, "Customer operations")`:   40,
		`status = "In Review"`:                      15,
		"project = ENG AND status != Done":          15,
		"assignee = currentUser()":                  20,
		"statusCategory = Done AND labels = growth": 0,
		"customer ~ alderquay":                      2,
		"duedate is EMPTY AND project = OPS":        20,
		"updated >= -7d ORDER BY updated ASC":       13,
		"key = ENG-300":                             1,
	} {
		rows := c.execute(id, "issues", "api_search", object{"jql": jql, "maxResults": 100})["result"].([]any)
		if len(rows) != want {
			t.Errorf("%s: %d, want %d", jql, len(rows), want)
		}
	}
	for jql, says := range map[string]string{
		"":                      "Unbounded JQL",
		"ORDER BY created DESC": "Unbounded JQL",
		"projct = ENG":          "Field 'projct' does not exist",
		"project = ENG OR x":    "Error in the JQL Query",
		"project":               "Error in the JQL Query",
	} {
		if status, out := c.try(id, "issues", "api_search", object{"jql": jql}); status != http.StatusBadRequest || !strings.Contains(message(out), says) {
			t.Errorf("%q: %d %s", jql, status, message(out))
		}
	}
}

// FuzzQueries reads strangers' queries: whatever comes, there is an answer.
func FuzzQueries(f *testing.F) {
	for _, seed := range []string{
		"SELECT Id, FIELDS(ALL) FROM Account WHERE Name LIKE 'A%' AND NumberOfEmployees >= 5 ORDER BY Name DESC NULLS LAST, Id LIMIT 5 OFFSET 2",
		"SELECT (SELECT Id FROM Contacts) FROM Account", "project in (ENG, 'x) AND text ~ \"a b\" order by created", "assignee = currentUser( AND duedate is not EMPTY",
	} {
		f.Add(seed)
	}
	st := New(Options{}).store
	f.Fuzz(func(t *testing.T, q string) {
		salesforceList("")(st, object{"q": q})
		salesforceSearch("accounts")(st, object{"q": q})
		jiraIssues(st, object{"jql": q})
	})
}
