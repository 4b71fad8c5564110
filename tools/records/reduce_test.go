package records

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"airbyte-agent-mcp/schemas"
	"airbyte-agent-mcp/schemas/rawjson"
)

func reduced(t *testing.T, how string, records ...string) string {
	t.Helper()
	r, err := parseReduction(Query{Reduce: schemas.Object(how)})
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range records {
		r.add(json.RawMessage(record))
	}
	return string(r.result())
}

func TestReductions(t *testing.T) {
	t.Parallel()
	sales := []string{
		`{"id":1,"by":{"name":"ada"},"amount":0.1,"day":"2026-01-02"}`,
		`{"id":2,"by":{"name":"bob"},"amount":0.2,"day":"2026-01-03"}`,
		`{"id":3,"by":{"name":"ada"},"amount":9007199254740993,"day":"2026-01-01"}`,
		`{"id":4,"by":null,"amount":"12"}`,
	}
	texts := []string{`{"n":"98750"}`, `{"n":"9000000"}`, `{"n":""}`, `{"n":"08999.50"}`}
	for _, row := range []struct {
		name, how string
		records   []string
		want      string
	}{
		{"count", `{"count":true}`, sales, `{"count":4}`},
		{"count of nothing", `{"count":true}`, nil, `{"count":0}`},
		{"a text that is a number is none", `{"sum":"amount"}`, sales, `{"count":4,"sum":9007199254740993.3,"without_sum":1}`},
		{"groups", `{"group_by":"by.name","sum":"amount"}`, sales, `{"group_count":2,"groups":[{"key":"ada","count":2,"sum":9007199254740993.1},{"key":"bob","count":1,"sum":0.2}],"missing":{"by.name":1}}`},
		{"mean without an end", `{"avg":"n"}`, []string{`{"n":1}`, `{"n":1}`, `{"n":2}`}, `{"count":3,"avg":1.3333333333}`},
		{"mean of nothing", `{"avg":"n"}`, []string{`{}`}, `{"count":1,"avg":null,"without_avg":1}`},
		{"least and largest date", `{"min":"day","max":"day"}`, sales, `{"count":4,"min":"2026-01-01","without_min":1,"max":"2026-01-03","without_max":1}`},
		{"numbers go before texts", `{"max":"n"}`, []string{`{"n":"z"}`, `{"n":-1e2}`, `{"n":-2}`}, `{"count":3,"max":-2,"without_max":1}`},
		{"absurd numbers are none", `{"sum":"n"}`, []string{`{"n":1e999999999}`, `{"n":2}`}, `{"count":2,"sum":2,"without_sum":1}`},
		{"top, of equals the first", `{"top":2,"by":"n"}`, []string{`{"id":1,"n":1}`, `{"id":2,"n":3}`, `{"id":3,"n":3}`, `{"id":4}`, `{"id":5,"n":10}`}, `{"top":[{"id":5,"n":10},{"id":2,"n":3}],"missing":{"n":1}}`},
		{"distinct", `{"distinct":"by.name"}`, sales, `{"distinct":2,"values":["ada","bob"],"missing":{"by.name":1}}`},
		{"equal groups by their key", `{"group_by":"k"}`, []string{`{"k":2}`, `{"k":"b"}`, `{"k":1}`}, `{"group_count":3,"groups":[{"key":"b","count":1},{"key":1,"count":1},{"key":2,"count":1}]}`},
		{"numbers written as texts", `{"sum":"n","avg":"n","min":"n","max":"n"}`, texts, `{"count":4,"sum":9107749.5,"without_sum":1,"avg":3035916.5,"without_avg":1,"min":8999.5,"without_min":1,"max":9000000,"without_max":1}`},
		{"top of numbers written as texts", `{"top":2,"by":"n"}`, texts, `{"top":[{"n":"9000000"},{"n":"98750"}],"missing":{"n":1}}`},
		{"top of texts", `{"top":1,"by":"n"}`, []string{`{"n":"ada"}`, `{"n":"bob"}`}, `{"top":[{"n":"bob"}]}`},
		{"words among numbers are left out", `{"max":"n","sum":"n"}`, []string{`{"n":"z"}`, `{"n":"7"}`, `{"n":"10"}`}, `{"count":3,"sum":17,"without_sum":1,"max":10,"without_max":1}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if got := reduced(t, row.how, row.records...); got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
		})
	}
}

func TestReductionsSayHowTheyReadTexts(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, how string
		values    string
		want      string
	}{
		{"numbers need no word", `{"sum":"n"}`, `1 2`, ``},
		{"dates have a least", `{"min":"n"}`, `"2026-01-02" "2026-01-03"`, ``},
		{"numbers as texts", `{"sum":"n"}`, `"1" "" "2.5"`, `n holds numbers written as texts: read as numbers.`},
		{"words among them", `{"top":1,"by":"n"}`, `"1" "none" "2"`, `n holds numbers written as texts: read as numbers. 1 of 3 values of n are not numbers and were left out.`},
		{"texts among numbers", `{"avg":"n"}`, `1 "2" 3`, `1 of 3 values of n are texts, not numbers, and were left out.`},
		{"words alone", `{"sum":"n"}`, `"a" "b"`, `n holds texts and no numbers.`},
		{"words that are ranked", `{"top":1,"by":"n"}`, `"a" "b"`, `n holds texts and no numbers: ranked as texts.`},
	} {
		r, err := parseReduction(Query{Reduce: schemas.Object(row.how)})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range strings.Fields(row.values) {
			r.add(json.RawMessage(`{"n":` + v + `}`))
		}
		if got := strings.Join(r.notes(), " "); got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}

func TestManyGroupsAreSummedUp(t *testing.T) {
	t.Parallel()
	var records []string
	for i := range maxGroups + 7 {
		records = append(records, fmt.Sprintf(`{"k":%d,"n":1.5}`, 1000+i))
	}
	got := reduced(t, `{"group_by":"k","sum":"n"}`, records...)
	if !strings.Contains(got, `"group_count":507`) || !strings.HasSuffix(got, `"other":{"count":7,"sum":10.5}}`) {
		t.Errorf("%s", got[max(0, len(got)-200):])
	}
}

func TestFiltersAreHeldAgainstLiveRecords(t *testing.T) {
	t.Parallel()
	record := json.RawMessage(`{"n":5,"s":"Open, urgent","tags":["a","b"],"d":"2026-01-02","o":{"x":true},"z":null}`)
	for filter, want := range map[string]verdict{
		``:                               fits,
		`{"eq":{"n":5.0}}`:               fits,
		`{"eq":{"n":"5"}}`:               fitsNot,
		`{"neq":{"s":"x"},"gt":{"n":4}}`: fits,
		`{"gte":{"d":"2026-01-02"},"lt":{"d":"2026-01-03"}}`: fits,
		`{"gt":{"d":5}}`:                                 untold,
		`{"gt":{"z":5}}`:                                 fitsNot,
		`{"in":{"n":[4,5]}}`:                             fits,
		`{"fuzzy":{"s":"URGENT ope"}}`:                   fits,
		`{"keyword":{"s":"urg"}}`:                        fitsNot,
		`{"like":{"s":"%urgent%"}}`:                      fits,
		`{"array_contains":{"tags":"b"}}`:                fits,
		`{"eq":{"o.x":true}}`:                            fits,
		`{"eq":{"missing":1}}`:                           untold,
		`{"not":{"eq":{"missing":1}}}`:                   untold,
		`{"or":[{"eq":{"missing":1}},{"eq":{"n":5}}]}`:   fits,
		`{"and":[{"eq":{"missing":1}},{"eq":{"n":6}}]}`:  fitsNot,
		`{"not":{"or":[{"eq":{"n":1}},{"eq":{"n":2}}]}}`: fits,
		`{"newer_operator":{"n":1}}`:                     untold,
	} {
		if got := judge(json.RawMessage(filter), record); got != want {
			t.Errorf("%s: got %d, want %d", filter, got, want)
		}
	}
}

func FuzzReduce(f *testing.F) {
	f.Add(`{"group_by":"a","sum":"b"}`, `{"a":1,"b":2e3}`)
	f.Add(`{"top":1,"by":"a.0"}`, `{"a":[1e-400]}`)
	f.Fuzz(func(t *testing.T, how, record string) {
		if !json.Valid([]byte(how)) || !json.Valid([]byte(record)) || rawjson.FirstByte([]byte(how)) != '{' {
			return
		}
		r, err := parseReduction(Query{Reduce: schemas.Object(how)})
		if err != nil || r == nil {
			return
		}
		r.add(json.RawMessage(record))
		if got := r.result(); !json.Valid(got) {
			t.Errorf("%s of %s gives %s", how, record, got)
		}
	})
}
