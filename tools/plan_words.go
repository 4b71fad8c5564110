package tools

import (
	"encoding/json"
	"fmt"
	"strings"
)

// words say what the call does, for a sentence.
func (w *aboutWrite) words() string {
	if w.review.operation {
		return fmt.Sprintf("execute_operation (%s of %s)", quoted(w.Action), quoted(w.Entity))
	}
	return w.Tool
}

// summary says in one sentence what the call would do.
func (w *aboutWrite) summary(call Call, found target, changes []Change) string {
	if w.review.summary == nil {
		return "Calls " + call.Tool + "."
	}
	return w.review.summary(call, w, found, changes)
}

// in names the workspace, for the end of a sentence.
func (w *aboutWrite) in() string {
	if w.Workspace == "" {
		return ""
	}
	return " in workspace " + quoted(w.Workspace)
}

// whose names the connector and its service.
func (w *aboutWrite) whose() string {
	name, service := w.Connector, w.Service
	if name == "" {
		name = w.ConnectorID
	}
	said := " " + quoted(name)
	if w.review.operation {
		said = " in connector" + said
	}
	if service != "" && !strings.EqualFold(service, name) {
		said += " (" + harmless(service, 80) + ")"
	}
	return said
}

func orWord(text, other string) string {
	if text == "" {
		return other
	}
	return quoted(text)
}

func orNothing(text string) string {
	if text == "" {
		return ""
	}
	return " " + quoted(text)
}

func fieldsOf(changes []Change) string {
	var paths []string
	for _, c := range changes {
		paths = append(paths, harmless(c.Path, 60))
	}
	if paths == nil {
		return "nothing that can be seen"
	}
	return some(paths, 6)
}

// labelOf is what a person knows a record by.
func labelOf(record json.RawMessage, other string) string {
	for _, name := range []string{"title", "name", "summary", "subject", "destination_name", "identifier", "email", "key", "number", "id"} {
		v := member(record, name)
		if s := text(v); s != "" {
			return s
		}
		if k := kindOf(v); k == '-' || k >= '0' && k <= '9' {
			return string(v)
		}
	}
	return other
}

// warnOfName warns of a new name that takes a connector out of asking.
func (w *aboutWrite) warnOfName(call Call) {
	if !w.review.namesConnector {
		return
	}
	if strings.Contains(strings.ToLower(call.argument("name")), disposable) {
		w.note("Its new name has " + disposable + ": from then on it can be changed and deleted without asking.")
	}
}
