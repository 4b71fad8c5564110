package tools

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSaveKeepsToItsFolder(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	root, err := os.OpenRoot(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if err := os.Symlink(t.TempDir(), filepath.Join(folder, "out")); err != nil {
		t.Skip("no links here:", err)
	}
	for _, name := range []string{"../up.txt", "out/side.txt", "/etc/absolute", "a\x00b", strings.Repeat("long", 200)} {
		if f, err := save(root, name); err == nil {
			t.Errorf("%q was saved as %s", name, f.Name())
			f.Close()
		}
	}
	for name, want := range map[string]string{"": "download", ".profile": "profile", "a b.txt": "a b.txt"} {
		f, err := save(root, name)
		if err != nil || filepath.Base(f.Name()) != want {
			t.Errorf("%q: %v", name, err)
			continue
		}
		f.Close()
	}
}
