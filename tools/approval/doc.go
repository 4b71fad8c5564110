// Package approval holds a person's decision on a plan: asked once, kept until it is
// used or expires, and taken back by a later no.
//
// What comes in is a write and its call; what goes out is an Approval, a refusal, or
// a *ConfirmNeeded that waits for a person. Tools, dispatch and the server may
// import it.
package approval
