package sandbox

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// identities are the fields by which third parties tell their records apart.
func identities() []string {
	return []string{
		"id", "Id", "number", "CaseNumber", "identifier", "key", "oid", "sha", "ts", "login", "name", "tagName", "slug", "accountId", "callId", "userId", "fileId",
		"metaData.id", "properties.hs_object_id", "scorecardId", "trackerId", "answeredScorecardId", "fullyQualifiedName", "startPageToken",
	}
}

// grow copies the records of a table, in turn, until there are so many. Each copy has
// identifiers of its own, which go on from the highest that there is.
func (d dataset) grow(slug, table string, count int) {
	originals := slices.Clone(d[table])
	if len(originals) == 0 || len(originals) >= count {
		return
	}
	highest := map[string]int64{}
	for _, field := range identities() {
		for _, r := range originals {
			_, n, _ := numeral(plain(r.lookup(field)))
			highest[field] = max(highest[field], n)
		}
	}
	for i := range count - len(originals) {
		original := originals[i%len(originals)]
		fields, keys := maps.Clone(original.fields), maps.Clone(original.keys)
		for _, field := range identities() {
			old := original.lookup(field)
			if old == nil {
				continue
			}
			renewed := renew(old, uuid("grown", slug, table, field, fmt.Sprint(i)), highest[field]+1+int64(i))
			put(fields, field, renewed)
			for key, v := range keys {
				if v == plain(old) {
					keys[key] = plain(renewed)
				}
			}
			fields, _ = relinked(fields, plain(old), plain(renewed)).(object)
		}
		r := d.add(table, keys, fields)
		r.content = original.content
	}
}

// renew makes an identifier of the same kind with another number.
func renew(old any, fresh string, n int64) any {
	switch v := old.(type) {
	case int:
		return int(n)
	case int64:
		return n
	case string:
		if isUUID(v) {
			return fresh
		}
		before, _, after := numeral(v)
		digits := len(v) - len(before) - len(after)
		if digits == 0 {
			return fmt.Sprintf("%s-%d", v, n)
		}
		return fmt.Sprintf("%s%0*d%s", before, digits, n, after)
	}
	return old
}

// numeral finds the last number in an identifier: 200 in "PR_kwDOLw000200", 7 in "ch_0007Q".
func numeral(s string) (before string, n int64, after string) {
	const digits = "0123456789"
	end := strings.LastIndexAny(s, digits) + 1
	begin := len(strings.TrimRight(s[:end], digits))
	begin = max(begin, end-19)
	n, err := strconv.ParseInt(s[begin:end], 10, 64)
	if err != nil {
		return s, 0, ""
	}
	return s[:begin], n, s[end:]
}

// relinked puts the new identifier into the addresses of a record, copying the objects
// on the way: they are the original's.
func relinked(v any, old, renewed string) any {
	switch x := v.(type) {
	case string:
		if strings.HasPrefix(x, "/") || strings.HasPrefix(x, "https://") {
			return strings.ReplaceAll(x, "/"+old, "/"+renewed)
		}
	case object:
		changed := maps.Clone(x)
		for k, inner := range x {
			changed[k] = relinked(inner, old, renewed)
		}
		return changed
	}
	return v
}
