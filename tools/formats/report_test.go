package formats_test

import (
	"bytes"
	"strings"
	"testing"

	"airbyte-agent-mcp/tools"
	"airbyte-agent-mcp/tools/formats"
)

func TestReportNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	list, err := tools.Choose(tools.Catalog(), tools.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	for len(list) <= 40 {
		list = append(list, list...)
	}
	var out bytes.Buffer
	clean, err := formats.Report(&out, tools.Choice{Tools: []string{"list_connectors"}}, list)
	if err != nil || clean || !strings.HasPrefix(out.String(), "catalog: Cursor: tool-count: ") {
		t.Errorf("got %v, %v, printed %s", clean, err, out.String())
	}
}
