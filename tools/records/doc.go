// Package records reads records of a connector over any paging: it filters, orders,
// reduces and merges them, from one connector or several.
//
// What comes in is a Query, the arguments of read_records; what goes out is a
// Result that says how far the read went and how fresh it is. Only tools imports it.
package records
