package tools

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"airbyte-agent-mcp/airbyteclient/sandbox"
)

// Every connector is described within 2,500 tokens, and nothing it has is
// left unnamed.
func TestDescriptionIsShortAndWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	for _, c := range w.connectorsOf(t) {
		raw, err := w.call(t, "describe_connector", []byte(`{"connector_id": "`+c.ID+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		if len(raw) > describedBytes {
			t.Errorf("%s: %d bytes, want at most %d", c.Name, len(raw), describedBytes)
		}
		var got describeConnectorOut
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatal(err)
		}
		k, err := learn(t.Context(), w.api, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range k.Entities {
			if got.Entities[i].Entity != e.Name || len(got.Entities[i].Actions) != len(e.Actions) {
				t.Errorf("%s: %s is told as %+v", c.Name, e.Name, got.Entities[i])
				continue
			}
			for j, a := range e.Actions {
				if !strings.HasPrefix(got.Entities[i].Actions[j], a.Name) {
					t.Errorf("%s: %s %s is told as %s", c.Name, e.Name, a.Name, got.Entities[i].Actions[j])
				}
			}
		}
		if len(got.Examples) != 2 {
			t.Errorf("%s: %d examples, want 2", c.Name, len(got.Examples))
		}
	}
}

func TestExamplesCanBeSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	for _, c := range w.connectorsOf(t) {
		k, err := learn(t.Context(), w.api, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		reading := k.exampleCalls(true)[0]
		arguments, err := encode(reading.Arguments)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(arguments), "<") {
			continue // it wants a value that cannot be known
		}
		if _, err := w.call(t, reading.Tool, arguments); err != nil {
			t.Errorf("%s: %s: %v", c.Name, arguments, err)
		}
	}
}

func TestReadOnlyServersShowNoWrite(t *testing.T) {
	t.Parallel()
	w := newAPIWorld(t, sandbox.Options{})
	k, err := learn(t.Context(), w.api, w.connectorsOf(t)[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, call := range k.exampleCalls(false) {
		if call.Tool != "read_records" {
			t.Errorf("an example is %+v", call)
		}
	}
	list, err := Choose(Catalog(), Choice{Tools: []string{"describe_connector"}, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, tool := range list {
		if tool.Effect != Read {
			t.Errorf("the tool of read-only servers is %s: %s", tool.Name, tool.Effect)
		}
	}
}

// large is knowledge of a connector with very much of everything.
func large(entities, actions, params int) *knowledge {
	k := &knowledge{ConnectorID: "c0000001-0000-4000-8000-000000000001", Name: "Large", WorkspaceID: "w", LearnedAt: storyTime, Guidance: strings.Repeat("Mind this well.\n\n", 2000)}
	for i := range entities {
		for j := range actions {
			a := knownAction{Name: fmt.Sprintf("action_%d", j), Known: true, Summary: "Does it.", Notes: strings.Repeat("Note. ", 500)}
			for p := range params {
				a.Params = append(a.Params, knownParam{Name: fmt.Sprintf("param_%d_%d", i, p), Type: "integer", Required: p == 0, Description: strings.Repeat("Words. ", 100)})
			}
			k.add(fmt.Sprintf("entity_number_%d", i), a)
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
		d := description{knowledge: large(row.entities, row.actions, row.params), now: storyTime}
		out, err := d.whole()
		if err != nil {
			t.Fatal(err)
		}
		encoded, err := encode(out)
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
		if encoded, err = encode(part); err != nil || len(encoded) > detailBytes {
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
			a := knownAction{Name: storeSearch, Known: true}
			for j := range fields {
				a.Fields = append(a.Fields, knownField{fmt.Sprintf("%spath_number_%d", strings.Repeat("long.", fields*fields/40), j), "string"})
			}
			k.add(k.Entities[i].Name, a)
		}
		d := description{knowledge: k, now: storyTime}
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
	w := newAPIWorld(t, sandbox.Options{})
	d := description{knowledge: &knowledge{Name: "GitHub", SkillID: "agent:mcp", More: []section{{ID: "order"}, {ID: "safety"}}}, now: storyTime}
	out, err := d.section(t.Context(), w.api, "order")
	if want := "List connectors, inspect, outline, one section, execute."; err != nil || out.Guidance != want {
		t.Errorf("guidance is %q (%v), want %q", out.Guidance, err, want)
	}
	_, err = d.section(t.Context(), w.api, "savety")
	if want := `The documentation of GitHub has no further section "savety"; did you mean "safety"? It has order, safety.`; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestPartsThatAreNotThereAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	for args, want := range map[string]string{
		`{"connector_id": "linear", "action": "list"}`:                        "action needs entity beside it.",
		`{"connector_id": "linear", "section": "filters"}`:                    `The documentation of Linear has no further section "filters". Call again without section`,
		`{"connector_id": "linear", "section": "actions.issues.destroy"}`:     `There is no action "destroy" for issues of Linear. There are list, get`,
		`{"connector_id": "linear", "entity": "isues", "action": "list"}`:     `Linear has no entity "isues"; did you mean "issues"? It has issues, projects`,
		`{"connector_id": "linear", "entity": "comments", "action": "updat"}`: `did you mean "update"?`,
		`{"connector_id": "linear", "entity": "zzzzzzzz"}`:                    `Linear has no entity "zzzzzzzz". It has issues`,
	} {
		_, err := w.call(t, "describe_connector", []byte(args))
		if err == nil || !strings.Contains(describeConnector().Explain(err), want) {
			t.Errorf("%s: %v, want %s", args, err, want)
		}
	}
}

func TestPartsAreFoundInAnyLetterCase(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	got, err := w.call(t, "describe_connector", []byte(`{"connector_id": "linear", "entity": "Issues", "action": "LIST"}`))
	if err != nil || !strings.Contains(string(got), `"details":[{"action":"list"`) {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestWhatIsUnknownIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	id := w.connectorsOf(t)[0].ID
	w.sandbox.Inject(sandbox.Fault{Kind: sandbox.ServerError, Path: "/skills/docs", Skip: 1, Times: 1})
	got, err := w.call(t, "describe_connector", []byte(`{"connector_id": "`+id+`"}`))
	if err != nil || !strings.Contains(string(got), `"unknown":["parameters of `) || !strings.Contains(string(got), "(?)") {
		t.Errorf("got %s, %v", got, err)
	}
}
