package formats

import (
	"fmt"
	"io"

	"airbyte-agent-mcp/tools"
)

// Report holds each tool of a choice, or all where nothing is chosen, to the
// known rules of clients and providers, and the number of those that are served
// at once. It prints the faults to w, one a line, and returns whether there are
// none.
func Report(w io.Writer, choice tools.Choice, served []tools.Tool) (clean bool, err error) {
	each := served
	if len(choice.Toolsets) == 0 && len(choice.Tools) == 0 {
		choice.Toolsets = []string{"all"}
		if each, err = tools.Choose(tools.Catalog(), choice); err != nil {
			return false, err
		}
	}
	rules, err := KnownRules()
	if err != nil {
		return false, err
	}
	faults, err := rules.Check(each, served)
	if err != nil {
		return false, err
	}
	if len(faults) == 0 {
		_, err = fmt.Fprintf(w, "%d tools clean for %d targets (rules of %s)\n", len(each), len(rules.Targets), rules.AsOf)
		return true, err
	}
	for _, fault := range faults {
		if _, err := fmt.Fprintln(w, fault); err != nil {
			return false, err
		}
	}
	return false, nil
}
