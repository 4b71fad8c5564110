// Package journal keeps the audit trail of writes: a chain of lines in which each
// holds the sum of the one before, and values stand as keyed hashes.
//
// What comes in are entries; what goes out is an error when a line is not on disk,
// so that nothing is written that was not written down. Approval, dispatch and the
// command line may import it.
package journal
