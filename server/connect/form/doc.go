// Package form makes a form from a connector's specification: which fields it
// has, how they are shown, how what a person entered is read, and the request
// that creates the connector.
//
// What comes in is a specification and what was posted; what goes out are a Form,
// views for a page's template, and requests. Only connect, consent and tests
// import it.
package form
