package approval

import "airbyte-agent-mcp/tools/plan"

// What tests outside of the package use of it.

const MaxSealedPlan = maxSealedPlan
const PlanLife = planLife
const PlanReuse = planReuse
const YesLife = yesLife

var ErrAnswered = errAnswered
var PlanPurpose = planPurpose

// TakeAnswer is takeAnswer.
func (a *Approver) TakeAnswer(p plan.Subject) (personsAnswer, bool, error) { return a.takeAnswer(p) }
