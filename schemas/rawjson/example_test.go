package rawjson_test

import (
	"fmt"

	"airbyte-agent-mcp/schemas/rawjson"
)

func ExampleMembers() {
	for key, value := range rawjson.Members([]byte(`{"id":9007199254740993,"tags":["a","b"]}`)) {
		fmt.Println(key, string(value))
	}
	// Output:
	// id 9007199254740993
	// tags ["a","b"]
}

// The records of an answer are found in the pass that checks it.
func ExampleScanner() {
	body := []byte(`{"status":"success","result":{"data":[{"id":1},{"id":2}]}}`)
	var records [][]byte
	s := rawjson.NewScanner(body)
	for key := range s.Members() {
		if !key.Is("result") {
			continue
		}
		for key := range s.Members() {
			if !key.Is("data") {
				continue
			}
			for range s.Elements() {
				record, _ := s.Value()
				records = append(records, record)
			}
		}
	}
	if err := s.End(); err != nil {
		fmt.Println(err)
	}
	fmt.Printf("%s\n", records)
	fmt.Println("invisible characters:", s.Traits().Has(rawjson.HasInvisible))
	// Output:
	// [{"id":1} {"id":2}]
	// invisible characters: false
}

func ExampleCheck() {
	_, err := rawjson.Check([]byte(`{"a":tru}`))
	fmt.Println(err)
	traits, _ := rawjson.Check([]byte(`{"a": "\u200b"}`))
	fmt.Println(traits.Has(rawjson.HasInvisible), traits.Has(rawjson.HasNewline))
	// Output:
	// the JSON is not valid (at byte 8)
	// true false
}

func ExamplePointer() {
	v := []byte(`{"owner":{"emails":["a@example.com","b@example.com"]}}`)
	fmt.Println(string(rawjson.Pointer(v, "/owner/emails/1")))
	fmt.Println(string(rawjson.Field(v, "owner.emails.0")))
	// Output:
	// "b@example.com"
	// "a@example.com"
}

func ExampleAppendMember() {
	object := rawjson.AppendMember([]byte("{"), "name", rawjson.Quote("Zoë <z@example.com>"))
	object = rawjson.AppendMember(object, "count", rawjson.Of(2))
	fmt.Println(string(append(object, '}')))
	// Output: {"name":"Zoë <z@example.com>","count":2}
}

func ExampleCompare() {
	fmt.Println(rawjson.Compare([]byte(`9007199254740993`), []byte(`9007199254740992`)))
	fmt.Println(rawjson.Equal([]byte(`1.50`), []byte(`15e-1`)))
	fmt.Println(rawjson.Equal([]byte(`"a"`), []byte(`"\u0061"`)))
	// Output:
	// 1
	// true
	// true
}

func ExampleDuplicate() {
	fmt.Println(rawjson.Duplicate([]byte(`{"filter":[{"id":1,"\u0069d":2}]}`)))
	// Output: [filter 0 id]
}
