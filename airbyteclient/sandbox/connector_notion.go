package sandbox

import (
	"fmt"
	"strings"
)

// notion writes every text as rich text and every property as an object of its type.
// It can only be read.
func notion() *definition {
	pages := func(params ...param) action { return listed(notionPages(), params...) }
	read := func(name, table, id string) entity {
		return entity{name: name, table: table, indexed: true, actions: []action{pages(), got(str(id, is("id")).path())}}
	}
	return &definition{
		id: "6e00b415-b02e-4160-bf02-58176a0ae687", name: "Notion", slug: "notion", support: "certified", api: "api.notion.example",
		auth: []authOption{
			{title: "OAuth2.0", oauth: true, discriminator: "auth_type=OAuth2.0", keys: []setting{secret("client_id", "OAuth client ID."), secret("client_secret", "OAuth client secret."), secret("access_token", "Access token.")}},
			{title: "Access Token", discriminator: "auth_type=token", keys: []setting{secret("token", "Integration token.")}},
		},
		direct: []string{"List the pages I can see"}, search: []string{"Find pages about onboarding"},
		entities: []entity{
			read("users", "", "user_id").says("People and bots in the workspace: name, email."),
			read("pages", "", "page_id").says("Documents, and the entries of databases: title, properties, parent, when edited."),
			read("databases", "", "database_id").says("Tables of pages: title, properties (columns)."),
			read("data_sources", "databases", "data_source_id").says("Tables within a database: title, properties (columns)."), // what Notion calls databases since 2025
			{name: "blocks", about: "The content of a page: paragraphs, headings, lists, to-dos.", indexed: true, actions: []action{
				pages(str("block_id", is("@parent")).path().says("ID of the page whose blocks to list.")), got(str("block_id", is("id")).path()),
			}},
		},
	}
}

func notionText(s string) []any {
	return []any{object{"type": "text", "text": object{"content": s, "link": nil}, "plain_text": s, "href": nil}}
}

func notionUser(p person) string { return uuid("notion", "user", p.name) }

func notionWorld(who []customer, crew []person) dataset {
	d := dataset{}
	for _, p := range crew {
		d.add("users", nil, object{"object": "user", "id": notionUser(p), "type": "person", "name": p.name, "avatar_url": nil, "person": object{"email": p.email()}})
	}
	entry := func(kind, id string, hours int, more object) object {
		author := object{"object": "user", "id": notionUser(pick(crew, hours))}
		o := object{
			"object": kind, "id": id, "created_time": stamp(ago(hours + 900)), "last_edited_time": stamp(ago(hours)), "created_by": author, "last_edited_by": author, "archived": false, "in_trash": false,
		}
		for k, v := range more {
			o[k] = v
		}
		return o
	}
	address := func(id string) string { return "https://www.notion.so/" + strings.ReplaceAll(id, "-", "") }
	for i, title := range []string{"Customers", "Runbooks", "Meeting notes"} {
		id := uuid("notion", "database", title)
		d.add("databases", nil, entry("database", id, i*30, object{
			"title": notionText(title), "description": []any{}, "is_inline": false, "parent": object{"type": "workspace", "workspace": true}, "url": address(id),
			"properties": object{"Name": object{"id": "title", "name": "Name", "type": "title", "title": object{}}, "Customer": object{"id": "cust", "name": "Customer", "type": "rich_text", "rich_text": object{}}},
		}))
	}
	page := func(database, title, customer string, hours int, texts ...string) {
		id := uuid("notion", "page", title)
		d.add("pages", nil, entry("page", id, hours, object{
			"parent": object{"type": "database_id", "database_id": uuid("notion", "database", database)}, "icon": nil, "cover": nil, "url": address(id), "public_url": nil,
			"properties": object{"Name": object{"id": "title", "type": "title", "title": notionText(title)}, "Customer": object{"id": "cust", "type": "rich_text", "rich_text": notionText(customer)}},
		}))
		for i, s := range texts {
			block := uuid("notion", "block", title, fmt.Sprint(i))
			d.add("blocks", map[string]string{"parent": id}, entry("block", block, hours, object{
				"parent": object{"type": "page_id", "page_id": id}, "type": "paragraph", "has_children": false, "paragraph": object{"rich_text": notionText(s), "color": "default"},
			}))
		}
	}
	for i, c := range who {
		page("Customers", c.name, c.name, i*6, story(c, i), fmt.Sprintf("HubSpot company %s, Stripe customer %s, Zendesk organization %d.", c.hubspotID(), c.stripeID(), c.zendeskID()))
		if i%2 == 0 {
			page("Meeting notes", "Review with "+c.name, c.name, i*9, crew[c.owner].name+" and "+c.contact+" talked about: "+topic(i)+".")
		}
	}
	for i, t := range topics() {
		page("Runbooks", t, "", i*40, "First look at the status page, then at the activity log of the workspace.", "Escalate to "+pick(crew, 7+i%3).name+" after an hour.")
	}
	return d
}
