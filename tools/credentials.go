package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"airbyte-agent-mcp/schemas"
)

// Credentials says how the credentials of a connector may reach the service.
// The tags are read by the command line parser.
type Credentials struct {
	Credentials    string   `name:"credentials" env:"AIRBYTE_MCP_CREDENTIALS" enum:"any,form,reference" default:"any" help:"How credentials of a connector may be given: any, form (a person enters them on a page), or reference (from_env, from_file) besides the form."`
	AllowSecretEnv []string `name:"allow-secret-env" env:"AIRBYTE_MCP_ALLOW_SECRET_ENV" placeholder:"PATTERN" help:"Environment variables that credentials may name by {\"from_env\": ...}, such as CONNECTOR_*."`
	AllowSecretDir string   `name:"allow-secret-dir" env:"AIRBYTE_MCP_ALLOW_SECRET_DIR" type:"path" placeholder:"DIR" help:"Folder whose files credentials may name by {\"from_file\": ...}."`
}

const (
	anyCredentials = "any"
	// maxSecret is the longest secret in a file, in bytes.
	maxSecret = 64 << 10
)

// CredentialsNeeded is the error of a call that wants a connector without its
// credentials: a person is to enter them on a page, which then creates it.
type CredentialsNeeded struct {
	WorkspaceName, DefinitionID, SourceTemplateID, Name string
	ReplicationConfig, Environment                      json.RawMessage
	// ReplacesID and ReplacesName are of the connector that it takes over from.
	ReplacesID, ReplacesName string

	journal func(step, connectorID, outcome string) error
}

// Asked writes down that a person is asked. Where it fails they must not be.
func (c *CredentialsNeeded) Asked() error { return c.journal("form", "", "") }

// Answered writes down what came of it.
func (c *CredentialsNeeded) Answered(connectorID, outcome string) {
	_ = c.journal("outcome", connectorID, outcome) // the next write finds out
}

func (c *CredentialsNeeded) Error() string {
	return "the credentials are missing, and a person must enter them"
}

// complete finds the definition where only the service's name is known.
func (c *CredentialsNeeded) complete(ctx context.Context, api *Account, connectorType string) error {
	if c.DefinitionID != "" || c.SourceTemplateID != "" {
		return nil
	}
	if connectorType == "" {
		return refuse("Which service? Give its definition_id (from list_definitions).").next("Nothing was sent.")
	}
	all, err := api.ListSourceDefinitions(ctx, connectorType)
	if err != nil {
		return err
	}
	for _, d := range all {
		if strings.EqualFold(d.Name, connectorType) {
			c.DefinitionID = d.SourceDefinitionID
			return nil
		}
	}
	return refuse("There is no service of the exact name %q.", shown(connectorType)).next("list_definitions finds it; use its definition_id.")
}

// withoutCredentials tells whether a call leaves the credentials to a form. A
// configuration may hold them too.
func (in newConnector) withoutCredentials() bool {
	return empty(json.RawMessage(in.Credentials)) && in.ServerSideOAuthSecretID == "" && member(json.RawMessage(in.ReplicationConfig), "credentials") == nil
}

func empty(object json.RawMessage) bool {
	for range members(object) {
		return false
	}
	return true
}

// resolved puts secrets in the place of references to them, and refuses those
// that may not come this way.
func (p Credentials) resolved(in newConnector) (newConnector, error) {
	credentials, plain, err := p.resolve(json.RawMessage(in.Credentials), "credentials")
	if err != nil {
		return in, err
	}
	// A configuration may hold credentials too.
	config, _, err := p.resolve(json.RawMessage(in.ReplicationConfig), "replication_config")
	if err != nil {
		return in, err
	}
	plain = plain || namesSecret(json.RawMessage(in.ReplicationConfig)) || namesSecret(json.RawMessage(in.Environment))
	if plain && p.Credentials != "" && p.Credentials != anyCredentials {
		return in, refuse("This server takes no credentials in arguments (--credentials=%s).", p.Credentials).
			next("Nothing was sent. Leave credentials out: a person then enters them on a page. What was in the arguments should be taken for known, and be replaced.")
	}
	in.Credentials, in.ReplicationConfig = schemas.Object(credentials), schemas.Object(config)
	return in, nil
}

// namesSecret tells whether a configuration has a text under a name of secrets.
func namesSecret(config json.RawMessage) bool {
	for name, value := range members(config) {
		secret := secretKey.MatchString(name) && !plainKey.MatchString(name)
		if secret && text(value) != "" || member(value, "from_env") == nil && member(value, "from_file") == nil && namesSecret(value) {
			return true
		}
	}
	return false
}

// resolve also tells whether a value stood there plainly.
func (p Credentials) resolve(v json.RawMessage, at string) (out json.RawMessage, plain bool, err error) {
	switch kindOf(v) {
	case '{':
		if member(v, "from_env") != nil || member(v, "from_file") != nil {
			secret, err := p.secret(v, at)
			return encoded(secret), false, err
		}
		b := []byte{'{'}
		for name, value := range members(v) {
			inner, stood, err := p.resolve(value, at+"."+name)
			if err != nil {
				return nil, false, err
			}
			plain = plain || stood
			b = appendNamed(b, name, inner)
		}
		return append(b, '}'), plain, nil
	case 0:
		return v, false, nil
	}
	return v, true, nil
}

// secret reads what a reference names, as far as the operator allows it.
func (p Credentials) secret(reference json.RawMessage, at string) (string, error) {
	if name := text(member(reference, "from_env")); name != "" {
		for _, pattern := range p.AllowSecretEnv {
			if ok, _ := path.Match(pattern, name); ok {
				if value := os.Getenv(name); value != "" {
					return value, nil
				}
				return "", refuse("%s: the environment variable %s is not set where this server runs.", at, shown(name)).next("Nothing was sent.")
			}
		}
		return "", refuse("%s: the environment variable %s is not one that credentials may come from.", at, shown(name)).
			next("Nothing was sent. The person who runs this server admits them with --allow-secret-env.")
	}
	name := text(member(reference, "from_file"))
	if p.AllowSecretDir == "" || name == "" {
		return "", refuse("%s: no file may be read for credentials.", at).
			next("Nothing was sent. The person who runs this server names a folder with --allow-secret-dir.")
	}
	value, err := readSecret(p.AllowSecretDir, name)
	if err != nil {
		return "", refuse("%s: %s cannot be read as a secret: %v.", at, shown(name), err).
			next("Nothing was sent. It must be a file in the folder of --allow-secret-dir, of at most %d bytes.", maxSecret)
	}
	return value, nil
}

// readSecret reads a file of a folder; no link leads out of it.
func readSecret(folder, name string) (string, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return "", fmt.Errorf("the folder is not there")
	}
	defer root.Close()
	if filepath.IsAbs(name) {
		if name, err = filepath.Rel(folder, name); err != nil {
			return "", fmt.Errorf("it is outside of the folder")
		}
	}
	f, err := root.Open(name)
	if err != nil {
		return "", fmt.Errorf("there is no such file in the folder")
	}
	defer f.Close()
	value, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil || len(value) > maxSecret {
		return "", fmt.Errorf("it is too long or no file")
	}
	return strings.TrimRight(string(value), "\r\n"), nil
}
