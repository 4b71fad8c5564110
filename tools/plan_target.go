package tools

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"airbyte-agent-mcp/airbyteclient"
)

// planTime bounds what is fetched to show a plan. What has not come by then is
// not shown.
const planTime = 10 * time.Second

// aboutWrite is what is known of a write before it is made.
type aboutWrite struct {
	Tool, Action, Entity                 string
	ConnectorID, Connector               string
	Slug, Service, DefinitionID, Account string
	Workspace                            string

	// unknown tells that the connector could not be found out about, or not
	// enough for rules to go by.
	unknown bool
	// flows are the rules about data that was read before it.
	flows []flow
	// free lets a disposable connector be changed without asking.
	free      bool
	known     *knowledge // of execute_operation, as far as it could be learned
	connector *airbyteclient.Connector
	notes     []string
	which     string // the record that is meant, by the parameters that name it
}

// target is what a write changes or deletes, as it is now.
type target struct {
	record   json.RawMessage // nil where it could not be fetched
	sum      string          // of all that must not change; empty where it could not be fetched
	named    []string        // the parameters that say which record it is
	affected int
}

// aboutTool is what the call itself tells.
func aboutTool(call request) *aboutWrite {
	w := &aboutWrite{Tool: call.Tool}
	if call.Tool == "execute_operation" {
		w.Action, w.Entity = text(member(call.Arguments, "action")), text(member(call.Arguments, "entity"))
		return w
	}
	w.Action, w.Entity, _ = strings.Cut(call.Tool, "_")
	return w
}

// names are what rules know the connector by. A write that is about none goes
// by the empty name, which only * matches.
func (w *aboutWrite) names() []string {
	var names []string
	for _, name := range []string{w.ConnectorID, w.Connector, w.Slug, w.Service, slugOf(w.Service), w.DefinitionID} {
		if name != "" {
			names = append(names, name)
		}
	}
	if names == nil {
		names = []string{""}
	}
	return names
}

// find finds out whose connector or workspace a call is about. The error is for
// what makes the call hopeless.
func (w *aboutWrite) find(ctx context.Context, api *Account, call request) error {
	ctx, cancel := context.WithTimeout(ctx, planTime)
	defer cancel()
	given := func(name string) string { return text(member(call.Arguments, name)) }
	var err error
	switch call.Tool {
	case "execute_operation":
		w.ConnectorID = given("connector_id")
		if w.known, err = learnOutline(ctx, api, w.ConnectorID); err == nil {
			w.Connector, w.Slug, w.Service, w.DefinitionID = w.known.Name, w.known.Slug, w.known.Service, w.known.DefinitionID
			w.belongs(ctx, api, w.known.WorkspaceID, w.known.OrganizationID)
		}
	case "update_connector", "delete_connector", "check_connector":
		w.ConnectorID = given("connector_id")
		err = w.findConnector(ctx, api)
	case "create_connector", "check_new_connector":
		w.Connector, w.Service, w.DefinitionID = given("name"), given("connector_type"), given("definition_id")
		w.Workspace = orDefault(given("workspace_name"), api)
		w.unknown = w.Service == ""
		if err = w.findNamed(ctx, api, given("source_template_id")); err == nil {
			if old := given("replaces"); old != "" {
				err = w.findReplaced(ctx, api, old)
			}
		}
		if lies, ok := errors.AsType[*refusal](err); ok {
			return lies
		}
	case "create_scoped_token", "create_widget_token":
		w.Workspace = orDefault(given("workspace_name"), api)
	}
	if err != nil && hopeless(err) {
		return hinted{error: err, reads: true}
	}
	if err != nil {
		w.unknown = true
		w.note("What it is about could not be looked up: " + withoutRequest(err) + ".")
	}
	return nil
}

// hopeless tells of a failed look that the write would fail as well.
func hopeless(err error) bool {
	switch airbyteclient.KindOf(err) {
	case airbyteclient.KindNotFound, airbyteclient.KindNotEnabled, airbyteclient.KindUnauthorized, airbyteclient.KindMissingCredentials,
		airbyteclient.KindOrganizationNeeded, airbyteclient.KindBadRequest, airbyteclient.KindCanceled:
		return true
	}
	return false
}

// findConnector asks anew each time: what is about to be changed must be known
// as it is.
func (w *aboutWrite) findConnector(ctx context.Context, api *Account) error {
	connector, err := api.GetConnector(ctx, w.ConnectorID)
	if err != nil {
		return err
	}
	w.connector = connector
	from := connector.SourceTemplate
	w.Connector, w.Service, w.DefinitionID = connector.Name, from.Name, from.SourceDefinitionID
	w.Slug = cmp.Or(from.ConnectorName, slugOf(from.Name))
	w.free = strings.Contains(strings.ToLower(connector.Name), disposable)
	inspection, err := api.InspectConnector(ctx, w.ConnectorID)
	if err != nil {
		w.note("Its workspace could not be looked up: " + withoutRequest(err) + ".")
		return nil
	}
	w.Service = cmp.Or(w.Service, inspection.SourceDefinitionName)
	w.belongs(ctx, api, inspection.WorkspaceID, inspection.OrganizationID)
	if n := indexed(inspection); n > 0 && w.Action == "delete" {
		w.note(fmt.Sprintf("The Context Store holds %d of its entities; they go with it.", n))
	}
	return nil
}

// findReplaced finds out about the connector that a new one takes over from.
func (w *aboutWrite) findReplaced(ctx context.Context, api *Account, ref string) error {
	id, err := connectorRef{ref, w.Workspace}.id(ctx, api)
	if err != nil {
		return err
	}
	w.ConnectorID, w.unknown = id, false
	err = w.findConnector(ctx, api)
	w.free = false // it is the old one that may be deleted freely
	return err
}

func indexed(i *airbyteclient.ConnectorInspection) int {
	if i.ContextStoreReadiness == nil {
		return 0
	}
	return len(i.ContextStoreReadiness.ConfiguredEntities)
}

func (w *aboutWrite) findService(ctx context.Context, api *Account) error {
	name, _, err := recallWithin(ctx, api, "service/"+w.DefinitionID, asideTime, func(ctx context.Context) (string, error) {
		got, err := api.GetSourceDefinition(ctx, w.DefinitionID)
		if err != nil {
			return "", err
		}
		return got.Definition.Name, nil
	})
	w.Service, w.unknown = name, err != nil
	return err
}

// findNamed finds out which service a new connector is of: what the arguments
// call it counts only where nothing else does.
func (w *aboutWrite) findNamed(ctx context.Context, api *Account, template string) error {
	called := w.Service
	if template != "" {
		got, err := api.GetSourceTemplate(ctx, template)
		if err != nil {
			return err
		}
		if w.DefinitionID != "" && !strings.EqualFold(w.DefinitionID, got.SourceDefinitionID) {
			return refuse("definition_id and source_template_id are of two services.").next("Nothing was sent. Give one of them.")
		}
		w.DefinitionID = got.SourceDefinitionID
	}
	if w.DefinitionID == "" {
		return nil
	}
	if err := w.findService(ctx, api); err != nil {
		return err
	}
	if called != "" && !strings.EqualFold(called, w.Service) {
		return refuse("connector_type is %s, and what is connected is %s.", quoted(called), quoted(w.Service)).next("Nothing was sent. Leave connector_type out, or give the right one alone.")
	}
	return nil
}

// belongs names the workspace and the organization.
func (w *aboutWrite) belongs(ctx context.Context, api *Account, workspaceID, organizationID string) {
	if organizationID != "" {
		w.Account = "organization " + organizationID
	}
	if workspaceID == "" {
		return
	}
	name, _, err := recallWithin(ctx, api, "workspace/"+workspaceID, asideTime, func(ctx context.Context) (string, error) {
		got, err := api.GetWorkspace(ctx, workspaceID)
		if err != nil {
			return "", err
		}
		return got.Name, nil
	})
	if w.Workspace = name; err != nil {
		w.Workspace = workspaceID
	}
}

// target fetches what the call changes or deletes. What fails stands in a note:
// it keeps nobody from deciding.
func (w *aboutWrite) target(ctx context.Context, api *Account, call request) target {
	ctx, cancel := context.WithTimeout(ctx, planTime)
	defer cancel()
	id := text(member(call.Arguments, "template_id"))
	switch call.Tool {
	case "execute_operation":
		return w.record(ctx, api, call)
	case "create_connector":
		if w.connector == nil {
			return target{}
		}
		return w.found(nil, encoded(w.connector), nil) // which it replaces
	case "update_connector", "delete_connector":
		if w.connector == nil {
			return target{}
		}
		return w.found(encoded(shownConnector(w.connector, "")), encoded(w.connector), nil)
	case "update_workspace", "delete_workspace":
		return w.workspace(ctx, api, text(member(call.Arguments, "workspace_id")))
	case "update_template", "delete_template":
		got, err := api.GetSourceTemplate(ctx, id)
		if err != nil {
			return w.found(nil, nil, err)
		}
		whole := encoded(got)
		shown, err := templateOut(got, nil)
		return w.found(encoded(shown), whole, err)
	case "update_conn_template", "delete_conn_template":
		got, err := api.GetConnectionTemplate(ctx, id)
		if err != nil {
			return w.found(nil, nil, err)
		}
		return w.found(encoded(withoutSecrets(*got)), encoded(got), nil)
	case "set_oauth_config", "delete_oauth_config":
		w.note("What is stored now cannot be read, so it is not shown.")
	}
	return target{}
}

// found is a target, or a note of why there is none.
func (w *aboutWrite) found(shown, whole json.RawMessage, err error) target {
	if err != nil {
		w.note("What it changes could not be fetched: " + withoutRequest(err) + ".")
		return target{}
	}
	sum := sha256.Sum256(whole)
	return target{record: shown, sum: hex.EncodeToString(sum[:])}
}

// workspace is a workspace with the connectors in it.
func (w *aboutWrite) workspace(ctx context.Context, api *Account, id string) target {
	got, err := api.GetWorkspace(ctx, id)
	if err != nil {
		w.Workspace = id
		return w.found(nil, nil, err)
	}
	w.Workspace = got.Name
	if got.OrganizationID != "" {
		w.Account = "organization " + got.OrganizationID
	}
	whole := []any{got}
	connectors, err := api.ListConnectors(ctx, airbyteclient.ListConnectorsOptions{WorkspaceID: id})
	if err != nil {
		w.note("How many connectors are in it could not be found out: " + withoutRequest(err) + ".")
	} else if len(connectors) > 0 {
		w.note(fmt.Sprintf("It holds %d connectors.%s", len(connectors), named(" They are", connectors)))
	}
	for _, c := range connectors {
		whole = append(whole, c.ID, c.Name)
	}
	t := w.found(encoded(got), encoded(whole), nil)
	t.affected = 1 + len(connectors)
	return t
}

// record fetches the record that an update or delete names.
func (w *aboutWrite) record(ctx context.Context, api *Account, call request) target {
	if w.Action != "update" && w.Action != "delete" {
		return target{}
	}
	given := params(call.Arguments)
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
