package description

import (
	"fmt"
	"strings"
	"testing"

	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/tools/account/accounttest"
	"airbyte-agent-mcp/tools/knowledge"
)

// large is knowledge of a connector with very much of everything.
func large(entities, actions, params int) *knowledge.Connector {
	k := &knowledge.Connector{ConnectorID: "c0000001-0000-4000-8000-000000000001", Name: "Large", WorkspaceID: "w", LearnedAt: accounttest.StoryTime, Guidance: strings.Repeat("Mind this well.\n\n", 2000)}
	for i := range entities {
		for j := range actions {
			a := knowledge.Action{Name: fmt.Sprintf("action_%d", j), Known: true, Summary: "Does it.", Notes: strings.Repeat("Note. ", 500)}
			for p := range params {
				a.Params = append(a.Params, knowledge.Param{Name: fmt.Sprintf("param_%d_%d", i, p), Type: "integer", Required: p == 0, Description: strings.Repeat("Words. ", 100)})
			}
			k.Add(fmt.Sprintf("entity_number_%d", i), a)
		}
	}
	return k
}

func TestLargeConnectorsAreShortened(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		entities, actions, params int
		want                      string
	}{
		{10, 3, 3, "The guidance is cut"},
		{30, 5, 9, "only counted"},
		{100, 5, 9, "Parameters are left out"},
		{400, 5, 20, "Further entities"},
	} {
		d := description{Connector: large(row.entities, row.actions, row.params), now: accounttest.StoryTime}
		out, err := d.whole()
		if err != nil {
			t.Fatal(err)
		}
		encoded, err := rawjson.Marshal(out)
		if err != nil {
			t.Fatal(err)
		}
		if len(encoded) > describedBytes || !strings.Contains(strings.Join(out.Signatures, " "), row.want) {
			t.Errorf("%d entities: %d bytes, %q; want %q", row.entities, len(encoded), out.Signatures, row.want)
		}
		if out.Entities[0].Entity != "entity_number_0" {
			t.Errorf("%d entities: the first is gone", row.entities)
		}
		part, err := d.part("entity_number_1", "")
		if err != nil {
			t.Fatal(err)
		}
		if encoded, err = rawjson.Marshal(part); err != nil || len(encoded) > detailBytes {
			t.Errorf("one of %d entities: %d bytes, %v", row.entities, len(encoded), err)
		}
	}
}

// What entities are is told shorter before any of their parameters are left out.
func TestFieldsAndAboutsAreShortenedFirst(t *testing.T) {
	t.Parallel()
	for fields, want := range map[int]string{10: "path_number_7 and 2 more", 40: ""} {
		k := large(12, 2, 3)
		k.Guidance = ""
		for i := range k.Entities {
			k.Entities[i].About = strings.Repeat("Things that are kept. ", fields/5)
			a := knowledge.Action{Name: knowledge.StoreSearch, Known: true}
			for j := range fields {
				a.Fields = append(a.Fields, knowledge.Field{Path: fmt.Sprintf("%spath_number_%d", strings.Repeat("long.", fields*fields/40), j), Type: "string"})
			}
			k.Add(k.Entities[i].Name, a)
		}
		d := description{Connector: k, now: accounttest.StoryTime}
		out, err := d.whole()
		if err != nil {
			t.Fatal(err)
		}
		first := out.Entities[0]
		if !strings.HasSuffix(first.Fields, want) || (want == "") != (first.Fields == "") || !strings.HasPrefix(first.About, "Things") {
			t.Errorf("%d fields: %q, %q", fields, first.Fields, first.About)
		}
		if shown := strings.Join(append(out.Signatures, first.Actions...), " "); !strings.Contains(shown, "param_0_1: integer") {
			t.Errorf("%d fields: the parameters are shortened: %s", fields, shown)
		}
		part, err := d.part("entity_number_3", "")
		if err != nil {
			t.Fatal(err)
		}
		if e := part.Entities[0]; e.About != strings.TrimSpace(k.Entities[3].About) && e.About != k.Entities[3].About || strings.Count(e.Fields, "path_number") != fields {
			t.Errorf("narrowed: %q, %q", e.About, e.Fields)
		}
	}
}

func TestFurtherSectionsArePassedOn(t *testing.T) {
	t.Parallel()
	w := accounttest.New(t, sandbox.Options{})
	d := description{Connector: &knowledge.Connector{Name: "GitHub", SkillID: "agent:mcp", More: []knowledge.Section{{ID: "order"}, {ID: "safety"}}}, now: accounttest.StoryTime}
	out, err := d.section(t.Context(), w.Api, "order")
	if want := "List connectors, inspect, outline, one section, execute."; err != nil || out.Guidance != want {
		t.Errorf("guidance is %q (%v), want %q", out.Guidance, err, want)
	}
	_, err = d.section(t.Context(), w.Api, "savety")
	if want := `The documentation of GitHub has no further section "savety"; did you mean "safety"? It has order, safety.`; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
