package account

import (
	"context"
	"os"
	"time"

	"github.com/maypok86/otter/v2"

	"airbyte-agent-mcp/airbyteclient"
)

// Account is the Airbyte account that serves a call, with what has been learned
// through it before. Handlers call the API on it.
type Account struct {
	*airbyteclient.Client
	Memory *Memory
	Now    func() time.Time
	Files  *os.Root // where downloads are saved; nil for nowhere
	Skip   int      // records that this call need not have of a list too long to hold
}

// Memory keeps what costs several requests to learn, such as a connector's
// documentation. It only saves requests: an empty one serves as well.
type Memory struct {
	Cache *otter.Cache[string, learned]
}

type learned struct {
	value any
	at    time.Time
}

const (
	// memorySize bounds the number of things remembered, of all accounts.
	memorySize = 1024
	// memoryAge is how long a thing is taken for true.
	memoryAge = 10 * time.Minute
	// learningTime bounds a request whose answer is to be remembered. Others
	// wait for it too, so it does not end with the call that began it.
	learningTime = 30 * time.Second
)

func NewMemory() *Memory {
	return &Memory{otter.Must(&otter.Options[string, learned]{
		MaximumSize:      memorySize,
		ExpiryCalculator: otter.ExpiryWriting[string, learned](memoryAge),
	})}
}

// Recall returns what is remembered under key, or learns it now: once for any
// number of waiting calls. Failures are not remembered. The time is when it
// was learned.
func Recall[T any](ctx context.Context, api *Account, key string, learn func(context.Context) (T, error)) (T, time.Time, error) {
	found, err := api.Memory.Cache.Get(ctx, api.Identity()+"/"+key, otter.LoaderFunc[string, learned](func(ctx context.Context, _ string) (learned, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), learningTime)
		defer cancel()
		value, err := learn(ctx)
		return learned{value, api.Now()}, err
	}))
	if err != nil {
		var none T
		return none, time.Time{}, err
	}
	return found.value.(T), found.at, nil
}

// Forget drops what was remembered under key, because it has changed.
func (a *Account) Forget(key string) {
	a.Memory.Cache.Invalidate(a.Identity() + "/" + key)
}
