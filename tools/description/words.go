package description

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/knowledge"
	"airbyte-agent-mcp/tools/paging"
)

// contextStore tells in one line what can be searched and how fresh it is.
func (d *description) contextStore() string {
	ready, updated := 0, map[string]bool{}
	var waiting []string
	for i := range d.Entities {
		switch e := &d.Entities[i]; {
		case e.Ready():
			ready++
			updated[e.Store.UpdatedAt] = true
		case e.Store != nil:
			waiting = append(waiting, e.Name+" ("+e.Store.Status+")")
		}
	}
	var parts []string
	if ready > 0 {
		part := fmt.Sprintf("ready for %d of %d entities", ready, len(d.Entities))
		if common := d.commonUpdate(); common != "" {
			part += ", updated " + d.moment(common)
		}
		parts = append(parts, part)
	}
	if len(waiting) > 0 {
		parts = append(parts, "not searchable yet: "+safetext.Some(waiting, 8))
	}
	switch {
	case len(parts) > 0:
		return strings.Join(parts, "; ")
	case d.WorkspaceID == "": // inspect failed
		return ""
	}
	return "none: read live"
}

// commonUpdate is when all that is searchable was updated, empty if that
// differs.
func (d *description) commonUpdate() string {
	common := ""
	for i := range d.Entities {
		e := &d.Entities[i]
		if !e.Ready() {
			continue
		}
		if common != "" && common != e.Store.UpdatedAt {
			return ""
		}
		common = e.Store.UpdatedAt
	}
	return common
}

// store tells how the Context Store stands with one entity.
func (d *description) store(e *knowledge.Entity) string {
	s := e.Store
	switch {
	case s == nil:
		return ""
	case !s.ReadyForSearch:
		return s.Status + ", not searchable yet"
	}
	words := "ready"
	if s.EntityCount != nil {
		words = fmt.Sprintf("%d records", *s.EntityCount)
	}
	if s.UpdatedAt != "" && s.UpdatedAt != d.commonUpdate() {
		words += ", updated " + d.moment(s.UpdatedAt)
	}
	var fields []string
	for _, f := range s.SemanticSearchStatus {
		if f.Status == "READY" {
			fields = append(fields, f.Field)
		}
	}
	if len(fields) > 0 {
		words += ", by meaning: " + strings.Join(fields, ", ")
	}
	return words
}

// moment is a time as the service tells it, with its age.
func (d *description) moment(at string) string {
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return at
	}
	return at + ago(d.now.Sub(t))
}

// ago is an age in words, in brackets; empty for what is to come.
func ago(age time.Duration) string {
	switch {
	case age < 0:
		return ""
	case age < time.Minute:
		return " (just now)"
	case age < 2*time.Hour:
		return fmt.Sprintf(" (%d min ago)", int(age.Minutes()))
	case age < 48*time.Hour:
		return fmt.Sprintf(" (%d hours ago)", int(age.Hours()))
	}
	return fmt.Sprintf(" (%d days ago)", int(age.Hours()/24))
}

// pages is how an action pages: by which parameter, and which sets the size.
type pages struct {
	next, size string
	lastID     bool
}

func (d *description) pagingOf(e *knowledge.Entity, a *knowledge.Action) pages {
	if a.Unavailable {
		return pages{}
	}
	found := paging.LearnedDialect(d.Slug, e.Name, a.Name, a)
	return pages{found.Next, found.Size, found.LastID}
}

func (p pages) words() string {
	var words []string
	if p.next != "" {
		words = append(words, "next page: "+p.next)
		if p.lastID {
			words[0] += " (ID of the last record)"
		}
	}
	if p.size != "" {
		words = append(words, "page size: "+p.size)
	}
	return strings.Join(words, ", ")
}

// paging tells how the actions page, together where it is the same.
func (d *description) paging() []string {
	type group struct {
		action   string
		pages    pages
		entities []string
	}
	var groups []*group
	for i := range d.Entities {
		e := &d.Entities[i]
		for j := range e.Actions {
			a := &e.Actions[j]
			p := d.pagingOf(e, a)
			if p == (pages{}) {
				continue
			}
			at := slices.IndexFunc(groups, func(g *group) bool { return g.action == a.Name && g.pages == p })
			if at < 0 {
				at = len(groups)
				groups = append(groups, &group{action: a.Name, pages: p})
			}
			groups[at].entities = append(groups[at].entities, e.Name)
		}
	}
	slices.SortStableFunc(groups, func(a, b *group) int { return len(b.entities) - len(a.entities) })
	var lines []string
	said := map[string]bool{}
	for _, g := range groups {
		line := g.action
		if said[g.action] {
			line += " of " + safetext.Some(g.entities, 8)
		}
		said[g.action] = true
		lines = append(lines, line+": "+g.pages.words())
	}
	if len(lines) > 0 {
		lines = append(lines, "read_records does this itself; execute_operation takes them in params.")
	}
	return lines
}

// upToParagraph shortens Markdown at the end of a paragraph, and says so.
func upToParagraph(text string, most int) string {
	if len(text) <= most {
		return text
	}
	kept := safetext.Clip(text, most)
	kept = strings.TrimSuffix(kept, "…")
	for _, end := range []string{"\n\n", "\n", ". "} {
		if at := strings.LastIndex(kept, end); at > most/3 {
			kept = kept[:at+len(strings.TrimSpace(end))]
			break
		}
	}
	return strings.TrimSpace(kept) + "\n\n(cut)"
}

// atMost bounds a list of texts.
func atMost(list []string, most, bytes int) []string {
	var short []string
	for _, text := range list[:min(len(list), most)] {
		short = append(short, safetext.Clip(text, bytes))
	}
	if rest := len(list) - most; rest > 0 {
		short = append(short, fmt.Sprintf("%d more", rest))
	}
	return short
}
