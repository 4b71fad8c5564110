package sandbox

import (
	"slices"
	"strings"
)

// clause is one comparison of a query. SOQL and JQL differ in the names of fields and
// in what surrounds the comparisons, not in these. Clauses are joined by AND only.
type clause struct {
	field, op string
	values    []string
}

// queryReader reads a query word by word.
type queryReader struct {
	words []queryWord
}

type queryWord struct {
	text   string
	quoted bool
}

// readQuery cuts a query into words, signs and quoted texts. A quote that is not
// closed ends with the query.
func readQuery(q string) *queryReader {
	const signs = "=!<>~"
	r := &queryReader{}
	for q = strings.TrimSpace(q); q != ""; q = strings.TrimSpace(q) {
		n := 1
		switch c := q[0]; {
		case c == '\'' || c == '"':
			text, rest, _ := strings.Cut(q[1:], string(c))
			r.words = append(r.words, queryWord{text, true})
			q = rest
			continue
		case c == '(' || c == ')' || c == ',':
		case strings.IndexByte(signs, c) >= 0:
			n = len(q) - len(strings.TrimLeft(q, signs))
		default:
			if n = strings.IndexAny(q, " \t\r\n(),'\""+signs); n < 0 {
				n = len(q)
			}
		}
		r.words = append(r.words, queryWord{q[:n], false})
		q = q[n:]
	}
	return r
}

func (r *queryReader) done() bool { return len(r.words) == 0 }

// next is empty at the end.
func (r *queryReader) next() queryWord {
	if r.done() {
		return queryWord{}
	}
	w := r.words[0]
	r.words = r.words[1:]
	return w
}

// take reads the given words if they come next, in either case.
func (r *queryReader) take(words ...string) bool {
	if len(r.words) < len(words) {
		return false
	}
	for i, w := range words {
		if r.words[i].quoted || !strings.EqualFold(r.words[i].text, w) {
			return false
		}
	}
	r.words = r.words[len(words):]
	return true
}

// clauses reads comparisons up to what is none. It reports the word it stumbled over.
func (r *queryReader) clauses() (all []clause, unexpected string) {
	for {
		c := clause{field: r.next().text}
		switch {
		case r.take("NOT", "IN"):
			c.op = "not in"
		case r.take("IS", "NOT"):
			c.op = "!="
		case r.take("IS"):
			c.op = "="
		default:
			c.op = strings.ToLower(r.next().text)
		}
		if !slices.Contains([]string{"=", "!=", "<>", "<", "<=", ">", ">=", "~", "!~", "like", "in", "not in"}, c.op) {
			return nil, c.field + " " + c.op
		}
		many := strings.HasSuffix(c.op, "in") && r.take("(")
		for {
			if r.done() {
				return nil, "<EOF>"
			}
			c.values = append(c.values, r.value())
			if !many || !r.take(",") {
				break
			}
		}
		if many && !r.take(")") {
			return nil, r.next().text
		}
		all = append(all, c)
		if !r.take("AND") {
			return all, ""
		}
	}
}

// value is a literal, or the name of a function with what it was called with.
func (r *queryReader) value() string {
	w := r.next()
	if w.quoted || !r.take("(") {
		return w.text
	}
	call := w.text + "("
	for !r.done() && !r.take(")") {
		call += r.next().text
	}
	return call + ")"
}

// orders reads "field [ASC|DESC] [NULLS FIRST|LAST]", separated by commas.
func (r *queryReader) orders() (keys []sortKey) {
	for {
		key := sortKey{field: r.next().text}
		if !r.take("ASC") {
			key.down = r.take("DESC")
		}
		if !r.take("NULLS", "FIRST") {
			r.take("NULLS", "LAST")
		}
		keys = append(keys, key)
		if !r.take(",") {
			return keys
		}
	}
}

// holds tells whether one of several values of a record fits: people are known by more
// than one name.
func (c clause) holds(have ...any) bool {
	fits := func(test func(have any, want string) bool) bool {
		return slices.ContainsFunc(have, func(h any) bool {
			return slices.ContainsFunc(c.values, func(want string) bool { return test(h, want) })
		})
	}
	equal := func(h any, want string) bool {
		if strings.EqualFold(want, "null") || strings.EqualFold(want, "empty") {
			return h == nil
		}
		return h != nil && strings.EqualFold(plain(h), want)
	}
	within := func(h any, want string) bool {
		return strings.Contains(strings.ToLower(plain(h)), strings.ToLower(strings.Trim(want, "%*")))
	}
	ordered := func(fits func(int) bool) bool {
		return slices.ContainsFunc(have, func(h any) bool { return h != nil && fits(compare(h, c.values[0])) })
	}
	switch c.op {
	case "=", "in":
		return fits(equal)
	case "!=", "<>", "not in":
		return !fits(equal)
	case "~", "like":
		return fits(within)
	case "!~":
		return !fits(within)
	case "<":
		return ordered(func(c int) bool { return c < 0 })
	case "<=":
		return ordered(func(c int) bool { return c <= 0 })
	case ">":
		return ordered(func(c int) bool { return c > 0 })
	}
	return ordered(func(c int) bool { return c >= 0 })
}
