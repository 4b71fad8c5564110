package answer

import (
	"encoding/json"

	"airbyte-agent-mcp/tools/secrets"
)

// Result is what a tool gave back, before it is cut to a budget.
type Result interface {
	// Size is what it holds, in bytes.
	Size() int
	// Answer renders it: one JSON object on one line.
	Answer(*Fitter) (Answer, error)
	// Without has secrets blanked in it.
	Without(*secrets.Set) Result
}

// PartialResult is a result that may hold only a part of what there is.
type PartialResult interface {
	Result
	// Has reports whether what is wanted is held.
	Has(Place) bool
}

// Plain is a result that is JSON from the start.
type Plain json.RawMessage

func (p Plain) Size() int { return len(p) }

func (p Plain) Without(s *secrets.Set) Result { return Plain(s.RedactJSON(json.RawMessage(p))) }

func (p Plain) Answer(f *Fitter) (Answer, error) {
	return Answer{JSON: f.Fit(json.RawMessage(p), "", 0)}, nil
}
