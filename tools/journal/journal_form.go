package journal

import (
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/refusal"
)

// FormSends writes down that a connector is about to be created by a form. Where
// it fails none may be created; otherwise FormAnswered must follow.
func (j *Journal) FormSends(caller, form string) error {
	return j.Begin(j.formEntry("sent", caller, form))
}

// FormAnswered writes down the outcome of that: ok, unclear or the kind of
// error.
func (j *Journal) FormAnswered(caller, form, connectorID, outcome string) error {
	entry := j.formEntry("outcome", caller, form)
	entry.ID, entry.Outcome, entry.MayHaveRun = connectorID, outcome, outcome == "unclear"
	return j.End(entry)
}

// FormEnded writes down the outcome of a form for which this server created
// nothing; the web app may have.
func (j *Journal) FormEnded(caller, form, connectorID, outcome string) error {
	entry := j.formEntry("outcome", caller, form)
	entry.ID, entry.Outcome = connectorID, outcome
	return j.Write(entry)
}

func (j *Journal) formEntry(step, caller, form string) Entry {
	if j == nil {
		return Entry{}
	}
	return Entry{
		Time: j.now(), Step: step, Caller: caller, Tool: "create_connector", Entity: "connector", Action: "create",
		Plan: form, Decided: "ask", By: "form",
	}
}

// Unwritable is the refusal of a write that the journal cannot take.
func Unwritable(err error) error {
	return refusal.New("The journal of writes cannot be written (%s).", safetext.Line(err.Error(), 200)).
		Next("Nothing was sent. Reading goes on, but nothing can be changed until the person who runs this server mends --audit and starts it anew.")
}
