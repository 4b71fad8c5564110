package consent

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"airbyte-agent-mcp/server/connect"
	"airbyte-agent-mcp/server/telemetry"
	"airbyte-agent-mcp/server/transport"
)

// goTo asks a client to send its person to a page.
func goTo(visit *connect.Visit, why string) mcp.ElicitationParams {
	return mcp.ElicitationParams{Mode: mcp.ElicitationModeURL, ElicitationID: visit.ID, URL: visit.URL, Message: why}
}

// Heard takes the person's answer that a client of 2026-07-28 sends with a
// call, and returns words for the model where the call ends with it.
func (c *Consent) Heard(ctx context.Context, req mcp.CallToolRequest) string {
	answer := mcpserver.ElicitationResponse(req.Params.InputResponses, askPlan)
	if answer == nil {
		return ""
	}
	return c.taken(ctx, req.Params.RequestState, answer)
}

// taken takes the person's answer to a plan, and returns words for the model
// where the call ends with it.
func (c *Consent) taken(ctx context.Context, sealed string, answer *mcp.ElicitationResult) string {
	if answer.Action == mcp.ElicitationResponseActionCancel {
		return "The person closed the question without an answer. Nothing was sent. Call again only if they want to be asked again."
	}
	content, _ := answer.Content.(map[string]any)
	yes := answer.Action == mcp.ElicitationResponseActionAccept && content[askPlan] == true
	api, err := c.clients(ctx)
	if err == nil {
		err = c.approver.Decide(sealed, api.Identity(), yes, "elicitation")
	}
	if err != nil {
		return "The person's answer could not be taken: " + err.Error() + ". Nothing was sent. Call again without it to ask anew."
	}
	return ""
}

// question is one that a client of the initialize era puts to its person. It
// outlives the call that asked it, since people take longer than clients wait
// for a call: what they answer late is heard by the next one.
type question struct {
	stop   context.CancelFunc // it need not be answered any more
	ended  context.Context    // ends when what follows is set
	answer *mcp.ElicitationResult
	words  string // for the model, where the call ends with the answer
	err    error  // the client did not ask
}

// questions are those that have no answer yet, by session and what they are about.
type questions struct {
	Mu   sync.Mutex // guards open
	Open map[string]*question
}

const maxQuestions = 1024

var (
	errNotAsked = errors.New("the client did not ask the person")
	errNotGone  = errors.New("the person does not go to the page")
)

// put has the client of ctx ask its person, unless it does so already. The SDK
// would ask within the call, and wait as long as the client likes.
func (c *Consent) put(ctx context.Context, about string, params mcp.ElicitationParams, until time.Time, take func(context.Context, *mcp.ElicitationResult) string) *question {
	key := transport.SessionOf(ctx) + "/" + about
	c.Questions.Mu.Lock()
	defer c.Questions.Mu.Unlock()
	if q := c.Questions.Open[key]; q != nil {
		return q
	}
	ended, end := context.WithCancel(context.Background())
	q := &question{ended: ended, stop: func() {}}
	if len(c.Questions.Open) >= maxQuestions {
		q.err = errNotAsked
		end()
		return q
	}
	if c.Questions.Open == nil {
		c.Questions.Open = map[string]*question{}
	}
	c.Questions.Open[key] = q
	asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), until.Sub(c.Now()))
	q.stop = cancel
	c.Pages.watching.Go(func() {
		defer end()
		defer c.Questions.drop(key)
		defer cancel()
		defer context.AfterFunc(c.Pages.serving, cancel)()
		defer func() {
			if p := recover(); p != nil {
				telemetry.LogPanic(c.log, "question", p)
				q.err = errNotAsked
			}
		}()
		q.answer, q.err = c.mcp.RequestElicitation(asking, mcp.ElicitationRequest{Params: params})
		if q.err == nil && take != nil {
			q.words = take(asking, q.answer)
		}
	})
	return q
}

func (qs *questions) drop(key string) {
	qs.Mu.Lock()
	defer qs.Mu.Unlock()
	delete(qs.Open, key)
}

// withdraw ends the questions about something that has become clear without them.
func (qs *questions) withdraw(about string) {
	qs.Mu.Lock()
	defer qs.Mu.Unlock()
	for key, q := range qs.Open {
		if strings.HasSuffix(key, "/"+about) {
			q.stop()
		}
	}
}

// outcome waits until ctx ends for what a person does on a page, or until their
// client, where it was asked to send them there, says that they do not go.
func (c *Consent) outcome(ctx context.Context, key string, visit *connect.Visit, q *question) (connect.Outcome, error) {
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	if q != nil {
		defer context.AfterFunc(q.ended, func() {
			if q.fault() != nil {
				cancel()
			}
		})()
	}
	o, err := c.Pages.Outcome(waiting, visit.ID)
	if err == nil && o.State == connect.StateWaiting && q != nil && q.ended.Err() != nil {
		// What was done on the page ends the question too.
		if o, err = c.Pages.Outcome(waiting, visit.ID); o.State == connect.StateWaiting {
			return o, q.fault()
		}
	}
	if err == nil && o.State != connect.StateWaiting {
		c.complete(ctx, key, visit)
	}
	return o, err
}

// fault is why the person is not on their way to a page; q must have ended.
func (q *question) fault() error {
	switch {
	case q.err != nil:
		return errNotAsked
	case q.answer.Action != mcp.ElicitationResponseActionAccept:
		return errNotGone
	}
	return nil
}

// watch waits for what comes of a page, as calls may not.
func (c *Consent) watch(ctx context.Context, key string, visit *connect.Visit, came func(connect.Outcome)) {
	ctx = context.WithoutCancel(ctx)
	c.Pages.watching.Go(func() {
		o, err := c.Pages.Outcome(c.Pages.serving, visit.ID)
		if err != nil {
			return
		}
		c.Questions.withdraw(visit.ID)
		if _, reached := mcpserver.ClientSessionFromContext(ctx).(*transport.Session); reached && o.State != connect.StateWaiting {
			c.complete(ctx, key, visit)
		}
		came(o)
	})
}

// complete tells the client that sent its person to a page that they are done
// there. On /mcp that needs a call under way, for there is no other stream.
func (c *Consent) complete(ctx context.Context, key string, visit *connect.Visit) {
	if !c.visits.completed(key, transport.SessionOf(ctx)) {
		return
	}
	if ours, ok := mcpserver.ClientSessionFromContext(ctx).(*transport.Session); ok {
		_ = c.mcp.SendElicitationComplete(ctx, ours, visit.ID) // a client need not be told
		return
	}
	_ = transport.OutletFrom(ctx).Notify(string(mcp.MethodNotificationElicitationComplete), map[string]any{"elicitationId": visit.ID})
}
