//go:build unix

package secrets

import (
	"path/filepath"
	"syscall"
	"testing"
)

// To open a pipe would wait for who writes into it, for ever.
func TestSecretIsNoPipe(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(folder, "pipe"), 0o600); err != nil {
		t.Skip(err)
	}
	if secret, err := readSecret(folder, "pipe", nil); err == nil {
		t.Errorf("it reads %q", secret)
	}
}
