// Package account says whose Airbyte account a call uses: it chooses the API
// client of a caller, resolves names of connectors to IDs, and remembers per
// account what costs several requests to learn.
//
// What comes in is an API client and a name; what goes out is an Account that
// handlers call the API on. Packages under tools and the server may import it.
package account
