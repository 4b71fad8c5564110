package airbyteclient

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"mime"
	"strings"
)

// maxFields bounds Error.Fields.
const maxFields = 20

// reason is what an error's body says, not yet shortened or cleared of secrets.
type reason struct {
	message string
	fields  []FieldError
}

// parseErrorBody reads the shapes that the service and what stands before it
// are known to send: {message, errors}, {detail} as text or as a list, plain
// text, HTML, nothing. The message is empty where there is none to read.
func parseErrorBody(contentType string, body []byte) reason {
	body = bytes.TrimSpace(body)
	kind, _, _ := mime.ParseMediaType(contentType)
	if kind == "text/html" || bytes.HasPrefix(body, []byte("<")) {
		return reason{message: describeHTML(body)}
	}
	var value any
	if json.Unmarshal(body, &value) == nil {
		return readReason(value, 0)
	}
	if bytes.HasPrefix(body, []byte("{")) || bytes.HasPrefix(body, []byte("[")) {
		return reason{} // broken JSON: nobody can tell what is in it
	}
	return reason{message: withoutTrace(string(body))}
}

// readReason looks for a message in the members that are known to hold one.
func readReason(value any, depth int) reason {
	if depth > 3 {
		return reason{}
	}
	switch value := value.(type) {
	case string:
		return reason{message: withoutTrace(value)}
	case []any:
		return listReason("", value)
	case map[string]any:
		message := text(value, "message", "msg")
		if list, ok := value["errors"].([]any); ok && len(list) > 0 {
			return listReason(message, list)
		}
		if message != "" {
			return reason{message: message}
		}
		for _, name := range []string{"detail", "error_description", "error", "title"} {
			if inner := readReason(value[name], depth+1); inner.message != "" {
				return inner
			}
		}
	}
	return reason{}
}

// listReason joins a message and the complaints of a list into one sentence
// that says nothing twice.
func listReason(message string, list []any) reason {
	said := reason{message: message}
	for _, item := range list[:min(len(list), maxFields)] {
		field := readField(item)
		if field.Message == "" {
			continue
		}
		said.fields = append(said.fields, field)
		if strings.Contains(said.message, field.Message) {
			continue
		}
		sentence := field.Message
		if field.Field != "" && field.Field != "body" {
			sentence = field.Field + ": " + sentence
		}
		said.message = strings.TrimPrefix(said.message+"; "+sentence, "; ")
	}
	return said
}

func readField(item any) FieldError {
	switch item := item.(type) {
	case string:
		return FieldError{Message: withoutTrace(item)}
	case map[string]any:
		return FieldError{
			Field:   orElse(text(item, "field"), location(item["loc"])),
			Message: text(item, "userPresentableMessage", "message", "msg", "error", "detail"),
			Code:    text(item, "error_code", "code", "type"),
		}
	}
	return FieldError{}
}

// location joins FastAPI's loc, such as ["body", "name"], into a dotted path.
func location(loc any) string {
	list, _ := loc.([]any)
	if len(list) > 1 && list[0] == "body" {
		list = list[1:]
	}
	parts := make([]string, len(list))
	for i, part := range list {
		parts[i] = fmt.Sprint(part)
	}
	return strings.Join(parts, ".")
}

// text is the first of the named members that is a text.
func text(object map[string]any, names ...string) string {
	for _, name := range names {
		if s, ok := object[name].(string); ok && s != "" {
			return withoutTrace(s)
		}
	}
	return ""
}

// withoutTrace cuts a Python stack trace off: it is for the service's own
// people, and shows more than it should.
func withoutTrace(s string) string {
	before, _, found := strings.Cut(s, "Traceback (most recent call last)")
	if found && strings.TrimSpace(before) == "" {
		return "the service failed within (its stack trace is left out)"
	}
	return strings.TrimSpace(before)
}

// describeHTML reduces a page to its title, which it does not cut: half of a
// secret is not found any more.
func describeHTML(page []byte) string {
	title := tidy(html.UnescapeString(htmlTitle(string(page[:min(len(page), maxErrorBody)]))), maxErrorBody)
	if title == "" {
		return "an HTML page"
	}
	return "an HTML page titled " + quoted(title)
}

func htmlTitle(page string) string {
	for i := 0; i < len(page); i++ {
		if page[i] != '<' || len(page) < i+6 || !strings.EqualFold(page[i:i+6], "<title") {
			continue
		}
		_, title, _ := strings.Cut(page[i:], ">")
		title, _, _ = strings.Cut(title, "<")
		return title
	}
	return ""
}
