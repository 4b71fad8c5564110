// Package consent gets what must be decided to the person behind a client, by a
// question of the client, a page, the browser or the terminal, and takes their
// answer. Whatever is asked, the answer never passes through the model.
//
// What comes in is a plan or a request for credentials; what goes out is the result
// of the call, or nothing once the call can be made. The server and the command line
// import it.
package consent
