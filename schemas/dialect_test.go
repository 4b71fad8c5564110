package schemas

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/invopop/jsonschema"
)

type (
	recursive struct {
		Children []recursive `json:"children" jsonschema_description:"More of them."`
	}
	endless  []endless
	ownJSON  struct{}
	ownText  string
	ownHook  string
	embedded struct {
		Name string `json:"name" jsonschema_description:"A name."`
	}
	level5 struct {
		A string `json:"a" jsonschema_description:"A."`
	}
	level4 struct {
		Next level5 `json:"next" jsonschema_description:"Next."`
	}
	level3 struct {
		Next level4 `json:"next" jsonschema_description:"Next."`
	}
	level2 struct {
		Next level3 `json:"next" jsonschema_description:"Next."`
	}
	pageOf[T any] struct {
		Items []T `json:"items"`
	}
	hidden string
)

func (*ownJSON) UnmarshalJSON([]byte) error { return nil }
func (ownJSON) MarshalJSON() ([]byte, error) {
	return []byte("1"), nil
}
func (*ownText) UnmarshalText([]byte) error    { return nil }
func (ownText) MarshalText() ([]byte, error)   { return nil, nil }
func (ownHook) JSONSchema() *jsonschema.Schema { return jsonschema.TrueSchema }
func (hidden) MarshalJSON() ([]byte, error)    { return []byte(`"[redacted]"`), nil }

func errorOf[T any](t *testing.T) string {
	t.Helper()
	_, err := For[T]()
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestWhatLeavesTheDialectIsNamed(t *testing.T) {
	type noDescription struct {
		A string `json:"a"`
	}
	type badKeys struct {
		Plain  string `jsonschema_description:"No key."`
		Camel  string `json:"camelCase" jsonschema_description:"Camel."`
		Filter string `json:"filter[x]" jsonschema_description:"Brackets."`
		Long   string `json:"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" jsonschema_description:"65."`
	}
	type badTypes struct {
		Any     any            `json:"any" jsonschema_description:"D."`
		Raw     Value          `json:"raw" jsonschema_description:"D."`
		Func    func()         `json:"func" jsonschema_description:"D."`
		Chan    chan int       `json:"chan" jsonschema_description:"D."`
		Complex complex128     `json:"complex" jsonschema_description:"D."`
		URL     url.URL        `json:"url" jsonschema_description:"D."`
		Number  json.Number    `json:"number" jsonschema_description:"D."`
		IntMap  map[int]string `json:"int_map" jsonschema_description:"D."`
		AnyMap  map[string]any `json:"any_map" jsonschema_description:"D."`
	}
	type badTypes2 struct {
		TextMap  map[ownText]int    `json:"text_map" jsonschema_description:"D."`
		Bytes    []byte             `json:"bytes" jsonschema_description:"D."`
		Array    [2]int             `json:"array" jsonschema_description:"D."`
		Own      ownJSON            `json:"own" jsonschema_description:"D."`
		Text     ownText            `json:"text" jsonschema_description:"D."`
		Hook     ownHook            `json:"hook" jsonschema_description:"D."`
		Pointers []*string          `json:"pointers" jsonschema_description:"D."`
		Lists    map[string][]int   `json:"lists" jsonschema_description:"D."`
		Must     *string            `json:"must" jsonschema_description:"D."`
		Twice    **string           `json:"twice,omitempty" jsonschema_description:"D."`
		Object   *Object            `json:"object,omitempty" jsonschema_description:"D."`
		Slice    *[]string          `json:"slice,omitempty" jsonschema_description:"D."`
		Uintptr  uintptr            `json:"uintptr" jsonschema_description:"D."`
		Strange  map[string]ownJSON `json:"strange" jsonschema_description:"D."`
	}
	type badTags struct {
		Quoted   int       `json:"quoted,string" jsonschema_description:"D."`
		Inline   int       `json:"inline,inline" jsonschema_description:"D."`
		Enum     int       `json:"enum" jsonschema:"enum=1" jsonschema_description:"D."`
		Bound    string    `json:"bound" jsonschema:"minimum=1" jsonschema_description:"D."`
		Inf      float64   `json:"inf" jsonschema:"maximum=Inf" jsonschema_description:"D."`
		Half     int       `json:"half" jsonschema:"maximum=0.5" jsonschema_description:"D."`
		OneOf    string    `json:"one_of" jsonschema:"oneof_type=string;integer" jsonschema_description:"D."`
		Nullable string    `json:"nullable" jsonschema:"nullable" jsonschema_description:"D."`
		Dash     string    `json:"dash" jsonschema:"-" jsonschema_description:"D."`
		Length   string    `json:"length" jsonschema:"minLength=1" jsonschema_description:"D."`
		Moment   time.Time `json:"moment" jsonschema:"enum=now" jsonschema_description:"D."`
		Comma    string    `json:"comma" jsonschema:"enum=a\\,b" jsonschema_description:"D."`
	}
	type badFields struct {
		*embedded
		time.Duration
		sortKey
		Field string `json:"field" jsonschema_description:"D."`
	}
	type promoted struct{ time.Time }

	for name, row := range map[string]struct {
		got  string
		want []string
	}{
		"an undescribed property":  {errorOf[noDescription](t), []string{"noDescription.A: no jsonschema_description"}},
		"keys outside the pattern": {errorOf[badKeys](t), []string{"badKeys.Plain: json key", "badKeys.Camel:", "badKeys.Filter:", "badKeys.Long:"}},
		"types without a schema": {errorOf[badTypes](t), []string{
			"badTypes.Any: interface {} has no place", "badTypes.Raw: json.RawMessage takes anything", "badTypes.Func:", "badTypes.Chan:",
			"badTypes.Complex:", "badTypes.URL: url.URL encodes", "badTypes.Number:", "badTypes.IntMap:", "badTypes.AnyMap:",
		}},
		"types whose JSON is not what they look like": {errorOf[badTypes2](t), []string{
			"badTypes2.TextMap: map[schemas.ownText]int: keys", "badTypes2.Bytes: []uint8 encodes as base64", "badTypes2.Array:", "badTypes2.Own:",
			"badTypes2.Text:", "badTypes2.Hook:", "badTypes2.Pointers:", "badTypes2.Lists:", "badTypes2.Must: a pointer may be nil", "badTypes2.Twice:",
			"badTypes2.Object:", "badTypes2.Slice:", "badTypes2.Uintptr:", "badTypes2.Strange:",
		}},
		"tags that providers refuse or the generator drops": {errorOf[badTags](t), []string{
			`badTags.Quoted: json option "string"`, "badTags.Inline:", "badTags.Enum:", "badTags.Bound:", "badTags.Inf:", "badTags.Half:", "badTags.OneOf:",
			"badTags.Nullable:", "badTags.Dash:", "badTags.Length:", "badTags.Moment:", "badTags.Comma:",
		}},
		"fields that encoding/json reads otherwise": {errorOf[badFields](t), []string{
			"badFields.embedded: embed structs only", "badFields.Duration:", `badFields.Field: json key "field" is taken`,
		}},
		"methods that come with an embedded type": {errorOf[promoted](t), []string{"struct: schemas.promoted has methods of"}},
		"a recursive struct":                      {errorOf[recursive](t), []string{"recursive.Children: schemas.recursive is recursive"}},
		"a recursive list": {errorOf[struct {
			L endless `json:"l" jsonschema_description:"D."`
		}](t), []string{"struct.L: schemas.endless is recursive"}},
		"nesting": {errorOf[struct {
			Next level2 `json:"next" jsonschema_description:"D."`
		}](t), []string{"level4.Next: nested too deeply"}},
		"problems inside a generic and a list": {errorOf[pageOf[struct {
			X any `json:"x" jsonschema_description:"D."`
		}]](t), []string{".Items: no jsonschema_description", ".Items.X: interface {}"}},
		"roots that are no structs": {errorOf[map[string]string](t) + errorOf[time.Time](t) + errorOf[*filter](t) + errorOf[any](t), []string{
			"map[string]string: the root", "time.Time: the root", "*schemas.filter: the root", "interface {}: the root",
		}},
		"a description nobody reads to its end": {errorOf[wordy](t), []string{"wordy.A: jsonschema_description has 901 characters"}},
		"too many parameters":                   {errorOf[seventeen](t), []string{"seventeen: has 17 fields"}},
	} {
		t.Run(name, func(t *testing.T) {
			lines := strings.Split(row.got, "\n")
			for _, want := range row.want {
				if !strings.Contains(row.got, want) {
					t.Errorf("no %q in:\n%s", want, row.got)
				}
			}
			if name != "roots that are no structs" && len(lines) != len(row.want) {
				t.Errorf("%d problems, want %d:\n%s", len(lines), len(row.want), row.got)
			}
		})
	}
}

func TestAnswersAreFreerThanArguments(t *testing.T) {
	type out struct {
		Raw  Value  `json:"raw" jsonschema_description:"D."`
		Deep level2 `json:"deep" jsonschema_description:"D."`
	}
	if _, err := ForOutput[out](); err != nil {
		t.Error(err)
	}
	if _, err := For[out](); err == nil {
		t.Error("arguments took a Value")
	}
}

func TestMethodsCountOnlyInTheDirectionTheyAct(t *testing.T) {
	type T struct {
		Secret hidden `json:"secret" jsonschema_description:"D."`
	}
	if _, err := For[T](); err != nil {
		t.Error("arguments:", err)
	}
	if _, err := ForOutput[T](); err == nil {
		t.Error("answers took a type that does not encode as it looks")
	}
}

func TestIgnoredFieldsAreNotThere(t *testing.T) {
	type T struct {
		Skipped func() `json:"-"`
		private any
	}
	_ = T{}.private
	if got := string(arg[T](t).JSON()); !strings.Contains(got, `"properties":{}`) {
		t.Error(got)
	}
}

type seventeen struct {
	F1  string `json:"f1,omitempty" jsonschema_description:"D."`
	F2  string `json:"f2,omitempty" jsonschema_description:"D."`
	F3  string `json:"f3,omitempty" jsonschema_description:"D."`
	F4  string `json:"f4,omitempty" jsonschema_description:"D."`
	F5  string `json:"f5,omitempty" jsonschema_description:"D."`
	F6  string `json:"f6,omitempty" jsonschema_description:"D."`
	F7  string `json:"f7,omitempty" jsonschema_description:"D."`
	F8  string `json:"f8,omitempty" jsonschema_description:"D."`
	F9  string `json:"f9,omitempty" jsonschema_description:"D."`
	F10 string `json:"f10,omitempty" jsonschema_description:"D."`
	F11 string `json:"f11,omitempty" jsonschema_description:"D."`
	F12 string `json:"f12,omitempty" jsonschema_description:"D."`
	F13 string `json:"f13,omitempty" jsonschema_description:"D."`
	F14 string `json:"f14,omitempty" jsonschema_description:"D."`
	F15 string `json:"f15,omitempty" jsonschema_description:"D."`
	F16 string `json:"f16,omitempty" jsonschema_description:"D."`
	F17 string `json:"f17,omitempty" jsonschema_description:"D."`
}

type wordy struct {
	A string `json:"a" jsonschema_description:"012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789x"`
}
