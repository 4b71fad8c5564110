package sandbox

import (
	"fmt"
	"strings"
)

// linear speaks GraphQL: camel case, nested objects, null for what is not there.
func linear() *definition {
	id := str("id", is("id")).path()
	read := func(params ...param) []action {
		one := got(id)
		one.nullable = true
		return []action{listed(linearPages(), params...), one}
	}
	title, about := str("title", nil).body("title"), str("description", nil).body("description").says("Markdown.")
	state, priority := str("stateId", nil).body("").says("ID of a workflow state."), integer("priority", nil).body("priority").says("0 none, 1 urgent, 2 high, 3 medium, 4 low.").oneOf("0", "1", "2", "3", "4")
	project, assignee := str("projectId", nil).body("").says("ID of the project."), str("assigneeId", nil).body("").says("ID of the user.")
	text := str("body", nil).body("body").need().says("Markdown.")
	return &definition{
		id: "1c5d8316-ed42-4473-8fbc-2626f03f070c", name: "Linear", slug: "linear", support: "certified", api: "api.linear.example",
		auth:     []authOption{{title: "API Key", keys: []setting{secret("api_key", "Personal API key, lin_api_….")}}},
		settings: []setting{{name: "start_date", about: "Records from before this date are left out."}},
		direct:   []string{"List the issues of the Platform team", "Create an issue for a bug a customer reported"},
		search:   []string{"Which issues mention Alderquay?", "What is urgent and not started?"},
		entities: []entity{
			{name: "issues", about: "Tasks, bugs and requests: identifier (WEB-299), title, description, state, priority, assignee, team, project.", indexed: true, semantic: "description", actions: append(read(),
				action{name: "create", params: []param{str("teamId", nil).body("").need().says("ID of the team."), title.need(), about, state, priority, project}, make: makeLinearIssue},
				action{name: "update", params: []param{id, title, about, state, priority, assignee, project}, change: changeLinearIssue})},
			{name: "projects", about: "Larger pieces of work made of issues: name, state (planned, started, completed), progress, lead, target date.", indexed: true, actions: read()},
			{name: "teams", about: "Teams that own issues: key (WEB), name.", indexed: true, actions: read()},
			{name: "workflow_states", about: "Statuses that issues can have in a team: name, type.", actions: []action{listed(linearPages())}},
			{name: "users", about: "People in the workspace: name, email, whether active or admin.", indexed: true, actions: read()},
			{name: "comments", about: "What people wrote under an issue: text, author, date.", indexed: true, actions: append(read(str("issueId", is("issue.id")).need().says("ID of the issue.")),
				action{name: "create", params: []param{str("issueId", nil).body("").need().says("ID of the issue."), text}, make: makeLinearComment},
				action{name: "update", params: []param{id, text}})},
		},
	}
}

// reference gives the short form in which one Linear object holds another, or nil.
func (w *write) reference(table string, id any, names ...string) any {
	for _, r := range w.store.rows("linear", table) {
		if same(r.fields["id"], id) {
			o := object{"id": id}
			for _, n := range names {
				o[n] = r.fields[n]
			}
			return o
		}
	}
	return nil
}

func makeLinearIssue(w *write) *record {
	team := w.reference("teams", w.params["teamId"], "key", "name")
	if team == nil {
		return nil
	}
	number := 500 + int(w.store.next())
	key := text(team.(object)["key"])
	priority := w.params["priority"]
	if priority == nil {
		priority = 0
	}
	state := w.reference("workflow_states", w.params["stateId"], "name", "type")
	if state == nil {
		state = object{"id": linearState(key, 0), "name": "Backlog", "type": "backlog"}
	}
	return newRecord(object{
		"id": w.store.newID("linear-issue"), "identifier": fmt.Sprintf("%s-%d", key, number), "number": number, "title": w.params["title"], "description": w.params["description"], "priority": priority,
		"state": state, "team": team, "project": w.reference("projects", w.params["projectId"], "name"), "assignee": nil, "labels": object{"nodes": []any{}},
		"createdAt": w.now, "updatedAt": w.now, "completedAt": nil, "url": fmt.Sprintf("https://linear.app/%s/issue/%s-%d", githubOrg, key, number),
	}, nil)
}

func changeLinearIssue(w *write, fields object) {
	for param, target := range map[string][]string{"stateId": {"workflow_states", "state", "type"}, "assigneeId": {"users", "assignee", "email"}, "projectId": {"projects", "project", "state"}} {
		id, given := w.params[param]
		if !given {
			continue
		}
		if found := w.reference(target[0], id, "name", target[2]); found != nil || id == nil {
			fields[target[1]] = found
		}
	}
	fields["updatedAt"] = w.now
}

func makeLinearComment(w *write) *record {
	issue := w.reference("issues", w.params["issueId"], "identifier", "title")
	if issue == nil {
		return nil
	}
	return newRecord(object{
		"id": w.store.newID("linear-comment"), "body": w.params["body"], "issue": issue, "user": object{"id": staff()[4].linearID(), "name": staff()[4].name},
		"createdAt": w.now, "updatedAt": w.now,
	}, nil)
}

func linearState(team string, i int) string { return uuid("linear", "state", team, fmt.Sprint(i)) }

func linearWorld(who []customer, crew []person) dataset {
	d := dataset{}
	states := []object{
		{"name": "Backlog", "type": "backlog"}, {"name": "Todo", "type": "unstarted"}, {"name": "In Progress", "type": "started"},
		{"name": "In Review", "type": "started"}, {"name": "Done", "type": "completed"}, {"name": "Canceled", "type": "canceled"},
	}
	teams := []object{{"key": "PLT", "name": "Platform"}, {"key": "WEB", "name": "Web"}, {"key": "SUP", "name": "Support"}}
	for i, team := range teams {
		team["id"], team["description"], team["createdAt"], team["updatedAt"] = uuid("linear", "team", text(team["key"])), text(team["name"])+" of "+vendor, stamp(ago(18_000)), stamp(ago(i*50))
		d.add("teams", nil, team)
		for j, state := range states {
			d.add("workflow_states", nil, object{
				"id": linearState(text(team["key"]), j), "name": state["name"], "type": state["type"], "position": j, "team": object{"id": team["id"], "name": team["name"]},
			})
		}
	}
	for i, name := range []string{"Faster exports", "Single sign-on", "Audit log", "Search freshness", "Billing accuracy", "Mobile"} {
		d.add("projects", nil, object{
			"id": uuid("linear", "project", name), "name": name, "description": "What customers ask for under the name of " + strings.ToLower(name) + ".",
			"state": pick([]string{"started", "planned", "completed"}, i), "progress": float64(i) / 8, "targetDate": day(-24 * 20 * (i + 1)),
			"lead": object{"id": crew[10].linearID(), "name": crew[10].name}, "createdAt": stamp(ago(3000)), "updatedAt": stamp(ago(i * 30)),
		})
	}
	for _, p := range crew {
		d.add("users", nil, object{"id": p.linearID(), "name": p.name, "displayName": p.handle(), "email": p.email(), "active": true, "admin": p.n == 10, "createdAt": stamp(ago(18_000))})
	}
	for i := range 60 {
		c, team, j := pick(who, i), pick(teams, i), i%len(states)
		number := 300 - i
		id := uuid("linear", "issue", fmt.Sprint(i))
		key := text(team["key"])
		issue := object{
			"id": id, "identifier": fmt.Sprintf("%s-%d", key, number), "number": number, "title": topic(i) + " (" + c.name + ")", "description": story(c, i) + fmt.Sprintf(" See GitHub issue #%d and Zendesk ticket %d.", 200-i, ticketID(i)), "priority": i % 5,
			"state": object{"id": linearState(key, j), "name": states[j]["name"], "type": states[j]["type"]}, "team": object{"id": team["id"], "key": key, "name": team["name"]}, "project": nil,
			"assignee": object{"id": pick(crew, 7+i%3).linearID(), "name": pick(crew, 7+i%3).name, "email": pick(crew, 7+i%3).email()}, "labels": object{"nodes": []any{object{"name": pick([]string{"bug", "customer request"}, i)}}},
			"createdAt": stamp(ago(i*14 + 30)), "updatedAt": stamp(ago(i * 13)), "completedAt": nil, "dueDate": nil, "url": fmt.Sprintf("https://linear.app/%s/issue/%s-%d", githubOrg, key, number),
		}
		if i%2 == 0 {
			project := d["projects"][i/2%6].fields
			issue["project"] = object{"id": project["id"], "name": project["name"]}
		}
		if states[j]["type"] == "completed" {
			issue["completedAt"] = issue["updatedAt"]
		}
		d.add("issues", nil, issue)
		author := pick(crew, i)
		d.add("comments", nil, object{
			"id":    uuid("linear", "comment", fmt.Sprint(i)),
			"body":  pick([]string{"Reproduced.", "Waiting for logs from " + c.name + ".", "Needs a decision: " + strings.ToLower(topic(i)) + "."}, i),
			"issue": object{"id": id, "identifier": issue["identifier"], "title": issue["title"]}, "user": object{"id": author.linearID(), "name": author.name},
			"createdAt": stamp(ago(i * 12)), "updatedAt": stamp(ago(i * 12)),
		})
	}
	return d
}
