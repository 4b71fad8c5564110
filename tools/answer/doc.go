// Package answer fits what a tool returned into its budget: it cuts records and
// long texts, marks where something was cut, and keeps what continues from there.
//
// What comes in is a Result and a Fitter with a budget; what goes out is an Answer,
// one JSON object on one line. Tools, records and the dispatcher may import it.
package answer
