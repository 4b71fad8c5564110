//go:build !race

package dispatchtest

// UnderRace reports that the race detector makes everything many times slower:
// what is slow and runs on one goroutine is left out then.
const UnderRace = false
