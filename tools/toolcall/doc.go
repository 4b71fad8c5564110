// Package toolcall holds one call of a tool as data: its arguments, what was found
// of secrets in them, and the key by which the same call is recognized.
//
// The dispatcher makes a Call; plan, approval and tools read it. It imports only
// what stands below it and does nothing by itself.
package toolcall
