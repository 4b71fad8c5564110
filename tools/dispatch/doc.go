// Package dispatch runs one call of a tool: it corrects and checks the arguments,
// takes in secrets, has a write decided, runs the tool, and fits the answer into its
// budget. It also continues answers and joins calls that outlast their client.
//
// What comes in is a tool's name with arguments and an API client; what goes out is
// an answer.Answer or an error that Tool.Explain words. Only the server and the
// command line import it.
package dispatch
