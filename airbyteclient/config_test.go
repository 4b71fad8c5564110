package airbyteclient

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAPIHost(t *testing.T) {
	for host, want := range map[string]string{
		"": "https://api.airbyte.ai", "api.example.com": "https://api.example.com", " https://api.example.com/ ": "https://api.example.com",
		"https://example.com/base/": "https://example.com/base", "http://localhost:8080": "http://localhost:8080",
		"http://127.0.0.1": "http://127.0.0.1", "http://[::1]:9": "http://[::1]:9", "http://LOCALHOST": "http://LOCALHOST",
		"http://127.9.9.9": "http://127.9.9.9", "http://[::ffff:127.0.0.1]": "http://[::ffff:127.0.0.1]",
		// Without TLS beyond loopback, and what is no base URL at all.
		"http://api.airbyte.ai": "", "http://localhost.example.com": "", "http://10.0.0.1": "", "http://0.0.0.0": "", "http://127.0.0.1.example.com": "",
		"HTTP://api.airbyte.ai": "", "ftp://localhost": "", "https://": "", "https://user:canary@api.airbyte.ai": "", "https://api.airbyte.ai?x=1": "",
		"https://api.airbyte.ai#x": "", "https://api.airbyte.ai/%zz": "", "http://localhost@example.com": "", "unix:///run/x": "",
	} {
		u, err := baseURL(host)
		switch {
		case err != nil && want != "":
			t.Errorf("%q: %v", host, err)
		case err == nil && u.String() != want:
			t.Errorf("%q is %s, want %q", host, u, want)
		case err != nil && strings.Contains(err.Error(), "canary"):
			t.Errorf("%q: %v shows the password", host, err)
		}
	}
}

func TestConfigIsRefusedInWords(t *testing.T) {
	config := Config{
		APIHost: "http://example.com", WebAppURL: "ftp://example.com", ClientSecret: NewSecret("canary"), ClientSecretFile: "/x", OrganizationID: "a\nb",
		Timeout: -1, MaxAnswerBytes: -1, MaxDownloadBytes: 1 << 41,
	}
	err := config.Validate()
	if err == nil || strings.Contains(err.Error(), "canary") {
		t.Fatalf("got %v", err)
	}
	for _, part := range []string{"https", "web app URL", "not both", "organization ID", "timeouts", "max answer bytes", "max download bytes"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is missing in %v", part, err)
		}
	}
	if _, err := New(config); err == nil {
		t.Error("New took it")
	}
	if _, err := New(Config{ClientSecretFile: "/nowhere/secret"}); err == nil {
		t.Error("New took a secret file that is not there")
	}
}

func TestZeroConfigHasDefaults(t *testing.T) {
	c := newTestClient(t, Config{})
	if c.Workspace() != "default" || c.base.String() != "https://api.airbyte.ai" || c.timeout != 30*time.Second || c.executeTimeout != 5*time.Minute || c.maxAnswer != 32<<20 {
		t.Errorf("got %+v", c)
	}
}

func TestSettingsFile(t *testing.T) {
	full := Settings{ClientID: "id", ClientSecret: NewSecret("secret"), OrganizationID: "org", Workspace: "ws"}
	for name, row := range map[string]struct {
		file string
		want Settings
	}{
		"published shape":   {`{"settings":{"credentials":{"client_id":"id","client_secret":"secret"},"organization_id":"org","workspace":"ws","later":1}}`, full},
		"without the outer": {`{"credentials":{"client_id":"id","client_secret":"secret"},"organization_id":"org","default_workspace":"ws"}`, full},
		"flat":              {`{"client_id":"id","client_secret":"secret","organization_id":"org","workspace":"ws"}`, full},
		"empty":             {`{}`, Settings{}},
		"nulls":             {`{"settings":{"credentials":null,"workspace":null}}`, Settings{}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "settings.json")
			if err := os.WriteFile(path, []byte(row.file), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := ReadSettings(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSettingsFileThatIsNotThereIsEmpty(t *testing.T) {
	got, err := ReadSettings(filepath.Join(t.TempDir(), "no", "settings.json"))
	if err != nil || !reflect.DeepEqual(got, Settings{}) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestBrokenSettingsFileIsAnErrorWithoutItsContent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "settings.json")
	for _, content := range []string{`{"client_secret": canary`, `{"client_secret": {"a":"canary"}}`, strings.Repeat(" ", 1<<20) + "{}"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadSettings(path); err == nil || !strings.Contains(err.Error(), "settings file") || strings.Contains(err.Error(), "canary") {
			t.Errorf("got %v", err)
		}
	}
}

func TestSettingsFillOnlyWhatIsEmpty(t *testing.T) {
	settings := Settings{ClientID: "file-id", ClientSecret: NewSecret("file-secret"), OrganizationID: "file-org", Workspace: "file-ws"}
	for name, row := range map[string]struct{ config, want Config }{
		"nothing set": {Config{}, Config{ClientID: "file-id", ClientSecret: NewSecret("file-secret"), OrganizationID: "file-org", Workspace: "file-ws"}},
		"all set": {
			Config{ClientID: "i", ClientSecret: NewSecret("s"), OrganizationID: "o", Workspace: "w"},
			Config{ClientID: "i", ClientSecret: NewSecret("s"), OrganizationID: "o", Workspace: "w"},
		},
		"another client": {Config{ClientID: "i"}, Config{ClientID: "i", OrganizationID: "file-org", Workspace: "file-ws"}},
		"mounted secret": {Config{ClientSecretFile: "/s"}, Config{ClientID: "file-id", ClientSecretFile: "/s", OrganizationID: "file-org", Workspace: "file-ws"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := row.config
			settings.Apply(&got)
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("config (-want +got):\n%s", diff)
			}
		})
	}
}
