package knowledge

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas/safetext"
)

// This file reads the parameters of actions from documentation: from tables and
// lists, with the names for things that are usual in them.

// readAction takes the parameters of an action out of its section.
func readAction(a Action, content []airbyteclient.SkillBlock) Action {
	var rest []airbyteclient.SkillBlock
	topic, needed := "", false // what the blocks are about; whether all there are required
	for i, b := range plainBlocks(content) {
		if topicOf(b, &topic, &needed) && i > 0 {
			rest = append(rest, b)
			continue
		}
		switch {
		case b.Type == "heading" && i == 0: // says the action's name again
		case b.Type == "paragraph" && sameWords(b.Text, a.Summary):
		case b.Type == "paragraph" && a.Summary == "" && len(rest) == 0:
			a.Summary = safetext.Clip(b.Text, MaxWords)
		case b.Type == "paragraph" && noParams().MatchString(b.Text) && len(b.Text) < 200:
			a.Known = true
		case a.readFields(b, topic):
			if n := len(rest); n > 0 && rest[n-1].Text == topic {
				rest = rest[:n-1] // it headed the fields
			}
		case b.Type == "table" && a.readTable(b, topic, needed):
		case b.Type == "list" && a.readList(b, topic, needed):
		case b.Type == "code" && a.Example == "" && isExample(b):
			a.Example = strings.TrimSpace(cmp.Or(b.Code, b.Text))
		default:
			rest = append(rest, b)
		}
	}
	a.Notes = safetext.Clip(Markdown(withoutEmptyHeadings(rest)), MaxNotes)
	return a
}

var (
	noParams  = pattern(`(?i)\b(no|without( any)?) param(eter)?s\b|\bparam(eter)?s:? none\b`)
	ofParams  = pattern(`(?i)\b(param(eter)?s?|arguments?|args|inputs?|body|query|path|request)\b`)
	ofRecords = pattern(`(?i)\b(respon[sd]\w*|results?|returns?|returned|outputs?|records?|columns?|searchable|filterable|metadata|operators?|errors?|examples?)\b`)
	allNeeded = pattern(`(?i)\brequired\b`)
	noneNeed  = pattern(`(?i)\boptional\b`)
)

// topicOf follows the headings, and the lines that introduce a list or table.
func topicOf(b airbyteclient.SkillBlock, topic *string, needed *bool) bool {
	if b.Type != "heading" && (b.Type != "paragraph" || !strings.HasSuffix(strings.TrimSpace(b.Text), ":") || len(b.Text) > 200) {
		return false
	}
	*topic = b.Text
	*needed = allNeeded().MatchString(b.Text) && !noneNeed().MatchString(b.Text)
	return true
}

// withoutEmptyHeadings drops headings whose content was taken out.
func withoutEmptyHeadings(blocks []airbyteclient.SkillBlock) []airbyteclient.SkillBlock {
	introduces := func(b airbyteclient.SkillBlock) bool {
		return b.Type == "heading" || b.Type == "paragraph" && ofParams().MatchString(b.Text) && strings.HasSuffix(strings.TrimSpace(b.Text), ":")
	}
	var kept []airbyteclient.SkillBlock
	for i, b := range blocks {
		if !introduces(b) || i < len(blocks)-1 && !introduces(blocks[i+1]) {
			kept = append(kept, b)
		}
	}
	return kept
}

func sameWords(a, b string) bool {
	return strings.TrimRight(strings.TrimSpace(a), ".") == strings.TrimRight(strings.TrimSpace(b), ".")
}

func isExample(b airbyteclient.SkillBlock) bool {
	code := strings.TrimSpace(cmp.Or(b.Code, b.Text))
	return len(code) <= MaxNotes && strings.HasPrefix(code, "{") && json.Valid([]byte(code))
}

// headerOf is what a table's column is about.
func headerOf(header string) string {
	word := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, header)
	switch word {
	case "parameter", "parameters", "param", "name", "field", "argument", "arg", "property", "key", "parametername", "fieldname":
		return "name"
	case "type", "datatype", "kind", "schema", "format":
		return "type"
	case "in", "location", "where", "sentin":
		return "in"
	case "required", "mandatory", "needed", "isrequired", "requiredoptional":
		return "required"
	case "optional":
		return "optional"
	case "description", "about", "notes", "note", "details", "meaning", "comment", "purpose":
		return "description"
	case "enum", "enums", "values", "allowedvalues", "allowed", "options", "oneof", "possiblevalues", "validvalues", "choices":
		return "enum"
	case "default", "defaultvalue":
		return "default"
	case "entity", "entities", "resource":
		return "entity"
	case "action", "actions", "operations":
		return "actions"
	}
	return word
}

// readTable takes parameters from a table that has a column for their names,
// and one more that tells something of them. It reports whether it understood.
func (a *Action) readTable(b airbyteclient.SkillBlock, topic string, needed bool) bool {
	columns := map[string]int{}
	for i, h := range b.Headers {
		if _, twice := columns[headerOf(h)]; !twice {
			columns[headerOf(h)] = i
		}
	}
	cell := func(cells []string, column string) string {
		if i, ok := columns[column]; ok && i < len(cells) {
			return strings.TrimSpace(cells[i])
		}
		return ""
	}
	has := func(column string) bool { _, ok := columns[column]; return ok }
	if !has("name") || !has("type") && !has("required") && !has("in") && !has("description") {
		return false
	}
	certain := has("required") || has("in") || ofParams().MatchString(topic)
	if !certain && (a.Known || ofRecords().MatchString(topic)) {
		return false // the fields of an answer look the same
	}
	var params []Param
	for _, cells := range b.Rows {
		p := Param{
			Type: cell(cells, "type"), In: plainWord(cell(cells, "in")), Required: needed,
			Description: cell(cells, "description"),
		}
		if has("required") {
			p.Required = affirms(cell(cells, "required"))
		} else if has("optional") {
			p.Required = !affirms(cell(cells, "optional"))
		}
		if d := plainWord(cell(cells, "default")); d != "" && d != "-" && d != "—" {
			p.Description = strings.TrimSpace(p.Description + " Default: " + d + ".")
		}
		p.Enum = enumOf(cell(cells, "enum"))
		if !p.named(cell(cells, "name")) {
			return false
		}
		params = append(params, p)
	}
	a.take(params)
	return true
}

// listed is "`name` (type, required): description" and its kin.
var listed = pattern(`(?s)^([*_` + "`" + `]*[\pL_$@][\pL\pN_.$@\[\]-]*[*_` + "`" + `]*)\s*(?:\(([^()]{0,200})\))?\s*(?::|—|–|-|$)\s*(.*)$`)

// readList takes parameters from a list of which every item is one.
func (a *Action) readList(b airbyteclient.SkillBlock, topic string, needed bool) bool {
	certain := ofParams().MatchString(topic)
	if len(b.Items) == 0 || !certain && (a.Known || ofRecords().MatchString(topic)) {
		return false
	}
	var params []Param
	for _, item := range b.Items {
		m := listed().FindStringSubmatch(strings.TrimSpace(item))
		if m == nil || !certain && m[2] == "" {
			return false
		}
		p := Param{Required: needed, Description: m[3]}
		var kinds []string
		for part := range strings.SplitSeq(m[2], ",") {
			switch part = strings.TrimSpace(part); Letters(part) {
			case "required", "mandatory":
				p.Required = true
			case "optional", "":
				p.Required = false
			case "path", "query", "body", "header", "inpath", "inquery", "inbody", "inheader":
				p.In = strings.TrimPrefix(Letters(part), "in")
			default:
				kinds = append(kinds, part)
			}
		}
		if m[2] == "" {
			p.Required = needed
		}
		p.Type = strings.Join(kinds, ", ")
		if !p.named(m[1]) {
			return false
		}
		params = append(params, p)
	}
	a.take(params)
	return true
}

// Letters is a word in small letters, without anything but letters.
func Letters(word string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, word)
}

// take adds parameters; where one came before, the first stays.
func (a *Action) take(params []Param) {
	a.Known = true
	for _, p := range params {
		if a.param(p.Name) == nil && len(a.Params) < maxParams {
			a.Params = append(a.Params, p)
		}
	}
}

// named gives a parameter its name as it is written, such as **name***, and
// tidies the rest. It reports whether the name is one.
func (p *Param) named(written string) bool {
	name := strings.TrimSpace(written)
	if rest, found := strings.CutSuffix(name, "(required)"); found {
		name, p.Required = strings.TrimSpace(rest), true
	}
	bare := strings.Trim(name, "*`")
	if strings.HasSuffix(name, "*") && !strings.HasPrefix(name, "*") {
		p.Required = true
	}
	if strings.HasSuffix(bare, "?") {
		bare, p.Required = strings.TrimSuffix(bare, "?"), false
	}
	if !IsName(bare) {
		return false
	}
	p.Name = bare
	p.Description = safetext.Clip(strings.TrimSpace(p.Description), MaxWords)
	p.readType()
	if len(p.Enum) == 0 {
		p.Enum = enumIn(p.Description)
	}
	p.Enum = p.Enum[:min(len(p.Enum), MaxEnum)]
	return true
}

var (
	oneType  = pattern(`^[\pL][\pL\pN_ /|<>\[\]().:-]*$`)
	enumType = pattern(`(?i)^(enum|string|array)\b[^:(]{0,20}[:(]\s*(.+?)\)?$`)
)

// maxType is how long a type may be, in characters. A bound in the pattern
// would repeat its classes of letters as often, for megabytes.
const maxType = 61

// readType tidies the type; one that lists its values, such as "a" | "b" or
// enum(a, b), becomes a string of these.
func (p *Param) readType() {
	t := strings.TrimSpace(strings.ReplaceAll(p.Type, "`", ""))
	if values := enumOf(t); len(values) > 1 && strings.ContainsAny(t, `"'|`) && !slices.ContainsFunc(values, isType) {
		p.Type = "string"
		p.Enum = orList(p.Enum, values)
		return
	}
	if m := enumType().FindStringSubmatch(t); m != nil {
		if values := enumOf(m[2]); len(values) > 1 {
			p.Enum = orList(p.Enum, values)
			t = strings.TrimRight(strings.SplitN(strings.SplitN(t, ":", 2)[0], "(", 2)[0], " ")
		}
	}
	if rest, optional := strings.CutSuffix(t, "?"); optional {
		t = rest
	}
	switch low := strings.ToLower(t); low {
	case "enum", "str", "text":
		t = "string"
	case "int", "int32", "int64", "long":
		t = "integer"
	case "bool":
		t = "boolean"
	case "float", "double", "decimal":
		t = "number"
	case "dict", "map", "json":
		t = "object"
	case "list":
		t = "array"
	}
	if utf8.RuneCountInString(t) > maxType || !oneType().MatchString(t) {
		if t != "" && t != "-" {
			p.Description = safetext.Clip(strings.TrimSpace("("+t+") "+p.Description), MaxWords)
		}
		t = ""
	}
	p.Type = t
}

func isType(word string) bool {
	switch strings.ToLower(word) {
	case "string", "integer", "number", "boolean", "object", "array", "null", "int", "float", "bool", "list", "any", "uuid", "date", "datetime":
		return true
	}
	return false
}

func orList(first, second []string) []string {
	if len(first) > 0 {
		return first
	}
	return second
}

func affirms(cell string) bool {
	switch word := Letters(cell); {
	case strings.ContainsAny(cell, "✓✔✅"):
		return true
	case word == "x", word == "y", word == "required", word == "always":
		return true
	case strings.HasPrefix(word, "yes"), strings.HasPrefix(word, "true"):
		return true
	}
	return false
}

// plainWord is a cell without the marks of code and emphasis.
func plainWord(cell string) string { return strings.Trim(strings.TrimSpace(cell), "`*") }

var enumWords = pattern(`(?i)\b(?:one of|(?:allowed|valid|possible|legal|accepted|permitted) values(?: are)?|values are|any of|enum)\b\s*(:?)\s*([^\n]+)`)

// enumIn finds the legal values that a description lists.
func enumIn(description string) []string {
	m := enumWords().FindStringSubmatch(description)
	if m == nil {
		return nil
	}
	list := m[2]
	for s := range sentences(list) {
		list = s
		break
	}
	values := enumOf(list)
	if len(values) < 2 && m[1] == "" {
		return nil // "one of the issues"
	}
	return values
}

// enumOf reads a list of values; nil if one of them is not a value.
func enumOf(list string) []string {
	list = strings.TrimRight(strings.TrimSpace(list), ".;")
	list = strings.Trim(list, "[](){} ")
	if list == "" || len(list) > 4*MaxWords {
		return nil
	}
	list = strings.NewReplacer(" | ", ",", "|", ",", " or ", ",", ", and ", ",", " and ", ",", " / ", ",").Replace(list)
	var values []string
	for v := range strings.SplitSeq(list, ",") {
		v = strings.TrimSpace(v)
		v = strings.TrimSpace(strings.TrimPrefix(v, "or "))
		if v == "" {
			continue
		}
		bare := strings.Trim(v, "`\"'")
		if bare == "" || len(bare) > maxName || bare == v && strings.ContainsAny(bare, " (){}:") {
			return nil
		}
		if !slices.Contains(values, bare) {
			values = append(values, bare)
		}
	}
	return values
}
