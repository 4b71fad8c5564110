package server

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/airbyteclient/sandbox"
)

// These tests go the ways that there are to a person: whatever a client can do,
// on every transport and in both eras of the protocol.

// eras are the transports, each in the eras that it carries.
var eras = []struct {
	name, transport string
	modern          bool // 2026-07-28
}{{"stdio", "stdio", false}, {"stdio modern", "stdio", true}, {"sse", "sse", false}, {"mcp", "mcp", false}, {"mcp modern", "mcp", true}}

// able are the abilities that a client may declare.
var able = map[string]string{
	"none": `{}`,
	"form": `{"elicitation":{}}`, // as clients before 2025-11-25 say it
	"url":  `{"elicitation":{"url":{}}}`,
	"both": `{"elicitation":{"form":{},"url":{}}}`,
}

// moments are the two kinds of calls that need a person.
var moments = map[string]struct{ tool, arguments, outcome string }{
	"connect": {"create_connector", connectStripe, "connector_id"},
	"write":   {"execute_operation", renameCustomer, `"description":"asked for"`},
}

// wayTo is how a person is to be reached: the best that client and transport
// have.
func wayTo(transport, ability, moment string) string {
	switch {
	case moment == "write" && (ability == "form" || ability == "both"):
		return "form"
	case ability == "url" || ability == "both":
		return "url"
	case transport == "stdio":
		return "browser"
	}
	return "link"
}

func TestPersonIsReachedByTheBestWay(t *testing.T) {
	t.Parallel()
	for _, era := range eras {
		for ability := range able {
			for moment, call := range moments {
				t.Run(era.name+"/"+ability+"/"+moment, func(t *testing.T) {
					t.Parallel()
					c := newCaller(t, era.transport, era.modern, ability)
					want := wayTo(era.transport, ability, moment)
					reached := ""
					does := func(q inquiry) (string, func()) {
						reached = q.way
						if n := c.sent(moment); n > 0 {
							t.Errorf("%d were sent before the person was asked", n)
						}
						if q.way == "form" {
							for _, told := range []string{"description", "asked for", stripeCustomer, "Stripe"} {
								if !strings.Contains(q.said, told) {
									t.Errorf("the person is not told of %q: %s", told, q.said)
								}
							}
							return `{"action":"accept","content":{"approve":true}}`, nil
						}
						return `{"action":"accept"}`, func() { c.finish(moment, q.page, "") }
					}
					got := c.call(call.tool, call.arguments, does).toolResult(t)
					if want == "link" {
						link := pageLink.FindString(got.text())
						if link == "" || !got.IsError || c.sent(moment) > 0 {
							t.Fatalf("%d were sent: %s", c.sent(moment), got.text())
						}
						reached = "link"
						c.finish(moment, link, "")
						got = c.call(call.tool, call.arguments, does).toolResult(t)
					}
					if reached != want {
						t.Errorf("the person was reached by %q, want %q", reached, want)
					}
					if got.IsError || !strings.Contains(got.text(), call.outcome) || c.sent(moment) != 1 {
						t.Errorf("%d were sent: %s", c.sent(moment), got.text())
					}
					if want == "url" && !era.modern {
						c.hearsCompletion()
					} else if len(c.completed) > 0 {
						t.Errorf("the client was told of %q", c.completed)
					}
					if all := c.log.String(); strings.Contains(got.text()+all, stripeKey) {
						t.Error("the key is in the answer or the log")
					}
					// The same call once more is a new wish.
					again := c.call(call.tool, call.arguments, func(q inquiry) (string, func()) {
						return `{"action":"cancel"}`, func() {
							if q.way == "browser" {
								c.finish(moment, q.page, map[string]string{"connect": "cancel", "write": "decline"}[moment])
							}
						}
					})
					if c.sent(moment) != 1 {
						t.Errorf("it was sent again: %s", again.raw)
					}
				})
			}
		}
	}
}

// A form ends in one of several ways, and the model is told which.
func TestModelIsToldWhatBecameOfTheForm(t *testing.T) {
	t.Parallel()
	const accept, fifteenMinutes = `{"action":"accept"}`, 15*time.Minute + time.Second
	for _, row := range []struct {
		name    string
		answer  string // of the client, where it is asked to open the page
		page    func(c *caller, page string)
		created int
		model   string
	}{
		{"created after a refusal", accept, func(c *caller, page string) {
			if _, said := c.enter(page, "sk_invalid"); !strings.Contains(said, "did not accept") {
				c.t.Errorf("the page does not tell of the refusal:\n%.2000s", said)
			}
			c.finish("connect", page, "")
		}, 1, `"connector_id"`},
		{"refused", accept, func(c *caller, page string) {
			c.sandbox.Inject(sandbox.Fault{Kind: sandbox.NotEnabled, Path: "POST /api/v1/integrations/connectors"})
			c.enter(page, stripeKey)
		}, 0, "not enabled"},
		{"unclear", accept, func(c *caller, page string) {
			c.sandbox.Inject(sandbox.Fault{Kind: sandbox.Cut, Path: "POST /api/v1/integrations/connectors", Skip: 1})
			c.enter(page, stripeKey)
		}, 1, "may be there"},
		{"abandoned", accept, func(c *caller, page string) { c.finish("connect", page, "cancel") }, 0, "closed the form"},
		{"expired", accept, func(c *caller, _ string) { c.ahead.Add(int64(fifteenMinutes)) }, 0, "not filled in within 15 minutes"},
		{"declined", `{"action":"decline"}`, nil, 0, "does not want"},
		{"closed", `{"action":"cancel"}`, nil, 0, "does not want"},
		{"never answered by the client", "", func(c *caller, page string) { c.finish("connect", page, "") }, 1, `"connector_id"`},
	} {
		for _, era := range eras {
			for _, ability := range []string{"url", "none"} {
				if ability == "none" && row.answer != accept || era.modern && row.answer == "" {
					continue // there is nothing to answer, or the client would not call again
				}
				t.Run(row.name+"/"+era.name+"/"+ability, func(t *testing.T) {
					t.Parallel()
					c := newCaller(t, era.transport, era.modern, ability)
					if row.name == "expired" {
						c.impatient()
					}
					been := false
					there := func(page string) {
						if row.page != nil && !been {
							been = true
							row.page(c, page)
						}
					}
					does := func(q inquiry) (string, func()) { return row.answer, func() { there(q.page) } }
					got := c.call("create_connector", connectStripe, does).toolResult(t)
					if link := pageLink.FindString(got.text()); link != "" {
						there(link)
						c.patient()
						got = c.call("create_connector", connectStripe, does).toolResult(t)
					}
					if !strings.Contains(got.text(), row.model) || got.IsError != (row.model != `"connector_id"`) || c.sent("connect") != row.created {
						t.Errorf("%d were created: %s", c.sent("connect"), got.text())
					}
				})
			}
		}
	}
}

// Whoever comes back late is told all the same, and gets no second form.
func TestOutcomeOfAFormIsToldLate(t *testing.T) {
	t.Parallel()
	c := newCaller(t, "mcp", false, "none")
	link := pageLink.FindString(c.call("create_connector", connectStripe, nil).toolResult(t).text())
	c.finish("connect", link, "")
	c.ahead.Add(int64(20 * time.Minute))
	if got := c.call("create_connector", connectStripe, nil).toolResult(t); got.IsError || c.sent("connect") != 1 {
		t.Errorf("%d were created: %s", c.sent("connect"), got.text())
	}
}

// A question is answered in each of the ways that a person has.
func TestPersonIsAskedBeforeAWrite(t *testing.T) {
	t.Parallel()
	for _, says := range []struct {
		name, answer string
		written      int
		model        string // what it reads
	}{
		{"no", `{"action":"decline"}`, 0, "said no"},
		{"accepts without approving", `{"action":"accept","content":{"approve":false}}`, 0, "said no"},
		{"closes it", `{"action":"cancel"}`, 0, "without an answer"},
		{"approves by a text", `{"action":"accept","content":{"approve":"true"}}`, 0, "said no"},
		{"answers nothing", `{"action":"accept"}`, 0, "said no"},
	} {
		for _, era := range eras {
			t.Run(says.name+"/"+era.name, func(t *testing.T) {
				t.Parallel()
				c := newCaller(t, era.transport, era.modern, "form")
				got := c.call("execute_operation", renameCustomer, func(inquiry) (string, func()) { return says.answer, nil }).toolResult(t)
				if !strings.Contains(got.text(), says.model) || !got.IsError || c.sent("write") != says.written {
					t.Errorf("%d were written, the model reads %s", c.sent("write"), got.text())
				}
			})
		}
	}
}

// The page of a plan is answered in each of the ways that there are.
func TestPersonDecidesOnAPage(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, answer, button, model string
	}{
		{"declines on the page", `{"action":"accept"}`, "decline", "said no"},
		{"does not go", `{"action":"decline"}`, "", "does not go"},
		{"closes the question", `{"action":"cancel"}`, "", "does not go"},
		{"client says nothing, and they approve", "", "approve", `"description":"asked for"`},
	} {
		for _, era := range eras {
			for _, ability := range []string{"url", "none"} {
				if ability == "none" && row.button != "decline" || era.modern && strings.HasPrefix(row.name, "client") {
					continue
				}
				t.Run(row.name+"/"+era.name+"/"+ability, func(t *testing.T) {
					t.Parallel()
					c := newCaller(t, era.transport, era.modern, ability)
					does := func(q inquiry) (string, func()) {
						return row.answer, func() {
							if row.button != "" {
								c.finish("write", q.page, row.button)
							}
						}
					}
					got := c.call("execute_operation", renameCustomer, does).toolResult(t)
					if link := pageLink.FindString(got.text()); ability == "none" && link != "" {
						c.finish("write", link, row.button)
						got = c.call("execute_operation", renameCustomer, does).toolResult(t)
					}
					want := 0
					if row.button == "approve" {
						want = 1
					}
					if !strings.Contains(got.text(), row.model) || c.sent("write") != want {
						t.Errorf("%d were written: %s", c.sent("write"), got.text())
					}
					eventually(t, "no question is open", func() bool {
						c.consent.Questions.Mu.Lock()
						defer c.consent.Questions.Mu.Unlock()
						return len(c.consent.Questions.Open) == 0
					})
				})
			}
		}
	}
}

// A client that cannot do what it declared leaves the ways of those that declare
// nothing.
func TestPersonIsReachedWhenTheClientCannotAsk(t *testing.T) {
	t.Parallel()
	for _, era := range eras {
		for _, ability := range []string{"form", "url"} {
			for moment, call := range moments {
				if era.modern || wayTo(era.transport, ability, moment) != ability {
					continue // such a client does not call again, or is not asked
				}
				t.Run(era.name+"/"+ability+"/"+moment, func(t *testing.T) {
					t.Parallel()
					c := newCaller(t, era.transport, false, ability)
					reached := "link"
					does := func(q inquiry) (string, func()) {
						if q.way != "browser" {
							return "error", nil
						}
						reached = q.way
						return "", func() { c.finish(moment, q.page, "") }
					}
					got := c.call(call.tool, call.arguments, does).toolResult(t)
					if want := wayTo(era.transport, "none", moment); reached != want {
						t.Errorf("the person was reached by %q, want %q", reached, want)
					}
					if reached == "link" {
						c.finish(moment, pageLink.FindString(got.text()), "")
						got = c.call(call.tool, call.arguments, does).toolResult(t)
					}
					if got.IsError || c.sent(moment) != 1 {
						t.Errorf("%d were sent: %s", c.sent(moment), got.text())
					}
				})
			}
		}
	}
}

// A client that never answers does not keep the call; what its person answers
// when the call is over is heard by the next one.
func TestCallEndsBeforeItsPersonAnswers(t *testing.T) {
	t.Parallel()
	for _, era := range eras {
		if era.modern {
			continue // there a call is over when it asks
		}
		for _, ability := range []string{"form", "url"} {
			t.Run(era.name+"/"+ability, func(t *testing.T) {
				t.Parallel()
				c := newCaller(t, era.transport, false, ability)
				c.impatient()
				var asked []inquiry
				silent := func(q inquiry) (string, func()) { asked = append(asked, q); return "", nil }
				got := c.call("execute_operation", renameCustomer, silent).toolResult(t)
				for _, words := range []string{"Nothing was sent", "not answered yet", "again with the very same arguments"} {
					if !strings.Contains(got.text(), words) {
						t.Errorf("the model is not told %q: %s", words, got.text())
					}
				}
				if len(asked) != 1 || c.sent("write") > 0 {
					t.Fatalf("%d were written after %d questions", c.sent("write"), len(asked))
				}
				if pageLink.MatchString(got.text()) {
					t.Errorf("a model has the page on which its plan is approved: %s", got.text())
				}
				c.patient()
				if ability == "form" {
					c.respond(asked[0].id, `{"action":"accept","content":{"approve":true}}`)
				} else {
					c.finish("write", asked[0].page, "approve")
				}
				if got = c.call("execute_operation", renameCustomer, silent).toolResult(t); got.IsError || c.sent("write") != 1 || len(asked) != 1 {
					t.Errorf("%d were written after %d questions: %s", c.sent("write"), len(asked), got.text())
				}
				if ability == "url" && era.transport != "mcp" { // where there was no stream to tell it on
					c.hearsCompletion()
				}
			})
		}
	}
}

// A page that was closed by mistake is offered again.
func TestPageOfAPlanIsOfferedAgain(t *testing.T) {
	t.Parallel()
	for _, era := range eras {
		t.Run(era.name, func(t *testing.T) {
			t.Parallel()
			c := newCaller(t, era.transport, era.modern, "url")
			c.impatient()
			var pages []string
			does := func(q inquiry) (string, func()) {
				pages = append(pages, q.page)
				return `{"action":"accept"}`, func() {
					if len(pages) == 2 {
						c.finish("write", q.page, "approve")
					}
				}
			}
			got := c.call("execute_operation", renameCustomer, does).toolResult(t)
			if !strings.Contains(got.text(), "not answered yet") {
				t.Fatalf("%s", got.text())
			}
			c.patient()
			got = c.call("execute_operation", renameCustomer, does).toolResult(t)
			if got.IsError || len(pages) != 2 || pages[0] != pages[1] || c.sent("write") != 1 {
				t.Errorf("%d were written after %d pages: %s", c.sent("write"), len(pages), got.text())
			}
		})
	}
}

// Without a browser of the person's own, stdio gives the link.
func TestNoBrowserGivesTheLink(t *testing.T) {
	t.Parallel()
	for moment, call := range moments {
		c := newCaller(t, "stdio", false, "none")
		c.consent.Pages.Open = nil // as --no-browser has it
		link := pageLink.FindString(c.call(call.tool, call.arguments, nil).toolResult(t).text())
		c.finish(moment, link, "")
		if got := c.call(call.tool, call.arguments, nil).toolResult(t); got.IsError || c.sent(moment) != 1 {
			t.Errorf("%s: %s", moment, got.text())
		}
	}
	for _, row := range []struct {
		transport string
		off, has  bool
	}{{"stdio", false, true}, {"stdio", true, false}, {"http", false, false}} {
		b := newBench(t, settings{config: func(c *Config) { c.Transport, c.NoBrowser = row.transport, row.off }})
		if has := b.consent.Pages.Open != nil; has != row.has {
			t.Errorf("%+v: opens a browser: %v", row, has)
		}
	}
}

// The same wish finds the same form, however it is written; another one does not.
func TestSameCallFindsTheSameForm(t *testing.T) {
	t.Parallel()
	c := newCaller(t, "mcp", false, "none")
	const stripe = `"e094cb9a-26de-4645-8761-65c0c425d1de"`
	link := func(arguments string) string {
		t.Helper()
		return pageLink.FindString(c.call("create_connector", arguments, nil).toolResult(t).text())
	}
	first := link(`{"definition_id":` + stripe + `,"name":"a","replication_config":{"account_id":9007199254740993,"days":10}}`)
	if first == "" {
		t.Fatal("no form")
	}
	for _, other := range []string{
		`{"definition_id":` + stripe + `,"name":"a","replication_config":{"account_id":9007199254740992,"days":10}}`,
		`{"definition_id":` + stripe + `,"name":"b","replication_config":{"account_id":9007199254740993,"days":10}}`,
		`{"definition_id":` + stripe + `,"name":"a"}`,
	} {
		if got := link(other); got == first || got == "" {
			t.Errorf("%s has the form %s", other, got)
		}
	}
	c.finish("connect", first, "cancel")
	same := `{ "replication_config": {"days": 1e1, "account_id": 9007199254740993}, "name": "a", "definition_id": ` + stripe + `, "environment": {}, "max_tokens": 5000 }`
	if got := c.call("create_connector", same, nil).toolResult(t); !strings.Contains(got.text(), "closed the form") {
		t.Errorf("written otherwise: %s", got.text())
	}
}

// Calls at once have one form.
func TestCallsAtOnceHaveOneForm(t *testing.T) {
	t.Parallel()
	c := newCaller(t, "mcp", false, "none")
	c.impatient()
	links := make(chan string, 8)
	for range cap(links) {
		go func() {
			got, err := c.web.try(t.Context(), http.MethodPost, "/mcp", callMessage(1, "create_connector", connectStripe))
			if err != nil {
				t.Error(err)
			}
			links <- pageLink.FindString(got.body)
		}()
	}
	first := <-links
	for range cap(links) - 1 {
		if other := <-links; other != first || other == "" {
			t.Errorf("one call has the form %q, another %q", first, other)
		}
	}
	c.patient()
	c.finish("connect", first, "")
	if got := c.call("create_connector", connectStripe, nil).toolResult(t); got.IsError || c.sent("connect") != 1 {
		t.Errorf("%d were created: %s", c.sent("connect"), got.text())
	}
}

// Whoever hangs up is not asked any more.
func TestQuestionEndsWithItsStream(t *testing.T) {
	t.Parallel()
	b := newBench(t, settings{config: confirming})
	client := b.listen(t).sse()
	client.greet("2025-11-25", able["form"])
	client.send(callMessage(1, "execute_operation", renameCustomer))
	if m := client.next(); m.Method != "elicitation/create" {
		t.Fatalf("not asked: %s", m.raw)
	}
	client.close()
	eventually(t, "the question ends", func() bool {
		b.consent.Questions.Mu.Lock()
		defer b.consent.Questions.Mu.Unlock()
		return len(b.consent.Questions.Open) == 0
	})
}

// A bug met where an answer is taken ends the call, and not the process.
func TestPanicWhileAnAnswerIsTaken(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	api := sandboxClient(t, sandbox.New(sandbox.Options{}), nil)
	b := newBench(t, settings{config: confirming, clients: func(context.Context) (*airbyteclient.Client, error) {
		if broken.Load() {
			panic("secret of the stack")
		}
		return api, nil
	}})
	c := &b.listen(t).sse().stream
	c.greet("2025-11-25", able["form"])
	c.send(callMessage(1, "execute_operation", renameCustomer))
	question := c.next()
	broken.Store(true)
	c.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"action":"accept","content":{"approve":true}}}`, question.ID))
	if got := c.next(); question.Method != "elicitation/create" || strings.Contains(string(got.raw), "secret") || len(b.log.lines("panic")) == 0 {
		t.Errorf("asked %s\ngot %s\nlogged %s", question.raw, got.raw, b.log)
	}
}
