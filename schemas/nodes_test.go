package schemas

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestNodesAreAllPlacesOfASchema(t *testing.T) {
	for name, row := range map[string]struct{ schema, want string }{
		"properties and lists":           {`{"type":"object","properties":{"b":{"type":"array","items":{"type":"object","properties":{"c":{"type":"string"}}}},"a":{}}}`, "0. a:1 b:2 b[]:3 b[].c:3"},
		"a property named for a keyword": {`{"type":"object","properties":{"items":{"type":"string"},"anyOf":{"type":"string"}}}`, "0. anyOf:1 items:1"},
		"combinations":                   {`{"type":"object","anyOf":[{"type":"object"},{"not":{"type":"string"}}],"if":{}}`, "0. |0:2 |1:1 |1!:1 ?:1"},
		"definitions":                    {`{"$defs":{"d":{"type":"array"}},"patternProperties":{"^x":{"const":1}},"additionalProperties":{"type":"string"}}`, "0. {}:0 {}^x:0 $d:1"},
		"type lists":                     {`{"type":["object","null"]}`, "0."},
		"no keywords at all":             {`true`, "0."},
		"keywords of a wrong kind":       {`{"type":7,"properties":[],"items":3,"anyOf":{},"required":{}}`, "0. |:0"},
	} {
		t.Run(name, func(t *testing.T) {
			list, err := Nodes(json.RawMessage(row.schema))
			must(t, list, err)
			got := "0."
			for _, n := range list[1:] {
				got += fmt.Sprintf(" %s:%d", n.Path, n.Depth)
				if n.Root {
					t.Errorf("%s is not the root", n.Path)
				}
			}
			if got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
	if _, err := Nodes(json.RawMessage(`{`)); err == nil || !strings.HasPrefix(err.Error(), "read schema: ") {
		t.Errorf("got %v", err)
	}
}
