package sandbox

import (
	"fmt"
	"strings"
)

// zendesk counts pages from one and has identifiers that do not fit a float.
func zendesk() *definition {
	one := func(param string) action { return got(integer(param, is("id")).path()) }
	all := func(params ...param) action { return listed(zendeskPages(), params...).sorted(zendeskSorts) }
	// table is an entity that can be listed and read by its identifier.
	table := func(name, id string, params ...param) entity {
		return entity{name: name, indexed: true, actions: []action{all(params...), one(id)}}
	}
	only := func(name string, params ...param) entity {
		return entity{name: name, actions: []action{all(params...)}}
	}
	active := boolean("active", is("active"))
	sorting := []param{str("sort_by", nil), str("sort_order", nil).oneOf("asc", "desc")}
	ticket := integer("ticket_id", is("@ticket")).path()
	article := integer("article_id", is("@article")).path()
	attachment := integer("attachment_id", is("id")).path()
	load := func(params ...param) action {
		return action{name: "download", params: append(params, str("range_header", nil).says("Such as bytes=0-99.")), content: func(r *record, _ object) (file, bool) {
			if r.content == nil {
				return file{}, false
			}
			return *r.content, true
		}}
	}
	comments := only("ticket_comments", ticket, boolean("include_inline_images", nil), str("sort", nil)).says("The conversation on a ticket: what the customer and agents wrote, public or internal, with attachments.")
	comments.indexed = true
	articles := all(sorting...)
	articles.payload = zendeskArticle
	metrics := only("ticket_metrics").says("Figures of each ticket: times to reply and to solve, number of reopens and replies.")
	metrics.indexed = true
	audits := only("ticket_audits", integer("ticket_id", is("ticket_id")).says("ID of the ticket; all tickets unless given.")).says("History of tickets: who changed which field, and when.")

	return &definition{
		id: "79c1aa37-dae3-42ae-b333-d1c105477715", name: "Zendesk Support", slug: "zendesk-support", support: "certified", api: "lanternworks.zendesk.example",
		auth: []authOption{
			{title: "OAuth 2.0", oauth: true, discriminator: "credentials=oauth2.0", keys: oauthKeys(secret("access_token", "Access token."), "refresh_token")},
			{title: "API Token", discriminator: "credentials=api_token", keys: []setting{{name: "email", about: "Email of the agent.", required: true}, secret("api_token", "API token.")}},
		},
		settings:    []setting{{name: "start_date", about: "Records from before this date are left out."}},
		environment: []setting{{name: "subdomain", about: "Part of the address before .zendesk.com.", required: true}},
		direct:      []string{"List the newest tickets", "Show me the comments of ticket 5200"},
		search:      []string{"Which enterprise customers have urgent open tickets?", "How many tickets did each agent solve?"},
		entities: []entity{
			table("tickets", "ticket_id", str("external_id", is("external_id")), str("sort", nil)).says("Tickets, the support requests of customers: subject, description, status (new, open, pending, solved, closed), priority, requester, assignee, organization."),
			table("users", "user_id", str("role", is("role")).oneOf("end-user", "agent", "admin"), str("external_id", is("external_id"))).says("People: agents and admins who answer, and end users (customers) who ask; name, email, role, organization."),
			table("organizations", "organization_id").says("Companies that customers belong to: name, domains, external ID, plan."),
			table("groups", "group_id", boolean("exclude_deleted", nil)).says("Groups of agents that tickets are assigned to: name, description."),
			comments,
			{name: "attachments", about: "Files attached to comments: name, type, size.", actions: []action{one("attachment_id"), load(attachment)}},
			audits, metrics,
			table("ticket_fields", "ticket_field_id", str("locale", nil)).says("Fields that tickets have, the standard and custom ones."),
			table("brands", "brand_id").says("Brands under which customers are helped."),
			table("views", "view_id", append([]param{active, integer("group_id", nil)}, sorting...)...).says("Saved lists of tickets that agents work from."),
			table("macros", "macro_id", append([]param{active}, sorting...)...).says("Prepared replies and changes that agents apply to tickets."),
			table("triggers", "trigger_id", active).says("Rules that run as soon as a ticket is created or updated."),
			table("automations", "automation_id", active).says("Rules that run on tickets after some time."),
			only("tags").says("Words put on tickets, and how often each is used."),
			table("satisfaction_ratings", "satisfaction_rating_id", str("score", is("score")).oneOf("good", "bad", "offered")).says("How customers rated the help they got: score (good, bad, offered), comment, ticket."),
			only("group_memberships").says("Which agent is in which group."),
			only("organization_memberships").says("Which user is in which organization."),
			table("sla_policies", "sla_policy_id").says("Service level agreements: how fast tickets have to be answered and solved."),
			table("ticket_forms", "ticket_form_id", active, boolean("end_user_visible", is("end_user_visible"))).says("Forms in which customers write tickets."),
			{name: "articles", about: "Articles of the help center (knowledge base): title, body, labels, votes.", indexed: true, actions: []action{articles, got(integer("id", is("id")).path())}},
			{name: "article_attachments", about: "Files attached to articles.", actions: []action{all(article), got(article, attachment), load(article, attachment)}},
		},
	}
}

// zendeskSorts reads both forms: sort=-created_at, and sort_by with sort_order.
func zendeskSorts(params object) []sortKey {
	if field := text(params["sort"]); field != "" {
		name, down := strings.CutPrefix(field, "-")
		return []sortKey{{name, down}}
	}
	if field := text(params["sort_by"]); field != "" {
		return []sortKey{{field, params["sort_order"] == "desc"}}
	}
	return nil
}

// ticketID counts down, since the world is written from the newest to the oldest.
func ticketID(i int) int { return 5200 - i }

func zendeskWorld(who []customer, crew []person) dataset {
	d := dataset{}
	agents := crew[4:7]
	dates := func(o object, hours int) object {
		o["created_at"], o["updated_at"] = stamp(ago(hours+200)), stamp(ago(hours))
		return o
	}
	for _, c := range who {
		d.add("organizations", nil, dates(object{
			"id": c.zendeskID(), "name": c.name, "domain_names": []any{c.domain}, "external_id": c.hubspotID(), "details": "Plan " + c.plan, "notes": nil, "tags": []any{c.plan},
			"organization_fields": object{"plan": c.plan, "stripe_customer": c.stripeID()},
		}, c.n*4))
	}
	for _, p := range agents {
		d.add("users", nil, dates(object{
			"id": p.zendeskID(), "name": p.name, "email": p.email(), "role": "agent", "active": true, "organization_id": nil, "external_id": nil,
			"time_zone": "Europe/Lisbon",
		}, p.n))
	}
	requester := func(c customer) int64 { return 9_207_199_254_740_993 + int64(c.n)*2 }
	for _, c := range who {
		d.add("users", nil, dates(object{
			"id": requester(c), "name": c.contact, "email": c.email(), "role": "end-user", "active": true, "organization_id": c.zendeskID(),
			"external_id": fmt.Sprint(301_000 + c.n*2), "time_zone": "Europe/London",
		}, c.n*3))
	}
	for i, name := range []string{"Support", "Escalations", "Billing", "Onboarding"} {
		d.add("groups", nil, dates(object{"id": 36_000_000_000_101 + i, "name": name, "description": name + " of " + vendor, "default": i == 0, "deleted": false}, i))
	}
	for i := range 90 {
		c, id := pick(who, i), ticketID(i)
		agent := pick(agents, i)
		d.add("tickets", nil, dates(object{
			"id": id, "subject": topic(i), "description": story(c, i), "status": pick([]string{"open", "pending", "solved", "new", "closed"}, i), "priority": pick([]string{"urgent", "high", "normal", "low"}, i/2), "type": "problem",
			"requester_id": requester(c), "assignee_id": agent.zendeskID(), "organization_id": c.zendeskID(), "group_id": 36_000_000_000_101 + i%4, "tags": []any{c.plan, pick([]string{"export", "login", "webhook", "billing"}, i)},
			"external_id": nil, "via": object{"channel": pick([]string{"email", "web", "chat"}, i)}, "satisfaction_rating": object{"score": pick([]string{"unoffered", "good", "bad"}, i)}, "has_incidents": false, "url": fmt.Sprintf("https://lanternworks.zendesk.example/api/v2/tickets/%d.json", id),
		}, i*5))
		keys := map[string]string{"ticket": fmt.Sprint(id)}
		for j, body := range []string{story(c, i), "Thank you. I have passed this to engineering, see GitHub issue #" + fmt.Sprint(200-i%60) + ".", "Any news on this?"}[:1+i%3] {
			author := requester(c)
			if j == 1 {
				author = agent.zendeskID()
			}
			comment := object{
				"id": 8_000_000_000_001 + i*10 + j, "type": "Comment", "author_id": author, "body": body, "plain_body": body, "public": j != 1, "attachments": []any{},
				"created_at": stamp(ago(i*5 + 100 - j*20)),
			}
			if j == 0 && i < 12 {
				f := attachmentOf(c, i)
				a := object{"id": 7_000_000_000_001 + i, "file_name": f.name, "content_type": f.kind, "size": f.size(), "inline": false, "deleted": false}
				comment["attachments"] = []any{a}
				d.add("attachments", keys, a).content = &f
			}
			d.add("ticket_comments", keys, comment)
		}
		d.add("ticket_metrics", nil, dates(object{
			"id": 6_000_000_000_001 + i, "ticket_id": id, "reopens": i % 3, "replies": 1 + i%5, "reply_time_in_minutes": object{"calendar": 12 + i*3, "business": 9 + i},
			"full_resolution_time_in_minutes": object{"calendar": 400 + i*21, "business": 200 + i*7}, "solved_at": nil,
		}, i*5))
		d.add("ticket_audits", nil, object{
			"id": 6_500_000_000_001 + i, "ticket_id": id, "author_id": agent.zendeskID(), "created_at": stamp(ago(i * 5)),
			"events": []any{object{"type": "Change", "field_name": "status", "value": "open", "previous_value": "new"}},
		})
	}
	for i := range 30 {
		c := pick(who, i*3)
		d.add("satisfaction_ratings", nil, dates(object{
			"id": 6_600_000_000_001 + i, "ticket_id": ticketID(i * 3), "score": pick([]string{"good", "good", "bad", "offered"}, i),
			"comment": "About: " + strings.ToLower(topic(i)), "requester_id": requester(c), "assignee_id": pick(agents, i).zendeskID(),
		}, i*12))
	}
	zendeskSettings(d, who, requester, agents)
	zendeskArticles(d)
	return d
}

// zendeskSettings makes the small tables that describe an account rather than its work.
func zendeskSettings(d dataset, who []customer, requester func(customer) int64, agents []person) {
	small := map[string][]string{
		"ticket_fields": {"Subject", "Description", "Status", "Priority", "Affected area"}, "brands": {vendor, vendor + " Labs"},
		"views": {"Unsolved tickets", "Urgent and unassigned", "Waiting for engineering", "Recently solved"}, "macros": {"Ask for logs", "Close as duplicate", "Hand over to billing"},
		"triggers": {"Notify requester", "Notify group", "Flag enterprise customers"}, "automations": {"Close after four days", "Remind after one day"},
		"sla_policies": {"Enterprise", "Growth"}, "ticket_forms": {"Problem", "Question about billing"},
	}
	for table, titles := range small {
		base := 360_000_000_000 + len(table)*1_000_000
		for i, title := range titles {
			d.add(table, nil, object{
				"id": base + i, "title": title, "name": title, "active": i != 3, "end_user_visible": i == 0, "position": i, "description": title + ".",
				"created_at": stamp(ago(9000)), "updated_at": stamp(ago(i * 300)),
			})
		}
	}
	for i, tag := range []string{"export", "login", "webhook", "billing", "starter", "growth", "enterprise"} {
		d.add("tags", nil, object{"name": tag, "count": 90 / (i + 1)})
	}
	for i, p := range agents {
		d.add("group_memberships", nil, object{"id": 6_700_000_000_001 + i, "user_id": p.zendeskID(), "group_id": 36_000_000_000_101 + i, "default": true, "created_at": stamp(ago(8000))})
	}
	for _, c := range who {
		d.add("organization_memberships", nil, object{"id": 6_800_000_000_001 + c.n, "user_id": requester(c), "organization_id": c.zendeskID(), "default": true, "created_at": stamp(ago(8000))})
	}
}

// zendeskArticle is one article of the help centre.
func zendeskArticle(i int, body string) object {
	return object{
		"id": 4_400_000_000_001 + i, "title": fmt.Sprintf("%s (%d)", topic(i), i), "body": body, "locale": "en-us", "draft": false, "section_id": 42,
		"author_id": 9_107_199_254_741_001, "vote_sum": i * 2, "label_names": []any{"how-to"}, "created_at": stamp(ago(7000)), "updated_at": stamp(ago(i * 40)),
		"html_url": fmt.Sprintf("https://help.lanternworks.example/articles/%d", i),
	}
}

func zendeskArticles(d dataset) {
	for i, t := range topics() {
		article := zendeskArticle(i, "<p>What to do when: "+strings.ToLower(t)+". First look at the status page, then at the activity log of the workspace.</p>")
		d.add("articles", nil, article)
		f := file{name: fmt.Sprintf("figure-%d.png", i), kind: "image/png", bytes: pixel()}
		d.add("article_attachments", map[string]string{"article": plain(article["id"])}, object{
			"id": 4_500_000_000_001 + i, "article_id": article["id"], "file_name": f.name, "content_type": f.kind, "size": f.size(), "inline": true,
		}).content = &f
	}
}
