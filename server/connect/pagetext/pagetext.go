package pagetext

import (
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"airbyte-agent-mcp/schemas/safetext"
)

// OneLine puts a stranger's text on one line, without what cannot be seen, and
// cuts it to limit characters.
func OneLine(s string, limit int) string {
	return Cut(strings.Join(strings.Fields(Visible(s)), " "), limit)
}

// Lines is plain for a text that may have several lines.
func Lines(s string, limit int) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return Cut(strings.Trim(Visible(s), "\n"), limit)
}

// Escaped is JSON in which all can be seen that is there: what has no shape, or
// turns the direction of writing, is written as an escape, which means the same.
func Escaped(json string) string {
	var b strings.Builder
	for _, r := range json {
		if r == '\n' || Visible(string(r)) == string(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}

// Visible takes out controls, marks that turn the direction of writing, and
// characters without a shape: what a person approves must be what is there.
func Visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return r
		case r == '\u2028', r == '\u2029', r == '\r':
			return '\n'
		case r == utf8.RuneError, safetext.Hidden(r):
			return -1
		}
		return r
	}, s)
}

func Cut(s string, limit int) string {
	count := 0
	for i := range s {
		if count++; count > limit {
			return strings.TrimRightFunc(s[:i], unicode.IsSpace) + "…"
		}
	}
	return s
}

// Run is a piece of a text; with URL it is a link.
type Run struct{ Text, URL string }

var (
	anchor = regexp.MustCompile(`(?is)<a\s[^>]*?href\s*=\s*["']?([^"'\s>]+)["']?[^>]*>(.*?)</a\s*>|\[([^\[\]]+)\]\((https?://[^\s()]+)\)`)
	spaces = regexp.MustCompile(`\s+`)
	tag    = regexp.MustCompile(`</?[a-zA-Z][^<>]*>|<!--.*?-->`)
)

// Runs reads the links out of a description, which services write in HTML or
// Markdown; all other markup is dropped.
func Runs(s string, limit int) []Run {
	var list []Run
	add := func(text, link string) {
		text = spaces.ReplaceAllString(Visible(html.UnescapeString(tag.ReplaceAllString(text, ""))), " ")
		if len(list) == 0 {
			text = strings.TrimLeft(text, " ")
		}
		if text = Cut(text, limit); text == "" {
			return
		}
		limit -= utf8.RuneCountInString(text)
		list = append(list, Run{text, link})
	}
	rest := Cut(s, 4*limit)
	for limit > 0 {
		at := anchor.FindStringSubmatchIndex(rest)
		if at == nil {
			break
		}
		add(rest[:at[0]], "")
		if at[2] >= 0 {
			add(rest[at[4]:at[5]], WebLink(html.UnescapeString(rest[at[2]:at[3]])))
		} else {
			add(rest[at[6]:at[7]], WebLink(rest[at[8]:at[9]]))
		}
		rest = rest[at[1]:]
	}
	if limit > 0 {
		add(strings.TrimRightFunc(rest, unicode.IsSpace), "")
	}
	return list
}

// WebLink is the address if it leads to a web page, and empty otherwise.
func WebLink(s string) string {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || len(s) > 2000 || s != Visible(s) {
		return ""
	}
	return u.String()
}
