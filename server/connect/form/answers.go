package form

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"airbyte-agent-mcp/airbyteclient"
)

const maxListItems = 1000

// quotedWord matches a name in quotes in the words of the service.
var quotedWord = regexp.MustCompile("['\"`‘“]([A-Za-z0-9_.-]{1,80})['\"`’”]")

// Answers are what a person has filled in, held against the form. Errors are by
// the name of the input.
type Answers struct {
	Posted url.Values
	Errors map[string]string
	asked  []*Field // the fields that counted, in order
	// secrets are the texts that must not be seen again, chosen or not.
	secrets []string
}

// Read returns the configuration as the definition spells it: what
// authenticates, and the settings.
func Read(f *Form, posted url.Values) (auth, settings map[string]any, a *Answers) {
	a = &Answers{Posted: posted, Errors: map[string]string{}}
	auth, _ = a.Object(f.Auth)
	settings, _ = a.Object(f.Settings)
	a.collect(f.Auth)
	a.collect(f.Settings)
	return auth, settings, a
}

// collect remembers every secret that was sent, also of options not chosen.
func (a *Answers) collect(fields []*Field) {
	for _, x := range fields {
		if x.secret {
			for line := range strings.Lines(a.text(x)) {
				if line = strings.TrimSpace(line); len(line) >= 3 {
					a.secrets = append(a.secrets, line)
				}
			}
		}
		a.collect(x.fields)
		for _, o := range x.options {
			a.collect(o.fields)
		}
	}
}

// Without blanks the secrets in a text that is to be shown.
func (a *Answers) Without(s string) string {
	return airbyteclient.NewEraser(a.secrets...).Replace(s)
}

// Object reads fields; touched tells that the person has filled in any.
func (a *Answers) Object(fields []*Field) (out map[string]any, touched bool) {
	out = map[string]any{}
	for _, x := range fields {
		v, given, by := a.value(x)
		if given {
			out[x.Key] = v
		}
		touched = touched || by
	}
	return out, touched
}

// value reads one field: what is there, whether it is to be sent, and whether
// the person has changed it from what the definition proposes.
func (a *Answers) value(x *Field) (v any, given, touched bool) {
	switch x.Kind {
	case KindConstant:
		return x.initial, true, false
	case kindGroup:
		return a.group(x)
	case kindOneOf:
		return a.oneOf(x)
	}
	a.asked = append(a.asked, x)
	switch x.Kind {
	case kindBoolean:
		on, proposed := a.Posted.Get(x.name) != "", x.initial == true
		return on, on || proposed || x.Required, on != proposed
	case kindChoices:
		v, given = a.choices(x)
		return v, given, given
	}
	text := a.text(x)
	if strings.TrimSpace(text) == "" {
		if x.Required {
			a.fail(x, missing(x))
		}
		return nil, false, false
	}
	v, wrong := x.parse(text)
	if wrong != "" {
		a.fail(x, wrong)
	}
	return v, true, text != shownValue(x.initial)
}

// text is what was posted for x, with the line ends of the web taken back. What
// surrounds a value by accident of copying is cut off.
func (a *Answers) text(x *Field) string {
	s := strings.ReplaceAll(a.Posted.Get(x.name), "\r\n", "\n")
	if x.multiline && x.Kind == kindText {
		return s
	}
	return strings.TrimSpace(s)
}

func (a *Answers) fail(x *Field, why string) {
	if a.Errors[x.name] == "" {
		a.Errors[x.name] = why
	}
}

func missing(x *Field) string {
	switch x.Kind {
	case kindChoice, kindChoices, kindOneOf:
		return "Choose one for " + x.title + "."
	}
	return "Fill in " + x.title + "."
}

// group reads an object. One that may be left out is, unless something in it
// was filled in; then what it requires is required.
func (a *Answers) group(x *Field) (any, bool, bool) {
	before, asked := a.Errors, len(a.asked)
	a.Errors = map[string]string{}
	out, touched := a.Object(x.fields)
	inner := a.Errors
	a.Errors = before
	if !x.Required && !touched {
		a.asked = a.asked[:asked]
		return nil, false, false
	}
	for name, why := range inner {
		a.Errors[name] = why
	}
	return out, true, touched
}

func (a *Answers) oneOf(x *Field) (any, bool, bool) {
	a.asked = append(a.asked, x)
	chosen := a.Posted.Get(x.name)
	i := slices.IndexFunc(x.options, func(o *option) bool { return o.key == chosen })
	if i < 0 {
		if x.Required || chosen != "" {
			a.fail(x, missing(x))
		}
		return nil, false, false
	}
	out, _ := a.Object(x.options[i].fields)
	return out, true, true
}

func (a *Answers) choices(x *Field) (any, bool) {
	list := []any{}
	for _, c := range x.choices {
		if slices.Contains(a.Posted[x.name], c.label) {
			list = append(list, c.value)
		}
	}
	if len(list) == 0 && x.Required {
		a.fail(x, missing(x))
	}
	return list, len(list) > 0
}

// parse makes a value of a text that is not empty, or says what is wrong with
// it without repeating it.
func (x *Field) parse(text string) (v any, wrong string) {
	switch x.Kind {
	case kindInteger, kindNumber:
		return x.number(text)
	case kindChoice:
		if i := slices.IndexFunc(x.choices, func(c choice) bool { return c.label == text }); i >= 0 {
			return x.choices[i].value, ""
		}
		return nil, missing(x)
	case kindList:
		return x.list(text)
	case kindJSON:
		if !json.Valid([]byte(text)) {
			return nil, x.title + " must be JSON, such as {\"name\": \"value\"}."
		}
		return json.RawMessage(text), ""
	}
	if x.date || x.moment {
		text, wrong = x.time(text)
	}
	if x.maxLength > 0 && utf8.RuneCountInString(text) > x.maxLength {
		return text, fmt.Sprintf("%s may have at most %d characters.", x.title, x.maxLength)
	}
	if wrong == "" && x.pattern != nil && !x.pattern.MatchString(text) {
		wrong = x.title + " is not written as it should be."
		if x.patternHelp != "" {
			wrong = x.title + " must look like " + x.patternHelp + "."
		} else if x.placeholder != "" {
			wrong = x.title + " must look like " + x.placeholder + "."
		}
	}
	return text, wrong
}

func (x *Field) number(text string) (any, string) {
	n, err := strconv.ParseFloat(text, 64)
	if !json.Valid([]byte(text)) || err != nil {
		return nil, x.title + " must be a number, such as 10."
	}
	if _, err := strconv.ParseInt(text, 10, 64); err != nil && x.Kind == kindInteger {
		return nil, x.title + " must be a whole number, such as 10."
	}
	switch {
	case x.min != nil && n < *x.min:
		return nil, fmt.Sprintf("%s must be %v or more.", x.title, *x.min)
	case x.max != nil && n > *x.max:
		return nil, fmt.Sprintf("%s must be %v or less.", x.title, *x.max)
	}
	return json.Number(text), ""
}

func (x *Field) list(text string) (any, string) {
	list := []any{}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if len(list) == maxListItems {
			return nil, fmt.Sprintf("%s may have at most %d lines.", x.title, maxListItems)
		}
		if x.items == kindInteger || x.items == kindNumber {
			item := Field{title: "Each line of " + x.title, Kind: x.items}
			n, wrong := item.number(line)
			if wrong != "" {
				return nil, wrong
			}
			list = append(list, n)
			continue
		}
		list = append(list, line)
	}
	return list, ""
}

// time takes a day where a moment is wanted: the day's beginning, in UTC.
func (x *Field) time(text string) (string, string) {
	day, err := time.Parse(time.DateOnly, text)
	switch {
	case x.date && err != nil:
		return text, x.title + " must be a date, such as 2026-01-31."
	case x.date:
		return text, ""
	case err == nil:
		full := day.Format(time.RFC3339)
		if x.pattern != nil && !x.pattern.MatchString(full) {
			return text, ""
		}
		return full, ""
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04:05Z0700"} {
		if _, err := time.Parse(layout, text); err == nil {
			return text, ""
		}
	}
	return text, x.title + " must be a date and time, such as 2026-01-31T00:00:00Z."
}

// Place finds the input that a complaint of the service is about: by the field
// that it names, or else by a field that its words put in quotes.
func (a *Answers) Place(path, message string) string {
	parts := strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '/' })
	for len(parts) > 0 && slices.Contains([]string{"body", "replication_config", "environment", "credentials"}, parts[0]) {
		parts = parts[1:]
	}
	if len(parts) > 0 {
		for _, x := range a.asked {
			if n := len(x.path); n >= len(parts) && slices.Equal(x.path[n-len(parts):], parts) {
				return x.name
			}
		}
	}
	for _, quoted := range quotedWord.FindAllStringSubmatch(message, 10) {
		for _, x := range a.asked {
			if x.Key == quoted[1] {
				return x.name
			}
		}
	}
	return ""
}
