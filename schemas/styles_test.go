package schemas

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestSchemaForStrictDecoders(t *testing.T) {
	golden(t, "rich_in.strict.json", arg[richIn](t).Strict())
}

func TestSchemaForReadersOfOpenAPI(t *testing.T) {
	golden(t, "rich_in.openapi.json", arg[richIn](t).OpenAPI())
}

// What a decoder that is bound to the schema writes fits it, and means the same
// as what another model would send.
func TestCoerceTakesWhatStrictDecodersWrite(t *testing.T) {
	s := arg[richIn](t)
	const nulls = `"connector_id":null,"params":null,"select_fields":null,"kinds":null,"sort":null,"filter":null,"items":null,
		"ratio":null,"small":null,"count":null,"configuration":null,"limit":null,"cursor":null`
	for name, row := range map[string]struct{ strict, plain string }{
		"null for all that is optional": {`{` + base + `,` + nulls + `}`, `{` + base + `}`},
		"free objects as text": {
			`{` + base + `,` + strings.NewReplacer(`"params":null`, `"params":"{\"id\": 9007199254740993}"`, `"items":null`, `"items":["{\"a\":1}","{}"]`).Replace(nulls) + `}`,
			`{` + base + `,"params":{"id": 9007199254740993},"items":[{"a":1},{}]}`,
		},
		"objects inside, complete": {
			`{` + base + `,` + strings.NewReplacer(
				`"sort":null`, `"sort":[{"field":"a","order":null}]`,
				`"filter":null`, `"filter":{"since":null,"active":true,"numbers":null,"labels":"{\"k\":\"v\"}"}`,
			).Replace(nulls) + `}`,
			`{` + base + `,"sort":[{"field":"a"}],"filter":{"active":true,"labels":{"k":"v"}}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if err := checkText(t, s.Strict(), row.strict); err != nil {
				t.Errorf("the arguments are not strict: %v", err)
			}
			got, err := s.Coerce(json.RawMessage(row.strict))
			if string(must(t, got, err)) != row.plain {
				t.Errorf("got  %s\nwant %s", got, row.plain)
			}
		})
	}
	if checkText(t, s.Strict(), `{`+base+`}`) == nil {
		t.Error("a strict schema takes absent properties")
	}
}

// checkText checks a document against the text of a schema.
func checkText(t *testing.T, schema json.RawMessage, doc string) error {
	t.Helper()
	compiled, err := compile(schema)
	must(t, compiled, err)
	var value any
	if err := json.Unmarshal([]byte(doc), &value); err != nil {
		t.Fatal(err)
	}
	return compiled.Validate(value)
}

func TestLimitsStandInWordsOnce(t *testing.T) {
	type T struct {
		Told   int     `json:"told" jsonschema:"minimum=1,maximum=9" jsonschema_description:"How many, 1 to 9."`
		Untold int     `json:"untold" jsonschema:"minimum=1,maximum=9" jsonschema_description:"How many."`
		Least  int     `json:"least" jsonschema:"minimum=1" jsonschema_description:"How many."`
		Most   float64 `json:"most,omitempty" jsonschema:"maximum=0.5" jsonschema_description:"How much."`
		Count  uint    `json:"count" jsonschema_description:"Any."`
	}
	got := string(arg[T](t).Strict())
	want := `{"type":"object","properties":{` +
		`"told":{"type":"integer","description":"How many, 1 to 9."},` +
		`"untold":{"type":"integer","description":"How many. 1 to 9."},` +
		`"least":{"type":"integer","description":"How many. At least 1."},` +
		`"most":{"type":["number","null"],"description":"How much. At most 0.5."},` +
		`"count":{"type":"integer","description":"Any."}},` +
		`"required":["told","untold","least","most","count"],"additionalProperties":false}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestEmptyArguments(t *testing.T) {
	s := arg[struct{}](t)
	if !s.Empty() || arg[paging](t).Empty() {
		t.Error("Empty is true of the wrong schema")
	}
	const want = `{"type":"object","properties":{},"additionalProperties":false}`
	if got := string(s.Strict()); got != want {
		t.Errorf("strict: got %s, want %s", got, want)
	}
	if got := string(s.OpenAPI()); got != `{"type":"object","properties":{}}` {
		t.Errorf("OpenAPI: got %s", got)
	}
}
