package journal

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"airbyte-agent-mcp/tools/account/accounttest"
)

func FuzzVerifyJournal(f *testing.F) {
	var out bytes.Buffer
	j, err := Open("stderr", &out, func() time.Time { return accounttest.StoryTime })
	if err != nil {
		f.Fatal(err)
	}
	for range 3 {
		if err := j.Write(j.WithShape(Entry{Step: "sent", Time: accounttest.StoryTime}, json.RawMessage(`{"a":[1,"b",{"c":null}]}`))); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(out.Bytes())
	f.Add([]byte("{\"sum\":\"\"}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if n, err := Verify(bytes.NewReader(text)); err == nil && n != bytes.Count(text, []byte("\n")) {
			t.Errorf("%d lines of %q", n, text)
		}
	})
}
