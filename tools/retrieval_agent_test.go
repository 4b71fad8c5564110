package tools

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
)

// agent is a stand-in for a model: a program that knows how to compare words, and
// of services only what the answers say.
type agent struct {
	t     *testing.T
	w     world
	calls int
	bytes int
	log   []string
}

func newAgent(t *testing.T, w world) *agent {
	return &agent{t: t, w: w}
}

func (a *agent) tokens() int { return a.bytes / bytesPerToken }

// call calls a tool; what comes back is the answer, or the error as a model reads it.
func (a *agent) call(tool string, arguments map[string]any) (answer string, ok bool) {
	sent := encoded(arguments)
	if a.calls++; a.calls > 8 {
		return "too many calls", false
	}
	got, err := a.w.runner.Call(a.t.Context(), a.w.api.Client, tool, sent)
	if err != nil {
		answer = toolNamed(tool).Explain(err)
	} else {
		answer, ok = string(got.JSON), true
	}
	a.bytes += len(answer)
	a.log = append(a.log, fmt.Sprintf("  %s %s\n  => %.400s", tool, sent, answer))
	return answer, ok
}

// judge says what is wrong with an answer, nothing if it is right.
func (a *agent) judge(q question, answer string) string {
	for _, want := range q.Expect {
		if !strings.Contains(answer, want) {
			return fmt.Sprintf("no: %s is not in the answer", want)
		}
	}
	for _, unwanted := range q.Without {
		if strings.Contains(answer, unwanted) {
			return fmt.Sprintf("no: %s is in the answer", unwanted)
		}
	}
	switch {
	case a.calls > mostCalls:
		return fmt.Sprintf("no: %d calls", a.calls)
	case a.tokens() > tokensAllowed:
		return fmt.Sprintf("no: %d tokens", a.tokens())
	}
	return ""
}

// solve answers a question; slots are the values in it.
func (a *agent) solve(ask string, slots map[string]string) string {
	q := newPlea(ask, slots)
	connectors, listed := a.connectors()
	q.named = connectors.named(ask)
	switch tool := a.toolFor(q); {
	case tool == "list_connectors":
		return listed
	case tool != "":
		return a.use(tool, q)
	case len(q.named) == 0:
		return a.searchAll(q, connectors)
	}
	return a.read(q)
}

// plea is what an agent makes of a question.
type plea struct {
	ask    string
	named  connectorList
	values map[string]string // slots that say which records
	roles  map[string]string // slots that say what to make of them: count, per, total, average, most, top
}

func newPlea(ask string, slots map[string]string) *plea {
	q := &plea{ask: ask, values: map[string]string{}, roles: map[string]string{}}
	for name, value := range slots {
		switch name {
		case "count", "per", "total", "average", "most", "top":
			q.roles[name] = value
		default:
			q.values[name] = value
		}
	}
	return q
}

// words are those of the question that are neither a value nor a connector's name.
func (q *plea) words() string {
	words := q.ask
	for _, value := range q.values {
		words = strings.ReplaceAll(words, value, " ")
	}
	for _, c := range q.named {
		for _, name := range strings.Fields(c.service + " " + c.name) {
			words = strings.ReplaceAll(words, name, " ")
		}
	}
	return words
}

type connectorSeen struct{ id, name, slug, service string }

type connectorList []connectorSeen

func (a *agent) connectors() (connectorList, string) {
	answer, _ := a.call("list_connectors", map[string]any{})
	var all connectorList
	for _, c := range parsed(a.t, []byte(answer)).list("data") {
		all = append(all, connectorSeen{c.text("connector_id"), c.text("name"), c.text("slug"), c.text("service")})
	}
	return all, answer
}

// named are the connectors whose names stand in the question, in its order.
func (all connectorList) named(ask string) connectorList {
	said := strings.FieldsFunc(ask, func(c rune) bool { return !unicode.IsLetter(c) })
	at := func(c connectorSeen) int {
		return slices.IndexFunc(said, func(word string) bool { return slices.Contains(strings.Fields(c.service), word) })
	}
	found := slices.DeleteFunc(slices.Clone(all), func(c connectorSeen) bool { return at(c) < 0 })
	slices.SortFunc(found, func(x, y connectorSeen) int { return cmp.Compare(at(x), at(y)) })
	return found
}

func (all connectorList) ids() []string {
	var ids []string
	for _, c := range all {
		ids = append(ids, c.id)
	}
	return ids
}

// recordTools serve the questions about records; the rest are about connectors.
var recordTools = []string{"describe_connector", "read_records", "execute_operation", "read_more"}

// toolFor is the tool for a question that is not about records, empty for one that
// is: most words of it that are no name and no value have to be among those of the
// tool, and one in its title. A question is no order to change something.
func (a *agent) toolFor(q *plea) string {
	words := uniqueTerms(q.words())
	best, most := "", 0.5
	for _, tool := range coreTools() {
		if slices.Contains(recordTools, tool.Name) || tool.Effect != Read && strings.HasSuffix(q.ask, "?") {
			continue
		}
		verb, noun, _ := strings.Cut(tool.Name, "_")
		title, said := termsOf(noun+" "+tool.Title), termsOf(tool.Name+" "+tool.Title+" "+tool.Description)
		fit, titled := 0.0, false
		for _, word := range words {
			if slices.Contains(said, word) {
				fit++
			}
			titled = titled || word != stem(verb) && slices.Contains(title, word)
		}
		if fit /= float64(len(words)); strings.HasPrefix(tool.Title, strings.SplitN(q.ask, " ", 2)[0]) {
			fit += 0.1 // it begins with the same verb
		}
		if titled && fit > most {
			best, most = tool.Name, fit
		}
	}
	return best
}

var toldFirst = regexp.MustCompile(`([a-z]+_[a-z]+) tells`)

// use calls a tool about connectors, and first what its text says to call first.
func (a *agent) use(name string, q *plea) string {
	tool := toolNamed(name)
	arguments := map[string]any{}
	properties := parsed(a.t, tool.InputSchema()).at("properties")
	if properties.has("connector_id") && len(q.named) > 0 {
		arguments["connector_id"] = q.named[0].id
	}
	for _, slot := range slices.Sorted(maps.Keys(q.values)) {
		if properties.has(slot) {
			arguments[slot] = q.values[slot]
		}
	}
	if about := properties.at("definition_id"); strings.Contains(about.text("description"), "list_definitions") {
		answer, _ := a.call("list_definitions", map[string]any{"name": q.values["name"]})
		found := parsed(a.t, []byte(answer)).list("definitions")
		if len(found) == 0 {
			return answer
		}
		id := map[string]any{"definition_id": found[0].text("definition_id")}
		if first := toldFirst.FindStringSubmatch(tool.Description); first != nil {
			answer, _ := a.call(first[1], id) // its answer says what else the user has to give
			return answer
		}
		arguments = id
	}
	answer, _ := a.call(name, arguments)
	return answer
}

// searchAll reads every connector alike, for a question that names none: those that
// have no such entity say so.
func (a *agent) searchAll(q *plea, all connectorList) string {
	for _, noun := range termsOf(q.words()) {
		if !strings.Contains(strings.ToLower(q.ask), noun+"s") {
			continue
		}
		answer, _ := a.call("read_records", map[string]any{"connectors": all.ids(), "entity": noun + "s", "limit": 1})
		for _, r := range parsed(a.t, []byte(answer)).list("results") {
			if records := r.list("records"); len(records) > 0 {
				return a.final(q, []string{r.text("connector_id")}, noun+"s", records[0], nil)
			}
		}
	}
	return "not found"
}

// read answers a question about the records of the connectors named.
func (a *agent) read(q *plea) string {
	answer, ok := a.call("describe_connector", map[string]any{"connector_id": q.named[0].id})
	if !ok {
		return answer
	}
	d := readDescription(a.t, answer)
	e := d.entityFor(q)
	if e == nil || len(q.values) == 0 && len(termsOf(q.words())) == 0 {
		return answer // there is nothing more to it than the connector
	}
	ids := q.named.ids()
	if action := d.change(q, e); action != nil {
		return a.change(q, d, e, action)
	}
	action, params := e.identified(q)
	byParams := func() string {
		answer, _ := a.call("read_records", map[string]any{"connector_id": ids[0], "entity": e.name, "action": action.name, "params": params})
		return a.finish(answer)
	}
	if action != nil && (action.name == "get" || e.readWith != "context_store_search") {
		return byParams()
	}
	if len(q.values) == 0 && (len(q.roles) == 0 || len(q.roles) == 1 && q.roles["count"] != "") {
		arguments := target(ids, e.name)
		if e.readWith == "get" {
			arguments["action"] = "get"
		}
		if q.roles["count"] != "" {
			arguments["reduce"] = map[string]any{"count": true}
		}
		if strings.Contains(q.ask, "the rest") {
			arguments["max_tokens"] = 2000
		}
		answer, _ := a.call("read_records", arguments)
		return a.finish(answer)
	}
	if e.readWith != "context_store_search" {
		if done, answer := a.live(q, e, ids); done {
			return answer
		}
	}
	sampleArguments := target(ids, e.name)
	sampleArguments["limit"] = 1
	answer, ok = a.call("read_records", sampleArguments)
	if !ok {
		return answer
	}
	got := parsed(a.t, []byte(answer))
	records := got.list("records")
	for _, r := range got.list("results") {
		records = append(records, r.list("records")...)
	}
	if len(records) == 0 {
		return answer
	}
	if fields := records[0].leaves(); action != nil && slices.ContainsFunc(slices.Collect(maps.Keys(q.values)), func(slot string) bool { return pathsFor(slot, fields, false) == nil }) {
		return byParams() // the records do not hold what they are asked for by
	}
	ids = a.fitting(q, ids, got)
	sample := firstRecord(got, ids)
	var scan *entitySeen
	if e.readWith != "context_store_search" {
		scan = e
	}
	return a.final(q, ids, e.name, sample, scan)
}

// fitting are the connectors whose records have a field for every value; all of
// them if none has.
func (a *agent) fitting(q *plea, ids []string, got tree) []string {
	var fit []string
	for _, r := range got.list("results") {
		for _, record := range r.list("records") {
			fields := record.leaves()
			if !slices.ContainsFunc(slices.Collect(maps.Keys(q.values)), func(slot string) bool { return pathsFor(slot, fields, false) == nil }) {
				fit = append(fit, r.text("connector_id"))
			}
		}
	}
	if len(fit) == 0 {
		return ids
	}
	return fit
}

// firstRecord is the first record of one of these connectors.
func firstRecord(got tree, ids []string) tree {
	for _, r := range got.list("results") {
		if slices.Contains(ids, r.text("connector_id")) {
			return r.list("records")[0]
		}
	}
	return got.list("records")[0]
}

func target(ids []string, entity string) map[string]any {
	if len(ids) > 1 {
		return map[string]any{"connectors": ids, "entity": entity}
	}
	return map[string]any{"connector_id": ids[0], "entity": entity}
}

// live reads with a parameter of the action, once the description of the entity has
// told how it is filled in; it is not done if there is none for the question.
func (a *agent) live(q *plea, e *entitySeen, ids []string) (done bool, answer string) {
	action := e.action(e.readWith)
	if action == nil || len(q.values) == 0 {
		return false, ""
	}
	bound := action.bind(q.values)
	open := slices.ContainsFunc(action.params, func(p paramSeen) bool { return p.kind == "object" || p.name == "q" || p.name == "query" })
	if len(bound) < len(q.values) && open {
		answer, _ := a.call("describe_connector", map[string]any{"connector_id": ids[0], "entity": e.name})
		for _, detail := range parsed(a.t, []byte(answer)).list("entities")[0].list("details") {
			if detail.text("action") == action.name {
				for _, line := range detail.texts("params") {
					fill(bound, line, q.values)
				}
			}
		}
	}
	if len(bound) == 0 {
		return false, ""
	}
	answer, _ = a.call("read_records", map[string]any{"connector_id": ids[0], "entity": e.name, "params": bound, "fields": []string{"id", "name", "title", "description", "transcript"}})
	return true, answer
}

var (
	paramLine = regexp.MustCompile(`^([A-Za-z0-9_-]+)\*?[^-]* - (.*)$`)
	clause    = regexp.MustCompile(`([A-Za-z]+) contains '[^']*'`)
	jsonKey   = regexp.MustCompile(`"([A-Za-z_]+)": ?\[`)
)

// fill takes values into a parameter whose description shows how.
func fill(bound map[string]any, line string, values map[string]string) {
	told := paramLine.FindStringSubmatch(line)
	if told == nil {
		return
	}
	for slot, value := range values {
		if m := clause.FindStringSubmatch(told[2]); m != nil && m[1] == slot {
			var all []string
			for _, word := range strings.Fields(value) {
				all = append(all, fmt.Sprintf("%s contains '%s'", slot, word))
			}
			bound[told[1]] = strings.Join(all, " and ")
		}
		for _, m := range jsonKey.FindAllStringSubmatch(told[2], -1) {
			if alike(slot, m[1]) {
				bound[told[1]] = map[string]any{m[1]: []any{value}}
			}
		}
	}
}

// final reads what a question asks for, now that one record has shown the fields.
// Without a search that filters, scan is what to look through.
func (a *agent) final(q *plea, ids []string, entity string, sample tree, scan *entitySeen) string {
	fields := sample.leaves()
	arguments := target(ids, entity)
	var wanted []string
	var filters []any
	for _, slot := range slices.Sorted(maps.Keys(q.values)) {
		filter, used := condition(slot, q.values[slot], fields)
		filters, wanted = append(filters, filter), append(wanted, used...)
	}
	if reduce := q.reduction(fields); reduce != nil {
		arguments["reduce"] = reduce
	}
	if by := q.roles["most"]; by != "" {
		wanted = append(wanted, pathsFor(by, fields, true)...)
	}
	arguments["fields"] = shortFields(fields, wanted, scan != nil)
	if scan != nil {
		arguments["limit"] = 200
	} else if len(filters) > 0 {
		arguments["filter"] = map[string]any{"and": filters}
	}
	answer, _ := a.call("read_records", arguments)
	if scan != nil {
		return kept(parsed(a.t, []byte(answer)), q.values, answer)
	}
	return a.finish(answer)
}

// finish reads the rest if there is one and a call is left.
func (a *agent) finish(answer string) string {
	rest := parsed(a.t, []byte(answer)).text("continuation")
	if rest == "" || a.calls >= mostCalls {
		return answer
	}
	more, _ := a.call("read_more", map[string]any{"continuation": rest})
	return answer + more
}

// kept are the records that hold the words of all values.
func kept(answer tree, values map[string]string, whole string) string {
	if len(values) == 0 {
		return whole
	}
	var out []string
	for _, r := range answer.list("records") {
		text := strings.ToLower(string(encoded(r.v)))
		if !slices.ContainsFunc(slices.Collect(maps.Values(values)), func(v string) bool { return !strings.Contains(text, strings.ToLower(v)) }) {
			out = append(out, string(encoded(r.v)))
		}
	}
	return strings.Join(out, "\n")
}

// reduction is what the question wants instead of records.
func (q *plea) reduction(fields []leaf) map[string]any {
	one := func(word string, numbers bool) string {
		if found := pathsFor(word, fields, numbers); len(found) > 0 {
			return found[0]
		}
		return word
	}
	reduce := map[string]any{}
	for _, role := range slices.Sorted(maps.Keys(q.roles)) {
		switch word := q.roles[role]; role {
		case "count":
			reduce["count"] = true
		case "per":
			reduce["group_by"] = one(word, false)
		case "total":
			reduce["sum"] = one(word, true)
		case "average":
			reduce["avg"] = one(word, true)
		case "most":
			top, _ := strconv.Atoi(cmp.Or(q.roles["top"], "1"))
			reduce["top"], reduce["by"] = top, one(word, true)
		}
	}
	if len(reduce) == 0 {
		return nil
	}
	if reduce["group_by"] != nil {
		delete(reduce, "count")
	}
	return reduce
}

// condition is a filter for one value: on the field that has its name, or else on
// any that holds text.
func condition(slot, value string, fields []leaf) (filter any, used []string) {
	if day, ok := strings.CutPrefix(value, "before "); ok {
		return before(slot, day, fields)
	}
	used = pathsFor(slot, fields, false)
	var either []any
	for _, f := range fields {
		if _, isBool := f.value.(bool); isBool && slices.Contains(used, f.path) && slot == value {
			return map[string]map[string]bool{"eq": {f.path: true}}, []string{f.path}
		}
	}
	texts := slices.DeleteFunc(slices.Clone(fields), func(f leaf) bool { _, isText := f.value.(string); return !isText })
	named := slices.DeleteFunc(slices.Clone(texts), func(f leaf) bool { return !slices.Contains(used, f.path) })
	if len(named) == 0 {
		named = texts
	}
	used = nil
	for _, f := range named {
		either, used = append(either, map[string]map[string]string{"fuzzy": {f.path: strings.Join(content(value), " ")}}), append(used, f.path)
	}
	if len(either) == 1 {
		return either[0], used
	}
	return map[string]any{"or": either}, used
}

func content(value string) []string {
	return slices.DeleteFunc(strings.Fields(value), func(w string) bool { return slices.Contains(stopWords, strings.ToLower(w)) })
}

// before compares with today, as a number where dates are numbers.
func before(slot, day string, fields []leaf) (filter any, used []string) {
	for _, path := range pathsFor(slot, fields, false) {
		for _, f := range fields {
			if f.path != path {
				continue
			}
			today := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
			if _, isNumber := f.value.(json.Number); isNumber {
				return map[string]map[string]int64{"lt": {path: today.Unix()}}, []string{path}
			}
			return map[string]map[string]string{"lt": {path: today.Format(time.RFC3339)}}, []string{path}
		}
	}
	return map[string]map[string]string{"lt": {slot: day}}, nil
}

// shortFields are those worth returning: what was looked at, and what is short. Of
// many records only the first kind.
func shortFields(fields []leaf, wanted []string, many bool) []string {
	out := []string{"id"}
	add := func(path string) {
		if !slices.Contains(out, path) && len(out) < 20 {
			out = append(out, path)
		}
	}
	for _, f := range fields {
		size := len(encoded(f.value))
		if slices.Contains(wanted, f.path) && size < 200 || !many && size <= 60 {
			add(f.path)
		}
	}
	return out
}

// change runs an action that is not of reading, looking up the IDs it needs.
func (a *agent) change(q *plea, d *descriptionSeen, e *entitySeen, action *actionSeen) string {
	params := action.bind(q.values)
	for _, p := range action.params {
		if value, given := params[p.name].(string); !p.required || given && (!strings.HasSuffix(p.name, "Id") || hasDigit.MatchString(value)) {
			continue
		}
		kind, ok := strings.CutSuffix(strings.ToLower(p.name), "id")
		from := d.entity(strings.Trim(kind, "_") + "s")
		if !ok || from == nil {
			return "no value for " + p.name
		}
		values := q.values
		if value, named := q.values[kind]; named {
			values = map[string]string{kind: value}
		}
		answer, _ := a.call("read_records", map[string]any{"connector_id": q.named[0].id, "entity": from.name, "fields": []string{"id", "name"}, "limit": 200})
		found := kept(parsed(a.t, []byte(answer)), values, "")
		if found == "" {
			return answer
		}
		params[p.name] = parsed(a.t, []byte(strings.Split(found, "\n")[0])).text("id")
	}
	answer, _ := a.call("execute_operation", map[string]any{"connector_id": q.named[0].id, "entity": e.name, "action": action.name, "params": params})
	return answer
}
