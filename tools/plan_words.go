package tools

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"
)

func sortedKeys(v map[string]any) []string { return slices.Sorted(maps.Keys(v)) }

func utf16Of(r rune) []uint16 { return utf16.Encode([]rune{r}) }

// written are the fields that the call sets.
func (w *aboutWrite) written(call request, found target) json.RawMessage {
	fields := call.Arguments
	not := []string{"connector_id", "workspace_id", "template_id", "workspace_name", "propagate"}
	if call.Tool == "execute_operation" {
		fields, not = params(fields), found.named
	}
	out := []byte{'{'}
	for name, value := range members(fields) {
		if !slices.Contains(not, name) {
			out = appendNamed(out, name, compact(value))
		}
	}
	return append(out, '}')
}

// changes are the fields that an update sets, beside what they are now.
func (w *aboutWrite) changes(call request, found target) []Change {
	if w.Action != "update" {
		return nil
	}
	var out []Change
	// What is shown of a new value is beside it: secrets are blanked there.
	var walk func(path, name string, secret bool, old, new, shown json.RawMessage, depth int)
	walk = func(path, name string, secret bool, old, new, shown json.RawMessage, depth int) {
		secret = secret && !plainKey.MatchString(name) || redactor{}.isSecret(name)
		if kindOf(new) == '{' && kindOf(old) == '{' && kindOf(shown) == '{' && depth < 6 {
			for key, value := range members(new) {
				walk(joined(path, key), key, secret, formerly(old, key), value, member(shown, key), depth+1)
			}
			return
		}
		if old == nil || !bytes.Equal(compact(old), compact(new)) {
			out = append(out, Change{harmless(path, len(path)), inShort(old, secret), inFull(shown, name, secret)})
		}
	}
	seen := call
	seen.Arguments = call.shown()
	walk("", "", false, orEmpty(found.record), w.written(call, found), w.written(seen, found), 0)
	if len(out) == 0 && found.record != nil {
		w.note("As far as can be seen everything is so already.")
	}
	return out
}

// formerly is the field of a record that a parameter sets: the one of its name,
// or what a stateId or state_id refers to.
func formerly(record json.RawMessage, name string) json.RawMessage {
	if v := member(record, name); v != nil {
		return v
	}
	for _, suffix := range []string{"Id", "_id"} {
		if base, ok := strings.CutSuffix(name, suffix); ok && base != "" {
			return member(member(record, base), "id")
		}
	}
	return nil
}

// words say what the call does, for a sentence.
func (w *aboutWrite) words() string {
	if w.Tool == "execute_operation" {
		return fmt.Sprintf("execute_operation (%s of %s)", quoted(w.Action), quoted(w.Entity))
	}
	return w.Tool
}

// summary says in one sentence what the call would do.
func (w *aboutWrite) summary(call request, found target, changes []Change) string {
	given := func(name string) string { return text(member(call.Arguments, name)) }
	in := ""
	if w.Workspace != "" {
		in = " in workspace " + quoted(w.Workspace)
	}
	which := quoted(labelOf(found.record, text(member(call.Arguments, "template_id"))))
	switch call.Tool {
	case "execute_operation":
		return w.operation(found, changes) + " of " + quoted(w.Entity) + w.whose() + in + "."
	case "create_connector":
		if given("replaces") != "" && given("name") != "" {
			return "Connects " + orWord(w.Service, "a service") + " as " + quoted(given("name")) + in + ", with the credentials given and the settings of the connector " + quoted(w.Connector) + ", which stays as it is."
		}
		if given("replaces") != "" {
			return "Connects " + orWord(w.Service, "a service") + " anew" + in + ", with the credentials given, in place of the connector " + quoted(w.Connector) + ", which is renamed and stays."
		}
		return "Connects " + orWord(w.Service, "a service") + " as " + orWord(w.Connector, "a new connector") + in + ", with the credentials given."
	case "check_new_connector", "check_connector":
		return "Sends the secrets that its references name to " + orWord(w.Service, "a service") + in + " to try them; nothing is saved."
	case "update_connector":
		return "Changes the connector" + w.whose() + in + ": " + fieldsOf(changes) + "."
	case "delete_connector":
		return "Deletes the connector" + w.whose() + in + ", with its stored credentials."
	case "update_workspace":
		if given("status") == "inactive" {
			return "Switches workspace " + quoted(w.Workspace) + " off, with every connection in it."
		}
		return "Changes workspace " + quoted(w.Workspace) + ": " + fieldsOf(changes) + "."
	case "delete_workspace":
		return fmt.Sprintf("Deletes workspace %s with everything connected in it (%d connectors).", quoted(w.Workspace), max(0, found.affected-1))
	case "create_template":
		return "Enables a service for the users of the organization, by a new source template" + orNothing(given("name")) + "."
	case "update_template":
		said := "Changes source template " + which + ": " + fieldsOf(changes)
		if string(member(call.Arguments, "propagate")) == "true" {
			said += ", and every connector made from it"
		}
		return said + "."
	case "delete_template":
		return "Deletes source template " + which + ": users can no longer connect the service by it."
	case "create_conn_template":
		return "Makes a connection template" + orNothing(given("destination_name")) + " that new connectors replicate by."
	case "update_conn_template":
		return "Changes connection template " + which + ": " + fieldsOf(changes) + "."
	case "delete_conn_template":
		return "Deletes connection template " + which + "."
	case "create_scoped_token":
		return "Mints a token that reaches workspace " + quoted(w.Workspace) + " for about 20 minutes and shows it to the model; a workspace that does not exist is created."
	case "create_widget_token":
		return "Mints a token for Airbyte's widget on pages of " + quoted(given("allowed_origin")) + ", for workspace " + quoted(w.Workspace) + ", and shows it to the model."
	case "set_oauth_config":
		return "Replaces the organization's OAuth application for " + quoted(given("connector_type")+given("connector_definition_id")) + "."
	case "delete_oauth_config":
		return "Removes the organization's OAuth application for " + quoted(given("connector_type")) + "; Airbyte's serves again."
	}
	return "Calls " + call.Tool + "."
}

// operation says what is done to records.
func (w *aboutWrite) operation(found target, changes []Change) string {
	many := "one record"
	if found.affected > 1 {
		many = fmt.Sprintf("%d records", found.affected)
	}
	if label := labelOf(found.record, ""); label != "" {
		many += " (" + quoted(label) + ")"
	}
	switch w.Action {
	case "create":
		return "Creates one record"
	case "update":
		return "Changes " + fieldsOf(changes) + " of " + many
	case "delete":
		return "Deletes " + many
	}
	return "Runs " + quoted(w.Action)
}

// whose names the connector and its service.
func (w *aboutWrite) whose() string {
	name, service := w.Connector, w.Service
	if name == "" {
		name = w.ConnectorID
	}
	said := " " + quoted(name)
	if w.Tool == "execute_operation" {
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

// lookAtName warns of a new name that takes a connector out of asking.
func (w *aboutWrite) lookAtName(call request) {
	if call.Tool != "update_connector" && call.Tool != "create_connector" {
		return
	}
	if strings.Contains(strings.ToLower(text(member(call.Arguments, "name"))), disposable) {
		w.note("Its new name has " + disposable + ": from then on it can be changed and deleted without asking.")
	}
}
