package rawjson

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// rebuild copies a value by its members and elements.
func rebuild(dst, v []byte) []byte {
	switch v = Trim(v); KindOf(v) {
	case Object:
		dst = append(dst, '{')
		for key, value := range Members(v) {
			dst = rebuild(append(append(comma(dst, '{'), key...), ':'), value)
		}
		return append(dst, '}')
	case Array:
		dst = append(dst, '[')
		for value := range Elements(v) {
			dst = rebuild(comma(dst, '['), value)
		}
		return append(dst, ']')
	}
	return append(dst, v...)
}

func FuzzWalk(f *testing.F) {
	addTexts(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		if !Valid(data) { // it only has to come to an end
			Duplicate(data)
			for key, value := range Members(data) {
				_, _, _ = key.Is("a"), Pointer(value, "/0/a"), Compact(value)
			}
			for value := range Elements(data) {
				_, _, _ = Text(value), Field(value, "a.0"), Depth(value)
			}
			RemoveInvisible(data)
			for range Scalars(data) {
			}
			return
		}
		var compact bytes.Buffer
		_ = json.Compact(&compact, data)
		if got := Compact(data); !bytes.Equal(got, compact.Bytes()) {
			t.Fatalf("%q became %q", data, got)
		}
		if got := rebuild(nil, data); !bytes.Equal(got, compact.Bytes()) {
			t.Fatalf("%q was walked as %q", data, got)
		}
		if got := Skip(data, SkipSpace(data, 0)); got != SkipSpace(data, 0)+len(Trim(data)) {
			t.Fatalf("the end of %q is not %d", data, got)
		}
		compareScalars(t, data)
		compareDuplicate(t, data)
		compareInvisible(t, data)
		compareSkipper(t, Trim(data))
	})
}

// compareScalars leaves out the scalars: nothing but punctuation and words stays.
func compareScalars(t *testing.T, data []byte) {
	t.Helper()
	rest, from := []byte{}, 0
	for start, end := range Scalars(data) {
		if !json.Valid(data[start:end]) {
			t.Fatalf("%q has no scalar %q", data, data[start:end])
		}
		rest = append(rest, data[from:start]...)
		from = end
	}
	rest = append(rest, data[from:]...)
	if left := strings.Trim(strings.NewReplacer("true", "", "false", "", "null", "").Replace(string(rest)), "{}[],: \t\r\n"); strings.ContainsAny(left, `"0123456789-`) {
		t.Fatalf("%q has scalars in %q", data, rest)
	}
}

// hasDuplicate is Duplicate by way of the tokens of encoding/json.
func hasDuplicate(v []byte) bool {
	found := false
	var walk func(d *json.Decoder)
	walk = func(d *json.Decoder) {
		token, err := d.Token()
		if err != nil {
			return
		}
		switch token {
		case json.Delim('{'):
			seen := map[string]bool{}
			for d.More() {
				key, _ := d.Token()
				name, _ := key.(string)
				found = found || seen[name]
				seen[name] = true
				walk(d)
			}
			_, _ = d.Token()
		case json.Delim('['):
			for d.More() {
				walk(d)
			}
			_, _ = d.Token()
		}
	}
	walk(json.NewDecoder(bytes.NewReader(v)))
	return found
}

func compareDuplicate(t *testing.T, data []byte) {
	t.Helper()
	if !utf8.Valid(data) {
		return // encoding/json takes all wrong bytes for the same
	}
	if got := Duplicate(data); (got != nil) != hasDuplicate(data) {
		t.Fatalf("duplicate in %q: %q", data, got)
	}
}

func TestDuplicateTellsWhere(t *testing.T) {
	many := "{"
	for i := range 40 {
		many += `"k` + strconv.Itoa(i) + `":{},`
	}
	for text, want := range map[string][]string{
		`{"a":1,"b":{"a":2},"c":[{"a":3},{"x":1,"x":2}]}`: {"c", "1", "x"},
		`{"a":1,"\u0061":2}`:                              {"a"},
		`{"a":1,"b":[1,{"a":[]}]}`:                        nil,
		` [ { "a" : 1 , "a" : 1 } ]`:                      {"0", "a"},
		`"{\"a\":1,\"a\":2}"`:                             nil,
		many + `"k39":1}`:                                 {"k39"},
		many + `"k3":1}`:                                  {"k3"},
		many + `"k":1}`:                                   nil,
	} {
		if got := Duplicate([]byte(text)); !slices.Equal(got, want) {
			t.Errorf("%.60s: got %q, want %q", text, got, want)
		}
	}
}

func compareInvisible(t *testing.T, data []byte) {
	t.Helper()
	traits, _ := Check(data)
	got := RemoveInvisible(data)
	switch {
	case !json.Valid(got):
		t.Fatalf("%q became %q, which is not JSON", data, got)
	case hasInvisible(got):
		t.Fatalf("%q became %q, which has invisible characters", data, got)
	case traits.Has(HasInvisible) == bytes.Equal(got, data):
		t.Fatalf("%q became %q, traits %b", data, got, traits)
	case !traits.Has(HasInvisible) && len(data) > 0 && &got[0] != &data[0]:
		t.Fatalf("%q was copied", data)
	}
}

func TestRemoveInvisibleLeavesTheRest(t *testing.T) {
	for given, want := range map[string]string{
		"{\"a\":\"\u202eevil\u202c \u200bz\ufeff\"}":   `{"a":"evil z"}`,
		`{"a":"\u202Eevil\u202c\u200b \uDB40\uDC41z"}`: `{"a":"evil z"}`,
		`{"a":"\\u202e \"\\\\u200b"}`:                  `{"a":"\\u202e \"\\\\u200b"}`, // texts that only look so
		`{"a":"\ud83d\ude80 \ud83d x"}`:                `{"a":"\ud83d\ude80 \ud83d x"}`,
		"{\"k\u2066ey\":1}":                            `{"key":1}`,
		`{"a":"\udb40\u200b\udc41"}`:                   `{"a":"\udc41"}`,
		"\"\xf3\xa0\u200b\x81\x81\"":                   "\"\uFFFD\uFFFD\"",
	} {
		if got := RemoveInvisible([]byte(given)); string(got) != want {
			t.Errorf("%+q became %+q, want %+q", given, got, want)
		}
	}
}

// compareSkipper passes a value in pieces of every size.
func compareSkipper(t *testing.T, data []byte) {
	t.Helper()
	text := append(bytes.Clone(data), ',')
	for size := 1; size <= len(text); size = size*2 + 1 {
		var s Skipper
		passed, done := 0, false
		for at := 0; at < len(text) && !done; at += size {
			piece := text[at:min(at+size, len(text))]
			n, end, err := s.Skip(piece)
			if err != nil {
				t.Fatalf("%q in pieces of %d: %v", data, size, err)
			}
			passed, done = passed+n, end
		}
		if !done || passed != len(data) {
			t.Fatalf("%q in pieces of %d ends at %d, %v", data, size, passed, done)
		}
	}
}

func TestSkipperSeesWrongBrackets(t *testing.T) {
	for text, want := range map[string]string{
		`[1}`:                      "the JSON is not valid (at byte 2)",
		`{"a":[{]]}`:               "the JSON is not valid (at byte 7)",
		`}`:                        "the JSON is not valid (at byte 0)",
		strings.Repeat("[", 600):   ErrTooDeep.Error(),
		strings.Repeat("[", 512):   "",
		`["}","\"]"`:               "",
		`[1,"unfinished \`:         "",
		strings.Repeat(`{"a":`, 9): "",
	} {
		var s Skipper
		_, done, err := s.Skip([]byte(text))
		if got := ""; err != nil {
			if got = err.Error(); got != want {
				t.Errorf("%.20s: %s, want %s", text, got, want)
			}
		} else if want != "" || done {
			t.Errorf("%.20s: done %v", text, done)
		}
	}
	var s Skipper
	s.Begin(MaxDepth)
	if _, _, err := s.Skip([]byte("[]")); err != ErrTooDeep {
		t.Errorf("got %v", err)
	}
}

func TestMembersAreFoundByWhatTheirKeysMean(t *testing.T) {
	object := []byte(` {"a":{"meta":1},"m\u0065ta":[2], "x.y":3 ,"x":{"y":4,"z":5},"list":[{"id":"p"},{"id":"q"}],"meta":6,"a/b":{"~":7}} `)
	for _, row := range []struct {
		got  []byte
		want string
	}{
		{Member(object, "meta"), `[2]`},
		{LastMember(object, "meta"), `6`},
		{Member(object, "met"), ``},
		{Member([]byte(`[1]`), "meta"), ``},
		{Member(nil, "meta"), ``},
		{Field(object, "x.y"), `3`},
		{Field(object, "x.z"), `5`},
		{Field(object, "list.1.id"), `"q"`},
		{Field(object, "list.2.id"), ``},
		{Field(object, "list.-1"), ``},
		{Pointer(object, "/a/meta"), `1`},
		{Pointer(object, "/a~1b/~0"), `7`},
		{Pointer(object, "/list/0"), `{"id":"p"}`},
		{Pointer(object, "/list/x"), ``},
		{Pointer(object, "/"), string(Trim(object))},
		{Element([]byte(`[1, 2]`), 1), `2`},
		{Element([]byte(`[1, 2]`), 2), ``},
	} {
		if string(row.got) != row.want {
			t.Errorf("got %s, want %s", row.got, row.want)
		}
	}
	if n := Len([]byte(" [1,[2,3],{}] ")); n != 3 {
		t.Errorf("there are %d elements", n)
	}
	if got := JoinPointer("/x", "a/~b"); got != "/x/a~1~0b" {
		t.Errorf("got %s", got)
	}
	if !IsEmpty([]byte(" { } ")) || !IsEmpty(nil) || IsEmpty(object) {
		t.Error("IsEmpty is wrong")
	}
}

func TestWalkingDoesNotAllocate(t *testing.T) {
	body := typographic(64 << 10)
	if n := testing.AllocsPerRun(10, func() {
		for record := range Elements(Member(Member(body, "result"), "data")) {
			if Member(record, "note") == nil || !TextIs(Member(record, "absent"), "") && Member(record, "absent") != nil {
				t.Fatal("a record has no note")
			}
		}
		if Duplicate(body) != nil {
			t.Fatal("a name comes twice")
		}
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}
