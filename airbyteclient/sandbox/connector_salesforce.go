package sandbox

import (
	"fmt"
	"slices"
	"strings"
)

// salesforce is read with SOQL: every list runs whatever query it is given, and only
// the query that it runs when it is given none differs.
func salesforce() *definition {
	read := func(name string) entity {
		soql := str("q", nil).says("SOQL, such as SELECT Id, Name FROM " + salesforceObject(name) + " ORDER BY LastModifiedDate DESC LIMIT 50 OFFSET 50. All fields of the newest records unless given.")
		sosl := str("q", nil).need().says("SOSL, such as FIND {Alderquay} IN ALL FIELDS RETURNING " + salesforceObject(name) + "(Id, Name) LIMIT 20.")
		all, search := listed(soqlPages(), soql), searched(whole(), sosl)
		all.find, search.find = salesforceList(name), salesforceSearch(name)
		return entity{name: name, indexed: true, actions: []action{all, got(str("id", is("Id")).path(), str("fields", nil).says("Comma-separated fields to return.")), search}}
	}
	query := listed(soqlPages(), str("q", nil).need().says("SOQL, such as SELECT Id, Name FROM Account WHERE Industry = 'HEALTH' LIMIT 50. WHERE takes comparisons joined by AND."))
	query.find = salesforceList("")
	return &definition{
		id: "b117307c-14b6-41aa-9422-947e34922962", name: "Salesforce", slug: "salesforce", support: "certified", api: "login.salesforce.example",
		auth:        []authOption{{title: "Salesforce OAuth 2.0", oauth: true, keys: oauthKeys(secret("refresh_token", "Refresh token."), "client_id", "client_secret")}},
		environment: []setting{{name: "instance_url", about: "URL of the Salesforce instance.", example: "https://login.salesforce.com"}},
		direct:      []string{"List my open opportunities"}, search: []string{"Which accounts have opportunities closing this quarter?"},
		entities: []entity{
			read("accounts").says("Companies you do business with: name, industry, website, employees, revenue, owner."),
			read("contacts").says("People at accounts: name, email, title, phone."),
			read("opportunities").says("Deals, in progress or closed: name, amount, stage, close date, probability, account."),
			read("cases").says("Support requests of customers: number, subject, description, status, priority, origin."),
			{name: "query", about: "Records of any object, by a query in SOQL.", actions: []action{query}},
		},
	}
}

// salesforceObject is what SOQL calls the records of a table.
func salesforceObject(table string) string {
	switch table {
	case "accounts":
		return "Account"
	case "contacts":
		return "Contact"
	case "opportunities":
		return "Opportunity"
	}
	return "Case"
}

// salesforceList runs the query in q, or gives all of a table.
func salesforceList(table string) func(*store, object) ([]*record, string) {
	return func(st *store, params object) ([]*record, string) {
		if params["q"] == nil {
			return st.rows("salesforce", table), ""
		}
		q, refusal := readSOQL(text(params["q"]))
		if refusal != "" {
			return nil, refusal
		}
		from := slices.IndexFunc([]string{"accounts", "contacts", "opportunities", "cases"}, func(t string) bool { return strings.EqualFold(salesforceObject(t), q.object) })
		if from < 0 {
			return nil, fmt.Sprintf("INVALID_TYPE: sObject type '%s' is not supported.", q.object)
		}
		return q.run(st.rows("salesforce", []string{"accounts", "contacts", "opportunities", "cases"}[from]))
	}
}

// salesforceSearch reads the words between the braces of SOSL and minds nothing else.
func salesforceSearch(table string) func(*store, object) ([]*record, string) {
	return func(st *store, params object) ([]*record, string) {
		q := text(params["q"])
		_, rest, opened := strings.Cut(q, "{")
		find, _, closed := strings.Cut(rest, "}")
		if !opened || !closed || !strings.HasPrefix(strings.ToUpper(strings.TrimSpace(q)), "FIND") {
			return nil, "MALFORMED_SEARCH: a search begins with FIND {words}"
		}
		var found []*record
		for _, r := range st.rows("salesforce", table) {
			if mentions(r, find) {
				found = append(found, r)
			}
		}
		return found, ""
	}
}

// salesforceID is of 18 characters, of which the first three name the object.
func salesforceID(prefix string, n int) string { return fmt.Sprintf("%sLw%010dAAA", prefix, n) }

func salesforceTime(hours int) string { return ago(hours).Format("2006-01-02T15:04:05.000+0000") }

func salesforceWorld(who []customer, crew []person) dataset {
	d := dataset{}
	add := func(table, id string, hours int, fields object) {
		object := salesforceObject(table)
		fields["attributes"] = map[string]any{"type": object, "url": "/services/data/v62.0/sobjects/" + object + "/" + id}
		fields["Id"], fields["CreatedDate"], fields["LastModifiedDate"], fields["IsDeleted"] = id, salesforceTime(hours+400), salesforceTime(hours), false
		d.add(table, nil, fields)
	}
	account := func(c customer) string { return salesforceID("001", c.n) }
	owner := func(p person) string { return salesforceID("005", p.n) }
	for _, c := range who {
		add("accounts", account(c), c.n*6, object{
			"Name": c.name, "Website": "https://" + c.domain, "Industry": c.industry, "Type": "Customer", "NumberOfEmployees": c.seats * 11, "AnnualRevenue": 900_000 + c.n*310_000, "OwnerId": owner(crew[c.owner]),
			"Plan__c": c.plan, "HubSpot_Company_ID__c": c.hubspotID(), "Stripe_Customer_ID__c": c.stripeID(), "Zendesk_Organization_ID__c": fmt.Sprint(c.zendeskID()),
		})
		for j := range 2 {
			name, title := c.contact, "Operations Lead"
			if j == 1 {
				name, title = pick(who, c.n+5).contact, "Finance Manager"
			}
			last := string(rune('A'+(c.n+j)%26)) + "."
			add("contacts", salesforceID("003", c.n*2+j), c.n*5+j, object{
				"Name": name + " " + last, "FirstName": name, "LastName": last, "Email": strings.ToLower(name) + "@" + c.domain, "Title": title, "Phone": fmt.Sprintf("+1 555 01%02d", (c.n*2+j)%100),
				"AccountId": account(c), "Account": object{"Name": c.name}, "OwnerId": owner(crew[c.owner]),
			})
		}
	}
	stages := []string{"Prospecting", "Qualification", "Proposal/Price Quote", "Negotiation/Review", "Closed Won", "Closed Lost"}
	for i := range 60 {
		c, stage := pick(who, i), pick(stages, i)
		add("opportunities", salesforceID("006", i), i*7, object{
			"Name": c.name + pick([]string{" – expansion", " – renewal 2027", " – new workspace"}, i), "AccountId": account(c), "Account": object{"Name": c.name}, "Amount": 4_000 + i*1_750, "StageName": stage,
			"CloseDate": epoch.AddDate(0, 0, i*3-60).Format("2006-01-02"), "Probability": i % 6 * 20, "IsClosed": i%6 >= 4, "IsWon": i%6 == 4, "OwnerId": owner(crew[c.owner]), "Description": story(c, i),
		})
	}
	for i := range 40 {
		c := pick(who, i*3)
		add("cases", salesforceID("500", i), i*8, object{
			"CaseNumber": fmt.Sprintf("%08d", 1000+i), "Subject": topic(i), "Description": story(c, i), "Status": pick([]string{"New", "Working", "Escalated", "Closed"}, i), "Priority": pick([]string{"Low", "Medium", "High"}, i),
			"Origin": pick([]string{"Email", "Web", "Phone"}, i), "AccountId": account(c), "Account": object{"Name": c.name}, "ContactId": salesforceID("003", c.n*2), "OwnerId": owner(crew[4+i%3]), "Zendesk_Ticket_ID__c": fmt.Sprint(ticketID(i * 3)),
		})
	}
	return d
}
