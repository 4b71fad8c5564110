package sandbox

import (
	"fmt"
	"strings"
	"time"
)

// epoch is the moment at which the world was synced. Everything in it is dated from
// here, so that the same question has the same answer in every year.
var epoch = time.Date(2026, time.November, 20, 9, 0, 0, 0, time.UTC)

const (
	vendor       = "Lanternworks" // the company whose world this is
	vendorDomain = "lanternworks.example"
	githubOrg    = "lanternworks"
)

// customer is one company that the connectors know under different identifiers.
type customer struct {
	n                      int
	name, domain, industry string
	plan                   string
	seats                  int
	contact                string // first name of who writes to us
	owner                  int    // of staff
}

func (c customer) hubspotID() string { return fmt.Sprint(18_200_000_000 + int64(c.n)*7_411) }
func (c customer) stripeID() string  { return fmt.Sprintf("cus_Lw%08dQx", 10_000_000+c.n*37_123) }

// zendeskID lies above 2^53 and is odd: it does not survive a float.
func (c customer) zendeskID() int64 { return 9_007_199_254_740_993 + int64(c.n)*2 }
func (c customer) slug() string     { return strings.TrimSuffix(c.domain, ".example") }
func (c customer) email() string    { return strings.ToLower(c.contact) + "@" + c.domain }

// person is one of the vendor's own staff, known to every connector.
type person struct {
	n          int
	name, role string
}

func (p person) handle() string    { return strings.ToLower(p.name) }
func (p person) email() string     { return p.handle() + "@" + vendorDomain }
func (p person) slackID() string   { return fmt.Sprintf("U07LW%05dK", 10_000+p.n*137) }
func (p person) linearID() string  { return uuid("linear", "user", p.name) }
func (p person) zendeskID() int64  { return 9_107_199_254_740_993 + int64(p.n)*2 }
func (p person) gongID() string    { return fmt.Sprint(4_511_000_000_000_000_000 + int64(p.n)*1_009) }
func (p person) hubspotID() string { return fmt.Sprint(71_400_100 + p.n) }

func staff() []person {
	roles := []string{"Account Executive", "Account Executive", "Customer Success", "Customer Success", "Support Engineer", "Support Engineer", "Support Lead", "Backend Engineer", "Backend Engineer", "Frontend Engineer", "Product Manager", "Head of Sales"}
	var all []person
	for i, name := range strings.Fields("Amara Bruno Chiara Dmitri Elif Farid Greta Hiro Ines Jonas Kavya Lucia") {
		all = append(all, person{n: i, name: name, role: roles[i]})
	}
	return all
}

func customers() []customer {
	first := strings.Fields(`Alderquay Bramblewick Cindermoor Dovetarn Emberlyn Fennickson Glasshollow Harrowmere Inkberrow Juniperdale
		Kestrelby Larkspurton Mossgrove Nettlecombe Oakhythe Pebbleforth Quillfern Rookhaven Saltmarshe Thistlebank
		Umberfield Velverton Willowgate Yarrowby Zephyrholm Ashenbrook Birchmantle Coppergill Duskwater Elmstrand
		Foxglen Gorsefield Hollinrake Ivorytarn Jasperwick Knollbridge Lindenquay Marlowick Northfenn Otterbank`)
	kinds := []string{"Logistics", "Foods", "Analytics", "Health", "Robotics", "Outfitters", "Energy", "Media"}
	plans := []string{"starter", "growth", "growth", "enterprise"}
	contacts := strings.Fields("Nadia Oskar Priya Quentin Rosa Stefan Tomoko Ursula Viktor Wanda Ximena Yusuf Zoya Anton Beatriz Cem")
	var all []customer
	for i, name := range first {
		all = append(all, customer{
			n: i, name: name + " " + kinds[i%len(kinds)], domain: strings.ToLower(name) + ".example", industry: strings.ToUpper(kinds[i%len(kinds)]),
			plan: plans[i%len(plans)], seats: 5 + i*7%120, contact: contacts[i%len(contacts)], owner: i % 4,
		})
	}
	return all
}

// topics is what customers and engineers talk about, in every connector.
func topics() []string {
	return []string{
		"Export to CSV times out", "Single sign-on fails after certificate change", "Webhook deliveries arrive twice", "Invoice shows the wrong tax rate",
		"Dashboard loads slowly in the morning", "API returns 429 during nightly sync", "Search misses recently added records", "Dark mode breaks the report view",
		"Cannot invite a second administrator", "Timezone is wrong in weekly digest", "Attachment preview is blank", "Audit log lacks the actor",
	}
}

func topic(i int) string { return topics()[i%len(topics())] }

// story is a text long enough to be truncated.
func story(c customer, i int) string {
	return fmt.Sprintf("%s reports: %s. It started on %s and affects about %d of their %d seats. Steps: sign in as an administrator, open the workspace of %s, "+
		"repeat the action twice within a minute, and look at the activity log. Expected: one entry and a result within five seconds. Seen: no result, "+
		"a spinner that never ends, and two entries. They are on the %s plan, renew soon, and ask for a date by which it will be mended.",
		c.name, topic(i), ago(i*9).Format("2 January"), 1+i%c.seats, c.seats, c.name, c.plan)
}

// ago is a moment so many hours before the epoch.
func ago(hours int) time.Time { return epoch.Add(-time.Duration(hours) * time.Hour) }

func day(hours int) string { return ago(hours).Format(time.DateOnly) }

func pick[T any](list []T, i int) T { return list[i%len(list)] }

// newWorld makes the records of one connector type.
func newWorld(slug string, payload int) dataset {
	who, crew := customers(), staff()
	switch slug {
	case "github":
		return githubWorld(who, crew)
	case "hubspot":
		return hubspotWorld(who, crew)
	case "stripe":
		return stripeWorld(who)
	case "slack":
		return slackWorld(who, crew)
	case "linear":
		return linearWorld(who, crew)
	case "zendesk-support":
		return zendeskWorld(who, crew)
	case "google-drive":
		return driveWorld(who, crew, payload)
	case "gong":
		return gongWorld(who, crew)
	case "salesforce":
		return salesforceWorld(who, crew)
	case "jira":
		return jiraWorld(who, crew)
	case "notion":
		return notionWorld(who, crew)
	case "intercom":
		return intercomWorld(who, crew)
	}
	return dataset{}
}
