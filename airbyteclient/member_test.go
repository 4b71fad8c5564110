package airbyteclient

import (
	"encoding/json"
	"testing"
)

func TestMemberIsTheLastOfItsName(t *testing.T) {
	for _, row := range []struct{ object, want string }{
		{`{"meta":{"cursor":"a"},"data":[]}`, `{"cursor":"a"}`},
		{`{"meta":1,"meta":[2]}`, `[2]`},
		{`{"data":{"meta":1}}`, ``},
		{`[{"meta":1}]`, ``},
		{`null`, ``},
		{``, ``},
	} {
		if got := Member(json.RawMessage(row.object), "meta"); string(got) != row.want {
			t.Errorf("meta of %s is %s, want %s", row.object, got, row.want)
		}
	}
}
