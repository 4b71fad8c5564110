package tools

import (
	"context"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas"
)

type executeOperationIn struct {
	connectorRef
	Entity         string         `json:"entity" jsonschema_description:"Such as contacts, as describe_connector names it."`
	Action         string         `json:"action" jsonschema_description:"create, update, delete, download, list, get, ... as describe_connector names it."`
	Params         schemas.Object `json:"params,omitempty" jsonschema_description:"The action's parameters by the service's own names: filters, page size, ID, fields to write."`
	SelectFields   []string       `json:"select_fields,omitempty" jsonschema_description:"Dotted paths to return, such as [\"id\", \"owner.email\"]; nearly always worth giving."`
	ExcludeFields  []string       `json:"exclude_fields,omitempty" jsonschema_description:"Dotted paths to leave out instead."`
	SkipTruncation *bool          `json:"skip_truncation,omitempty" jsonschema_description:"false cuts texts in lists to 200 characters."`
	Intent         string         `json:"intent,omitempty" jsonschema_description:"Why, for the audit record."`
	answerBudget
}

// executeOperationOut keeps the service's envelope and adds the page.
type executeOperationOut struct {
	Result            json.RawMessage                  `json:"result" jsonschema_description:"Records, one record, or null."`
	Page              *page                            `json:"page,omitempty" jsonschema_description:"has_more, next_cursor; describe_connector names the parameter it goes into."`
	Warning           *airbyteclient.Warning           `json:"warning,omitempty"`
	File              *file                            `json:"file,omitempty" jsonschema_description:"A download: name, content_type, size, sha256, text."`
	ConnectorMetadata json.RawMessage                  `json:"connector_metadata,omitempty"`
	ExecutionMetadata *airbyteclient.ExecutionMetadata `json:"execution_metadata,omitempty"`

	seen *airbyteclient.Seen // which records Result has, where it has not all
}

// heldBytes is how much of a list is held at a time: much more than an answer
// may have.
const heldBytes = 4 << 20

func (out executeOperationOut) size() int {
	n := len(out.Result) + len(out.ConnectorMetadata)
	if out.File != nil {
		n += len(out.File.Text) + len(out.File.data)
	}
	return n
}

func (out executeOperationOut) without(s *secrets) result {
	if s == nil {
		return out
	}
	out.Result, out.ConnectorMetadata = s.json(out.Result), s.json(out.ConnectorMetadata)
	if out.Warning != nil {
		w := *out.Warning
		w.Message = s.text(w.Message)
		out.Warning = &w
	}
	if out.File != nil {
		f := *out.File
		f.Text = s.text(f.Text)
		out.File = &f
	}
	return out
}

// maxMetadataShown is the longest connector_metadata that is passed on whole, in
// bytes: what matters of it stands in page.
const maxMetadataShown = 4 << 10

// answer passes the connector's own bytes through: the client has read them
// once and knows that they are valid.
func (out executeOperationOut) answer(f *fitter) (Answer, error) {
	if rest, ok := beneath(f.from.Path, "/connector_metadata"); ok && f.from.Path != "" {
		f.extract(pointed(out.ConnectorMetadata, rest), f.most-f.reserve)
		return Answer{}, nil
	}
	if f.from.Path == fileTextPath && out.File != nil {
		out.File.goOn(f)
		return Answer{}, nil
	}
	rest, err := encode(struct {
		Page              *page                            `json:"page,omitempty"`
		Warning           *airbyteclient.Warning           `json:"warning,omitempty"`
		File              *file                            `json:"file,omitempty"`
		ExecutionMetadata *airbyteclient.ExecutionMetadata `json:"execution_metadata,omitempty"`
	}{out.Page, out.Warning, out.File.shown(f), out.ExecutionMetadata})
	if err != nil {
		return Answer{}, err
	}
	metadata := out.ConnectorMetadata
	if len(metadata) > maxMetadataShown {
		metadata = (&emitter{cut: &f.cut, cap: shortest}).emit(nil, metadata, "/connector_metadata", maxMetadataShown/2)
	}
	f.held = out.seen
	b := appendMember([]byte("{"), "result", f.fit(out.Result, "/result", len(metadata)+len(rest)+64))
	if m := string(metadata); m != "" && m != "null" && m != "{}" {
		b = appendMember(b, "connector_metadata", metadata)
	}
	if len(rest) > 2 {
		b = append(append(b, ','), rest[1:len(rest)-1]...)
	}
	return Answer{JSON: append(b, '}'), Attachments: out.File.attachments()}, nil
}

// searchHint stands below every failed search: the service does not say with
// which status it refuses a store that is not ready.
const searchHint = "If the Context Store has not indexed the entity yet (describe_connector shows context_store readiness), use a live action such as list or api_search meanwhile."

const executeDescription = "Runs one action on one entity of a connector, once, as the service has it: create, update, delete, download, or a reading that read_records does not cover. " +
	"Call describe_connector first: entities, actions and parameters differ between services. "

func executeOperation() Tool {
	return define(Tool{
		Name:        "execute_operation",
		Title:       "Run a connector operation",
		Description: executeDescription + "create, update and delete change the user's data: make sure that is wanted. If one fails, look whether it ran before trying again, never on another target.",
		Effect:      Destroy,
		Foreign:     true,
		Finder:      "list_connectors",
		readOnly:    readOperation,
		changes:     changing,
		review:      Operation(),
	}, execute)
}

// readOperation is execute_operation on a server that may change nothing.
func readOperation() Tool {
	return define(Tool{
		Name:        "execute_operation",
		Title:       "Run a reading operation",
		Description: executeDescription + "This server is read-only: only reading actions are admitted.",
		Effect:      Read,
		Foreign:     true,
		Finder:      "list_connectors",
	}, func(ctx context.Context, api *Account, in executeOperationIn) (executeOperationOut, error) {
		if !airbyteclient.ReadingAction(in.Action) {
			return executeOperationOut{}, refuse("The action %q is not known to be a reading one, and this server is read-only (--read-only).", shown(in.Action)).
				next("Nothing was sent. Calling again will not help; list, get, api_search, context_store_search, download and describe are admitted.")
		}
		return execute(ctx, api, in)
	})
}

func execute(ctx context.Context, api *Account, in executeOperationIn) (executeOperationOut, error) {
	if utf8.RuneCountInString(in.Intent) > 512 {
		in.Intent = string([]rune(in.Intent)[:512])
	}
	id, err := in.id(ctx, api)
	if err != nil {
		return executeOperationOut{}, err
	}
	got, err := api.Execute(ctx, id, airbyteclient.ExecuteRequest{
		Entity: in.Entity, Action: in.Action, Params: json.RawMessage(in.Params),
		SelectFields: in.SelectFields, ExcludeFields: in.ExcludeFields,
		SkipTruncation: in.SkipTruncation, Intent: in.Intent,
		Idempotent: airbyteclient.ReadingAction(in.Action),
		Window:     &airbyteclient.Window{Skip: api.skip, Bytes: heldBytes},
	})
	if err != nil {
		h := hinted{err: err, reads: airbyteclient.ReadingAction(in.Action)}
		if strings.HasPrefix(in.Action, "context_store") {
			h.hint = searchHint
		}
		return executeOperationOut{}, h
	}
	if got.File != nil {
		f, err := readFile(got.File, in, api.files)
		if err != nil {
			return executeOperationOut{}, hinted{err: err, reads: airbyteclient.ReadingAction(in.Action)}
		}
		return executeOperationOut{Result: json.RawMessage("null"), File: f}, nil
	}
	return executeOperationOut{
		Result: got.Result, Page: operationPage(got), Warning: got.Warning,
		ConnectorMetadata: got.ConnectorMetadata, ExecutionMetadata: got.ExecutionMetadata, seen: got.Seen,
	}, nil
}

// has tells whether what is wanted is held.
func (out executeOperationOut) has(from place) bool {
	n, counts := from.record()
	return out.seen == nil || !counts || n >= out.seen.First && n < out.seen.First+out.seen.Kept || n >= out.seen.Of
}

// changing tells of the arguments of execute_operation whether the call may
// change something.
func changing(mended json.RawMessage) bool {
	return !airbyteclient.ReadingAction(text(member(mended, "action")))
}
