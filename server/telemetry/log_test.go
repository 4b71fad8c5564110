package telemetry

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestLogHidesSecretsWhateverTheirPlace(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"text", "json"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			log := NewLogger(&b, LogConfig{LogFormat: format, LogLevel: "debug"})
			log.Debug("call", "client_secret", "canary-1", "Authorization", "Bearer canary-2",
				"error", "refused: bearer canary.3-x=", "tool", "list_connectors")
			if got := b.String(); strings.Contains(got, "canary") || !strings.Contains(got, "list_connectors") {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestLogKeepsToItsLevelAndFormat(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	log := NewLogger(&b, LogConfig{LogFormat: "json", LogLevel: "warn"})
	log.Info("quiet")
	log.Warn("loud\nline")
	if !json.Valid(b.Bytes()) || strings.Count(b.String(), "\n") != 1 {
		t.Errorf("want one line of JSON, got %s", b.String())
	}
}
