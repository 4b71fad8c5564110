package formats

import (
	"strings"
	"testing"
)

func TestExportOfNothingIsAnEmptyList(t *testing.T) {
	t.Parallel()
	for _, f := range Formats() {
		want := `"tools": []`
		if f == Vercel {
			want = `"tools": {}`
		}
		if got, err := Export(nil, f, "v1"); err != nil || !strings.Contains(string(got), want) {
			t.Errorf("%s: got %s, %v", f, got, err)
		}
	}
}
