// Package secretstest makes up tokens for tests, put together when they run so that
// no scanner finds them in the sources. Only tests import it.
package secretstest
