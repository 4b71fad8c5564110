package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/server/connect"
	"airbyte-agent-mcp/tools"
)

// askForm names the question whether the person goes to a form.
const askForm = "connect"

// visits are the pages that were handed out and have not been heard of, by the
// call that they are for: the same call made again waits for the same page.
type visits struct{ ledger *tools.Ledger }

// visitLife is how long a page can be answered.
const visitLife = 15 * time.Minute

func visitKey(api *airbyteclient.Client, arguments []byte) string {
	var compact any
	if json.Unmarshal(arguments, &compact) == nil {
		if same, err := json.Marshal(compact); err == nil {
			arguments = same
		}
	}
	sum := sha256.Sum256(append([]byte(api.Identity()+"\x00"), arguments...))
	return hex.EncodeToString(sum[:])
}

func (v visits) find(key string) *connect.Visit {
	var visit connect.Visit
	if found, err := v.ledger.Get("page of "+key, &visit, time.Now()); err != nil || !found {
		return nil
	}
	return &visit
}

func (v visits) keep(key string, visit *connect.Visit) error {
	now := time.Now()
	return v.ledger.Put("page of "+key, visit, now.Add(visitLife), now)
}

func (v visits) drop(key string) {
	_ = v.ledger.Drop("page of " + key) // it ends by itself as well
}

// connect sends the person to a form for the credentials that a call lacks, and
// waits a while for what comes of it. The same call made again waits on.
func (s *Server) connect(ctx context.Context, req mcp.CallToolRequest, need *tools.CredentialsNeeded) *mcp.CallToolResult {
	api, err := s.clients(ctx)
	if err != nil {
		return errorResult(err.Error())
	}
	key := visitKey(api, req.Params.RawArguments)
	visit, again := s.visits.find(key), true
	answer := mcpserver.ElicitationResponse(req.Params.InputResponses, askForm)
	if visit == nil && answer != nil {
		return errorResult("The form that the person was sent to is not known here any more. list_connectors shows whether the connector was created; the same call opens a new form.")
	}
	if visit == nil {
		again = false
		if visit, err = s.newVisit(ctx, api, key, need); err != nil {
			return errorResult("The credentials are missing, and no form can be shown: " + err.Error() + ". Nothing was created.")
		}
	}
	_, byPage := abilities(ctx)
	switch {
	case answer != nil && answer.Action != mcp.ElicitationResponseActionAccept:
		s.visits.drop(key)
		return errorResult("The person does not want to connect this now. Nothing was created. Ask them before you try again.")
	case answer == nil && byPage && !again:
		return mcpserver.NewInputRequestBuilder("").Elicit(askForm, mcp.ElicitationParams{
			Mode: "url", ElicitationID: visit.ID, URL: visit.URL,
			Message: "Enter the credentials on a page of this server. They go to Airbyte, and not through the chat.",
		}).ToolResult()
	case answer == nil && !again && (s.pages.open == nil || s.pages.open(visit.URL) != nil):
		return s.unfinished(visit) // the link must get to the person first
	}
	return s.outcome(ctx, key, visit)
}

func (s *Server) newVisit(ctx context.Context, api *airbyteclient.Client, key string, need *tools.CredentialsNeeded) (*connect.Visit, error) {
	if err := s.pages.ready(s.config.Transport); err != nil {
		return nil, err
	}
	visit, err := s.pages.Connect(ctx, api.Identity(), connect.Request{
		WorkspaceName: need.WorkspaceName, DefinitionID: need.DefinitionID, SourceTemplateID: need.SourceTemplateID, Name: need.Name,
		ReplicationConfig: need.ReplicationConfig, Environment: need.Environment,
		Replaces: connect.Replaced{ID: need.ReplacesID, Name: need.ReplacesName},
	})
	if err != nil {
		return nil, err
	}
	if err := need.Asked(visit.ID); err != nil {
		return nil, err
	}
	if err := s.visits.keep(key, visit); err != nil {
		return nil, err
	}
	s.pages.watching.Go(func() { // the model may never ask what came of it: then it expires
		_, _ = s.pages.Outcome(s.pages.serving, visit.ID)
	})
	return visit, nil
}

// outcome waits for the person, as long as the call may take.
func (s *Server) outcome(ctx context.Context, key string, visit *connect.Visit) *mcp.CallToolResult {
	waiting, cancel := context.WithTimeout(ctx, s.patience())
	defer cancel()
	o, err := s.pages.Outcome(waiting, visit.ID)
	if err != nil {
		s.visits.drop(key)
		return errorResult("What became of the form is not known here: " + err.Error() + ". list_connectors shows whether the connector was created.")
	}
	if o.State == connect.StateWaiting {
		return s.unfinished(visit)
	}
	s.visits.drop(key)
	switch o.State {
	case connect.StateCreated:
		return s.plainly(ctx, struct {
			ConnectorID string `json:"connector_id"`
			Name        string `json:"name,omitempty"`
			Account     string `json:"account,omitempty"`
			Next        string `json:"next"`
		}{o.ConnectorID, o.Name, o.Account, nextOf(o)})
	case connect.StateRefused:
		return errorResult("It was refused: " + strings.TrimSuffix(o.Why, ".") + ". Nothing was created. Where a setting is missing or wrong, give it in replication_config or environment; the call opens a new form.")
	case connect.StateAbandoned:
		return errorResult("The person closed the form without connecting. Nothing was created. Ask them before you try again.")
	case connect.StateExpired:
		return errorResult("The form was not filled in within 15 minutes. Nothing was created. The same call opens a new one.")
	}
	return errorResult("The form ended as " + o.State + ". list_connectors shows whether the connector was created.")
}

func nextOf(o connect.Outcome) string {
	if o.ReplacedID != "" {
		return fmt.Sprintf("Its credentials were tried and work, and it has the old one's name. %s delete_connector with connector_id %s does that, once the user agrees.", o.Why, o.ReplacedID)
	}
	if o.Why != "" {
		return o.Why + " check_connector tries them; describe_connector shows what can be done."
	}
	return "Its credentials were tried and work. describe_connector shows what can be done."
}

// unfinished tells of a form that still waits for its person.
func (s *Server) unfinished(visit *connect.Visit) *mcp.CallToolResult {
	return errorResult(fmt.Sprintf("Not connected yet: a person must enter the credentials on a page, or sign in from there, which takes them past this chat. "+
		"Give the user this link, if they do not have the page open: %s\nIt is good for 15 minutes and one use. "+
		"Then call create_connector again with the very same arguments: it waits for them and tells what came of it.", visit.URL))
}

// plainly is the result of an answer made here.
func (s *Server) plainly(ctx context.Context, answer any) *mcp.CallToolResult {
	raw, err := json.Marshal(answer)
	if err == nil {
		var result *mcp.CallToolResult
		if result, err = outletFrom(ctx).result(raw); err == nil {
			return result
		}
	}
	return errorResult("The answer was dropped: " + err.Error() + ".")
}
