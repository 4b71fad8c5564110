package tools

// FormSends writes down that a connector is about to be created by a form. Where
// it fails none may be created; otherwise FormAnswered must follow.
func (j *journal) FormSends(caller, form string) error {
	return j.begin(j.formEntry("sent", caller, form))
}

// FormAnswered writes down the outcome of that: ok, unclear or the kind of
// error.
func (j *journal) FormAnswered(caller, form, connectorID, outcome string) error {
	entry := j.formEntry("outcome", caller, form)
	entry.ID, entry.Outcome, entry.MaybeIt = connectorID, outcome, outcome == "unclear"
	return j.end(entry)
}

// FormEnded writes down the outcome of a form for which this server created
// nothing; the web app may have.
func (j *journal) FormEnded(caller, form, connectorID, outcome string) error {
	entry := j.formEntry("outcome", caller, form)
	entry.ID, entry.Outcome = connectorID, outcome
	return j.write(entry)
}

func (j *journal) formEntry(step, caller, form string) journalEntry {
	if j == nil {
		return journalEntry{}
	}
	return journalEntry{
		Time: j.now(), Step: step, Caller: caller, Tool: "create_connector", Entity: "connector", Action: "create",
		Plan: form, Decided: "ask", By: "form",
	}
}

// journalDown is the refusal of a write that the journal cannot take.
func journalDown(err error) error {
	return refuse("The journal of writes cannot be written (%s).", harmless(err.Error(), 200)).
		next("Nothing was sent. Reading goes on, but nothing can be changed until the person who runs this server mends --audit and starts it anew.")
}
