package server

import (
	"context"
	"time"

	"airbyte-agent-mcp/tools/account"
)

// readiness remembers for a moment whether the API can be used.
type readiness struct {
	turn    chan struct{} // full while someone uses the fields below
	checked time.Time
	err     error
}

func (r *readiness) check(ctx context.Context, clients account.Clients) error {
	select {
	case r.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-r.turn }()
	if !r.checked.IsZero() && time.Since(r.checked) < readyAge {
		return r.err
	}
	// What is found counts for others, who may be more patient than this caller.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTimeout)
	defer cancel()
	api, err := clients(ctx)
	if err == nil {
		err = api.Ready(ctx)
	}
	r.checked, r.err = time.Now(), err
	return err
}
