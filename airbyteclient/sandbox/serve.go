package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"
)

// ErrNotLoopback is the error of an address that other machines could reach.
var ErrNotLoopback = errors.New("the sandbox has a published password and serves loopback only, such as 127.0.0.1:8100")

// Serving is a sandbox that listens. Close ends it.
type Serving struct {
	// Address is the host and port that it listens on.
	Address string
	// Failed receives the error of a sandbox that ended by itself.
	Failed <-chan error

	server *http.Server
}

// Serve starts a sandbox on an address, which must be of loopback: its password
// is published. The log takes errors of connections; nil for the standard one.
func Serve(ctx context.Context, address string, options Options, log *log.Logger) (*Serving, error) {
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || (host != "localhost" && (ip == nil || !ip.IsLoopback())) {
		return nil, fmt.Errorf("%q: %w", address, ErrNotLoopback)
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("start sandbox: %w", err)
	}
	failed := make(chan error, 1)
	s := &Serving{
		Address: listener.Addr().String(), Failed: failed,
		server: &http.Server{Handler: New(options), ReadHeaderTimeout: 10 * time.Second, ErrorLog: log},
	}
	go func() { failed <- s.server.Serve(listener) }() // ends with Close
	return s, nil
}

// Close ends the sandbox at once.
func (s *Serving) Close() error { return s.server.Close() }

// Instructions says which settings make the server use this sandbox.
func (s *Serving) Instructions() string {
	return fmt.Sprintf("The sandbox listens. To use it, set\n\n"+
		"  AIRBYTE_API_HOST=http://%s\n  AIRBYTE_WEBAPP_URL=http://%[1]s\n  AIRBYTE_CLIENT_ID=%[2]s\n  AIRBYTE_CLIENT_SECRET=%[3]s\n  AIRBYTE_ORGANIZATION_ID=%[4]s\n",
		s.Address, ClientID, ClientSecret, OrganizationID)
}
