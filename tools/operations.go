package tools

import (
	"context"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/answer"
	"airbyte-agent-mcp/tools/knowledge"
	"airbyte-agent-mcp/tools/paging"
	"airbyte-agent-mcp/tools/plan"
	"airbyte-agent-mcp/tools/refusal"
	"airbyte-agent-mcp/tools/secrets"
)

type executeOperationIn struct {
	account.ConnectorRef
	Entity         string         `json:"entity" jsonschema_description:"Such as contacts, as describe_connector names it."`
	Action         string         `json:"action" jsonschema_description:"create, update, delete, download, list, get, ... as describe_connector names it."`
	Params         schemas.Object `json:"params,omitempty" jsonschema_description:"The action's parameters by the service's own names: filters, page size, ID, fields to write."`
	SelectFields   []string       `json:"select_fields,omitempty" jsonschema_description:"Dotted paths to return, such as [\"id\", \"owner.email\"]; nearly always worth giving."`
	ExcludeFields  []string       `json:"exclude_fields,omitempty" jsonschema_description:"Dotted paths to leave out instead."`
	SkipTruncation *bool          `json:"skip_truncation,omitempty" jsonschema_description:"false cuts texts in lists to 200 characters."`
	Intent         string         `json:"intent,omitempty" jsonschema_description:"Why, for the audit record."`
	answer.Budget
}

// ExecuteOperationOut keeps the service's envelope and adds the page.
type ExecuteOperationOut struct {
	Result            json.RawMessage                  `json:"result" jsonschema_description:"Records, one record, or null."`
	Page              *paging.Page                     `json:"page,omitempty" jsonschema_description:"has_more, next_cursor; describe_connector names the parameter it goes into."`
	Warning           *airbyteclient.Warning           `json:"warning,omitempty"`
	File              *File                            `json:"file,omitempty" jsonschema_description:"A download: name, content_type, size, sha256, text."`
	ConnectorMetadata json.RawMessage                  `json:"connector_metadata,omitempty"`
	ExecutionMetadata *airbyteclient.ExecutionMetadata `json:"execution_metadata,omitempty"`

	seen *airbyteclient.Seen // which records Result has, where it has not all
}

// heldBytes is how much of a list is held at a time: much more than an answer
// may have.
const heldBytes = 4 << 20

func (out ExecuteOperationOut) Size() int {
	n := len(out.Result) + len(out.ConnectorMetadata)
	if out.File != nil {
		n += len(out.File.Text) + len(out.File.data)
	}
	return n
}

func (out ExecuteOperationOut) Without(s *secrets.Set) answer.Result {
	if s == nil {
		return out
	}
	out.Result, out.ConnectorMetadata = s.RedactJSON(out.Result), s.RedactJSON(out.ConnectorMetadata)
	if out.Warning != nil {
		w := *out.Warning
		w.Message = s.RedactText(w.Message)
		out.Warning = &w
	}
	if out.File != nil {
		f := *out.File
		f.Text = s.RedactText(f.Text)
		out.File = &f
	}
	return out
}

// maxMetadataShown is the longest connector_metadata that is passed on whole, in
// bytes: what matters of it stands in page.
const maxMetadataShown = 4 << 10

// Answer passes the connector's own bytes through: the client has read them
// once and knows that they are valid.
func (out ExecuteOperationOut) Answer(f *answer.Fitter) (answer.Answer, error) {
	if rest, ok := answer.Beneath(f.From.Path, "/connector_metadata"); ok && f.From.Path != "" {
		f.Extract(rawjson.Pointer(out.ConnectorMetadata, rest), f.Most-f.Reserve)
		return answer.Answer{}, nil
	}
	if f.From.Path == fileTextPath && out.File != nil {
		out.File.goOn(f)
		return answer.Answer{}, nil
	}
	rest, err := rawjson.Marshal(struct {
		Page              *paging.Page                     `json:"page,omitempty"`
		Warning           *airbyteclient.Warning           `json:"warning,omitempty"`
		File              *File                            `json:"file,omitempty"`
		ExecutionMetadata *airbyteclient.ExecutionMetadata `json:"execution_metadata,omitempty"`
	}{out.Page, out.Warning, out.File.shown(f), out.ExecutionMetadata})
	if err != nil {
		return answer.Answer{}, err
	}
	metadata := out.ConnectorMetadata
	if len(metadata) > maxMetadataShown {
		metadata = (&answer.Emitter{Cut: &f.Cut, Cap: answer.Shortest}).Emit(nil, metadata, "/connector_metadata", maxMetadataShown/2)
	}
	f.Held = out.seen
	b := rawjson.AppendMember([]byte("{"), "result", f.Fit(out.Result, "/result", len(metadata)+len(rest)+64))
	if m := string(metadata); m != "" && m != "null" && m != "{}" {
		b = rawjson.AppendMember(b, "connector_metadata", metadata)
	}
	if len(rest) > 2 {
		b = append(append(b, ','), rest[1:len(rest)-1]...)
	}
	return answer.Answer{JSON: append(b, '}'), Attachments: out.File.attachments()}, nil
}

const executeDescription = "Runs one action on one entity of a connector, once, as the service has it: create, update, delete, download, or a reading that read_records does not cover. " +
	"Call describe_connector first: entities, actions and parameters differ between services. "

func executeOperation() Tool {
	return Define(Tool{
		Name:        "execute_operation",
		Title:       "Run a connector operation",
		Description: executeDescription + "create, update and delete change the user's data: make sure that is wanted. If one fails, look whether it ran before trying again, never on another target.",
		Effect:      Destroy,
		Foreign:     true,
		Finder:      "list_connectors",
		readOnly:    readOperation,
		changes:     changing,
		Review:      plan.Operation(),
	}, execute)
}

// readOperation is execute_operation on a server that may change nothing.
func readOperation() Tool {
	return Define(Tool{
		Name:        "execute_operation",
		Title:       "Run a reading operation",
		Description: executeDescription + "This server is read-only: only reading actions are admitted.",
		Effect:      Read,
		Foreign:     true,
		Finder:      "list_connectors",
	}, func(ctx context.Context, api *account.Account, in executeOperationIn) (ExecuteOperationOut, error) {
		if !airbyteclient.ReadingAction(in.Action) {
			return ExecuteOperationOut{}, refusal.New("The action %q is not known to be a reading one, and this server is read-only (--read-only).", safetext.Short(in.Action)).
				Next("Nothing was sent. Calling again will not help; list, get, api_search, context_store_search, download and describe are admitted.")
		}
		return execute(ctx, api, in)
	})
}

func execute(ctx context.Context, api *account.Account, in executeOperationIn) (ExecuteOperationOut, error) {
	if utf8.RuneCountInString(in.Intent) > 512 {
		in.Intent = string([]rune(in.Intent)[:512])
	}
	id, err := in.Resolve(ctx, api)
	if err != nil {
		return ExecuteOperationOut{}, err
	}
	got, err := api.Execute(ctx, id, airbyteclient.ExecuteRequest{
		Entity: in.Entity, Action: in.Action, Params: json.RawMessage(in.Params),
		SelectFields: in.SelectFields, ExcludeFields: in.ExcludeFields,
		SkipTruncation: in.SkipTruncation, Intent: in.Intent,
		Idempotent: airbyteclient.ReadingAction(in.Action),
		Window:     &airbyteclient.Window{Skip: api.Skip, Bytes: heldBytes},
	})
	if err != nil {
		h := refusal.Hinted{Err: err, ReadOnly: airbyteclient.ReadingAction(in.Action)}
		if strings.HasPrefix(in.Action, "context_store") {
			h.Hint = knowledge.SearchHint
		}
		return ExecuteOperationOut{}, h
	}
	if got.File != nil {
		f, err := readFile(got.File, in, api.Files)
		if err != nil {
			return ExecuteOperationOut{}, refusal.Hinted{Err: err, ReadOnly: airbyteclient.ReadingAction(in.Action)}
		}
		return ExecuteOperationOut{Result: json.RawMessage("null"), File: f}, nil
	}
	return ExecuteOperationOut{
		Result: got.Result, Page: paging.OperationPage(got), Warning: got.Warning,
		ConnectorMetadata: got.ConnectorMetadata, ExecutionMetadata: got.ExecutionMetadata, seen: got.Seen,
	}, nil
}

// Has tells whether what is wanted is held.
func (out ExecuteOperationOut) Has(from answer.Place) bool {
	n, counts := from.Record()
	return out.seen == nil || !counts || n >= out.seen.First && n < out.seen.First+out.seen.Kept || n >= out.seen.Of
}

// changing tells of the arguments of execute_operation whether the call may
// change something.
func changing(mended json.RawMessage) bool {
	return !airbyteclient.ReadingAction(rawjson.Text(rawjson.Member(mended, "action")))
}
