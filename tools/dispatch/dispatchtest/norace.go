//go:build !race

package dispatchtest

const UnderRace = false
