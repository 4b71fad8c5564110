package plan

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
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/knowledge"
	"airbyte-agent-mcp/tools/refusal"
	"airbyte-agent-mcp/tools/toolcall"
)

// planTime bounds what is fetched to show a plan. What has not come by then is
// not shown.
const planTime = 10 * time.Second

// Write is what is known of a write before it is made.
type Write struct {
	Tool, Action, Entity                 string
	ConnectorID, Connector               string
	Slug, Service, DefinitionID, Account string
	Workspace                            string

	// Unknown tells that the connector could not be found out about, or not
	// enough for rules to go by.
	Unknown bool
	// Flows are the rules about data that was read before it.
	Flows []flow
	// Disposable lets a disposable connector be changed without asking.
	Disposable bool
	known      *knowledge.Connector // of execute_operation, as far as it could be learned
	review     Review
	Current    *airbyteclient.Connector
	notes      []string
	which      string // the record that is meant, by the parameters that name it
}

// Target is what a write changes or deletes, as it is now.
type Target struct {
	Record   json.RawMessage // nil where it could not be fetched
	Sum      string          // of all that must not change; empty where it could not be fetched
	named    []string        // the parameters that say which record it is
	Affected int             // how many records or things are changed; 0 if that is not known
}

// Review is what a tool knows of its own writes and a person should see before
// they agree. Whatever is absent is not shown.
type Review struct {
	// Find looks up whose connector or workspace the call is about.
	Find func(ctx context.Context, api *account.Account, call toolcall.Call, w *Write) error
	// Target fetches what the call changes or deletes, as it is now.
	Target func(ctx context.Context, api *account.Account, call toolcall.Call, w *Write) Target
	// Summary says in one sentence what the call would do.
	Summary func(call toolcall.Call, w *Write, found Target, changes []Change) string
	// Undo says how to take the call back; empty where that is not known.
	Undo func(call toolcall.Call, w *Write, found Target) string

	// ConnectorArgument is the argument that names the connector by ID, name or slug;
	// connector_id if empty.
	ConnectorArgument string
	// NamesConnector says that the argument name becomes a connector's name.
	NamesConnector bool
	// operation says that the tool runs an action on an entity of the connected
	// service, as execute_operation does.
	operation bool
}

// NewWrite returns what the call itself says of a write.
func NewWrite(call toolcall.Call, review Review) *Write {
	w := &Write{Tool: call.Tool, review: review}
	if review.operation {
		w.Action, w.Entity = call.Argument("action"), call.Argument("entity")
		return w
	}
	w.Action, w.Entity, _ = strings.Cut(call.Tool, "_")
	return w
}

// Note adds what a person should know, once.
func (w *Write) Note(words string) { w.notes = append(w.notes, words) }

// Find looks up whose connector or workspace a call is about. The error is for
// what makes the call hopeless; other failures stand in a note.
func (w *Write) Find(ctx context.Context, api *account.Account, call toolcall.Call) error {
	if w.review.Find == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, planTime)
	defer cancel()
	return w.lookUp(w.review.Find(ctx, api, call, w))
}

// lookUp takes the outcome of looking up whose connector a write is about.
func (w *Write) lookUp(err error) error {
	if err == nil {
		return nil
	}
	if refused, ok := errors.AsType[*refusal.Error](err); ok {
		return refused
	}
	if hopeless(err) {
		return refusal.Hinted{Err: err, ReadOnly: true}
	}
	w.Unknown = true
	w.Note("What it is about could not be looked up: " + refusal.WithoutRequest(err) + ".")
	return nil
}

// Target fetches what the call changes or deletes. What fails stands in a note:
// it keeps nobody from deciding.
func (w *Write) Target(ctx context.Context, api *account.Account, call toolcall.Call) Target {
	if w.review.Target == nil {
		return Target{}
	}
	ctx, cancel := context.WithTimeout(ctx, planTime)
	defer cancel()
	return w.review.Target(ctx, api, call, w)
}

// Pin returns the call with its connector named by ID, so that what is approved
// stays the same connector, whatever goes by that name later.
func (w *Write) Pin(ctx context.Context, api *account.Account, call toolcall.Call) (toolcall.Call, error) {
	argument := cmp.Or(w.review.ConnectorArgument, "connector_id")
	given := call.Argument(argument)
	if given == "" || account.UuidPattern.MatchString(given) {
		return call, nil
	}
	id, err := account.ConnectorRef{ConnectorID: given, WorkspaceName: call.Argument("workspace_name")}.Resolve(ctx, api)
	if err != nil {
		return call, err
	}
	out := []byte{'{'}
	for name, value := range rawjson.Named(call.Arguments) {
		switch {
		case name == argument:
			value = rawjson.Of(id)
		case name == "workspace_name" && argument == "connector_id": // only to look up the name
			continue
		}
		out = rawjson.AppendMember(out, name, value)
	}
	call.Arguments = append(out, '}')
	return call, nil
}

// names are what rules know the connector by. A write that is about none goes
// by the empty name, which only * matches.
func (w *Write) names() []string {
	var names []string
	for _, name := range []string{w.ConnectorID, w.Connector, w.Slug, w.Service, knowledge.SlugOf(w.Service), w.DefinitionID} {
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

// FindConnector asks anew each time: what is about to be changed must be known
// as it is.
func (w *Write) FindConnector(ctx context.Context, api *account.Account) error {
	connector, err := api.GetConnector(ctx, w.ConnectorID)
	if err != nil {
		return err
	}
	w.Current = connector
	from := connector.SourceTemplate
	w.Connector, w.Service, w.DefinitionID = connector.Name, from.Name, from.SourceDefinitionID
	w.Slug = cmp.Or(from.ConnectorName, knowledge.SlugOf(from.Name))
	w.Disposable = strings.Contains(strings.ToLower(connector.Name), disposable)
	inspection, err := api.InspectConnector(ctx, w.ConnectorID)
	if err != nil {
		w.Note("Its workspace could not be looked up: " + refusal.WithoutRequest(err) + ".")
		return nil
	}
	w.Service = cmp.Or(w.Service, inspection.SourceDefinitionName)
	w.belongs(ctx, api, inspection.WorkspaceID, inspection.OrganizationID)
	if n := indexed(inspection); n > 0 && w.Action == "delete" {
		w.Note(fmt.Sprintf("The Context Store holds %d of its entities; they go with it.", n))
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
func (w *Write) belongs(ctx context.Context, api *account.Account, workspaceID, organizationID string) {
	if organizationID != "" {
		w.Account = "organization " + organizationID
	}
	if workspaceID == "" {
		return
	}
	name, _, err := account.RecallWithin(ctx, api, "workspace/"+workspaceID, account.BriefTime, func(ctx context.Context) (string, error) {
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

// NewTarget returns a target, or notes of why there is none.
func (w *Write) NewTarget(shown, whole json.RawMessage, err error) Target {
	if err != nil {
		w.Note("What it changes could not be fetched: " + refusal.WithoutRequest(err) + ".")
		return Target{}
	}
	sum := sha256.Sum256(whole)
	return Target{Record: shown, Sum: hex.EncodeToString(sum[:])}
}
