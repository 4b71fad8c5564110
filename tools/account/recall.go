package account

import (
	"context"
	"time"
)

// BriefTime bounds what is good to know and not worth waiting for.
const BriefTime = 6 * time.Second

// RecallWithin is recall for a part of a larger task: it ends with that, too.
func RecallWithin[T any](ctx context.Context, api *Account, key string, most time.Duration, learn func(context.Context) (T, error)) (T, time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	deadline, _ := ctx.Deadline()
	return Recall(ctx, api, key, func(ctx context.Context) (T, error) {
		ctx, cancel := context.WithDeadline(ctx, deadline)
		defer cancel()
		return learn(ctx)
	})
}
