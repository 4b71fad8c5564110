package airbyteclient

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"
	"unicode"
)

// What New takes for zero values of Config.
const (
	DefaultWorkspace        = "default"
	DefaultAPIHost          = "https://api.airbyte.ai"
	DefaultWebAppURL        = "https://app.airbyte.ai"
	DefaultTimeout          = 30 * time.Second
	DefaultExecuteTimeout   = 300 * time.Second
	DefaultMaxAnswerBytes   = 32 << 20
	DefaultMaxDownloadBytes = 256 << 20
	DefaultUserAgent        = "airbyte-agent-mcp"
)

// Config says which account to use and how patiently. Its names are those of
// Airbyte's own command line. The zero value works: calls then fail with an
// error of kind missing_credentials.
type Config struct {
	ClientID string `name:"client-id" env:"AIRBYTE_CLIENT_ID" help:"Client ID of the Airbyte application, from the Airbyte web app."`
	// ClientSecret has no flag: process lists show flags.
	ClientSecret     Secret `kong:"-"`
	ClientSecretFile string `name:"client-secret-file" env:"AIRBYTE_CLIENT_SECRET_FILE" type:"path" help:"File that holds the client secret, read again whenever a token is minted. The secret itself goes in $AIRBYTE_CLIENT_SECRET."`
	OrganizationID   string `name:"organization-id" env:"AIRBYTE_ORGANIZATION_ID" help:"Organization to act in, needed when the credentials reach more than one."`
	// Workspace has no default here, so that a settings file can still give it.
	Workspace        string        `name:"workspace" env:"AIRBYTE_WORKSPACE" help:"Name of the workspace that tools use when none is given (\"default\" if unset)."`
	APIHost          string        `name:"api-host" env:"AIRBYTE_API_HOST" default:"https://api.airbyte.ai" help:"Base URL of the Agent API; without TLS only on loopback."`
	WebAppURL        string        `name:"webapp-url" env:"AIRBYTE_WEBAPP_URL" default:"https://app.airbyte.ai" help:"Airbyte's web app, where people sign in to services that want it; without TLS only on loopback."`
	Timeout          time.Duration `name:"api-timeout" env:"AIRBYTE_API_TIMEOUT" default:"30s" help:"Longest time for one API operation, repeats included."`
	ExecuteTimeout   time.Duration `name:"execute-timeout" env:"AIRBYTE_EXECUTE_TIMEOUT" default:"300s" help:"Longest time for one connector operation, repeats included."`
	MaxAnswerBytes   int64         `name:"max-answer-bytes" env:"AIRBYTE_MAX_ANSWER_BYTES" default:"33554432" help:"Longest API answer to read, in bytes after decompression."`
	MaxDownloadBytes int64         `name:"max-download-bytes" env:"AIRBYTE_MAX_DOWNLOAD_BYTES" default:"268435456" help:"Longest file to download through a connector, in bytes."`
	UserAgent        string        `kong:"-"`
}

// Validate reports every setting that New would refuse.
func (c Config) Validate() error {
	var errs []error
	if _, err := baseURL(c.APIHost); err != nil {
		errs = append(errs, err)
	}
	if _, err := webAppURL(c.WebAppURL); err != nil {
		errs = append(errs, err)
	}
	if !c.ClientSecret.IsZero() && c.ClientSecretFile != "" {
		errs = append(errs, errors.New("client secret: set AIRBYTE_CLIENT_SECRET or AIRBYTE_CLIENT_SECRET_FILE, not both"))
	}
	if strings.ContainsFunc(strings.TrimSpace(c.OrganizationID), notPrintable) {
		errs = append(errs, errors.New("organization ID: must be printable ASCII without spaces"))
	}
	if c.Timeout < 0 || c.ExecuteTimeout < 0 {
		errs = append(errs, errors.New("timeouts: must not be negative"))
	}
	if c.MaxAnswerBytes < 0 || c.MaxAnswerBytes > 1<<31 {
		errs = append(errs, errors.New("max answer bytes: must be between 0 and 2 GiB"))
	}
	if c.MaxDownloadBytes < 0 || c.MaxDownloadBytes > 1<<40 {
		errs = append(errs, errors.New("max download bytes: must be between 0 and 1 TiB"))
	}
	return errors.Join(errs...)
}

func notPrintable(r rune) bool { return r <= ' ' || r > unicode.MaxASCII || r == 0x7f }

// withDefaults fills what is zero and drops space around what was pasted.
func (c Config) withDefaults() Config {
	c.ClientID = strings.TrimSpace(c.ClientID)
	c.ClientSecret = NewSecret(strings.TrimSpace(c.ClientSecret.reveal()))
	c.OrganizationID = strings.TrimSpace(c.OrganizationID)
	c.Workspace = orElse(strings.TrimSpace(c.Workspace), DefaultWorkspace)
	c.Timeout = orElse(c.Timeout, DefaultTimeout)
	c.ExecuteTimeout = orElse(c.ExecuteTimeout, DefaultExecuteTimeout)
	c.MaxAnswerBytes = orElse(c.MaxAnswerBytes, DefaultMaxAnswerBytes)
	c.MaxDownloadBytes = orElse(c.MaxDownloadBytes, DefaultMaxDownloadBytes)
	c.UserAgent = orElse(c.UserAgent, DefaultUserAgent)
	return c
}

func orElse[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}

func baseURL(host string) (*url.URL, error) { return serviceURL("API host", host, DefaultAPIHost) }

func webAppURL(host string) (*url.URL, error) {
	return serviceURL("web app URL", host, DefaultWebAppURL)
}

// serviceURL reads where a service is. A host without a scheme is taken for https.
func serviceURL(what, host, fallback string) (*url.URL, error) {
	host = strings.TrimSpace(orElse(host, fallback))
	if !strings.Contains(host, "://") {
		host = "https://" + host
	}
	u, err := url.Parse(strings.TrimRight(host, "/"))
	switch {
	// The parser's own words repeat the URL, which may hold a password.
	case err != nil, u.Host == "", u.Opaque != "":
		return nil, errors.New(what + ": not a URL such as " + fallback)
	case u.User != nil:
		return nil, errors.New(what + ": must not contain a user name or password")
	case u.RawQuery != "", u.Fragment != "", u.ForceQuery:
		return nil, errors.New(what + ": must not contain a query or fragment")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, fmt.Errorf("%s: %q is not loopback, so it must be https", what, u.Host)
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("%s: scheme %q is neither https nor http", what, u.Scheme)
	}
	return u, nil
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// readSecretFile reads a mounted secret, without the newline that editors leave.
func readSecretFile(path string) (Secret, error) {
	data, err := readBounded(path, 64<<10)
	if err != nil {
		return Secret{}, fmt.Errorf("client secret file: %w", err)
	}
	secret := NewSecret(strings.TrimSpace(string(data)))
	if secret.IsZero() {
		return Secret{}, fmt.Errorf("client secret file: %s is empty", path)
	}
	return secret, nil
}

// readBounded reads a whole file, but refuses one that is longer than limit.
func readBounded(path string, limit int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := readUpTo(file, -1, limit)
	if errors.Is(err, errTooLong) {
		return nil, fmt.Errorf("%s is longer than %d bytes", path, limit)
	}
	return data, err
}
