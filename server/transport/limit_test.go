package transport

import (
	"testing"
)

func TestBudgetIsSpentAndGivenBack(t *testing.T) {
	t.Parallel()
	b := budget{most: 10}
	if !b.Take(50) {
		t.Error("a message larger than all must still pass alone")
	}
	if b.Take(1) {
		t.Error("more was taken than there is")
	}
	b.give(50)
	if !b.Take(6) || !b.Take(4) || b.Take(1) {
		t.Error("the budget does not count")
	}
}

func TestIDsLeaveAsValidUTF8(t *testing.T) {
	t.Parallel()
	if got, err := rawID([]byte("\"\xff\"")).MarshalJSON(); err != nil || string(got) != "\"\uFFFD\"" && string(got) != `"\ufffd"` {
		t.Errorf("got %q, %v", got, err)
	}
}
