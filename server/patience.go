package server

import (
	"cmp"
	"time"

	"airbyte-agent-mcp/tools/dispatch"
)

// callAfter is what is left for a call once its person has answered late. What
// takes longer goes on, and read_more has it.
const callAfter = 5 * time.Second

// patienceOf is how long a call may wait for a person: it must be answered
// before the client gives up.
func patienceOf(limits dispatch.Limits) time.Duration {
	all := cmp.Or(limits.CallTimeout, 50*time.Second)
	return max(all-callAfter, all/5)
}
