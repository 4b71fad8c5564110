//go:build !race

package tools

const underRace = false
