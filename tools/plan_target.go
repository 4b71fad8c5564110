package tools

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
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
	review    Review
	connector *airbyteclient.Connector
	notes     []string
	which     string // the record that is meant, by the parameters that name it
}

// target is what a write changes or deletes, as it is now.
type target struct {
	record   json.RawMessage // nil where it could not be fetched
	sum      string          // of all that must not change; empty where it could not be fetched
	named    []string        // the parameters that say which record it is
	affected int             // how many records or things are changed; 0 if that is not known
}

// Review is what a tool knows of its own writes and a person should see before
// they agree. Whatever is absent is not shown.
type Review struct {
	// find looks up whose connector or workspace the call is about.
	find func(ctx context.Context, api *Account, call Call, w *aboutWrite) error
	// target fetches what the call changes or deletes, as it is now.
	target func(ctx context.Context, api *Account, call Call, w *aboutWrite) target
	// summary says in one sentence what the call would do.
	summary func(call Call, w *aboutWrite, found target, changes []Change) string
	// undo says how to take the call back; empty where that is not known.
	undo func(call Call, w *aboutWrite, found target) string

	// connector is the argument that names the connector by ID, name or slug;
	// connector_id if empty.
	connector string
	// namesConnector says that the argument name becomes a connector's name.
	namesConnector bool
	// operation says that the tool runs an action on an entity of the connected
	// service, as execute_operation does.
	operation bool
}

// newWrite returns what the call itself says of a write.
func newWrite(call Call, review Review) *aboutWrite {
	w := &aboutWrite{Tool: call.Tool, review: review}
	if review.operation {
		w.Action, w.Entity = call.argument("action"), call.argument("entity")
		return w
	}
	w.Action, w.Entity, _ = strings.Cut(call.Tool, "_")
	return w
}

// note adds what a person should know, once.
func (w *aboutWrite) note(words string) { w.notes = append(w.notes, words) }

// find looks up whose connector or workspace a call is about. The error is for
// what makes the call hopeless; other failures stand in a note.
func (w *aboutWrite) find(ctx context.Context, api *Account, call Call) error {
	if w.review.find == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, planTime)
	defer cancel()
	return w.lookUp(w.review.find(ctx, api, call, w))
}

// lookUp takes the outcome of looking up whose connector a write is about.
func (w *aboutWrite) lookUp(err error) error {
	if err == nil {
		return nil
	}
	if refused, ok := errors.AsType[*refusal](err); ok {
		return refused
	}
	if hopeless(err) {
		return hinted{err: err, reads: true}
	}
	w.unknown = true
	w.note("What it is about could not be looked up: " + withoutRequest(err) + ".")
	return nil
}

// target fetches what the call changes or deletes. What fails stands in a note:
// it keeps nobody from deciding.
func (w *aboutWrite) target(ctx context.Context, api *Account, call Call) target {
	if w.review.target == nil {
		return target{}
	}
	ctx, cancel := context.WithTimeout(ctx, planTime)
	defer cancel()
	return w.review.target(ctx, api, call, w)
}

// pin returns the call with its connector named by ID, so that what is approved
// stays the same connector, whatever goes by that name later.
func (w *aboutWrite) pin(ctx context.Context, api *Account, call Call) (Call, error) {
	argument := cmp.Or(w.review.connector, "connector_id")
	given := call.argument(argument)
	if given == "" || uuidPattern.MatchString(given) {
		return call, nil
	}
	id, err := connectorRef{given, call.argument("workspace_name")}.id(ctx, api)
	if err != nil {
		return call, err
	}
	out := []byte{'{'}
	for name, value := range members(call.Arguments) {
		switch {
		case name == argument:
			value = encoded(id)
		case name == "workspace_name" && argument == "connector_id": // only to look up the name
			continue
		}
		out = appendMember(out, name, value)
	}
	call.Arguments = append(out, '}')
	return call, nil
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

func indexed(i *airbyteclient.ConnectorInspection) int {
	if i.ContextStoreReadiness == nil {
		return 0
	}
	return len(i.ContextStoreReadiness.ConfiguredEntities)
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

// found returns a target, or notes of why there is none.
func (w *aboutWrite) found(shown, whole json.RawMessage, err error) target {
	if err != nil {
		w.note("What it changes could not be fetched: " + withoutRequest(err) + ".")
		return target{}
	}
	sum := sha256.Sum256(whole)
	return target{record: shown, sum: hex.EncodeToString(sum[:])}
}
