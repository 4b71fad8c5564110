package sandbox

import (
	"fmt"
	"slices"
	"strings"
)

// hubspot keeps what matters under "properties", with every value a string.
func hubspot() *definition {
	common := []param{
		str("properties", nil).says("Comma-separated properties to return."), str("propertiesWithHistory", nil).says("Comma-separated properties to return with their history."),
		str("associations", nil).says("Comma-separated types whose associated IDs to return."), boolean("archived", isArchived).says("Archived records instead of current ones."),
	}
	read := func(name, table string, id string) entity {
		find := searched(hubspotPages(true),
			str("query", func(r *record, v any) bool { return mentions(r, v) }).body("").says("Words to look for in all default text properties."),
			list("filterGroups", hubspotFilter).body("").says(`Groups of filters: [{"filters":[{"propertyName":"dealstage","operator":"EQ","value":"closedwon"}]}]. Groups are ORed, filters within one ANDed.`),
			list("properties", nil).body("").says("Properties to return."), list("sorts", nil).body("").says(`[{"propertyName":"createdate","direction":"DESCENDING"}]`))
		find.wrapped = true
		find = find.sorted(hubspotSorts)
		return entity{name: name, table: table, indexed: true, actions: []action{
			listed(hubspotPages(false), common...),
			got(append([]param{str(id, is("id")).path(), str("idProperty", nil)}, common...)...),
			find,
		}}
	}
	objectType := str("objectType", is("@type")).path().says("Type of custom object, such as p_renewals.")
	return &definition{
		id: "36c891d9-4bd9-43ac-bad2-10e12756272c", name: "HubSpot", slug: "hubspot", support: "certified", api: "api.hubapi.example",
		auth: []authOption{
			{title: "OAuth2", oauth: true, discriminator: "credentials_title=OAuth Credentials", keys: oauthKeys(secret("refresh_token", "Refresh token."), "client_id", "client_secret", "access_token")},
			{title: "Private App", discriminator: "credentials_title=Private App Credentials", keys: []setting{secret("private_app_token", "Token of the private app.")}, replicationKey: []setting{secret("access_token", "Token of the private app.")}},
		},
		settings: []setting{{name: "start_date", about: "Records from before this date are left out."}},
		direct:   []string{"List my most recent deals", "Show me the contact with email nadia@alderquay.example"},
		search:   []string{"Which enterprise companies have deals closing in November 2026?", "Total the amount of won deals by owner"},
		entities: []entity{
			read("contacts", "", "contactId").says("People at the companies you sell to: first and last name, email, phone, job title, company, owner."),
			read("companies", "", "companyId").says("Organizations, customers or prospects: name, domain, industry, plan, employees, revenue, owner."),
			read("deals", "", "dealId").says("Sales opportunities: name, amount, stage (closedwon, closedlost and so on), pipeline, close date, owner."),
			read("tickets", "", "ticketId").says("Support requests of customers: subject, content, pipeline stage, priority, owner."),
			{name: "schemas", about: "Definitions of custom objects: name, labels, properties.", actions: []action{listed(whole(), boolean("archived", isArchived)), got(str("objectType", is("fullyQualifiedName")).path())}},
			{name: "objects", about: "Records of a custom object that schemas defines.", actions: []action{listed(hubspotPages(false), append([]param{objectType}, common...)...), got(append([]param{objectType, str("objectId", is("id")).path(), str("idProperty", nil)}, common...)...)}},
		},
	}
}

func hubspotSorts(params object) []sortKey {
	sorts, _ := params["sorts"].([]any)
	var keys []sortKey
	for _, s := range sorts {
		by, _ := s.(object)
		keys = append(keys, sortKey{"properties." + text(by["propertyName"]), by["direction"] == "DESCENDING"})
	}
	return keys
}

func isArchived(r *record, v any) bool { return plain(r.fields["archived"]) == plain(v) }

// hubspotFilter understands the operators of HubSpot's search API.
func hubspotFilter(r *record, value any) bool {
	groups, _ := value.([]any)
	return len(groups) == 0 || slices.ContainsFunc(groups, func(group any) bool {
		g, _ := group.(object)
		filters, _ := g["filters"].([]any)
		return !slices.ContainsFunc(filters, func(f any) bool { return !hubspotHolds(r, f) })
	})
}

func hubspotHolds(r *record, f any) bool {
	filter, _ := f.(object)
	have := r.lookup("properties." + text(filter["propertyName"]))
	want := filter["value"]
	values, _ := filter["values"].([]any)
	in := slices.ContainsFunc(values, func(v any) bool { return same(have, v) })
	switch text(filter["operator"]) {
	case "EQ":
		return same(have, want)
	case "NEQ":
		return !same(have, want)
	case "GT":
		return have != nil && compare(have, want) > 0
	case "GTE":
		return have != nil && compare(have, want) >= 0
	case "LT":
		return have != nil && compare(have, want) < 0
	case "LTE":
		return have != nil && compare(have, want) <= 0
	case "BETWEEN":
		return have != nil && compare(have, want) >= 0 && compare(have, filter["highValue"]) <= 0
	case "IN":
		return in
	case "NOT_IN":
		return !in
	case "HAS_PROPERTY":
		return have != nil
	case "NOT_HAS_PROPERTY":
		return have == nil
	case "CONTAINS_TOKEN":
		return strings.Contains(strings.ToLower(plain(have)), strings.ToLower(strings.Trim(plain(want), "*")))
	case "NOT_CONTAINS_TOKEN":
		return !strings.Contains(strings.ToLower(plain(have)), strings.ToLower(strings.Trim(plain(want), "*")))
	}
	return false
}

func hubspotRecord(id string, hours int, properties, associations object) object {
	properties["hs_object_id"], properties["createdate"], properties["hs_lastmodifieddate"] = id, stamp(ago(hours+400)), stamp(ago(hours))
	o := object{"id": id, "properties": properties, "createdAt": stamp(ago(hours + 400)), "updatedAt": stamp(ago(hours)), "archived": false}
	if associations != nil {
		o["associations"] = associations
	}
	return o
}

func linked(kind string, ids ...string) object {
	var results []any
	for _, id := range ids {
		results = append(results, object{"id": id, "type": kind})
	}
	return object{"results": results}
}

func hubspotWorld(who []customer, crew []person) dataset {
	d := dataset{}
	for _, c := range who {
		owner := crew[c.owner].hubspotID()
		d.add("companies", nil, hubspotRecord(c.hubspotID(), c.n*6, object{
			"name": c.name, "domain": c.domain, "industry": c.industry, "numberofemployees": fmt.Sprint(c.seats * 11), "annualrevenue": fmt.Sprint(900_000 + c.n*310_000),
			"plan": c.plan, "hubspot_owner_id": owner, "lifecyclestage": "customer", "stripe_customer_id": c.stripeID(), "zendesk_organization_id": fmt.Sprint(c.zendeskID()),
		}, nil))
		for j := range 2 {
			name, title := c.contact, "Operations Lead"
			if j == 1 {
				name, title = pick(who, c.n+5).contact, "Finance Manager"
			}
			d.add("contacts", nil, hubspotRecord(fmt.Sprint(301_000+c.n*2+j), c.n*5+j, object{
				"firstname": name, "lastname": string(rune('A'+(c.n+j)%26)) + ".", "email": strings.ToLower(name) + "@" + c.domain, "jobtitle": title, "company": c.name, "hubspot_owner_id": owner, "phone": fmt.Sprintf("+1 555 01%02d", (c.n*2+j)%100),
			}, object{"companies": linked("contact_to_company", c.hubspotID())}))
		}
	}
	stages := []string{"appointmentscheduled", "qualifiedtobuy", "presentationscheduled", "contractsent", "closedwon", "closedlost"}
	for i := range 60 {
		c := pick(who, i)
		name := c.name + pick([]string{" – expansion", " – renewal 2027", " – new workspace"}, i)
		d.add("deals", nil, hubspotRecord(fmt.Sprint(9_040_000_000+int64(i)*13), i*7, object{
			"dealname": name, "amount": fmt.Sprint(4_000 + i*1_750), "dealstage": pick(stages, i), "pipeline": "default", "closedate": stamp(epoch.AddDate(0, 0, i*3-60)), "hubspot_owner_id": crew[c.owner].hubspotID(), "deal_currency_code": "USD",
			"description": story(c, i),
		}, object{"companies": linked("deal_to_company", c.hubspotID()), "contacts": linked("deal_to_contact", fmt.Sprint(301_000+c.n*2))}))
	}
	for i := range 40 {
		c := pick(who, i*3)
		d.add("tickets", nil, hubspotRecord(fmt.Sprint(771_000+i), i*8, object{
			"subject": topic(i), "content": story(c, i), "hs_pipeline_stage": fmt.Sprint(1 + i%4), "hs_ticket_priority": pick([]string{"LOW", "MEDIUM", "HIGH"}, i), "hubspot_owner_id": crew[4+i%3].hubspotID(),
		}, object{"companies": linked("ticket_to_company", c.hubspotID())}))
	}
	d.add("schemas", nil, object{
		"id": "2-4401", "name": "renewals", "fullyQualifiedName": "p_renewals", "labels": object{"singular": "Renewal", "plural": "Renewals"}, "archived": false,
		"primaryDisplayProperty": "title", "properties": []any{object{"name": "title", "type": "string"}, object{"name": "risk", "type": "enumeration"}},
	})
	for i := range 20 {
		c := pick(who, i*2)
		d.add("objects", map[string]string{"type": "p_renewals"}, hubspotRecord(fmt.Sprint(55_000+i), i*9, object{"title": "Renewal of " + c.name, "risk": pick([]string{"low", "medium", "high"}, i)}, object{"companies": linked("renewal_to_company", c.hubspotID())}))
	}
	return d
}
