package rawjson

import (
	"errors"
	"fmt"
)

// MaxDepth is how many objects and arrays may be inside each other.
const MaxDepth = 512

// What can be wrong with JSON text, besides a SyntaxError.
var (
	ErrCutShort = errors.New("the JSON ends too early")
	ErrTooDeep  = fmt.Errorf("the JSON is nested deeper than %d levels", MaxDepth)
)

// A SyntaxError is a byte that cannot stand where it does.
type SyntaxError struct{ Offset int }

// Error names the offset of the byte.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("the JSON is not valid (at byte %d)", e.Offset)
}

// Traits are what a Scanner found in a text in passing, so that nobody has to
// look for it again: a trait that is missing means that there is nothing of the
// kind, and the work that it would cause can be left out.
type Traits uint8

// The traits of a text.
const (
	HasSpace       Traits = 1 << iota // space of any kind between tokens
	HasNewline                        // a newline or carriage return between tokens
	HasEscape                         // an escape in a string
	HasNonASCII                       // a byte beyond ASCII in a string
	HasInvalidUTF8                    // a string that is not UTF-8
	HasInvisible                      // an invisible character (safetext.Invisible), as itself or escaped
)

// Has reports whether t has one of the traits.
func (t Traits) Has(traits Traits) bool { return t&traits != 0 }
