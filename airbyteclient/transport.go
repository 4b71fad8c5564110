package airbyteclient

import (
	"net"
	"net/http"
	"time"
)

// newTransport keeps as many idle connections as there may be calls in flight.
// The default of two per host opened 219 connections in a run of 128 calls.
func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialer.DialContext,
		ForceAttemptHTTP2:   true,
		MaxIdleConns:        1024,
		MaxIdleConnsPerHost: 256,
		// Below the minute after which load balancers close idle connections: a
		// POST that meets such a close cannot be repeated.
		IdleConnTimeout:        50 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: 256 << 10,
		ReadBufferSize:         32 << 10,
	}
}

// withoutRedirects copies a client and has it hand redirects back as answers:
// the service needs none, and following one could carry the token elsewhere.
func withoutRedirects(client *http.Client) *http.Client {
	copied := *client
	copied.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &copied
}
