package sandbox

import (
	"fmt"
	"strings"
)

// intercom says where the next page starts and nothing of how much there is.
func intercom() *definition {
	read := func(name string) entity {
		return entity{name: name, indexed: true, actions: []action{listed(intercomPages()), got(str("id", is("id")).path())}}
	}
	return &definition{
		id: "d8313939-3782-41b0-be29-b3ca20d8dd3a", name: "Intercom", slug: "intercom", support: "certified", api: "api.intercom.example",
		auth:     []authOption{{title: "Access Token", keys: []setting{secret("access_token", "Access token.")}}},
		settings: []setting{{name: "start_date", about: "Records from before this date are left out."}},
		direct:   []string{"List recent conversations"}, search: []string{"Which contacts wrote most often last month?"},
		entities: []entity{
			read("contacts").says("People who write to you, users and leads: name, email, phone, companies, last seen."),
			read("conversations").says("Exchanges of messages with customers: title, state (open, closed, snoozed), priority, assignee, first message."),
			read("companies").says("Organizations that contacts belong to: name, plan, size, monthly spend."),
			{name: "admins", about: "Teammates who answer: name, email, job title.", actions: []action{listed(whole()), got(str("id", is("id")).path())}},
			{name: "tags", about: "Labels of contacts, companies and conversations.", actions: []action{listed(whole()), got(str("id", is("id")).path())}},
		},
	}
}

// intercomID is of 24 characters, as those of a document store are.
func intercomID(kind string, n int) string { return fmt.Sprintf("%s%018d", kind, n) }

func intercomWorld(who []customer, crew []person) dataset {
	d := dataset{}
	const contacts, companies = "66c0da", "66c0fe"
	unix := func(hours int) int64 { return ago(hours).Unix() }
	refer := func(kind string, items ...object) object {
		data := []any{}
		for _, item := range items {
			data = append(data, item)
		}
		return object{"type": "list", "data": data, "total_count": len(items), "has_more": false, "url": "/" + kind}
	}
	tags := []object{{"type": "tag", "id": "8100001", "name": "bug"}, {"type": "tag", "id": "8100002", "name": "billing"}, {"type": "tag", "id": "8100003", "name": "how-to"}}
	for _, tag := range tags {
		d.add("tags", nil, tag)
	}
	admin := func(p person) string { return fmt.Sprint(7_200_001 + p.n) }
	for _, p := range crew[:7] {
		d.add("admins", nil, object{"type": "admin", "id": admin(p), "name": p.name, "email": p.email(), "job_title": p.role, "away_mode_enabled": false, "has_inbox_seat": true, "team_ids": []any{}})
	}
	for _, c := range who {
		company := intercomID(companies, c.n)
		d.add("companies", nil, object{
			"type": "company", "id": company, "company_id": c.hubspotID(), "name": c.name, "industry": c.industry, "website": "https://" + c.domain, "size": c.seats * 11, "user_count": 2, "session_count": 40 + c.n*3,
			"plan": object{"type": "plan", "name": c.plan}, "monthly_spend": 49 * c.seats, "created_at": unix(9000 - c.n*90), "updated_at": unix(c.n * 6), "last_request_at": unix(c.n),
			"tags": refer("tags"), "custom_attributes": object{"stripe_customer": c.stripeID(), "zendesk_organization": fmt.Sprint(c.zendeskID())},
		})
		for j := range 2 {
			name := c.contact
			if j == 1 {
				name = pick(who, c.n+5).contact
			}
			d.add("contacts", nil, object{
				"type": "contact", "id": intercomID(contacts, c.n*2+j), "external_id": fmt.Sprint(301_000 + c.n*2 + j), "role": pick([]string{"user", "user", "lead"}, c.n+j), "name": name, "email": strings.ToLower(name) + "@" + c.domain,
				"phone": fmt.Sprintf("+1 555 01%02d", (c.n*2+j)%100), "owner_id": 7_200_001 + c.owner, "unsubscribed_from_emails": false, "created_at": unix(8000 - c.n*80), "updated_at": unix(c.n*5 + j), "last_seen_at": unix(c.n * 2),
				"companies": refer("companies", object{"type": "company", "id": company, "url": "/companies/" + company}), "tags": refer("tags"), "custom_attributes": object{"plan": c.plan},
			})
		}
	}
	for i := range 90 {
		c := pick(who, i)
		state := pick([]string{"open", "closed", "snoozed", "open"}, i)
		d.add("conversations", nil, object{
			"type": "conversation", "id": fmt.Sprint(215_470_000_000_001 + i), "title": topic(i), "state": state, "open": state == "open", "read": i%3 > 0, "priority": pick([]string{"not_priority", "priority"}, i), "admin_assignee_id": 7_200_001 + 4 + i%3, "team_assignee_id": nil,
			"created_at": unix(i*5 + 100), "updated_at": unix(i * 5), "waiting_since": nil, "snoozed_until": nil, "source": object{"type": "conversation", "delivered_as": "customer_initiated", "body": "<p>" + story(c, i) + "</p>", "author": object{"type": "user", "name": c.contact, "email": c.email()}},
			"contacts": object{"type": "contact.list", "contacts": []any{object{"type": "contact", "id": intercomID(contacts, c.n*2), "external_id": fmt.Sprint(301_000 + c.n*2)}}}, "tags": object{"type": "tag.list", "tags": []any{pick(tags, i)}},
			"statistics": object{"type": "conversation_statistics", "time_to_admin_reply": 600 + i*30, "count_conversation_parts": 2 + i%5}, "custom_attributes": object{"zendesk_ticket": ticketID(i)},
		})
	}
	return d
}
