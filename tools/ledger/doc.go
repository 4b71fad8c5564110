// Package ledger remembers what was handed out and used once, in this process or in
// a folder that replicas share, and seals what clients hand back.
//
// What comes in are names, values and times; what goes out is whether something was
// there before. Journal, plan, approval, dispatch and the server may import it.
package ledger
