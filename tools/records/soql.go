package records

import (
	"fmt"
	"regexp"
	"strconv"

	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/tools/paging"
)

// Salesforce takes no cursor as an argument: what it gives (nextRecordsUrl) leads
// past the action. A page is asked for in the text of the query, which is
// changed at its very end only, where no string or subquery can stand.

// maxSOQLOffset is Salesforce's own bound.
const maxSOQLOffset = 2000

var (
	soqlEnd     = regexp.MustCompile(`(?is)(?:\s+LIMIT\s+(\d{1,9}))?(?:\s+OFFSET\s+(\d{1,9}))?((?:\s+FOR\s+(?:VIEW|REFERENCE|UPDATE))*(?:\s+ALL\s+ROWS)?)\s*$`)
	soqlOrdered = regexp.MustCompile(`(?i)\b(?:ORDER|GROUP)\s+BY\b|\b(?:COUNT|COUNT_DISTINCT|SUM|AVG|MIN|MAX)\s*\(`)
)

// soqlObjects are what Salesforce calls the entities.
var soqlObjects = map[string]string{
	"accounts": "Account", "contacts": "Contact", "leads": "Lead", "opportunities": "Opportunity", "tasks": "Task", "events": "Event",
	"campaigns": "Campaign", "cases": "Case", "notes": "Note", "content_versions": "ContentVersion", "attachments": "Attachment", "users": "User",
}

// composeSOQL sees to the query, which the action cannot do without.
func (r *reading) composeSOQL(given string) error {
	if object := soqlObjects[r.entity]; object != "" && given == "" && r.params[r.dialect.Next] == nil {
		given = "SELECT FIELDS(STANDARD) FROM " + object
	}
	return r.composeText(r.dialect.Next, given)
}

// soqlBounds are the LIMIT and OFFSET that a query has of its own; limit is -1
// where it has none.
func soqlBounds(query string) (start string, limit, offset int, end string) {
	at := soqlEnd.FindStringSubmatchIndex(query)
	group := func(n int) string {
		if at[2*n] < 0 {
			return ""
		}
		return query[at[2*n]:at[2*n+1]]
	}
	limit = -1
	if n, err := strconv.Atoi(group(1)); err == nil {
		limit = n
	}
	offset, _ = strconv.Atoi(group(2))
	return query[:at[0]], limit, offset, group(3)
}

// pageSOQL is the query for the page after the first seen records. A query that
// asks for no order gets one: pages of an unordered query may overlap.
func pageSOQL(query string, size, seen int) string {
	start, limit, offset, end := soqlBounds(query)
	if limit >= 0 {
		size = min(size, max(limit-seen, 0))
	}
	if !soqlOrdered.MatchString(start) {
		start += " ORDER BY Id"
	}
	page := fmt.Sprintf("%s LIMIT %d", start, size)
	if offset+seen > 0 {
		page += fmt.Sprintf(" OFFSET %d", offset+seen)
	}
	return page + end
}

// afterSOQL is the number of records before the next page; more says whether
// there may be one.
func (r *reading) afterSOQL(at Position, records int, p *paging.Page) (next string, more bool) {
	_, limit, offset, _ := soqlBounds(rawjson.Text(r.params[r.dialect.Next]))
	seen := at.offset() + records
	asked := r.size
	if limit >= 0 {
		asked = min(asked, max(limit-at.offset(), 0))
		if seen >= limit {
			return "", false
		}
	}
	if records < asked && (p == nil || !p.HasMore) || records == 0 {
		return "", false
	}
	if offset+seen > maxSOQLOffset {
		r.note("Salesforce skips no more than %d records: to go on, narrow the query, such as by WHERE Id > 'the last Id' ORDER BY Id.", maxSOQLOffset)
		return "", true
	}
	return strconv.Itoa(seen), true
}
