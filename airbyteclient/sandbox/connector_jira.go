package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// jira keeps what matters under "fields", writes texts as documents, and pages in two
// ways: issues by token, all else by offset.
func jira() *definition {
	id := str("issueIdOrKey", jiraNamed).path().says("ID or key of the issue, such as ENG-300.")
	of := str("issueIdOrKey", func(r *record, v any) bool { return r.keys["issue"] == text(v) || r.keys["issueID"] == plain(v) }).path().says("ID or key of the issue, such as ENG-300.")
	expand := str("expand", nil)
	find := searched(jiraIssuePages(),
		str("jql", nil).says(`JQL with at least one restriction, such as project = ENG AND status != Done ORDER BY created DESC. Comparisons are joined by AND.`),
		str("fields", nil).says("Comma-separated fields to return."), expand)
	find.find = jiraIssues
	content := func(kind string) param { return obj("fields", nil).body("").says(kind) }
	return &definition{
		id: "68e63de2-bb83-4c7e-93fa-a8a9051e3993", name: "Jira", slug: "jira", support: "certified", api: "lanternworks.atlassian.example",
		auth: []authOption{{title: "API Token",
			keys:           []setting{{name: "username", about: "Email of the account.", required: true}, secret("password", "API token.")},
			replicationKey: []setting{{name: "email", about: "Email of the account.", required: true}, secret("api_token", "API token.")}}},
		environment: []setting{{name: "subdomain", about: "Part of the site's address before .atlassian.net.", required: true}},
		direct:      []string{"Show me the issues assigned to me"}, search: []string{"Which epics have overdue issues?"},
		entities: []entity{
			{name: "issues", about: "Bugs, tasks, stories and epics: key (ENG-300), summary, description, status, priority, assignee, labels, due date.", indexed: true, actions: []action{
				find, got(id, str("fields", nil).says("Comma-separated fields to return."), expand),
				{name: "create", params: []param{content(`{"project": {"key": "ENG"}, "issuetype": {"name": "Bug"}, "summary": "…", "description": document, "priority": {"name": "High"}, "labels": […]}`).need()}, make: makeJiraIssue, result: jiraReference},
				{name: "update", params: []param{id, content("Fields to change, such as summary, description, priority and labels.").need()}, change: changeJiraIssue},
				{name: "delete", params: []param{id}, result: func(*write, *record) any { return object{} }},
			}},
			{name: "projects", about: "Projects that issues belong to: key, name, lead.", indexed: true, actions: []action{
				searched(jiraPages(jiraNextPage), str("query", jiraMentioned("key", "name")).says("Part of the key or name."), list("keys", among("key")).says("Keys of projects."), expand),
				got(str("projectIdOrKey", jiraNamed).path().says("ID or key of the project."), expand),
			}},
			{name: "users", about: "People: name, email, time zone, whether active.", indexed: true, actions: []action{
				got(str("accountId", is("accountId")).path()), listed(jiraPages(noMetadata)),
				searched(jiraPages(noMetadata), str("query", jiraMentioned("displayName", "emailAddress")).says("Part of the name or email.")),
			}},
			{name: "issue_comments", about: "What people wrote under an issue: text, author, date.", indexed: true, actions: []action{
				listed(jiraPages(jiraNextOffset), of, expand), got(of, str("commentId", is("id")).path(), expand),
				{name: "create", params: []param{of, obj("body", nil).body("body").need().says("Document: {\"type\": \"doc\", \"version\": 1, \"content\": […]}.")}, make: makeJiraComment},
			}},
		},
	}
}

func jiraNamed(r *record, v any) bool {
	return same(r.fields["id"], v) || strings.EqualFold(text(r.fields["key"]), text(v))
}

func jiraMentioned(fields ...string) func(*record, any) bool {
	return func(r *record, v any) bool {
		return slices.ContainsFunc(fields, func(f string) bool {
			return strings.Contains(strings.ToLower(plain(r.fields[f])), strings.ToLower(plain(v)))
		})
	}
}

// jiraFields says under which paths a field of JQL is found; people, projects and issues
// have more than one name.
func jiraFields(name string) []string {
	switch name = strings.ToLower(name); name {
	case "project":
		return []string{"fields.project.key", "fields.project.name", "fields.project.id"}
	case "key", "issuekey", "issue", "id":
		return []string{"key", "id"}
	case "assignee", "reporter":
		return []string{"fields." + name + ".accountId", "fields." + name + ".displayName", "fields." + name + ".emailAddress"}
	case "status", "issuetype", "priority", "resolution":
		return []string{"fields." + name + ".name"}
	case "type":
		return []string{"fields.issuetype.name"}
	case "statuscategory":
		return []string{"fields.status.statusCategory.name", "fields.status.statusCategory.key"}
	case "summary", "created", "updated", "duedate":
		return []string{"fields." + name}
	case "labels", "text", "description", "customer":
		return []string{name}
	}
	return nil
}

// jiraIssues runs JQL. Jira refuses a query without a restriction.
func jiraIssues(st *store, params object) ([]*record, string) {
	r := readQuery(text(params["jql"]))
	if r.done() || r.take("ORDER", "BY") {
		return nil, "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
	}
	where, word := r.clauses()
	var order []sortKey
	if word == "" && r.take("ORDER", "BY") {
		order = r.orders()
	}
	if word != "" || !r.done() {
		return nil, fmt.Sprintf("Error in the JQL Query: Expecting operator or 'AND' but got '%s'.", word+r.next().text)
	}
	for i := range order {
		where = append(where, clause{field: order[i].field}) // only to have its name looked up
		if paths := jiraFields(order[i].field); paths != nil {
			order[i].field = paths[0]
		}
	}
	for i, c := range where {
		if jiraFields(c.field) == nil {
			return nil, fmt.Sprintf("Field '%s' does not exist or you do not have permission to view it.", c.field)
		}
		for j, v := range c.values {
			where[i].values[j] = jiraValue(v)
		}
	}
	where = where[:len(where)-len(order)]
	var found []*record
	for _, issue := range st.rows("jira", "issues") {
		if !slices.ContainsFunc(where, func(c clause) bool { return !jiraHolds(issue, c) }) {
			found = append(found, issue)
		}
	}
	return inOrder(found, order), ""
}

func jiraHolds(issue *record, c clause) bool {
	switch strings.ToLower(c.field) {
	case "labels":
		labels, _ := issue.lookup("fields.labels").([]any)
		return c.holds(labels...)
	case "text", "description":
		return mentions(issue, c.values[0]) != strings.HasPrefix(c.op, "!")
	case "customer":
		return c.holds(issue.lookup("fields.customfield_10042"))
	}
	var have []any
	for _, path := range jiraFields(c.field) {
		have = append(have, issue.lookup(path))
	}
	return c.holds(have...)
}

// jiraValue reads currentUser() and times such as -7d, which count from when the world
// was synced, so that a query has the same answer in every year.
func jiraValue(v string) string {
	if strings.EqualFold(v, "currentUser()") {
		return jiraAccount(staff()[7])
	}
	for unit, hours := range map[string]int{"h": 1, "d": 24, "w": 24 * 7} {
		if n, err := strconv.Atoi(strings.TrimSuffix(v, unit)); err == nil && n < 0 && strings.HasSuffix(v, unit) {
			return jiraTime(-n * hours)
		}
	}
	return v
}

func jiraTime(hours int) string { return ago(hours).Format("2006-01-02T15:04:05.000-0700") }

func jiraAccount(p person) string { return "712020:" + uuid("jira", "user", p.name) }

func jiraPerson(p person) object {
	return object{"accountId": jiraAccount(p), "accountType": "atlassian", "displayName": p.name, "emailAddress": p.email(), "active": true}
}

// jiraText is the document that Jira makes of a text.
func jiraText(s string) object {
	return object{"type": "doc", "version": 1, "content": []any{object{"type": "paragraph", "content": []any{object{"type": "text", "text": s}}}}}
}

func jiraStatus(i int) object {
	category := []object{{"key": "new", "name": "To Do"}, {"key": "indeterminate", "name": "In Progress"}, {"key": "indeterminate", "name": "In Progress"}, {"key": "done", "name": "Done"}}[i]
	return object{"id": fmt.Sprint(10_001 + i), "name": []string{"To Do", "In Progress", "In Review", "Done"}[i], "statusCategory": category}
}

func jiraSelf(kind, id string) string {
	return "https://lanternworks.atlassian.example/rest/api/3/" + kind + "/" + id
}

// makeJiraIssue answers nothing for a project that there is not.
func makeJiraIssue(w *write) *record {
	given, _ := w.params["fields"].(object)
	for _, p := range w.store.rows("jira", "projects") {
		asked, _ := given["project"].(object)
		if !jiraNamed(p, asked["key"]) && !jiraNamed(p, asked["id"]) {
			continue
		}
		n := w.store.next()
		id := fmt.Sprint(20_000 + n)
		fields := object{
			"status": jiraStatus(0), "priority": object{"name": "Medium"}, "labels": []any{}, "assignee": nil, "reporter": jiraPerson(staff()[4]), "description": nil, "duedate": nil,
			"resolution": nil, "customfield_10042": nil, "created": w.now, "updated": w.now,
		}
		for k, v := range given {
			fields[k] = v
		}
		fields["project"] = jiraProject(p)
		return newRecord(object{"id": id, "key": fmt.Sprintf("%s-%d", p.fields["key"], 1000+n), "self": jiraSelf("issue", id), "fields": fields}, nil)
	}
	return nil
}

func jiraReference(_ *write, r *record) any {
	return object{"id": r.fields["id"], "key": r.fields["key"], "self": r.fields["self"]}
}

func changeJiraIssue(w *write, issue object) {
	given, _ := w.params["fields"].(object)
	for k, v := range given {
		put(issue, "fields."+k, v)
	}
	put(issue, "fields.updated", w.now)
}

func makeJiraComment(w *write) *record {
	for _, issue := range w.store.rows("jira", "issues") {
		if jiraNamed(issue, w.params["issueIdOrKey"]) {
			id := fmt.Sprint(90_000 + w.store.next())
			return newRecord(object{
				"id": id, "self": jiraSelf("comment", id), "body": w.params["body"], "author": jiraPerson(staff()[4]), "created": w.now, "updated": w.now, "jsdPublic": true,
			}, jiraKeys(issue))
		}
	}
	return nil
}

func jiraKeys(issue *record) map[string]string {
	return map[string]string{"issue": text(issue.fields["key"]), "issueID": text(issue.fields["id"])}
}

func jiraProject(p *record) object {
	return object{"id": p.fields["id"], "key": p.fields["key"], "name": p.fields["name"]}
}

func jiraWorld(who []customer, crew []person) dataset {
	d := dataset{}
	for _, p := range crew {
		o := jiraPerson(p)
		o["self"], o["timeZone"], o["locale"] = jiraSelf("user", "?accountId="+jiraAccount(p)), "Europe/Lisbon", "en_US"
		d.add("users", nil, o)
	}
	for i, name := range []string{"Engineering", "Customer operations", "Security"} {
		id := fmt.Sprint(10_000 + i)
		d.add("projects", nil, object{
			"id": id, "key": []string{"ENG", "OPS", "SEC"}[i], "name": name, "self": jiraSelf("project", id), "projectTypeKey": "software", "simplified": false, "style": "classic", "isPrivate": i == 2,
			"description": name + " of " + vendor, "lead": jiraPerson(crew[7+i]),
		})
	}
	for i := range 60 {
		c, p := pick(who, i), pick(d["projects"], i)
		id, key := fmt.Sprint(10_300-i), fmt.Sprintf("%s-%d", p.fields["key"], 300-i)
		status := jiraStatus(i % 4)
		fields := object{
			"summary": topic(i) + " (" + c.name + ")", "description": jiraText(story(c, i) + fmt.Sprintf(" See Zendesk ticket %d.", ticketID(i))), "status": status, "project": jiraProject(p),
			"issuetype": object{"name": pick([]string{"Bug", "Task", "Story"}, i)}, "priority": object{"name": pick([]string{"Highest", "High", "Medium", "Low"}, i/2)}, "labels": []any{c.plan, "customer"},
			"assignee": jiraPerson(pick(crew, 7+i%3)), "reporter": jiraPerson(pick(crew, 4+i%3)), "resolution": nil, "duedate": nil, "customfield_10042": c.name,
			"created": jiraTime(i*14 + 30), "updated": jiraTime(i * 13),
		}
		if i%4 == 3 {
			fields["resolution"] = object{"name": "Done"}
		}
		if i%3 == 0 {
			fields["duedate"] = day(-24 * (i - 20))
		}
		issue := d.add("issues", nil, object{"id": id, "key": key, "self": jiraSelf("issue", id), "fields": fields})
		for j, body := range []string{"Reproduced on the account of " + c.name + ".", "Their Stripe customer is " + c.stripeID() + "."} {
			comment := fmt.Sprint(70_000 + i*2 + j)
			d.add("issue_comments", jiraKeys(issue), object{
				"id": comment, "self": jiraSelf("issue/"+id+"/comment", comment), "body": jiraText(body), "author": jiraPerson(pick(crew, i+j)), "created": jiraTime(i*13 + 5 - j), "updated": jiraTime(i*13 + 5 - j), "jsdPublic": true,
			})
		}
	}
	return d
}
