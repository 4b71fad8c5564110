package plan

import (
	"encoding/json"
	"fmt"
	"strings"

	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/toolcall"
)

// Phrase say what the call does, for a sentence.
func (w *Write) Phrase() string {
	if w.review.operation {
		return fmt.Sprintf("execute_operation (%s of %s)", safetext.QuoteShort(w.Action), safetext.QuoteShort(w.Entity))
	}
	return w.Tool
}

// summary says in one sentence what the call would do.
func (w *Write) summary(call toolcall.Call, found Target, changes []Change) string {
	if w.review.Summary == nil {
		return "Calls " + call.Tool + "."
	}
	return w.review.Summary(call, w, found, changes)
}

// InWorkspace names the workspace, for the end of a sentence.
func (w *Write) InWorkspace() string {
	if w.Workspace == "" {
		return ""
	}
	return " in workspace " + safetext.QuoteShort(w.Workspace)
}

// ConnectorPhrase names the connector and its service.
func (w *Write) ConnectorPhrase() string {
	name, service := w.Connector, w.Service
	if name == "" {
		name = w.ConnectorID
	}
	said := " " + safetext.QuoteShort(name)
	if w.review.operation {
		said = " in connector" + said
	}
	if service != "" && !strings.EqualFold(service, name) {
		said += " (" + safetext.Line(service, 80) + ")"
	}
	return said
}

func QuotedOr(text, other string) string {
	if text == "" {
		return other
	}
	return safetext.QuoteShort(text)
}

func QuotedIfAny(text string) string {
	if text == "" {
		return ""
	}
	return " " + safetext.QuoteShort(text)
}

func FieldNames(changes []Change) string {
	var paths []string
	for _, c := range changes {
		paths = append(paths, safetext.Line(c.Path, 60))
	}
	if paths == nil {
		return "nothing that can be seen"
	}
	return safetext.Some(paths, 6)
}

// RecordLabel is what a person knows a record by.
func RecordLabel(record json.RawMessage, other string) string {
	for _, name := range []string{"title", "name", "summary", "subject", "destination_name", "identifier", "email", "key", "number", "id"} {
		v := rawjson.Member(record, name)
		if s := rawjson.Text(v); s != "" {
			return s
		}
		if k := rawjson.FirstByte(v); k == '-' || k >= '0' && k <= '9' {
			return string(v)
		}
	}
	return other
}

// warnOfName warns of a new name that takes a connector out of asking.
func (w *Write) warnOfName(call toolcall.Call) {
	if !w.review.NamesConnector {
		return
	}
	if strings.Contains(strings.ToLower(call.Argument("name")), disposable) {
		w.Note("Its new name has " + disposable + ": from then on it can be changed and deleted without asking.")
	}
}
