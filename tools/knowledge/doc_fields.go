package knowledge

import (
	"strings"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas/safetext"
)

// This file reads from documentation which fields the records of an entity have.

var (
	ofFields   = pattern(`(?i)\b(fields?|columns?|properties|attributes)\b`)
	fieldOwner = pattern(`(?i)\b(searchable|filterable|sortable|available|record|records|respon[sd]\w*|results?|returned|output|indexed)\b`)
)

// readFields takes the fields of records from a table or list that is headed as
// one of them. It reports whether it understood.
func (a *Action) readFields(b airbyteclient.SkillBlock, topic string) bool {
	if len(a.Fields) > 0 || !ofFields().MatchString(topic) || !fieldOwner().MatchString(topic) || ofParams().MatchString(topic) {
		return false
	}
	var fields []Field
	take := func(path, kind string) bool {
		p := Param{Type: kind}
		if !p.named(path) {
			return false
		}
		if len(fields) < MaxFields {
			fields = append(fields, Field{p.Name, p.Type})
		}
		return true
	}
	switch b.Type {
	case "table":
		name, kind := -1, -1
		for i, h := range b.Headers {
			switch headerOf(h) {
			case "name":
				name = i
			case "type":
				kind = i
			case "required", "in":
				return false // parameters
			}
		}
		for _, cells := range b.Rows {
			cell := func(at int) string {
				if at < 0 || at >= len(cells) {
					return ""
				}
				return cells[at]
			}
			if !take(cell(name), cell(kind)) {
				return false
			}
		}
	case "list":
		for _, item := range b.Items {
			m := listed().FindStringSubmatch(strings.TrimSpace(item))
			if m == nil || !take(m[1], m[2]) {
				return false
			}
		}
	}
	a.Fields = fields
	return len(fields) > 0
}

// word is a field in short: its type stands with it unless it is a text.
func (f Field) word() string {
	if f.Type == "" || f.Type == "string" {
		return f.Path
	}
	return f.Path + ": " + f.Type
}

// FieldWords lists fields, the rest of many as a number.
func FieldWords(fields []Field, most int) string {
	if most == 0 {
		return ""
	}
	words := make([]string, len(fields))
	for i, f := range fields {
		words[i] = f.word()
	}
	return safetext.Some(words, most)
}
