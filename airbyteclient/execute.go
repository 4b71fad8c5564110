package airbyteclient

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"airbyte-agent-mcp/schemas/rawjson"
)

var opExecute = Operation{"Execute", "execute", http.MethodPost, "/api/v1/integrations/connectors/{id}/execute"}

// ExecuteRequest is one action on one entity of a connector.
type ExecuteRequest struct {
	Entity string `json:"entity"`
	Action string `json:"action"`
	// Params is a JSON object: what the action asks for.
	Params json.RawMessage `json:"params,omitempty"`
	// SelectFields and ExcludeFields are dotted paths; the first wins over the second.
	SelectFields  []string `json:"select_fields,omitempty"`
	ExcludeFields []string `json:"exclude_fields,omitempty"`
	// SkipTruncation false cuts texts over 200 characters in lists; the API
	// takes true when it is nil.
	SkipTruncation *bool `json:"skip_truncation,omitempty"`
	// Intent is why the call is made, up to 512 characters, for the audit record.
	Intent string `json:"intent,omitempty"`
	// Idempotent allows the call to be repeated after a 502, 503, 504 or a cut
	// connection. It counts for reading actions only.
	Idempotent bool `json:"-"`
	// Window, if set, bounds what is held of an answer that is not a file, and
	// lets it be longer than Config.MaxAnswerBytes.
	Window *Window `json:"-"`
}

// Execution is what an action gave back. Result and ConnectorMetadata are the
// service's own bytes: valid JSON on one line. A download has File instead.
type Execution struct {
	Status string          `json:"status"`
	Result json.RawMessage `json:"result"`
	// ConnectorMetadata holds the connector's paging keys; null when it has none.
	ConnectorMetadata json.RawMessage    `json:"connector_metadata"`
	ExecutionMetadata *ExecutionMetadata `json:"execution_metadata"`
	Warning           *Warning           `json:"warning,omitempty"`
	// File is set when the answer is not JSON. The caller closes its Body.
	File *File `json:"-"`
	// Seen is set where records were left out by the request's Window: Result
	// holds records First to First+Kept of Of.
	Seen *Seen `json:"-"`
}

// ExecutionMetadata tells about the run itself; live answers may lack it.
type ExecutionMetadata struct {
	// ConnectorInstanceID may carry a prefix such as "source_id:"; it is no UUID.
	ConnectorInstanceID string `json:"connector_instance_id"`
	ExecutionTimeMS     int64  `json:"execution_time_ms"`
}

// Warning says that a result may be stale: the Context Store was paused.
type Warning struct {
	Code          string `json:"code"`
	Message       string `json:"message"`
	DeactivatedAt string `json:"deactivated_at,omitempty"`
	ReactivatedAt string `json:"reactivated_at,omitempty"`
	StaleSince    string `json:"stale_since,omitempty"`
	StatusURL     string `json:"status_url,omitempty"`
}

// ReadingAction tells whether an action only reads. Everything that is not
// known to read counts as writing.
func ReadingAction(action string) bool {
	switch action {
	case "list", "get", "describe", "download", "search", "api_search",
		"context_store_search", "context_store_sql_query", "sql_select":
		return true
	}
	return false
}

// Execute runs one action: POST /integrations/connectors/{id}/execute. A
// status other than success is an error of kind failed.
func (c *Client) Execute(ctx context.Context, connectorID string, body ExecuteRequest) (*Execution, error) {
	r := request{
		op:      opExecute,
		path:    []string{connectorID},
		body:    body,
		timeout: c.executeTimeout,
		repeat:  body.Idempotent && ReadingAction(body.Action),
		files:   true,
		window:  body.Window,
	}
	got, err := c.send(ctx, r)
	if err != nil {
		return nil, err
	}
	if got.file != nil {
		return &Execution{Status: "success", File: got.file}, nil
	}
	if len(got.body) == 0 && body.Action == "download" {
		return nil, noSuchFile(got)
	}
	execution, err := readExecution(got.body)
	if err != nil {
		e := got.fail(KindBadAnswer, err)
		e.MaybeSent = true
		return nil, e
	}
	if execution.Status != "success" {
		return nil, c.failed(r, got, execution)
	}
	execution.Seen = got.seen
	return execution, nil
}

// readExecution cuts the envelope into its members without decoding the result.
func readExecution(body []byte) (*Execution, error) {
	if len(body) == 0 {
		return nil, errors.New("the answer is empty")
	}
	null := json.RawMessage("null")
	x := Execution{Result: null, ConnectorMetadata: null}
	var status, metadata, warning json.RawMessage
	s := rawjson.NewScanner(body)
	if s.Kind() != rawjson.Object {
		return nil, errNotObject
	}
	for key := range s.Members() {
		var to *json.RawMessage
		switch {
		case key.Is("status"):
			to = &status
		case key.Is("result"):
			to = &x.Result
		case key.Is("connector_metadata"):
			to = &x.ConnectorMetadata
		case key.Is("execution_metadata"):
			to = &metadata
		case key.Is("warning"):
			to = &warning
		default:
			continue
		}
		value, traits := s.Value()
		*to = rawjson.OneLine(value, traits)
	}
	if err := s.End(); err != nil {
		return nil, inAnswer(err)
	}
	if json.Unmarshal(status, &x.Status) != nil || x.Status == "" {
		return nil, errors.New("the answer has no status: it is not the outcome of an operation")
	}
	// What the service adds about the run is worth less than its result: where
	// it strays from the contract it is left out.
	if json.Unmarshal(metadata, &x.ExecutionMetadata) != nil {
		x.ExecutionMetadata = nil
	}
	if json.Unmarshal(warning, &x.Warning) != nil {
		x.Warning = nil
	}
	return &x, nil
}

// failed is the error of a 200 whose status is not success.
func (c *Client) failed(r request, got *answer, x *Execution) *Error {
	var said reason
	if len(x.Result) <= maxErrorBody {
		said = parseErrorBody("application/json", x.Result)
	}
	blank := c.redactor(r)
	message := "the operation ended with status " + quoted(tidy(blank.Replace(x.Status), 200))
	if said.message != "" {
		message += ": " + said.message
	}
	e := got.fail(KindFailed, nil)
	e.Message = tidy(blank.Replace(message), maxMessage)
	e.Fields = said.shown(blank)
	e.MaybeSent = true
	return e
}
