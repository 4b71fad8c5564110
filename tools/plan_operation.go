package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"airbyte-agent-mcp/airbyteclient"
)

// Operation returns the review of execute_operation: the write is an action on
// an entity of the connected service.
func Operation() Review {
	return Review{
		operation: true,
		find: func(ctx context.Context, api *Account, call Call, w *aboutWrite) error {
			return w.findOperation(ctx, api, call.argument("connector_id"))
		},
		target: func(ctx context.Context, api *Account, call Call, w *aboutWrite) target {
			return w.record(ctx, api, call)
		},
		summary: func(_ Call, w *aboutWrite, found target, changes []Change) string {
			return w.operation(found, changes) + " of " + quoted(w.Entity) + w.whose() + w.in() + "."
		},
		undo: func(call Call, w *aboutWrite, found target) string { return w.undoOperation(call, found) },
	}
}

// findOperation looks up the connector of an operation.
func (w *aboutWrite) findOperation(ctx context.Context, api *Account, connectorID string) (err error) {
	w.ConnectorID = connectorID
	if w.known, err = learnOutline(ctx, api, connectorID); err != nil {
		return err
	}
	w.Connector, w.Slug, w.Service, w.DefinitionID = w.known.Name, w.known.Slug, w.known.Service, w.known.DefinitionID
	w.belongs(ctx, api, w.known.WorkspaceID, w.known.OrganizationID)
	return nil
}

// record fetches the record that an update or delete names.
func (w *aboutWrite) record(ctx context.Context, api *Account, call Call) target {
	if w.Action != "update" && w.Action != "delete" {
		return target{}
	}
	given := call.params()
	names := w.inPath(ctx, api)
	asked, named, why := w.identifying(ctx, api, given, names)
	if why != "" {
		w.note("The record as it is now is not shown: " + why + ".")
		w.meant(given, names)
		return target{named: names, affected: severalOf(given)}
	}
	names = append(names, named...)
	w.meant(given, names)
	got, err := api.Execute(ctx, w.ConnectorID, airbyteclient.ExecuteRequest{
		Entity: w.Entity, Action: "get", Params: asked, Idempotent: true,
		Intent: "Show a person what is about to be changed",
	})
	t := target{named: names}
	switch {
	case err != nil:
		w.note("The record as it is now could not be fetched: " + withoutRequest(err) + ".")
	case got.File != nil:
		_ = got.File.Body.Close()
		w.note("The record as it is now is not shown: it is a file.")
	case kindOf(got.Result) != '{':
		w.note("The service has no such record now.")
	default:
		t = w.found(got.Result, lasting(got.Result, given), nil)
		t.named = names
	}
	return t
}

// meant says which record a call names.
func (w *aboutWrite) meant(given json.RawMessage, names []string) {
	var said []string
	for i, name := range names {
		if v := member(given, name); v != nil && !slices.Contains(names[:i], name) {
			said = append(said, harmless(name, len(name))+"="+string(inWhole(v, "", false)))
		}
	}
	w.which = strings.Join(said, ", ")
}

// query matches what is behind the path of a URL in JSON.
var query = regexp.MustCompile(`(https?:\\?/\\?/[^"?\s]*)\?[^"\s]*`)

// lasting is what of a record must not change before it is written to: all but
// the queries of URLs, which some services sign anew each time. What the call
// sets counts with them.
func lasting(record, given json.RawMessage) json.RawMessage {
	out := query.ReplaceAll(record, []byte("$1"))
	for name := range members(given) {
		out = append(append(out, '\n'), formerly(record, name)...)
	}
	return out
}

// inPath are the parameters by which the action itself names its record, as far
// as that is documented.
func (w *aboutWrite) inPath(ctx context.Context, api *Account) (names []string) {
	if w.known == nil {
		return nil
	}
	action := learnAction(ctx, api, w.known, w.Entity, w.Action)
	if action == nil {
		return nil
	}
	for _, p := range action.Params {
		if p.In == "path" {
			names = append(names, p.Name)
		}
	}
	return names
}

// identifying gives the parameters by which the record can be fetched, and the
// names that they have in the call, or says why it cannot be.
func (w *aboutWrite) identifying(ctx context.Context, api *Account, given json.RawMessage, inPath []string) (asked json.RawMessage, names []string, why string) {
	if w.known == nil {
		return nil, nil, "the connector could not be looked up"
	}
	e := w.known.entity(w.Entity)
	if e == nil || !e.can("get") {
		return nil, nil, "the service has no action that gets one by its ID, as far as is known"
	}
	get := learnAction(ctx, api, w.known, w.Entity, "get")
	if get == nil || !get.Known {
		return nil, nil, "how to get it is not documented"
	}
	asked = []byte{'{'}
	for _, p := range get.Params {
		if !p.Required {
			continue
		}
		name := p.Name
		v := member(given, name)
		if v == nil || string(v) == "null" {
			if name = otherName(p.Name, get.Params, inPath); name == "" || member(given, name) == nil {
				return nil, nil, fmt.Sprintf("getting it takes %s, which the call does not name", shown(p.Name))
			}
			if v = member(given, name); p.Type == "integer" && wholeNumber.MatchString(text(v)) {
				v = json.RawMessage(text(v))
			}
		}
		asked = appendNamed(asked, p.Name, v)
		names = append(names, name)
	}
	if names == nil {
		return nil, nil, "which one it is cannot be told from the parameters"
	}
	return append(asked, '}'), names, ""
}

// wholeNumber matches a number that was given as a text.
var wholeNumber = regexp.MustCompile(`^[1-9][0-9]{0,17}$`)

// otherName is what the action itself calls a parameter in its path that get has
// under a name of its own, as GitHub has issue_number and number: empty unless
// there is just one that it can be.
func otherName(name string, get []knownParam, inPath []string) string {
	has := func(name string) bool {
		return slices.ContainsFunc(get, func(p knownParam) bool { return p.Name == name })
	}
	other := ""
	for _, candidate := range inPath {
		switch {
		case has(candidate):
		case other != "", !strings.HasSuffix(candidate, "_"+name):
			return ""
		default:
			other = candidate
		}
	}
	return other
}

// severalOf counts the IDs of a call that names many.
func severalOf(given json.RawMessage) int {
	n := 1
	for name, value := range members(given) {
		if lower := strings.ToLower(name); kindOf(value) == '[' && (lower == "id" || strings.HasSuffix(lower, "ids")) {
			n = max(n, count(value))
		}
	}
	return n
}

// operation says what is done to records.
func (w *aboutWrite) operation(found target, changes []Change) string {
	many := "one record"
	if found.affected > 1 {
		many = fmt.Sprintf("%d records", found.affected)
	}
	if label := labelOf(found.record, ""); label != "" {
		many += " (" + quoted(label) + ")"
	}
	switch w.Action {
	case "create":
		return "Creates one record"
	case "update":
		return "Changes " + fieldsOf(changes) + " of " + many
	case "delete":
		return "Deletes " + many
	}
	return "Runs " + quoted(w.Action)
}

func (w *aboutWrite) undoOperation(call Call, found target) string {
	var e *knownEntity
	if w.known != nil {
		e = w.known.entity(w.Entity)
	}
	can := func(action string) bool { return e != nil && e.can(action) }
	switch w.Action {
	case "create":
		if can("delete") {
			return "execute_operation " + w.operationCall("delete", []byte("{}")) + ", with the ID that the answer gives in params."
		}
		return ""
	case "update":
		former, whole := restorable(found.record, w.written(call, found))
		if former == nil {
			return ""
		}
		p := []byte{'{'}
		for name, value := range members(call.params()) {
			if slices.Contains(found.named, name) {
				p = appendNamed(p, name, compact(value))
			}
		}
		if len(p) > 1 {
			p = append(p, ',')
		}
		p = append(p, former[1:]...)
		return w.sayUndo("execute_operation "+w.operationCall("update", p), whole)
	case "delete":
		if found.record == nil || !can("create") {
			return "Cannot be undone."
		}
		former, whole := restorable(found.record, found.record)
		if former == nil {
			return "Cannot be undone."
		}
		if said := w.sayUndo("execute_operation "+w.operationCall("create", former), whole); said != "" {
			return "Cannot be undone; a record like it can be created, with a new ID and as far as the service takes its fields: " + said
		}
		return "Cannot be undone."
	}
	return ""
}

func (w *aboutWrite) operationCall(action string, params json.RawMessage) string {
	b := appendMember([]byte{'{'}, "connector_id", encoded(w.ConnectorID))
	b = appendMember(b, "entity", encoded(w.Entity))
	b = appendMember(b, "action", encoded(action))
	return escaped(append(appendMember(b, "params", params), '}'))
}
