package airbyteclient

import (
	"errors"
	"fmt"
	"iter"
	"net/url"
)

// maxPages bounds a walk over pages: at 100 items each, a hundred thousand.
const maxPages = 1000

// pages yields the items of page after page, beginning at cursor, until there
// is no next one. A cursor that comes twice would never end, so it is an error.
func pages[T any](op Operation, cursor string, page func(cursor string) ([]T, string, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		next, seen := cursor, map[string]bool{cursor: true}
		for range maxPages {
			items, after, err := page(next)
			if err != nil {
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if after == "" {
				return
			}
			if seen[after] {
				yield(none, newError(op, KindBadAnswer, errors.New("the service gave the same page cursor twice")))
				return
			}
			next, seen[after] = after, true
		}
		yield(none, newError(op, KindTooLarge, fmt.Errorf("there are more than %d pages", maxPages)))
	}
}

// NextCursor is the cursor of the next page, empty on the last one.
func (p WorkspacePage) NextCursor() string {
	next, err := url.Parse(p.Next)
	if err != nil {
		return ""
	}
	return next.Query().Get("cursor")
}

// checkNext refuses a next URL that could lead anywhere but to our host's next
// page. Only its cursor is used, but a foreign one is a sign of foul play.
func (c *Client) checkNext(next string) error {
	if next == "" {
		return nil
	}
	u, err := url.Parse(next)
	if err != nil {
		return errors.New("the next page has no readable URL")
	}
	if target := c.base.ResolveReference(u); u.User != nil || !sameHost(target, c.base) {
		return fmt.Errorf("the next page is on another host, %q", tidy(target.Host, 100))
	}
	if u.Query().Get("cursor") == "" {
		return errors.New("the next page has no cursor")
	}
	return nil
}
