//go:build !race

package connect_test

const underRace = false
