package main

import (
	"bufio"
	"bytes"
	"io"
	"os/exec"
	"path/filepath"
	"testing"
)

// How long a client waits from starting the process to its list of tools.
func BenchmarkColdStart(b *testing.B) {
	binary := filepath.Join(b.TempDir(), "airbyte-agent-mcp")
	if out, err := exec.CommandContext(b.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	for _, row := range []struct {
		name string
		args []string
	}{{"core", nil}, {"all", []string{"--toolsets=all"}}, {"sandbox", []string{"--sandbox"}}} {
		b.Run(row.name, func(b *testing.B) {
			for b.Loop() {
				cmd := exec.CommandContext(b.Context(), binary, append(row.args, "--log-level=error")...)
				cmd.Stdin = bytes.NewReader([]byte(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"b","version":"1"}}}` + "\n" +
					`{"jsonrpc":"2.0","id":2,"method":"tools/list"}` + "\n"))
				out, err := cmd.StdoutPipe()
				if err != nil {
					b.Fatal(err)
				}
				if err := cmd.Start(); err != nil {
					b.Fatal(err)
				}
				r := bufio.NewReader(out)
				for range 2 {
					if _, err := r.ReadSlice('\n'); err != nil && err != bufio.ErrBufferFull {
						b.Fatal(err)
					}
				}
				b.StopTimer()
				_, _ = io.Copy(io.Discard, r)
				if err := cmd.Wait(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
		})
	}
}
