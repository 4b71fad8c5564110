// Package telemetry is how the server tells its operator what it does.
package telemetry

import (
	"io"
	"log/slog"
	"regexp"
	"strings"
)

// LogConfig says how to log. The tags are read by the command line parser.
type LogConfig struct {
	LogFormat string `name:"log-format" env:"AIRBYTE_MCP_LOG_FORMAT" enum:"text,json" default:"text" help:"Format of the log on standard error: text or json."`
	LogLevel  string `name:"log-level" env:"AIRBYTE_MCP_LOG_LEVEL" enum:"debug,info,warn,error" default:"info" help:"Least level that is logged: debug, info, warn or error."`
}

// NewLogger makes a logger that writes to w. Secrets of our own types print
// [redacted] by themselves; attributes named like one are blanked as well.
func NewLogger(w io.Writer, c LogConfig) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.LogLevel)) // the parser admits only levels
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: scrub}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

var (
	secretKey   = regexp.MustCompile(`(?i)(secret|token|password|authorization|api_?key|credential|cookie)`)
	bearerValue = regexp.MustCompile(`(?i)(bearer|basic)\s+[A-Za-z0-9._~+/=-]+`)
)

func scrub(_ []string, a slog.Attr) slog.Attr {
	if secretKey.MatchString(a.Key) {
		return slog.String(a.Key, "[redacted]")
	}
	if err, ok := a.Value.Any().(error); ok {
		a.Value = slog.StringValue(err.Error())
	}
	if a.Value.Kind() == slog.KindString {
		if s := a.Value.String(); strings.ContainsAny(s, "Bb") {
			return slog.String(a.Key, bearerValue.ReplaceAllString(s, "$1 [redacted]"))
		}
	}
	return a
}
