// Package dispatchtest gives tests a runner of every tool over a sandbox. Only tests
// import it.
package dispatchtest
