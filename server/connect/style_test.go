package connect_test

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Texts stand out as WCAG 2.2 AA wants it, edges of controls as well.
func TestContrast(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("pages/style.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark, _ := strings.Cut(string(raw), "prefers-color-scheme: dark")
	for scheme, css := range map[string]string{"light": light, "dark": dark} {
		colors := map[string]string{}
		for _, m := range regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6});`).FindAllStringSubmatch(css, -1) {
			if colors[m[1]] == "" {
				colors[m[1]] = m[2]
			}
		}
		for _, pair := range []struct {
			front, back string
			least       float64
		}{
			{"text", "card", 4.5}, {"text", "tint", 4.5}, {"text", "bad-tint", 4.5}, {"text", "good-tint", 4.5}, {"soft", "card", 4.5}, {"soft", "tint", 4.5}, {"soft", "bad-tint", 4.5},
			{"soft", "good-tint", 4.5}, {"accent", "card", 4.5}, {"accent", "accent-tint", 4.5}, {"accent-text", "accent", 4.5}, {"bad", "card", 4.5}, {"bad", "bad-tint", 4.5}, {"card", "bad", 4.5},
			{"good", "good-tint", 4.5}, {"warn", "card", 4.5}, {"warn", "warn-tint", 4.5}, {"edge", "card", 3}, {"accent", "page", 3},
		} {
			a, b := luminance(t, colors[pair.front]), luminance(t, colors[pair.back])
			if got := (max(a, b) + 0.05) / (min(a, b) + 0.05); got < pair.least {
				t.Errorf("%s: %s on %s has a contrast of %.2f, less than %v", scheme, pair.front, pair.back, got, pair.least)
			}
		}
	}
}

func luminance(t *testing.T, color string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(color, "#"), 16, 32)
	if err != nil {
		t.Fatalf("color %q: %v", color, err)
	}
	part := func(v uint64) float64 {
		c := float64(v&255) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*part(n>>16) + 0.7152*part(n>>8) + 0.0722*part(n)
}
