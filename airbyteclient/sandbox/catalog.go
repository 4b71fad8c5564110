package sandbox

import (
	"slices"
	"strings"
)

// definition is a type of connector: what it is called, how it is authorized, and,
// for the connectors of the world, what can be executed on it.
type definition struct {
	id, name, slug, support string
	auth                    []authOption
	settings                []setting // of replication_config
	environment             []setting
	directOnly              bool   // no Context Store at all
	indexing                bool   // has one, not searchable yet
	woken                   bool   // its Context Store was paused for inactivity
	api                     string // host of the service behind it, for error texts
	direct, search          []string
	entities                []entity
}

// setting is one property of a configuration.
type setting struct {
	name, about string
	kind        string // JSON type; empty means string
	required    bool
	secret      bool
	hidden      bool // filled by a sign-in only
	example     string
}

// authOption is one way to authorize, in both dialects in which it may be said.
type authOption struct {
	title          string
	keys           []setting // the connector's own names
	discriminator  string    // "name=value" in the replication dialect; empty: keys stand at the top level
	replicationKey []setting // the replication names; the connector's own when nil
	oauth          bool
}

// entity is a kind of record and what may be done with it.
type entity struct {
	name     string
	about    string // what its records are, as the service's own documentation says it
	table    string // where its records are; its name when empty
	indexed  bool   // held by the Context Store
	semantic string // the field indexed for semantic search
	actions  []action
}

type action struct {
	name, about string
	params      []param
	table       string                        // of the entity when empty
	pages       *dialect                      // of a list or an api_search
	order       func(params object) []sortKey // what the parameters ask to sort by; nil when they cannot
	wrapped     bool                          // the result is {data, meta} instead of an array
	nullable    bool                          // a get of an unknown record gives null instead of an error
	// find reads the records of a list where a parameter is in a query language.
	find func(st *store, params object) (rows []*record, refusal string)
	// payload makes one record of the list that Options.Payload sizes.
	payload func(i int, body string) object
	// make builds the record of a create. Update and delete find theirs by path parameters.
	make func(*write) *record
	// inPlace says that make has changed a record where it is, so that none is added.
	inPlace bool
	// change alters the copy of a record that an update puts in place, once body parameters are in it.
	change func(*write, object)
	// result words the answer to a write; nil answers with the record.
	result func(*write, *record) any
	// content gives the bytes of a download.
	content func(*record, object) (file, bool)
}

// param is one parameter of an action; keep says which records a value of it admits.
type param struct {
	name, kind, in, about string
	required              bool
	enum                  []string
	field                 string // where an update puts it; nowhere when empty
	keep                  func(r *record, value any) bool
}

// write is what the functions of an action may use.
type write struct {
	*Sandbox
	definition *definition
	params     object
	now        string
}

func (d *definition) entity(name string) *entity {
	for i := range d.entities {
		if d.entities[i].name == name {
			return &d.entities[i]
		}
	}
	return nil
}

func (d *definition) entityNames() []string {
	names := make([]string, len(d.entities))
	for i, e := range d.entities {
		names[i] = e.name
	}
	return names
}

func (e *entity) rows() string {
	if e.table != "" {
		return e.table
	}
	return e.name
}

func (e *entity) action(name string) *action {
	for i := range e.actions {
		if e.actions[i].name == name {
			return &e.actions[i]
		}
	}
	return nil
}

// actionNames lists what may be sent as action, the Context Store's reads included.
func (d *definition) actionNames(e *entity) []string {
	var names []string
	for _, a := range e.actions {
		names = append(names, a.name)
	}
	if e.indexed && !d.directOnly {
		names = append(names, contextStoreSearch)
	}
	return names
}

// Builders, so that the tables of the connectors stay tables.

func str(name string, keep func(*record, any) bool) param {
	return param{name: name, kind: "string", in: "query", keep: keep}
}

func integer(name string, keep func(*record, any) bool) param {
	return param{name: name, kind: "integer", in: "query", keep: keep}
}

func boolean(name string, keep func(*record, any) bool) param {
	return param{name: name, kind: "boolean", in: "query", keep: keep}
}

func list(name string, keep func(*record, any) bool) param {
	return param{name: name, kind: "array", in: "query", keep: keep}
}

func obj(name string, keep func(*record, any) bool) param {
	return param{name: name, kind: "object", in: "query", keep: keep}
}

// body makes a parameter part of a write's body and says where it lands.
func (p param) body(field string) param {
	p.in, p.field = "body", field
	return p
}

func (p param) path() param {
	p.in, p.required = "path", true
	return p
}

func (p param) need() param {
	p.required = true
	return p
}

func (p param) oneOf(values ...string) param {
	p.enum = values
	return p
}

func (e entity) says(about string) entity {
	e.about = about
	return e
}

func (p param) says(about string) param {
	p.about = about
	return p
}

func (a action) with(params ...param) action {
	a.params = append(slices.Clone(a.params), params...)
	return a
}

// sorted says how the parameters of a list ask for an order.
func (a action) sorted(order func(object) []sortKey) action {
	a.order = order
	return a
}

// sortKey is one field to sort by.
type sortKey struct {
	field string
	down  bool
}

func listed(pages *dialect, params ...param) action {
	a := action{name: "list", pages: pages, params: params}
	return a.with(pages.params()...)
}

func searched(pages *dialect, params ...param) action {
	a := action{name: "api_search", pages: pages, params: params}
	return a.with(pages.params()...)
}

func got(params ...param) action { return action{name: "get", params: params} }

// Filters.

// is admits records whose field has the value of the parameter. A field that begins
// with "@" is looked up among the record's hidden keys.
func is(field string) func(*record, any) bool {
	return func(r *record, value any) bool { return same(r.lookup(field), value) }
}

// among admits records whose field is one of the values.
func among(field string) func(*record, any) bool {
	return func(r *record, value any) bool {
		values, many := value.([]any)
		if !many {
			return same(r.lookup(field), value)
		}
		return len(values) == 0 || slices.ContainsFunc(values, func(v any) bool { return same(r.lookup(field), v) })
	}
}

// since and until compare with a bound; ISO dates compare as text.
func since(field string) func(*record, any) bool {
	return func(r *record, value any) bool { return compare(r.lookup(field), value) >= 0 }
}

func until(field string) func(*record, any) bool {
	return func(r *record, value any) bool { return compare(r.lookup(field), value) <= 0 }
}

// within reads {"gt","gte","lt","lte"}, as Stripe writes ranges.
func within(field string) func(*record, any) bool {
	return func(r *record, value any) bool {
		bounds, _ := value.(object)
		for op, bound := range bounds {
			c := compare(r.lookup(field), bound)
			if op == "gt" && c <= 0 || op == "gte" && c < 0 || op == "lt" && c >= 0 || op == "lte" && c > 0 {
				return false
			}
		}
		return true
	}
}

// mentions admits records in which every word of the text occurs.
func mentions(r *record, value any) bool {
	hay := strings.ToLower(string(r.raw()))
	for _, word := range strings.Fields(strings.ToLower(text(value))) {
		if !strings.Contains(hay, strings.Trim(word, `"'*`)) {
			return false
		}
	}
	return true
}
