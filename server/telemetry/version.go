package telemetry

import "runtime/debug"

// Version returns the version of the release, or else what the Go tool recorded
// of this program; dev where it recorded none.
func Version(release string) string {
	if release != "" {
		return release
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}
