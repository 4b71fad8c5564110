// Package transport carries messages between clients and the SDK's server over
// stdio, SSE and Streamable HTTP, passes answers through as bytes, and works around
// the defects of mcp-go, each in a place of its own with a test.
//
// What comes in are connections; what goes out are messages to the SDK's server and
// answers to the client. Consent, menu and server may import it.
package transport
