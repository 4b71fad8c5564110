package tools_test

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/tools/answer"
	"airbyte-agent-mcp/tools/dispatch/dispatchtest"
)

// agent is a stand-in for a model: a program that knows how to compare words, and
// of services only what the answers say.
type agent struct {
	t     *testing.T
	w     dispatchtest.World
	calls int
	bytes int
	log   []string
}

func newAgent(t *testing.T, w dispatchtest.World) *agent {
	return &agent{t: t, w: w}
}

func (a *agent) tokens() int { return a.bytes / answer.BytesPerToken }

// call calls a tool; what comes back is the answer, or the error as a model reads it.
func (a *agent) call(tool string, arguments map[string]any) (answer string, ok bool) {
	sent := rawjson.Of(arguments)
	if a.calls++; a.calls > 8 {
		return "too many calls", false
	}
	got, err := a.w.Runner.Call(a.t.Context(), a.w.Api.Client, tool, sent)
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
				return a.final(q, []string{r.text("connector_id")}, noun+"s", records[0].leaves(), nil)
			}
		}
	}
	return "not found"
}

// read answers a question about the records of the connectors named. Of whose they
// are knows the last one: "customers of HubSpot with a Zendesk ticket".
func (a *agent) read(q *plea) string {
	first := q.named[0]
	if q.roles["whose"] != "" {
		first = q.named[len(q.named)-1]
	}
	answer, ok := a.call("describe_connector", map[string]any{"connector_id": first.id})
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
		arguments := aim(ids, e.name)
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
	if q.roles["whose"] != "" {
		return a.whose(q, d, e, ids)
	}
	if e.readWith == "context_store_search" && q.onlyFigures() && q.placed(e.fields) {
		return a.final(q, ids, e.name, e.fields, nil) // the description has told the fields
	}
	sampleArguments := aim(ids, e.name)
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
	return a.final(q, ids, e.name, sample.leaves(), scan)
}

// whose answers whose the records are that a question is about: which different
// ones a field of theirs points to, and then what these are called.
func (a *agent) whose(q *plea, d *descriptionSeen, e *entitySeen, ids []string) string {
	owner, by := d.ownerOf(e, q.roles["whose"])
	if owner == nil {
		return "nothing says whose the " + e.name + " are"
	}
	var filters []any
	for _, slot := range slices.Sorted(maps.Keys(q.values)) {
		filter, _ := condition(slot, q.values[slot], e.fields)
		filters = append(filters, filter)
	}
	id := ids[slices.IndexFunc(q.named, func(c connectorSeen) bool { return c.id == d.id })]
	arguments := aim([]string{id}, e.name)
	arguments["filter"], arguments["reduce"] = map[string]any{"and": filters}, map[string]any{"distinct": by}
	answer, _ := a.call("read_records", arguments)
	arguments = aim([]string{id}, owner.name)
	arguments["filter"] = map[string]any{"in": map[string]any{"id": parsed(a.t, []byte(answer)).at("reduced").at("values").v}}
	arguments["fields"], arguments["limit"] = []string{"id", "name"}, 100
	answer, _ = a.call("read_records", arguments)
	return answer
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

func aim(ids []string, entity string) map[string]any {
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
		for _, m := range clause.FindAllStringSubmatch(told[2], -1) {
			if m[1] != slot && (slot != "about" || m[1] != "fullText") {
				continue
			}
			var all []string
			for _, word := range strings.Fields(value) {
				all = append(all, fmt.Sprintf("%s contains '%s'", m[1], word))
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
func (a *agent) final(q *plea, ids []string, entity string, fields []leaf, scan *entitySeen) string {
	arguments := aim(ids, entity)
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
	for _, word := range termsOf(q.words()) {
		for _, f := range fields {
			if stem(f.path) == word {
				wanted = append(wanted, f.path) // it is asked for by its name
			}
		}
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
		text := strings.ToLower(string(rawjson.Of(r.v)))
		if !slices.ContainsFunc(slices.Collect(maps.Values(values)), func(v string) bool { return !strings.Contains(text, strings.ToLower(v)) }) {
			out = append(out, string(rawjson.Of(r.v)))
		}
	}
	return strings.Join(out, "\n")
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
