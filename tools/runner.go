package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"airbyte-agent-mcp/airbyteclient"
)

// Runner calls tools for a server, and keeps what must outlive a call.
// Make one with NewRunner.
type Runner struct {
	tools  map[string]Tool
	memory *memory
}

// NewRunner makes a runner of tools that have been chosen and checked.
func NewRunner(list []Tool) *Runner {
	r := &Runner{tools: map[string]Tool{}, memory: newMemory()}
	for _, t := range list {
		r.tools[t.Name] = t
	}
	return r
}

// Tools are all that it can call, by name.
func (r *Runner) Tools() map[string]Tool { return r.tools }

// Call runs one tool with the caller's account. Tool.Explain words the error.
func (r *Runner) Call(ctx context.Context, api *airbyteclient.Client, name string, arguments json.RawMessage) (Answer, error) {
	t, ok := r.tools[name]
	if !ok {
		return Answer{}, fmt.Errorf("no tool %q is served", name)
	}
	answer, err := t.Call(ctx, &Account{api, r.memory, time.Now}, arguments)
	return Answer{JSON: answer}, err
}

// Answer is what a call gives back.
type Answer struct {
	// JSON is one valid object on one line.
	JSON json.RawMessage
}
