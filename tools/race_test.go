//go:build race

package tools

// underRace says that the race detector makes everything many times slower: what
// is slow and runs on one goroutine is left out then.
const underRace = true
