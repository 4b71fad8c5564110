package connect

import (
	"fmt"
	"testing"
	"time"
)

func TestVisitsAreBoundedAndForgotten(t *testing.T) {
	t.Parallel()
	all := visits{byID: map[string]*visit{}}
	now := time.Now()
	fill := func(round string) (n int) {
		for ; n < 2*maxVisits; n++ {
			if _, err := all.open(round+fmt.Sprint(n), issued{Until: now.Add(linkTime)}, now); err != nil {
				break
			}
		}
		return n
	}
	if n := fill("first "); n != maxVisits {
		t.Errorf("%d visits were kept", n)
	}
	if _, err := all.open("first 0", issued{Until: now.Add(linkTime)}, now); err != nil {
		t.Errorf("a known visit is refused: %v", err)
	}
	now = now.Add(linkTime + keepVisit + time.Second)
	if n := fill("second "); n != maxVisits {
		t.Errorf("%d visits were kept when the old ones were over", n)
	}
}
