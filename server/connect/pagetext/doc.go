// Package pagetext makes text of strangers fit for a page: on one line or
// several, bounded, with all that cannot be seen left out or written as escapes,
// and with its links found.
//
// What comes in are texts of the API and of specifications; what goes out is text
// or runs of text and links. Connect, form and consent may import it.
package pagetext
