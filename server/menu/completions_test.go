package menu

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

func TestFoundNamesAreBounded(t *testing.T) {
	t.Parallel()
	var f foundNames
	for i := range 3 * maxNames {
		if _, err := f.get(t.Context(), fmt.Sprint(i), func(context.Context) ([]choice, error) { return nil, nil }); err != nil {
			t.Fatal(err)
		}
	}
	if len(f.lists) != maxNames {
		t.Errorf("%d lists are kept", len(f.lists))
	}
	long := presentable([]choice{{value: "a"}, {value: "a"}, {value: ""}, {value: "b\u202ec"}, {value: "d\n"}, {value: strings.Repeat("x", 300)}, {value: "é"}})
	if len(long) != 2 || long[0].value != "a" || long[1].value != "é" {
		t.Errorf("offered: %q", long)
	}
}
