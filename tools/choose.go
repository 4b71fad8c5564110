package tools

import (
	"airbyte-agent-mcp/schemas/safetext"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Choice says which tools of a catalog to serve. The tags are read by the
// command line parser.
type Choice struct {
	Toolsets     []string `name:"toolsets" env:"AIRBYTE_MCP_TOOLSETS" placeholder:"NAME" help:"Toolsets to serve, or all (core if nothing is chosen)."`
	Tools        []string `name:"tools" env:"AIRBYTE_MCP_TOOLS" placeholder:"NAME" help:"Single tools to serve, besides those of --toolsets if that is given."`
	ExcludeTools []string `name:"exclude-tools" env:"AIRBYTE_MCP_EXCLUDE_TOOLS" placeholder:"NAME" help:"Tools to leave out, whatever else is chosen."`
	ReadOnly     bool     `name:"read-only" env:"AIRBYTE_MCP_READ_ONLY" help:"Serve only tools that change nothing; execute_operation then admits reading actions alone."`
}

// Choose picks tools out of a catalog, in its order, and checks them. The
// error names every unknown name, with the nearest known one, and every tool
// that cannot be served.
func Choose(catalog []Toolset, c Choice) ([]Tool, error) {
	var sets, names []string
	for _, set := range catalog {
		sets = append(sets, set.Name)
		for _, t := range set.Tools {
			names = append(names, t.Name)
		}
	}
	if len(c.Toolsets) == 0 && len(c.Tools) == 0 {
		c.Toolsets = []string{Core}
	}
	faults := errors.Join(
		unknown("--toolsets", c.Toolsets, append(sets, "all")),
		unknown("--tools", c.Tools, names),
		unknown("--exclude-tools", c.ExcludeTools, names),
	)
	if faults != nil {
		return nil, faults
	}
	var chosen []Tool
	for _, set := range catalog {
		whole := slices.Contains(c.Toolsets, set.Name) || slices.Contains(c.Toolsets, "all")
		for _, t := range set.Tools {
			if !whole && !slices.Contains(c.Tools, t.Name) || slices.Contains(c.ExcludeTools, t.Name) {
				continue
			}
			if c.ReadOnly && t.readOnly != nil {
				t = t.readOnly()
				t.Toolset = set.Name
			}
			if c.ReadOnly && t.Effect != Read {
				continue
			}
			_, err := t.Schemas()
			faults = errors.Join(faults, err)
			chosen = append(chosen, t)
		}
	}
	return chosen, faults
}

func unknown(flag string, given, known []string) error {
	var faults []error
	for _, name := range given {
		if slices.Contains(known, name) {
			continue
		}
		if near := safetext.Nearest(name, known); near != "" {
			faults = append(faults, fmt.Errorf("%s: there is no %q; did you mean %q?", flag, name, near))
		} else {
			faults = append(faults, fmt.Errorf("%s: there is no %q; there are: %s", flag, name, strings.Join(known, ", ")))
		}
	}
	return errors.Join(faults...)
}
