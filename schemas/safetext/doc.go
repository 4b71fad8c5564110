// Package safetext makes text of strangers fit to be shown to a person or a
// model: it finds characters that nobody sees, bounds lengths, quotes, and words
// lists and suggestions.
//
// What comes in are names, messages and records from outside; what goes out is
// text that hides nothing. The table of invisible characters in invisible.go is
// the only one. Any package of this module may import it; it imports none.
package safetext
