package schemas_test

import (
	"encoding/json"
	"errors"
	"fmt"

	"airbyte-agent-mcp/schemas"
)

type listIn struct {
	Kind  string `json:"kind" jsonschema:"enum=source,enum=destination" jsonschema_description:"What to list."`
	Limit int    `json:"limit,omitempty" jsonschema:"minimum=1,maximum=100" jsonschema_description:"How many, 1 to 100."`
}

func ExampleFor() {
	schema, err := schemas.For[listIn]()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(schema.OpenAPI()))
	// Output:
	// {"type":"object","properties":{"kind":{"type":"string","description":"What to list.","enum":["source","destination"]},"limit":{"type":"integer","description":"How many, 1 to 100.","minimum":1,"maximum":100}},"required":["kind"]}
}

// A type that providers would not accept is refused, and everything that is
// wrong with it is named.
func ExampleFor_outsideTheDialect() {
	type in struct {
		When  chan int       `json:"when" jsonschema_description:"When."`
		Extra map[string]any `json:"extra" jsonschema_description:"More."`
	}
	_, err := schemas.For[in]()
	fmt.Println(err)
	// Output:
	// in.When: chan int has no place in the dialect
	// in.Extra: interface {} has no place in the dialect
}

// Arguments of the kind that models send are brought into shape.
func ExampleSchema_Coerce() {
	schema, _ := schemas.For[listIn]()
	args, err := schema.Coerce(json.RawMessage(`"{\"Kind\": \"Source\", \"limit\": \"10\"}"`))
	fmt.Println(string(args), err)
	// Output: {"kind":"source","limit":10} <nil>
}

func ExampleSchema_Coerce_problems() {
	schema, _ := schemas.For[listIn]()
	_, err := schema.Coerce(json.RawMessage(`{"kynd":"source","limit":1000}`))
	var invalid *schemas.ValidationError
	if errors.As(err, &invalid) {
		for _, problem := range invalid.Problems {
			fmt.Println(problem)
		}
	}
	// Output:
	// kind: required, but missing. What to list.
	// limit: want a whole number from 1 to 100, got 1000
	// unknown argument "kynd": did you mean "kind"? valid: kind, limit
}

func ExampleNodes() {
	schema, _ := schemas.For[listIn]()
	nodes, err := schemas.Nodes(schema.JSON())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, node := range nodes[1:] {
		fmt.Println(node.Path, node.Types())
	}
	// Output:
	// kind [string]
	// limit [integer]
}
