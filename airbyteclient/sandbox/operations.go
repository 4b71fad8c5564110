package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
)

const contextStoreSearch = "context_store_search"

// operation is an execute request that has been understood.
type operation struct {
	connector *connector
	entity    *entity
	action    *action
	params    object
	selection selection
}

func (s *Sandbox) execute(c *call) response {
	errs := check(c.body,
		property{name: "entity", kind: "string", required: true},
		property{name: "action", kind: "string", required: true},
		property{name: "params", kind: "object"},
		property{name: "select_fields", kind: "strings"},
		property{name: "exclude_fields", kind: "strings"},
		property{name: "skip_truncation", kind: "boolean"},
		property{name: "intent", kind: "string"},
	)
	if len([]rune(text(c.body["intent"]))) > 512 {
		errs = append(errs, fieldError{"body.intent", "String should have at most 512 characters", "string_too_long"})
	}
	if errs != nil {
		return invalid(errs...)
	}
	conn, bad := s.reach(c)
	if bad != nil {
		return *bad
	}
	if !wait(c.Request, s.options.Latency) {
		return failure(http.StatusGatewayTimeout, "The caller has gone.")
	}
	if text(c.body["action"]) == "describe" {
		return s.success(conn, conn.definition.describe(), object{}, nil)
	}
	op, refusal := understand(conn, c.body)
	if refusal != "" {
		return failure(http.StatusBadRequest, refusal)
	}
	if conn.refused {
		return failure(http.StatusBadRequest, expiredWords)
	}
	return s.perform(op)
}

// reach finds the connector of the path and holds it against the caller's workspace.
func (s *Sandbox) reach(c *call) (*connector, *response) {
	conn := s.store.connector(c.id)
	if conn == nil {
		bad := notFound("Connector", c.id)
		return nil, &bad
	}
	if bad := c.caller.barred(conn.workspaceID); bad != nil {
		return nil, bad
	}
	if w := s.store.workspace(conn.workspaceID); w != nil && w.status == "inactive" {
		bad := failure(http.StatusForbidden, fmt.Sprintf("Workspace '%s' is inactive; its connections are disabled.", w.name))
		return nil, &bad
	}
	return conn, nil
}

func understand(conn *connector, body object) (operation, string) {
	d := conn.definition
	name, verb := text(body["entity"]), text(body["action"])
	e := d.entity(name)
	if e == nil {
		return operation{}, fmt.Sprintf("Entity '%s' not found in connector. Available entities: %s", name, words(d.entityNames()))
	}
	params, _ := body["params"].(object)
	op := operation{connector: conn, entity: e, params: params, selection: selection{only: texts(body["select_fields"]), without: texts(body["exclude_fields"])}}
	if skip, given := body["skip_truncation"].(bool); given && !skip {
		op.selection.truncate = verb == "list" || verb == contextStoreSearch
	}
	if !slices.Contains(d.actionNames(e), verb) {
		return op, fmt.Sprintf("Action '%s' not supported for entity '%s'. Supported actions: %s", verb, name, words(d.actionNames(e)))
	}
	op.action = e.action(verb)
	if op.action == nil {
		return op, "" // the Context Store's search, which checks its own parameters
	}
	return op, op.action.refuse(e, params)
}

func texts(v any) []string {
	list, _ := v.([]any)
	var out []string
	for _, item := range list {
		out = append(out, text(item))
	}
	return out
}

// refuse says what is wrong with the parameters, in the executor's sentences.
func (a *action) refuse(e *entity, params object) string {
	var missing []string
	for _, p := range a.params {
		value, given := params[p.name]
		if given && value != nil {
			if sentence := p.refuse(value); sentence != "" {
				return sentence
			}
			continue
		}
		switch {
		case !p.required:
		case p.in == "body":
			missing = append(missing, p.name)
		default:
			return fmt.Sprintf("Missing required %s parameter '%s' for %s.%s", p.in, p.name, e.name, a.name)
		}
	}
	if missing != nil {
		return fmt.Sprintf("Missing required body fields for %s.%s: %s", e.name, a.name, words(missing))
	}
	return ""
}

func (p param) refuse(value any) string {
	ok := true
	switch p.kind {
	case "integer":
		n, isNumber := asNumber(value)
		ok = isNumber && n == float64(int64(n))
	case "boolean":
		_, ok = value.(bool)
		ok = ok || value == "true" || value == "false"
	case "object":
		_, ok = value.(object)
	case "string":
		_, isObject := value.(object)
		_, isList := value.([]any)
		ok = !isObject && !isList
	}
	if !ok {
		return fmt.Sprintf("Invalid value '%s' for parameter '%s'; expected %s", plain(value), p.name, p.kind)
	}
	if len(p.enum) == 0 {
		return ""
	}
	given, many := value.([]any)
	if !many {
		given = []any{value}
	}
	for _, v := range given {
		if !slices.Contains(p.enum, plain(v)) {
			return fmt.Sprintf("Invalid value '%s' for parameter '%s'; expected one of: %s", plain(v), p.name, words(p.enum))
		}
	}
	return ""
}

func (s *Sandbox) perform(op operation) response {
	if op.action == nil {
		return s.contextSearch(op)
	}
	switch op.action.name {
	case "list", "api_search":
		return s.list(op)
	case "get":
		return s.get(op)
	case "create":
		return s.create(op)
	case "update", "delete":
		return s.alter(op)
	}
	return s.download(op)
}

func (op operation) table() string {
	if op.action.table != "" {
		return op.action.table
	}
	return op.entity.rows()
}

// fitting are the records that every given parameter admits.
func (s *Sandbox) fitting(op operation) []*record {
	rows := s.store.rows(op.connector.definition.slug, op.table())
	for _, p := range op.action.params {
		value, given := op.params[p.name]
		if !given || value == nil || p.keep == nil {
			continue
		}
		var kept []*record
		for _, r := range rows {
			if p.keep(r, value) {
				kept = append(kept, r)
			}
		}
		rows = kept
	}
	return rows
}

// named is the place of the record that the path parameters name, or -1.
func (op operation) named(rows []*record) int {
	return slices.IndexFunc(rows, func(r *record) bool {
		for _, p := range op.action.params {
			if p.in == "path" && p.keep != nil && !p.keep(r, op.params[p.name]) {
				return false
			}
		}
		return true
	})
}

// listed are the records of a list in their order, on all pages.
func (s *Sandbox) listed(op operation) ([]*record, string) {
	if op.action.find != nil {
		return op.action.find(s.store, op.params)
	}
	rows := s.fitting(op)
	if op.action.order != nil {
		rows = inOrder(rows, op.action.order(op.params))
	}
	return rows, ""
}

func (s *Sandbox) list(op operation) response {
	if s.asksForPayload(op) {
		return s.payload(op)
	}
	d := op.connector.definition
	rows, refusal := s.listed(op)
	if refusal != "" {
		return failure(http.StatusBadRequest, refusal)
	}
	p, refusal := op.action.pages.window(op.params, rows)
	if refusal != "" {
		return failure(http.StatusBadRequest, refusal)
	}
	p.entity, p.baseURL = op.entity.name, "https://"+d.api
	result := op.selection.join(p.rows[p.from:p.to])
	metadata := op.action.pages.metadata(p)
	if op.action.wrapped {
		return s.success(op.connector, object{"data": result, "meta": object{"has_more": p.more()}}, metadata, nil)
	}
	return s.success(op.connector, result, metadata, nil)
}

func (s *Sandbox) get(op operation) response {
	rows := s.fitting(op)
	if len(rows) == 0 {
		if op.action.nullable {
			return s.success(op.connector, nil, object{}, nil)
		}
		return op.unknown()
	}
	return s.success(op.connector, op.selection.apply(rows[0].fields), object{}, nil)
}

// unknown words the third party's own 404.
func (op operation) unknown() response {
	var named []string
	for _, p := range op.action.params {
		if v, given := op.params[p.name]; given && p.required {
			named = append(named, p.name+"="+plain(v))
		}
	}
	return failure(http.StatusNotFound, fmt.Sprintf("%s returned 404 Not Found for %s.%s (%s)",
		op.connector.definition.name, op.entity.name, op.action.name, strings.Join(named, ", ")))
}

func (s *Sandbox) writing(op operation) *write {
	return &write{Sandbox: s, definition: op.connector.definition, params: op.params, now: stamp(s.now())}
}

func (s *Sandbox) create(op operation) response {
	w := s.writing(op)
	made := op.action.make(w)
	if made == nil {
		return op.unknown()
	}
	if !op.action.inPlace {
		s.store.rewrite(w.definition.slug, op.table(), func(rows []*record) []*record { return append([]*record{made}, rows...) })
	}
	return s.wrote(op, w, made)
}

func (s *Sandbox) wrote(op operation, w *write, r *record) response {
	if op.action.result != nil {
		return s.success(op.connector, op.action.result(w, r), object{}, nil)
	}
	return s.success(op.connector, op.selection.apply(r.fields), object{}, nil)
}

// alter updates or deletes the one record that the path parameters name, under one
// lock, so that two writes of different fields both last.
func (s *Sandbox) alter(op operation) response {
	w := s.writing(op)
	var done *record
	s.store.rewrite(w.definition.slug, op.table(), func(rows []*record) []*record {
		at := op.named(rows)
		if at < 0 {
			return rows
		}
		if op.action.name == "delete" {
			done = rows[at]
			return slices.Delete(rows, at, at+1)
		}
		done = rows[at].with(op.changed(w, rows[at].fields))
		rows[at] = done
		return rows
	})
	if done == nil {
		return op.unknown()
	}
	return s.wrote(op, w, done)
}

func (op operation) changed(w *write, fields object) object {
	fields = maps.Clone(fields)
	for _, p := range op.action.params {
		value, given := op.params[p.name]
		if given && p.in == "body" && p.field != "" {
			put(fields, p.field, value)
		}
	}
	if op.action.change != nil {
		op.action.change(w, fields)
	}
	return fields
}

// download answers with bytes and no envelope. An unknown id is answered with 200 and
// nothing at all: the service has this bug, and callers must know it.
func (s *Sandbox) download(op operation) response {
	resp := response{status: http.StatusOK, contentType: "application/octet-stream"}
	rows := s.fitting(op)
	if len(rows) == 0 {
		return resp
	}
	f, found := op.action.content(rows[0], op.params)
	if !found {
		return resp
	}
	resp.contentType = f.kind
	resp.header = map[string]string{"Content-Disposition": fmt.Sprintf("attachment; filename=%q", f.name)}
	from, to, ok := byteRange(text(op.params["range_header"]), f.size())
	if ok {
		resp.status = http.StatusPartialContent
		resp.header["Content-Range"] = fmt.Sprintf("bytes %d-%d/%d", from, to-1, f.size())
	} else {
		from, to = 0, f.size()
	}
	resp.size, resp.stream = to-from, func(w io.Writer) error {
		_, err := io.Copy(w, f.part(from, to))
		return err
	}
	return resp
}

func byteRange(header string, size int) (from, to int, ok bool) {
	if _, err := fmt.Sscanf(header, "bytes=%d-%d", &from, &to); err == nil {
		to = min(to+1, size)
		return from, to, from >= 0 && from < to
	}
	if _, err := fmt.Sscanf(header, "bytes=%d-", &from); err == nil {
		return from, size, from >= 0 && from < size
	}
	return 0, 0, false
}

// success is the envelope of all executes but download.
func (s *Sandbox) success(conn *connector, result, metadata, warning any) response {
	if raw, ready := result.(json.RawMessage); ready {
		return response{status: http.StatusOK, contentType: "application/json", body: s.envelope(conn, raw, metadata, warning)}
	}
	return response{status: http.StatusOK, contentType: "application/json", body: s.envelope(conn, encode(result), metadata, warning)}
}

// envelope splices the ready result in, instead of having it scanned again.
func (s *Sandbox) envelope(conn *connector, result []byte, metadata, warning any) []byte {
	end := s.envelopeEnd(conn, metadata, warning)
	b := make([]byte, 0, len(envelopeBegin)+len(result)+len(end))
	b = append(b, envelopeBegin...)
	b = append(b, result...)
	return append(b, end...)
}

const envelopeBegin = `{"status":"success","result":`

func (s *Sandbox) envelopeEnd(conn *connector, metadata, warning any) []byte {
	return fmt.Appendf(nil, `,"connector_metadata":%s,"execution_metadata":{"connector_instance_id":"source_id:%s","execution_time_ms":%d},"warning":%s}`,
		encode(metadata), conn.id, s.options.Latency.Milliseconds()+37, encode(warning))
}
