package schemas

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write golden files")

type paging struct {
	Limit  int    `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100" jsonschema_description:"How many records, 1 to 100."`
	Cursor string `json:"cursor,omitempty" jsonschema_description:"Where to go on, from the last answer."`
}

type sortKey struct {
	Field string `json:"field" jsonschema_description:"Field to sort by."`
	Order string `json:"order,omitempty" jsonschema:"enum=asc,enum=desc" jsonschema_description:"Direction."`
}

type filter struct {
	Since   time.Time         `json:"since,omitzero" jsonschema_description:"Only records changed since."`
	Active  *bool             `json:"active,omitempty" jsonschema_description:"Only active records."`
	Numbers []int64           `json:"numbers,omitempty" jsonschema_description:"Only these numbers."`
	Labels  map[string]string `json:"labels,omitempty" jsonschema_description:"Labels & their values."`
}

// richIn has everything that arguments may hold.
type richIn struct {
	Entity        string    `json:"entity" jsonschema_description:"Resource type or stream name, such as contacts. As describe_connector lists it."`
	Action        string    `json:"action" jsonschema:"enum=list,enum=get,enum=create" jsonschema_description:"What to do: list, get or create."`
	ConnectorID   string    `json:"connector_id,omitempty" jsonschema_description:"ID of the connector, from list_connectors."`
	Params        Object    `json:"params,omitempty" jsonschema_description:"Parameters of the action."`
	SelectFields  []string  `json:"select_fields,omitempty" jsonschema_description:"Dotted paths of the fields to return; all when empty."`
	Kinds         []string  `json:"kinds,omitempty" jsonschema:"enum=a,enum=b" jsonschema_description:"Kinds to take."`
	Sort          []sortKey `json:"sort,omitempty" jsonschema_description:"Order of the answer."`
	Filter        filter    `json:"filter,omitzero" jsonschema_description:"Which records."`
	Items         []Object  `json:"items,omitempty" jsonschema_description:"Records to write."`
	Ratio         *float64  `json:"ratio,omitempty" jsonschema:"minimum=0,maximum=0.5" jsonschema_description:"Share of the records."`
	Small         int8      `json:"small,omitempty" jsonschema_description:"A small number."`
	Count         uint64    `json:"count,omitempty" jsonschema_description:"A count."`
	Configuration Object    `json:"configuration,omitempty" jsonschema_description:"Settings, secrets among them."`
	paging
}

type richOut struct {
	Result  Value            `json:"result" jsonschema_description:"What the operation gave back."`
	Pages   []Value          `json:"pages,omitempty" jsonschema_description:"Pages of the answer."`
	Record  Object           `json:"record" jsonschema_description:"One record."`
	Found   []sortKey        `json:"found" jsonschema_description:"What was found."`
	ByKind  map[string]int64 `json:"by_kind,omitempty" jsonschema_description:"How many of each kind."`
	Best    *sortKey         `json:"best,omitempty" jsonschema_description:"The best of them."`
	Created time.Time        `json:"created" jsonschema_description:"When it was made."`
}

func must[T any](t testing.TB, v T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func arg[T any](t testing.TB) *Schema {
	t.Helper()
	s, err := For[T]()
	return must(t, s, err)
}

func golden(t *testing.T, name string, schema json.RawMessage) {
	t.Helper()
	var got bytes.Buffer
	if err := json.Indent(&got, schema, "", "  "); err != nil {
		t.Fatal(err)
	}
	got.WriteByte('\n')
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if diff := cmp.Diff(string(must(t, want, err)), got.String()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestSchemaOfArguments(t *testing.T) {
	golden(t, "rich_in.json", arg[richIn](t).JSON())
}

func TestSchemaOfAnswers(t *testing.T) {
	s, err := ForOutput[richOut]()
	golden(t, "rich_out.json", must(t, s, err).JSON())
}

func TestSchemaOfNothing(t *testing.T) {
	got := string(arg[struct{}](t).JSON())
	if want := `{"type":"object","properties":{},"additionalProperties":false}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestIndependentValidatorUnderstandsWhatWeWrite(t *testing.T) {
	out, err := ForOutput[richOut]()
	for _, s := range []*Schema{arg[richIn](t), arg[struct{}](t), must(t, out, err)} {
		if err := s.Compile(); err != nil {
			t.Error(err)
		}
	}
}

func TestEncodedAnswersFitTheirSchema(t *testing.T) {
	s, err := ForOutput[richOut]()
	must(t, s, err)
	zero, err := json.Marshal(richOut{Found: []sortKey{}})
	if err := s.Check(must(t, zero, err)); err != nil {
		t.Error("zero answer:", err)
	}
	full, err := json.Marshal(richOut{
		Result: Value(`[1,"two"]`), Pages: []Value{Value(`null`)}, Record: Object(`{"id":9007199254740993}`),
		Found: []sortKey{{Field: "a"}}, ByKind: map[string]int64{"x": 1}, Best: &sortKey{Field: "b"},
	})
	if err := s.Check(must(t, full, err)); err != nil {
		t.Error("full answer:", err)
	}
}

func TestCheckTellsWhatDoesNotFit(t *testing.T) {
	s, err := ForOutput[richOut]()
	must(t, s, err)
	if err := s.Check(json.RawMessage(`{"result":1,"record":{},"found":null,"created":""}`)); err == nil || !strings.Contains(err.Error(), "/found") || strings.Contains(err.Error(), "file:") {
		t.Errorf("got %v, want an error about /found", err)
	}
	if err := s.Check(json.RawMessage(`{`)); err == nil {
		t.Error("half a document passed")
	}
}

func TestCheckSurvivesNumbersThatCrashTheValidator(t *testing.T) {
	doc := json.RawMessage(`{"entity":"a","action":"get","ratio":1e9999999}`)
	if err := arg[richIn](t).Check(doc); err == nil || err.Error() != "check document: a number is out of range" {
		t.Errorf("got %v", err)
	}
}

func TestObject(t *testing.T) {
	t.Run("keeps the bytes of its contents", func(t *testing.T) {
		var in struct{ O Object }
		if err := json.Unmarshal([]byte(`{"O":{"b":1.50,"a":9007199254740993}}`), &in); err != nil {
			t.Fatal(err)
		}
		if got, want := string(in.O), `{"b":1.50,"a":9007199254740993}`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
	t.Run("refuses other kinds", func(t *testing.T) {
		for _, raw := range []string{`[]`, `"{}"`, `1`, `true`} {
			var o Object
			if err := json.Unmarshal([]byte(raw), &o); err == nil {
				t.Errorf("%s passed", raw)
			}
		}
	})
	t.Run("is an empty object when nil", func(t *testing.T) {
		got, err := json.Marshal(Object(nil))
		if string(must(t, got, err)) != `{}` {
			t.Errorf("got %s", got)
		}
	})
	t.Run("ignores null", func(t *testing.T) {
		o := Object(`{"a":1}`)
		if err := json.Unmarshal([]byte(`null`), &o); err != nil || string(o) != `{"a":1}` {
			t.Errorf("got %s, %v", o, err)
		}
	})
}

func BenchmarkFor(b *testing.B) {
	for b.Loop() {
		if _, err := For[richIn](); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkForOutput(b *testing.B) {
	for b.Loop() {
		if _, err := ForOutput[richOut](); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	text := arg[richIn](b).JSON()
	for b.Loop() {
		if _, err := compile(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCoerce(b *testing.B) {
	s := arg[richIn](b)
	args := json.RawMessage(`{"entity":"contacts","action":"List","connectorId":"c1","params":{"id":9007199254740993},
		"select_fields":"[\"id\",\"name\"]","limit":"10","sort":{"field":"name"}}`)
	b.SetBytes(int64(len(args)))
	for b.Loop() {
		if _, err := s.Coerce(args); err != nil {
			b.Fatal(err)
		}
	}
}
