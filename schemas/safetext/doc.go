// Package safetext makes text that strangers wrote fit to be shown to a person
// or a model: it knows which characters cannot be seen, bounds and quotes text,
// and puts names into sentences. Strings and bytes come in, the same kind comes
// out, and what needs no change is returned as it is. Every package may import
// it; it imports none of ours.
//
// It holds the only list of invisible characters, in two strengths:
//
//	Invisible  the ones that no writing needs: removed from data, where joiners and emoji selectors must stay
//	Hidden     those and everything else that shows nothing or changes the text beside it: not allowed in labels
//
// Which function serves which need:
//
//	data, as text or bytes        HasInvisible, Clean, CleanBytes, InvisibleAt
//	text a person approves        Visible (several lines), EscapeHidden (JSON)
//	a stranger's text among ours  Line, Short, Tidy, Quote, QuoteShort
//	a bound alone                 Clip (bytes), ClipRunes (characters)
//	a list within a sentence      And, Some, Words, Sentence
//	a name that is misspelled     Fold, Nearest, DidYouMean, Suggest
package safetext
