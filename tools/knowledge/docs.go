package knowledge

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas/safetext"
)

// This file reads the service's documentation. It is written for people, in
// blocks; what is regular in it is taken out, and the rest passed on as it is.

type Section struct {
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
	abouts   map[string]string // what the records of an entity are
	more     []Section         // what is neither introduction nor of one action
}

// actionSection is a section about one action of one entity.
type actionSection struct {
	id, entity string
	action     Action
}

const (
	maxOutline  = 2000     // sections that are looked at
	MaxGuidance = 64 << 10 // bytes kept of an introduction or a section
	MaxNotes    = 8 << 10  // bytes kept of what is said of one action besides its parameters
	MaxWords    = 1000     // bytes kept of a description or summary
	maxName     = 100
)

func readOutline(docs *airbyteclient.SkillDocs) *outline {
	blocks := plainBlocks(docs.Content)
	o := &outline{warnings: docs.Metadata.Warnings, abouts: entityAbouts(blocks)}
	o.prefer = preferredAction(blocks)
	o.guidance = safetext.Clip(Markdown(withoutCatalog(blocks)), MaxGuidance)
	for _, s := range docs.Outline[:min(len(docs.Outline), maxOutline)] {
		entity, action := SectionAction(s)
		switch {
		case s.ID == "" || len(s.ID) > 4*maxName:
		case action != "":
			o.actions = append(o.actions, actionSection{s.ID, entity, Action{
				Name: action, Summary: safetext.Clip(s.Summary, MaxWords), Unavailable: s.Available != nil && !*s.Available,
			}})
		case strings.EqualFold(s.ID, "overview") || s.Available != nil && !*s.Available:
		default:
			o.more = append(o.more, Section{s.ID, safetext.Clip(s.Title, maxName), safetext.Clip(s.Summary, MaxWords)})
		}
	}
	return o
}

// verbs are the actions that are met, for names that could be something else.
var verbs = []string{
	"list", "get", "api_search", "search", "context_store_search", "context_store_sql_query", "sql_select",
	"create", "update", "delete", "download",
}

// SectionAction tells which action of which entity a section is about: its ID
// is actions.ENTITY.ACTION or ENTITY.ACTION, or its title says "ENTITY ACTION".
func SectionAction(s airbyteclient.SkillSection) (entity, action string) {
	rest, certain := strings.CutPrefix(s.ID, "actions.")
	if dot := strings.LastIndexByte(rest, '.'); dot > 0 {
		entity, action = rest[:dot], rest[dot+1:]
		if IsName(entity) && IsName(action) && (certain || slices.Contains(verbs, action)) {
			return entity, action
		}
	}
	words := strings.Fields(strings.NewReplacer("`", "", ":", " ", ".", " ").Replace(s.Title))
	if len(words) == 2 && IsName(words[0]) && slices.Contains(verbs, words[1]) {
		return words[0], words[1]
	}
	return "", ""
}

// pattern returns a regular expression that is compiled when it is first used:
// a server need not wait for them to start.
func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

var namePattern = pattern(`^[\pL_$@][\pL\pN_.$@\[\]-]*$`)

// IsName tells names of entities, actions and parameters from prose.
func IsName(text string) bool { return len(text) <= maxName && namePattern().MatchString(text) }

// inStore matches the actions that read the Context Store.
const inStore = `\bcontext_store_[a-z_]+\b`

var (
	advises = pattern(`(?i)\b(read(ing)? with|prefer(red|s)?|default|recommended|start with|use)\b`)
	// storeActions and liveActions are the reading ones; the live ones are
	// everyday words, and count only near advice or as code.
	storeActions = pattern(inStore)
	liveActions  = pattern(`\b(api_search|list|get)\b|` + inStore)
	discourages  = pattern(`(?i)\b(not|never|avoid|instead of|rather than|without|unless|until|no)\W+(\w+\W+){0,2}$`)
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
			if at := advises().FindStringIndex(sentence); at != nil {
				if action := firstAction(sentence, at[1], liveActions()); action != "" {
					return action
				}
			}
			if mentioned == "" {
				mentioned = firstAction(sentence, 0, storeActions())
			}
		}
	}
	return mentioned
}

// firstAction is the first action from a place on that is not advised against.
func firstAction(sentence string, from int, actions *regexp.Regexp) string {
	for _, at := range actions.FindAllStringIndex(sentence, 20) {
		if at[0] >= from && !discourages().MatchString(sentence[max(0, at[0]-60):at[0]]) {
			return sentence[at[0]:at[1]]
		}
	}
	return ""
}

var sentenceEnd = pattern(`[.;!?](\s|$)|\n`)

func sentences(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for text != "" {
			end := sentenceEnd().FindStringIndex(text)
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
			return entityTable(b) != nil
		case "heading":
			return b.Level <= 2 && len(blocks) > 0 && b.Text == blocks[0].Text
		}
		return false
	})
}

// entityTable tells in which columns a table of entities has what; nil where a
// table is about something else, or has a column that is not understood.
func entityTable(b airbyteclient.SkillBlock) map[string]int {
	columns := map[string]int{}
	for i, h := range b.Headers {
		columns[headerOf(h)] = i
	}
	for name := range columns {
		if name != "entity" && name != "actions" && name != "description" {
			return nil
		}
	}
	if _, ok := columns["entity"]; !ok || len(columns) < 2 || len(columns) != len(b.Headers) {
		return nil
	}
	return columns
}

// entityAbouts takes from such tables what the records of entities are.
func entityAbouts(blocks []airbyteclient.SkillBlock) map[string]string {
	abouts := map[string]string{}
	for _, b := range blocks {
		columns := entityTable(b)
		at, ok := columns["description"]
		if b.Type != "table" || !ok {
			continue
		}
		for _, cells := range b.Rows[:min(len(b.Rows), maxEntities)] {
			if len(cells) == len(b.Headers) && IsName(plainWord(cells[columns["entity"]])) {
				abouts[plainWord(cells[columns["entity"]])] = strings.TrimSpace(cells[at])
			}
		}
	}
	return abouts
}

// plainBlocks bounds the blocks, and takes apart the tables, lists and code
// that stand as Markdown in a paragraph of reasonable length.
func plainBlocks(blocks []airbyteclient.SkillBlock) []airbyteclient.SkillBlock {
	const most = 500
	var plain []airbyteclient.SkillBlock
	for _, b := range blocks[:min(len(blocks), most)] {
		if b.Type == "paragraph" && strings.Contains(b.Text, "\n") && len(b.Text) <= MaxGuidance {
			plain = append(plain, fromMarkdown(b.Text)...)
			continue
		}
		plain = append(plain, b)
	}
	return plain
}

var ruler = pattern(`^\|?[\s:|-]+$`)

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
				if !ruler().MatchString(bare) {
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

// Markdown renders blocks of documentation; a block of an unknown kind stays
// as it came.
func Markdown(blocks []airbyteclient.SkillBlock) string {
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
