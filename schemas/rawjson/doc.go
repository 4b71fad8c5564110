// Package rawjson works on JSON as bytes: it validates a value in one scan,
// walks members and elements without decoding them, and appends values, names
// and escaped texts. Nothing is allocated per value, every function is linear in
// its input, and nesting is bounded by MaxDepth.
//
// What comes in are the bytes of an API answer, or of arguments that a schema
// has checked; what goes out are slices of them. Any package of this module may
// import it; it imports none of them.
//
//	need                                        function
//	is it valid, and on one line                OneLine, ScanObject
//	members, elements, and where these stand    Members, Elements, Spans, SpansFrom
//	one value by name, path or pointer          Member, Field, At
//	a text decoded                              Text
//	build an object or a list                   AppendMember, AppendNamed, Without, Overlaid
//	a Go value or a text as JSON                Encode, Encoded, Quote, AppendEscaped
//	a value without its space                   Compact
//
// Except for OneLine and ScanObject, which check what they read, the functions
// expect valid JSON. On anything else they end early and never panic.
package rawjson
