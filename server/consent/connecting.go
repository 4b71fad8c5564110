package consent

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/server/connect"
	"airbyte-agent-mcp/server/connect/form"
	"airbyte-agent-mcp/server/transport"
	"airbyte-agent-mcp/tools"
	"airbyte-agent-mcp/tools/ledger"
)

// askForm names the question whether the person goes to a form.
const askForm = "connect"

// visits are the pages that were handed out and have not been heard of, by the
// call that they are for: the same call made again waits for the same page.
type visits struct {
	ledger *ledger.Ledger
	making sync.Mutex // held while a page is made, so that a call has one
	mu     sync.Mutex // guards asked
	// asked are the sessions whose clients sent their person to a page, by its
	// key, and do not know that they are done there.
	asked map[string]reminder
}

type reminder struct {
	session string
	until   time.Time
}

const (
	// visitLife is how long a page is remembered: for its fifteen minutes, and
	// then as long as what became of it can be told.
	visitLife = 30 * time.Minute
	// maxAsked bounds those who are to hear of it; more need not.
	maxAsked = 1024
)

func (v *visits) find(key string, now time.Time) *connect.Visit {
	var visit connect.Visit
	if found, err := v.ledger.Get("page of "+key, &visit, now); err != nil || !found {
		return nil
	}
	return &visit
}

func (v *visits) keep(key string, visit *connect.Visit, now time.Time) error {
	return v.ledger.Put("page of "+key, visit, now.Add(visitLife), now)
}

func (v *visits) drop(key string) {
	v.mu.Lock()
	delete(v.asked, key)
	v.mu.Unlock()
	_ = v.ledger.Drop("page of " + key) // it ends by itself as well
}

// dropUnasked leaves what a client is still to hear of.
func (v *visits) dropUnasked(key string) {
	v.mu.Lock()
	_, asked := v.asked[key]
	v.mu.Unlock()
	if !asked {
		v.drop(key)
	}
}

// sent notes that the client of a session sends its person to a page.
func (v *visits) sent(key, session string, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.asked == nil {
		v.asked = map[string]reminder{}
	}
	if len(v.asked) >= maxAsked {
		maps.DeleteFunc(v.asked, func(_ string, a reminder) bool { return now.After(a.until) })
	}
	if len(v.asked) < maxAsked && session != "" {
		v.asked[key] = reminder{session, now.Add(visitLife)}
	}
}

// completed tells, once, whether the client of a session is to hear that its
// person is done on a page.
func (v *visits) completed(key, session string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if session == "" || v.asked[key].session != session {
		return false
	}
	delete(v.asked, key)
	return true
}

// formKey is the same for calls that want the same connector, however their
// arguments are written.
func formKey(api *airbyteclient.Client, need *tools.CredentialsNeeded) string {
	parts, _ := json.Marshal([]string{ // which can be encoded
		api.Identity(), need.WorkspaceName, need.DefinitionID, need.SourceTemplateID, need.Name, need.ReplacesID,
		sameJSON(need.ReplicationConfig), sameJSON(need.Environment), sameList(need.Entities), sameList(need.Tags), need.TagsMode,
	})
	sum := sha256.Sum256(parts)
	return "form/" + hex.EncodeToString(sum[:])
}

// sameList writes a list, no matter whether an empty one is there.
func sameList[T any](list []T) string {
	if len(list) == 0 {
		return ""
	}
	raw, _ := json.Marshal(list) // which can be encoded
	return string(raw)
}

// sameJSON writes an object in the one of many ways: an empty one as nothing.
func sameJSON(raw json.RawMessage) string {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber() // a float would make one of two large integers
	var v map[string]any
	if d.Decode(&v) != nil || len(v) == 0 {
		return ""
	}
	same, _ := json.Marshal(sameNumbers(v)) // it was decoded
	return string(same)
}

// sameNumbers writes 1.0 and 1e0 as 1.
func sameNumbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			v[name] = sameNumbers(inner)
		}
	case []any:
		for i, inner := range v {
			v[i] = sameNumbers(inner)
		}
	case json.Number:
		if f, err := v.Float64(); err == nil && math.Abs(f) < 1<<53 && f == math.Trunc(f) {
			return int64(f)
		}
	}
	return v
}

// Connect sends the person to a form for the credentials that a call lacks, and
// waits until ctx ends for what comes of it. The same call made again waits on.
func (c *Consent) Connect(ctx context.Context, req mcp.CallToolRequest, need *tools.CredentialsNeeded) *mcp.CallToolResult {
	api, err := c.clients(ctx)
	if err != nil {
		return transport.ErrorResult(err.Error())
	}
	key := formKey(api, need)
	answer := mcpserver.ElicitationResponse(req.Params.InputResponses, askForm)
	if answer != nil && c.visits.find(key, c.Now()) == nil {
		return transport.ErrorResult("The form that the person was sent to is not known here any more. list_connectors shows whether the connector was created; the same call opens a new form.")
	}
	visit, again, err := c.formOf(ctx, api, key, need)
	if err != nil {
		return transport.ErrorResult("The credentials are missing, and no form can be shown: " + err.Error() + ". Nothing was created.")
	}
	if answer != nil && answer.Action != mcp.ElicitationResponseActionAccept {
		return c.connected(ctx, key, visit, connect.Outcome{}, errNotGone)
	}
	var q *question
	if _, byPage := transport.Abilities(ctx); byPage && !again {
		goThere := goTo(visit, "Enter the credentials on a page of this server. They go to Airbyte, and not through the chat.")
		if mcpserver.IsModernRequest(ctx) {
			return mcpserver.NewInputRequestBuilder("").Elicit(askForm, goThere).ToolResult()
		}
		c.visits.sent(key, transport.SessionOf(ctx), c.Now())
		q = c.put(ctx, visit.ID, goThere, c.Now().Add(visitLife), nil)
	}
	if q == nil && !again && !c.opened(visit) {
		return c.unfinished(visit) // the link must get to the person first
	}
	o, err := c.outcome(ctx, key, visit, q)
	if errors.Is(err, errNotAsked) && c.opened(visit) {
		o, err = c.outcome(ctx, key, visit, nil)
	}
	return c.connected(ctx, key, visit, o, err)
}

// opened tells whether a page was opened in the person's browser.
func (c *Consent) opened(visit *connect.Visit) bool {
	return c.Pages.Open != nil && c.Pages.Open(visit.URL) == nil
}

// formOf is the form of a call, the same one until it was heard what became of it.
func (c *Consent) formOf(ctx context.Context, api *airbyteclient.Client, key string, need *tools.CredentialsNeeded) (visit *connect.Visit, again bool, err error) {
	c.visits.making.Lock()
	defer c.visits.making.Unlock()
	if visit = c.visits.find(key, c.Now()); visit != nil {
		return visit, true, nil
	}
	visit, err = c.newVisit(ctx, api, key, need)
	return visit, false, err
}

func (c *Consent) newVisit(ctx context.Context, api *airbyteclient.Client, key string, need *tools.CredentialsNeeded) (*connect.Visit, error) {
	if err := c.Pages.ready(c.transport); err != nil {
		return nil, err
	}
	visit, err := c.Pages.Connect(ctx, api.Identity(), requestOf(need))
	if err != nil {
		return nil, err
	}
	if err := need.Asked(visit.ID); err != nil {
		return nil, err
	}
	if err := c.visits.keep(key, visit, c.Now()); err != nil {
		return nil, err
	}
	c.watch(ctx, key, visit, func(connect.Outcome) {}) // the model may never ask what came of it: then it expires
	return visit, nil
}

// requestOf is what a form asks for, with all that the call gave.
func requestOf(need *tools.CredentialsNeeded) form.Request {
	return form.Request{
		WorkspaceName: need.WorkspaceName, DefinitionID: need.DefinitionID, SourceTemplateID: need.SourceTemplateID, Name: need.Name,
		ReplicationConfig: need.ReplicationConfig, Environment: need.Environment,
		Entities: need.Entities, Tags: need.Tags, TagsMode: need.TagsMode,
		Replaces: form.Replaced{ID: need.ReplacesID, Name: need.ReplacesName},
	}
}

// connected is the result of a call for what became of its form.
func (c *Consent) connected(ctx context.Context, key string, visit *connect.Visit, o connect.Outcome, err error) *mcp.CallToolResult {
	if errors.Is(err, errNotAsked) || err == nil && o.State == connect.StateWaiting {
		return c.unfinished(visit)
	}
	c.visits.drop(key)
	switch {
	case errors.Is(err, errNotGone):
		return transport.ErrorResult("The person does not want to connect this now. Nothing was created. Ask them before you try again.")
	case err != nil:
		return transport.ErrorResult("What became of the form is not known here: " + err.Error() + ". list_connectors shows whether the connector was created.")
	}
	switch o.State {
	case connect.StateCreated:
		return c.plainly(ctx, struct {
			ConnectorID string `json:"connector_id"`
			Name        string `json:"name,omitempty"`
			Account     string `json:"account,omitempty"`
			Next        string `json:"next"`
		}{o.ConnectorID, o.Name, o.Account, nextOf(o)})
	case connect.StateRefused:
		return transport.ErrorResult("It was refused: " + strings.TrimSuffix(o.Why, ".") + ". Nothing was created. Where a setting is missing or wrong, give it in replication_config or environment; the call opens a new form.")
	case connect.StateUnclear:
		return transport.ErrorResult("Airbyte was told to create the connector and gave no clear answer: " + o.Why + ". It may be there: list_connectors shows it. Call again only if it is not there, for a new form.")
	case connect.StateAbandoned:
		return transport.ErrorResult("The person closed the form without connecting. Nothing was created. Ask them before you try again.")
	case connect.StateExpired:
		return transport.ErrorResult("The form was not filled in within 15 minutes. Nothing was created. The same call opens a new one.")
	}
	return transport.ErrorResult("The form ended as " + o.State + ". list_connectors shows whether the connector was created.")
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
func (c *Consent) unfinished(visit *connect.Visit) *mcp.CallToolResult {
	return transport.ErrorResult(fmt.Sprintf("Not connected yet: a person must enter the credentials on a page, or sign in from there, which takes them past this chat. "+
		"Give the user this link, if they do not have the page open: %s\nIt is good for 15 minutes and one use. "+
		"Then call create_connector again with the very same arguments: it waits for them and tells what came of it.", visit.URL))
}

// plainly is the result of an answer made here.
func (c *Consent) plainly(ctx context.Context, answer any) *mcp.CallToolResult {
	raw, err := json.Marshal(answer)
	if err == nil {
		var result *mcp.CallToolResult
		if result, err = transport.OutletFrom(ctx).Result(raw); err == nil {
			return result
		}
	}
	return transport.ErrorResult("The answer was dropped: " + err.Error() + ".")
}
