package records

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/knowledge"
	"airbyte-agent-mcp/tools/paging"
	"airbyte-agent-mcp/tools/refusal"
)

// readMerged reads an entity from the Context Store and live, and merges both by
// ID: the store lags behind, and what is newer is live only. A live record is
// newer than its like in the store; one that does not fit the filter any more
// is left out.
func readMerged(ctx context.Context, api *account.Account, in Query, ref string) (out Reading, err error) {
	switch {
	case in.Action != "" && in.Action != knowledge.StoreSearch:
		return out, refusal.New("merge_live searches the Context Store and reads live besides: action %q does not go with it.", safetext.Short(in.Action)).Next("Nothing was read. Leave action out.")
	case in.Query != "" || in.Cursor != "":
		return out, refusal.New("merge_live takes neither query nor cursor.").Next("Nothing was read. Give filter, and a higher limit instead of a cursor.")
	}
	sortedBy, down := sortKeys(in.Sort)
	added := missingFrom(in.Fields, append(append([]string{"id"}, filterFields(json.RawMessage(in.Filter))...), sortedBy...))
	in.Fields = append(slices.Clone(in.Fields), added...)
	searching, listing := in, in
	searching.Action, searching.Params = knowledge.StoreSearch, nil
	listing.Filter, listing.Sort = nil, nil

	stored, storedWalk, err := collect(ctx, api, searching, ref)
	if err != nil {
		return out, err
	}
	listing.Action = storedWalk.liveAction()
	live, liveWalk, err := collect(ctx, api, listing, ref)
	if err != nil {
		return out, err
	}
	m := merge(stored, live, json.RawMessage(in.Filter))
	if len(sortedBy) > 0 {
		slices.SortStableFunc(m.records, func(a, b json.RawMessage) int { return compareBy(a, b, sortedBy, down) })
	}
	over := len(m.records) > in.Limit
	list := recordList{}
	for _, record := range m.records[:min(len(m.records), in.Limit)] {
		list.add(record)
	}
	storedWalk.tell(&out)
	more := storedWalk.more || liveWalk.more || over
	out.Records = list.json()
	out.Page = &paging.Page{HasMore: more}
	out.Seen = &seen{Pages: storedWalk.pages + liveWalk.pages, Records: storedWalk.records + liveWalk.records, All: !more}
	out.Source.From, out.Source.Action = "both", knowledge.StoreSearch+" and "+liveWalk.action
	out.Note = storedWalk.mergeNote(m, liveWalk, added)
	return out, nil
}

// missingFrom are the fields to ask for besides; none where all are fetched.
func missingFrom(fields, needed []string) []string {
	var added []string
	for _, f := range needed {
		if len(fields) > 0 && !slices.Contains(fields, f) && !slices.Contains(added, f) {
			added = append(added, f)
		}
	}
	return added
}

// collect reads one side.
func collect(ctx context.Context, api *account.Account, in Query, ref string) ([]json.RawMessage, *walk, error) {
	r, from, err := plan(ctx, api, in, ref, in.Limit)
	if err != nil {
		return nil, nil, err
	}
	var records []json.RawMessage
	w := &walk{reading: r, maxRecords: in.Limit, maxPages: cmp.Or(in.MaxPages, plainPages)}
	w.take = func(record json.RawMessage) { records = append(records, record) }
	err = w.run(ctx, from)
	return records, w, err
}

// merged is what came of both sides.
type merged struct {
	records                    []json.RawMessage
	inBoth, liveOnly, storeAge int // storeAge: from the store, not seen live
	changed                    int // in the store, and live not fitting any more
	untold                     int // live only, and not known to fit
}

// merge puts what is live only before the rest: that is what the store lacks.
func merge(stored, live []json.RawMessage, filter json.RawMessage) merged {
	var m merged
	inStore := map[string]bool{}
	for _, record := range stored {
		if id := IdOf(record); id != "" {
			inStore[id] = true
		}
	}
	current := map[string]json.RawMessage{}
	for _, record := range live {
		id := IdOf(record)
		if id != "" {
			if current[id] != nil {
				continue
			}
			current[id] = record
		}
		if inStore[id] {
			continue
		}
		switch judge(filter, record) {
		case fits:
			m.liveOnly++
			m.records = append(m.records, record)
		case untold:
			m.untold++
		}
	}
	for _, record := range stored {
		newer := current[IdOf(record)]
		switch {
		case newer == nil:
			m.storeAge++
		case judge(filter, newer) == fitsNot:
			m.changed++
			continue
		default:
			m.inBoth++
			record = newer
		}
		m.records = append(m.records, record)
	}
	return m
}

// mergeNote says what came from where.
func (w *walk) mergeNote(m merged, live *walk, added []string) string {
	w.notes = append(w.notes[:0:0], live.notes...)
	w.note("Of what was read, %d records are from live alone, %d in both (live is given), %d from the Context Store alone.", m.liveOnly, m.inBoth, m.storeAge)
	if m.changed > 0 {
		w.note("%d of the store do not fit the filter any more and are left out.", m.changed)
	}
	if m.untold > 0 {
		w.note("%d live records lack a field of the filter and are left out: narrow the live list with params.", m.untold)
	}
	if len(added) > 0 {
		w.note("Fields added for the merge: %s.", strings.Join(added, ", "))
	}
	return strings.Join(w.notes, " ")
}

// compareBy orders records by fields; those without the field come last.
func compareBy(a, b json.RawMessage, fields []string, down []bool) int {
	for i, name := range fields {
		x, y := ranked(rawjson.Field(a, name)), ranked(rawjson.Field(b, name))
		switch {
		case x == nil || y == nil:
			if c := orderOf(x == nil, y == nil); c != 0 {
				return c
			}
			continue
		}
		if c := compareValues(x, y); c != 0 && down[i] {
			return -c
		} else if c != 0 {
			return c
		}
	}
	return 0
}
