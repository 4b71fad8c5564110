package tools

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Print writes a table of tools to w for people: name, effect, toolset, cost in
// tokens, and title.
func Print(w io.Writer, list []Tool) error {
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "TOOL\tEFFECT\tTOOLSET\tTOKENS\tWHAT IT DOES")
	sum := 0
	for _, t := range list {
		n := t.Tokens()
		sum += n
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%s\n", t.Name, t.Effect, t.Toolset, n, t.Title)
	}
	fmt.Fprintf(table, "%d tools\t\t\t%d\t\n", len(list), sum)
	return table.Flush()
}
