package airbyteclient

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Settings is what Airbyte's own command line keeps in its settings file.
type Settings struct {
	ClientID       string
	ClientSecret   Secret
	OrganizationID string
	Workspace      string
	// MCP is what the file holds under "mcp", for this server alone: its JSON.
	MCP json.RawMessage
}

// settingsFile is the published shape. The fields may also stand without the
// outer "settings", and the credentials beside the other fields.
type settingsFile struct {
	Settings    *settingsFile `json:"settings"`
	Credentials struct {
		ClientID     string `json:"client_id"`
		ClientSecret Secret `json:"client_secret"`
	} `json:"credentials"`
	ClientID         string `json:"client_id"`
	ClientSecret     Secret `json:"client_secret"`
	OrganizationID   string `json:"organization_id"`
	Workspace        string `json:"workspace"`
	DefaultWorkspace string `json:"default_workspace"`

	MCP json.RawMessage `json:"mcp"`
}

// DefaultSettingsPath is ~/.airbyte-agent/settings.json.
func DefaultSettingsPath() (string, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("settings file: %w", err)
	}
	return filepath.Join(home, ".airbyte-agent", "settings.json"), nil
}

// ReadSettings reads a settings file of up to 1 MiB. One that does not exist
// gives empty settings and no error.
func ReadSettings(path string) (Settings, error) {
	data, err := readBounded(path, 1<<20)
	if errors.Is(err, fs.ErrNotExist) {
		return Settings{}, nil
	}
	if err != nil {
		return Settings{}, fmt.Errorf("settings file: %w", err)
	}
	var file settingsFile
	if err := json.Unmarshal(data, &file); err != nil {
		return Settings{}, fmt.Errorf("settings file %s: %w", path, badSettings(err))
	}
	mcp := file.MCP
	if file.Settings != nil {
		file = *file.Settings
		if mcp != nil && file.MCP != nil {
			return Settings{}, fmt.Errorf("settings file %s: mcp stands both beside settings and within", path)
		}
		if mcp == nil {
			mcp = file.MCP
		}
	}
	return Settings{
		ClientID:       orElse(file.Credentials.ClientID, file.ClientID),
		ClientSecret:   orElse(file.Credentials.ClientSecret, file.ClientSecret),
		OrganizationID: file.OrganizationID,
		Workspace:      orElse(file.Workspace, file.DefaultWorkspace),
		MCP:            mcp,
	}, nil
}

// badSettings words a decoding error without Go's types or a value.
func badSettings(err error) error {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("not valid JSON (at byte %d)", syntax.Offset)
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		return fmt.Errorf("%s is not a text", wrong.Field)
	}
	return errors.New("not a JSON object of settings")
}

// Apply fills the empty fields of config. The secret goes with its client ID:
// it is left out where config names another client.
func (s Settings) Apply(config *Config) {
	config.ClientID = orElse(config.ClientID, s.ClientID)
	if config.ClientSecret.IsZero() && config.ClientSecretFile == "" && config.ClientID == s.ClientID {
		config.ClientSecret = s.ClientSecret
	}
	config.OrganizationID = orElse(config.OrganizationID, s.OrganizationID)
	config.Workspace = orElse(config.Workspace, s.Workspace)
}

// FindSettings returns the settings file that is named, which must exist, or
// else the default one, which need not; empty where there is no home directory.
func FindSettings(named string) (path string, err error) {
	if named == "" {
		path, err := DefaultSettingsPath()
		if err != nil {
			return "", nil
		}
		return path, nil
	}
	if _, err := os.Stat(named); err != nil {
		return "", fmt.Errorf("--settings: %w", err)
	}
	return named, nil
}

// UnsetBlank unsets the variables of this program that are set to nothing:
// clients pass on settings that were left blank.
func UnsetBlank() {
	for _, variable := range os.Environ() {
		if name, value, _ := strings.Cut(variable, "="); value == "" && strings.HasPrefix(name, "AIRBYTE_") {
			os.Unsetenv(name)
		}
	}
}
