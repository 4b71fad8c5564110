// Package plan says what a write is about: which connector and record it changes,
// what changes, how to undo it, and what the operator's policy and data-flow rules
// decide of it.
//
// What comes in is a toolcall.Call and the Review of its tool; what goes out is a
// Plan for a person and a Decision. Approval, tools and dispatch may import it.
package plan
