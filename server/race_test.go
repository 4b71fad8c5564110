//go:build race

package server_test

// underRace says that the race detector makes everything many times slower:
// the largest tables then play every sixth scene, and wait longer.
const underRace = true
