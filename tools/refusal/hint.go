package refusal

// Hinted adds to an error what only its tool knows.
type Hinted struct {
	Err      error
	Hint     string // what to do next
	ReadOnly bool   // the call would have changed nothing, whatever its tool may do
}

func (h Hinted) Error() string { return h.Err.Error() }
func (h Hinted) Unwrap() error { return h.Err }
