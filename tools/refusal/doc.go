// Package refusal words what a model is told when a call is not made: what is
// wrong, and what to do next.
//
// Whoever refuses a call makes the error with New; KindOf names any error of a
// call in one word for logs. Any package under tools may import it.
package refusal
