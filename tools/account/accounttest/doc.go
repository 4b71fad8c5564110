// Package accounttest serves a sandbox to tests that need an account. Only tests
// import it.
package accounttest
