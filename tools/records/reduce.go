package records

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"

	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/refusal"
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
	ungrouped int                  // records without the field to group by, or without distinct or by
	top       [3][]json.RawMessage // the first so far, by how their values are written

	figures []*figure
}

// figure is what is made of one field.
type figure struct {
	name, path string
	column
}

// group is what is known of the records that have one value in common.
type group struct {
	key            json.RawMessage
	count          int
	sum, avg       [3]total // by how the values are written
	least, largest [3]extreme
}

const (
	// maxGroups is how many groups or values are told one by one.
	maxGroups = 500
	maxTop    = 100
)

var reductionKeys = []string{"count", "group_by", "sum", "min", "max", "avg", "top", "by", "distinct"}

// parseReduction reads reduce; nil where there is none.
func parseReduction(in Query) (*reduction, error) {
	if len(in.Reduce) == 0 {
		return nil, nil
	}
	const forms = `It takes {"count":true}, {"group_by":"status","sum":"amount"} (or min, max, avg), {"top":5,"by":"amount"} or {"distinct":"email"}.`
	for name := range rawjson.Named(in.Reduce) {
		if !slices.Contains(reductionKeys, name) {
			return nil, refusal.New("reduce has no %q%s", safetext.Short(name), safetext.Suggest(name, reductionKeys)).Next("Nothing was read. " + forms)
		}
	}
	r := &reduction{groups: map[string]*group{}}
	if err := json.Unmarshal(in.Reduce, r); err != nil {
		return nil, refusal.New("reduce cannot be read: count is true or false, top a number, all others name one field.").Next("Nothing was read. " + forms)
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
		return nil, refusal.New("reduce does one thing at a time.").Next("Nothing was read. " + forms)
	case (r.Top != 0) != (r.By != ""), r.Top < 0, r.Top > maxTop:
		return nil, refusal.New("top is a number from 1 to %d, and by the field that ranks.", maxTop).Next("Nothing was read. " + forms)
	case in.MergeLive:
		return nil, refusal.New("reduce and merge_live do not go together.").Next("Nothing was read. Leave one of them out.")
	}
	for _, f := range []figure{{name: "sum", path: r.Sum}, {name: "avg", path: r.Avg}, {name: "min", path: r.Min}, {name: "max", path: r.Max}, {name: "by", path: r.By}} {
		if f.path != "" {
			r.figures = append(r.figures, &f)
		}
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
	for _, f := range r.figures {
		f.add(rawjson.Field(record, f.path))
	}
	r.count(&r.whole, record)
	by := cmp.Or(r.GroupBy, r.Distinct)
	if by == "" {
		return
	}
	key := rawjson.Field(record, by)
	if k := rawjson.FirstByte(key); k == 0 || k == 'n' {
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
	for _, f := range r.figures {
		value := rawjson.Field(record, f.path)
		form, ok := formOf(value)
		if !ok {
			continue
		}
		switch f.name {
		case "sum":
			g.sum[form].add(value)
		case "avg":
			g.avg[form].add(value)
		case "min":
			g.least[form].take(form, value, -1)
		case "max":
			g.largest[form].take(form, value, +1)
		}
	}
}

// rank keeps the record if it is among the top ones so far; of equals the
// first.
func (r *reduction) rank(record json.RawMessage) {
	value := rawjson.Field(record, r.By)
	form, ok := formOf(value)
	if !ok {
		r.ungrouped++
		return
	}
	r.figures[0].add(value) // the only one
	list := r.top[form]
	at := len(list)
	for at > 0 && compareIn(form, value, rawjson.Field(list[at-1], r.By)) > 0 {
		at--
	}
	if at >= r.Top {
		return
	}
	list = slices.Insert(list, at, bytes.Clone(record))
	r.top[form] = list[:min(len(list), r.Top)]
}

// result is what came of it.
func (r *reduction) result() json.RawMessage {
	out := []byte{'{'}
	missing := func(name string) {
		if r.ungrouped > 0 {
			out = rawjson.AppendMember(out, "missing", rawjson.Of(map[string]any{name: r.ungrouped}))
		}
	}
	switch {
	case r.Top > 0:
		list := recordList{}
		for _, record := range r.top[r.figures[0].form()] {
			list.add(record)
		}
		out = rawjson.AppendMember(out, "top", list.json())
		missing(r.By)
	case r.Distinct != "":
		values := recordList{}
		all := r.sorted()
		for _, g := range all[:min(len(all), maxGroups)] {
			values.add(g.key)
		}
		out = rawjson.AppendMember(out, "distinct", rawjson.Of(len(all)))
		out = rawjson.AppendMember(out, "values", values.json())
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
			list.add(append(g.append(rawjson.AppendMember([]byte{'{'}, "key", g.key), r), '}'))
			continue
		}
		rest.count += g.count
		for form := range g.sum {
			rest.sum[form].join(&g.sum[form])
			rest.avg[form].join(&g.avg[form])
			rest.least[form].join(form, g.least[form], -1)
			rest.largest[form].join(form, g.largest[form], +1)
		}
	}
	out = rawjson.AppendMember(out, "group_count", rawjson.Of(len(all)))
	out = rawjson.AppendMember(out, "groups", list.json())
	if len(all) > maxGroups {
		out = rawjson.AppendMember(out, "other", append(rest.append([]byte{'{'}, r), '}'))
	}
	return out
}

// append writes the figures of a group.
func (g *group) append(out []byte, r *reduction) []byte {
	out = rawjson.AppendMember(out, "count", rawjson.Of(g.count))
	for _, f := range r.figures {
		var value json.RawMessage
		var had int
		switch f.name {
		case "sum":
			sum := &g.sum[f.reckoned()]
			value, had = plainNumber(&sum.sum), sum.count
		case "avg":
			avg := &g.avg[f.reckoned()]
			value, had = avg.mean(), avg.count
		case "min":
			value, had = g.least[f.form()].json(), g.least[f.form()].count
		case "max":
			value, had = g.largest[f.form()].json(), g.largest[f.form()].count
		}
		out = appendWithout(rawjson.AppendMember(out, f.name, value), "without_"+f.name, g.count-had)
	}
	return out
}

// appendWithout tells of records that have no such value, if there are any.
func appendWithout(out []byte, name string, n int) []byte {
	if n == 0 {
		return out
	}
	return rawjson.AppendMember(out, name, rawjson.Of(n))
}
