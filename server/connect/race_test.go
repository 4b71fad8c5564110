//go:build race

package connect_test

// underRace leaves out the browser, whose own work is most of it.
const underRace = true
