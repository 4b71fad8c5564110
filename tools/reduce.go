package tools

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math/big"
	"slices"
)

// reduction turns records into a few figures, one record at a time.
type reduction struct {
	Count    bool   `json:"count"`
	GroupBy  string `json:"group_by"`
	Sum      string `json:"sum"`
	Min      string `json:"min"`
	Max      string `json:"max"`
	Avg      string `json:"avg"`
	Top      int    `json:"top"`
	By       string `json:"by"`
	Distinct string `json:"distinct"`

	whole     group
	groups    map[string]*group
	ungrouped int // records without the field to group by, or without distinct or by
	ranked    []json.RawMessage
}

// group is what is known of the records that have one value in common.
type group struct {
	key            json.RawMessage
	count          int
	sum, avg       total
	least, largest extreme
}

const (
	// maxGroups is how many groups or values are told one by one.
	maxGroups = 500
	maxTop    = 100
)

var reductionKeys = []string{"count", "group_by", "sum", "min", "max", "avg", "top", "by", "distinct"}

// parseReduction reads reduce; nil where there is none.
func parseReduction(in readRecordsIn) (*reduction, error) {
	if len(in.Reduce) == 0 {
		return nil, nil
	}
	const forms = `It takes {"count":true}, {"group_by":"status","sum":"amount"} (or min, max, avg), {"top":5,"by":"amount"} or {"distinct":"email"}.`
	for name := range members(in.Reduce) {
		if !slices.Contains(reductionKeys, name) {
			return nil, refuse("reduce has no %q%s", shown(name), suggestion(name, reductionKeys)).next("Nothing was read. " + forms)
		}
	}
	r := &reduction{groups: map[string]*group{}}
	if err := json.Unmarshal(in.Reduce, r); err != nil {
		return nil, refuse("reduce cannot be read: count is true or false, top a number, all others name one field.").next("Nothing was read. " + forms)
	}
	aggregates := r.Count || r.GroupBy != "" || r.Sum != "" || r.Min != "" || r.Max != "" || r.Avg != ""
	kinds := 0
	for _, given := range []bool{aggregates, r.Top != 0 || r.By != "", r.Distinct != ""} {
		if given {
			kinds++
		}
	}
	switch {
	case kinds != 1:
		return nil, refuse("reduce does one thing at a time.").next("Nothing was read. " + forms)
	case (r.Top != 0) != (r.By != ""), r.Top < 0, r.Top > maxTop:
		return nil, refuse("top is a number from 1 to %d, and by the field that ranks.", maxTop).next("Nothing was read. " + forms)
	case in.MergeLive:
		return nil, refuse("reduce and merge_live do not go together.").next("Nothing was read. Leave one of them out.")
	}
	return r, nil
}

// fields are those that have to be fetched. Of the ranked records it is all that
// were asked for.
func (r *reduction) fields(asked []string) []string {
	if r.Top > 0 && len(asked) == 0 {
		return nil
	}
	fields := []string{"id"}
	if r.Top > 0 {
		fields = slices.Clone(asked)
	}
	for _, f := range []string{r.GroupBy, r.Sum, r.Min, r.Max, r.Avg, r.By, r.Distinct} {
		if f != "" && !slices.Contains(fields, f) {
			fields = append(fields, f)
		}
	}
	return fields
}

// add counts one record in.
func (r *reduction) add(record json.RawMessage) {
	if r.Top > 0 {
		r.rank(record)
		return
	}
	r.count(&r.whole, record)
	by := cmp.Or(r.GroupBy, r.Distinct)
	if by == "" {
		return
	}
	key := field(record, by)
	if k := kindOf(key); k == 0 || k == 'n' {
		r.ungrouped++
		return
	}
	g := r.groups[string(key)]
	if g == nil {
		g = &group{key: bytes.Clone(key)}
		r.groups[string(key)] = g
	}
	r.count(g, record)
}

func (r *reduction) count(g *group, record json.RawMessage) {
	g.count++
	if r.Sum != "" {
		g.sum.add(field(record, r.Sum))
	}
	if r.Avg != "" {
		g.avg.add(field(record, r.Avg))
	}
	if r.Min != "" {
		g.least.take(field(record, r.Min), -1)
	}
	if r.Max != "" {
		g.largest.take(field(record, r.Max), +1)
	}
}

// rank keeps the record if it is among the top ones so far; of equals the
// first.
func (r *reduction) rank(record json.RawMessage) {
	value := field(record, r.By)
	if ranked(value) == nil {
		r.ungrouped++
		return
	}
	at := len(r.ranked)
	for at > 0 && compareValues(value, field(r.ranked[at-1], r.By)) > 0 {
		at--
	}
	if at >= r.Top {
		return
	}
	r.ranked = slices.Insert(r.ranked, at, bytes.Clone(record))
	r.ranked = r.ranked[:min(len(r.ranked), r.Top)]
}

// result is what came of it.
func (r *reduction) result() json.RawMessage {
	out := []byte{'{'}
	missing := func(name string) {
		if r.ungrouped > 0 {
			out = appendMember(out, "missing", encoded(map[string]any{name: r.ungrouped}))
		}
	}
	switch {
	case r.Top > 0:
		list := recordList{}
		for _, record := range r.ranked {
			list.add(record)
		}
		out = appendMember(out, "top", list.json())
		missing(r.By)
	case r.Distinct != "":
		values := recordList{}
		all := r.sorted()
		for _, g := range all[:min(len(all), maxGroups)] {
			values.add(g.key)
		}
		out = appendMember(out, "distinct", encoded(len(all)))
		out = appendMember(out, "values", values.json())
		missing(r.Distinct)
	case r.GroupBy != "":
		out = r.appendGroups(out)
		missing(r.GroupBy)
	default:
		out = r.whole.append(out, r)
	}
	return append(out, '}')
}

// sorted are the groups, the largest first.
func (r *reduction) sorted() []*group {
	all := make([]*group, 0, len(r.groups))
	for _, g := range r.groups {
		all = append(all, g)
	}
	slices.SortFunc(all, func(a, b *group) int {
		return cmp.Or(cmp.Compare(b.count, a.count), bytes.Compare(a.key, b.key))
	})
	return all
}

func (r *reduction) appendGroups(out []byte) []byte {
	all := r.sorted()
	list := recordList{}
	var rest group
	for i, g := range all {
		if i < maxGroups {
			list.add(append(g.append(appendMember([]byte{'{'}, "key", g.key), r), '}'))
			continue
		}
		rest.count += g.count
		rest.sum.join(g.sum)
		rest.avg.join(g.avg)
		rest.least.join(g.least, -1)
		rest.largest.join(g.largest, +1)
	}
	out = appendMember(out, "group_count", encoded(len(all)))
	out = appendMember(out, "groups", list.json())
	if len(all) > maxGroups {
		out = appendMember(out, "other", append(rest.append([]byte{'{'}, r), '}'))
	}
	return out
}

// append writes the figures of a group.
func (g *group) append(out []byte, r *reduction) []byte {
	out = appendMember(out, "count", encoded(g.count))
	if r.Sum != "" {
		out = appendMember(out, "sum", plainNumber(&g.sum.sum))
		out = appendWithout(out, "without_sum", g.count-g.sum.count)
	}
	if r.Avg != "" {
		out = appendMember(out, "avg", g.avg.mean())
		out = appendWithout(out, "without_avg", g.count-g.avg.count)
	}
	if r.Min != "" {
		out = appendMember(out, "min", g.least.json())
		out = appendWithout(out, "without_min", g.count-g.least.count())
	}
	if r.Max != "" {
		out = appendMember(out, "max", g.largest.json())
		out = appendWithout(out, "without_max", g.count-g.largest.count())
	}
	return out
}

// appendWithout tells of records that have no such value, if there are any.
func appendWithout(out []byte, name string, n int) []byte {
	if n == 0 {
		return out
	}
	return appendMember(out, name, encoded(n))
}

// total is an exact sum.
type total struct {
	sum   big.Rat
	count int
}

func (t *total) add(value json.RawMessage) {
	if n := exact(value); n != nil {
		t.sum.Add(&t.sum, n)
		t.count++
	}
}

func (t *total) join(o total) {
	t.sum.Add(&t.sum, &o.sum)
	t.count += o.count
}

func (t *total) mean() json.RawMessage {
	if t.count == 0 {
		return json.RawMessage("null")
	}
	return plainNumber(new(big.Rat).Quo(&t.sum, big.NewRat(int64(t.count), 1)))
}

// extreme is the least or the largest value. Numbers go before texts: texts are
// looked at only where there is no number.
type extreme struct {
	number, text   json.RawMessage
	numbers, texts int
}

func (e *extreme) take(value json.RawMessage, sign int) {
	switch {
	case exact(value) != nil:
		e.numbers++
		e.number = further(e.number, value, sign)
	case kindOf(value) == '"':
		e.texts++
		e.text = further(e.text, value, sign)
	}
}

func (e *extreme) join(o extreme, sign int) {
	e.numbers, e.texts = e.numbers+o.numbers, e.texts+o.texts
	if o.number != nil {
		e.number = further(e.number, o.number, sign)
	}
	if o.text != nil {
		e.text = further(e.text, o.text, sign)
	}
}

func further(old, value json.RawMessage, sign int) json.RawMessage {
	if old == nil || compareValues(value, old)*sign > 0 {
		return bytes.Clone(value)
	}
	return old
}

func (e *extreme) json() json.RawMessage {
	switch {
	case e.number != nil:
		return e.number
	case e.text != nil:
		return e.text
	}
	return json.RawMessage("null")
}

// count is the number of values that were compared.
func (e *extreme) count() int {
	if e.number != nil {
		return e.numbers
	}
	return e.texts
}
