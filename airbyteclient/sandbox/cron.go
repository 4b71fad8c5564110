package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// quartzField is one of the six or seven fields of a Quartz expression.
type quartzField struct {
	name     string
	from, to int
	names    []string // of the values from "from" on, where they have names
}

func quartzFields() []quartzField {
	return []quartzField{
		{name: "second", to: 59}, {name: "minute", to: 59}, {name: "hour", to: 23}, {name: "day-of-month", from: 1, to: 31},
		{name: "month", from: 1, to: 12, names: strings.Fields("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC")},
		{name: "day-of-week", from: 1, to: 7, names: strings.Fields("SUN MON TUE WED THU FRI SAT")},
		{name: "year", from: 1970, to: 2099},
	}
}

// describeQuartz says in words when an expression fires, or what is wrong with it.
func describeQuartz(expression string) (words string, valid bool) {
	parts := strings.Fields(strings.ToUpper(expression))
	if len(parts) != 6 && len(parts) != 7 {
		return fmt.Sprintf("Invalid cron expression: expected 6 or 7 fields (second minute hour day-of-month month day-of-week [year]), got %d", len(parts)), false
	}
	fields := quartzFields()
	for i, part := range parts {
		if problem := fields[i].problem(part); problem != "" {
			return fmt.Sprintf("Invalid cron expression: %s in field %s", problem, fields[i].name), false
		}
	}
	if (parts[3] == "?") == (parts[5] == "?") {
		return "Invalid cron expression: exactly one of day-of-month and day-of-week must be '?'", false
	}
	said := []string{sayTime(parts)}
	if parts[3] != "?" && parts[3] != "*" {
		said = append(said, sayDays(parts[3]))
	}
	if parts[5] != "?" && parts[5] != "*" {
		said = append(said, sayWeekdays(fields[5], parts[5]))
	}
	if parts[4] != "*" {
		said = append(said, "in "+sayNamed(parts[4], 1, strings.Fields("January February March April May June July August September October November December")))
	}
	if len(parts) == 7 && parts[6] != "*" {
		said = append(said, "in "+strings.ReplaceAll(parts[6], "-", " through "))
	}
	if len(said) == 1 && strings.HasPrefix(said[0], "At ") {
		said = append(said, "every day")
	}
	return strings.Join(said, ", "), true
}

// problem checks one field: lists of *, ?, n, n-m, n/step, and L, W and # where they belong.
func (f quartzField) problem(part string) string {
	days, week := f.name == "day-of-month", f.name == "day-of-week"
	if part == "?" {
		if days || week {
			return ""
		}
		return "'?'"
	}
	for _, item := range strings.Split(part, ",") {
		if days && (item == "L" || item == "LW") || week && item == "L" {
			continue
		}
		if days {
			item = strings.TrimSuffix(item, "W")
		}
		if week {
			item = strings.TrimSuffix(item, "L")
			day, nth, found := strings.Cut(item, "#")
			if n, err := strconv.Atoi(nth); found && (err != nil || n < 1 || n > 5) {
				return "'" + item + "'"
			}
			item = day
		}
		span, step, stepped := strings.Cut(item, "/")
		if n, err := strconv.Atoi(step); stepped && (err != nil || n < 1 || n > f.to) {
			return "step '" + step + "'"
		}
		if span == "*" {
			continue
		}
		from, to, ranged := strings.Cut(span, "-")
		if _, ok := f.value(from); !ok {
			return "'" + from + "'"
		}
		if _, ok := f.value(to); ranged && !ok {
			return "'" + to + "'"
		}
	}
	return ""
}

func (f quartzField) value(s string) (int, bool) {
	if at := slices.Index(f.names, s); at >= 0 {
		return f.from + at, true
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= f.from && n <= f.to
}

func sayTime(parts []string) string {
	second, minute, hour := parts[0], parts[1], parts[2]
	m, plainMinute := strconv.Atoi(minute)
	h, plainHour := strconv.Atoi(hour)
	switch {
	case plainMinute == nil && plainHour == nil && second == "0":
		return fmt.Sprintf("At %02d:%02d", h, m)
	case plainMinute == nil && plainHour == nil:
		return fmt.Sprintf("At %02d:%02d:%s", h, m, strings.ReplaceAll(second, "*", "every second"))
	case second == "*" && minute == "*" && hour == "*":
		return "Every second"
	case minute == "*" && hour == "*":
		return "Every minute"
	case hour == "*" && strings.Contains(minute, "/"):
		_, step, _ := strings.Cut(minute, "/")
		return "Every " + step + " minutes"
	case plainMinute == nil && hour == "*":
		return fmt.Sprintf("At %d minutes past every hour", m)
	case plainMinute == nil && strings.Contains(hour, "/"):
		_, step, _ := strings.Cut(hour, "/")
		return fmt.Sprintf("At %d minutes past the hour, every %s hours", m, step)
	case plainMinute == nil:
		return fmt.Sprintf("At %d minutes past the hours %s", m, sayList(hour))
	}
	return "At minutes " + sayList(minute) + " of the hours " + sayList(hour)
}

func sayList(s string) string {
	return strings.NewReplacer("-", " through ", ",", ", ", "/", " in steps of ", "*", "all").Replace(s)
}

func sayDays(part string) string {
	switch {
	case part == "L":
		return "on the last day of the month"
	case part == "LW":
		return "on the last weekday of the month"
	case strings.Contains(part, "/"):
		_, step, _ := strings.Cut(part, "/")
		return "every " + step + " days of the month"
	case strings.HasSuffix(part, "W"):
		return "on the weekday nearest day " + strings.TrimSuffix(part, "W") + " of the month"
	}
	return "on day " + sayList(part) + " of the month"
}

func sayWeekdays(f quartzField, part string) string {
	names := strings.Fields("Sunday Monday Tuesday Wednesday Thursday Friday Saturday")
	if day, nth, found := strings.Cut(part, "#"); found {
		n, _ := strconv.Atoi(nth)
		return fmt.Sprintf("on the %s %s of the month", pick([]string{"fifth", "first", "second", "third", "fourth"}, n), sayNamed(day, f.from, names))
	}
	if len(part) > 1 && strings.HasSuffix(part, "L") {
		return "on the last " + sayNamed(strings.TrimSuffix(part, "L"), f.from, names) + " of the month"
	}
	return "only on " + sayNamed(part, f.from, names)
}

// sayNamed writes numbers and abbreviations as full names.
func sayNamed(part string, from int, names []string) string {
	one := func(s string) string {
		if n, err := strconv.Atoi(s); err == nil && n-from >= 0 && n-from < len(names) {
			return names[n-from]
		}
		for _, name := range names {
			if strings.EqualFold(name[:3], s) {
				return name
			}
		}
		return sayList(s)
	}
	var items []string
	for _, item := range strings.Split(part, ",") {
		first, last, ranged := strings.Cut(item, "-")
		if ranged {
			items = append(items, one(first)+" through "+one(last))
		} else {
			items = append(items, one(item))
		}
	}
	return strings.Join(items, ", ")
}
