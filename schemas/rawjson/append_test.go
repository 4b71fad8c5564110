package rawjson

import (
	"encoding/json"
	"testing"
)

func TestObjectsAndArraysAreAppended(t *testing.T) {
	object := AppendMember([]byte("{"), "a", []byte("1"))
	object = AppendMember(object, "q\"\u2028", Quote("x"))
	object = append(AppendString(AppendKey(object, "s"), "<&>"), '}')
	if got, want := string(object), `{"a":1,"q\"\u2028":"x","s":"<&>"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	var list []byte
	if got := CloseArray(list); string(got) != "[]" {
		t.Errorf("got %s", got)
	}
	for _, element := range []string{"1", `{}`, "[]"} {
		list = AppendElement(list, []byte(element))
	}
	if got := CloseArray(list); string(got) != "[1,{},[]]" {
		t.Errorf("got %s", got)
	}
	if got := string(append(AppendMember(Without([]byte(`{"a":1,"b":2,"\u0061":3,"c":4}`), "a"), "d", []byte("5")), '}')); got != `{"b":2,"c":4,"d":5}` {
		t.Errorf("got %s", got)
	}
	if got := string(Overlay([]byte(`{"a":1,"b":2}`), []byte(`{"b":3,"c":4}`))); got != `{"a":1,"b":3,"c":4}` {
		t.Errorf("got %s", got)
	}
}

func TestValuesAreEncodedWithoutHTMLEscapes(t *testing.T) {
	for _, row := range []struct {
		value any
		want  string
	}{{"<a>", `"<a>"`}, {7, "7"}, {map[string]any{"b": "&", "a": nil}, `{"a":null,"b":"&"}`}, {make(chan int), "null"}} {
		if got := Of(row.value); string(got) != row.want {
			t.Errorf("got %s, want %s", got, row.want)
		}
	}
	if _, err := Marshal(make(chan int)); err == nil {
		t.Error("a channel was encoded")
	}
	if v, err := Decode([]byte(`{"n":9007199254740993}`)); err != nil || v.(map[string]any)["n"] != json.Number("9007199254740993") {
		t.Errorf("%v, %v", v, err)
	}
	if string(OrEmpty(nil)) != "{}" || string(OrEmpty(json.RawMessage("null"))) != "{}" || string(OrEmpty(json.RawMessage(`{"a":1}`))) != `{"a":1}` {
		t.Error("OrEmpty is wrong")
	}
}

func TestValueStaysAsItIsUnlessItDoesNotFitOnALine(t *testing.T) {
	for _, row := range []struct{ name, value, want string }{
		{"as it came", `{"n":9007199254740993, "s":"<a>\u0041"}`, `{"n":9007199254740993, "s":"<a>\u0041"}`},
		{"pretty", "{\n  \"a\": [\r\n 1 ]\n}", `{"a":[1]}`},
		{"newline in a string", `"a\nb"`, `"a\nb"`},
		{"not UTF-8", "\"a\xffb\"", "\"a\uFFFDb\""},
	} {
		t.Run(row.name, func(t *testing.T) {
			traits, err := Check([]byte(row.value))
			if got := OneLine([]byte(row.value), traits); err != nil || string(got) != row.want {
				t.Errorf("got %s, want %s (%v)", got, row.want, err)
			}
		})
	}
}
