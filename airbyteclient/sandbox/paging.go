package sandbox

import (
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// dialect is how one third party pages: which parameters ask for the next page, and
// what connector_metadata says of this one.
type dialect struct {
	size, next string // parameter names; size is empty where the page size is fixed
	nextKind   string // JSON type of next
	usual, max int    // page size
	clamps     bool   // a page size beyond max is cut to it instead of refused
	back       string // parameter naming the record before which the page ends
	numbered   bool   // next counts pages, from one
	lastID     bool   // next is the ID of the last record
	// slice cuts the page where a query says which, and words says so for the documents.
	slice    func(params object, p *page) (refusal string)
	words    string
	start    func(token any, rows []*record) (int, bool)
	metadata func(p page) object
}

// page is a window on the records that fit.
type page struct {
	rows            []*record
	from, to, size  int
	entity, baseURL string
}

func (p page) more() bool { return p.to < len(p.rows) }

func (d *dialect) params() []param {
	if d == nil {
		return nil
	}
	var ps []param
	if d.size != "" {
		ps = append(ps, integer(d.size, nil).says(fmt.Sprintf("Records per page, %d unless given, at most %d.", d.usual, d.max)))
	}
	if d.next != "" {
		p := str(d.next, nil).says("Where the next page starts: " + d.from() + ".")
		p.kind = d.nextKind
		if p.kind == "" {
			p.kind = "string"
		}
		ps = append(ps, p)
	}
	if d.back != "" {
		ps = append(ps, str(d.back, nil).says("ID of a record: the page that ends before it."))
	}
	return ps
}

// from says where the value of the next-page parameter is found.
func (d *dialect) from() string {
	if d.lastID {
		return "the ID of the last record"
	}
	return "from connector_metadata of the last answer"
}

// window cuts the page that the parameters ask for.
func (d *dialect) window(params object, rows []*record) (page, string) {
	p := page{rows: rows, size: d.usual}
	if d.slice != nil {
		refusal := d.slice(params, &p)
		return p, refusal
	}
	if given, asked := params[d.size]; asked && d.size != "" && given != nil {
		n, ok := asNumber(given)
		if ok && d.clamps && int(n) > d.max {
			n = float64(d.max)
		}
		if !ok || n < 1 || int(n) > d.max {
			return p, fmt.Sprintf("Invalid value '%s' for parameter '%s'; expected an integer between 1 and %d", plain(given), d.size, d.max)
		}
		p.size = int(n)
	}
	if token, asked := params[d.next]; asked && d.next != "" && token != nil && token != "" {
		from, ok := d.start(token, rows)
		if d.numbered {
			from, ok = (min(from, len(rows)+1)-1)*p.size, from >= 1 // a page beyond the end is empty
		}
		if !ok {
			return p, fmt.Sprintf("Invalid value '%s' for parameter '%s'", plain(token), d.next)
		}
		p.from = from
	}
	if before, asked := params[d.back]; asked && d.back != "" && before != nil {
		at := slices.IndexFunc(rows, func(r *record) bool { return r.fields["id"] == before })
		if at < 0 {
			return p, fmt.Sprintf("Invalid value '%s' for parameter '%s'", plain(before), d.back)
		}
		p.from, p.to = max(0, at-p.size), at
		return p, ""
	}
	p.from = min(p.from, len(rows))
	p.to = min(p.from+p.size, len(rows))
	return p, ""
}

func plainOffset(token any, _ []*record) (int, bool) {
	n, isNumber := asNumber(token)
	return int(min(n, math.MaxInt32)), isNumber && n >= 0 && n == math.Trunc(n)
}

// sealed reads a base64 token that must begin with the given prefix.
func sealed(prefix string) func(any, []*record) (int, bool) {
	return func(token any, _ []*record) (int, bool) {
		raw, err := base64.StdEncoding.DecodeString(plain(token))
		if err != nil {
			return 0, false
		}
		rest, ok := strings.CutPrefix(string(raw), prefix)
		n, err := strconv.Atoi(rest)
		return n, ok && err == nil && n >= 0
	}
}

func seal(prefix string, offset int) string {
	return base64.StdEncoding.EncodeToString([]byte(prefix + strconv.Itoa(offset)))
}

func githubPages(size string) *dialect {
	const prefix = "cursor:v2:"
	return &dialect{size: size, next: "after", usual: 20, max: 100, start: sealed(prefix), metadata: func(p page) object {
		m := object{"has_next_page": p.more(), "end_cursor": nil, "total_count": len(p.rows)}
		if p.to > p.from {
			m["end_cursor"] = seal(prefix, p.to)
		}
		return m
	}}
}

// hubspotPages gives next_cursor and next_link while there is more, and total only in searches.
func hubspotPages(search bool) *dialect {
	d := &dialect{size: "limit", next: "after", usual: 10, max: 100, start: plainOffset}
	if search {
		d.max = 200
	}
	d.metadata = func(p page) object {
		m := object{}
		if p.more() {
			m["next_cursor"] = strconv.Itoa(p.to)
			if !search {
				m["next_link"] = fmt.Sprintf("%s/crm/v3/objects/%s?limit=%d&after=%d", p.baseURL, p.entity, p.size, p.to)
			}
		}
		if search {
			m["total"] = len(p.rows)
		}
		return m
	}
	return d
}

// stripePages goes by the id of the last object. There is no total.
func stripePages() *dialect {
	d := &dialect{size: "limit", next: "starting_after", back: "ending_before", lastID: true, usual: 10, max: 100}
	d.start = func(token any, rows []*record) (int, bool) {
		for i, r := range rows {
			if r.fields["id"] == token {
				return i + 1, true
			}
		}
		return 0, false
	}
	d.metadata = func(p page) object { return object{"has_more": p.more()} }
	return d
}

func stripeSearchPages() *dialect {
	const prefix = "search:"
	return &dialect{size: "limit", next: "page", usual: 10, max: 100, start: sealed(prefix), metadata: func(p page) object {
		m := object{"has_more": p.more(), "next_page": nil}
		if p.more() {
			m["next_page"] = seal(prefix, p.to)
		}
		return m
	}}
}

// slackPages ends with an empty cursor instead of none, as Slack does.
func slackPages(history bool) *dialect {
	const prefix = "next_ts:"
	return &dialect{size: "limit", next: "cursor", usual: 100, max: 999, clamps: true, start: sealed(prefix), metadata: func(p page) object {
		m := object{"next_cursor": ""}
		if p.more() {
			m["next_cursor"] = seal(prefix, p.to)
		}
		if history {
			m["has_more"] = p.more()
		}
		return m
	}}
}

// zendeskPages counts pages from one and hands out URLs.
func zendeskPages() *dialect {
	return &dialect{size: "per_page", next: "page", nextKind: "integer", numbered: true, usual: 100, max: 100, clamps: true, start: plainOffset, metadata: func(p page) object {
		number := p.from/p.size + 1
		link := func(n int) string {
			return fmt.Sprintf("%s/api/v2/%s.json?page=%d&per_page=%d", p.baseURL, p.entity, n, p.size)
		}
		m := object{"next_page": nil, "previous_page": nil, "count": len(p.rows)}
		if p.more() {
			m["next_page"] = link(number + 1)
		}
		if number > 1 {
			m["previous_page"] = link(number - 1)
		}
		return m
	}}
}

func linearPages() *dialect {
	return &dialect{size: "first", next: "after", usual: 50, max: 250, start: func(token any, rows []*record) (int, bool) {
		for i, r := range rows {
			if r.fields["id"] == token {
				return i + 1, true
			}
		}
		return 0, false
	}, metadata: func(p page) object {
		m := object{"hasNextPage": p.more(), "endCursor": nil}
		if p.to > p.from {
			m["endCursor"] = p.rows[p.to-1].fields["id"]
		}
		return m
	}}
}

func drivePages() *dialect {
	const prefix = "~!!~"
	return &dialect{size: "pageSize", next: "pageToken", usual: 100, max: 1000, start: sealed(prefix), metadata: func(p page) object {
		if p.more() {
			return object{"nextPageToken": seal(prefix, p.to)}
		}
		return object{}
	}}
}

// gongPages has no page size of its own: a page is always this long.
func gongPages() *dialect {
	const prefix = "gong-page-"
	return &dialect{next: "cursor", usual: 50, max: 50, start: sealed(prefix), metadata: func(p page) object {
		m := object{"total_records": len(p.rows), "current_page_number": p.from / p.size}
		if p.more() {
			m["cursor"] = seal(prefix, p.to)
		}
		return m
	}}
}

// soqlPages stand in the query itself. Without LIMIT a page is what the connector takes
// in one answer, and done is false while there is more. With LIMIT the query is done
// once it has given that many, whatever comes after: that is Salesforce's rule, and a
// caller who pages by LIMIT and OFFSET has to go on until a page is short.
func soqlPages() *dialect {
	const usual, most, furthest = 200, 2000, 2000
	return &dialect{
		usual: usual, max: most,
		words: "add OFFSET to the query in q, at most 2000. LIMIT there sets the page size (200 unless given, at most 2000); a query with LIMIT is always done, so go on until a page is short.",
		slice: func(params object, p *page) string {
			q := soql{limit: -1}
			if params["q"] != nil {
				q, _ = readSOQL(text(params["q"])) // it has been read before
			}
			if q.offset > furthest {
				return "NUMBER_OUTSIDE_VALID_RANGE: Maximum SOQL offset allowed is 2000"
			}
			p.from = min(q.offset, len(p.rows))
			if q.limit >= 0 {
				p.size, p.rows = most, p.rows[:min(p.from+q.limit, len(p.rows))]
			}
			p.to = min(p.from+p.size, len(p.rows))
			return ""
		},
		metadata: func(p page) object {
			m := object{"done": !p.more()}
			if p.more() {
				m["nextRecordsUrl"] = fmt.Sprintf("/services/data/v62.0/query/01gLw0000000001AAA-%d", p.to)
			}
			return m
		},
	}
}

// jiraIssuePages leaves the token of the last page out, as Jira does.
func jiraIssuePages() *dialect {
	const prefix = "issues:"
	return &dialect{size: "maxResults", next: "nextPageToken", usual: 50, max: 100, clamps: true, start: sealed(prefix), metadata: func(p page) object {
		m := object{"isLast": !p.more()}
		if p.more() {
			m["nextPageToken"] = seal(prefix, p.to)
		}
		return m
	}}
}

// jiraPages counts records from zero. What it says of the next page differs by list,
// and is nothing for users, which Jira gives as a bare array.
func jiraPages(metadata func(p page) object) *dialect {
	return &dialect{size: "maxResults", next: "startAt", nextKind: "integer", usual: 50, max: 100, clamps: true, start: plainOffset, metadata: metadata}
}

func noMetadata(page) object { return object{} }

func jiraNextPage(p page) object {
	m := object{"nextPage": nil, "total": len(p.rows)}
	if p.more() {
		m["nextPage"] = fmt.Sprintf("%s/rest/api/3/project/search?startAt=%d&maxResults=%d", p.baseURL, p.to, p.size)
	}
	return m
}

func jiraNextOffset(p page) object {
	m := object{"next_offset": nil, "max_results": p.size, "total": len(p.rows)}
	if p.more() {
		m["next_offset"] = p.to
	}
	return m
}

// notionPages names the record with which the next page begins.
func notionPages() *dialect {
	return &dialect{size: "page_size", next: "start_cursor", usual: 100, max: 100, start: func(token any, rows []*record) (int, bool) {
		at := slices.IndexFunc(rows, func(r *record) bool { return r.fields["id"] == token })
		return at, at >= 0
	}, metadata: func(p page) object {
		m := object{"has_more": p.more(), "next_cursor": nil}
		if p.more() {
			m["next_cursor"] = p.rows[p.to].fields["id"]
		}
		return m
	}}
}

// intercomPages says nothing but where the next page starts.
func intercomPages() *dialect {
	const prefix = "after:"
	return &dialect{size: "per_page", next: "starting_after", usual: 50, max: 150, start: sealed(prefix), metadata: func(p page) object {
		m := object{"next_page": nil}
		if p.more() {
			m["next_page"] = seal(prefix, p.to)
		}
		return m
	}}
}

// whole gives everything at once: some lists do not page.
func whole() *dialect {
	return &dialect{usual: 10_000, max: 10_000, metadata: noMetadata}
}
