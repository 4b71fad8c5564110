package menu

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzResourceURI(f *testing.F) {
	for _, uri := range []string{
		"airbyte://definitions?name=hub&cursor=x", "airbyte://workspaces/a%20b/connectors", "airbyte://connectors/x/docs/actions.a.list",
		"AIRBYTE://definitions", "airbyte://connectors/%252e%252e", "airbyte://connectors/é", "airbyte://[::1]/x", "airbyte://connectors/..%2F",
	} {
		f.Add(uri)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		a, ok := parseURI(uri)
		if !ok {
			return
		}
		for _, element := range []string{a.name, a.section, a.cursor} {
			if strings.ContainsAny(element, "/\\\n\x00") || strings.Contains(element, "..") || !utf8.ValidString(element) || len(element) > maxElement {
				t.Errorf("%q gives %+v", uri, a)
			}
		}
		if len(uri) > maxURI || a.kind != definitionsKind && a.name == "" || (a.kind == docsKind) != (a.section != "") {
			t.Errorf("%q gives %+v", uri, a)
		}
	})
}
