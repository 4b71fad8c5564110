// Package secrets recognizes secrets in the arguments of a call, reads those that
// references name, and keeps all of them out of what comes back.
//
// What comes in are arguments and the operator's Policy; what goes out is Found,
// which travels with the call, or a refusal. It knows tokens by their look and
// settings by their names. Packages from toolcall upward may import it.
package secrets
