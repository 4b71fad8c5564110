package schemas

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// base is what richIn requires; rows of the tables add to it.
const base = `"entity":"contacts","action":"list"`

func TestCoerceForgives(t *testing.T) {
	s := arg[richIn](t)
	for name, row := range map[string]struct{ args, want string }{
		"nothing, for what is right already":       {`{` + base + `}`, `{` + base + `}`},
		"any order and white space":                {" {\n \"action\" : \"list\" ,\t\"entity\":\"contacts\"}\r\n", `{` + base + `}`},
		"a number in a string":                     {`{` + base + `,"limit":" 42 "}`, `{` + base + `,"limit":42}`},
		"a fraction of zero for an integer":        {`{` + base + `,"limit":"42.0"}`, `{` + base + `,"limit":42}`},
		"an exponent for an integer":               {`{` + base + `,"limit":4.2e1}`, `{` + base + `,"limit":42}`},
		"a negative exponent for an integer":       {`{` + base + `,"limit":4200e-2}`, `{` + base + `,"limit":42}`},
		"minus nothing":                            {`{` + base + `,"count":-0}`, `{` + base + `,"count":0}`},
		"a float in a string":                      {`{` + base + `,"ratio":"0.25"}`, `{` + base + `,"ratio":0.25}`},
		"a boolean in a string":                    {`{` + base + `,"filter":{"active":"True"}}`, `{` + base + `,"filter":{"active":true}}`},
		"a list in a string":                       {`{` + base + `,"select_fields":"[\"a\", \"b\"]"}`, `{` + base + `,"select_fields":["a","b"]}`},
		"a list encoded twice":                     {`{` + base + `,"select_fields":"\"[\\\"a\\\"]\""}`, `{` + base + `,"select_fields":["a"]}`},
		"an object in a string":                    {`{` + base + `,"filter":"{\"active\":false}"}`, `{` + base + `,"filter":{"active":false}}`},
		"a free object in a string":                {`{` + base + `,"params":"{\"a\": 1}"}`, `{` + base + `,"params":{"a": 1}}`},
		"objects in strings inside a list":         {`{` + base + `,"sort":["{\"field\":\"a\"}"]}`, `{` + base + `,"sort":[{"field":"a"}]}`},
		"one value for a list":                     {`{` + base + `,"select_fields":"a,b"}`, `{` + base + `,"select_fields":["a,b"]}`},
		"one object for a list":                    {`{` + base + `,"sort":{"field":"a"}}`, `{` + base + `,"sort":[{"field":"a"}]}`},
		"one number for a list of strings":         {`{` + base + `,"select_fields":7}`, `{` + base + `,"select_fields":["7"]}`},
		"a value that only looks like a list":      {`{` + base + `,"select_fields":"[draft]"}`, `{` + base + `,"select_fields":["[draft]"]}`},
		"null for the optional":                    {`{` + base + `,"limit":null,"params":null,"filter":{"since":null}}`, `{` + base + `,"filter":{}}`},
		"empty strings for what is optional":       {`{` + base + `,"limit":"","params":" ","select_fields":"","filter":{"since":""}}`, `{` + base + `,"filter":{}}`},
		"but not for an optional string":           {`{` + base + `,"cursor":""}`, `{` + base + `,"cursor":""}`},
		"a number for a string":                    {`{"entity":42,"action":"list"}`, `{"entity":"42","action":"list"}`},
		"a long number for a string":               {`{"entity":9007199254740993.10,"action":"list"}`, `{"entity":"9007199254740993.10","action":"list"}`},
		"a boolean for a string":                   {`{"entity":true,"action":"list"}`, `{"entity":"true","action":"list"}`},
		"letters and spaces around an enum":        {`{"entity":"contacts","action":"List "}`, `{` + base + `}`},
		"the same inside a list":                   {`{` + base + `,"kinds":["A"," b"]}`, `{` + base + `,"kinds":["a","b"]}`},
		"a key in camel case":                      {`{` + base + `,"connectorId":"c"}`, `{` + base + `,"connector_id":"c"}`},
		"a key with dashes":                        {`{` + base + `,"Connector-ID":"c","select-fields":[]}`, `{` + base + `,"connector_id":"c","select_fields":[]}`},
		"arguments in a string":                    {`"{\"entity\":\"contacts\",\"action\":\"list\"}"`, `{` + base + `}`},
		"arguments encoded twice":                  {`"\"{\\\"entity\\\":\\\"contacts\\\",\\\"action\\\":\\\"list\\\"}\""`, `{` + base + `}`},
		"white space around a time":                {`{` + base + `,"filter":{"since":" 2026-01-31T12:00:00Z "}}`, `{` + base + `,"filter":{"since":"2026-01-31T12:00:00Z"}}`},
		"values of a dictionary":                   {`{` + base + `,"filter":{"labels":{"é":1,"b":"x"}}}`, `{` + base + `,"filter":{"labels":{"é":"1","b":"x"}}}`},
		"integers above 2^53":                      {`{` + base + `,"filter":{"numbers":[9007199254740993,"-9223372036854775808"]},"count":18446744073709551615}`, `{` + base + `,"filter":{"numbers":[9007199254740993,-9223372036854775808]},"count":18446744073709551615}`},
		"no byte of a free object":                 {`{` + base + `,"params":{ "a":1.50, "a":[9007199254740993,"\u003c"] , "x":null}}`, `{` + base + `,"params":{ "a":1.50, "a":[9007199254740993,"\u003c"] , "x":null}}`},
		"nor of a string":                          {`{"entity":"\u0041<é\ud83d\ude00","action":"list"}`, `{"entity":"\u0041<é\ud83d\ude00","action":"list"}`},
		"nothing in strings that look like JSON":   {`{"entity":"{\"a\":1}","action":"list"}`, `{"entity":"{\"a\":1}","action":"list"}`},
		"zero with an exponent nobody can compare": {`{` + base + `,"ratio":0e999999999999}`, `{` + base + `,"ratio":0}`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := s.Coerce(json.RawMessage(row.args))
			if string(must(t, got, err)) != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
		})
	}
}

func TestEmptyInputMeansNoArguments(t *testing.T) {
	s := arg[paging](t)
	for _, args := range []string{``, ` `, `null`, `{}`, `""`, `"{}"`} {
		got, err := s.Coerce(json.RawMessage(args))
		if string(must(t, got, err)) != `{}` {
			t.Errorf("%q: got %s", args, got)
		}
	}
}

func TestCoerceNamesAllThatDoesNotFit(t *testing.T) {
	s := arg[richIn](t)
	const valid = "valid: entity, action, connector_id, params, select_fields, kinds, sort, filter, items, ratio, small, count, configuration, limit, cursor"
	for name, row := range map[string]struct{ args, want string }{
		"all problems at once": {`{"action":"explode","limit":0,"entitiy":1}`,
			"entity: required, but missing. Resource type or stream name, such as contacts.\n" +
				`action: want one of "list", "get", "create", got "explode"` + "\n" +
				"limit: want a whole number from 1 to 100, got 0\n" +
				`unknown argument "entitiy": did you mean "entity"? ` + valid},
		"null for the required":                  {`{"entity":null,"action":"get"}`, "entity: required, but null. Resource type or stream name, such as contacts."},
		"blanks for the required":                {`{"entity":" \n","action":""}`, "entity: required, but empty. Resource type or stream name, such as contacts.\naction: required, but empty. What to do: list, get or create."},
		"a key given twice":                      {`{` + base + `,"entity":"contacts"}`, "entity: given more than once: send it once"},
		"a key given in two spellings":           {`{` + base + `,"connectorId":"a","connector_id":"b"}`, "connector_id: given more than once: send it once"},
		"a key near to none":                     {`{` + base + `,"zzzzzz":1}`, `unknown argument "zzzzzz": ` + valid},
		"the list of keys once only":             {`{` + base + `,"zzzzzz":1,"curser":2}`, `unknown argument "zzzzzz": ` + valid + "\n" + `unknown argument "curser": did you mean "cursor"?`},
		"an unknown key inside":                  {`{` + base + `,"sort":[{"field":"a","odrer":"asc"}]}`, `sort[0]: unknown argument "odrer": did you mean "order"? valid: field, order`},
		"a place deep inside":                    {`{` + base + `,"sort":[{"field":"a"},{"field":"b","order":"up"}]}`, `sort[1].order: want one of "asc", "desc", got "up"`},
		"words for a number":                     {`{` + base + `,"limit":"ten"}`, `limit: want a whole number from 1 to 100, got "ten"`},
		"half an integer":                        {`{` + base + `,"limit":1.5}`, `limit: want a whole number from 1 to 100, got 1.5`},
		"an integer with an endless exponent":    {`{` + base + `,"limit":1e999999999999999999999}`, `limit: want a whole number from 1 to 100, got 1e999999999999999999999`},
		"notations that are not JSON":            {`{` + base + `,"filter":{"numbers":["0x10","+1","1_000","007","NaN",""]}}`, strings.TrimSpace(sixNumbers)},
		"an integer too big for its type":        {`{` + base + `,"small":128}`, `small: want a whole number, got 128`},
		"a negative count":                       {`{` + base + `,"count":-1}`, `count: want a whole number of at least 0, got -1`},
		"a float out of range":                   {`{` + base + `,"ratio":1e400}`, `ratio: want a number from 0 to 0.5, got 1e400`},
		"a float too small to hold":              {`{` + base + `,"ratio":1e-999999999}`, `ratio: want a number from 0 to 0.5, got 1e-999999999`},
		"a limit passed by less than a float":    {`{` + base + `,"ratio":0.500000000000000000001}`, `ratio: want a number from 0 to 0.5, got 0.500000000000000000001`},
		"a number for a boolean":                 {`{` + base + `,"filter":{"active":1}}`, `filter.active: want true or false, got 1`},
		"an object for a string":                 {`{"entity":{"a":"secret"},"action":"get"}`, `entity: want a string, got an object`},
		"null in a list":                         {`{` + base + `,"select_fields":["a",null]}`, `select_fields[1]: want a string, got null`},
		"a list for an object":                   {`{` + base + `,"params":[1]}`, `params: want a JSON object, got a list`},
		"a string that holds no object":          {`{` + base + `,"params":"[1]"}`, `params: want a JSON object, got "[1]"`},
		"a date for a time":                      {`{` + base + `,"filter":{"since":"2026-01-31"}}`, `filter.since: want a date and time such as 2026-01-31T12:00:00Z, got "2026-01-31"`},
		"a key of a dictionary given twice":      {`{` + base + `,"filter":{"labels":{"a":"1","a":"2"}}}`, `filter.labels["a"]: given more than once: send it once`},
		"line breaks from outside, quoted":       {`{` + base + `,"filter":{"labels":{"a\nb":[]}},"limit":"1\n2"}`, `filter.labels["a\nb"]: want a string, got a list` + "\n" + `limit: want a whole number from 1 to 100, got "1\n2"`},
		"arguments that are no object":           {`[1]`, `want one JSON object with all arguments, got a list`},
		"arguments that are words":               {`"list contacts"`, `want one JSON object with all arguments, got a string`},
		"arguments that are no JSON":             {`{"entity":`, `the arguments are not JSON: unexpected end of JSON input`},
		"more than one value":                    {`{} {}`, `the arguments are not JSON: invalid character '{' after top-level value`},
		"bytes that are no text":                 {"{\"entity\":\"\xff\"}", `the arguments are not UTF-8`},
		"nesting that has no end":                {`{` + base + `,"params":` + strings.Repeat(`{"a":`, 64) + `1` + strings.Repeat(`}`, 64) + `}`, `nested more than 64 levels deep`},
		"nesting beyond what the decoder stands": {strings.Repeat(`[`, 100000), `the arguments are not JSON: invalid character '[' exceeded max depth`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.Coerce(json.RawMessage(row.args))
			var problems *ValidationError
			if !errors.As(err, &problems) {
				t.Fatalf("got %v, want *ValidationError", err)
			}
			if got := err.Error(); got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
		})
	}
}

const sixNumbers = `
filter.numbers[0]: want a whole number, got "0x10"
filter.numbers[1]: want a whole number, got "+1"
filter.numbers[2]: want a whole number, got "1_000"
filter.numbers[3]: want a whole number, got "007"
filter.numbers[4]: want a whole number, got "NaN"
filter.numbers[5]: want a whole number, got ""
`

func TestUnknownArgumentsOfAToolWithoutArgumentsAreNamed(t *testing.T) {
	_, err := arg[struct{}](t).Coerce(json.RawMessage(`{"page":1,"size":2}`))
	want := "unknown argument \"page\": none is taken here\nunknown argument \"size\": none is taken here"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestProblemsAreBounded(t *testing.T) {
	args := `{` + base + `,"select_fields":[` + strings.Repeat(`null,`, 99) + `null]}`
	_, err := arg[richIn](t).Coerce(json.RawMessage(args))
	var problems *ValidationError
	if !errors.As(err, &problems) {
		t.Fatal(err)
	}
	if got := problems.Problems[len(problems.Problems)-1].Message; len(problems.Problems) != 21 || got != "and 80 more" {
		t.Errorf("%d problems, the last %q", len(problems.Problems), got)
	}
}

func TestUnknownKeysAreBoundedLikeOtherProblems(t *testing.T) {
	var args strings.Builder
	args.WriteString(`{` + base)
	for i := range 50 {
		fmt.Fprintf(&args, `,"key%d":1`, i)
	}
	_, err := arg[richIn](t).Coerce(json.RawMessage(args.String() + `}`))
	if err == nil || !strings.HasSuffix(err.Error(), "\nand 30 more") {
		t.Errorf("got %v", err)
	}
}

func TestErrorsDoNotShowLongOrSecretValues(t *testing.T) {
	type login struct {
		Token    int             `json:"token" jsonschema_description:"A token."`
		APIKey   bool            `json:"api_key" jsonschema_description:"A key."`
		Password sortKey         `json:"user_password" jsonschema_description:"In parts."`
		Long     int             `json:"long" jsonschema_description:"Long."`
		Config   Object          `json:"configuration" jsonschema_description:"Settings."`
		Values   map[string]bool `json:"values" jsonschema_description:"Values."`
	}
	_, err := arg[login](t).Coerce(json.RawMessage(`{"token":"hunter2","api_key":"hunter2","user_password":{"field":"a","order":"hunter2","hunter":"hunter2"},
		"long":"` + strings.Repeat("ä", 1000) + `","configuration":"hunter2","values":{"client_secret":"hunter2","` + strings.Repeat("k", 1000) + `":1}}`))
	want := `token: want a whole number, got a string
api_key: want true or false, got a string
user_password.order: want one of "asc", "desc", got a string
user_password: unknown argument "hunter": valid: field, order
long: want a whole number, got "` + strings.Repeat("ä", 39) + `…"
configuration: want a JSON object, got a string
values["client_secret"]: want true or false, got a string
values["` + strings.Repeat("k", 39) + `…"]: want true or false, got 1`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestEnumValuesThatDifferOnlyInCaseMustMatchExactly(t *testing.T) {
	type T struct {
		Unit string `json:"unit" jsonschema:"enum=m,enum=M" jsonschema_description:"Metre or mega."`
	}
	s := arg[T](t)
	for _, unit := range []string{"m", "M"} {
		if _, err := s.Coerce(json.RawMessage(`{"unit":"` + unit + `"}`)); err != nil {
			t.Error(err)
		}
	}
	type U struct {
		Unit string `json:"unit" jsonschema:"enum=ab,enum=AB" jsonschema_description:"Either."`
	}
	if _, err := arg[U](t).Coerce(json.RawMessage(`{"unit":"Ab"}`)); err == nil {
		t.Error("an ambiguous value passed")
	}
}

func TestKeysWithOneSpellingInCommonMustMatchExactly(t *testing.T) {
	type T struct {
		A string `json:"user_id,omitempty" jsonschema_description:"One."`
		B string `json:"userid,omitempty" jsonschema_description:"Other."`
	}
	s := arg[T](t)
	if _, err := s.Coerce(json.RawMessage(`{"user_id":"1","userid":"2"}`)); err != nil {
		t.Error(err)
	}
	if _, err := s.Coerce(json.RawMessage(`{"userId":"1"}`)); err == nil {
		t.Error("an ambiguous key passed")
	}
}

func TestArgumentsAreNotChangedInPlace(t *testing.T) {
	args := json.RawMessage(`{"entity":"a","action":" LIST ","params":{"a":1}}`)
	before := bytes.Clone(args)
	out, err := arg[richIn](t).Coerce(args)
	must(t, out, err)
	if !bytes.Equal(args, before) {
		t.Errorf("now %s", args)
	}
}

// checkCoerce checks what Coerce promises of anything it accepts.
func checkCoerce[T any](s *Schema, args []byte) error {
	out, err := s.Coerce(args)
	if err != nil {
		var problems *ValidationError
		if !errors.As(err, &problems) || len(problems.Problems) == 0 || err.Error() == "" {
			return fmt.Errorf("an error without problems: %w", err)
		}
		return nil
	}
	again, err := s.Coerce(out)
	if err != nil {
		return fmt.Errorf("%s is refused when coerced again: %w", out, err)
	}
	if !bytes.Equal(out, again) {
		return fmt.Errorf("%s becomes %s when coerced again", out, again)
	}
	if err := s.Check(out); err != nil {
		return fmt.Errorf("%s does not validate: %w", out, err)
	}
	dec := json.NewDecoder(bytes.NewReader(out))
	dec.DisallowUnknownFields()
	var in T
	if err := dec.Decode(&in); err != nil {
		return fmt.Errorf("%s does not decode: %w", out, err)
	}
	return nil
}

func FuzzCoerce(f *testing.F) {
	for _, more := range []string{
		``, `,"limit":"42"`, `,"select_fields":"[\"a\"]"`, `,"filter":{"since":"2026-01-31T12:00:00.5+01:00","active":"true","numbers":"[1,\"2\"]","labels":{"a":1}}`,
		`,"params":"{\"a\": 9007199254740993}"`, `,"sort":{"field":"a","order":"ASC"}`, `,"items":[{},"{}"],"kinds":"A"`, `,"ratio":"1e-1","small":-1.28e2,"count":1e19`,
		`,"connectorId":"\ud800","configuration":{"a":{"a":[[]]}}`, `,"cursor":null,"filter":""`,
	} {
		f.Add([]byte(`{` + base + more + `}`))
	}
	f.Add([]byte(`"{\"entity\":\"a\",\"action\":\"get\"}"`))
	rich, small := arg[richIn](f), arg[sortKey](f)
	open, err := ForOutput[richOut]()
	must(f, open, err)
	f.Fuzz(func(t *testing.T, args []byte) {
		if err := checkCoerce[richIn](rich, args); err != nil {
			t.Error(err)
		}
		if err := checkCoerce[sortKey](small, args); err != nil {
			t.Error(err)
		}
		if err := checkCoerce[richOut](open, args); err != nil {
			t.Error(err)
		}
	})
}

// FuzzCoerceChoices lets the fuzzer choose keys and values instead of bytes, which
// are hardly ever JSON.
func FuzzCoerceChoices(f *testing.F) {
	f.Add([]byte("\x00\x01\x02\x03"))
	f.Add([]byte("\x09\x10\x07\x02\x0a\x01\x05\x06"))
	s := arg[richIn](f)
	f.Fuzz(func(t *testing.T, choices []byte) {
		if err := checkCoerce[richIn](s, chosenArgs(choices)); err != nil {
			t.Error(err)
		}
	})
}

// chosenArgs builds arguments for richIn out of hostile parts.
func chosenArgs(choices []byte) []byte {
	keys := []string{
		"limit", "cursor", "connectorId", "connector-id", "params", "select_fields", "kinds", "sort", "filter", "items", "ratio", "small", "count",
		"configuration", "since", "active", "numbers", "labels", "field", "order", "entity", "action", "", `\u0000`, "ENTITY", `\ud800`, "İ", "ſort", "Kinds",
	}
	values := []string{
		`1`, `-0`, `0.5`, `"0.5"`, `1e2`, `-1.0E-0`, `"1e309"`, `0e999999999`, `9007199254740993`, `"18446744073709551615"`, `127.0`, `100`, `5e-324`, `1e-400`,
		`true`, `"TRUE"`, `null`, `"null"`, `""`, `" "`, `"\n"`, `"a"`, `" A"`, `"asc"`, `"DEſC"`, `"\ud800"`, `"[]"`, `"[1,\"a\"]"`, `"[\"[]\"]"`, `"{}"`, `"{\"field\":1}"`,
		`"\"{}\""`, `"\"\\\"{}\\\"\""`, `"\"[[]]\""`, `"\"\""`, `" [ 1 ] "`, `"2026-01-31T12:00:00Z"`, `"2026-01-31t12:00:00z"`, `"2026-01-31T12:00:00,5Z"`, `"\u00e9"`,
		`"{\"a\":\"b\",\"a\":1}"`, `"{\"active\":\"{}\"}"`, `"0"`, `"K"`,
	}
	take := func(n int) int {
		if len(choices) == 0 {
			return 0
		}
		c := int(choices[0])
		choices = choices[1:]
		return c % n
	}
	var value func(depth int) string
	value = func(depth int) string {
		kind := take(8)
		if depth > 4 || kind < 4 || len(choices) == 0 {
			return values[take(len(values))]
		}
		var parts []string
		for range take(4) {
			part := value(depth + 1)
			if kind < 6 {
				part = `"` + keys[take(len(keys))] + `": ` + part
			}
			parts = append(parts, part)
		}
		if kind < 6 {
			return `{` + strings.Join(parts, ", ") + `}`
		}
		return `[` + strings.Join(parts, " ,") + `]`
	}
	args := `{` + base
	for len(choices) > 0 {
		args += `,"` + keys[take(len(keys))] + `":` + value(0)
	}
	return []byte(args + `}`)
}
