// Package paging gives all services one way of paging: which parameters carry a
// size and a cursor, and where an answer says that more follows.
//
// The table of dialects is data (dialects.go). What comes in is an answer and what
// is known of the action; what goes out is a Page. Description, records and tools
// may import it.
package paging
