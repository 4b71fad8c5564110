package secrets

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/refusal"
)

// Policy says how the credentials of a connector may reach the service.
// The tags are read by the command line parser.
type Policy struct {
	Mode           string   `name:"credentials" env:"AIRBYTE_MCP_CREDENTIALS" enum:"any,form,reference" default:"any" help:"How credentials of a connector may be given: any, form (a person enters them on a page), or reference (from_env, from_file) besides the form."`
	AllowSecretEnv []string `name:"allow-secret-env" env:"AIRBYTE_MCP_ALLOW_SECRET_ENV" placeholder:"PATTERN" help:"Environment variables that credentials may name by {\"from_env\": ...}, such as CONNECTOR_*."`
	AllowSecretDir string   `name:"allow-secret-dir" env:"AIRBYTE_MCP_ALLOW_SECRET_DIR" type:"path" placeholder:"DIR" help:"Folder whose files credentials may name by {\"from_file\": ...}."`

	// Own are files of this server's, which no folder admits.
	Own []string `kong:"-"`
}

const (
	anyCredentials, formCredentials = "any", "form"
	// ownVariables begins the names of the server's own, which no pattern admits.
	ownVariables = "AIRBYTE_"
	// maxSecret is the longest secret in a file, in bytes.
	maxSecret = 64 << 10
)

// admits refuses what may not come this way.
func (p Policy) admits(in *intake) error {
	switch {
	case p.Mode == formCredentials && in.references != nil:
		return refusal.New("This server takes no credentials by reference (--credentials=form).").Next("Nothing was sent. %s", p.way(in.tool))
	case p.Mode != "" && p.Mode != anyCredentials && in.plain != "":
		return refusal.New("This server takes no credentials in arguments (--credentials=%s), and %s is one.", p.Mode, in.plain).
			Next("Nothing was sent. It stands in this chat: tell the user to take it for known and replace it. %s", p.way(in.tool))
	}
	return nil
}

// way tells how a tool is given a secret as it should be.
func (p Policy) way(tool string) string {
	said := "To connect a service call create_connector without credentials: a person then enters them on a page, past the chat."
	switch tool {
	case "set_oauth_config", "create_template", "update_template", "create_conn_template", "update_conn_template":
		said = "A person can set it in the Airbyte web app."
	}
	if p.Mode == formCredentials {
		return said
	}
	return said + ` Or put {"from_env": ...} or {"from_file": ...} in its place, in credentials and in settings that are secret: it names a secret that this server reads, as far as --allow-secret-env and --allow-secret-dir admit it.`
}

// isReference tells of an object that names a secret.
func isReference(v json.RawMessage) bool {
	return rawjson.Member(v, "from_env") != nil || rawjson.Member(v, "from_file") != nil
}

// read reads the secrets that references name; nil if there are none.
func (p Policy) read(in *intake) (map[string]string, error) {
	var references map[string]string
	for _, r := range in.references {
		secret, err := p.secret(json.RawMessage(r.value), r.path)
		if err != nil {
			return nil, err
		}
		if references == nil {
			references = map[string]string{}
		}
		references[r.value], in.texts[secret] = secret, true
	}
	return references, nil
}

// secret reads what a reference names, as far as the operator allows it.
func (p Policy) secret(reference json.RawMessage, at string) (string, error) {
	name, file, n := rawjson.Text(rawjson.Member(reference, "from_env")), rawjson.Text(rawjson.Member(reference, "from_file")), 0
	for range rawjson.Named(reference) {
		n++
	}
	switch {
	case n != 1 || name+file == "":
		return "", refusal.New(`%s must be {"from_env": "NAME"} or {"from_file": "NAME"}, and nothing beside it.`, at).Next("Nothing was sent.")
	case name != "":
		return p.fromEnv(name, at)
	case p.AllowSecretDir == "":
		return "", refusal.New("%s: no file may be read for credentials.", at).
			Next("Nothing was sent. The person who runs this server names a folder with --allow-secret-dir.")
	}
	value, err := readSecret(p.AllowSecretDir, file, p.Own)
	if err != nil {
		return "", refusal.New("%s: %s cannot be read as a secret: %v.", at, safetext.Short(file), err).
			Next("Nothing was sent. It must be a file in the folder of --allow-secret-dir, of at most %d bytes.", maxSecret)
	}
	return value, nil
}

func (p Policy) fromEnv(name, at string) (string, error) {
	for _, pattern := range p.AllowSecretEnv {
		if ok, _ := path.Match(pattern, name); ok && !strings.HasPrefix(strings.ToUpper(name), ownVariables) {
			value := os.Getenv(name)
			if err := usable(value); err != nil {
				return "", refusal.New("%s: the environment variable %s is not set where this server runs, or is no text.", at, safetext.Short(name)).Next("Nothing was sent.")
			}
			return value, nil
		}
	}
	return "", refusal.New("%s: the environment variable %s is not one that credentials may come from.", at, safetext.Short(name)).
		Next("Nothing was sent. The person who runs this server admits them with --allow-secret-env.")
}

// readSecret reads a file of a folder; no link leads out of it.
func readSecret(folder, name string, own []string) (string, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return "", errors.New("the folder is not there")
	}
	defer root.Close()
	if filepath.IsAbs(name) {
		if name, err = filepath.Rel(folder, name); err != nil {
			return "", errors.New("it is outside of the folder")
		}
	}
	// To open a pipe would wait for who writes into it.
	if info, err := root.Stat(name); err != nil || !info.Mode().IsRegular() {
		return "", errors.New("there is no such file in the folder")
	}
	f, err := root.Open(name)
	if err != nil {
		return "", errors.New("it may not be read")
	}
	defer f.Close()
	if isOwn(f, own) {
		return "", errors.New("it is one of this server's own")
	}
	value, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil || len(value) > maxSecret {
		return "", errors.New("it is too long")
	}
	secret := strings.TrimRight(string(value), "\r\n")
	return secret, usable(secret)
}

func isOwn(f *os.File, own []string) bool {
	info, err := f.Stat()
	if err != nil {
		return true
	}
	return slices.ContainsFunc(own, func(path string) bool {
		other, err := os.Stat(path)
		return err == nil && os.SameFile(info, other)
	})
}

// usable tells what keeps a text from being a secret: in JSON it would become
// another one.
func usable(secret string) error {
	switch {
	case secret == "":
		return errors.New("it is empty")
	case strings.ContainsRune(secret, 0) || !utf8.ValidString(secret):
		return errors.New("it is no text")
	}
	return nil
}
