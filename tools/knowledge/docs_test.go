package knowledge

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"airbyte-agent-mcp/airbyteclient"
)

type blocks = []airbyteclient.SkillBlock

func TestParametersAreTakenFromWhatIsRegular(t *testing.T) {
	t.Parallel()
	paragraph := func(text string) airbyteclient.SkillBlock {
		return airbyteclient.SkillBlock{Type: "paragraph", Text: text}
	}
	for _, row := range []struct {
		name   string
		blocks blocks
		want   []Param
		known  bool
		notes  string
	}{
		{
			"a table, its columns in another order and letter case",
			blocks{{Type: "table", Headers: []string{"REQUIRED", "Name", "Description", "Data type", "Where"}, Rows: [][]string{
				{"Yes", "`owner`", "Account.", "str", "path"},
				{"no", "states", "One of: `OPEN`, `CLOSED`.", "array", "query"},
			}}},
			[]Param{
				{Name: "owner", Type: "string", In: "path", Required: true, Description: "Account."},
				{Name: "states", Type: "array", In: "query", Enum: []string{"OPEN", "CLOSED"}, Description: "One of: `OPEN`, `CLOSED`."},
			}, true, "",
		},
		{
			"a column of legal values, one of defaults",
			blocks{{Type: "table", Headers: []string{"Field", "Allowed values", "Default", "Required"}, Rows: [][]string{{"**state***", "open | closed", "open", ""}}}},
			[]Param{{Name: "state", Required: false, Enum: []string{"open", "closed"}, Description: "Default: open."}}, true, "",
		},
		{
			"a type that lists its values",
			blocks{{Type: "table", Headers: []string{"Param", "Type", "In"}, Rows: [][]string{{"sort*", `"asc" | "desc"`, ""}, {"kind", "enum (a, b)", ""}, {"n", "integer (1-250)", ""}}}},
			[]Param{
				{Name: "sort", Type: "string", Required: true, Enum: []string{"asc", "desc"}},
				{Name: "kind", Type: "string", Enum: []string{"a", "b"}},
				{Name: "n", Type: "integer (1-250)"},
			}, true, "",
		},
		{
			"a list",
			blocks{{Type: "list", Items: []string{"`after` (string, optional): Next page.", "**id** (integer, required, path) - The record."}}},
			[]Param{
				{Name: "after", Type: "string", Description: "Next page."},
				{Name: "id", Type: "integer", In: "path", Required: true, Description: "The record."},
			}, true, "",
		},
		{
			"two lists that say beforehand what is required",
			blocks{
				{Type: "heading", Text: "issues list"},
				paragraph("Required parameters:"), {Type: "list", Items: []string{"`owner`: Account."}},
				paragraph("Optional parameters:"), {Type: "list", Items: []string{"page"}},
			},
			[]Param{{Name: "owner", Required: true, Description: "Account."}, {Name: "page"}}, true, "",
		},
		{
			"Markdown in one paragraph",
			blocks{paragraph("Lists them.\n\n| Parameter | Type | Required |\n|---|:--|--|\n| a\\|b | string | no |\n| q | string | ✓ |\n\nMind the rate limit.")},
			nil, false, "| Parameter | Type | Required |\n|---|---|---|\n| a\\|b | string | no |\n| q | string | ✓ |\n\nMind the rate limit.",
		},
		{
			"Markdown in one paragraph that is understood",
			blocks{paragraph("Lists them.\n\n| Parameter | Type | Required |\n|---|:--|--|\n| q | string | ✓ |\nMind the rate limit.")},
			[]Param{{Name: "q", Type: "string", Required: true}}, true, "Mind the rate limit.",
		},
		{
			"no parameters",
			blocks{paragraph("Reads it."), paragraph("This action takes no parameters.")},
			nil, true, "",
		},
		{
			"the fields of an answer are not parameters",
			blocks{
				{Type: "table", Headers: []string{"Parameter", "Type", "Required"}, Rows: [][]string{{"id", "string", "yes"}}},
				{Type: "heading", Text: "Response"},
				{Type: "table", Headers: []string{"Field", "Type", "Description"}, Rows: [][]string{{"name", "string", "Its name."}}},
			},
			[]Param{{Name: "id", Type: "string", Required: true}}, true,
			"# Response\n\n| Field | Type | Description |\n|---|---|---|\n| name | string | Its name. |",
		},
		{
			"prose alone is passed on",
			blocks{paragraph("Lists."), paragraph("Send one of the issues. Takes what the API takes.")},
			nil, false, "Send one of the issues. Takes what the API takes.",
		},
		{
			"a block of a later version is passed on",
			blocks{paragraph("Lists."), {Type: "callout", Raw: []byte(`{"type":"callout"}`)}},
			nil, false, `{"type":"callout"}`,
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got := readAction(Action{Name: "list"}, row.blocks)
			if diff := cmp.Diff(row.want, got.Params); diff != "" {
				t.Errorf("params (-want +got):\n%s", diff)
			}
			if got.Known != row.known {
				t.Errorf("known is %t, want %t", got.Known, row.known)
			}
			if diff := cmp.Diff(row.notes, got.Notes); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFieldsOfRecordsAreTakenFromWhatIsHeadedSo(t *testing.T) {
	t.Parallel()
	heading := func(text string) airbyteclient.SkillBlock {
		return airbyteclient.SkillBlock{Type: "heading", Level: 3, Text: text}
	}
	params := airbyteclient.SkillBlock{Type: "table", Headers: []string{"Parameter", "Type", "Required"}, Rows: [][]string{{"limit", "integer", "no"}}}
	table := airbyteclient.SkillBlock{Type: "table", Headers: []string{"Field", "Type"}, Rows: [][]string{{"id", "string"}, {"`properties.amount`", "int"}}}
	want := []Field{{"id", "string"}, {"properties.amount", "integer"}}
	for _, row := range []struct {
		name   string
		blocks blocks
		want   []Field
	}{
		{"a table", blocks{params, heading("Searchable fields"), table}, want},
		{"a table before the parameters", blocks{heading("Record fields"), table, heading("Parameters"), params}, want},
		{"a list", blocks{params, heading("Fields of the records returned"), {Type: "list", Items: []string{"`id` (string): The record.", "`properties.amount` (integer)"}}}, want},
		{"fields to send are parameters", blocks{heading("Request body fields"), table}, nil},
		{"prose is no field", blocks{params, heading("Searchable fields"), {Type: "list", Items: []string{"Everything that has a name."}}}, nil},
	} {
		got := readAction(Action{Name: "list"}, row.blocks)
		if diff := cmp.Diff(row.want, got.Fields); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.name, diff)
		}
		if strings.Contains(got.Notes, "fields") && row.want != nil {
			t.Errorf("%s: a heading is left: %s", row.name, got.Notes)
		}
	}
}

func TestTheTableOfEntitiesSaysWhatTheyAre(t *testing.T) {
	t.Parallel()
	for name, headers := range map[string][]string{"ours": {"Entity", "Description", "Actions"}, "another": {"Resource", "About", "Operations"}} {
		got := readOutline(&airbyteclient.SkillDocs{Content: blocks{
			{Type: "paragraph", Text: "Read with list."},
			{Type: "table", Headers: headers, Rows: [][]string{{"`deals`", "Sales opportunities.", "list, get"}, {"broken"}}},
		}})
		if diff := cmp.Diff(map[string]string{"deals": "Sales opportunities."}, got.abouts); diff != "" || strings.Contains(got.guidance, "Sales") {
			t.Errorf("%s: %s, guidance %q", name, diff, got.guidance)
		}
	}
	plans := readOutline(&airbyteclient.SkillDocs{Content: blocks{{Type: "table", Headers: []string{"Entity", "Description", "Limit per day"}, Rows: [][]string{{"deals", "x", "7"}}}}})
	if len(plans.abouts) > 0 || !strings.Contains(plans.guidance, "Limit per day") {
		t.Errorf("a table with more in it is not passed on: %v, %q", plans.abouts, plans.guidance)
	}
}

func TestLegalValues(t *testing.T) {
	t.Parallel()
	for description, want := range map[string]string{
		"State. One of: open, closed.":            "open closed",
		"One of 0, 1 or 2":                        "0 1 2",
		"Must be one of `a`, `b`, or `c`; else d": "a b c",
		`Allowed values: "x y", "z"`:              "x y z",
		"Possible values are asc | desc.":         "asc desc",
		"enum: v1.0, v1.1. Since May.":            "v1.0 v1.1",
		"One of the issues.":                      "",
		"One of the labels, or none":              "",
		"Lists one of many.":                      "",
		"":                                        "",
	} {
		if got := strings.Join(enumIn(description), " "); got != want {
			t.Errorf("%q: %q, want %q", description, got, want)
		}
	}
}

func TestPreferredAction(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Read with context_store_search unless you need the newest state; then use list.": "context_store_search",
		"The Context Store is still loading. Read with list and get until it is ready.":   "list",
		"The default Context Store read action is `context_store_sql_query`.":             "context_store_sql_query",
		"Do not use context_store_search; use api_search.":                                "api_search",
		"Never read with list. Prefer context_store_sql_query over context_store_search.": "context_store_sql_query",
		"Offers the list of entities below, and context_store_search. Get in touch.":      "context_store_search",
		"A list of what there is.": "",
	} {
		if got := preferredAction(blocks{{Type: "paragraph", Text: text}}); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestSectionsOfActions(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ id, title, want string }{
		{"actions.issues.list", "", "issues/list"},
		{"actions.calls.audio.download", "", "calls.audio/download"},
		{"actions.invoice_sends.dispatch", "", "invoice_sends/dispatch"},
		{"issues.list", "", "issues/list"},
		{"guides.filters", "Filters", "/"},
		{"s-12", "issues list", "issues/list"},
		{"s-13", "`issues`: create", "issues/create"},
		{"overview", "Overview", "/"},
		{"actions.issues", "All of issues", "/"},
	} {
		entity, action := SectionAction(airbyteclient.SkillSection{ID: row.id, Title: row.title})
		if got := entity + "/" + action; got != row.want {
			t.Errorf("%s %q: %s, want %s", row.id, row.title, got, row.want)
		}
	}
}

// Documentation is strangers' text: whatever it is, what is made of it is
// bounded, and a name is a name.
func FuzzDocumentation(f *testing.F) {
	f.Add("paragraph", "| Parameter | Type | Required |\n|--|--|--|\n| a | string | yes |\n\n- `b` (integer, optional): one of: 1, 2.\n```json\n{}\n```", "Name", "`id`*")
	f.Add("table", "One of: a, b, c.", "Field", "enum(a | b)")
	f.Add("list", "`after` (string, optional): Next page.", "In", "query")
	f.Add("code", `{"action":"list"}`, "Required", "✓")
	f.Add("heading", "Required parameters:", "Enum", "[]")
	f.Fuzz(func(t *testing.T, kind, prose, header, cell string) {
		content := blocks{
			{Type: "paragraph", Text: prose},
			{Type: kind, Text: prose, Items: []string{prose, cell}, Code: prose, Headers: []string{"Parameter", header, prose}, Rows: [][]string{{cell, prose, cell}, {prose}, nil}},
			{Type: "list", Items: strings.Split(prose, "\n")},
		}
		a := readAction(Action{Name: "list"}, content)
		if len(a.Params) > maxParams || len(a.Notes) > MaxNotes+8 || len(a.Summary) > MaxWords+8 || len(a.Example) > MaxNotes {
			t.Errorf("not bounded: %d params, %d bytes of notes", len(a.Params), len(a.Notes))
		}
		for _, p := range a.Params {
			if !IsName(p.Name) || len(p.Description) > MaxWords+8 || len(p.Enum) > MaxEnum || len(p.Type) > maxName {
				t.Errorf("not a parameter: %+v", p)
			}
		}
		o := readOutline(&airbyteclient.SkillDocs{Content: content, Outline: []airbyteclient.SkillSection{{ID: prose, Title: cell, Summary: prose}, {ID: "actions." + header + "." + cell}}})
		for _, s := range o.actions {
			if !IsName(s.entity) || !IsName(s.action.Name) {
				t.Errorf("not an action: %+v", s)
			}
		}
		if utf8.ValidString(prose) && utf8.ValidString(cell) && utf8.ValidString(header) && !utf8.ValidString(o.guidance+a.Notes+a.Summary) {
			t.Error("a character was cut")
		}
		var k Connector
		k.readDescribed([]byte(prose))
	})
}
