package safetext

import (
	"fmt"
	"strings"
)

// Some lists the first few of many.
func Some(list []string, most int) string {
	if rest := len(list) - most; rest > 1 {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), rest)
	}
	return strings.Join(list, ", ")
}
