package description

import (
	"fmt"
	"strings"

	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/knowledge"
)

// This file writes actions and parameters as a model reads them.

// notation explains signatures; it stands in every answer that has some.
const notation = "action(params): * is required; string unless a type follows; a|b are the legal values; (?) means that the parameters are not known."

// brevity is how much a signature leaves out.
type brevity int

const (
	withTypes   brevity = iota // every parameter with type and values
	withNames                  // optional ones by name
	withCount                  // optional ones as a number
	withNothing                // the action's name
)

// enumsShown is how many legal values stand in a signature.
const enumsShown = 8

func signature(a *knowledge.Action, b brevity) string {
	if b == withNothing {
		return a.Name
	}
	if a.Unavailable {
		return a.Name + " (not available at present)"
	}
	var params []string
	optional := 0
	for _, p := range a.Params {
		switch {
		case p.Required:
			params = append(params, p.Name+"*"+kind(&p, enumsShown))
		case b == withTypes:
			params = append(params, p.Name+kind(&p, enumsShown))
		case b == withNames:
			params = append(params, p.Name)
		default:
			optional++
		}
	}
	if optional > 0 {
		params = append(params, fmt.Sprintf("%d optional", optional))
	}
	if !a.Known {
		params = append(params, "?")
	}
	return a.Name + "(" + strings.Join(params, ", ") + ")"
}

// kind is a parameter's type and legal values, empty for any string.
func kind(p *knowledge.Param, most int) string {
	values := strings.Join(p.Enum[:min(len(p.Enum), most)], "|")
	if rest := len(p.Enum) - most; rest > 0 {
		values += fmt.Sprintf("|… %d more", rest)
	}
	switch {
	case values == "" && (p.Type == "" || p.Type == "string"):
		return ""
	case values == "":
		return ": " + p.Type
	case p.Type == "array":
		return ": array of " + values
	case p.Type == "" || p.Type == "string":
		return ": " + values
	}
	return ": " + p.Type + " " + values
}

// line tells everything of a parameter.
func line(p *knowledge.Param, most int) string {
	name := p.Name
	if p.Required {
		name += "*"
	}
	line := name + kind(p, knowledge.MaxEnum)
	if p.In != "" {
		line += " (" + p.In + ")"
	}
	if p.Description != "" {
		line += " - " + safetext.Clip(p.Description, most)
	}
	return line
}
