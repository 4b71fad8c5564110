// Package rawjson handles JSON as bytes. It checks what strangers sent, finds
// values in it, and writes values, without decoding any: integers beyond 2^53
// survive, and a value that nobody looks into keeps its bytes. Bytes come in,
// parts of the same bytes or appended copies go out. Every package may import
// it; of ours it imports only safetext.
//
// A text is checked once, by a Scanner or by Check, in a single pass in which it
// also learns the text's Traits. Everything else takes checked values on trust,
// and on anything else ends early and never panics. All functions take time
// linear in their input; none that walks or compares allocates.
//
// Which function serves which need:
//
//	check a whole text, learn its traits        Check, Valid
//	check a text and take it apart in one pass  Scanner
//	pass a value that arrives in pieces         Skipper
//	loop over members, elements, scalars        Members, Elements, ElementSpans, ElementSpansFrom, Scalars
//	the end of a value at an offset, of space   Skip, SkipSpace
//	look up by name, number, path or pointer    Member, LastMember, Element, Field, Pointer
//	count and measure                           KindOf, Len, IsEmpty, Depth
//	name a place                                JoinPointer, JoinPath
//	what a string means                         Text, AppendText, Scalar
//	compare strings and keys without decoding   TextIs, EqualText, CompareText, Key
//	compare and order values, numbers exactly   Equal, Compare, CompareNumbers
//	reckon with numbers                         Rat, FromRat, Integer, IsNumber, IsZero
//	members of the same name                    Duplicate
//	write objects, arrays and strings           AppendMember, AppendKey, AppendRawMember, AppendElement, CloseArray, AppendString
//	encode Go values                            Quote, Of, Marshal, Decode
//	change an object                            OrEmpty, Without, Overlay
//	put a document into a JSON string           Escape
//	bound a string by its size as JSON          PrefixWithin
//	make a value fit for a line, or for a model OneLine, Compact, RemoveInvisible
package rawjson
