package plan

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/knowledge"
	"airbyte-agent-mcp/tools/refusal"
	"airbyte-agent-mcp/tools/toolcall"
)

// Operation returns the review of execute_operation: the write is an action on
// an entity of the connected service.
func Operation() Review {
	return Review{
		operation: true,
		Find: func(ctx context.Context, api *account.Account, call toolcall.Call, w *Write) error {
			return w.findOperation(ctx, api, call.Argument("connector_id"))
		},
		Target: func(ctx context.Context, api *account.Account, call toolcall.Call, w *Write) Target {
			return w.record(ctx, api, call)
		},
		Summary: func(_ toolcall.Call, w *Write, found Target, changes []Change) string {
			return w.operation(found, changes) + " of " + safetext.QuoteShort(w.Entity) + w.ConnectorPhrase() + w.InWorkspace() + "."
		},
		Undo: func(call toolcall.Call, w *Write, found Target) string { return w.undoOperation(call, found) },
	}
}

// findOperation looks up the connector of an operation.
func (w *Write) findOperation(ctx context.Context, api *account.Account, connectorID string) (err error) {
	w.ConnectorID = connectorID
	if w.known, err = knowledge.LearnOutline(ctx, api, connectorID); err != nil {
		return err
	}
	w.Connector, w.Slug, w.Service, w.DefinitionID = w.known.Name, w.known.Slug, w.known.Service, w.known.DefinitionID
	w.belongs(ctx, api, w.known.WorkspaceID, w.known.OrganizationID)
	return nil
}

// record fetches the record that an update or delete names.
func (w *Write) record(ctx context.Context, api *account.Account, call toolcall.Call) Target {
	if w.Action != "update" && w.Action != "delete" {
		return Target{}
	}
	given := call.Params()
	names := w.inPath(ctx, api)
	asked, named, why := w.identifying(ctx, api, given, names)
	if why != "" {
		w.Note("The record as it is now is not shown: " + why + ".")
		w.meant(given, names)
		return Target{named: names, Affected: severalOf(given)}
	}
	names = append(names, named...)
	w.meant(given, names)
	got, err := api.Execute(ctx, w.ConnectorID, airbyteclient.ExecuteRequest{
		Entity: w.Entity, Action: "get", Params: asked, Idempotent: true,
		Intent: "Show a person what is about to be changed",
	})
	t := Target{named: names}
	switch {
	case err != nil:
		w.Note("The record as it is now could not be fetched: " + refusal.WithoutRequest(err) + ".")
	case got.File != nil:
		_ = got.File.Body.Close()
		w.Note("The record as it is now is not shown: it is a file.")
	case rawjson.FirstByte(got.Result) != '{':
		w.Note("The service has no such record now.")
	default:
		t = w.NewTarget(got.Result, lasting(got.Result, given), nil)
		t.named = names
	}
	return t
}

// meant says which record a call names.
func (w *Write) meant(given json.RawMessage, names []string) {
	var said []string
	for i, name := range names {
		if v := rawjson.Member(given, name); v != nil && !slices.Contains(names[:i], name) {
			said = append(said, safetext.Line(name, len(name))+"="+string(inWhole(v, "", false)))
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
	for name := range rawjson.Named(given) {
		out = append(append(out, '\n'), formerly(record, name)...)
	}
	return out
}

// inPath are the parameters by which the action itself names its record, as far
// as that is documented.
func (w *Write) inPath(ctx context.Context, api *account.Account) (names []string) {
	if w.known == nil {
		return nil
	}
	action := knowledge.LearnAction(ctx, api, w.known, w.Entity, w.Action)
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
func (w *Write) identifying(ctx context.Context, api *account.Account, given json.RawMessage, inPath []string) (asked json.RawMessage, names []string, why string) {
	if w.known == nil {
		return nil, nil, "the connector could not be looked up"
	}
	e := w.known.Entity(w.Entity)
	if e == nil || !e.Has("get") {
		return nil, nil, "the service has no action that gets one by its ID, as far as is known"
	}
	get := knowledge.LearnAction(ctx, api, w.known, w.Entity, "get")
	if get == nil || !get.Known {
		return nil, nil, "how to get it is not documented"
	}
	asked = []byte{'{'}
	for _, p := range get.Params {
		if !p.Required {
			continue
		}
		name := p.Name
		v := rawjson.Member(given, name)
		if v == nil || string(v) == "null" {
			if name = otherName(p.Name, get.Params, inPath); name == "" || rawjson.Member(given, name) == nil {
				return nil, nil, fmt.Sprintf("getting it takes %s, which the call does not name", safetext.Short(p.Name))
			}
			if v = rawjson.Member(given, name); p.Type == "integer" && wholeNumber.MatchString(rawjson.Text(v)) {
				v = json.RawMessage(rawjson.Text(v))
			}
		}
		asked = rawjson.AppendMember(asked, p.Name, v)
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
func otherName(name string, get []knowledge.Param, inPath []string) string {
	has := func(name string) bool {
		return slices.ContainsFunc(get, func(p knowledge.Param) bool { return p.Name == name })
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
	for name, value := range rawjson.Named(given) {
		if lower := strings.ToLower(name); rawjson.FirstByte(value) == '[' && (lower == "id" || strings.HasSuffix(lower, "ids")) {
			n = max(n, rawjson.Len(value))
		}
	}
	return n
}

// operation says what is done to records.
func (w *Write) operation(found Target, changes []Change) string {
	many := "one record"
	if found.Affected > 1 {
		many = fmt.Sprintf("%d records", found.Affected)
	}
	if label := RecordLabel(found.Record, ""); label != "" {
		many += " (" + safetext.QuoteShort(label) + ")"
	}
	switch w.Action {
	case "create":
		return "Creates one record"
	case "update":
		return "Changes " + FieldNames(changes) + " of " + many
	case "delete":
		return "Deletes " + many
	}
	return "Runs " + safetext.QuoteShort(w.Action)
}

func (w *Write) undoOperation(call toolcall.Call, found Target) string {
	var e *knowledge.Entity
	if w.known != nil {
		e = w.known.Entity(w.Entity)
	}
	can := func(action string) bool { return e != nil && e.Has(action) }
	switch w.Action {
	case "create":
		if can("delete") {
			return "execute_operation " + w.operationCall("delete", []byte("{}")) + ", with the ID that the answer gives in params."
		}
		return ""
	case "update":
		former, whole := restorable(found.Record, w.written(call, found))
		if former == nil {
			return ""
		}
		p := []byte{'{'}
		for name, value := range rawjson.Named(call.Params()) {
			if slices.Contains(found.named, name) {
				p = rawjson.AppendMember(p, name, rawjson.Compact(value))
			}
		}
		if len(p) > 1 {
			p = append(p, ',')
		}
		p = append(p, former[1:]...)
		return w.sayUndo("execute_operation "+w.operationCall("update", p), whole)
	case "delete":
		if found.Record == nil || !can("create") {
			return "Cannot be undone."
		}
		former, whole := restorable(found.Record, found.Record)
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

func (w *Write) operationCall(action string, params json.RawMessage) string {
	b := rawjson.AppendMember([]byte{'{'}, "connector_id", rawjson.Of(w.ConnectorID))
	b = rawjson.AppendMember(b, "entity", rawjson.Of(w.Entity))
	b = rawjson.AppendMember(b, "action", rawjson.Of(action))
	return safetext.EscapeHidden(append(rawjson.AppendMember(b, "params", params), '}'))
}
