package journal

import "os"

// VerifyFile is Verify of a file.
func VerifyFile(path string) (lines int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return Verify(f)
}
