package server

import (
	"cmp"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"airbyte-agent-mcp/server/transport"
	"airbyte-agent-mcp/tools/dispatch"
	"airbyte-agent-mcp/tools/plan"
	"airbyte-agent-mcp/tools/secrets"
)

// Config says how the server is reached. The tags are read by the command line
// parser: one field is flag, environment variable, help and documentation.
type Config struct {
	Transport            string        `name:"transport" env:"AIRBYTE_MCP_TRANSPORT" enum:"stdio,sse,streamable-http,http" default:"stdio" help:"How clients connect: stdio, sse (/sse and /message), streamable-http (/mcp), or http for both of these."`
	Address              string        `name:"address" env:"AIRBYTE_MCP_ADDRESS" default:"127.0.0.1:8080" help:"Host and port that the HTTP transports listen on."`
	AllowedHosts         []string      `name:"allowed-hosts" env:"AIRBYTE_MCP_ALLOWED_HOSTS" placeholder:"HOST" help:"Host headers accepted besides loopback names; on an address that is not loopback, all when empty."`
	AllowedOrigins       []string      `name:"allowed-origins" env:"AIRBYTE_MCP_ALLOWED_ORIGINS" placeholder:"URL" help:"Origins of web pages that may connect, such as https://app.example.com."`
	AllowUnauthenticated bool          `name:"allow-unauthenticated" env:"AIRBYTE_MCP_ALLOW_UNAUTHENTICATED" help:"Listen on an address that is not loopback although callers are not authenticated: whoever reaches it acts as you."`
	MaxRequestBytes      int64         `name:"max-request-bytes" env:"AIRBYTE_MCP_MAX_REQUEST_BYTES" default:"4194304" help:"Largest message accepted from a client, in bytes."`
	PublicURL            string        `name:"public-url" env:"AIRBYTE_MCP_PUBLIC_URL" placeholder:"URL" help:"Address under which people reach this server's pages (forms, approvals), such as https://mcp.example.com; of a server on loopback its own if absent."`
	NoBrowser            bool          `name:"no-browser" env:"AIRBYTE_MCP_NO_BROWSER" help:"On stdio: do not open pages in the browser, give their links to the client."`
	SessionIdle          time.Duration `name:"session-idle" env:"AIRBYTE_MCP_SESSION_IDLE" default:"30m" help:"How long a session on /mcp is kept without a message."`

	Limits      dispatch.Limits `kong:"-"`
	Writes      plan.Policy     `kong:"-"`
	Credentials secrets.Policy  `kong:"-"`
	ReadOnly    bool            `kong:"-"` // tools that change something are refused, also when called by name
	Version     string          `kong:"-"`
}

// Validate reports what cannot be served, in words for the operator.
func (c Config) Validate() error {
	if c.MaxRequestBytes < 1024 {
		return fmt.Errorf("--max-request-bytes must be at least 1024, not %d", c.MaxRequestBytes)
	}
	if c.SessionIdle < 0 {
		return fmt.Errorf("--session-idle must be positive, not %s", c.SessionIdle)
	}
	if u, err := url.Parse(c.PublicURL); c.PublicURL != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.Fragment != "") {
		return fmt.Errorf("--public-url: %q is not an address such as https://mcp.example.com", c.PublicURL)
	}
	if c.Transport == "stdio" {
		return nil
	}
	for _, origin := range c.AllowedOrigins {
		if u, err := url.Parse(origin); err != nil || u.Scheme == "" || u.Host == "" || u.Path != "" {
			return fmt.Errorf("--allowed-origins: %q is not an origin such as https://app.example.com", origin)
		}
	}
	if _, _, err := net.SplitHostPort(c.Address); err != nil {
		return fmt.Errorf("--address %q must be host:port, such as 127.0.0.1:8080", c.Address)
	}
	if !c.access().OnLoopback() && !c.AllowUnauthenticated {
		return fmt.Errorf("--address %s can be reached from other machines, and callers are not authenticated: "+
			"whoever reaches it would act with your Airbyte credentials. Listen on 127.0.0.1, "+
			"or add --allow-unauthenticated where something in front of the server authenticates callers", c.Address)
	}
	return nil
}

// sessionIdle is never zero: sessions without end would fill the memory.
func (c Config) sessionIdle() time.Duration {
	return cmp.Or(c.SessionIdle, 30*time.Minute)
}

// serves reports whether the configuration includes an HTTP transport.
func (c Config) serves(transport string) bool {
	return c.Transport == transport || c.Transport == "http"
}

// endpoints names the paths served, for people.
func (c Config) endpoints() string {
	var paths []string
	if c.serves("streamable-http") {
		paths = append(paths, "/mcp")
	}
	if c.serves("sse") {
		paths = append(paths, "/sse")
	}
	return strings.Join(paths, " and ")
}

// access returns who may reach the HTTP transports.
func (c Config) access() transport.Access {
	return transport.Access{Address: c.Address, Hosts: c.AllowedHosts, Origins: c.AllowedOrigins}
}
