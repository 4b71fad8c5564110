package formats

import (
	"errors"
	"os"
	"path/filepath"
)

// WriteFile writes a file whole or not at all. What is no plain file, such as
// a pipe or a link, is written to instead.
func WriteFile(path string, text []byte) (err error) {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return os.WriteFile(path, text, 0o644)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".catalog-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, errWrite := f.Write(text)
	if err := errors.Join(errWrite, f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
