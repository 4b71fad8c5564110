package airbyteclient

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

var opMintToken = Operation{"MintToken", "mint token", http.MethodPost, "/api/v1/account/applications/token"}

const (
	// renewBefore is how long before its end a token is replaced, as Airbyte's
	// own command line does.
	renewBefore = time.Minute
	// assumedLifetime is what the documentation says, for answers that do not.
	assumedLifetime = 15 * time.Minute
)

type mintRequest struct {
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
}

type mintedToken struct {
	AccessToken string  `json:"access_token"`
	ExpiresIn   float64 `json:"expires_in"` // seconds
}

// tokenSource keeps the client's token and mints a new one when it is due,
// once for any number of callers.
type tokenSource struct {
	clientID   string
	secretFile string
	flight     singleflight.Group

	mu      sync.Mutex // guards what follows
	secret  Secret     // as configured, or as last read from secretFile
	current Secret
	renewAt time.Time
	endsAt  time.Time
}

func newTokenSource(config Config) *tokenSource {
	return &tokenSource{
		clientID:   config.ClientID,
		secret:     config.ClientSecret,
		secretFile: config.ClientSecretFile,
	}
}

// bearer returns a token that is good for a while, minting one if need be.
func (c *Client) bearer(ctx context.Context, op Operation) (Secret, error) {
	if token, due := c.token.get(time.Now()); !due {
		return token, nil
	}
	// The mint serves all who wait for it, so it must outlive the one who
	// happened to come first.
	detached := context.WithoutCancel(ctx)
	minted := c.token.flight.DoChan("mint", func() (any, error) {
		return c.mint(detached)
	})
	select {
	case got := <-minted:
		if got.Err != nil {
			return Secret{}, got.Err
		}
		return got.Val.(Secret), nil
	case <-ctx.Done():
		return Secret{}, c.transportError(request{op: op}, &connection{wanted: true}, ctx.Err())
	}
}

// mint gets a token by the client's credentials and keeps it. If that goes
// wrong while the old token still has time, the old one serves on.
func (c *Client) mint(ctx context.Context) (Secret, error) {
	// Another flight may have landed since the caller looked.
	old, due := c.token.get(time.Now())
	if !due {
		return old, nil
	}
	credentials, err := c.token.credentials()
	if err != nil {
		return Secret{}, newError(opMintToken, KindMissingCredentials, err)
	}
	start := time.Now()
	token, err := call[mintedToken](ctx, c, request{op: opMintToken, body: credentials, auth: authNone})
	if err == nil && (token.AccessToken == "" || strings.ContainsFunc(token.AccessToken, notPrintable)) {
		err = newError(opMintToken, KindBadAnswer, errors.New("the answer holds no token that can be sent"))
	}
	if err != nil {
		if !old.IsZero() && KindOf(err) != KindUnauthorized {
			return old, nil
		}
		return Secret{}, refusedCredentials(err)
	}
	return c.token.keep(token, start), nil
}

func refusedCredentials(err error) error {
	if e, ok := errors.AsType[*Error](err); ok && e.Kind == KindUnauthorized {
		e.Message = tidy("the client credentials were refused: "+e.Message, maxMessage)
	}
	return err
}

// get returns the token while it has time left, and whether it is due for
// renewal.
func (t *tokenSource) get(now time.Time) (token Secret, due bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !now.Before(t.endsAt) {
		return Secret{}, true
	}
	return t.current, !now.Before(t.renewAt)
}

// keep stores a token whose life began at start.
func (t *tokenSource) keep(token *mintedToken, start time.Time) Secret {
	lifetime := assumedLifetime
	if token.ExpiresIn > 0 {
		lifetime = time.Duration(min(token.ExpiresIn, maxRetryAfter.Seconds()) * float64(time.Second))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.current = NewSecret(token.AccessToken)
	t.endsAt = start.Add(lifetime)
	t.renewAt = start.Add(lifetime - min(renewBefore, lifetime/2))
	return t.current
}

// drop forgets a token that was refused, unless it has been replaced already:
// a hundred calls refused at once ask for one new token.
func (t *tokenSource) drop(refused Secret) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current.Equal(refused) {
		t.endsAt = time.Time{}
	}
}

// credentials reads a mounted secret anew, since it may have been exchanged.
func (t *tokenSource) credentials() (mintRequest, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.secretFile != "" {
		secret, err := readSecretFile(t.secretFile)
		if err != nil {
			return mintRequest{}, err
		}
		t.secret = secret
	}
	if t.clientID == "" || t.secret.IsZero() {
		return mintRequest{}, errors.New("no client credentials: set AIRBYTE_CLIENT_ID and AIRBYTE_CLIENT_SECRET (or AIRBYTE_CLIENT_SECRET_FILE), or ~/.airbyte-agent/settings.json")
	}
	return mintRequest{ClientID: t.clientID, ClientSecret: t.secret.reveal()}, nil
}

// secrets are the texts that no message may show.
func (t *tokenSource) secrets() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return []string{t.secret.reveal(), t.current.reveal()}
}
