package tools

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"airbyte-agent-mcp/airbyteclient"
)

// This file reads the service's documentation. It is written for people, in
// blocks; what is regular in it is taken out, and the rest passed on as it is.

type section struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Summary string `json:"summary,omitempty"`
}

// outline is the documentation of a connector without its sections.
type outline struct {
	guidance string
	prefer   string
	warnings []string
	actions  []actionSection
	more     []section // what is neither introduction nor of one action
}

// actionSection is a section about one action of one entity.
type actionSection struct {
	id, entity string
	action     knownAction
}

const (
	maxOutline  = 2000     // sections that are looked at
	maxGuidance = 64 << 10 // bytes kept of an introduction or a section
	maxNotes    = 8 << 10  // bytes kept of what is said of one action besides its parameters
	maxWords    = 1000     // bytes kept of a description or summary
	maxName     = 100
)

func readOutline(docs *airbyteclient.SkillDocs) *outline {
	o := &outline{warnings: docs.Metadata.Warnings}
	blocks := plainBlocks(docs.Content)
	o.prefer = preferredAction(blocks)
	o.guidance = clip(markdown(withoutCatalog(blocks)), maxGuidance)
	for _, s := range docs.Outline[:min(len(docs.Outline), maxOutline)] {
		entity, action := sectionAction(s)
		switch {
		case s.ID == "" || len(s.ID) > 4*maxName:
		case action != "":
			o.actions = append(o.actions, actionSection{s.ID, entity, knownAction{
				Name: action, Summary: clip(s.Summary, maxWords), Unavailable: s.Available != nil && !*s.Available,
			}})
		case strings.EqualFold(s.ID, "overview") || s.Available != nil && !*s.Available:
		default:
			o.more = append(o.more, section{s.ID, clip(s.Title, maxName), clip(s.Summary, maxWords)})
		}
	}
	return o
}

// verbs are the actions that are met, for names that could be something else.
var verbs = []string{
	"list", "get", "api_search", "search", "context_store_search", "context_store_sql_query", "sql_select",
	"create", "update", "delete", "download",
}

// sectionAction tells which action of which entity a section is about: its ID
// is actions.ENTITY.ACTION or ENTITY.ACTION, or its title says "ENTITY ACTION".
func sectionAction(s airbyteclient.SkillSection) (entity, action string) {
	rest, certain := strings.CutPrefix(s.ID, "actions.")
	if dot := strings.LastIndexByte(rest, '.'); dot > 0 {
		entity, action = rest[:dot], rest[dot+1:]
		if isName(entity) && isName(action) && (certain || slices.Contains(verbs, action)) {
			return entity, action
		}
	}
	words := strings.Fields(strings.NewReplacer("`", "", ":", " ", ".", " ").Replace(s.Title))
	if len(words) == 2 && isName(words[0]) && slices.Contains(verbs, words[1]) {
		return words[0], words[1]
	}
	return "", ""
}

var namePattern = regexp.MustCompile(`^[\pL_$@][\pL\pN_.$@\[\]-]*$`)

// isName tells names of entities, actions and parameters from prose.
func isName(text string) bool { return len(text) <= maxName && namePattern.MatchString(text) }

var (
	advises = regexp.MustCompile(`(?i)\b(read(ing)? with|prefer(red|s)?|default|recommended|start with|use)\b`)
	// storeActions and liveActions are the reading ones; the live ones are
	// everyday words, and count only near advice or as code.
	storeActions = regexp.MustCompile(`\bcontext_store_[a-z_]+\b`)
	liveActions  = regexp.MustCompile(`\b(api_search|list|get)\b|` + storeActions.String())
	discourages  = regexp.MustCompile(`(?i)\b(not|never|avoid|instead of|rather than|without|unless|until|no)\W+(\w+\W+){0,2}$`)
)

// preferredAction is the reading action that an introduction names first where
// it gives advice; empty where it gives none.
func preferredAction(blocks []airbyteclient.SkillBlock) string {
	mentioned := ""
	for _, b := range blocks {
		if b.Type != "paragraph" && b.Type != "list" {
			continue
		}
		for sentence := range sentences(strings.Join(append([]string{b.Text}, b.Items...), "\n")) {
			if at := advises.FindStringIndex(sentence); at != nil {
				if action := firstAction(sentence, at[1], liveActions); action != "" {
					return action
				}
			}
			if mentioned == "" {
				mentioned = firstAction(sentence, 0, storeActions)
			}
		}
	}
	return mentioned
}

// firstAction is the first action from a place on that is not advised against.
func firstAction(sentence string, from int, actions *regexp.Regexp) string {
	for _, at := range actions.FindAllStringIndex(sentence, 20) {
		if at[0] >= from && !discourages.MatchString(sentence[max(0, at[0]-60):at[0]]) {
			return sentence[at[0]:at[1]]
		}
	}
	return ""
}

var sentenceEnd = regexp.MustCompile(`[.;!?](\s|$)|\n`)

func sentences(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for text != "" {
			end := sentenceEnd.FindStringIndex(text)
			if end == nil {
				yield(text)
				return
			}
			if !yield(text[:end[0]]) {
				return
			}
			text = text[end[1]:]
		}
	}
}

// withoutCatalog leaves out what the answer says in its own way: the title,
// and the table of entities and their actions.
func withoutCatalog(blocks []airbyteclient.SkillBlock) []airbyteclient.SkillBlock {
	return slices.DeleteFunc(slices.Clone(blocks), func(b airbyteclient.SkillBlock) bool {
		switch b.Type {
		case "table":
			return len(b.Headers) == 2 && headerOf(b.Headers[0]) == "entity" && headerOf(b.Headers[1]) == "actions"
		case "heading":
			return b.Level <= 2 && len(blocks) > 0 && b.Text == blocks[0].Text
		}
		return false
	})
}

// readAction takes the parameters of an action out of its section.
func readAction(a knownAction, content []airbyteclient.SkillBlock) knownAction {
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
			a.Summary = clip(b.Text, maxWords)
		case b.Type == "paragraph" && noParams.MatchString(b.Text) && len(b.Text) < 200:
			a.Known = true
		case b.Type == "table" && a.readTable(b, topic, needed):
		case b.Type == "list" && a.readList(b, topic, needed):
		case b.Type == "code" && a.Example == "" && isExample(b):
			a.Example = strings.TrimSpace(cmp.Or(b.Code, b.Text))
		default:
			rest = append(rest, b)
		}
	}
	a.Notes = clip(markdown(withoutEmptyHeadings(rest)), maxNotes)
	return a
}

var (
	noParams  = regexp.MustCompile(`(?i)\b(no|without( any)?) param(eter)?s\b|\bparam(eter)?s:? none\b`)
	ofParams  = regexp.MustCompile(`(?i)\b(param(eter)?s?|arguments?|args|inputs?|body|query|path|request)\b`)
	ofRecords = regexp.MustCompile(`(?i)\b(respon[sd]\w*|results?|returns?|returned|outputs?|records?|columns?|searchable|filterable|metadata|operators?|errors?|examples?)\b`)
	allNeeded = regexp.MustCompile(`(?i)\brequired\b`)
	noneNeed  = regexp.MustCompile(`(?i)\boptional\b`)
)

// topicOf follows the headings, and the lines that introduce a list or table.
func topicOf(b airbyteclient.SkillBlock, topic *string, needed *bool) bool {
	if b.Type != "heading" && (b.Type != "paragraph" || !strings.HasSuffix(strings.TrimSpace(b.Text), ":") || len(b.Text) > 200) {
		return false
	}
	*topic = b.Text
	*needed = allNeeded.MatchString(b.Text) && !noneNeed.MatchString(b.Text)
	return true
}

// withoutEmptyHeadings drops headings whose content was taken out.
func withoutEmptyHeadings(blocks []airbyteclient.SkillBlock) []airbyteclient.SkillBlock {
	introduces := func(b airbyteclient.SkillBlock) bool {
		return b.Type == "heading" || b.Type == "paragraph" && ofParams.MatchString(b.Text) && strings.HasSuffix(strings.TrimSpace(b.Text), ":")
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
	return len(code) <= maxNotes && strings.HasPrefix(code, "{") && json.Valid([]byte(code))
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
func (a *knownAction) readTable(b airbyteclient.SkillBlock, topic string, needed bool) bool {
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
	certain := has("required") || has("in") || ofParams.MatchString(topic)
	if !certain && (a.Known || ofRecords.MatchString(topic)) {
		return false // the fields of an answer look the same
	}
	var params []knownParam
	for _, cells := range b.Rows {
		p := knownParam{
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
var listed = regexp.MustCompile(`(?s)^([*_` + "`" + `]*[\pL_$@][\pL\pN_.$@\[\]-]*[*_` + "`" + `]*)\s*(?:\(([^()]{0,200})\))?\s*(?::|—|–|-|$)\s*(.*)$`)

// readList takes parameters from a list of which every item is one.
func (a *knownAction) readList(b airbyteclient.SkillBlock, topic string, needed bool) bool {
	certain := ofParams.MatchString(topic)
	if len(b.Items) == 0 || !certain && (a.Known || ofRecords.MatchString(topic)) {
		return false
	}
	var params []knownParam
	for _, item := range b.Items {
		m := listed.FindStringSubmatch(strings.TrimSpace(item))
		if m == nil || !certain && m[2] == "" {
			return false
		}
		p := knownParam{Required: needed, Description: m[3]}
		var kinds []string
		for part := range strings.SplitSeq(m[2], ",") {
			switch part = strings.TrimSpace(part); letters(part) {
			case "required", "mandatory":
				p.Required = true
			case "optional", "":
				p.Required = false
			case "path", "query", "body", "header", "inpath", "inquery", "inbody", "inheader":
				p.In = strings.TrimPrefix(letters(part), "in")
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

// letters is a word in small letters, without anything but letters.
func letters(word string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, word)
}

// take adds parameters; where one came before, the first stays.
func (a *knownAction) take(params []knownParam) {
	a.Known = true
	for _, p := range params {
		if a.param(p.Name) == nil && len(a.Params) < maxParams {
			a.Params = append(a.Params, p)
		}
	}
}

// named gives a parameter its name as it is written, such as **name***, and
// tidies the rest. It reports whether the name is one.
func (p *knownParam) named(written string) bool {
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
	if !isName(bare) {
		return false
	}
	p.Name = bare
	p.Description = clip(strings.TrimSpace(p.Description), maxWords)
	p.readType()
	if len(p.Enum) == 0 {
		p.Enum = enumIn(p.Description)
	}
	p.Enum = p.Enum[:min(len(p.Enum), maxEnum)]
	return true
}

var (
	oneType  = regexp.MustCompile(`^[\pL][\pL\pN_ /|<>\[\]().:-]{0,60}$`)
	enumType = regexp.MustCompile(`(?i)^(enum|string|array)\b[^:(]{0,20}[:(]\s*(.+?)\)?$`)
)

// readType tidies the type; one that lists its values, such as "a" | "b" or
// enum(a, b), becomes a string of these.
func (p *knownParam) readType() {
	t := strings.TrimSpace(strings.ReplaceAll(p.Type, "`", ""))
	if values := enumOf(t); len(values) > 1 && strings.ContainsAny(t, `"'|`) && !slices.ContainsFunc(values, isType) {
		p.Type = "string"
		p.Enum = orList(p.Enum, values)
		return
	}
	if m := enumType.FindStringSubmatch(t); m != nil {
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
	if !oneType.MatchString(t) {
		if t != "" && t != "-" {
			p.Description = clip(strings.TrimSpace("("+t+") "+p.Description), maxWords)
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
	switch word := letters(cell); {
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

var enumWords = regexp.MustCompile(`(?i)\b(?:one of|(?:allowed|valid|possible|legal|accepted|permitted) values(?: are)?|values are|any of|enum)\b\s*(:?)\s*([^\n]+)`)

// enumIn finds the legal values that a description lists.
func enumIn(description string) []string {
	m := enumWords.FindStringSubmatch(description)
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
	if list == "" || len(list) > 4*maxWords {
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

// plainBlocks bounds the blocks, and takes apart the tables, lists and code
// that stand as Markdown in a paragraph.
func plainBlocks(blocks []airbyteclient.SkillBlock) []airbyteclient.SkillBlock {
	const most = 500
	var plain []airbyteclient.SkillBlock
	for _, b := range blocks[:min(len(blocks), most)] {
		if b.Type == "paragraph" && strings.Contains(b.Text, "\n") {
			plain = append(plain, fromMarkdown(b.Text)...)
			continue
		}
		plain = append(plain, b)
	}
	return plain
}

var ruler = regexp.MustCompile(`^\|?[\s:|-]+$`)

// fromMarkdown takes text apart into blocks, line by line.
func fromMarkdown(text string) []airbyteclient.SkillBlock {
	var blocks []airbyteclient.SkillBlock
	last := func(kind string) *airbyteclient.SkillBlock {
		if n := len(blocks); n > 0 && blocks[n-1].Type == kind {
			return &blocks[n-1]
		}
		return nil
	}
	gap, inCode := true, false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		bare := strings.TrimSpace(line)
		switch {
		case inCode && strings.HasPrefix(bare, "```"):
			inCode, gap = false, true
		case inCode:
			b := &blocks[len(blocks)-1]
			b.Code += line + "\n"
		case strings.HasPrefix(bare, "```"):
			blocks = append(blocks, airbyteclient.SkillBlock{Type: "code", Language: strings.Trim(bare, "`")})
			inCode = true
		case bare == "":
			gap = true
		case strings.HasPrefix(bare, "#"):
			title := strings.TrimLeft(bare, "#")
			blocks = append(blocks, airbyteclient.SkillBlock{Type: "heading", Level: len(bare) - len(title), Text: strings.TrimSpace(title)})
			gap = true
		case strings.HasPrefix(bare, "|"):
			cells := tableCells(bare)
			if b := last("table"); b != nil && !gap {
				if !ruler.MatchString(bare) {
					b.Rows = append(b.Rows, cells)
				}
			} else {
				blocks = append(blocks, airbyteclient.SkillBlock{Type: "table", Headers: cells})
			}
			gap = false
		case strings.HasPrefix(bare, "- "), strings.HasPrefix(bare, "* "):
			if b := last("list"); b != nil {
				b.Items = append(b.Items, strings.TrimSpace(bare[2:]))
			} else {
				blocks = append(blocks, airbyteclient.SkillBlock{Type: "list", Items: []string{strings.TrimSpace(bare[2:])}})
			}
			gap = false
		default:
			if b := last("list"); b != nil && !gap {
				b.Items[len(b.Items)-1] += " " + bare
			} else if b := last("paragraph"); b != nil && !gap {
				b.Text += "\n" + bare
			} else {
				blocks = append(blocks, airbyteclient.SkillBlock{Type: "paragraph", Text: bare})
			}
			gap = false
		}
	}
	return blocks
}

// tableCells cuts a row at the bars that are not escaped.
func tableCells(row string) []string {
	row = strings.TrimSuffix(strings.TrimPrefix(row, "|"), "|")
	row = strings.ReplaceAll(row, `\|`, "\x00")
	var cells []string
	for cell := range strings.SplitSeq(row, "|") {
		cells = append(cells, strings.TrimSpace(strings.ReplaceAll(cell, "\x00", "|")))
	}
	return cells
}

// markdown renders blocks of documentation; a block of an unknown kind stays
// as it came.
func markdown(blocks []airbyteclient.SkillBlock) string {
	var b strings.Builder
	for _, block := range blocks {
		if b.Len() > 0 {
			b.WriteString("\n\n")
		}
		switch block.Type {
		case "heading":
			b.WriteString(strings.Repeat("#", max(1, min(block.Level, 6))) + " " + block.Text)
		case "paragraph":
			b.WriteString(block.Text)
		case "list":
			b.WriteString("- " + strings.Join(block.Items, "\n- "))
		case "code":
			fmt.Fprintf(&b, "```%s\n%s\n```", block.Language, strings.TrimRight(cmp.Or(block.Code, block.Text), "\n"))
		case "table":
			b.WriteString(row(block.Headers) + "\n|" + strings.Repeat("---|", len(block.Headers)))
			for _, cells := range block.Rows {
				b.WriteString("\n" + row(cells))
			}
		default:
			b.Write(block.Raw)
		}
	}
	return b.String()
}

func row(cells []string) string {
	var b strings.Builder
	b.WriteString("|")
	for _, cell := range cells {
		b.WriteString(" " + strings.NewReplacer("|", `\|`, "\n", " ").Replace(cell) + " |")
	}
	return b.String()
}

// clip shortens text to so many bytes, at a character.
func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	end := most
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
